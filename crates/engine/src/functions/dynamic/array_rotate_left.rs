//! `array_rotate_left`: elements moved to the left, around the end.

use crate::functions::json;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "array_rotate_left",
    family: Family::Arrays,
    signature: "array_rotate_left(array: dynamic, count: long): dynamic",
    doc: "The elements moved `count` places to the left; what falls off one end comes in at the other.",
    examples: &[(
        "array_rotate_left(dynamic([1, 2, 3, 4, 5]), 2)",
        "[3,4,5,1,2]",
    )],
    lower: Lower::Convert(&[Type::Dynamic, Type::Long]),
    kernels: &[Kernel::new(
        "kql_array_rotate_left",
        Type::Dynamic,
        |rows| {
            each!(rows, [json array, long count] -> JsonOut, {
                let mut items = json::parse_array(array)?;
                if let Ok(length @ 1..) = i64::try_from(items.len()) {
                    items.rotate_left(usize::try_from(count.rem_euclid(length)).ok()?);
                }
                Some(json::print_array(&items))
            })
        },
    )],
};
