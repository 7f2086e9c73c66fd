//! `percentiles_array_tdigest`: several percentiles of a digest.

use serde_json::Value;

use super::tdigest::{Digest, value_of};
use crate::functions::json;
use crate::functions::prelude::*;
use crate::functions::{TypedExpr, lower as lower_function};

pub const FUNCTION: Function = Function {
    name: "percentiles_array_tdigest",
    family: Family::Sketches,
    signature: "percentiles_array_tdigest(digest: dynamic, percentage: real, …): dynamic",
    doc: "An array of percentiles of a `tdigest`; they are given one by one or as an array.",
    examples: &[(
        "percentiles_array_tdigest(dynamic([1, [2, 4, 6], [1, 1, 1]]), 10, 90)",
        "[2,6]",
    )],
    lower: Lower::By(lower),
    kernels: &[Kernel::new(
        "kql_percentiles_array_tdigest",
        Type::Dynamic,
        |rows| {
            each!(rows, [json digest, json percentages] -> JsonOut, {
                let digest = Digest::parse(digest)?;
                let percentages = json::parse_array(percentages)?;
                let value = |percentage: &Value| {
                    let value = digest.percentile(json::number_of(percentage)?)?;
                    Some(value_of(value))
                };
                let values = percentages.iter().map(|p| value(p).unwrap_or_default());
                Some(json::print_array(&values.collect::<Vec<_>>()))
            })
        },
    )],
};

fn lower(call_: Call<'_>) -> Result<Expr, Error> {
    let percentages = match call_.type_of(1) {
        Some(Type::Dynamic) => call_.arg(1, Type::Dynamic)?,
        _ => {
            let each: Vec<TypedExpr> = call_.args[1..].to_vec();
            lower_function("pack_array", each, Type::Dynamic, call_.cx)?
        }
    };
    let digest = call_.arg(0, Type::Dynamic)?;
    Ok(call(
        "kql_percentiles_array_tdigest",
        vec![digest, percentages],
    ))
}
