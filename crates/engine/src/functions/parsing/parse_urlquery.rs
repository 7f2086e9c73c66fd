//! `parse_urlquery`: the parameters of a query.

use serde_json::{Map, Value};

use super::query;
use crate::functions::json;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "parse_urlquery",
    family: Family::Parsing,
    signature: "parse_urlquery(query: string): dynamic",
    doc: "A bag with the one key `Query Parameters`: a bag of the names and values of a URL query.",
    examples: &[("parse_urlquery('k1=v1&k2=v2')['Query Parameters'].k2", "v2")],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new("kql_parse_urlquery", Type::Dynamic, |rows| {
        each!(rows, [text query] -> JsonOut, {
            let mut bag = Map::new();
            bag.insert("Query Parameters".to_owned(), query::parse(query.trim_start_matches('?')));
            Some(json::print(&Value::Object(bag)))
        })
    })],
};
