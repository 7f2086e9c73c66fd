//! `project` and its like, `print` and `range`: operators that only say what the columns are.

use std::sync::Arc;

use crate::check::build::{columns_of, converted, pass_through};
use crate::check::names::Columns;
use crate::check::operands::widest;
use crate::check::projection::Style;
use crate::check::report::Checked;
use crate::check::scope::Row;
use crate::check::{Checker, codes, fold};
use crate::checked::{Op, Rel};
use crate::schema::Column;
use crate::span::Span;
use crate::syntax::{self, Expr, ExprKind, Name, NamePattern, Order, ReorderItem};
use crate::types::{Type, Value};

impl<'a> Checker<'a> {
    pub(super) fn project_operator(
        &mut self,
        input: &Arc<Rel>,
        items: &'a [syntax::NamedExpr],
        span: Span,
    ) -> Checked<Arc<Rel>> {
        let mut columns = Columns::new();
        self.project(items, &Row::of(input), Style::Project, &mut columns)?;
        let exprs = self.named(columns);
        self.projected(input, exprs, span)
    }

    pub(super) fn print(
        &mut self,
        items: &'a [syntax::NamedExpr],
        span: Span,
    ) -> Checked<Arc<Rel>> {
        let mut columns = Columns::new();
        self.project(items, &Row::none(), Style::Print, &mut columns)?;
        let exprs = self.named(columns);
        let columns = columns_of(&exprs);
        self.unordered(Op::Print { exprs }, columns, span)
    }

    pub(super) fn project_away(
        &mut self,
        input: &Arc<Rel>,
        patterns: &'a [NamePattern],
        span: Span,
    ) -> Checked<Arc<Rel>> {
        let away = self.matching(input, patterns)?;
        let kept: Vec<Column> = input
            .columns
            .iter()
            .filter(|column| !away.contains(&column.name))
            .cloned()
            .collect();
        self.projected(input, pass_through(&kept, span), span)
    }

    pub(super) fn project_keep(
        &mut self,
        input: &Arc<Rel>,
        patterns: &'a [NamePattern],
        span: Span,
    ) -> Checked<Arc<Rel>> {
        let keep = self.matching(input, patterns)?;
        let kept: Vec<Column> = input
            .columns
            .iter()
            .filter(|column| keep.contains(&column.name))
            .cloned()
            .collect();
        self.projected(input, pass_through(&kept, span), span)
    }

    /// The names that the patterns match. A pattern may match nothing; a name must exist.
    fn matching(&mut self, input: &Rel, patterns: &'a [NamePattern]) -> Checked<Vec<String>> {
        let row = Row::of(input);
        let (mut names, mut failed) = (Vec::new(), None);
        for pattern in patterns {
            if pattern.wild {
                names.extend(
                    input
                        .columns
                        .iter()
                        .map(|column| &column.name)
                        .filter(|name| wildcard(&pattern.text, name))
                        .cloned(),
                );
            } else {
                let name = Name::new(pattern.text.clone(), pattern.span);
                match self.column_named(&name, &row) {
                    Ok(column) => names.push(column.name.clone()),
                    Err(reported) => failed = Some(reported),
                }
            }
        }
        match failed {
            Some(reported) => Err(reported),
            None => Ok(names),
        }
    }

    /// `project-by-names dynamic([…]), 'pattern*'`: those of the names that there are.
    pub(super) fn project_by_names(
        &mut self,
        input: &Arc<Rel>,
        names: &'a [Expr],
        span: Span,
    ) -> Checked<Arc<Rel>> {
        let mut kept: Vec<Column> = Vec::new();
        for list in names {
            let patterns = match self.literal_value(list)? {
                Value::String(name) => vec![name],
                Value::Dynamic(json) => crate::check::data::texts(&json),
                // Anything else names no column.
                _ => Vec::new(),
            };
            for pattern in patterns {
                let new = input
                    .columns
                    .iter()
                    .filter(|column| wildcard(&pattern, &column.name) && !kept.contains(column));
                let new: Vec<Column> = new.cloned().collect();
                kept.extend(new);
            }
        }
        self.projected(input, pass_through(&kept, span), span)
    }

    pub(super) fn project_rename(
        &mut self,
        input: &Arc<Rel>,
        items: &'a [syntax::NamedExpr],
        span: Span,
    ) -> Checked<Arc<Rel>> {
        let mut exprs = pass_through(&input.columns, span);
        for item in items {
            let (ExprKind::Name(old), Some(new)) = (&item.expr.kind, item.names.first()) else {
                let place = match item.names.is_empty() {
                    true => item.span,
                    false => item.expr.span,
                };
                return Err(self.error_with_help(
                    codes::COLUMN_EXPECTED,
                    place,
                    "expected a new name for a column",
                    "write `new = old`",
                ));
            };
            let found = self.column_named(old, &Row::of(input))?;
            if new.text == old.text {
                continue;
            }
            if exprs.iter().any(|named| named.name == new.text) {
                return Err(self.duplicate_column(&new.text, new.span));
            }
            if let Some(named) = exprs.iter_mut().find(|named| named.name == found.name) {
                named.name = new.text.clone();
            }
        }
        self.projected(input, exprs, span)
    }

    pub(super) fn project_reorder(
        &mut self,
        input: &Arc<Rel>,
        items: &'a [ReorderItem],
        span: Span,
    ) -> Checked<Arc<Rel>> {
        let mut order: Vec<String> = Vec::new();
        for item in items {
            let mut names = self.matching(input, std::slice::from_ref(&item.column))?;
            names.retain(|name| !order.contains(name));
            if item.granny {
                names.sort_by_key(|name| granny_key(name));
            } else if item.order.is_some() {
                names.sort();
            }
            if item.order == Some(Order::Desc) {
                names.reverse();
            }
            order.extend(names);
        }
        let rest = input
            .columns
            .iter()
            .filter(|column| !order.contains(&column.name));
        let columns: Vec<Column> = order
            .iter()
            .filter_map(|name| input.columns.iter().find(|column| column.name == *name))
            .chain(rest)
            .cloned()
            .collect();
        self.projected(input, pass_through(&columns, span), span)
    }

    pub(super) fn range(
        &mut self,
        name: &Name,
        from: &'a Expr,
        to: &'a Expr,
        step: &'a Expr,
        span: Span,
    ) -> Checked<Arc<Rel>> {
        let ends = [from, to, step].map(|end| self.constant(end, &Row::none()));
        for end in ends.iter().flatten() {
            if !end.ty.is_numeric()
                && !matches!(end.ty, Type::DateTime | Type::TimeSpan | Type::Dynamic)
            {
                return Err(self.error(
                    codes::ARGUMENT_TYPE,
                    end.span,
                    format!(
                        "a range is of numbers, `datetime` or `timespan`, found a `{}`",
                        end.ty
                    ),
                ));
            }
        }
        let [from, to, step] = ends;
        let (from, to, step) = (from?, to?, step?);
        let ty = match (from.ty, to.ty, step.ty) {
            (Type::DateTime, Type::DateTime, Type::TimeSpan) => Type::DateTime,
            (Type::TimeSpan, Type::TimeSpan, Type::TimeSpan) => Type::TimeSpan,
            (from_type, to_type, step_type) => {
                let widest = widest(from_type, to_type).and_then(|wider| widest(wider, step_type));
                match widest {
                    Some(ty) => ty,
                    None => {
                        return Err(self.error(
                            codes::OPERAND_TYPES,
                            step.span,
                            format!(
                                "no range from a `{from_type}` to a `{to_type}` by a `{step_type}`"
                            ),
                        ));
                    }
                }
            }
        };
        let zero = matches!(
            fold::value(&step),
            Some(Value::Long(0) | Value::Int(0) | Value::TimeSpan(0))
        );
        if zero {
            return Err(self.error(
                codes::VALUE_OUT_OF_RANGE,
                step.span,
                "the step of a range cannot be zero",
            ));
        }
        let step = match ty {
            Type::DateTime => step,
            _ => converted(step, ty),
        };
        let op = Op::Range {
            from: converted(from, ty),
            to: converted(to, ty),
            step,
        };
        self.ordered(op, vec![Column::new(name.text.clone(), ty)], span)
    }
}

/// Whether `*` in the pattern can stand for something that makes it the name.
pub(in crate::check) fn wildcard(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.len() >= last.len() && rest.ends_with(last)
}

/// `x2` before `x10`: the letters, then the number at the end.
fn granny_key(name: &str) -> (String, u64) {
    let letters = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let number = name[letters.len()..].parse().unwrap_or(0);
    (letters.to_string(), number)
}

#[cfg(test)]
mod tests {
    use super::wildcard;

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, name, matches) in [
            ("*", "a", true),
            ("a*", "abc", true),
            ("*c", "abc", true),
            ("a*c", "abc", true),
            ("a*c*", "abcd", true),
            ("ab*bc", "abc", false),
            ("b*", "abc", false),
            ("*1", "x12", false),
        ] {
            assert_eq!(wildcard(pattern, name), matches, "{pattern} {name}");
        }
    }
}
