//! Statements: a query is a list of them, separated by `;`, and its result is that of the last
//! tabular one.

use super::{Expr, Name, RowSchema, TypeRef};
use crate::span::Span;

#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// Whether some of it could not be read.
    pub broken: bool,
    pub statements: Vec<Statement>,
    pub span: Span,
}

impl Query {
    /// A query for each result: the text up to its end, as what stands before may be named in it.
    pub fn results(&self) -> Vec<Query> {
        let is_query = |statement: &Statement| matches!(statement.kind, StatementKind::Query(_));
        let ends = (1..=self.statements.len()).filter(|end| is_query(&self.statements[end - 1]));
        ends.map(|end| Query {
            broken: self.broken,
            statements: self.statements[..end].to_vec(),
            span: self.span,
        })
        .collect()
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    pub kind: StatementKind,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum StatementKind {
    /// `let name = value`
    Let { name: Name, value: LetValue },
    /// `set name` or `set name = value`
    Set { name: Name, value: Option<Expr> },
    /// `declare query_parameters(a: long = 1, …)`
    DeclareQueryParameters { params: Vec<Param> },
    /// `alias database name = cluster('c').database('d')`
    Alias { name: Name, value: Expr },
    /// `restrict access to (a, b)`
    Restrict { entities: Vec<Expr> },
    /// `declare pattern name = (a: string)[b: string] { ('x').['y'] = { body }; … }`; without cases the
    /// pattern is only announced.
    DeclarePattern { name: Name, pattern: Pattern },
    /// An expression, tabular as a rule.
    Query(Expr),
}

#[derive(Clone, Debug, PartialEq)]
pub enum LetValue {
    /// A scalar, or a tabular: only the checker can tell.
    Expr(Expr),
    /// `(params) { body }` or `view (params) { body }`
    Function(FunctionBody),
}

#[derive(Clone, Debug, PartialEq)]
pub struct FunctionBody {
    pub view: bool,
    pub params: Vec<Param>,
    /// `let` statements, then the expression; without one the body is empty (reported).
    pub statements: Vec<Statement>,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    pub name: Name,
    pub ty: ParamType,
    pub default: Option<Expr>,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ParamType {
    Scalar(TypeRef),
    /// `T: (a: long, *)`
    Tabular(RowSchema),
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pattern {
    pub params: Vec<Param>,
    pub path: Option<Param>,
    pub cases: Vec<PatternCase>,
}

/// `('x').['y'] = { body }`
#[derive(Clone, Debug, PartialEq)]
pub struct PatternCase {
    pub values: Vec<Expr>,
    pub path: Option<Expr>,
    pub body: FunctionBody,
}
