//! `array_length`: the number of elements.

use crate::functions::json;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "array_length",
    family: Family::Arrays,
    signature: "array_length(array: dynamic): long",
    doc: "The number of elements of an array; null for anything else.",
    examples: &[
        ("array_length(dynamic([1, [2, 3]]))", "2"),
        ("array_length(parse_json('{}'))", ""),
    ],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new("kql_array_length", Type::Long, |rows| {
        each!(rows, [json array] -> LongOut, {
            let mut count = 0;
            json::scan::for_each_element(array, |_| count += 1).then_some(count)
        })
    })],
};
