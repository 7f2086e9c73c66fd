//! `project` and its like, `print` and `range`: operators that only say what the columns are.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::check::build::{columns_of, converted, pass_through};
use crate::check::names::Columns;
use crate::check::operands::widest;
use crate::check::projection::Style;
use crate::check::report::{Checked, Reported};
use crate::check::scope::Row;
use crate::check::{Checker, codes, fold};
use crate::checked::{Op, Rel};
use crate::limits::PATTERN_LETTERS_MAX;
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
        let mut away = Picked::of(input);
        self.pick(&mut away, patterns)?;
        let kept = away.columns(Taken::No);
        self.projected(input, pass_through(&kept, span), span)
    }

    pub(super) fn project_keep(
        &mut self,
        input: &Arc<Rel>,
        patterns: &'a [NamePattern],
        span: Span,
    ) -> Checked<Arc<Rel>> {
        let mut keep = Picked::of(input);
        self.pick(&mut keep, patterns)?;
        let kept = keep.columns(Taken::Yes);
        self.projected(input, pass_through(&kept, span), span)
    }

    /// The places of the columns that the patterns match and that are not taken yet. A pattern may match
    /// nothing; a name must exist.
    fn pick(
        &mut self,
        picked: &mut Picked<'_>,
        patterns: &'a [NamePattern],
    ) -> Checked<Vec<usize>> {
        let (mut places, mut failed) = (Vec::new(), None);
        for pattern in patterns {
            if pattern.wild {
                self.may_match(
                    &pattern.text,
                    picked.letters,
                    picked.columns.len(),
                    pattern.span,
                )?;
                places.extend(picked.take_matching(&pattern.text));
            } else if let Some(place) = picked.places.get(pattern.text.as_str()).copied() {
                places.extend(picked.take(place));
            } else if self.is_full() {
                failed = Some(Reported);
            } else {
                let name = Name::new(pattern.text.clone(), pattern.span);
                let row = Row::of(picked.input);
                failed = self.column_named(&name, &row).err().or(failed);
            }
        }
        match failed {
            Some(reported) => Err(reported),
            None => Ok(places),
        }
    }

    /// Whether a pattern may be compared with so many names of so many letters together: a query can
    /// hold hundreds of thousands of patterns, and a table thousands of columns.
    pub(super) fn may_match(
        &mut self,
        pattern: &str,
        letters: usize,
        names: usize,
        span: Span,
    ) -> Checked<()> {
        if self.letters_compared > PATTERN_LETTERS_MAX {
            return Err(Reported);
        }
        let work = names.saturating_mul(pattern.len()).saturating_add(letters);
        self.letters_compared = self.letters_compared.saturating_add(work);
        match self.letters_compared > PATTERN_LETTERS_MAX {
            true => Err(self.limit_reached(
                span,
                "letters of patterns and of the names that they are compared with",
                PATTERN_LETTERS_MAX,
            )),
            false => Ok(()),
        }
    }

    /// `project-by-names dynamic([…]), 'pattern*'`: those of the names that there are.
    pub(super) fn project_by_names(
        &mut self,
        input: &Arc<Rel>,
        names: &'a [Expr],
        span: Span,
    ) -> Checked<Arc<Rel>> {
        let mut picked = Picked::of(input);
        let mut kept: Vec<Column> = Vec::new();
        for list in names {
            let patterns = match self.literal_value(list)? {
                Value::String(name) => vec![name],
                Value::Dynamic(json) => crate::check::data::texts(&json),
                // Anything else names no column.
                _ => Vec::new(),
            };
            for pattern in patterns {
                self.may_match(&pattern, picked.letters, picked.columns.len(), list.span)?;
                let places = picked.take_matching(&pattern);
                kept.extend(places.iter().map(|place| input.columns[*place].clone()));
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
        let mut places: HashMap<&str, usize> = Picked::of(input).places;
        let known: HashSet<&str> = places.keys().copied().collect();
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
            if !known.contains(old.text.as_str()) {
                self.column_named(old, &Row::of(input))?;
            }
            if new.text == old.text {
                continue;
            }
            if places.contains_key(new.text.as_str()) {
                return Err(self.duplicate_column(&new.text, new.span));
            }
            if let Some(place) = places.remove(old.text.as_str()) {
                exprs[place].name.clone_from(&new.text);
                places.insert(&new.text, place);
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
        let mut picked = Picked::of(input);
        let mut columns: Vec<Column> = Vec::with_capacity(input.columns.len());
        for item in items {
            let mut places = self.pick(&mut picked, std::slice::from_ref(&item.column))?;
            let name = |place: &usize| input.columns[*place].name.as_str();
            if item.granny {
                places.sort_by_cached_key(|place| granny_key(name(place)));
            } else if item.order.is_some() {
                places.sort_by_key(|place| name(place));
            }
            if item.order == Some(Order::Desc) {
                places.reverse();
            }
            columns.extend(places.iter().map(|place| input.columns[*place].clone()));
        }
        columns.extend(picked.columns(Taken::No));
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

/// Whether a column was picked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Taken {
    Yes,
    No,
}

/// The columns of a table, of which some are picked, each once.
struct Picked<'c> {
    input: &'c Rel,
    columns: &'c [Column],
    places: HashMap<&'c str, usize>,
    taken: Vec<bool>,
    /// The letters of all names.
    letters: usize,
}

impl<'c> Picked<'c> {
    fn of(input: &'c Rel) -> Picked<'c> {
        let columns = input.columns.as_slice();
        let names = columns.iter().map(|column| column.name.as_str());
        Picked {
            input,
            places: names.clone().zip(0..).collect(),
            taken: vec![false; columns.len()],
            letters: names.map(str::len).sum(),
            columns,
        }
    }

    fn take(&mut self, place: usize) -> Option<usize> {
        (!std::mem::replace(&mut self.taken[place], true)).then_some(place)
    }

    fn take_matching(&mut self, pattern: &str) -> Vec<usize> {
        let fits =
            |place: &usize| !self.taken[*place] && wildcard(pattern, &self.columns[*place].name);
        let places: Vec<usize> = (0..self.columns.len()).filter(fits).collect();
        for place in &places {
            self.taken[*place] = true;
        }
        places
    }

    fn columns(&self, taken: Taken) -> Vec<Column> {
        let chosen = self.columns.iter().zip(&self.taken);
        let wanted = chosen.filter(|(_, is)| **is == (taken == Taken::Yes));
        wanted.map(|(column, _)| column.clone()).collect()
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
