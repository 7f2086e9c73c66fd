//! `make-series`: an aggregate along an axis, as one array a group, with gaps filled.
//!
//! The plan groups by the place on the axis; the arrays, whose length depends on the data or on the
//! bounds, are put together here.

use datafusion::logical_expr::{Expr as PlanExpr, cast, lit};
use keyline_kql::checked::{Expr, MakeSeries, Rel};
use keyline_kql::types::{Type, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

use super::summarize::Aggregated;
use crate::error::{Error, ErrorKind, Result};
use crate::functions::{self, TypedExpr};
use crate::limits::{SERIES_POINTS_MAX, STAGE_ROWS_MAX};
use crate::lower::Lowerer;
use crate::lower::relation::{Relation, column};
use crate::rows;

/// A group: its `by` values, and the aggregates at each place of the axis that has some.
#[derive(Default)]
struct Series {
    by: Vec<Value>,
    points: BTreeMap<i64, Vec<String>>,
}

/// The axis: place 0 is at `origin`.
#[derive(Clone, Copy)]
struct Axis {
    ty: Type,
    origin: f64,
    origin_ticks: i64,
    step: f64,
    step_ticks: i64,
}

impl Lowerer<'_> {
    pub(crate) fn make_series(&mut self, series: &MakeSeries, rel: &Arc<Rel>) -> Result<Relation> {
        let axis = self.axis(series)?;
        let end = match &series.to {
            Some(to) => Some(axis.places_before(&self.constant(to)?)?),
            None => None,
        };
        let groups = self.points(series, axis, end)?;
        let defaults = series
            .defaults
            .iter()
            .zip(&series.aggregates)
            .map(|(value, aggregate)| json(&as_type(value, aggregate.types[0])))
            .collect::<Vec<_>>();
        let mut found = Vec::new();
        for group in groups {
            let places = group.points.keys();
            let first = if series.from.is_some() {
                0
            } else {
                places.clone().next().copied().unwrap_or(0)
            };
            let after = match end {
                Some(end) => end,
                None => places.last().map_or(first, |last| last + 1),
            };
            let length = after.saturating_sub(first);
            if length > SERIES_POINTS_MAX {
                return Err(Error::new(
                    ErrorKind::Limit,
                    format!("`make-series` makes a series of more than {SERIES_POINTS_MAX} points"),
                ));
            }
            if length <= 0 {
                continue;
            }
            let mut row = group.by.clone();
            for (at, default) in defaults.iter().enumerate() {
                let items = (first..after).map(|place| {
                    group
                        .points
                        .get(&place)
                        .map_or(default.as_str(), |point| point[at].as_str())
                });
                row.push(array(items));
            }
            let axis_items = (first..after)
                .map(|place| axis.json(place))
                .collect::<Vec<_>>();
            row.push(array(axis_items.iter().map(String::as_str)));
            found.push(row);
        }
        let mut relation = self.datatable(&found, &rel.columns)?;
        relation.sorted = false;
        Ok(relation)
    }

    fn axis(&mut self, series: &MakeSeries) -> Result<Axis> {
        let step = self.constant(&series.step)?;
        let origin = match &series.from {
            Some(from) => self.constant(from)?,
            None => Value::Long(0),
        };
        let (step_real, step_ticks) = number(&step);
        let (origin_real, origin_ticks) = number(&origin);
        if step_real <= 0.0 {
            let message = "the step of `make-series` must be positive";
            return Err(Error::new(ErrorKind::Invalid, message).at(series.step.span));
        }
        Ok(Axis {
            ty: series.on.expr.ty,
            origin: origin_real,
            origin_ticks,
            step: step_real,
            step_ticks,
        })
    }

    /// The groups with their points, in the order of the groups.
    fn points(&mut self, series: &MakeSeries, axis: Axis, end: Option<i64>) -> Result<Vec<Series>> {
        let mut relation = self.rel(&series.input)?;
        self.refuse_ticks(&relation, "`make-series`")?;
        let place = self.place(&mut relation, &series.on.expr, axis)?;
        let name = self.hidden("place");
        relation.extend_hidden(vec![(name.clone(), place)])?;
        let mut inside = column(&name).is_not_null();
        if series.from.is_some() {
            inside = inside.and(column(&name).gt_eq(lit(0_i64)));
        }
        if let Some(end) = end {
            inside = inside.and(column(&name).lt(lit(end)));
        }
        relation.filter(inside)?;
        let mut aggregated = Aggregated::default();
        for aggregate in &series.aggregates {
            self.aggregate(&mut relation, aggregate, &[], &mut aggregated)?;
        }
        for (c, expr) in &mut aggregated.output {
            if c.ty != Type::Dynamic {
                let typed = TypedExpr {
                    expr: expr.clone(),
                    ty: c.ty,
                };
                *expr = functions::convert(typed, Type::Dynamic)?;
                c.ty = Type::Dynamic;
            }
        }
        let span = series.on.expr.span;
        let axis_column = Expr {
            kind: keyline_kql::checked::ExprKind::Column(name),
            ty: Type::Long,
            span,
        };
        let mut by = series.by.clone();
        let on = "__place".to_string();
        by.push(keyline_kql::checked::NamedExpr {
            name: on,
            expr: axis_column,
        });
        let relation = self.group(relation, &by, aggregated)?;
        let keys = series.by.len();
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        let mut groups: Vec<Series> = Vec::new();
        for row in self.rows(&relation, STAGE_ROWS_MAX)? {
            let id = format!(
                "{:?}",
                row[..keys].iter().map(rows::text).collect::<Vec<_>>()
            );
            let at = *places.entry(id).or_insert(groups.len());
            if at == groups.len() {
                groups.push(Series {
                    by: row[..keys].to_vec(),
                    points: BTreeMap::new(),
                });
            }
            let Value::Long(place) = row[keys] else {
                continue;
            };
            groups[at]
                .points
                .insert(place, row[keys + 1..].iter().map(json).collect());
        }
        if groups.is_empty() && keys == 0 && series.nonempty {
            groups.push(Series::default());
        }
        Ok(groups)
    }

    /// The whole number of steps from the origin, rounded down.
    fn place(&mut self, relation: &mut Relation, on: &Expr, axis: Axis) -> Result<PlanExpr> {
        let value = self.expr(relation, on)?;
        let bin =
            |value: PlanExpr, step: PlanExpr, ty: Type, lowerer: &Self, relation: &Relation| {
                let context = lowerer.context(relation);
                let args = vec![TypedExpr { expr: value, ty }, TypedExpr { expr: step, ty }];
                functions::lower("bin", args, ty, &context)
            };
        if axis.ty == Type::Real {
            let steps = (value - lit(axis.origin)) / lit(axis.step);
            let floor = bin(steps, lit(1.0_f64), Type::Real, self, relation)?;
            return Ok(cast(floor, arrow_schema::DataType::Int64));
        }
        let offset = cast(value, arrow_schema::DataType::Int64) - lit(axis.origin_ticks);
        let step = lit(axis.step_ticks);
        Ok(bin(offset, step.clone(), Type::Long, self, relation)? / step)
    }
}

impl Axis {
    /// How many places lie before a bound, which is not part of the axis.
    fn places_before(&self, bound: &Value) -> Result<i64> {
        let (real, ticks) = number(bound);
        if self.ty == Type::Real {
            return Ok(((real - self.origin) / self.step).ceil() as i64);
        }
        let distance = ticks.saturating_sub(self.origin_ticks);
        Ok(distance.div_euclid(self.step_ticks)
            + i64::from(distance.rem_euclid(self.step_ticks) != 0))
    }

    fn json(&self, place: i64) -> String {
        let ticks = self
            .origin_ticks
            .saturating_add(place.saturating_mul(self.step_ticks));
        match self.ty {
            Type::Real => json(&Value::Real(self.origin + place as f64 * self.step)),
            Type::DateTime => json(&Value::DateTime(ticks)),
            Type::TimeSpan => json(&Value::TimeSpan(ticks)),
            _ => ticks.to_string(),
        }
    }
}

fn number(value: &Value) -> (f64, i64) {
    match value {
        Value::Int(v) => (f64::from(*v), i64::from(*v)),
        Value::Long(v) | Value::DateTime(v) | Value::TimeSpan(v) => (*v as f64, *v),
        Value::Real(v) => (*v, *v as i64),
        _ => (0.0, 0),
    }
}

/// A default in the type of its aggregate.
fn as_type(value: &Value, ty: Type) -> Value {
    match (value, ty) {
        (Value::Long(v), Type::Real) => Value::Real(*v as f64),
        (Value::Int(v), Type::Real) => Value::Real(f64::from(*v)),
        (other, _) => other.clone(),
    }
}

fn array<'i>(items: impl Iterator<Item = &'i str>) -> Value {
    Value::Dynamic(format!("[{}]", items.collect::<Vec<_>>().join(",")))
}

/// A value as it stands inside a dynamic: datetimes with all seven digits.
fn json(value: &Value) -> String {
    match value {
        Value::Null(_) => "null".into(),
        Value::Dynamic(text) => text.clone(),
        Value::DateTime(ticks) => {
            let text = rows::datetime_text(*ticks);
            let text = text.trim_end_matches('Z');
            let (second, fraction) = text.split_once('.').unwrap_or((text, ""));
            format!("\"{second}.{fraction:0<7}Z\"")
        }
        Value::Real(v) if v.is_finite() => rows::real_text(*v),
        Value::Bool(_) | Value::Int(_) | Value::Long(_) | Value::Decimal(_) => {
            rows::text(value).unwrap_or_default()
        }
        other => serde_json::Value::String(rows::text(other).unwrap_or_default()).to_string(),
    }
}
