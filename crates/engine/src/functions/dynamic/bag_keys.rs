//! `bag_keys`: the keys of a bag.

use crate::functions::json;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "bag_keys",
    family: Family::Dynamic,
    signature: "bag_keys(bag: dynamic): dynamic",
    doc: "An array of the keys of a bag; null for anything else.",
    examples: &[("bag_keys(dynamic({'a': 1, 'b': {}}))", "[\"a\",\"b\"]")],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new("kql_bag_keys", Type::Dynamic, |rows| {
        each!(rows, [json bag] -> JsonOut, {
            let mut keys = String::from("[");
            let is_bag = json::scan::for_each_member(bag, |key, _| {
                if keys.len() > 1 {
                    keys.push(',');
                }
                keys.push_str(key);
            });
            keys.push(']');
            is_bag.then_some(keys)
        })
    })],
};
