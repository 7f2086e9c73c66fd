//! Tabular expressions: what stands before a pipe, and pipes.

use std::sync::Arc;

use super::report::{Checked, Reported};
use super::scope::{Binding, Row};
use super::{Checker, fold, suggest};
use crate::checked::{Expr, ExprKind, Op, Rel};
use crate::codes;
use crate::diagnostic::Severity;
use crate::functions;
use crate::limits::EXPRESSION_DEPTH_MAX;
use crate::span::Span;
use crate::syntax::{self, Argument, Call, Name, Pipe, PipeHead};
use crate::unsupported;

/// What an expression yields: the grammar cannot tell.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Scalar(Expr),
    Table(Arc<Rel>),
}

impl<'a> Checker<'a> {
    /// What a `let` binds.
    pub(super) fn let_value(&mut self, expr: &'a syntax::Expr) -> Binding<'a> {
        match self.value(expr, &Row::none()) {
            Ok(Value::Scalar(expr)) => self.scalar_binding(expr),
            Ok(Value::Table(rel)) => Binding::Table(rel),
            Err(Reported) => Binding::Failed,
        }
    }

    /// An expression of either kind.
    pub(super) fn value(&mut self, expr: &'a syntax::Expr, row: &Row) -> Checked<Value> {
        use syntax::ExprKind as Kind;
        if let Some(found) = self.pattern_use(expr) {
            return found.map(Value::Table);
        }
        let tabular = match &expr.kind {
            Kind::Pipe(_) | Kind::DataTable(_) | Kind::ExternalData(_) | Kind::PathCall { .. } => {
                true
            }
            Kind::Name(name) if row.column(&name.text).is_some() => false,
            Kind::Name(name) => match self.scopes.find(&name.text).cloned() {
                Some(Binding::Table(rel)) => return Ok(Value::Table(rel)),
                Some(Binding::Function { body, scope }) => {
                    return self.apply(name, body, scope, &[], None, row, expr.span);
                }
                Some(_) => false,
                None => self.schema.table(&name.text).is_some(),
            },
            Kind::Call(call) => match self.scopes.find(&call.name.text).cloned() {
                Some(Binding::Function { body, scope }) => {
                    return self.apply(&call.name, body, scope, &call.args, None, row, expr.span);
                }
                Some(_) => false,
                None if call.name.text == "materialize" => {
                    return self.materialize(call, row, expr.span);
                }
                None => is_tabular_function(&call.name.text),
            },
            _ => false,
        };
        match tabular {
            true => self.tabular(expr, row).map(Value::Table),
            false => self.scalar(expr, row).map(Value::Scalar),
        }
    }

    /// An expression that yields a table.
    pub(super) fn tabular(&mut self, expr: &'a syntax::Expr, row: &Row) -> Checked<Arc<Rel>> {
        // What is inside a table cannot see the aggregates around it.
        let outer = self.aggregates.take();
        self.expression_depth += 1;
        let result = match self.expression_depth > EXPRESSION_DEPTH_MAX {
            true => Err(self.limit_reached(
                expr.span,
                "levels of nested expressions",
                EXPRESSION_DEPTH_MAX,
            )),
            false => self.tabular_within_limits(expr, row),
        };
        self.expression_depth -= 1;
        self.aggregates = outer;
        result
    }

    fn tabular_within_limits(&mut self, expr: &'a syntax::Expr, row: &Row) -> Checked<Arc<Rel>> {
        use syntax::ExprKind as Kind;
        let span = expr.span;
        if let Some(found) = self.pattern_use(expr) {
            return found;
        }
        match &expr.kind {
            Kind::Pipe(pipe) => self.pipe(pipe),
            Kind::DataTable(table) => self.datatable(table, span),
            Kind::ExternalData(data) => self.external_data(data, span),
            Kind::Name(name) => self.table_named(name, row),
            Kind::Call(call) => self.tabular_call(call, row, span),
            Kind::PathCall { call, .. } => Err(self.unsupported_with_help(
                codes::UNSUPPORTED_OPERATOR,
                call.name.span,
                "tables of other databases and clusters are not supported",
                unsupported::function("database"),
            )),
            Kind::Member { base, .. }
                if matches!(base.kind, Kind::Call(_) | Kind::PathCall { .. }) =>
            {
                Err(self.unsupported_with_help(
                    codes::UNSUPPORTED_OPERATOR,
                    span,
                    "tables of other databases and clusters are not supported",
                    unsupported::function("database"),
                ))
            }
            Kind::Error => Err(Reported),
            _ if expr.is_unread() => Err(Reported),
            // What is wrong with a call is to be said before what stands behind it.
            Kind::Index { base, .. } if self.is_unknown_call(base) => self.tabular(base, row),
            _ => Err(self.error(
                codes::TABULAR_EXPECTED,
                span,
                "expected a table, found a single value",
            )),
        }
    }

    /// The rows of a pipe.
    pub(super) fn pipe(&mut self, pipe: &'a Pipe) -> Checked<Arc<Rel>> {
        if let PipeHead::Expr(head) = &pipe.head
            && self.is_single_value(head)
        {
            return self.pipe_of_a_value(head, pipe, &Row::none());
        }
        let mut rel = match &pipe.head {
            PipeHead::Expr(expr) => self.tabular(expr, &Row::none())?,
            PipeHead::Operator(operator) => self.operator(None, operator)?,
            PipeHead::Input => match self.inputs.last() {
                Some(input) => Arc::clone(input),
                None => {
                    return Err(self.error(
                        codes::TABULAR_EXPECTED,
                        pipe.span,
                        "there are no rows to work on here",
                    ));
                }
            },
        };
        for operator in &pipe.operators {
            rel = self.operator(Some(rel), operator)?;
        }
        Ok(rel)
    }

    fn is_unknown_call(&self, expr: &syntax::Expr) -> bool {
        matches!(&expr.kind, syntax::ExprKind::Call(call)
            if self.scopes.find(&call.name.text).is_none()
                && !is_tabular_function(&call.name.text)
                && call.name.text != "materialize"
                && functions::scalar(&call.name.text).is_none())
    }

    /// Whether an expression is plainly no table.
    fn is_single_value(&self, expr: &syntax::Expr) -> bool {
        use syntax::ExprKind as Kind;
        match &expr.kind {
            Kind::Literal(_)
            | Kind::Unary { .. }
            | Kind::Binary { .. }
            | Kind::List { .. }
            | Kind::Between { .. } => true,
            Kind::Index { base, .. } | Kind::Member { base, .. } => self.is_single_value(base),
            Kind::Call(call) => {
                self.scopes.find(&call.name.text).is_none()
                    && !is_tabular_function(&call.name.text)
                    && call.name.text != "materialize"
                    && functions::scalar(&call.name.text).is_some()
            }
            _ => false,
        }
    }

    /// The rows of a query. That they are a single value only a run would say.
    pub(super) fn result(&mut self, expr: &'a syntax::Expr) -> Checked<Arc<Rel>> {
        if !self.is_single_value(expr) {
            return self.tabular(expr, &Row::none());
        }
        self.scalar(expr, &Row::none())?;
        Err(self.error_at_run(
            codes::TABULAR_EXPECTED,
            expr.span,
            "expected a table, found a single value",
        ))
    }

    /// What the operators after it say is wrong comes first: they see no columns.
    pub(super) fn pipe_of_a_value<T>(
        &mut self,
        head: &'a syntax::Expr,
        pipe: &'a Pipe,
        row: &Row,
    ) -> Checked<T> {
        let before = self.diagnostics.len();
        let value = self.scalar(head, row);
        let nothing = Op::DataTable { rows: Vec::new() };
        let mut rel = self.unordered(nothing, Vec::new(), head.span)?;
        for operator in &pipe.operators {
            match self.operator(Some(rel), operator) {
                Ok(made) => rel = made,
                Err(Reported) => break,
            }
        }
        let found = self.diagnostics[before..]
            .iter_mut()
            .find(|found| found.severity == Severity::Error);
        match (found, value) {
            (Some(found), value) => {
                if value.is_ok() && found.help.is_none() {
                    found.help = Some("what stands before the `|` is a single value".to_string());
                }
                Err(Reported)
            }
            // What stands behind it works on nothing, and only a run would say so.
            (None, _) => Err(self.error_at_run(
                codes::TABULAR_EXPECTED,
                head.span,
                "expected a table, found a single value",
            )),
        }
    }

    /// A pipe inside an operator, over rows that the operator hands in.
    pub(super) fn subquery(&mut self, pipe: &'a Pipe, input: Arc<Rel>) -> Checked<Arc<Rel>> {
        self.inputs.push(input);
        let result = self.pipe(pipe);
        self.inputs.pop();
        result
    }

    fn table_named(&mut self, name: &Name, row: &Row) -> Checked<Arc<Rel>> {
        match self.scopes.find(&name.text).cloned() {
            Some(Binding::Table(rel)) => Ok(rel),
            Some(Binding::Function { body, scope }) => {
                let value = self.apply(name, body, scope, &[], None, row, name.span)?;
                self.expect_table(value, name.span)
            }
            Some(Binding::Failed) => Err(Reported),
            Some(Binding::Scalar(_)) => Err(self.error(
                codes::TABULAR_EXPECTED,
                name.span,
                format!("expected a table, and `{}` is a single value", name.text),
            )),
            None => self.schema_table(&name.text, name.span),
        }
    }

    /// A table of the schema, always the same relation.
    pub(super) fn schema_table(&mut self, name: &str, span: Span) -> Checked<Arc<Rel>> {
        if let Some(rel) = self.table_rels.get(name) {
            return Ok(Arc::clone(rel));
        }
        let Some(columns) = self.schema.table(name) else {
            return Err(self.unknown_table(name, span));
        };
        self.tables.insert(name.to_string());
        let op = Op::Table {
            name: name.to_string(),
        };
        let rel = self.unordered(op, columns, span)?;
        self.table_rels.insert(name.to_string(), Arc::clone(&rel));
        Ok(rel)
    }

    fn unknown_table(&mut self, name: &str, span: Span) -> Reported {
        if self.is_full() {
            return Reported;
        }
        let mut names = self.schema.table_names();
        names.extend(
            self.scopes
                .names()
                .filter(|(_, binding)| !matches!(binding, Binding::Scalar(_)))
                .map(|(name, _)| name.to_string()),
        );
        let meant = suggest::nearest(name, names.iter().map(String::as_str)).map(str::to_string);
        let known = names.len() <= 8 && !names.is_empty();
        let list: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        let otherwise = known.then(|| format!("available tables: {}", list.join(", ")));
        self.unknown(
            codes::UNKNOWN_TABLE,
            span,
            format!("unknown table `{name}`"),
            meant,
            otherwise,
        )
    }

    fn tabular_call(&mut self, call: &'a Call, row: &Row, span: Span) -> Checked<Arc<Rel>> {
        match self.scopes.find(&call.name.text).cloned() {
            Some(Binding::Function { body, scope }) => {
                let value = self.apply(&call.name, body, scope, &call.args, None, row, span)?;
                return self.expect_table(value, span);
            }
            Some(Binding::Failed) => return Err(Reported),
            _ => {}
        }
        match call.name.text.as_str() {
            "materialize" => {
                let value = self.materialize(call, row, span)?;
                self.expect_table(value, span)
            }
            "table" => {
                let name = self.text_argument(call, span)?;
                match self.scopes.find(&name).cloned() {
                    Some(Binding::Table(rel)) => Ok(rel),
                    _ => self.schema_table(&name, span),
                }
            }
            "_GetWatchlist" => {
                let alias = self.text_argument(call, span)?;
                match self.schema.watchlist(&alias) {
                    Some(columns) => self.unordered(Op::Watchlist { alias }, columns, span),
                    None => Err(self.error_with_help(
                        codes::UNKNOWN_TABLE,
                        span,
                        format!("unknown watchlist `{alias}`"),
                        "name a file for it in the configuration",
                    )),
                }
            }
            name if functions::scalar(name).is_some_and(|found| !found.implemented) => Err(self
                .unsupported_with_help(
                    codes::UNSUPPORTED_FUNCTION,
                    call.name.span,
                    format!("the function `{name}` is not supported"),
                    unsupported::function(name),
                )),
            name if functions::scalar(name).is_some() => Err(self.error(
                codes::TABULAR_EXPECTED,
                span,
                "expected a table, found a single value",
            )),
            _ => Err(self.unknown_function(&call.name, span)),
        }
    }

    fn text_argument(&mut self, call: &'a Call, span: Span) -> Checked<String> {
        let text = match call.args.as_slice() {
            [Argument { value, .. }, ..] => self.scalar(value, &Row::none())?,
            [] => {
                return Err(self.error(
                    codes::ARGUMENT_COUNT,
                    span,
                    format!("`{}` takes a name", call.name.text),
                ));
            }
        };
        match fold::string(&text) {
            Some(text) => Ok(text.to_string()),
            None => Err(self.error(
                codes::NOT_CONSTANT,
                text.span,
                format!("`{}` expects a string literal", call.name.text),
            )),
        }
    }

    /// `materialize(T)`; of a scalar it is the scalar.
    pub(super) fn materialize(&mut self, call: &'a Call, row: &Row, span: Span) -> Checked<Value> {
        let [argument] = call.args.as_slice() else {
            if call.unread {
                return Err(Reported);
            }
            return Err(self.error(
                codes::ARGUMENT_COUNT,
                span,
                format!("`materialize` takes 1 argument, found {}", call.args.len()),
            ));
        };
        match self.value(&argument.value, row)? {
            Value::Scalar(expr) => Ok(Value::Scalar(expr)),
            Value::Table(input) => {
                let columns = input.columns.clone();
                let op = Op::Materialize {
                    input: Arc::clone(&input),
                };
                self.keeping_order(op, columns, &input, span)
                    .map(Value::Table)
            }
        }
    }

    /// `toscalar(T)`: the first cell; of a scalar it is the scalar.
    pub(super) fn first_cell(&mut self, call: &'a Call, span: Span) -> Checked<Expr> {
        let [argument] = call.args.as_slice() else {
            if call.unread {
                return Err(Reported);
            }
            return Err(self.error(
                codes::ARGUMENT_COUNT,
                span,
                format!("`toscalar` takes 1 argument, found {}", call.args.len()),
            ));
        };
        match self.value(&argument.value, &Row::none())? {
            Value::Scalar(expr) => Ok(expr),
            Value::Table(rel) => match rel.columns.first() {
                Some(first) => Ok(Expr {
                    ty: first.ty,
                    kind: ExprKind::ToScalar(rel),
                    span,
                }),
                None => Err(self.error(
                    codes::COLUMN_EXPECTED,
                    span,
                    "the table has no column to take a value from",
                )),
            },
        }
    }

    pub(super) fn expect_table(&mut self, value: Value, span: Span) -> Checked<Arc<Rel>> {
        match value {
            Value::Table(rel) => Ok(rel),
            Value::Scalar(_) => Err(self.error(
                codes::TABULAR_EXPECTED,
                span,
                "expected a table, found a single value",
            )),
        }
    }
}

fn is_tabular_function(name: &str) -> bool {
    matches!(
        name,
        "table"
            | "_GetWatchlist"
            | "database"
            | "cluster"
            | "external_table"
            | "materialized_view"
            | "stored_query_result"
            | "graph"
    )
}
