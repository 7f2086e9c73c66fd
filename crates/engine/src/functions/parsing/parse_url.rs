//! `parse_url`: the parts of a URL.

use serde_json::{Map, Value};

use super::query;
use crate::functions::json;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "parse_url",
    family: Family::Parsing,
    signature: "parse_url(url: string): dynamic",
    doc: "A bag of the parts: Scheme, Host, Port, Path, Username, Password, Query Parameters (a bag) and Fragment; what is missing is empty.",
    examples: &[
        (
            "parse_url('https://example.com/a?b=c')['Query Parameters'].b",
            "c",
        ),
        ("parse_url('http://u:p@example.com:81/').Port", "81"),
    ],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new(
        "kql_parse_url",
        Type::Dynamic,
        |rows| each!(rows, [text url] -> JsonOut, Some(json::print(&parse(url)))),
    )],
};

fn parse(url: &str) -> Value {
    let (rest, fragment) = url.split_once('#').unwrap_or((url, ""));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (scheme, rest) = rest.split_once("://").unwrap_or(("", rest));
    let (authority, path) = match rest.find('/') {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    };
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (user, password) = user.split_once(':').unwrap_or((user, ""));
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    let (host, port) = match host.rsplit_once(':') {
        Some((host, port)) if is_port(port) => (host, port),
        _ => (host, ""),
    };
    let mut parts = Map::new();
    for (name, part) in [
        ("Scheme", scheme),
        ("Host", host),
        ("Port", port),
        ("Path", path),
        ("Username", user),
        ("Password", password),
    ] {
        parts.insert(name.to_owned(), Value::String(part.to_owned()));
    }
    parts.insert("Query Parameters".to_owned(), query::parse(query));
    parts.insert("Fragment".to_owned(), Value::String(fragment.to_owned()));
    Value::Object(parts)
}
