//! `array_rotate_right`: elements moved to the right, around the end.

use crate::functions::json;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "array_rotate_right",
    family: Family::Arrays,
    signature: "array_rotate_right(array: dynamic, count: long): dynamic",
    doc: "The elements moved `count` places to the right; what falls off one end comes in at the other.",
    examples: &[(
        "array_rotate_right(dynamic([1, 2, 3, 4, 5]), 2)",
        "[4,5,1,2,3]",
    )],
    lower: Lower::Convert(&[Type::Dynamic, Type::Long]),
    kernels: &[Kernel::new(
        "kql_array_rotate_right",
        Type::Dynamic,
        |rows| {
            each!(rows, [json array, long count] -> JsonOut, {
                let mut items = json::parse_array(array)?;
                if let Ok(length @ 1..) = i64::try_from(items.len()) {
                    items.rotate_left(usize::try_from((-(count % length)).rem_euclid(length)).ok()?);
                }
                Some(json::print_array(&items))
            })
        },
    )],
};
