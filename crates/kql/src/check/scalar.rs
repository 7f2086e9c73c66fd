//! Scalar expressions: names, paths, operators. Calls are in `call`, operand types in `operands`.

use std::sync::Arc;

use super::build::{call, column, converted, is_constant, literal};
use super::call::{settled, stand_in};
use super::holds::holds;
use super::report::{Checked, Reported};
use super::scope::{Binding, Row};
use super::tabular::Value;
use super::{Checker, fold, operands, suggest};
use crate::checked::{Expr, ExprKind, NamedExpr, Rel};
use crate::codes;
use crate::functions;
use crate::functions::signature::Holds;
use crate::habits;
use crate::limits::{EXPRESSION_DEPTH_MAX, EXPRESSION_NODES_MAX};
use crate::schema::Column;
use crate::span::Span;
use crate::syntax::{self, BinaryOp, ListOp, Name, UnaryOp};
use crate::types::{self, Type};

/// The longest text of a long that is not in parentheses.
const BARE_LONG: usize = "-9223372036854775808".len();

/// How many columns a message lists.
const LISTED_COLUMNS: usize = 12;

impl<'a> Checker<'a> {
    /// An expression that yields one value for a row.
    pub(super) fn scalar(&mut self, expr: &'a syntax::Expr, row: &Row) -> Checked<Expr> {
        self.expression_depth += 1;
        self.expression_nodes += 1;
        let result = if self.expression_depth > EXPRESSION_DEPTH_MAX {
            Err(self.limit_reached(
                expr.span,
                "levels of nested expressions",
                EXPRESSION_DEPTH_MAX,
            ))
        } else if self.expression_nodes > EXPRESSION_NODES_MAX {
            Err(self.limit_reached(expr.span, "parts of expressions", EXPRESSION_NODES_MAX))
        } else {
            self.untold = false;
            self.scalar_within_limits(expr, row)
        };
        self.expression_depth -= 1;
        result
    }

    fn scalar_within_limits(&mut self, expr: &'a syntax::Expr, row: &Row) -> Checked<Expr> {
        use syntax::ExprKind as Kind;
        let span = expr.span;
        match &expr.kind {
            // The digits alone are out of range; a negative number is what is made of them.
            Kind::Literal(types::Value::Long(i64::MIN)) if span.len() <= BARE_LONG => Err(self
                .error_with_help(
                    codes::INVALID_NUMBER,
                    span,
                    "the number does not fit into a `long`",
                    "write `long(-9223372036854775808)`",
                )),
            Kind::Literal(value) => Ok(literal(value.clone(), span)),
            Kind::Name(name) => self.name(name, row).or_else(|reported| {
                // What is around it sees what a call would yield.
                let unknown =
                    row.column(&name.text).is_none() && self.scopes.find(&name.text).is_none();
                let function = functions::scalar(&name.text).filter(|_| unknown);
                function
                    .and_then(|function| settled(function, span))
                    .ok_or(reported)
            }),
            Kind::Member { base, name } => self.member(base, name, row, span),
            Kind::Index { base, index } => self.index(base, index, row, span),
            Kind::Call(found) => self.call(found, row, span),
            Kind::Unary { op, operand } => {
                let query = matches!(&operand.kind, Kind::Pipe(pipe) if !pipe.is_broken());
                if query || self.is_table(operand, row) {
                    let sign = Span {
                        end: span.start + 1,
                        ..span
                    };
                    return Err(self.error(
                        codes::SCALAR_EXPECTED,
                        sign,
                        "a table has no sign: a single value is expected here",
                    ));
                }
                let operand = self.scalar(operand, row);
                // Whatever is wrong with it, a sign is not what it lacks.
                self.untold = operand.is_err();
                let operand = operand?;
                match op {
                    UnaryOp::Negate => self.negate(operand, span),
                    UnaryOp::Plus => match operand.ty {
                        Type::Int => Ok(converted(operand, Type::Long)),
                        _ => Ok(operand),
                    },
                }
            }
            Kind::Binary {
                op: op @ (BinaryOp::And | BinaryOp::Or),
                ..
            } => self
                .logic(*op, expr, row)
                .or_else(|Reported| Ok(stand_in(Type::Bool, span))),
            Kind::Binary {
                op,
                op_span,
                left,
                right,
            } => {
                if matches!(left.kind, Kind::Star) {
                    return self.any_column(*op, *op_span, right, row, span);
                }
                if self.is_table(left, row) || self.is_table(right, row) {
                    return self.table_as_operand(*op, *op_span, [left, right], row);
                }
                let left = self.scalar(left, row);
                let right = self.scalar(right, row);
                let known = [&left, &right].map(|side| side.as_ref().ok().map(|side| side.ty));
                self.untold = left.is_err() || right.is_err();
                let made = match (left, right) {
                    (Ok(left), Ok(right)) => self.binary(*op, *op_span, left, right, span),
                    _ => Err(Reported),
                };
                made.or_else(|reported| {
                    let ty = operands::result_of_failed(*op, known).ok_or(reported)?;
                    Ok(stand_in(ty, span))
                })
            }
            Kind::List {
                op,
                op_span,
                needle,
                items,
            } => self
                .membership(*op, *op_span, needle, items, row, span)
                .or_else(|Reported| Ok(stand_in(Type::Bool, span))),
            Kind::Between {
                negated,
                value,
                low,
                high,
            } => {
                let value = self.scalar(value, row);
                let low = self.scalar(low, row);
                let high = self.scalar(high, row);
                let name = match negated {
                    true => "!between",
                    false => "between",
                };
                let made = match (value, low, high) {
                    (Ok(value), Ok(low), Ok(high)) => self.between(name, value, low, high, span),
                    _ => Err(Reported),
                };
                made.or_else(|Reported| Ok(stand_in(Type::Bool, span)))
            }
            Kind::Star => Err(self.error(
                codes::MISPLACED_STAR,
                span,
                "`*` cannot stand for a value here",
            )),
            Kind::TypeOf(_) | Kind::TypeOfRow(_) => {
                Err(self.error(codes::SCALAR_EXPECTED, span, "`typeof()` is not a value"))
            }
            Kind::Error => Err(Reported),
            Kind::Pipe(pipe) if pipe.is_broken() => Err(Reported),
            Kind::PathCall { base, call } => {
                let value = self.scalar(base, row)?;
                for arg in &call.args {
                    self.scalar(&arg.value, row)?;
                }
                let message = format!("a value has no function `{}`", call.name.text);
                let help = "a property of it is `.name` or `['name']`, an element `[0]`";
                let (code, place) = (codes::UNKNOWN_FUNCTION, call.name.span);
                if value.ty != Type::Dynamic {
                    return Err(self.error_with_help(code, place, message, help));
                }
                self.error_at_run(code, place, message);
                self.help_at_run(help);
                Ok(stand_in(Type::Dynamic, span))
            }
            Kind::Wildcard(_)
            | Kind::MemberWildcard { .. }
            | Kind::Pipe(_)
            | Kind::DataTable(_)
            | Kind::ExternalData(_)
            | Kind::Names(_) => Err(self.expected_value(span)),
        }
    }

    /// Whether a name stands for a table here.
    fn is_table(&self, expr: &syntax::Expr, row: &Row) -> bool {
        let syntax::ExprKind::Name(name) = &expr.kind else {
            return false;
        };
        row.column(&name.text).is_none()
            && match self.scopes.find(&name.text) {
                Some(binding) => matches!(binding, Binding::Table(_)),
                None => self.schema.table(&name.text).is_some(),
            }
    }

    /// An operator does not take a table; but what else is wrong comes first.
    fn table_as_operand(
        &mut self,
        op: BinaryOp,
        op_span: Span,
        sides: [&'a syntax::Expr; 2],
        row: &Row,
    ) -> Checked<Expr> {
        let mut table = None;
        for side in sides {
            match self.is_table(side, row) {
                true => table = table.or(Some(side.span)),
                false => {
                    self.scalar(side, row)?;
                }
            }
        }
        let place = match op {
            BinaryOp::Equal | BinaryOp::NotEqual => table.unwrap_or(op_span),
            _ => op_span,
        };
        Err(self.error_with_help(
            codes::SCALAR_EXPECTED,
            place,
            format!(
                "`{}` is between single values, and one side is a table",
                op.text()
            ),
            "use `toscalar()` to take its first cell",
        ))
    }

    /// A scalar of type bool: a predicate.
    pub(super) fn predicate(&mut self, expr: &'a syntax::Expr, row: &Row) -> Checked<Expr> {
        let predicate = self.scalar(expr, row)?;
        match predicate.ty {
            Type::Bool => Ok(predicate),
            ty => Err(self.error_with_help(
                codes::WRONG_TYPE,
                expr.span,
                format!("expected a `bool`, found a `{ty}`"),
                "compare it, or convert it with `tobool()`",
            )),
        }
    }

    /// A whole number that is the same for every row.
    pub(super) fn count(&mut self, expr: &'a syntax::Expr) -> Checked<Expr> {
        self.count_beside(expr, &Row::none())
    }

    /// The same, beside rows: that it does not depend on them, only a run would say.
    pub(super) fn count_beside(&mut self, expr: &'a syntax::Expr, row: &Row) -> Checked<Expr> {
        let count = self.scalar(expr, row)?;
        match count.ty {
            Type::Int | Type::Long if !is_constant(&count) => {
                self.error_at_run(
                    codes::NOT_CONSTANT,
                    expr.span,
                    "expected a number that is the same for all rows, found a column",
                );
                Ok(stand_in(Type::Long, expr.span))
            }
            Type::Int | Type::Long => Ok(converted(count, Type::Long)),
            ty => Err(self.error(
                codes::WRONG_TYPE,
                expr.span,
                format!("expected a whole number, found a `{ty}`"),
            )),
        }
    }

    /// A value that is the same for every row.
    pub(super) fn constant(&mut self, expr: &'a syntax::Expr, row: &Row) -> Checked<Expr> {
        let value = self.scalar(expr, row)?;
        match is_constant(&value) {
            true => Ok(value),
            false => Err(self.error(
                codes::NOT_CONSTANT,
                expr.span,
                "expected a constant, found what differs from row to row",
            )),
        }
    }

    /// A literal, or what folds into one.
    pub(super) fn literal_value(&mut self, expr: &'a syntax::Expr) -> Checked<types::Value> {
        let value = self.scalar(expr, &Row::none())?;
        match fold::value(&value) {
            Some(value) => Ok(value.clone()),
            None => Err(self.error(codes::NOT_CONSTANT, expr.span, "expected a literal")),
        }
    }

    fn name(&mut self, name: &Name, row: &Row) -> Checked<Expr> {
        if let Some(found) = row.column(&name.text) {
            return Ok(column(&found.name, found.ty, name.span));
        }
        if let Some(found) = self.path_member(name, None, name.span) {
            return found;
        }
        match self.scopes.find(&name.text).cloned() {
            Some(Binding::Failed) => Err(Reported),
            Some(Binding::Scalar(scalar)) => {
                if scalar.of_row && row.exists {
                    return Err(self.error(
                        codes::NOT_CONSTANT,
                        name.span,
                        format!(
                            "`{}` was given a value of a row, which cannot be seen in here",
                            name.text
                        ),
                    ));
                }
                self.put_in_place(&scalar, name.span)
            }
            Some(Binding::Function { body, scope }) => {
                let value = self.apply(name, body, scope, &[], None, row, name.span)?;
                self.expect_scalar(value, name.span)
            }
            Some(Binding::Table(_)) => Err(self.table_for_scalar(name)),
            None if self.schema.table(&name.text).is_some() => Err(self.table_for_scalar(name)),
            None => Err(self.unknown_in(name, row, "; a text is written in quotes")),
        }
    }

    fn table_for_scalar(&mut self, name: &Name) -> Reported {
        self.error_with_help(
            codes::SCALAR_EXPECTED,
            name.span,
            format!(
                "`{}` is a table, and a single value is expected here",
                name.text
            ),
            "use `toscalar()` to take its first cell",
        )
    }

    fn unknown_name(&mut self, name: &Name, row: &Row) -> Reported {
        self.unknown_in(name, row, "")
    }

    /// `hint` follows the list of columns that there are.
    fn unknown_in(&mut self, name: &Name, row: &Row, hint: &str) -> Reported {
        if self.is_full() {
            return Reported;
        }
        let lets = self
            .scopes
            .names()
            .filter(|(_, binding)| matches!(binding, Binding::Scalar(_)))
            .map(|(name, _)| name);
        let columns = row.columns.iter().map(|column| column.name.as_str());
        let meant = suggest::nearest(&name.text, columns.chain(lets)).map(str::to_string);
        let what = match row.exists {
            true => "column",
            false => "name",
        };
        self.unknown(
            codes::UNKNOWN_NAME,
            name.span,
            format!("unknown {what} `{}`", name.text),
            meant,
            self.usual_mistake(name, row)
                .or_else(|| Some(available(row.columns)? + hint)),
        )
    }

    /// What is to be said of a name that is none here, but means something elsewhere.
    fn usual_mistake(&self, name: &Name, row: &Row) -> Option<String> {
        let text = name.text.as_str();
        let sink = self.aggregates.as_ref().filter(|_| !row.exists);
        if sink.is_some_and(|sink| sink.columns.iter().any(|column| column.name == text)) {
            return Some(format!(
                "a column stands in an aggregate, such as `take_any({text})`, or behind `by`"
            ));
        }
        if let Some(help) = habits::name(text) {
            return Some(help.to_string());
        }
        let is_function = functions::scalar(text).is_some() || functions::aggregate(text).is_some();
        is_function.then(|| format!("a function is called with parentheses: `{text}(…)`"))
    }

    /// The column of that name, or an error that says which there are.
    pub(super) fn column_named<'r>(&mut self, name: &Name, row: &Row<'r>) -> Checked<&'r Column> {
        match row.column(&name.text) {
            Some(column) => Ok(column),
            None => Err(self.unknown_name(name, row)),
        }
    }

    fn member(
        &mut self,
        base: &'a syntax::Expr,
        name: &Name,
        row: &Row,
        span: Span,
    ) -> Checked<Expr> {
        if self.is_row_prefix(base, row) {
            let syntax::ExprKind::Name(prefix) = &base.kind else {
                return Err(Reported);
            };
            return self.prefixed_column(&prefix.text, name, row, span);
        }
        if let syntax::ExprKind::Name(edge) = &base.kind
            && let Some(found) = self.path_member(edge, Some(name), span)
        {
            return found;
        }
        let base = self.scalar(base, row)?;
        let base = self.dynamic(base, name.span)?;
        Ok(Expr {
            kind: ExprKind::Member {
                base: Box::new(base),
                key: name.text.clone(),
            },
            ty: Type::Dynamic,
            span,
        })
    }

    /// `$left.name`, `$right.name` or `step.name`
    fn prefixed_column(
        &mut self,
        prefix: &str,
        name: &Name,
        row: &Row,
        span: Span,
    ) -> Checked<Expr> {
        let found = match (prefix, row.right) {
            ("$right", Some(right)) => {
                let side = Row {
                    columns: right,
                    ..*row
                };
                return self
                    .column_named(name, &side)
                    .map(|found| column(&found.name, found.ty, span));
            }
            ("$left", Some(_)) => self.column_named(name, row)?,
            _ => {
                let full = Name::new(format!("{prefix}.{}", name.text), name.span);
                self.column_named(&full, row)?
            }
        };
        Ok(column(&found.name, found.ty, span))
    }

    fn index(
        &mut self,
        base: &'a syntax::Expr,
        index: &'a syntax::Expr,
        row: &Row,
        span: Span,
    ) -> Checked<Expr> {
        let brackets = Span {
            start: base.span.end,
            ..span
        };
        let base = self.scalar(base, row);
        let index = self.scalar(index, row)?;
        let base = self.dynamic(base?, brackets)?;
        let other = match (holds(&base), index.ty) {
            (Holds::Array(_), Type::String) => Some("an array has its elements by number"),
            (Holds::Bag, Type::Int | Type::Long) => Some("a property bag has its members by name"),
            _ => None,
        };
        if let Some(other) = other {
            let message = format!("{other}, found a `{}`", index.ty);
            return Err(self.error(codes::WRONG_TYPE, index.span, message));
        }
        let kind = match (fold::string(&index), index.ty) {
            (Some(key), _) => ExprKind::Member {
                base: Box::new(base),
                key: key.to_string(),
            },
            (None, Type::Int | Type::Long | Type::String | Type::Dynamic) => ExprKind::Index {
                base: Box::new(base),
                index: Box::new(match index.ty {
                    Type::Int => converted(index, Type::Long),
                    Type::Dynamic => converted(index, Type::String),
                    _ => index,
                }),
            },
            (None, ty) => {
                return Err(self.error(
                    codes::WRONG_TYPE,
                    index.span,
                    format!("expected a whole number or a string as index, found a `{ty}`"),
                ));
            }
        };
        Ok(Expr {
            kind,
            ty: Type::Dynamic,
            span,
        })
    }

    fn dynamic(&mut self, base: Expr, span: Span) -> Checked<Expr> {
        match base.ty {
            Type::Dynamic => Ok(base),
            ty => Err(self.error_with_help(
                codes::WRONG_TYPE,
                span,
                format!("expected a `dynamic` before the path, found a `{ty}`"),
                "parse it first: `parse_json(…)`",
            )),
        }
    }

    /// A chain of `and` or of `or` can be thousands long; it becomes a balanced tree, so that its
    /// depth costs nobody's stack.
    fn logic(&mut self, op: BinaryOp, expr: &'a syntax::Expr, row: &Row) -> Checked<Expr> {
        let mut terms = Vec::new();
        let mut spine = expr;
        while let syntax::ExprKind::Binary {
            op: found,
            op_span,
            left,
            right,
        } = &spine.kind
        {
            if *found != op {
                break;
            }
            terms.push((right.as_ref(), *op_span));
            spine = left;
        }
        terms.push((spine, spine.span));
        terms.reverse();
        let mut bound = Vec::with_capacity(terms.len());
        let mut failed = None;
        let first_op = terms.get(1).map_or(expr.span, |(_, op_span)| *op_span);
        for (at, (term, op_span)) in terms.into_iter().enumerate() {
            if matches!(&term.kind, syntax::ExprKind::Pipe(pipe) if !pipe.is_broken())
                && !term.is_unread()
            {
                let place = if at == 0 { first_op } else { op_span };
                let message = format!("the operator `{}` is not defined for a table", op.text());
                failed = Some(self.error(codes::OPERAND_TYPES, place, message));
                continue;
            }
            match self.scalar(term, row) {
                Ok(term) => bound.push((term, op_span)),
                Err(reported) => failed = Some(reported),
            }
        }
        match failed {
            Some(reported) => Err(reported),
            None => self.balanced(op, bound),
        }
    }

    fn balanced(&mut self, op: BinaryOp, mut terms: Vec<(Expr, Span)>) -> Checked<Expr> {
        while terms.len() > 1 {
            let mut joined = Vec::with_capacity(terms.len().div_ceil(2));
            let mut rest = terms.into_iter();
            while let Some((left, left_span)) = rest.next() {
                joined.push(match rest.next() {
                    Some((right, op_span)) => {
                        let span = left.span.to(right.span);
                        (self.binary(op, op_span, left, right, span)?, left_span)
                    }
                    None => (left, left_span),
                });
            }
            terms = joined;
        }
        terms.pop().map(|(term, _)| term).ok_or(Reported)
    }

    /// `* has 'x'`: some column does.
    fn any_column(
        &mut self,
        op: BinaryOp,
        op_span: Span,
        value: &'a syntax::Expr,
        row: &Row,
        span: Span,
    ) -> Checked<Expr> {
        // `* !has 'x'`: no column has it.
        if let Some(positive) = positive(op) {
            let found = self.any_column(positive, op_span, value, row, span)?;
            return Ok(call("not", vec![found], Type::Bool, span));
        }
        let value = self.scalar(value, row)?;
        let textual = op != BinaryOp::Equal;
        let mut terms = Vec::new();
        for found in row.columns {
            let comparable = match textual {
                true => true,
                false => found.ty == value.ty || found.ty == Type::Dynamic,
            };
            if comparable {
                let found = column(&found.name, found.ty, span);
                let found = match (textual, found.ty) {
                    (true, Type::String | Type::Dynamic) | (false, _) => found,
                    (true, _) => converted(found, Type::String),
                };
                let term = self.binary(op, op_span, found, value.clone(), span)?;
                terms.push((term, op_span));
            }
        }
        match terms.is_empty() {
            true => Ok(literal(types::Value::Bool(false), span)),
            false => self.balanced(BinaryOp::Or, terms),
        }
    }

    fn membership(
        &mut self,
        op: ListOp,
        op_span: Span,
        needle: &'a syntax::Expr,
        items: &'a [syntax::Expr],
        row: &Row,
        span: Span,
    ) -> Checked<Expr> {
        if let ([item], false) = (items, matches!(needle.kind, syntax::ExprKind::Star)) {
            let needle_expr = self.needle(op, needle, row);
            // A column stands for its value, also before a `|`.
            if let syntax::ExprKind::Pipe(pipe) = &item.kind
                && let syntax::PipeHead::Expr(head) = &pipe.head
                && let syntax::ExprKind::Name(name) = &head.kind
                && row.column(&name.text).is_some()
            {
                return self.pipe_of_a_value(head, pipe, row);
            }
            return match self.value(item, row)? {
                Value::Table(rel) => self.in_table(op, op_span, needle_expr?, rel, span),
                Value::Scalar(item) => self.list(op, op_span, needle_expr?, vec![item], span),
            };
        }
        let bound: Vec<Checked<Expr>> = items.iter().map(|item| self.scalar(item, row)).collect();
        let bound = bound.into_iter().collect::<Checked<Vec<Expr>>>();
        if matches!(needle.kind, syntax::ExprKind::Star) {
            let items = bound?;
            let mut terms = Vec::new();
            for found in row.columns {
                if matches!(found.ty, Type::String | Type::Dynamic) {
                    let needle = column(&found.name, found.ty, span);
                    let term = self.list(op, op_span, needle, items.clone(), span)?;
                    terms.push((term, op_span));
                }
            }
            return match terms.is_empty() {
                true => Ok(literal(types::Value::Bool(false), span)),
                false => self.balanced(BinaryOp::Or, terms),
            };
        }
        let needle = self.needle(op, needle, row)?;
        self.list(op, op_span, needle, bound?, span)
    }

    /// What is looked for in texts is a text: see [`Checker::blame`].
    fn needle(&mut self, op: ListOp, needle: &'a syntax::Expr, row: &Row) -> Checked<Expr> {
        let value = self.scalar(needle, row);
        if matches!(op, ListOp::In | ListOp::NotIn) {
            return value;
        }
        match value {
            Err(reported) => {
                self.blame(needle.span);
                Err(reported)
            }
            Ok(value) if matches!(value.ty, Type::String | Type::Dynamic) => Ok(value),
            Ok(value) => {
                let message = format!("`{}` looks in a text, found a `{}`", op.text(), value.ty);
                let help = "convert it: `tostring(…)`";
                Err(self.error_with_help(codes::OPERAND_TYPES, needle.span, message, help))
            }
        }
    }

    fn in_table(
        &mut self,
        op: ListOp,
        op_span: Span,
        needle: Expr,
        rel: Arc<Rel>,
        span: Span,
    ) -> Checked<Expr> {
        let textual = !matches!(op, ListOp::In | ListOp::NotIn);
        let Some(first) = rel.columns.first() else {
            return Err(self.error(
                codes::COLUMN_EXPECTED,
                span,
                "the table to look in has no column",
            ));
        };
        let dynamic = needle.ty == Type::Dynamic || first.ty == Type::Dynamic;
        let numbers = needle.ty.is_numeric() && first.ty.is_numeric();
        if (textual && !matches!(needle.ty, Type::String | Type::Dynamic))
            || !(dynamic || numbers || needle.ty == first.ty)
        {
            let message = format!(
                "`{}` cannot look for a `{}` in a column of type `{}`",
                op.text(),
                needle.ty,
                first.ty
            );
            return Err(self.error(codes::OPERAND_TYPES, op_span, message));
        }
        let (needle, rel) = match numbers && needle.ty != first.ty {
            false => (needle, rel),
            true => {
                let ty = needle.ty.max(first.ty);
                let item = NamedExpr {
                    name: first.name.clone(),
                    expr: converted(column(&first.name, first.ty, span), ty),
                };
                (
                    converted(needle, ty),
                    self.projected(&rel, vec![item], span)?,
                )
            }
        };
        Ok(Expr {
            kind: ExprKind::InRel {
                function: op.text(),
                needle: Box::new(needle),
                rel,
            },
            ty: Type::Bool,
            span,
        })
    }

    pub(super) fn expect_scalar(&mut self, value: Value, span: Span) -> Checked<Expr> {
        match value {
            Value::Scalar(expr) => Ok(expr),
            Value::Table(_) => Err(self.expected_value(span)),
        }
    }

    pub(super) fn expected_value(&mut self, span: Span) -> Reported {
        self.error_with_help(
            codes::SCALAR_EXPECTED,
            span,
            "a table stands where a single value is expected",
            "use `toscalar()` to take its first cell",
        )
    }

    /// `ago(…)`: the span is noted, for the schedule of a rule.
    pub(super) fn note_ago(&mut self, args: &[Expr]) {
        if let Some(types::Value::TimeSpan(ticks)) = args.first().and_then(fold::value) {
            self.ago_ticks.push(*ticks);
        }
    }
}

/// What a negated comparison negates.
fn positive(op: BinaryOp) -> Option<BinaryOp> {
    use BinaryOp::*;
    Some(match op {
        NotEqual => Equal,
        NotEqualTilde => EqualTilde,
        NotHas => Has,
        NotHasCs => HasCs,
        NotHasPrefix => HasPrefix,
        NotHasPrefixCs => HasPrefixCs,
        NotHasSuffix => HasSuffix,
        NotHasSuffixCs => HasSuffixCs,
        NotContains => Contains,
        NotContainsCs => ContainsCs,
        NotStartsWith => StartsWith,
        NotStartsWithCs => StartsWithCs,
        NotEndsWith => EndsWith,
        NotEndsWithCs => EndsWithCs,
        _ => return None,
    })
}

/// The columns that there are, for the help of an error.
fn available(columns: &[Column]) -> Option<String> {
    if columns.is_empty() {
        return None;
    }
    let mut names: Vec<String> = columns
        .iter()
        .take(LISTED_COLUMNS)
        .map(|column| format!("`{}`", column.name))
        .collect();
    if columns.len() > LISTED_COLUMNS {
        names.push(format!("… ({} in all)", columns.len()));
    }
    Some(format!("available columns: {}", names.join(", ")))
}
