//! `== != < <= > >=`.
//!
//! A null equals no value and differs from every value; two nulls give null, and so does an order
//! with a null on either side. Strings are never null, so theirs are DataFusion's own comparisons.

use datafusion::logical_expr::{Operator, when};

use crate::functions::call::{binary, is_value, null};
use crate::functions::prelude::*;

use super::common_type;

macro_rules! comparison {
    ($name:ident, $symbol:literal, $op:ident, $kernel:literal, $compare:expr, $doc:literal, $examples:expr) => {
        pub const $name: Function = Function {
            name: $symbol,
            family: Family::Operators,
            signature: concat!("a ", $symbol, " b"),
            doc: $doc,
            examples: $examples,
            lower: Lower::By(|call| compare(call, Operator::$op, $kernel)),
            kernels: &[Kernel::new($kernel, Type::Bool, |rows| {
                let a = rows.real(0)?;
                let b = rows.real(1)?;
                let mut out = crate::functions::rows::BoolOut::new(rows.len);
                for row in 0..rows.len {
                    out.push($compare(a.get(row), b.get(row)));
                }
                Ok(out.finish())
            })],
        };
    };
}

comparison!(
    EQUAL,
    "==",
    Eq,
    "kql_equal_real",
    |a: Option<f64>, b: Option<f64>| (a.is_some() || b.is_some()).then(|| a == b),
    "Whether two values are the same, case included. Null equals no value.",
    &[("'a' == 'A'", "false"), ("int(null) == 1", "false")]
);
comparison!(
    NOT_EQUAL,
    "!=",
    NotEq,
    "kql_not_equal_real",
    |a: Option<f64>, b: Option<f64>| (a.is_some() || b.is_some()).then(|| a != b),
    "Whether two values differ. Null differs from every value.",
    &[("'a' != 'A'", "true"), ("int(null) != 1", "true")]
);
comparison!(
    LESS,
    "<",
    Lt,
    "kql_less_real",
    |a: Option<f64>, b: Option<f64>| Some(a? < b?),
    "Whether the left value is smaller. Null if one is null.",
    &[("1 < 2", "true")]
);
comparison!(
    LESS_OR_EQUAL,
    "<=",
    LtEq,
    "kql_less_or_equal_real",
    |a: Option<f64>, b: Option<f64>| Some(a? <= b?),
    "Whether the left value is smaller or the same. Null if one is null.",
    &[("2 <= 2", "true")]
);
comparison!(
    GREATER,
    ">",
    Gt,
    "kql_greater_real",
    |a: Option<f64>, b: Option<f64>| Some(a? > b?),
    "Whether the left value is greater. Null if one is null.",
    &[("1d > 25h", "false")]
);
comparison!(
    GREATER_OR_EQUAL,
    ">=",
    GtEq,
    "kql_greater_or_equal_real",
    |a: Option<f64>, b: Option<f64>| Some(a? >= b?),
    "Whether the left value is greater or the same. Null if one is null.",
    &[("2.0 >= 2", "true")]
);

fn compare(call_: Call<'_>, op: Operator, real_kernel: &str) -> Result<Expr, Error> {
    let ty = common_type(call_.typed(0)?.ty, call_.typed(1)?.ty);
    let (a, b) = (call_.arg(0, ty)?, call_.arg(1, ty)?);
    if ty == Type::Real {
        return Ok(call(real_kernel, vec![a, b]));
    }
    let same = match op {
        Operator::Eq => Operator::IsNotDistinctFrom,
        Operator::NotEq => Operator::IsDistinctFrom,
        op => return Ok(binary(a, op, b)),
    };
    if ty == Type::String {
        return Ok(binary(a, op, b));
    }
    if is_value(&a) || is_value(&b) {
        return Ok(binary(a, same, b));
    }
    let both_null = a.clone().is_null().and(b.clone().is_null());
    when(both_null, null(Type::Bool))
        .otherwise(binary(a, same, b))
        .map_err(|error| Error::invalid(error.to_string()))
}
