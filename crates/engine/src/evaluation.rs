//! The instant and the window of an evaluation. The engine itself has no clock.

/// One evaluation of a query: what `now()` is, and what of the tables it may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Evaluation {
    /// Ticks of 100 ns since 1970.
    pub now_ticks: i64,
    /// Every catalogue table with a time column is clipped to [from, to], both inclusive, in ticks.
    pub window: Option<(i64, i64)>,
}

impl Evaluation {
    pub fn at(now_ticks: i64) -> Evaluation {
        Evaluation {
            now_ticks,
            window: None,
        }
    }

    pub fn with_window(self, from: i64, to: i64) -> Evaluation {
        Evaluation {
            window: Some((from, to)),
            ..self
        }
    }
}

/// Many evaluations of a query at once: at `first`, `first + frequency`, … up to `last`, each of
/// which sees [tick − period, tick].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticks {
    pub first: i64,
    pub frequency: i64,
    pub last: i64,
    pub period: i64,
}
