//! The scalar functions and operators of KQL as stateless DataFusion functions found by name.
//!
//! In: a canonical function name with typed DataFusion expressions. Out: one expression. Values are
//! represented thus: bool Boolean; int Int32; long Int64; real Float64; decimal Decimal128(38, 18);
//! string Utf8View, never null; datetime and timespan Int64 ticks of 100 ns; guid Utf8View; dynamic
//! Utf8View holding compact JSON, a dynamic null being SQL null. What depends on the KQL type is
//! chosen here, never from the Arrow type. Aggregates and window functions are not here.

mod error;

use std::sync::Arc;

use datafusion::logical_expr::{Expr, ScalarUDF};
use keyline_kql::types::Type;

pub use error::{Error, ErrorKind};

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
    _args: Vec<TypedExpr>,
    _ty: Type,
    _cx: &LowerContext,
) -> Result<Expr, Error> {
    Err(Error::unsupported(format!(
        "the function `{function}` is not supported yet"
    )))
}

/// Access along a constant path (`a.b[0]['c']`), in one pass over the JSON text.
pub fn member(base: Expr, _path: &[PathStep]) -> Expr {
    base
}

/// Access by an index that is known only at run time: an integer or a string.
pub fn index(base: Expr, _index: TypedExpr) -> Expr {
    base
}

/// `arg` converted to a KQL type, as `tostring`, `tolong` … do it.
pub fn convert(arg: TypedExpr, _to: Type) -> Result<Expr, Error> {
    Ok(arg.expr)
}

/// Every function, to be registered by name.
pub fn all_udfs() -> Vec<Arc<ScalarUDF>> {
    Vec::new()
}
