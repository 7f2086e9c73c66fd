//! What `series_stats` and `series_stats_dynamic` share.

use serde_json::Value;

use crate::functions::json;

use super::numbers;

/// Name and value of every statistic; none for what is no series of numbers, or an empty one.
pub fn of(series: &str) -> Option<[(&'static str, Value); 7]> {
    let numbers = numbers::known(series)?;
    let count = numbers.len() as f64;
    let mut min = (0, *numbers.first()?);
    let mut max = min;
    for (at, number) in numbers.iter().copied().enumerate() {
        if number < min.1 {
            min = (at, number);
        }
        if number > max.1 {
            max = (at, number);
        }
    }
    let mean = numbers.iter().sum::<f64>() / count;
    let squares: f64 = numbers.iter().map(|number| (number - mean).powi(2)).sum();
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
    ])
}
