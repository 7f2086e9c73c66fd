//! `array_shift_right`: elements moved to the right.

use super::shift;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "array_shift_right",
    family: Family::Arrays,
    signature: "array_shift_right(array: dynamic, count: long[, default]): dynamic",
    doc: "The elements moved `count` places to the right; the places that fall free hold the default, or null.",
    examples: &[
        ("array_shift_right(dynamic([1, 2, 3]), 2)", "[null,null,1]"),
        ("array_shift_right(dynamic([1, 2, 3]), -1, 0)", "[2,3,0]"),
    ],
    lower: Lower::Convert(&[Type::Dynamic, Type::Long, Type::Dynamic]),
    kernels: &[Kernel::new(
        "kql_array_shift_right",
        Type::Dynamic,
        |rows| shift::run(rows, |count| count.saturating_neg()),
    )],
};
