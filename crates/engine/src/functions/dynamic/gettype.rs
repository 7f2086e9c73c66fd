//! `gettype`: the name of a type.

use crate::functions::call::text;
use crate::functions::prelude::*;
use crate::functions::rows::TextOut;

pub const FUNCTION: Function = Function {
    name: "gettype",
    family: Family::Dynamic,
    signature: "gettype(value): string",
    doc: "The name of the type of a value; of a dynamic value that of what it holds.",
    examples: &[
        ("gettype(1s)", "timespan"),
        ("gettype(dynamic({}))", "dictionary"),
        ("gettype(dynamic([1.5])[0])", "double"),
    ],
    lower: Lower::By(lower),
    kernels: &[Kernel::new("kql_gettype", Type::String, |rows| {
        let value = rows.json(0)?;
        let mut out = TextOut::new(rows.len);
        for row in 0..rows.len {
            out.push(Some(kind(value.get(row).unwrap_or("null"))));
        }
        Ok(out.finish())
    })],
};

fn lower(call_: Call<'_>) -> Result<Expr, Error> {
    let arg = call_.typed(0)?;
    if arg.ty != Type::Dynamic {
        return Ok(text(arg.ty.name()));
    }
    Ok(call("kql_gettype", vec![arg.expr]))
}

fn kind(json: &str) -> &'static str {
    match json.as_bytes().first() {
        Some(b'"') => "string",
        Some(b'{') => "dictionary",
        Some(b'[') => "array",
        Some(b't' | b'f') => "bool",
        Some(b'n') | None => "null",
        Some(_) if json.contains(['.', 'e', 'E']) => "double",
        Some(_) => "long",
    }
}
