//! HyperLogLog: how many different values there are, in at most 2^14 small numbers.
//!
//! As JSON: `[14,[places],[ranks]]`, only the places that have a rank. Few values are counted by the
//! number of empty places, which is exact but for chance.

use serde_json::Value;
use xxhash_rust::xxh64::xxh64;

use crate::functions::json;
use crate::functions::kernel::Kernel;
use crate::functions::rows::each;
use keyline_kql::types::Type;
use std::collections::BTreeMap;

/// Of an array of values.
pub const OF_SET: Kernel = Kernel::new("kql_hll_of_set", Type::Dynamic, |rows| {
    each!(rows, [json set] -> JsonOut, {
        let mut sketch = Sketch::default();
        for value in json::parse_array(set)? {
            sketch.add(&json::print(&value));
        }
        Some(sketch.print())
    })
});

/// Of an array of sketches.
pub const OF_SKETCHES: Kernel = Kernel::new("kql_hll_of_sketches", Type::Dynamic, |rows| {
    each!(rows, [json list] -> JsonOut, {
        let mut merged = Sketch::default();
        for sketch in json::parse_array(list)?.iter().filter_map(Sketch::of_value) {
            merged.merge(sketch);
        }
        Some(merged.print())
    })
});

/// Bits of the hash that say the place.
const PLACE_BITS: u32 = 14;
const PLACES: f64 = (1_u32 << PLACE_BITS) as f64;

#[derive(Debug, Default)]
pub struct Sketch {
    ranks: BTreeMap<u16, u8>,
}

impl Sketch {
    pub fn parse(text: &str) -> Option<Sketch> {
        Sketch::of_value(&Value::Array(json::parse_array(text)?))
    }

    fn of_value(value: &Value) -> Option<Sketch> {
        let [bits, places, ranks] = value.as_array()?.as_slice() else {
            return None;
        };
        let (places, ranks) = (places.as_array()?, ranks.as_array()?);
        if bits.as_i64() != Some(i64::from(PLACE_BITS)) || places.len() != ranks.len() {
            return None;
        }
        let mut sketch = Sketch::default();
        for (place, rank) in places.iter().zip(ranks) {
            let place = u16::try_from(place.as_u64()?).ok()?;
            if f64::from(place) >= PLACES {
                return None;
            }
            sketch
                .ranks
                .insert(place, u8::try_from(rank.as_u64()?).ok()?);
        }
        Some(sketch)
    }

    fn add(&mut self, value: &str) {
        let hash = xxh64(value.as_bytes(), 0);
        let place = (hash >> (u64::BITS - PLACE_BITS)) as u16;
        let rank = ((hash << PLACE_BITS).leading_zeros() + 1).min(u64::BITS - PLACE_BITS + 1);
        let known = self.ranks.entry(place).or_default();
        *known = (*known).max(rank as u8);
    }

    pub fn merge(&mut self, other: Sketch) {
        for (place, rank) in other.ranks {
            let known = self.ranks.entry(place).or_default();
            *known = (*known).max(rank);
        }
    }

    pub fn print(&self) -> String {
        let places = self.ranks.keys().map(|place| Value::from(*place));
        let ranks = self.ranks.values().map(|rank| Value::from(*rank));
        json::print_array(&[
            Value::from(PLACE_BITS),
            Value::Array(places.collect()),
            Value::Array(ranks.collect()),
        ])
    }

    pub fn count(&self) -> i64 {
        let empty = PLACES - self.ranks.len() as f64;
        let sum: f64 = self
            .ranks
            .values()
            .map(|rank| 0.5_f64.powi(i32::from(*rank)))
            .sum();
        let raw = 0.7213 / (1.0 + 1.079 / PLACES) * PLACES * PLACES / (sum + empty);
        let count = match empty > 0.0 && raw <= 2.5 * PLACES {
            true => PLACES * (PLACES / empty).ln(),
            false => raw,
        };
        count.round() as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_near() {
        for wanted in [0_i64, 1, 7, 1000, 200_000] {
            let mut sketch = Sketch::default();
            for value in 0..wanted {
                sketch.add(&value.to_string());
            }
            let found = Sketch::parse(&sketch.print()).unwrap().count();
            assert!((found - wanted).abs() <= wanted / 33, "{wanted}: {found}");
        }
    }
}
