//! `array_sort_asc`: an array sorted upwards.

use super::sort;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "array_sort_asc",
    family: Family::Arrays,
    signature: "array_sort_asc(array: dynamic, …[, nulls_last: bool]): dynamic",
    doc: "The elements sorted upwards, nulls last unless the last argument is false. Further arrays are put in the order of the first, one column each.",
    examples: &[("array_sort_asc(dynamic([2, null, 1, 3]))", "[1,2,3,null]")],
    lower: Lower::By(sort::lower),
    kernels: &[Kernel::new("kql_array_sort_asc", Type::Dynamic, |rows| {
        sort::run(rows, sort::Order::Up)
    })],
};
