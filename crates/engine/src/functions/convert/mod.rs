//! Conversions between the KQL types: the `to…` functions, and what lowering puts where the types of
//! an operand and of a parameter differ.
//!
//! The kernel from one type to another is named `kql_to<type>_<type>`; where both types are stored
//! alike there is none.

mod estimate_data_size;
mod parse_datetime;
mod parse_number;
mod parse_timespan;
mod to_bool;
mod to_datetime;
mod to_decimal;
mod to_double;
mod to_dynamic;
mod to_guid;
mod to_int;
mod to_long;
mod to_string;
mod to_timespan;

use datafusion::logical_expr::{Expr, cast};
use keyline_kql::types::Type;

pub use parse_datetime::parse_datetime;
pub use parse_number::{parse_decimal, parse_long, parse_real};
pub use parse_timespan::parse_timespan;
pub use to_bool::parse_bool;
pub use to_guid::parse_guid;

use super::call::{Call, Function, literal, null};
use super::kernel::{UDFS, physical_type};
use super::{Error, TypedExpr};

pub const FUNCTIONS: &[&Function] = &[
    &to_bool::FUNCTION,
    &to_int::FUNCTION,
    &to_long::FUNCTION,
    &to_double::FUNCTION,
    &to_decimal::FUNCTION,
    &to_string::FUNCTION,
    &to_datetime::FUNCTION,
    &to_timespan::FUNCTION,
    &to_guid::FUNCTION,
    &to_dynamic::FUNCTION,
    &estimate_data_size::FUNCTION,
];

/// `arg` as a value of type `to`, as the `to…` function of that type makes it.
pub fn convert(arg: TypedExpr, to: Type) -> Result<Expr, Error> {
    let from = arg.ty;
    if from == to {
        return Ok(arg.expr);
    }
    if literal(&arg.expr).is_some_and(|value| value.is_null()) {
        return Ok(null(to));
    }
    if widens(from, to) {
        return Ok(cast(arg.expr, physical_type(to)));
    }
    if matches!(
        (from, to),
        (Type::TimeSpan, Type::Long) | (Type::Long, Type::TimeSpan)
    ) {
        return Ok(arg.expr);
    }
    let name = format!("kql_to{}_{}", to.name(), from.name());
    match UDFS.get(name.as_str()) {
        Some(udf) => Ok(udf.call(vec![arg.expr])),
        None => Err(Error::invalid(format!("a `{from}` cannot become a `{to}`"))),
    }
}

/// The conversions that DataFusion's cast does exactly.
fn widens(from: Type, to: Type) -> bool {
    matches!(
        (from, to),
        (Type::Int, Type::Long | Type::Real | Type::Decimal)
            | (Type::Long, Type::Real | Type::Decimal)
            | (Type::Bool, Type::Int | Type::Long | Type::Real)
    )
}

/// The lowering of every `to…` function.
fn lower_to(call: Call<'_>, to: Type) -> Result<Expr, Error> {
    call.arg(0, to)
}
