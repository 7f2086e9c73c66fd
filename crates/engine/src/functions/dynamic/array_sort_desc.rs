//! `array_sort_desc`: an array sorted downwards.

use super::sort;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "array_sort_desc",
    family: Family::Arrays,
    signature: "array_sort_desc(array: dynamic, …[, nulls_last: bool]): dynamic",
    doc: "The elements sorted downwards, nulls last unless the last argument is false. Further arrays are put in the order of the first, one column each.",
    examples: &[("array_sort_desc(dynamic([2, null, 1, 3]))", "[3,2,1,null]")],
    lower: Lower::By(sort::lower),
    kernels: &[Kernel::new("kql_array_sort_desc", Type::Dynamic, |rows| {
        sort::run(rows, sort::Order::Down)
    })],
};
