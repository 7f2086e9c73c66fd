//! `tohex`: a number in hexadecimal.

use datafusion::logical_expr::lit;

use crate::functions::prelude::*;
use crate::functions::rows::TextOut;

pub const FUNCTION: Function = Function {
    name: "tohex",
    family: Family::Text,
    signature: "tohex(value: long[, length: long]): string",
    doc: "The hexadecimal digits of a number, filled up with zeros to a length; negative numbers as two’s complement, of an int in 32 bits.",
    examples: &[
        ("tohex(256)", "100"),
        ("tohex(-256)", "ffffffffffffff00"),
        ("tohex(256, 8)", "00000100"),
        ("tohex(toint(-256))", "ffffff00"),
    ],
    lower: Lower::By(lower),
    kernels: &[Kernel::new("kql_tohex", Type::String, |rows| {
        let value = rows.long(0)?;
        let length = if rows.count() > 1 {
            Some(rows.long(1)?)
        } else {
            None
        };
        let mut out = TextOut::new(rows.len);
        for row in 0..rows.len {
            let length = length
                .as_ref()
                .and_then(|length| length.get(row))
                .unwrap_or(0);
            let width = usize::try_from(length.clamp(0, 1024)).unwrap_or(0);
            out.push(value.get(row).map(|value| format!("{value:0width$x}")));
        }
        Ok(out.finish())
    })],
};

fn lower(call_: Call<'_>) -> Result<Expr, Error> {
    let mut value = call_.arg(0, Type::Long)?;
    if call_.type_of(0) == Some(Type::Int) {
        value = value & lit(i64::from(u32::MAX));
    }
    let mut args = vec![value];
    if call_.count() > 1 {
        args.push(call_.arg(1, Type::Long)?);
    }
    Ok(call("kql_tohex", args))
}
