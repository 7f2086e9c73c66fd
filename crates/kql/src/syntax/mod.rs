//! The syntax tree: what was written, typed and with spans, before any name is bound.
//!
//! The parser makes it and never fails to: where text could not be understood there is
//! [`ExprKind::Error`] and a diagnostic. Grouping parentheses leave no node behind. Comments and
//! spacing are not here; the formatter takes them from the tokens.

pub mod expr;
pub mod operators;
pub mod statement;

pub use expr::{
    Argument, BinaryOp, Call, DataTable, Expr, ExprKind, ExternalData, ListOp, NamedExpr, UnaryOp,
};
pub use operators::*;
pub use statement::{
    FunctionBody, LetValue, Param, ParamType, Pattern, PatternCase, Query, Statement, StatementKind,
};

use crate::span::Span;
use crate::types::Type;

/// An identifier as meant: of `['a b']` the text is `a b`, and the span covers the brackets.
#[derive(Clone, Debug, PartialEq)]
pub struct Name {
    pub text: String,
    pub span: Span,
}

impl Name {
    pub fn new(text: impl Into<String>, span: Span) -> Name {
        Name {
            text: text.into(),
            span,
        }
    }
}

/// A name in which `*` may stand for any characters (`project-away *1`, `union T*`).
#[derive(Clone, Debug, PartialEq)]
pub struct NamePattern {
    pub text: String,
    /// Whether the stars in `text` stand for anything; false for `['a*b']` and plain names.
    pub wild: bool,
    pub span: Span,
}

/// A scalar type as written. `ty` is `None` when there is no such type (already reported).
#[derive(Clone, Debug, PartialEq)]
pub struct TypeRef {
    pub ty: Option<Type>,
    pub span: Span,
}

/// `name: type`
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnDecl {
    pub name: Name,
    pub ty: TypeRef,
}

/// `(a: long, b: string, *)`: the columns of a tabular parameter, `datatable`, `typeof(…)`.
#[derive(Clone, Debug, PartialEq)]
pub struct RowSchema {
    pub columns: Vec<ColumnDecl>,
    /// There is a `*`: further columns may follow.
    pub open: bool,
    pub span: Span,
}
