//! What `series_fit_line` and `series_fit_line_dynamic` share.

use serde_json::Value;

use crate::functions::json;

use super::numbers;

/// Name and value of every part of the line through the points (0, y0), (1, y1) …
pub fn of(series: &str) -> Option<[(&'static str, Value); 6]> {
    let y = numbers::all(series)?;
    if y.len() < 2 {
        return None;
    }
    let count = y.len() as f64;
    let mean_x = (count - 1.0) / 2.0;
    let mean_y = y.iter().sum::<f64>() / count;
    let mut squares_x = 0.0;
    let mut products = 0.0;
    for (x, y) in y.iter().enumerate() {
        squares_x += (x as f64 - mean_x).powi(2);
        products += (x as f64 - mean_x) * (y - mean_y);
    }
    let slope = products / squares_x;
    let start = mean_y - slope * mean_x;
    let line: Vec<f64> = (0..y.len()).map(|x| start + slope * x as f64).collect();
    let variance = y.iter().map(|y| (y - mean_y).powi(2)).sum::<f64>() / (count - 1.0);
    let residual = y
        .iter()
        .zip(&line)
        .map(|(y, line)| (y - line).powi(2))
        .sum::<f64>()
        / (count - 1.0);
    let r_square = if variance > 0.0 {
        1.0 - residual / variance
    } else {
        1.0
    };
    Some([
        ("rsquare", json::real(r_square)),
        ("slope", json::real(slope)),
        ("variance", json::real(variance)),
        ("rvariance", json::real(residual)),
        ("interception", json::real(start)),
        (
            "line_fit",
            Value::Array(line.into_iter().map(json::real).collect()),
        ),
    ])
}
