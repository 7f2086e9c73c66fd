//! How the watch is: counters and durations, for Prometheus, for the page, and for the table `Health`.
//!
//! In: what each stage has done. Out: text in Prometheus' format, and a summary. Everything is a sum, a maximum or a
//! histogram with fixed bounds, so that it takes the same room however long the watch runs.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use crate::server::wire::{WatchLag, WatchState};

/// The bounds of lags and durations, in seconds: from what nobody notices to what somebody has to look after.
const BOUNDS: [f64; 12] = [
    0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0,
];
/// Rules whose figures are kept each by name; others are summed up under one name.
const RULES_MAX: usize = 1_000;
/// What "a minute" is for whoever looks at the page.
const MINUTE: Duration = Duration::from_secs(60);
/// Batches of the last minute that are kept apart; of more the oldest are summed up.
const BATCHES_MAX: usize = 256;

/// What was counted.
#[derive(Debug, Default)]
pub struct Vitals(Mutex<Figures>);

#[derive(Clone, Debug, Default)]
pub struct Figures {
    pub files: u64,
    pub events: u64,
    pub bad_records: u64,
    pub duplicates: u64,
    pub batches: u64,
    /// Files that were found and are not taken in yet.
    pub waiting_files: u64,
    pub rounds: u64,
    pub hunts: u64,
    /// By status: new, updated, superseded.
    pub alerts: BTreeMap<&'static str, u64>,
    pub held_back: u64,
    /// Problems of the data, by kind, and failures of a stage, by its name.
    pub problems: BTreeMap<String, u64>,
    pub failures: BTreeMap<&'static str, u64>,
    /// By the rule's name: evaluations, failures and seconds.
    pub rules: BTreeMap<String, RuleFigures>,
    pub to_row: Histogram,
    pub to_alert: Histogram,
    pub round: Histogram,
    /// When which number of events was added, within the last minute, and how late the last of them were.
    pub lately: VecDeque<(Instant, u64)>,
    pub lag: Option<Duration>,
    /// The version of the table of events that was judged.
    pub standing_alerts: u64,
    pub incidents: u64,
    /// The time of the last event, in microseconds since 1970.
    pub last_event: Option<i64>,
    /// Everything that was found has been taken in and judged once.
    pub ready: bool,
    /// Why it is not well, if it is not.
    pub trouble: Option<String>,
}

/// A figure of a rule.
type OfRule = fn(&RuleFigures) -> f64;

#[derive(Clone, Debug, Default)]
pub struct RuleFigures {
    pub hunts: u64,
    pub failures: u64,
    pub seconds: f64,
}

#[derive(Clone, Debug, Default)]
pub struct Histogram {
    buckets: [u64; BOUNDS.len()],
    count: u64,
    sum: f64,
}

impl Histogram {
    pub fn add(&mut self, time: Duration) {
        self.add_many(time, 1);
    }

    pub fn add_many(&mut self, time: Duration, count: u64) {
        let seconds = time.as_secs_f64();
        if let Some(at) = BOUNDS.iter().position(|bound| seconds <= *bound) {
            self.buckets[at] += count;
        }
        self.count += count;
        self.sum += seconds * count as f64;
    }

    /// What was added since.
    pub fn since(&self, before: &Histogram) -> Histogram {
        let mut buckets = self.buckets;
        let both = buckets.iter_mut().zip(before.buckets);
        both.for_each(|(now, before)| *now -= before.min(*now));
        Histogram {
            buckets,
            count: self.count.saturating_sub(before.count),
            sum: self.sum - before.sum,
        }
    }

    /// The bound below which a share of all lies.
    pub fn quantile(&self, share: f64) -> Option<f64> {
        let wanted = (self.count as f64 * share).ceil() as u64;
        let mut seen = 0;
        let below = self.buckets.iter().position(|count| {
            seen += count;
            seen >= wanted && seen > 0
        });
        match (self.count, below) {
            (0, _) => None,
            (_, Some(at)) => Some(BOUNDS[at]),
            (_, None) => Some(f64::INFINITY),
        }
    }

    fn write(&self, text: &mut String, name: &str, help: &str) {
        head(text, name, help, "histogram");
        let mut below = 0;
        for (bound, count) in BOUNDS.iter().zip(self.buckets) {
            below += count;
            let _ = writeln!(text, "{name}_bucket{{le=\"{bound}\"}} {below}");
        }
        let _ = writeln!(text, "{name}_bucket{{le=\"+Inf\"}} {}", self.count);
        let _ = writeln!(text, "{name}_sum {}\n{name}_count {}", self.sum, self.count);
    }
}

impl Vitals {
    pub fn change(&self, change: impl FnOnce(&mut Figures)) {
        change(&mut self.lock());
    }

    pub fn now(&self) -> Figures {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Figures> {
        // A panic while it was held left whole numbers behind.
        self.0.lock().unwrap_or_else(|held| held.into_inner())
    }
}

impl Figures {
    /// Alerts that were put out, and failures of rules, in all.
    pub fn sums(&self) -> (u64, u64) {
        let failures = self.rules.values().map(|rule| rule.failures);
        (self.alerts.values().sum(), failures.sum())
    }

    /// The figures of a rule.
    pub fn rule(&mut self, name: &str) -> &mut RuleFigures {
        let is_full = self.rules.len() >= RULES_MAX && !self.rules.contains_key(name);
        let name = if is_full { "(others)" } else { name };
        self.rules.entry(name.to_owned()).or_default()
    }

    /// Notes that events were added, so long after they had been written.
    pub fn added(&mut self, events: u64, lag: Duration, now: Instant) {
        self.lag = Some(lag);
        self.lately.push_back((now, events));
        let is_old = |at: &Instant| now.duration_since(*at) > MINUTE;
        while let Some((at, events)) = self.lately.front().copied() {
            if is_old(&at) {
                self.lately.pop_front();
            } else if self.lately.len() > BATCHES_MAX {
                self.lately.pop_front();
                if let Some(next) = self.lately.front_mut() {
                    next.1 += events;
                }
            } else {
                break;
            }
        }
    }

    /// How far the watch is, for a page: times in seconds, lags as bounds below which so many lie.
    pub fn state(&self) -> WatchState {
        let finite = |bound: Option<f64>| bound.filter(|bound| bound.is_finite());
        let lag = |lag: &Histogram| WatchLag {
            p50: finite(lag.quantile(0.5)),
            p99: finite(lag.quantile(0.99)),
        };
        let lately = self.lately.iter();
        let lately = lately.filter(|(at, _)| at.elapsed() <= MINUTE);
        WatchState {
            ready: self.ready,
            trouble: self.trouble.clone(),
            files: self.files,
            files_waiting: self.waiting_files,
            events: self.events,
            events_a_minute: lately.map(|(_, events)| events).sum(),
            bad_records: self.bad_records,
            alerts: self.standing_alerts,
            incidents: self.incidents,
            last_event: self.last_event.map(|micros| micros as f64 / 1e6),
            lag: self.lag.map(|lag| lag.as_secs_f64()),
            lag_to_row: lag(&self.to_row),
            lag_to_alert: lag(&self.to_alert),
        }
    }

    /// In the text format of Prometheus.
    pub fn metrics(&self) -> String {
        let mut text = String::new();
        let out = &mut text;
        for (name, help, kind, value) in [
            ("files_total", "Files taken in.", "counter", self.files),
            ("events_total", "Events added.", "counter", self.events),
            (
                "bad_records_total",
                "Records that could not be read.",
                "counter",
                self.bad_records,
            ),
            (
                "duplicates_total",
                "Events that were there before.",
                "counter",
                self.duplicates,
            ),
            (
                "batches_total",
                "Batches committed.",
                "counter",
                self.batches,
            ),
            (
                "files_waiting",
                "Files found and not taken in yet.",
                "gauge",
                self.waiting_files,
            ),
            ("rounds_total", "Rounds of judging.", "counter", self.rounds),
            (
                "hunts_total",
                "Hunts over a part of the lake.",
                "counter",
                self.hunts,
            ),
            (
                "alerts_held_back_total",
                "Alerts that the allow-list held back.",
                "counter",
                self.held_back,
            ),
            (
                "alerts_standing",
                "Alerts that stand.",
                "gauge",
                self.standing_alerts,
            ),
            ("incidents", "Incidents.", "gauge", self.incidents),
            (
                "ready",
                "1 once everything that was found has been judged.",
                "gauge",
                u64::from(self.ready),
            ),
        ] {
            let name = format!("keyline_{name}");
            head(out, &name, help, kind);
            let _ = writeln!(out, "{name} {value}");
        }
        if let Some(last) = self.last_event {
            let name = "keyline_last_event_seconds";
            head(
                out,
                name,
                "The time of the last event, since 1970.",
                "gauge",
            );
            let _ = writeln!(out, "{name} {}", last as f64 / 1e6);
        }
        let name = "keyline_alerts_total";
        head(out, name, "Alerts put out, by what they are.", "counter");
        for (status, count) in &self.alerts {
            let _ = writeln!(out, "{name}{{status=\"{status}\"}} {count}");
        }
        let name = "keyline_problems_total";
        head(out, name, "Problems of the data, by kind.", "counter");
        for (kind, count) in &self.problems {
            let _ = writeln!(out, "{name}{{kind=\"{}\"}} {count}", label(kind));
        }
        let name = "keyline_stage_failures_total";
        head(
            out,
            name,
            "Failures of a stage, which is tried again.",
            "counter",
        );
        for (stage, count) in &self.failures {
            let _ = writeln!(out, "{name}{{stage=\"{stage}\"}} {count}");
        }
        let of_rules: [(&str, &str, OfRule); 3] = [
            ("hunts_total", "Hunts that a rule took part in.", |rule| {
                rule.hunts as f64
            }),
            ("failures_total", "Hunts in which it failed.", |rule| {
                rule.failures as f64
            }),
            ("seconds_total", "Time that it took.", |rule| rule.seconds),
        ];
        for (name, help, value) in of_rules {
            let name = format!("keyline_rule_{name}");
            let name = name.as_str();
            head(out, name, help, "counter");
            for (rule, figures) in &self.rules {
                let _ = writeln!(out, "{name}{{rule=\"{}\"}} {}", label(rule), value(figures));
            }
        }
        let lag = "From the writing of a file to the commit of its events, in seconds.";
        self.to_row.write(out, "keyline_lag_to_row_seconds", lag);
        let lag = "From the writing of a file to the round that judged its events, in seconds.";
        self.to_alert
            .write(out, "keyline_lag_to_alert_seconds", lag);
        let took = "What a round took, in seconds.";
        self.round.write(out, "keyline_round_seconds", took);
        text
    }
}

fn head(text: &mut String, name: &str, help: &str, kind: &str) {
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

/// A label's value: rules are named by strangers.
fn label(value: &str) -> String {
    let value = crate::output::escape(value);
    value.replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_told_as_prometheus_reads_them() {
        let mut figures = Figures {
            events: 7,
            ..Figures::default()
        };
        figures.rule("a \"rule\"\n").hunts = 2;
        figures.to_alert.add(Duration::from_millis(700));
        figures.to_alert.add(Duration::from_secs(9000));
        let text = figures.metrics();
        for line in [
            "keyline_events_total 7",
            "keyline_rule_hunts_total{rule=\"a \\\"rule\\\"\\\\n\"} 2",
            "keyline_lag_to_alert_seconds_bucket{le=\"0.5\"} 0",
            "keyline_lag_to_alert_seconds_bucket{le=\"1\"} 1",
            "keyline_lag_to_alert_seconds_bucket{le=\"+Inf\"} 2",
            "keyline_lag_to_alert_seconds_count 2",
        ] {
            assert!(text.lines().any(|it| it == line), "{line} in\n{text}");
        }
        assert_eq!(figures.to_alert.quantile(0.5), Some(1.0));
        assert_eq!(figures.to_alert.quantile(0.99), Some(f64::INFINITY));
    }

    #[test]
    fn a_page_is_told_what_the_last_minute_was() {
        let mut figures = Figures::default();
        let now = Instant::now();
        for at in 0..BATCHES_MAX as u64 + 40 {
            figures.added(10, Duration::from_millis(300 + at), now);
        }
        let state = figures.state();
        assert!(figures.lately.len() <= BATCHES_MAX + 1);
        assert_eq!(state.events_a_minute, 10 * (BATCHES_MAX as u64 + 40));
        assert_eq!(state.lag, Some(0.3 + (BATCHES_MAX as f64 + 39.0) / 1000.0));
        // Nobody can say how long more than half an hour is.
        figures.to_row.add(Duration::from_secs(9000));
        assert_eq!(figures.state().lag_to_row.p50, None);
        figures.added(7, Duration::ZERO, now + MINUTE * 2);
        assert_eq!(figures.lately.len(), 1);
    }
}
