//! `bag_has_key`: whether a bag has a key.

use super::path;
use crate::functions::json;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "bag_has_key",
    family: Family::Dynamic,
    signature: "bag_has_key(bag: dynamic, key: string): bool",
    doc: "Whether a bag has a key, or the path that a key starting with `$` stands for.",
    examples: &[
        ("bag_has_key(dynamic({'a': {'b': 1}}), 'b')", "false"),
        ("bag_has_key(dynamic({'a': {'b': 1}}), '$.a.b')", "true"),
    ],
    lower: Lower::Convert(&[Type::Dynamic, Type::String]),
    kernels: &[Kernel::new("kql_bag_has_key", Type::Bool, |rows| {
        each!(rows, [json bag, text key] -> BoolOut, {
            if !bag.starts_with('{') {
                return None;
            }
            Some(json::scan::find(bag, &path::of_key(key)?).is_some())
        })
    })],
};
