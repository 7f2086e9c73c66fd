//! `strcat_array`: the elements of an array joined.

use crate::functions::json;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "strcat_array",
    family: Family::Arrays,
    signature: "strcat_array(array: dynamic, delimiter: string): string",
    doc: "The texts of the elements with the delimiter between.",
    examples: &[("strcat_array(dynamic([1, null, 'a']), '->')", "1->->a")],
    lower: Lower::Convert(&[Type::Dynamic, Type::String]),
    kernels: &[Kernel::new("kql_strcat_array", Type::String, |rows| {
        each!(rows, [json array, text delimiter] -> TextOut, {
            let items = json::parse_array(array)?;
            let texts: Vec<String> = items.iter().map(json::text_of_value).collect();
            Some(texts.join(delimiter))
        })
    })],
};
