//! `array_shift_left`: elements moved to the left.

use super::shift;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "array_shift_left",
    family: Family::Arrays,
    signature: "array_shift_left(array: dynamic, count: long[, default]): dynamic",
    doc: "The elements moved `count` places to the left; the places that fall free hold the default, or null.",
    examples: &[
        ("array_shift_left(dynamic([1, 2, 3]), 2)", "[3,null,null]"),
        ("array_shift_left(dynamic([1, 2, 3]), -1, 0)", "[0,1,2]"),
    ],
    lower: Lower::Convert(&[Type::Dynamic, Type::Long, Type::Dynamic]),
    kernels: &[Kernel::new("kql_array_shift_left", Type::Dynamic, |rows| {
        shift::run(rows, |count| count)
    })],
};
