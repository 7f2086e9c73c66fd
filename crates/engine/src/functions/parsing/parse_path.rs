//! `parse_path`: the parts of a file path.

use serde_json::{Map, Value};

use crate::functions::json;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "parse_path",
    family: Family::Parsing,
    signature: "parse_path(path: string): dynamic",
    doc: "A bag of the parts: Scheme, RootPath, DirectoryPath, DirectoryName, Filename, Extension and AlternateDataStreamName.",
    examples: &[
        ("parse_path(@'C:\\temp\\file.txt').Filename", "file.txt"),
        ("parse_path('/var/log/a.gz').Extension", "gz"),
    ],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new(
        "kql_parse_path",
        Type::Dynamic,
        |rows| each!(rows, [text path] -> JsonOut, Some(json::print(&parse(path)))),
    )],
};

fn parse(path: &str) -> Value {
    let (scheme, rest) = match path.split_once("://") {
        Some((scheme, rest)) => (scheme, rest),
        None => ("", path),
    };
    let bytes = rest.as_bytes();
    let has_drive = bytes.len() > 1 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':';
    let root = if has_drive { &rest[..2] } else { "" };
    let last_cut = rest.rfind(['/', '\\']);
    let (directory, file) = match last_cut {
        Some(at) => (&rest[..at], &rest[at + 1..]),
        None => ("", rest),
    };
    let (file, stream) = match file.split_once(':') {
        Some((file, stream)) if last_cut.is_some() => (file, stream),
        _ => (file, ""),
    };
    let directory_name = directory.rsplit(['/', '\\']).next().unwrap_or_default();
    let directory_name = if directory_name == root {
        ""
    } else {
        directory_name
    };
    let extension = match file.rsplit_once('.') {
        Some((_, extension)) => extension,
        None => "",
    };
    let mut parts = Map::new();
    for (name, part) in [
        ("Scheme", scheme),
        ("RootPath", root),
        ("DirectoryPath", directory),
        ("DirectoryName", directory_name),
        ("Filename", file),
        ("Extension", extension),
        ("AlternateDataStreamName", stream),
    ] {
        parts.insert(name.to_owned(), Value::String(part.to_owned()));
    }
    Value::Object(parts)
}
