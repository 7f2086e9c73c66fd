//! `top-nested`: the top values of one column, within each the top values of the next, and so on.
//!
//! Each level is an aggregate of the plan by all columns so far; which values are kept depends on
//! those kept above, so the choice is made here, over the groups.

use keyline_kql::checked::{NamedExpr, Rel, TopNestedLevel};
use keyline_kql::types::{Type, Value};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::summarize::Aggregated;
use crate::error::{Error, Result};
use crate::limits::STAGE_ROWS_MAX;
use crate::lower::Lowerer;
use crate::lower::relation::Relation;
use crate::rows;

/// The groups of a level under one parent: the value and its aggregate.
type Groups = BTreeMap<String, Vec<(Value, Value)>>;

impl Lowerer<'_> {
    pub(crate) fn top_nested(
        &mut self,
        input: &Arc<Rel>,
        levels: &[TopNestedLevel],
        rel: &Arc<Rel>,
    ) -> Result<Relation> {
        if levels.iter().any(|level| level.others.is_some()) {
            return Err(Error::unsupported("`top-nested … with others`"));
        }
        let source = self.rel(input)?;
        let mut groups: Vec<Groups> = Vec::new();
        for depth in 0..levels.len() {
            groups.push(self.level(&source, &levels[..=depth])?);
        }
        let mut counts = Vec::new();
        for level in levels {
            counts.push(match &level.count {
                Some(count) => self.count(count)?,
                None => usize::MAX,
            });
        }
        let mut found = Vec::new();
        let mut row = Vec::new();
        choose(
            levels,
            &counts,
            &mut groups,
            String::new(),
            &mut row,
            &mut found,
        );
        let mut relation = self.datatable(&found, &rel.columns)?;
        relation.sorted = false;
        Ok(relation)
    }

    /// The groups of the last of `levels`, by the values of those before it.
    fn level(&mut self, source: &Relation, levels: &[TopNestedLevel]) -> Result<Groups> {
        let mut relation = source.clone();
        let by = levels
            .iter()
            .enumerate()
            .map(|(place, level)| NamedExpr {
                name: format!("level{place}"),
                expr: level.of.expr.clone(),
            })
            .collect::<Vec<_>>();
        let last = &levels[levels.len() - 1];
        let mut aggregated = Aggregated::default();
        self.aggregate(&mut relation, &last.aggregate, &[], &mut aggregated)?;
        let relation = self.group(relation, &by, aggregated)?;
        let mut groups = Groups::new();
        for mut row in self.rows(&relation, STAGE_ROWS_MAX)? {
            row.truncate(levels.len() + 1);
            let (Some(measure), Some(value)) = (row.pop(), row.pop()) else {
                continue;
            };
            let parent = row
                .iter()
                .fold(String::new(), |path, value| child(&path, value));
            groups.entry(parent).or_default().push((value, measure));
        }
        Ok(groups)
    }
}

fn choose(
    levels: &[TopNestedLevel],
    counts: &[usize],
    groups: &mut [Groups],
    parent: String,
    row: &mut Vec<Value>,
    found: &mut Vec<Vec<Value>>,
) {
    let Some((level, _)) = levels.split_first() else {
        found.push(row.clone());
        return;
    };
    let mut here = groups[0].remove(&parent).unwrap_or_default();
    here.sort_by(|(_, a), (_, b)| {
        let order = compare(a, b);
        if level.descending {
            order.reverse()
        } else {
            order
        }
    });
    for (value, measure) in here.into_iter().take(counts[0]) {
        let path = child(&parent, &value);
        row.push(value);
        row.push(measure);
        choose(
            &levels[1..],
            &counts[1..],
            &mut groups[1..],
            path,
            row,
            found,
        );
        row.truncate(row.len() - 2);
    }
}

fn child(path: &str, value: &Value) -> String {
    let text = rows::text(value);
    format!(
        "{path}\u{1}{}{}",
        u8::from(text.is_some()),
        text.unwrap_or_default()
    )
}

/// The order of two values of one type; null is the least.
pub(crate) fn compare(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Null(_), Value::Null(_)) => Ordering::Equal,
        (Value::Null(_), _) => Ordering::Less,
        (_, Value::Null(_)) => Ordering::Greater,
        (Value::Real(a), Value::Real(b)) => a.total_cmp(b),
        (Value::Int(a), Value::Int(b)) => a.cmp(b),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Decimal(a), Value::Decimal(b)) => {
            let number = |text: &str| text.parse::<f64>().unwrap_or(f64::NAN);
            number(a).total_cmp(&number(b))
        }
        (
            Value::Long(a) | Value::DateTime(a) | Value::TimeSpan(a),
            Value::Long(b) | Value::DateTime(b) | Value::TimeSpan(b),
        ) => a.cmp(b),
        _ if a.ty() == Type::Dynamic || a.ty() == b.ty() => rows::text(a).cmp(&rows::text(b)),
        _ => Ordering::Equal,
    }
}
