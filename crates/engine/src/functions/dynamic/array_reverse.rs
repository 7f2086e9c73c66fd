//! `array_reverse`: an array back to front.

use crate::functions::json;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "array_reverse",
    family: Family::Arrays,
    signature: "array_reverse(array: dynamic): dynamic",
    doc: "The elements in reverse order.",
    examples: &[("array_reverse(dynamic([1, 2, 3]))", "[3,2,1]")],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new("kql_array_reverse", Type::Dynamic, |rows| {
        each!(rows, [json array] -> JsonOut, {
            let mut items = json::parse_array(array)?;
            items.reverse();
            Some(json::print_array(&items))
        })
    })],
};
