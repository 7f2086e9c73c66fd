//! `parse`, `parse-where` and `parse-kv`.

use std::sync::Arc;

use crate::check::build::converted;
use crate::check::names::Columns;
use crate::check::report::Checked;
use crate::check::scope::{Row, Windows};
use crate::check::{Checker, codes};
use crate::checked::{self, Op, ParseItem, ParseKind, ParseKv, Rel};
use crate::schema::Column;
use crate::span::Span;
use crate::syntax::{ColumnDecl, Expr, ExprKind, Operator, OperatorKind, Parameter, ParsePart};
use crate::types::{Type, Value};

impl<'a> Checker<'a> {
    pub(super) fn parse(
        &mut self,
        input: &Arc<Rel>,
        expr: &'a Expr,
        pattern: &'a [ParsePart],
        operator: &'a Operator,
    ) -> Checked<Arc<Rel>> {
        let flags = self.word(operator, "flags")?;
        let kind = match self.word(operator, "kind")?.as_deref() {
            None | Some("simple") => ParseKind::Simple,
            Some("relaxed") => ParseKind::Relaxed,
            Some("regex") => {
                // The flags are letters of which the case counts.
                let flags = match operator.parameter("flags") {
                    Some(parameter) => match self.property(parameter)? {
                        Value::String(text) => text,
                        _ => flags.unwrap_or_default(),
                    },
                    None => String::new(),
                };
                ParseKind::Regex(flags)
            }
            Some(other) => {
                let message = format!("unknown kind of parse `{other}`");
                return Err(self.error_with_help(
                    codes::OPERATOR_PARAMETER,
                    operator.keyword.span,
                    message,
                    "one of `simple`, `relaxed`, `regex`",
                ));
            }
        };
        let row = Row {
            windows: Windows::Misplaced,
            ..Row::of(input)
        };
        // What is no text is parsed as the text that it is written as.
        let value = self.scalar(expr, &row)?;
        if pattern.is_empty() {
            self.error_at_run(
                codes::PARSE_PATTERN,
                operator.keyword.span,
                "there is nothing behind `with` to look for",
            );
            return Ok(Arc::clone(input));
        }
        let mut columns = self.columns_of_input(input);
        let mut declared: Vec<&str> = Vec::new();
        let mut items = Vec::with_capacity(pattern.len());
        for (at, part) in pattern.iter().enumerate() {
            self.pattern_part(pattern, at)?;
            items.push(match part {
                ParsePart::Star(_) => ParseItem::Star,
                ParsePart::Text { value, .. } => ParseItem::Text(value.clone()),
                ParsePart::Column { name, ty } => {
                    if declared.contains(&name.text.as_str()) {
                        return Err(self.duplicate_column(&name.text, name.span));
                    }
                    declared.push(&name.text);
                    let ty = match ty {
                        Some(ty) => ty.ty.ok_or(super::Reported)?,
                        None => Type::String,
                    };
                    columns.add_or_replace(&name.text, ty);
                    ParseItem::Column {
                        name: name.text.clone(),
                        ty,
                    }
                }
            });
        }
        let op = Op::Parse(checked::Parse {
            input: Arc::clone(input),
            kind,
            expr: value,
            pattern: items,
            only_matches: matches!(operator.kind, OperatorKind::ParseWhere { .. }),
        });
        self.keeping_order(op, finished(columns), input, operator.span)
    }

    /// Text must stand between two columns, after a `*`, and between a string and a `*`.
    fn pattern_part(&mut self, pattern: &[ParsePart], at: usize) -> Checked<()> {
        let before = at.checked_sub(1).map(|at| &pattern[at]);
        let after = pattern.get(at + 1);
        match &pattern[at] {
            ParsePart::Text { .. } => Ok(()),
            ParsePart::Column { name, .. } => match before {
                None | Some(ParsePart::Text { .. }) => Ok(()),
                Some(_) => Err(self.error(
                    codes::PARSE_PATTERN,
                    name.span,
                    format!("expected text before `{}`: where does it begin?", name.text),
                )),
            },
            ParsePart::Star(span) => {
                let open = match before {
                    Some(ParsePart::Column { ty, .. }) => match ty {
                        Some(ty) => ty.ty == Some(Type::String),
                        None => true,
                    },
                    _ => false,
                };
                let endless = !matches!(after, None | Some(ParsePart::Text { .. }));
                match open || endless {
                    true => Err(self.error(
                        codes::PARSE_PATTERN,
                        *span,
                        "expected text beside `*`: where does it begin and end?",
                    )),
                    false => Ok(()),
                }
            }
        }
    }

    fn columns_of_input(&self, input: &Rel) -> Columns<Type> {
        let mut columns = Columns::new();
        for found in &input.columns {
            columns.add(&found.name, found.ty);
        }
        columns
    }

    pub(super) fn parse_kv(
        &mut self,
        input: &Arc<Rel>,
        expr: &'a Expr,
        keys: &'a [ColumnDecl],
        options: &'a [Parameter],
        span: Span,
    ) -> Checked<Arc<Rel>> {
        let row = Row {
            windows: Windows::Misplaced,
            ..Row::of(input)
        };
        let value = converted(self.scalar(expr, &row)?, Type::String);
        let mut parsed = ParseKv {
            input: Arc::clone(input),
            expr: value,
            keys: Vec::with_capacity(keys.len()),
            pair_delimiter: None,
            kv_delimiter: None,
            quotes: Vec::new(),
            escape: None,
            greedy: false,
            regex: None,
        };
        let mut columns = self.columns_of_input(input);
        for key in keys {
            let ty = key.ty.ty.ok_or(super::Reported)?;
            if parsed.keys.iter().any(|other| other.name == key.name.text) {
                return Err(self.duplicate_column(&key.name.text, key.name.span));
            }
            parsed.keys.push(Column::new(key.name.text.clone(), ty));
            columns.add_or_replace(&key.name.text, ty);
        }
        for option in options {
            let value = match &option.value.kind {
                ExprKind::Names(_) => Value::String(String::new()),
                ExprKind::Name(word) => {
                    let message =
                        format!("expected a text in quotes or `true`, found `{}`", word.text);
                    let place = option.value.span;
                    return Err(self.error(codes::OPERATOR_PARAMETER, place, message));
                }
                _ => self.property(option)?,
            };
            match (option.name.text.as_str(), value) {
                ("pair_delimiter", Value::String(text)) => parsed.pair_delimiter = Some(text),
                ("kv_delimiter", Value::String(text)) => parsed.kv_delimiter = Some(text),
                ("escape", Value::String(text)) => parsed.escape = Some(text),
                ("regex", Value::String(text)) => parsed.regex = Some(text),
                ("greedy", Value::Bool(greedy)) => parsed.greedy = greedy,
                ("quote", Value::String(text)) => {
                    let mut marks = text.chars();
                    if let Some(open) = marks.next() {
                        let close = marks.next().unwrap_or(open);
                        parsed.quotes.push((open.to_string(), close.to_string()));
                    }
                }
                _ => {
                    return Err(self.error(
                        codes::OPERATOR_PARAMETER,
                        option.value.span,
                        format!("`parse-kv` does not know this `{}`", option.name.text),
                    ));
                }
            }
        }
        self.keeping_order(Op::ParseKv(parsed), finished(columns), input, span)
    }
}

fn finished(columns: Columns<Type>) -> Vec<Column> {
    columns
        .into_entries()
        .into_iter()
        .map(|(name, ty)| Column::new(name, ty))
        .collect()
}
