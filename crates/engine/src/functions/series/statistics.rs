//! What `series_stats` and `series_stats_dynamic` share.

use arrow::array::ArrayRef;
use datafusion::common::Result;
use serde_json::Value;

use crate::functions::json;
use crate::functions::rows::{JsonOut, Rows};

/// Over the arguments (series[, ignore_nonfinite]).
pub fn run(
    rows: &Rows<'_>,
    print: impl Fn([(&'static str, Value); STATISTICS]) -> String,
) -> Result<ArrayRef> {
    let series = rows.json(0)?;
    let ignore = match rows.count() > 1 {
        true => Some(rows.bool(1)?),
        false => None,
    };
    let mut out = JsonOut::new(rows.len);
    for row in 0..rows.len {
        let ignore = ignore.as_ref().and_then(|ignore| ignore.get(row));
        let members = series
            .get(row)
            .and_then(|series| of(series, ignore == Some(true)));
        out.push(members.map(&print));
    }
    Ok(out.finish())
}

const STATISTICS: usize = 9;

/// Name and value of every statistic; none for what is no series of numbers, or an empty one. What is
/// no finite number (a null, NaN, an infinity) is passed over if that is wanted, and makes all of it null
/// if not.
fn of(series: &str, ignore_nonfinite: bool) -> Option<[(&'static str, Value); STATISTICS]> {
    let items = json::parse_array(series)?;
    let mut known: Vec<(usize, f64)> = Vec::with_capacity(items.len());
    for (at, item) in items.iter().enumerate() {
        match json::number_of(item).filter(|number| number.is_finite()) {
            Some(number) => known.push((at, number)),
            None if ignore_nonfinite => {}
            None => return None,
        }
    }
    let count = known.len() as f64;
    let mut min = *known.first()?;
    let mut max = min;
    for (at, number) in known.iter().copied() {
        if number < min.1 {
            min = (at, number);
        }
        if number > max.1 {
            max = (at, number);
        }
    }
    let sum = known.iter().map(|(_, number)| number).sum::<f64>();
    let mean = sum / count;
    let squares: f64 = known
        .iter()
        .map(|(_, number)| (number - mean).powi(2))
        .sum();
    let variance = if count > 1.0 {
        squares / (count - 1.0)
    } else {
        0.0
    };
    Some([
        ("min", json::real(min.1)),
        ("min_idx", Value::from(min.0)),
        ("max", json::real(max.1)),
        ("max_idx", Value::from(max.0)),
        ("avg", json::real(mean)),
        ("stdev", json::real(variance.sqrt())),
        ("variance", json::real(variance)),
        ("sum", json::real(sum)),
        ("len", Value::from(items.len())),
    ])
}
