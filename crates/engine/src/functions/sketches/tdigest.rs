//! A t-digest: a distribution as weighted values.
//!
//! As JSON: `[1,[values],[weights]]`, values ascending. Up to [`VALUES_MAX`] different values it is
//! exact; beyond, neighbours are merged into their mean, the less the nearer they are to an end.

use serde_json::Value;

use crate::functions::json;
use crate::functions::kernel::Kernel;
use crate::functions::limits::DIGEST_VALUES_MAX as VALUES_MAX;
use crate::functions::rows::each;
use keyline_kql::types::Type;

/// Of an array of values, or of pairs `[value, weight]`.
pub const OF_LIST: Kernel = Kernel::new(
    "kql_tdigest_of_list",
    Type::Dynamic,
    |rows| each!(rows, [json list] -> JsonOut, Some(Digest::of_list(list)?.print())),
);

/// Of an array of digests.
pub const OF_DIGESTS: Kernel = Kernel::new("kql_tdigest_of_digests", Type::Dynamic, |rows| {
    each!(rows, [json list] -> JsonOut, {
        let digests = json::parse_array(list)?;
        Some(Digest::merged(digests.iter().filter_map(Digest::of_value)).print())
    })
});

/// What says that an array is a digest of this form.
const VERSION: i64 = 1;

#[derive(Debug, Default)]
pub struct Digest {
    /// Value and weight, by value.
    points: Vec<(f64, f64)>,
}

impl Digest {
    pub fn parse(text: &str) -> Option<Digest> {
        Digest::of_value(&Value::Array(json::parse_array(text)?))
    }

    fn of_value(value: &Value) -> Option<Digest> {
        let [version, values, weights] = value.as_array()?.as_slice() else {
            return None;
        };
        let (values, weights) = (values.as_array()?, weights.as_array()?);
        if version.as_i64() != Some(VERSION) || values.len() != weights.len() {
            return None;
        }
        let points = values.iter().zip(weights);
        let points =
            points.map(|(value, weight)| Some((json::number_of(value)?, weight.as_f64()?)));
        Some(Digest::of(points.collect::<Option<_>>()?))
    }

    fn of_list(list: &str) -> Option<Digest> {
        let point = |item: &Value| match item {
            Value::Array(pair) => Some((json::number_of(pair.first()?)?, pair.get(1)?.as_f64()?)),
            item => Some((json::number_of(item)?, 1.0)),
        };
        let points = json::parse_array(list)?.iter().filter_map(point).collect();
        Some(Digest::of(points))
    }

    pub fn merged(digests: impl Iterator<Item = Digest>) -> Digest {
        Digest::of(digests.flat_map(|digest| digest.points).collect())
    }

    fn of(mut points: Vec<(f64, f64)>) -> Digest {
        points.retain(|(value, weight)| !value.is_nan() && *weight > 0.0);
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        points.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 += next.1;
            }
            same
        });
        let mut digest = Digest { points };
        digest.shrink();
        digest
    }

    /// Merges neighbours until few enough are left: a point may hold the more of the weight the
    /// nearer it is to the middle.
    fn shrink(&mut self) {
        if self.points.len() <= VALUES_MAX {
            return;
        }
        let total = self.weight();
        let mut kept: Vec<(f64, f64)> = Vec::with_capacity(VALUES_MAX);
        let mut before = 0.0;
        for (value, weight) in self.points.drain(..) {
            if let Some(last) = kept.last_mut() {
                let joined = last.1 + weight;
                let rank = (before + joined / 2.0) / total;
                if joined <= 8.0 * total * (rank * (1.0 - rank)).sqrt() / VALUES_MAX as f64 {
                    last.0 += (value - last.0) * weight / joined;
                    last.1 = joined;
                    continue;
                }
                before += last.1;
            }
            kept.push((value, weight));
        }
        self.points = kept;
    }

    fn weight(&self) -> f64 {
        self.points.iter().map(|(_, weight)| weight).sum()
    }

    pub fn print(&self) -> String {
        let values = self.points.iter().map(|(value, _)| json::real(*value));
        let weights = self.points.iter().map(|(_, weight)| whole(*weight));
        json::print_array(&[
            Value::from(VERSION),
            Value::Array(values.collect()),
            Value::Array(weights.collect()),
        ])
    }

    /// The value of the nearest rank, as the aggregate `percentile` has it.
    pub fn percentile(&self, percentage: f64) -> Option<f64> {
        let wanted = (percentage / 100.0 * self.weight()).max(f64::MIN_POSITIVE);
        let mut reached = 0.0;
        for (value, weight) in &self.points {
            reached += weight;
            if reached >= wanted - 1e-9 {
                return Some(*value);
            }
        }
        self.points.last().map(|(value, _)| *value)
    }

    /// The weight of the values that are not greater.
    pub fn rank(&self, value: f64) -> f64 {
        let below = self.points.iter().take_while(|(point, _)| *point <= value);
        below.map(|(_, weight)| weight).sum()
    }

    /// The same in percent of all.
    pub fn percentrank(&self, value: f64) -> Option<f64> {
        let total = self.weight();
        (total > 0.0).then(|| 100.0 * self.rank(value) / total)
    }
}

/// A weight, a whole number where it is one.
fn whole(weight: f64) -> Value {
    match weight.fract() == 0.0 && weight.abs() < 1e15 {
        true => Value::from(weight as i64),
        false => json::real(weight),
    }
}

/// A percentile as a value of a dynamic: a whole number where it is one.
pub fn value_of(number: f64) -> Value {
    whole(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_stays_near() {
        let values: Vec<(f64, f64)> = (0..100_000).map(|at| (f64::from(at), 1.0)).collect();
        let digest = Digest::of(values);
        assert!(
            digest.points.len() <= 2 * VALUES_MAX,
            "{}",
            digest.points.len()
        );
        for percentage in [0.1, 1.0, 25.0, 50.0, 95.0, 99.9] {
            let found = digest.percentile(percentage).unwrap();
            let off = (found / 1000.0 - percentage).abs();
            assert!(off < 0.3, "{percentage}: {found}");
        }
        assert_eq!(digest.weight(), 100_000.0);
    }
}
