//! What `series_decompose` and its like share: a series as trend, season and rest.

use super::periods::Periods;
use super::regression;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trend {
    Average,
    Line,
    Flat,
}

impl Trend {
    pub fn named(name: &str) -> Option<Trend> {
        match name {
            "avg" => Some(Trend::Average),
            "linefit" => Some(Trend::Line),
            "none" => Some(Trend::Flat),
            _ => None,
        }
    }
}

/// What a call may say beside the series.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// -1: the one that the series has; 0: none.
    pub period: i64,
    pub trend: Trend,
    /// So many points at the end are not learnt from.
    pub test_points: usize,
    pub threshold: f64,
}

pub struct Parts {
    pub baseline: Vec<f64>,
    pub seasonal: Vec<f64>,
    pub trend: Vec<f64>,
    pub residual: Vec<f64>,
}

pub fn decompose(series: &[f64], options: Options) -> Parts {
    let count = series.len();
    let learnt = &series[..count.saturating_sub(options.test_points)];
    let trend = trend(learnt, count, options.trend);
    let flat: Vec<f64> = learnt
        .iter()
        .zip(&trend)
        .map(|(value, trend)| value - trend)
        .collect();
    let period = match options.period {
        -1 => Periods::of(&flat).only(options.threshold),
        period => usize::try_from(period).ok().filter(|period| *period > 0),
    };
    let seasonal = match period {
        Some(period) => seasonal(&flat, period, count),
        None => vec![0.0; count],
    };
    let baseline: Vec<f64> = trend.iter().zip(&seasonal).map(|(a, b)| a + b).collect();
    let residual = series.iter().zip(&baseline).map(|(a, b)| a - b).collect();
    Parts {
        baseline,
        seasonal,
        trend,
        residual,
    }
}

fn trend(learnt: &[f64], count: usize, kind: Trend) -> Vec<f64> {
    match kind {
        Trend::Flat => vec![0.0; count],
        Trend::Average => {
            let mean = learnt.iter().sum::<f64>() / learnt.len().max(1) as f64;
            vec![mean; count]
        }
        Trend::Line => match regression::Line::through(learnt) {
            Some(line) => (0..count).map(|at| line.at(at as f64)).collect(),
            None => vec![learnt.first().copied().unwrap_or(0.0); count],
        },
    }
}

/// For every place the median of the learnt places a multiple of the period away.
pub fn seasonal(learnt: &[f64], period: usize, count: usize) -> Vec<f64> {
    let median = |phase: usize| {
        let mut places: Vec<f64> = learnt.iter().skip(phase).step_by(period).copied().collect();
        places.sort_by(f64::total_cmp);
        match places.len() {
            0 => 0.0,
            count if count % 2 == 1 => places[count / 2],
            count => f64::midpoint(places[count / 2 - 1], places[count / 2]),
        }
    };
    let medians: Vec<f64> = (0..period.min(count)).map(median).collect();
    (0..count).map(|at| medians[at % period]).collect()
}
