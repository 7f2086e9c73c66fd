//! `top-nested`: the top values of one column, within each the top values of the next, and so on.
//!
//! Each level is an aggregate of the plan by all columns so far; which values are kept depends on
//! those kept above, so the choice is made here, over the groups. What `with others` stands for is
//! aggregated once more, over the rows that were not chosen: a sketch or a mean of several groups
//! does not follow from theirs.

use datafusion::logical_expr::{Expr as PlanExpr, Operator, binary_expr, lit, not};
use keyline_kql::checked::{NamedExpr, Rel, TopNestedLevel};
use keyline_kql::schema::Column;
use keyline_kql::types::{Type, Value};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::summarize::Aggregated;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::{STAGE_ROWS_MAX, TOP_NESTED_OTHERS_MAX};
use crate::lower::Lowerer;
use crate::lower::literal::literal;
use crate::lower::relation::Relation;
use crate::rows;
use crate::stages::graph::parts::absent;

/// The values of a level under one parent, each with its measure.
type Groups = BTreeMap<String, Vec<(Value, Value)>>;

/// A value that was chosen at each level so far, and the row up to there.
#[derive(Clone, Default)]
struct Branch {
    path: Vec<Value>,
    row: Vec<Value>,
}

impl Lowerer<'_> {
    pub(crate) fn top_nested(
        &mut self,
        input: &Arc<Rel>,
        levels: &[TopNestedLevel],
        rel: &Arc<Rel>,
    ) -> Result<Relation> {
        let source = self.rel(input)?;
        let mut branches = vec![Branch::default()];
        let mut others = Vec::new();
        for (depth, level) in levels.iter().enumerate() {
            let mut groups = self.groups(&source, &levels[..=depth], level)?;
            let count = match &level.count {
                Some(count) => self.count(count)?,
                None => usize::MAX,
            };
            let mut grown = Vec::new();
            let mut chosen = Vec::new();
            for branch in branches {
                let mut here = groups.remove(&key(&branch.path)).unwrap_or_default();
                here.sort_by(|(_, a), (_, b)| match level.descending {
                    true => compare(b, a),
                    false => compare(a, b),
                });
                here.truncate(count);
                let values: Vec<Value> = here.iter().map(|(value, _)| value.clone()).collect();
                for (value, measure) in here {
                    let mut next = branch.clone();
                    next.path.push(value.clone());
                    next.row.extend([value, measure]);
                    grown.push(next);
                }
                chosen.push((branch, values));
            }
            others.extend(self.others(&source, levels, depth, &chosen)?);
            branches = grown;
        }
        let mut found: Vec<Vec<Value>> = branches.into_iter().map(|branch| branch.row).collect();
        found.append(&mut others);
        let mut relation = self.datatable(&found, &rel.columns)?;
        relation.sorted = false;
        Ok(relation)
    }

    /// The measures of a level by the values of `by`, the last of which is what is chosen among.
    fn groups(
        &mut self,
        source: &Relation,
        by: &[TopNestedLevel],
        level: &TopNestedLevel,
    ) -> Result<Groups> {
        let mut groups = Groups::new();
        for mut row in self.measures(source, by, level)? {
            let (Some(measure), Some(value)) = (row.pop(), row.pop()) else {
                continue;
            };
            groups.entry(key(&row)).or_default().push((value, measure));
        }
        Ok(groups)
    }

    /// Rows of the values of `by` and the measure of a level.
    fn measures(
        &mut self,
        source: &Relation,
        by: &[TopNestedLevel],
        level: &TopNestedLevel,
    ) -> Result<Vec<Vec<Value>>> {
        let mut relation = source.clone();
        let by = by
            .iter()
            .enumerate()
            .map(|(place, level)| NamedExpr {
                name: format!("level{place}"),
                expr: level.of.expr.clone(),
            })
            .collect::<Vec<_>>();
        let mut aggregated = Aggregated::default();
        for aggregate in &level.aggregates {
            self.aggregate(&mut relation, aggregate, &[], &mut aggregated)?;
        }
        let mut relation = self.group(relation, &by, aggregated)?;
        let measure = self.expr(&mut relation, &level.measure.expr)?;
        let mut output: Vec<(Column, PlanExpr)> = relation.columns[..by.len()]
            .iter()
            .map(|c| (c.clone(), crate::lower::relation::column(&c.name)))
            .collect();
        output.push((Column::new("measure", level.measure.expr.ty), measure));
        relation.project(output)?;
        self.rows(&relation, STAGE_ROWS_MAX)
    }

    /// For each branch a row of what was not chosen in it, if this level or one below says what to
    /// call it: where a level does, its name and its measure over all those rows, else nothing.
    fn others(
        &mut self,
        source: &Relation,
        levels: &[TopNestedLevel],
        depth: usize,
        chosen: &[(Branch, Vec<Value>)],
    ) -> Result<Vec<Vec<Value>>> {
        let named = levels[depth..].iter().any(|level| level.others.is_some());
        if !named || chosen.is_empty() {
            return Ok(Vec::new());
        }
        let count: usize = chosen.iter().map(|(_, values)| values.len() + 1).sum();
        if count > TOP_NESTED_OTHERS_MAX {
            let message = format!(
                "`top-nested … with others` chooses more than {TOP_NESTED_OTHERS_MAX} values"
            );
            return Err(Error::new(ErrorKind::Limit, message));
        }
        let mut rest = source.clone();
        let mut values = Vec::new();
        for level in &levels[..=depth] {
            values.push(self.expr(&mut rest, &level.of.expr)?);
        }
        let is = |place: usize, value: &Value| {
            let value = literal(value);
            binary_expr(values[place].clone(), Operator::IsNotDistinctFrom, value)
        };
        let unchosen = chosen.iter().map(|(branch, here)| {
            let path = branch
                .path
                .iter()
                .enumerate()
                .map(|(place, value)| is(place, value));
            let within = path.reduce(PlanExpr::and).unwrap_or(lit(true));
            let here = halved(here.iter().map(|value| is(depth, value)).collect());
            within.and(not(here))
        });
        rest.filter(halved(unchosen.collect()))?;
        let mut rows: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for level in &levels[depth..] {
            let ty = level.measure.expr.ty;
            let mut known = BTreeMap::new();
            if level.others.is_some() {
                for mut row in self.measures(&rest, &levels[..depth], level)? {
                    let measure = row.pop().unwrap_or(Value::Null(ty));
                    known.insert(key(&row), measure);
                }
            }
            for (branch, _) in chosen {
                let path = key(&branch.path);
                let row = rows
                    .entry(path.clone())
                    .or_insert_with(|| branch.row.clone());
                row.push(
                    level
                        .others
                        .clone()
                        .unwrap_or_else(|| absent(level.of.expr.ty)),
                );
                row.push(known.remove(&path).unwrap_or_else(|| absent(ty)));
            }
        }
        // A branch of which nothing was left out has no such row.
        let left = self.groups_left(&rest, &levels[..depth])?;
        Ok(rows
            .into_iter()
            .filter(|(path, _)| left.contains(path))
            .map(|(_, row)| row)
            .collect())
    }

    /// The branches that have rows.
    fn groups_left(
        &mut self,
        rest: &Relation,
        by: &[TopNestedLevel],
    ) -> Result<std::collections::BTreeSet<String>> {
        let mut relation = rest.clone();
        let mut output = Vec::new();
        for (place, level) in by.iter().enumerate() {
            let value = self.expr(&mut relation, &level.of.expr)?;
            output.push((
                Column::new(format!("level{place}"), level.of.expr.ty),
                value,
            ));
        }
        if output.is_empty() {
            output.push((Column::new("any", Type::Long), lit(1_i64)));
        }
        relation.order.clear();
        relation.project(output)?;
        relation.plan = crate::lower::relation::builder(&relation.plan)
            .distinct()?
            .build()?;
        let rows = self.rows(&relation, STAGE_ROWS_MAX)?;
        Ok(rows.iter().map(|row| key(&row[..by.len()])).collect())
    }
}

/// Any of the conditions, as a tree that is as flat as can be.
fn halved(mut conditions: Vec<PlanExpr>) -> PlanExpr {
    match conditions.len() {
        0 => lit(false),
        1 => conditions.remove(0),
        several => {
            let second = conditions.split_off(several / 2);
            halved(conditions).or(halved(second))
        }
    }
}

/// A path as a text.
fn key(path: &[Value]) -> String {
    let mut key = String::new();
    for value in path {
        let text = rows::text(value);
        key.push('\u{1}');
        key.push(if text.is_some() { '1' } else { '0' });
        key.push_str(&text.unwrap_or_default());
    }
    key
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
