//! The axis of a plugin: instants, timespans or whole numbers, and the bins on it.

use std::collections::{BTreeMap, HashMap};

use keyline_kql::types::{Type, Value};

use super::Row;
use crate::functions::civil;
use crate::rows;

/// The place of a value on an axis.
pub(crate) fn place(value: &Value) -> Option<i64> {
    match value {
        Value::Int(number) => Some(i64::from(*number)),
        Value::Long(place) | Value::DateTime(place) | Value::TimeSpan(place) => Some(*place),
        _ => None,
    }
}

/// The value at a place.
pub(crate) fn value(ty: Type, place: i64) -> Value {
    match ty {
        Type::DateTime => Value::DateTime(place),
        Type::TimeSpan => Value::TimeSpan(place),
        _ => Value::Long(place),
    }
}

/// The type of the distance of two places.
pub(crate) fn distance(ty: Type) -> Type {
    match ty {
        Type::DateTime => Type::TimeSpan,
        ty => ty,
    }
}

/// The first place of the bin in which a place lies; bins count from `origin`.
pub(crate) fn bin(place: i64, origin: i64, step: i64) -> i64 {
    let step = step.max(1);
    let offset = place.saturating_sub(origin).rem_euclid(step);
    place.saturating_sub(offset)
}

/// How wide bins are: all alike, or as the calendar has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Of(i64),
    Week,
    Month,
    Year,
}

impl Step {
    /// `'week'`, `'month'`, `'year'`.
    pub(crate) fn named(name: &str) -> Option<Step> {
        match name {
            "week" => Some(Step::Week),
            "month" => Some(Step::Month),
            "year" => Some(Step::Year),
            _ => None,
        }
    }

    /// The first place of the bin in which a place lies; those of the calendar count from nowhere.
    pub(crate) fn bin(self, place: i64, origin: i64) -> i64 {
        match self {
            Step::Of(step) => bin(place, origin, step),
            Step::Week => civil::start_of_week(place),
            Step::Month => civil::start_of_month(place),
            Step::Year => civil::start_of_year(place),
        }
    }

    /// Where the bin after that of `bin` begins.
    pub(crate) fn after(self, bin: i64) -> i64 {
        match self {
            Step::Of(step) => bin.saturating_add(step),
            Step::Week => bin.saturating_add(7 * civil::TICK_DAY),
            Step::Month => civil::add_months(bin, 1).unwrap_or(i64::MAX),
            Step::Year => civil::add_months(bin, 12).unwrap_or(i64::MAX),
        }
    }
}

/// The events of one combination of dimensions.
#[derive(Debug)]
pub(crate) struct Slice {
    pub dimensions: Row,
    /// Place and number of the id, by place.
    pub events: Vec<(i64, u32)>,
}

impl Slice {
    pub(crate) fn between(&self, from: i64, to: i64) -> &[(i64, u32)] {
        let first = self.events.partition_point(|(at, _)| *at < from);
        let after = self.events.partition_point(|(at, _)| *at < to);
        &self.events[first..after.max(first)]
    }

    pub(crate) fn first(&self) -> i64 {
        self.events.first().map_or(0, |(at, _)| *at)
    }

    pub(crate) fn last(&self) -> i64 {
        self.events.last().map_or(0, |(at, _)| *at)
    }
}

/// Numbers instead of the texts of ids.
#[derive(Debug, Default)]
pub(crate) struct Ids(HashMap<String, u32>);

impl Ids {
    pub(crate) fn number(&mut self, id: String) -> u32 {
        let next = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        *self.0.entry(id).or_insert(next)
    }
}

/// Cuts rows (id, place, dimensions …) apart by their dimensions.
pub(crate) fn slices(rows: Vec<Row>, ids: &mut Ids) -> Vec<Slice> {
    let mut slices: BTreeMap<Vec<Option<String>>, Slice> = BTreeMap::new();
    for mut row in rows {
        let dimensions = row.split_off(2);
        let (Some(at), Some(id)) = (place(&row[1]), rows::text(&row[0])) else {
            continue;
        };
        let id = ids.number(id);
        let key = dimensions.iter().map(rows::text).collect();
        let slice = slices.entry(key).or_insert_with(|| Slice {
            dimensions,
            events: Vec::new(),
        });
        slice.events.push((at, id));
    }
    let mut slices: Vec<Slice> = slices.into_values().collect();
    for slice in &mut slices {
        slice.events.sort_unstable();
    }
    slices
}
