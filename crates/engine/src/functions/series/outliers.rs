//! How far outside of the usual the points of a series are, by Tukey's fences.

/// The percentiles between which a value is usual.
#[derive(Clone, Copy, Debug)]
pub struct Fence {
    pub low: f64,
    pub high: f64,
}

impl Fence {
    pub const TUKEY: Fence = Fence {
        low: 25.0,
        high: 75.0,
    };
    pub const CUSTOM: Fence = Fence {
        low: 10.0,
        high: 90.0,
    };

    pub fn named(name: &str) -> Option<Fence> {
        match name {
            "tukey" => Some(Fence::TUKEY),
            "ctukey" => Some(Fence::CUSTOM),
            _ => None,
        }
    }
}

/// For every point the distance beyond its fence, in widths between the fences: 0 inside, negative
/// below. The last `test_points` do not say where the fences are; nor do missing points, whose score
/// is 0.
pub fn scores(series: &[Option<f64>], fence: Fence, test_points: usize) -> Vec<f64> {
    let learnt = &series[..series.len().saturating_sub(test_points)];
    let mut sorted: Vec<f64> = learnt.iter().flatten().copied().collect();
    sorted.sort_by(f64::total_cmp);
    if sorted.is_empty() {
        return vec![0.0; series.len()];
    }
    let (low, high) = (
        percentile(&sorted, fence.low),
        percentile(&sorted, fence.high),
    );
    let score = |value: f64| {
        let beyond = match value {
            value if value > high => value - high,
            value if value < low => value - low,
            _ => return 0.0,
        };
        match high > low {
            true => beyond / (high - low),
            false => f64::INFINITY.copysign(beyond),
        }
    };
    series
        .iter()
        .map(|value| value.map_or(0.0, score))
        .collect()
}

/// Between the two nearest values, as far as the percentile is.
fn percentile(sorted: &[f64], percentage: f64) -> f64 {
    let place = percentage / 100.0 * (sorted.len() - 1) as f64;
    let (below, above) = (place.floor() as usize, place.ceil() as usize);
    sorted[below] + (sorted[above] - sorted[below]) * place.fract()
}
