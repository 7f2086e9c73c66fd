//! The scalar functions and operators of KQL as stateless DataFusion functions found by name.
//!
//! In: a canonical function name with typed DataFusion expressions. Out: one expression. Values are
//! represented thus: bool Boolean; int Int32; long Int64; real Float64; decimal Decimal128(38, 10);
//! string Utf8View, never null; datetime and timespan Int64 ticks of 100 ns; guid Utf8View; dynamic
//! Utf8View holding compact JSON, a dynamic null being SQL null. What depends on the KQL type is
//! chosen here, never from the Arrow type. Aggregates and window functions are not here.

pub mod call;
mod error;
mod registry;

mod convert;
mod dynamic;
mod encoding;
pub(crate) mod geo;
mod math;
pub(crate) mod network;
mod operators;
mod parsing;
mod search;
mod series;
mod sketches;
pub(crate) mod text;
mod time;

pub mod civil;
pub mod format;
pub mod json;
pub mod kernel;
mod limits;
mod prelude;
mod rows;

use std::sync::Arc;

use datafusion::logical_expr::{Expr, ScalarUDF};
use keyline_kql::types::Type;

pub use call::{Family, Function};
pub use convert::{
    parse_bool, parse_datetime, parse_decimal, parse_guid, parse_long, parse_real, parse_timespan,
};
pub use error::{Error, ErrorKind};
pub use kernel::{DECIMAL, DECIMAL_ONE, physical_type};
pub use registry::{find, functions};

/// An argument: what to compute and its KQL type.
#[derive(Clone, Debug)]
pub struct TypedExpr {
    pub expr: Expr,
    pub ty: Type,
}

/// What a call needs to know of its evaluation.
#[derive(Clone, Debug)]
pub struct LowerContext {
    /// The instant of the evaluation, ticks as Int64: a literal or a column.
    pub now: Expr,
}

/// One step of a path into a dynamic value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathStep {
    Key(String),
    /// Negative counts from the end.
    Index(i64),
}

/// The expression of a call by its canonical name; `ty` is the type that the checker gave it.
pub fn lower(
    function: &str,
    args: Vec<TypedExpr>,
    ty: Type,
    cx: &LowerContext,
) -> Result<Expr, Error> {
    let Some(function) = find(function) else {
        return Err(Error::unsupported(format!(
            "the function `{function}` is not supported"
        )));
    };
    text::regex::check(function.name, &args)?;
    call::Call {
        function,
        args,
        ty,
        cx,
    }
    .lower()
}

/// Access along a constant path (`a.b[0]['c']`), in one pass over the JSON text.
pub fn member(base: Expr, path: &[PathStep]) -> Expr {
    dynamic::path::member(base, path)
}

/// Access by an index that is known only at run time: an integer or a string.
pub fn index(base: Expr, index: TypedExpr) -> Result<Expr, Error> {
    dynamic::path::index(base, index)
}

/// `arg` converted to a KQL type, as `tostring`, `tolong` … do it.
pub fn convert(arg: TypedExpr, to: Type) -> Result<Expr, Error> {
    convert::convert(arg, to)
}

/// Every kernel, to be registered by name.
pub fn all_udfs() -> Vec<Arc<ScalarUDF>> {
    kernel::UDFS.values().cloned().collect()
}
