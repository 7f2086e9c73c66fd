//! Lines through series, for `series_fit_line`, `series_fit_2lines` and the trend of
//! `series_decompose`.

use serde_json::Value;

use crate::functions::json;

use super::numbers;

/// The line through the points (0, y0), (1, y1) …
#[derive(Clone, Copy, Debug)]
pub struct Line {
    pub start: f64,
    pub slope: f64,
}

impl Line {
    pub fn through(y: &[f64]) -> Option<Line> {
        if y.len() < 2 {
            return None;
        }
        let mean_x = (y.len() as f64 - 1.0) / 2.0;
        let mean_y = mean(y);
        let mut squares_x = 0.0;
        let mut products = 0.0;
        for (x, y) in y.iter().enumerate() {
            squares_x += (x as f64 - mean_x).powi(2);
            products += (x as f64 - mean_x) * (y - mean_y);
        }
        let slope = products / squares_x;
        Some(Line {
            start: mean_y - slope * mean_x,
            slope,
        })
    }

    pub fn at(&self, x: f64) -> f64 {
        self.start + self.slope * x
    }

    pub fn points(&self, count: usize) -> Vec<f64> {
        (0..count).map(|x| self.at(x as f64)).collect()
    }
}

/// How well a fit fits.
#[derive(Clone, Copy, Debug)]
pub struct Quality {
    pub r_square: f64,
    pub variance: f64,
    pub residual_variance: f64,
}

impl Quality {
    pub fn of(y: &[f64], fit: &[f64]) -> Quality {
        let count = y.len() as f64;
        let mean = mean(y);
        let variance = y.iter().map(|y| (y - mean).powi(2)).sum::<f64>() / (count - 1.0);
        let off = y.iter().zip(fit).map(|(y, fit)| (y - fit).powi(2));
        let residual_variance = off.sum::<f64>() / (count - 1.0);
        let r_square = match variance > 0.0 {
            true => 1.0 - residual_variance / variance,
            false => 1.0,
        };
        Quality {
            r_square,
            variance,
            residual_variance,
        }
    }
}

fn mean(y: &[f64]) -> f64 {
    y.iter().sum::<f64>() / y.len() as f64
}

/// Name and value of every part of the line through a series.
pub fn of(series: &str) -> Option<[(&'static str, Value); 6]> {
    let y = numbers::all(series)?;
    let line = Line::through(&y)?;
    let points = line.points(y.len());
    let quality = Quality::of(&y, &points);
    Some([
        ("rsquare", json::real(quality.r_square)),
        ("slope", json::real(line.slope)),
        ("variance", json::real(quality.variance)),
        ("rvariance", json::real(quality.residual_variance)),
        ("interception", json::real(line.start)),
        (
            "line_fit",
            Value::Array(points.into_iter().map(json::real).collect()),
        ),
    ])
}

/// Name and value of every part of the two lines that fit a series best: one up to a place, one from
/// there on.
pub fn of_two(series: &str) -> Option<[(&'static str, Value); 15]> {
    let y = numbers::all(series)?;
    let split = best_split(&y)?;
    let (left, right) = y.split_at(split);
    let (left_line, right_line) = (Line::through(left)?, Line::through(right)?);
    let left_points = left_line.points(left.len());
    let right_points = right_line.points(right.len());
    let left_quality = Quality::of(left, &left_points);
    let right_quality = Quality::of(right, &right_points);
    let points = [left_points, right_points].concat();
    let quality = Quality::of(&y, &points);
    Some([
        ("rsquare", json::real(quality.r_square)),
        ("split_idx", Value::from(split)),
        ("variance", json::real(quality.variance)),
        ("rvariance", json::real(quality.residual_variance)),
        (
            "line_fit",
            Value::Array(points.into_iter().map(json::real).collect()),
        ),
        ("right_rsquare", json::real(right_quality.r_square)),
        ("right_slope", json::real(right_line.slope)),
        ("right_interception", json::real(right_line.start)),
        ("right_variance", json::real(right_quality.variance)),
        (
            "right_rvariance",
            json::real(right_quality.residual_variance),
        ),
        ("left_rsquare", json::real(left_quality.r_square)),
        ("left_slope", json::real(left_line.slope)),
        ("left_interception", json::real(left_line.start)),
        ("left_variance", json::real(left_quality.variance)),
        ("left_rvariance", json::real(left_quality.residual_variance)),
    ])
}

/// The first place of the right line, by the least sum of squares, in one pass over running sums.
fn best_split(y: &[f64]) -> Option<usize> {
    let sums = Sums::of(y);
    let places = 2..=y.len().checked_sub(2)?;
    let squares = |place: &usize| sums.residual(0, *place) + sums.residual(*place, y.len());
    places.min_by(|a, b| squares(a).total_cmp(&squares(b)))
}

/// Running sums, from which the residual of the line through any stretch follows.
struct Sums {
    y: Vec<f64>,
    xy: Vec<f64>,
    yy: Vec<f64>,
}

impl Sums {
    fn of(y: &[f64]) -> Sums {
        // About the mean, so that squares do not swallow the differences.
        let mean = mean(y);
        let running = |term: &dyn Fn(f64, f64) -> f64| {
            let mut sum = 0.0;
            let mut sums = vec![0.0];
            for (x, y) in y.iter().enumerate() {
                sum += term(x as f64, y - mean);
                sums.push(sum);
            }
            sums
        };
        Sums {
            y: running(&|_, y| y),
            xy: running(&|x, y| x * y),
            yy: running(&|_, y| y * y),
        }
    }

    /// The sum of the squares that the line through the points from `from` to before `to` leaves.
    fn residual(&self, from: usize, to: usize) -> f64 {
        let count = (to - from) as f64;
        let y = self.y[to] - self.y[from];
        let xy = self.xy[to] - self.xy[from];
        let yy = self.yy[to] - self.yy[from];
        let mean_x = (from + to - 1) as f64 / 2.0;
        let squares_x = count * (count * count - 1.0) / 12.0;
        let products = xy - mean_x * y;
        yy - y * y / count - products * products / squares_x
    }
}
