//! `extract_json`: a value in a JSON text.

use crate::functions::TypedExpr;
use crate::functions::convert::convert;
use crate::functions::dynamic::path;
use crate::functions::json;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "extract_json",
    family: Family::Parsing,
    signature: "extract_json(path: string, json: string[, type]): string",
    doc: "The text of the value at a JSON path such as `$.a[0].b`; with a type, converted to it.",
    examples: &[("extract_json('$.a[1]', '{\"a\": [1, 2]}')", "2")],
    lower: Lower::By(lower),
    kernels: &[Kernel::new("kql_extract_json", Type::String, |rows| {
        let mut paths = Memo::empty();
        each!(rows, [text path, text text] -> TextOut, {
            let path = paths.get(path, |path| path::of_json_path(path.trim().strip_prefix('$')?));
            let found = json::scan::find(text, path.as_ref()?)?;
            let found = json::canonical_part(found)?;
            Some(json::text_of(&found).into_owned())
        })
    })],
};

fn lower(call_: Call<'_>) -> Result<Expr, Error> {
    let args = vec![call_.arg(0, Type::String)?, call_.arg(1, Type::String)?];
    convert(
        TypedExpr {
            expr: call("kql_extract_json", args),
            ty: Type::String,
        },
        call_.ty,
    )
}
