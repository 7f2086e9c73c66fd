//! `search`: a filter over all columns, of one table or of many under each other.

use std::sync::Arc;

use super::union::Leg;
use crate::check::build::{call, column, converted, literal, pass_through};
use crate::check::names::UniqueNames;
use crate::check::report::{Checked, Reported};
use crate::check::scope::Row;
use crate::check::{Checker, codes};
use crate::checked::{self, NamedExpr, Op, Rel};
use crate::span::Span;
use crate::syntax::{BinaryOp, Expr, ExprKind, Operator};
use crate::types::{Type, Value};

/// What the engine calls rows that are of no table.
const ANONYMOUS: &str = "search_arg0";

/// The column that says which table a row is of.
const TABLE_COLUMN: &str = "$table";

impl<'a> Checker<'a> {
    pub(super) fn search(
        &mut self,
        input: Option<Arc<Rel>>,
        tables: Option<&'a [Expr]>,
        predicate: &'a Expr,
        operator: &'a Operator,
    ) -> Checked<Arc<Rel>> {
        let span = operator.span;
        let exactly = match self.word(operator, "kind")?.as_deref() {
            None | Some("default" | "case_insensitive") => false,
            Some("case_sensitive") => true,
            Some(other) => {
                let message = format!("unknown kind of search `{other}`");
                return Err(self.error_with_help(
                    codes::OPERATOR_PARAMETER,
                    operator.keyword.span,
                    message,
                    "one of `case_insensitive`, `case_sensitive`",
                ));
            }
        };
        if let Some(input) = input {
            let found = self.searched(&input, predicate, exactly, span)?;
            let source = match self.relation_names.get(&Arc::as_ptr(&input)) {
                Some(name) => name.clone(),
                None => source_of(&input),
            };
            let mut exprs = vec![NamedExpr {
                name: TABLE_COLUMN.to_string(),
                expr: literal(Value::String(source), span),
            }];
            let mut names = UniqueNames::default();
            names.reserve(TABLE_COLUMN);
            for mut named in pass_through(&found.columns, span) {
                named.name = names.add(&named.name);
                exprs.push(named);
            }
            return self.projected(&found, exprs, span);
        }
        let mut legs = Vec::new();
        match tables {
            Some(tables) => {
                for table in tables {
                    legs.extend(self.legs(table, legs.len())?);
                }
            }
            None => legs = self.all_tables(span)?,
        }
        // A table that lacks a column of the predicate has nothing to find.
        let mut searched = Vec::new();
        let before = self.diagnostics.len();
        let mut failed = None;
        for leg in legs {
            let start = self.diagnostics.len();
            match self.searched(&leg.rel, predicate, exactly, span) {
                Ok(rel) => searched.push(Leg {
                    name: leg.name,
                    rel,
                }),
                Err(reported) => {
                    let unknown = self.diagnostics[start..]
                        .iter()
                        .all(|found| found.code == codes::UNKNOWN_NAME);
                    if !unknown {
                        return Err(reported);
                    }
                    failed = Some(reported);
                }
            }
        }
        match (searched.is_empty(), failed) {
            (true, Some(reported)) => Err(reported),
            (true, None) => Err(Reported),
            _ => {
                self.diagnostics.truncate(before);
                self.unified(searched, Some(TABLE_COLUMN), false, span)
            }
        }
    }

    fn searched(
        &mut self,
        input: &Arc<Rel>,
        predicate: &'a Expr,
        exactly: bool,
        span: Span,
    ) -> Checked<Arc<Rel>> {
        if matches!(predicate.kind, ExprKind::Star) {
            return Ok(Arc::clone(input));
        }
        let predicate = self.search_predicate(predicate, &Row::of(input), exactly)?;
        let op = Op::Filter {
            input: Arc::clone(input),
            predicate,
        };
        self.unordered(op, input.columns.clone(), span)
    }

    /// A term by itself is looked for in every column; all else is a predicate as in `where`.
    pub(super) fn search_predicate(
        &mut self,
        expr: &'a Expr,
        row: &Row,
        exactly: bool,
    ) -> Checked<checked::Expr> {
        self.expression_depth += 1;
        let result = match self.expression_depth > crate::limits::EXPRESSION_DEPTH_MAX {
            true => Err(self.limit_reached(
                expr.span,
                "levels of nested expressions",
                crate::limits::EXPRESSION_DEPTH_MAX,
            )),
            false => self.search_term(expr, row, exactly),
        };
        self.expression_depth -= 1;
        result
    }

    fn search_term(&mut self, expr: &'a Expr, row: &Row, exactly: bool) -> Checked<checked::Expr> {
        match &expr.kind {
            ExprKind::Binary {
                op: op @ (BinaryOp::And | BinaryOp::Or),
                op_span,
                left,
                right,
            } => {
                let left = self.search_operand(left, row, exactly);
                let right = self.search_operand(right, row, exactly)?;
                self.binary(*op, *op_span, left?, right, expr.span)
            }
            ExprKind::Call(found) if found.name.text == "not" && found.args.len() == 1 => {
                let inner = self.search_predicate(&found.args[0].value, row, exactly)?;
                Ok(call("not", vec![inner], Type::Bool, expr.span))
            }
            // The engine looks for words and whole numbers; a real it finds nowhere.
            ExprKind::Literal(Value::Real(_)) => Ok(literal(Value::Bool(false), expr.span)),
            ExprKind::Literal(value) if !matches!(value, Value::Bool(_)) => {
                let text = self.term_text(value, expr.span)?;
                let mut any = literal(Value::Bool(false), expr.span);
                for (at, found) in row.columns.iter().enumerate() {
                    let cell = column(&found.name, found.ty, expr.span);
                    let test = matched(converted(cell, Type::String), &text, exactly, expr.span);
                    any = match at {
                        0 => test,
                        _ => call("or", vec![any, test], Type::Bool, expr.span),
                    };
                }
                Ok(any)
            }
            ExprKind::Binary {
                op: BinaryOp::Colon,
                left,
                right,
                ..
            } => {
                let cell = self.scalar(left, row)?;
                let ExprKind::Literal(value) = &right.kind else {
                    return Err(self.error(
                        codes::NOT_CONSTANT,
                        right.span,
                        "expected a literal to search for",
                    ));
                };
                let text = self.term_text(value, right.span)?;
                Ok(matched(
                    converted(cell, Type::String),
                    &text,
                    exactly,
                    expr.span,
                ))
            }
            _ => self.predicate(expr, row),
        }
    }

    /// What stands beside an `and` or `or`, which says itself what it cannot join.
    fn search_operand(
        &mut self,
        expr: &'a Expr,
        row: &Row,
        exactly: bool,
    ) -> Checked<checked::Expr> {
        match &expr.kind {
            ExprKind::Name(_) | ExprKind::Member { .. } | ExprKind::Index { .. } => {
                self.scalar(expr, row)
            }
            _ => self.search_predicate(expr, row, exactly),
        }
    }

    fn term_text(&mut self, value: &Value, span: Span) -> Checked<String> {
        match value {
            Value::String(text) => Ok(text.clone()),
            value => match crate::check::data::json(value) {
                Some(text) => Ok(text.trim_matches('"').to_string()),
                None => Err(self.error(
                    codes::WRONG_TYPE,
                    span,
                    format!("a `{}` cannot be searched for", value.ty()),
                )),
            },
        }
    }
}

/// Whether a text has the term; `*` stands for anything.
fn matched(cell: checked::Expr, term: &str, exactly: bool, span: Span) -> checked::Expr {
    let inner = term.trim_matches('*');
    let (before, after) = (term.starts_with('*'), term.ends_with('*'));
    if inner.is_empty() {
        return literal(Value::Bool(true), span);
    }
    if inner.contains('*') {
        let parts: Vec<String> = term.split('*').map(escaped).collect();
        let flags = if exactly { "(?s)" } else { "(?is)" };
        let pattern = format!("{flags}{}", parts.join(".*"));
        let pattern = literal(Value::String(pattern), span);
        return call("matches regex", vec![cell, pattern], Type::Bool, span);
    }
    let function = match (before, after, exactly) {
        (false, false, false) => "has",
        (false, false, true) => "has_cs",
        (true, true, false) => "contains",
        (true, true, true) => "contains_cs",
        (false, true, false) => "hasprefix",
        (false, true, true) => "hasprefix_cs",
        (true, false, false) => "hassuffix",
        (true, false, true) => "hassuffix_cs",
    };
    let term = literal(Value::String(inner.to_string()), span);
    call(function, vec![cell, term], Type::Bool, span)
}

/// Text as a regular expression that matches nothing but it.
fn escaped(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for c in text.chars() {
        if !c.is_alphanumeric() && !c.is_whitespace() && c != '_' && c.is_ascii() {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}

/// The table whose rows these are, if they are of one.
fn source_of(rel: &Rel) -> String {
    let mut at = rel;
    loop {
        at = match &at.op {
            Op::Table { name } => return name.clone(),
            Op::Filter { input, .. }
            | Op::Project { input, .. }
            | Op::Sort { input, .. }
            | Op::Take { input, .. }
            | Op::Serialize { input } => input,
            _ => return ANONYMOUS.to_string(),
        };
    }
}
