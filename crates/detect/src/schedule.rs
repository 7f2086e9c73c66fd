//! When a rule is evaluated: its schedule, and the ticks of it that can give something new.
//!
//! Pure: times in, ticks out, all in ticks of 100 ns since 1970. Ticks are UTC multiples of the
//! frequency, from the first at or after the first event to the first at or after the last.
//!
//! Real data can span decades, so ticks are never counted through: a tick is evaluated only if, since
//! the tick before, an event crossed a boundary that the rule can see. Boundaries are now, the start
//! of the window, and every `ago()` of the query: at all other ticks the query sees the same events on
//! the same sides of them.
//!
//! Near-real-time rules run in Sentinel once a minute over what was ingested in the minute before.
//! Files do not tell when an event was ingested, so here they see one minute of event time.

use serde::Serialize;

use crate::duration::{self, TICKS_PER_MINUTE};
use crate::limits::EVALUATIONS_PER_RULE_MAX;
use crate::rule::{Kind, Rule};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Schedule {
    Ticks {
        /// Ticks of 100 ns between two evaluations.
        frequency: i64,
        /// How far back each sees.
        period: i64,
        /// Offsets back from now at which an event changes sides, ascending: now itself, the `ago()`
        /// of the query, the period.
        boundaries: Vec<i64>,
    },
    /// Once over the whole span of the data.
    Once,
}

/// A schedule and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Derived {
    pub schedule: Schedule,
    pub frequency_from: From,
    pub period_from: From,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum From {
    /// The rule says it.
    Rule,
    /// The smallest (frequency) or largest (period) `ago()` of the query.
    Ago,
    /// The rule gives only the other of the two.
    TheOther,
    /// The rule is near real time.
    NearRealTime,
    /// Neither schedule nor `ago()`: evaluated once.
    Nothing,
}

/// The schedule of a rule whose query calls `ago()` with these constants.
pub fn derive(rule: &Rule, ago_ticks: &[i64]) -> Derived {
    let agos = || ago_ticks.iter().copied().filter(|ticks| *ticks > 0);
    if rule.kind == Kind::Nrt {
        let schedule = with_boundaries(TICKS_PER_MINUTE, TICKS_PER_MINUTE, ago_ticks);
        return Derived {
            schedule,
            frequency_from: From::NearRealTime,
            period_from: From::NearRealTime,
        };
    }
    let own_or = |own: Option<i64>, ago: Option<i64>, other: Option<i64>| {
        own.map(|ticks| (ticks, From::Rule))
            .or(ago.map(|ticks| (ticks, From::Ago)))
            .or(other.map(|ticks| (ticks, From::TheOther)))
    };
    let frequency = own_or(rule.frequency, agos().min(), rule.period);
    let period = own_or(rule.period, agos().max(), rule.frequency);
    match (frequency, period) {
        (Some((frequency, frequency_from)), Some((period, period_from))) => Derived {
            schedule: with_boundaries(frequency, period, ago_ticks),
            frequency_from,
            period_from,
        },
        _ => Derived {
            schedule: Schedule::Once,
            frequency_from: From::Nothing,
            period_from: From::Nothing,
        },
    }
}

fn with_boundaries(frequency: i64, period: i64, ago_ticks: &[i64]) -> Schedule {
    let inside = ago_ticks
        .iter()
        .copied()
        .filter(|ticks| (0..period).contains(ticks));
    let mut boundaries: Vec<i64> = inside.chain([0, period]).collect();
    boundaries.sort_unstable();
    boundaries.dedup();
    Schedule::Ticks {
        frequency,
        period,
        boundaries,
    }
}

impl Derived {
    /// For people: `every 30m over 12h (both from ago())`.
    pub fn describe(&self) -> String {
        let Schedule::Ticks {
            frequency, period, ..
        } = &self.schedule
        else {
            return "once over the whole span (no schedule, no `ago()`)".to_string();
        };
        let why = match (self.frequency_from, self.period_from) {
            (From::Rule, From::Rule) => "",
            (From::NearRealTime, _) => " (near real time)",
            (From::Ago, From::Ago) => " (both from `ago()`)",
            (From::Ago, _) => " (frequency from `ago()`)",
            (_, From::Ago) => " (period from `ago()`)",
            (From::TheOther, _) => " (frequency from the period)",
            _ => " (period from the frequency)",
        };
        format!(
            "every {} over {}{why}",
            duration::format(*frequency),
            duration::format(*period)
        )
    }
}

/// The first and the last tick of a span of events.
pub fn tick_range(frequency: i64, span: (i64, i64)) -> (i64, i64) {
    (ceiling(span.0, frequency), ceiling(span.1, frequency))
}

/// How many ticks there are from the first to the last.
pub fn tick_count(first: i64, last: i64, frequency: i64) -> usize {
    usize::try_from((last.saturating_sub(first)) / frequency + 1).unwrap_or(0)
}

/// The ticks at which to evaluate, ascending: the first one, and all at which an event has crossed a
/// boundary. `times` are those of the events that the rule can see, ascending; `span` that of all
/// events. `None`: more than [`EVALUATIONS_PER_RULE_MAX`].
pub fn ticks(
    frequency: i64,
    boundaries: &[i64],
    times: &[i64],
    span: (i64, i64),
) -> Option<Vec<i64>> {
    let (first, last) = tick_range(frequency, span);
    let mut ticks = vec![first];
    for boundary in boundaries {
        let start = ticks.len();
        for time in times {
            let Some(crossing) = time.checked_add(*boundary) else {
                break;
            };
            // At the first tick not before the crossing the event lies on the boundary or past it; at
            // the first one after the crossing it lies past it. Queries write both `<` and `<=`.
            for tick in [
                ceiling(crossing, frequency),
                ceiling(crossing + 1, frequency),
            ] {
                let is_new = ticks.len() == start || ticks.last().is_some_and(|t| *t < tick);
                if is_new && (first..=last).contains(&tick) {
                    ticks.push(tick);
                }
            }
            if crossing > last {
                break;
            }
        }
        if ticks.len() > EVALUATIONS_PER_RULE_MAX * (boundaries.len() + 1) {
            return None;
        }
    }
    ticks.sort_unstable();
    ticks.dedup();
    (ticks.len() <= EVALUATIONS_PER_RULE_MAX).then_some(ticks)
}

/// The first multiple of the frequency that is not before the time.
fn ceiling(time: i64, frequency: i64) -> i64 {
    let past = time.rem_euclid(frequency);
    if past == 0 {
        time
    } else {
        time.saturating_add(frequency - past)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a query can tell apart at a tick: how many events lie before each boundary, how many on it
    /// or before.
    fn sides(tick: i64, boundaries: &[i64], times: &[i64]) -> Vec<(usize, usize)> {
        let count = |keep: &dyn Fn(i64) -> bool| times.iter().filter(|t| keep(**t)).count();
        boundaries
            .iter()
            .map(|b| (count(&|t| t < tick - b), count(&|t| t <= tick - b)))
            .collect()
    }

    proptest! {
        #[test]
        fn jumping_finds_every_tick_that_the_loop_finds(
            frequency in 1i64..12,
            period in 1i64..40,
            agos in proptest::collection::vec(-3i64..60, 0..3),
            mut times in proptest::collection::vec(-80i64..80, 1..12),
        ) {
            times.sort_unstable();
            let Schedule::Ticks { boundaries, .. } = with_boundaries(frequency, period, &agos)
                else { unreachable!() };
            let span = (times[0], times[times.len() - 1]);
            let (first, last) = tick_range(frequency, span);
            let mut expected = vec![first];
            let mut tick = first;
            while tick < last {
                tick += frequency;
                let before = sides(tick - frequency, &boundaries, &times);
                if before != sides(tick, &boundaries, &times) {
                    expected.push(tick);
                }
            }
            prop_assert_eq!(ticks(frequency, &boundaries, &times, span).unwrap(), expected);
        }
    }

    #[test]
    fn decades_are_jumped() {
        let minute = TICKS_PER_MINUTE;
        let century = 52_560_000 * minute;
        let found = ticks(minute, &[0, minute], &[5, century], (5, century)).unwrap();
        assert_eq!(found, [minute, 2 * minute, century]);
        let extreme = ticks(
            minute,
            &[0, i64::MAX],
            &[5, i64::MAX - 1],
            (5, i64::MAX - 1),
        )
        .unwrap();
        assert_eq!(extreme.len(), 2);
    }
}
