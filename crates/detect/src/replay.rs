//! Replays a rule's schedule over the span of the data.
//!
//! In: how to evaluate the rule, its schedule, and the times of the events that it can see. Out: its
//! alerts. The evaluations come one by one from an [`Evaluator`], so that this file knows nothing of
//! plans; an evaluator may make many at once behind it.

use std::fmt;

use crate::alert::{Alert, Form};
use crate::episode::{Episodes, Held};
use crate::evidence::Events;
use crate::limits::{ALERTS_PER_RULE_MAX, EVALUATIONS_PER_RULE_MAX, ROWS_PER_EVALUATION_MAX};
use crate::row::Rows;
use crate::schedule::{self, Schedule};

/// One evaluation: what `now()` is, and what of the tables is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instant {
    pub now: i64,
    /// From and to, both included; `None` sees everything.
    pub window: Option<(i64, i64)>,
}

/// Gives the rows of a rule at an instant.
pub trait Evaluator {
    /// Why a failed evaluation fails the whole rule is in the text of the error.
    fn evaluate(&mut self, instant: Instant) -> Result<Rows, String>;
}

/// The time that is replayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first and the last event of the data.
    pub events: (i64, i64),
    /// Evaluations outside are not made.
    pub since: Option<i64>,
    pub until: Option<i64>,
    /// The `now` of rules without a schedule; the last event's time when absent.
    pub as_of: Option<i64>,
}

impl Span {
    /// The first and last event between the bounds; `None` when nothing lies between them.
    fn bounded(&self) -> Option<(i64, i64)> {
        let first = self
            .since
            .map_or(self.events.0, |since| since.max(self.events.0));
        let last = self
            .until
            .map_or(self.events.1, |until| until.min(self.events.1));
        (first <= last).then_some((first, last))
    }

    /// The first and the last tick to evaluate.
    pub fn tick_range(&self, frequency: i64) -> Option<(i64, i64)> {
        Some(schedule::tick_range(frequency, self.bounded()?))
    }
}

/// What came of one rule.
#[derive(Debug, Default)]
pub struct Replayed {
    pub alerts: Vec<Alert>,
    pub evaluations: usize,
    pub rows: usize,
    /// Limits that were hit, in words.
    pub limits: Vec<String>,
}

#[derive(Debug)]
pub struct ReplayError(pub String);

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ReplayError {}

/// `times`: of the events that the rule can see, ascending.
pub fn replay(
    form: &Form<'_>,
    schedule: &Schedule,
    times: &[i64],
    span: Span,
    evaluator: &mut dyn Evaluator,
    events: &dyn Events,
) -> Result<Replayed, ReplayError> {
    let mut run = Run {
        form,
        episodes: Episodes::default(),
        replayed: Replayed::default(),
    };
    match schedule {
        Schedule::Once => {
            let first = span.since.unwrap_or(span.events.0);
            let now = span.as_of.or(span.until).unwrap_or(span.events.1);
            let window = match form.rule.query.has_time_placeholders() {
                // Its own text says what it sees, and some look back from the start of the span.
                true => None,
                false => Some((first, span.until.unwrap_or(span.events.1).max(first))),
            };
            let held = Held {
                tick: now,
                from: first,
                until: now,
            };
            run.evaluate(evaluator, Instant { now, window }, &[held])?;
        }
        Schedule::Ticks {
            frequency,
            period,
            boundaries,
        } => {
            if let Some(bounds) = span.bounded() {
                let ticks = schedule::ticks(*frequency, boundaries, times, bounds);
                let ticks = ticks.ok_or_else(|| {
                    ReplayError(format!(
                        "needs more than {EVALUATIONS_PER_RULE_MAX} evaluations"
                    ))
                })?;
                let (_, last) = schedule::tick_range(*frequency, bounds);
                run.ticks(evaluator, &ticks, (*frequency, *period, last), bounds.1)?;
            }
        }
    }
    Ok(run.finish(events))
}

/// The same from the rows of those ticks at which there are any, handed in one tick after another. For
/// triggers that need rows.
pub struct RowsReplay<'f> {
    run: Run<'f>,
    period: i64,
    asleep_until: i64,
}

impl<'f> RowsReplay<'f> {
    pub fn new(form: &'f Form<'f>, period: i64) -> RowsReplay<'f> {
        let run = Run {
            form,
            episodes: Episodes::default(),
            replayed: Replayed::default(),
        };
        RowsReplay {
            run,
            period,
            asleep_until: i64::MIN,
        }
    }

    pub fn take(&mut self, tick: i64, rows: Rows) -> Result<(), ReplayError> {
        if tick < self.asleep_until {
            return Ok(());
        }
        let from = tick.saturating_sub(self.period);
        let instant = Instant {
            now: tick,
            window: Some((from, tick)),
        };
        let until = tick;
        let fired = self
            .run
            .take(rows, instant, &[Held { tick, from, until }])?;
        if fired && let Some(rest) = self.run.form.rule.suppression {
            self.asleep_until = tick.saturating_add(rest);
        }
        Ok(())
    }

    /// `evaluations`: how many ticks there were, those without rows included.
    pub fn finish(mut self, evaluations: usize, events: &dyn Events) -> Replayed {
        self.run.replayed.evaluations = evaluations;
        self.run.finish(events)
    }
}

struct Run<'f> {
    form: &'f Form<'f>,
    episodes: Episodes,
    replayed: Replayed,
}

impl Run<'_> {
    fn finish(self, events: &dyn Events) -> Replayed {
        let Run {
            form,
            episodes,
            mut replayed,
        } = self;
        let mut episodes = episodes.finish();
        if episodes.len() > ALERTS_PER_RULE_MAX {
            let message = format!(
                "{} alerts, of which the first {ALERTS_PER_RULE_MAX} are given",
                episodes.len()
            );
            replayed.limits.push(message);
            episodes.truncate(ALERTS_PER_RULE_MAX);
        }
        replayed.alerts = episodes
            .into_iter()
            .map(|e| form.alert(e, events))
            .collect();
        replayed
    }

    fn ticks(
        &mut self,
        evaluator: &mut dyn Evaluator,
        ticks: &[i64],
        (frequency, period, last): (i64, i64, i64),
        until: i64,
    ) -> Result<(), ReplayError> {
        // Suppression stops the rule for a while after each alert. A result that still holds when the
        // rule wakes up raises the next alert at that tick.
        let mut asleep_until = i64::MIN / 2;
        for (at, tick) in ticks.iter().enumerate() {
            let until_tick = ticks.get(at + 1).map_or(last, |next| next - frequency);
            let first = schedule::tick_range(frequency, (asleep_until, 0))
                .0
                .max(*tick);
            if first > until_tick {
                continue;
            }
            let instant = Instant {
                now: *tick,
                window: Some((tick.saturating_sub(period), (*tick).min(until))),
            };
            let held = |first: i64, last: i64| Held {
                tick: first,
                from: first.saturating_sub(period),
                until: last,
            };
            let Some(rest) = self.form.rule.suppression else {
                self.evaluate(evaluator, instant, &[held(first, until_tick)])?;
                continue;
            };
            let stride = schedule::tick_range(frequency, (rest, 0)).0.max(frequency);
            let times = (until_tick - first) / stride;
            let last = first + times * stride;
            let all: Vec<Held> = match stride <= period {
                // Each alert falls into the episode of the one before.
                true => vec![held(first, last)],
                false => {
                    let times = times.min(ALERTS_PER_RULE_MAX as i64);
                    (0..=times)
                        .map(|n| first + n * stride)
                        .map(|tick| held(tick, tick))
                        .collect()
                }
            };
            if self.evaluate(evaluator, instant, &all)? {
                asleep_until = last.saturating_add(rest);
            }
        }
        Ok(())
    }

    fn evaluate(
        &mut self,
        evaluator: &mut dyn Evaluator,
        instant: Instant,
        held: &[Held],
    ) -> Result<bool, ReplayError> {
        let rows = evaluator.evaluate(instant).map_err(ReplayError)?;
        self.take(rows, instant, held)
    }

    /// Takes the rows of one evaluation; whether they raised an alert.
    fn take(
        &mut self,
        mut rows: Rows,
        instant: Instant,
        held: &[Held],
    ) -> Result<bool, ReplayError> {
        self.replayed.evaluations += 1;
        self.replayed.rows += rows.rows.len();
        let fired = self.form.rule.trigger.fires(rows.rows.len());
        if !fired {
            return Ok(false);
        }
        if rows.rows.len() > ROWS_PER_EVALUATION_MAX {
            let at = crate::row::time(instant.now);
            let message =
                format!("more than {ROWS_PER_EVALUATION_MAX} rows at {at}: the rest is left out");
            self.replayed.limits.push(message);
            rows.rows.truncate(ROWS_PER_EVALUATION_MAX);
        }
        let window = instant.window.unwrap_or((i64::MIN, instant.now));
        let findings = self.form.findings(&rows, window);
        for held in held {
            self.episodes.add(*held, findings.clone());
        }
        if self.episodes.len() > 10 * ALERTS_PER_RULE_MAX {
            return Err(ReplayError(format!(
                "gives more than {} alerts: the rule matches nearly everything",
                10 * ALERTS_PER_RULE_MAX
            )));
        }
        Ok(true)
    }
}
