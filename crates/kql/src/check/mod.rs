//! The checker: a syntax tree and a schema in, a checked query and diagnostics out.
//!
//! It binds every name, gives every expression its type, names every column and lowers the language
//! to the few operations of [`crate::checked`]. It follows what Microsoft's own binder and the real
//! engine do; where those two disagree, the engine.
//!
//! An error ends the operator that it stands in and what is built on it; the rest of the query is
//! still looked at. Nothing here runs anything.

mod report;
mod suggest;
mod scope;
mod names;
mod build;
mod fold;
mod operands;
mod scalar;
mod holds;
mod fit;
mod call;
mod misfit;
mod forms;
mod window;
mod functions;
mod pattern;
mod tabular;
mod data;
mod settings;
mod aggregate;
mod projection;
mod operators;
pub mod stage;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::checked::{CheckedQuery, Rel, Render};
use crate::codes;
use crate::diagnostic::{Diagnostic, Severity};
use crate::functions::Overload;
use crate::schema::Schema;
use crate::span::Span;
use crate::syntax::{LetValue, ParamType, Pattern, Query, Statement, StatementKind};
use crate::types::Value;

use report::{Checked, Reported};
use scope::{Binding, Row, Scopes};

/// What a check may be told beside the schema.
#[derive(Clone, Debug, Default)]
pub struct CheckOptions {
    /// Values for `declare query_parameters`; a parameter that is not here needs a default.
    pub parameters: HashMap<String, Value>,
}

/// Checks a query. There is a checked query exactly when no diagnostic is an error or says
/// *unsupported*.
pub fn check(
    query: &Query,
    schema: &dyn Schema,
    options: &CheckOptions,
) -> (Option<CheckedQuery>, Vec<Diagnostic>) {
    let mut checker = Checker::new(schema, options);
    let root = checker.query(query);
    checker.say_what_a_run_would(query.broken);
    finished(checker, root)
}

/// The plugins of `evaluate` that are run, and those that are known and are not.
pub fn plugins() -> (Vec<&'static str>, Vec<&'static str>) {
    operators::plugins_known()
}

fn finished(
    checker: Checker<'_>,
    root: Checked<Arc<Rel>>,
) -> (Option<CheckedQuery>, Vec<Diagnostic>) {
    let mut diagnostics = checker.diagnostics;
    diagnostics.sort_by_key(|diagnostic| (diagnostic.primary.start, diagnostic.primary.end));
    let refused = diagnostics
        .iter()
        .any(|diagnostic| diagnostic.severity != Severity::Warning);
    let checked = match root {
        Ok(root) if !refused => Some(CheckedQuery {
            root,
            tables: checker.tables.into_iter().collect(),
            external_uris: checker.external_uris.into_iter().collect(),
            render: checker.render,
            ago_ticks: checker.ago_ticks,
        }),
        _ => None,
    };
    (checked, diagnostics)
}

struct Checker<'a> {
    schema: &'a dyn Schema,
    options: &'a CheckOptions,
    /// What the data has answered, where a query is checked in stages.
    answers: Option<&'a stage::Answers>,
    /// How many questions there were so far.
    asked: usize,
    /// The first question without an answer.
    wanted: Option<stage::Wanted<Arc<Rel>>>,
    diagnostics: Vec<Diagnostic>,
    /// What is wrong, and Kusto would say only when the query runs.
    at_run: Vec<Diagnostic>,
    /// The pattern whose expressions are being checked.
    graph: Option<operators::GraphScope>,
    scopes: Scopes<'a>,
    tables: BTreeSet<String>,
    table_rels: HashMap<String, Arc<Rel>>,
    external_uris: BTreeSet<String>,
    render: Option<Render>,
    ago_ticks: Vec<i64>,
    /// The query's own patterns, and what was declared before each.
    patterns: HashMap<&'a str, (&'a Pattern, scope::Mark)>,
    /// What the query has set.
    settings: HashMap<&'a str, crate::checked::Expr>,
    /// Where aggregates may stand, those that were met.
    aggregates: Option<aggregate::Sink>,
    /// The rows that the operator around a subquery hands in.
    inputs: Vec<Arc<Rel>>,
    /// How large each relation is, by address.
    relation_sizes: HashMap<*const Rel, build::Size>,
    /// The columns of all relations together.
    columns: usize,
    /// What `as` calls a relation, by address.
    relation_names: HashMap<*const Rel, String>,
    /// All relations that were made: while they live, no address is used twice.
    kept: Vec<Arc<Rel>>,
    /// Of the call that fits no form of its function, the form that was meant.
    meant: Option<&'static Overload>,
    /// Of the expression that failed last: whether its type is not known, where others have none.
    untold: bool,
    expression_depth: usize,
    expression_nodes: usize,
    /// See [`crate::limits::PATTERN_LETTERS_MAX`].
    letters_compared: usize,
    call_depth: usize,
    /// The functions whose bodies are being looked at.
    applied: Vec<String>,
    calls: usize,
    /// The number of the next `Column1`.
    next_column: usize,
}

impl<'a> Checker<'a> {
    fn new(schema: &'a dyn Schema, options: &'a CheckOptions) -> Checker<'a> {
        Checker {
            schema,
            options,
            answers: None,
            asked: 0,
            wanted: None,
            diagnostics: Vec::new(),
            at_run: Vec::new(),
            graph: None,
            scopes: Scopes::default(),
            tables: BTreeSet::new(),
            table_rels: HashMap::new(),
            external_uris: BTreeSet::new(),
            render: None,
            ago_ticks: Vec::new(),
            patterns: HashMap::new(),
            settings: HashMap::new(),
            aggregates: None,
            inputs: Vec::new(),
            relation_sizes: HashMap::new(),
            columns: 0,
            relation_names: HashMap::new(),
            kept: Vec::new(),
            meant: None,
            untold: false,
            expression_depth: 0,
            expression_nodes: 0,
            letters_compared: 0,
            call_depth: 0,
            applied: Vec::new(),
            calls: 0,
            next_column: 1,
        }
    }

    /// The result of a query is that of its last expression; what stands before is checked too.
    fn query(&mut self, query: &'a Query) -> Checked<Arc<Rel>> {
        let mut result = None;
        let is_query = |s: &Statement| matches!(s.kind, StatementKind::Query(_));
        let last = query.statements.iter().rposition(is_query);
        for (at, statement) in query.statements.iter().enumerate() {
            // A query that others follow may be a single value.
            if let (StatementKind::Query(expr), true) = (&statement.kind, Some(at) != last) {
                let _: Checked<tabular::Value> = self.value(expr, &Row::none());
                continue;
            }
            if let Some(rel) = self.statement(statement) {
                result = Some(rel);
            }
        }
        match result {
            Some(result) => result,
            None => Err(self.error_with_help(
                codes::NO_QUERY,
                // It is missing at the end: what is wrong before is to be looked at first.
                Span {
                    start: query.span.end,
                    ..query.span
                },
                "the query yields nothing: there is no tabular expression",
                "end it with a table, such as `AWSCloudTrail | take 10`",
            )),
        }
    }

    fn statement(&mut self, statement: &'a Statement) -> Option<Checked<Arc<Rel>>> {
        match &statement.kind {
            StatementKind::Let { name, value } => {
                let binding = match value {
                    LetValue::Expr(expr) => self.let_value(expr),
                    LetValue::Function(body) => Binding::Function {
                        body,
                        scope: self.scopes.mark(),
                    },
                };
                if self.scopes.is_declared_here(&name.text) {
                    self.error(
                        codes::DUPLICATE_NAME,
                        name.span,
                        format!("`{}` is already declared", name.text),
                    );
                }
                self.scopes.declare(&name.text, binding);
                None
            }
            StatementKind::DeclareQueryParameters { params } => {
                for param in params {
                    let binding = match &param.ty {
                        ParamType::Scalar(ty) => self
                            .query_parameter(param, ty.ty)
                            .map_or(Binding::Failed, |expr| self.scalar_binding(expr)),
                        ParamType::Tabular(_) => Binding::Failed,
                    };
                    self.scopes.declare(&param.name.text, binding);
                }
                None
            }
            StatementKind::Set { name, value } => {
                self.set(name, value.as_ref());
                None
            }
            StatementKind::Alias { .. } => {
                self.unsupported_statement(statement.span, "alias");
                None
            }
            StatementKind::Restrict { .. } => {
                self.unsupported_statement(statement.span, "restrict access");
                None
            }
            StatementKind::DeclarePattern { name, pattern } => {
                self.patterns
                    .insert(&name.text, (pattern, self.scopes.mark()));
                None
            }
            StatementKind::Query(expr) => Some(self.result(expr)),
        }
    }

    fn unsupported_statement(&mut self, span: Span, what: &str) -> Reported {
        self.unsupported(
            codes::UNSUPPORTED_STATEMENT,
            span,
            format!("the statement `{what}` is not supported"),
        )
    }
}
