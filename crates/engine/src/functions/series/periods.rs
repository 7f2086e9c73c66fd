//! The periods of a series: which there are, and how well one fits.
//!
//! A period fits as well as the autocorrelation at it, and at the multiples of it within half the
//! series, is high: the least of them counts, from 0 to 1.

use super::spectrum;

/// The least score with which a period is taken for one, where none is asked for.
pub const THRESHOLD: f64 = 0.6;

/// The shortest period that is looked for, where none is given.
const SHORTEST: usize = 4;

pub struct Periods {
    autocorrelation: Vec<f64>,
}

impl Periods {
    pub fn of(series: &[f64]) -> Periods {
        Periods {
            autocorrelation: spectrum::autocorrelation(series),
        }
    }

    pub fn score(&self, period: f64) -> f64 {
        let period = period.round();
        let half = self.autocorrelation.len() / 2;
        if !(period >= 1.0 && period <= half as f64) {
            return 0.0;
        }
        let period = period as usize;
        let multiples = (period..=half).step_by(period);
        let least = multiples.map(|lag| self.autocorrelation[lag]);
        least.fold(1.0, f64::min).max(0.0)
    }

    /// The best periods between two bounds, with their scores, the best first: those at which the
    /// autocorrelation has a peak, but for multiples of a better one.
    pub fn best(&self, shortest: f64, longest: f64, count: usize) -> Vec<(f64, f64)> {
        let half = self.autocorrelation.len() / 2;
        let shortest = shortest.max(2.0).ceil() as usize;
        let longest = longest.min(half as f64).floor().max(0.0) as usize;
        let peak = |lag: &usize| {
            let at = |lag: usize| self.autocorrelation.get(lag).copied().unwrap_or(f64::MIN);
            at(*lag) > at(lag - 1) && at(*lag) >= at(lag + 1)
        };
        let mut found: Vec<(f64, f64)> = (shortest..=longest)
            .filter(peak)
            .map(|lag| (lag as f64, self.score(lag as f64)))
            .filter(|(_, score)| *score > 0.0)
            .collect();
        // Of scores that differ by rounding alone, that of the shorter period counts.
        let rounded = |score: f64| (score * 1e9).round();
        found.sort_by(|a, b| {
            rounded(b.1)
                .total_cmp(&rounded(a.1))
                .then(a.0.total_cmp(&b.0))
        });
        let mut best: Vec<(f64, f64)> = Vec::new();
        for (period, score) in found {
            let multiple = |(known, _): &(f64, f64)| period % known == 0.0;
            if best.len() < count && !best.iter().any(multiple) {
                best.push((period, score));
            }
        }
        best
    }

    /// The one period of a series that has one.
    pub fn only(&self, threshold: f64) -> Option<usize> {
        // Half the series would be one repetition, which shows nothing.
        let longest = (self.autocorrelation.len() as f64 / 2.0).ceil() - 1.0;
        let best = self.best(SHORTEST as f64, longest, 1);
        let (period, score) = best.first()?;
        (*score >= threshold).then_some(*period as usize)
    }
}
