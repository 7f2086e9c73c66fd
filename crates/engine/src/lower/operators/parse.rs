//! `parse` and `parse-where`: columns out of a text by a pattern.
//!
//! A pattern of texts is cut out in one pass by `kql_cut`; any other becomes one regular expression,
//! which `kql_extract` applies. The parts are then converted to their types. In a simple pattern a part that does not convert means that the row
//! does not match; in a relaxed one only that column is null.

use datafusion::common::ScalarValue;
use datafusion::logical_expr::{Expr, lit, when};
use keyline_kql::checked::{Parse, ParseItem, ParseKind, Rel};
use keyline_kql::schema::Column;
use keyline_kql::types::Type;
use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::extract::{self, CutItem};
use crate::functions::text::regex::compiled;
use crate::functions::{self, TypedExpr};
use crate::lower::Lowerer;
use crate::lower::literal::null;
use crate::lower::relation::{Relation, column};

impl Lowerer<'_> {
    pub(crate) fn parse(&mut self, parse: &Parse, rel: &Arc<Rel>) -> Result<Relation> {
        let mut relation = self.rel(&parse.input)?;
        let text = self.expr(&mut relation, &parse.expr)?;
        let text = functions::convert(
            TypedExpr {
                expr: text,
                ty: parse.expr.ty,
            },
            Type::String,
        )?;
        let parts = self.hidden("parts");
        let extracted = match plain(&parse.kind, &parse.pattern) {
            Some(items) => extract::cut().call(vec![text, lit(extract::cut_pattern(&items))]),
            None => {
                let pattern = pattern(&parse.kind, &parse.pattern);
                compiled(&pattern).map_err(|e| {
                    Error::new(
                        ErrorKind::Invalid,
                        format!("the pattern of `parse` is not a regular expression: {e}"),
                    )
                })?;
                extract::extract().call(vec![text, lit(pattern)])
            }
        };
        let columns = self.live_columns(rel);
        relation.extend_hidden(vec![(parts.clone(), extracted)])?;
        let mut values: Vec<(String, Type, Expr)> = Vec::new();
        for item in &parse.pattern {
            if let ParseItem::Column { name, ty } = item {
                let place = i64::try_from(values.len()).unwrap_or(i64::MAX);
                let part = extract::nth().call(vec![column(&parts), lit(place)]);
                let value = functions::convert(
                    TypedExpr {
                        expr: part,
                        ty: Type::String,
                    },
                    *ty,
                )?;
                values.push((name.clone(), *ty, value));
            }
        }
        let mut matched = column(&parts).is_not_null();
        if parse.kind == ParseKind::Simple {
            for (_, ty, value) in &values {
                if *ty != Type::String {
                    matched = matched.and(value.clone().is_not_null());
                }
            }
        }
        let output = columns
            .iter()
            .map(|c| {
                let value = values.iter().rev().find(|(name, _, _)| *name == c.name);
                let expr = match value {
                    Some((_, ty, value)) => guarded(&matched, value, *ty)?,
                    None => column(&c.name),
                };
                Ok((c.clone(), expr))
            })
            .collect::<Result<Vec<(Column, Expr)>>>()?;
        if parse.only_matches {
            relation.filter(matched)?;
        }
        relation.project(output)?;
        Ok(relation)
    }
}

fn guarded(matched: &Expr, value: &Expr, ty: Type) -> Result<Expr> {
    let absent: ScalarValue = null(ty);
    Ok(when(matched.clone(), value.clone()).otherwise(lit(absent))?)
}

/// The pattern, if it needs no regular expression: where nothing but the texts says where a value ends.
fn plain(kind: &ParseKind, items: &[ParseItem]) -> Option<Vec<CutItem>> {
    if matches!(kind, ParseKind::Regex(_)) {
        return None;
    }
    let ends_by_itself = items.windows(2).any(|pair| match pair {
        [ParseItem::Column { ty, .. }, ParseItem::Star] => {
            !matches!(ty, Type::String | Type::Dynamic)
        }
        _ => false,
    });
    if ends_by_itself {
        return None;
    }
    let item = |item: &ParseItem| match item {
        ParseItem::Text(text) => CutItem::Text(text.clone()),
        ParseItem::Star => CutItem::Any { column: false },
        ParseItem::Column { .. } => CutItem::Any { column: true },
    };
    Some(items.iter().map(item).collect())
}

/// One regular expression with a group `c0`, `c1`, … for each column.
fn pattern(kind: &ParseKind, items: &[ParseItem]) -> String {
    let mut pattern = String::from("(?s");
    let regex = matches!(kind, ParseKind::Regex(_));
    if let ParseKind::Regex(flags) = kind {
        pattern.extend(
            flags
                .chars()
                .filter(|flag| "imsU".contains(*flag) && *flag != 's'),
        );
    }
    pattern.push(')');
    if !regex {
        pattern.push('^');
    }
    let mut place = 0;
    for (at, item) in items.iter().enumerate() {
        let last = at + 1 == items.len();
        match item {
            ParseItem::Text(text) if regex => pattern.push_str(&format!("(?:{text})")),
            ParseItem::Text(text) => pattern.push_str(&regex::escape(text)),
            ParseItem::Star => pattern.push_str(".*?"),
            ParseItem::Column { ty, .. } => {
                // Before a star nothing says where the value ends but the value itself.
                let before_star = matches!(items.get(at + 1), Some(ParseItem::Star));
                let any = match ty {
                    Type::Int | Type::Long if regex => "[+-]?[0-9]+",
                    _ if before_star && !regex => longest(*ty),
                    _ if regex || last => ".*",
                    _ => ".*?",
                };
                pattern.push_str(&format!("(?P<c{place}>{any})"));
                place += 1;
            }
        }
    }
    if !regex {
        pattern.push('$');
    }
    pattern
}

/// The longest text that can be a value of the type, or none.
fn longest(ty: Type) -> &'static str {
    match ty {
        Type::Int | Type::Long => "[+-]?[0-9]+|",
        Type::Real | Type::Decimal => "[+-]?[0-9]+(?:\\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|",
        Type::Bool => "(?i:true|false)|",
        Type::Guid => "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|",
        Type::DateTime => "[0-9][0-9/:.TZ+-]*(?: [0-9][0-9:.Z]*)?|",
        Type::TimeSpan => "-?[0-9][0-9:.]*[a-z]*|",
        Type::String | Type::Dynamic => ".*?",
    }
}
