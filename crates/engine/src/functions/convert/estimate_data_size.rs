//! `estimate_data_size`: how many bytes values take.

use crate::functions::call::long;
use crate::functions::prelude::*;
use crate::functions::rows::LongOut;

pub const FUNCTION: Function = Function {
    name: "estimate_data_size",
    family: Family::Conversion,
    signature: "estimate_data_size(column, …): long",
    doc: "The bytes of the values of a row: eight of a number or time, as many as it has of a text, those of its JSON text of a dynamic. Kusto may say more of a dynamic.",
    examples: &[],
    lower: Lower::By(lower),
    kernels: &[Kernel::new("kql_estimate_data_size", Type::Long, |rows| {
        let fixed = rows.long(0)?;
        let texts = (1..rows.count())
            .map(|index| rows.text(index))
            .collect::<Result<Vec<_>>>()?;
        let mut out = LongOut::new(rows.len);
        for row in 0..rows.len {
            let bytes: usize = texts.iter().map(|text| text.at(row).len()).sum();
            let fixed = fixed.get(row).unwrap_or_default();
            out.push(Some(fixed.saturating_add_unsigned(bytes as u64)));
        }
        Ok(out.finish())
    })],
};

fn lower(call_: Call<'_>) -> Result<Expr, Error> {
    let mut fixed = 0;
    let mut args = Vec::new();
    for index in 0..call_.count() {
        let value = call_.typed(index)?;
        fixed += match value.ty {
            Type::Bool => 1,
            Type::Int => 4,
            Type::Long | Type::Real | Type::DateTime | Type::TimeSpan => 8,
            Type::Guid | Type::Decimal => 16,
            Type::String | Type::Dynamic => {
                args.push(value.expr);
                0
            }
        };
    }
    args.insert(0, long(fixed));
    Ok(call("kql_estimate_data_size", args))
}
