//! A round of the watch: what came into the lake since the last one is judged by the rules.
//!
//! In: the lake, and what time it is. Out: alerts, which are put out first, then kept in the lake, and last the note of
//! how far it is, so that a crash anywhere loses none and doubles none. Lineage is kept up with the events; rules
//! are evaluated at the ticks that new events touch and that are due, all rules over one reading of what they need.
//! Rules of one event are evaluated in the round itself. The others look back for hours and weeks: while a watch goes
//! on they are hunted beside the rounds (`flight.rs`), a round takes up what was found when it is, and what has become
//! due meanwhile waits for the next flight.
//! Deliberately not here: which ticks those are (`keyline_detect::watch`), and threads (`pipeline.rs`).

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use keyline_detect::alert::Alert;
use keyline_detect::check::{Times, check};
use keyline_detect::hunt::{HuntReport, RuleCost, RuleStats};
use keyline_detect::incident::{self, Incident};
use keyline_detect::incident_log;
use keyline_detect::load::Loaded;
use keyline_detect::problem::FailedRule;
use keyline_detect::replay::Span;
use keyline_detect::rule::Rule;
use keyline_detect::watch::{Clock, Range, Timing, fingerprint, merged};
use keyline_detect::watch_lineage::Marks;
use keyline_lake::LogOptions;
use keyline_lake::delta::{Added, Lake};
use keyline_lake::lineage::{Followed, Lineage};
use serde_json::Map;

use super::flight::{Flight, Hunt, Hunter, Landed};
use super::state::{RuleState, State};
use super::{PutOut, Subject, document};
use crate::allow;
use crate::cli::Context;
use crate::cli::hunt::Hunted;
use crate::cli::rules::load_rules;
use crate::data::{self, EngineReferences, TICKS_PER_MICROSECOND};
use crate::intake::log_options;
use crate::saved_alerts::Book;
use crate::saved_incidents::Log;
use crate::units::wall_clock_micros;

/// Between two tries of a rule that failed.
const FAILED_RULE_RESTS: Duration = Duration::from_secs(600);
/// Between two evaluations of the rules that look at everything.
const WHOLE_EVERY: Duration = Duration::from_secs(24 * 3600);
/// Between two keepings of lineage: it is written whole each time.
const LINEAGE_EVERY: Duration = Duration::from_secs(3600);
/// So many times as long as a hunt beside the rounds took none begins: late events come all the time, and each would
/// have everything that looks back evaluated anew.
const FLIGHT_RESTS: u32 = 2;
/// The gap below which touched times are one range: rules look at an hour at least.
const TOUCHED_GAP: i64 = 3600 * 10_000_000;

/// A rule as it is watched.
struct Watched {
    rule: Rule,
    timing: Timing,
    hash: String,
    /// When it failed last.
    failed: Option<Instant>,
}

impl Watched {
    /// Whether it has failed, and is not tried again yet.
    fn rests(&self) -> bool {
        self.failed
            .is_some_and(|at| at.elapsed() < FAILED_RULE_RESTS)
    }
}

/// What a round has done.
#[derive(Debug, Default)]
pub struct Round {
    /// Events that were new.
    pub events: u64,
    /// Alerts that were put out, each with its status.
    pub alerts: Vec<(Alert, &'static str)>,
    pub costs: Vec<RuleCost>,
    pub failed_rules: Vec<FailedRule>,
    /// Alerts that the allow-list held back.
    pub held_back: usize,
    /// Evaluations that were made, as hunts over a part of the lake.
    pub hunts: usize,
    /// Something is hunted beside the rounds, or waits for it; a later one takes it up.
    pub flies: bool,
    pub took: Duration,
    /// Alerts and incidents there are in all.
    pub standing: u64,
    pub incidents: u64,
    /// In microseconds since 1970.
    pub last_event: Option<i64>,
}

impl Round {
    /// Whether anything has changed.
    pub fn is_news(&self) -> bool {
        self.events > 0 || !self.alerts.is_empty()
    }
}

pub struct Judge {
    lake: Lake,
    context: Context,
    loaded: Loaded,
    watched: Vec<Watched>,
    hunter: Hunter,
    options: LogOptions,
    flight: Option<Flight>,
    /// Nothing flies before: hunts have a share of the machine, and no more.
    rests_until: Instant,
    followed: Followed,
    marks: Marks,
    state: State,
    /// What was saved of the state.
    saved: Option<Vec<u8>>,
    book: Book,
    log: Log,
    incidents: Vec<Incident>,
    /// What came of each rule the last time, by id.
    stats: BTreeMap<String, RuleStats>,
    failed: BTreeMap<String, FailedRule>,
    whole: Option<Instant>,
    /// When lineage was kept, and of which version.
    lineage_kept: Option<(Instant, u64)>,
    keeping: Option<JoinHandle<Result<(), keyline_lake::Error>>>,
}

impl Judge {
    /// Loads the rules and takes up what a watch before has left. Blocks.
    pub fn open(subject: &Subject, context: &Context) -> Result<Judge> {
        let lake = Lake::open_or_make(&subject.location)?;
        let loaded = load_rules(&subject.rules, context)?;
        let references = data::references(&subject.references, context)?;
        let options = log_options(&subject.data, context)?;
        let state = State::read(&lake)?;
        let production = data::production(&context.config.estate);
        let mut judge = Judge {
            followed: Followed::new(&lake, production, options.clone()),
            watched: watched(&loaded, subject, context)?,
            hunter: Hunter {
                lake: lake.clone(),
                subject: subject.clone(),
                context: context.clone(),
                references: Arc::new(EngineReferences(references)),
            },
            flight: None,
            rests_until: Instant::now(),
            book: Book::open(&lake)?,
            log: Log::open(&lake)?,
            marks: Marks::default(),
            saved: None,
            incidents: Vec::new(),
            stats: BTreeMap::new(),
            failed: BTreeMap::new(),
            whole: None,
            lineage_kept: None,
            keeping: None,
            context: context.clone(),
            lake,
            loaded,
            options,
            state,
        };
        judge.take_up()?;
        Ok(judge)
    }

    /// How many rules are watched.
    pub fn rules(&self) -> usize {
        self.watched.len()
    }

    /// Lineage as it was when the state was kept.
    fn take_up(&mut self) -> Result<()> {
        for (id, end) in &self.state.open {
            self.book.extend(id, *end);
        }
        let Some(version) = self.state.version else {
            return Ok(());
        };
        match self.lake.added_until(version)? {
            Some(before) => {
                self.followed.add(&before, wall_clock_micros())?;
                self.marks = Marks::of(self.followed.forest());
            }
            // What was known then cannot be told any more: everything is judged again.
            None => self.state.version = None,
        }
        Ok(())
    }

    /// All that stands now, as a hunt over the whole lake would have it. Blocks.
    pub fn hunted(&self) -> Result<Hunted> {
        let logs = self.lake.logs(self.options.clone())?;
        let forest = self.followed.forest().clone();
        let lineage = Lineage::known(&logs, self.followed.production().clone(), forest.clone());
        let mut alerts: Vec<Alert> = self.book.standing().cloned().collect();
        alerts.sort_by(|a, b| {
            (&a.start_time, &a.rule_id, &a.alert_id).cmp(&(&b.start_time, &b.rule_id, &b.alert_id))
        });
        incident::group_again(
            &mut alerts,
            &forest,
            forest.last_event().unwrap_or(i64::MAX),
        );
        let report = HuntReport {
            alerts,
            incidents: self.incidents.clone(),
            failed_rules: self.failed.values().cloned().collect(),
            rules: self.stats.values().cloned().collect(),
            coverage: logs.survey()?,
            ..HuntReport::default()
        };
        Ok(Hunted {
            report,
            suppressed: Vec::new(),
            loaded: self.loaded.clone(),
            logs,
            lineage,
        })
    }

    /// Judges what is new. `now` is in ticks; without it all ticks are due.
    pub fn round(&mut self, now: Option<i64>, put_out: &PutOut) -> Result<Round> {
        let begun = Instant::now();
        let mut round = Round::default();
        self.land(&mut round)?;
        let added = self.lake.added_since(self.state.version)?;
        round.events = added.rows;
        let touched = self.follow(&added)?;
        let Some(events) = self.followed.span() else {
            return Ok(round);
        };
        let ticks = |micros: i64| micros.saturating_mul(TICKS_PER_MICROSECOND);
        let clock = Clock {
            events: (ticks(events.0), ticks(events.1)),
            now,
        };
        self.evaluate(&touched, &clock, &added, &mut round)?;
        match clock.now {
            None => self.evaluate_whole(&clock, &added, &mut round)?,
            Some(_) => self.fly(&clock)?,
        }
        round.flies = clock.now.is_some() && self.has_to_fly();
        self.state.version = Some(added.version);
        self.finish(&clock, put_out, &mut round)?;
        round.standing = self.book.standing().count() as u64;
        round.incidents = self.incidents.len() as u64;
        round.last_event = Some(events.1);
        round.took = begun.elapsed();
        Ok(round)
    }

    /// Brings lineage up to the events; the times that were touched, for rules that read events, and for those that
    /// read lineage.
    fn follow(&mut self, added: &Added) -> Result<[Vec<Range>; 2]> {
        let ticks = |(from, until): (i64, i64)| {
            let ticks = |micros: i64| micros.saturating_mul(TICKS_PER_MICROSECOND);
            (ticks(from), ticks(until))
        };
        let events = merged(added.spans().map(ticks).collect(), TOUCHED_GAP);
        if added.is_empty() && !added.whole {
            return Ok([events.clone(), events]);
        }
        self.followed.add(added, wall_clock_micros())?;
        let mut lineage = events.clone();
        if self.watched.iter().any(|watched| watched.timing.of_lineage) {
            let marks = Marks::of(self.followed.forest());
            lineage.extend(self.marks.touched(&marks).into_iter().map(ticks));
            self.marks = marks;
        }
        Ok([events, merged(lineage, TOUCHED_GAP)])
    }

    /// Evaluates the rules that have ticks.
    fn evaluate(
        &mut self,
        [events, lineage]: &[Vec<Range>; 2],
        clock: &Clock,
        added: &Added,
        round: &mut Round,
    ) -> Result<()> {
        let mut waiting: BTreeMap<usize, Vec<Range>> = BTreeMap::new();
        let mut turned = HashSet::new();
        for (at, watched) in self.watched.iter().enumerate() {
            let Watched {
                rule, timing, hash, ..
            } = watched;
            if timing.ticks.is_none() {
                continue;
            }
            let state = self.state.rules.entry(rule.id.clone()).or_default();
            if added.whole || state.hash != *hash {
                *state = RuleState {
                    hash: hash.clone(),
                    ..RuleState::default()
                };
            }
            let touched = match timing.of_lineage {
                true => lineage,
                false => events,
            };
            let before = state.evaluated();
            let mut ranges = timing.ranges(touched, before, clock);
            let reached = before.map(|before| before.until);
            if !state.pending.is_empty() || ranges.iter().any(|range| Some(range.1) > reached) {
                turned.insert(at);
            }
            ranges.append(&mut state.pending);
            let ranges = timing.merged(ranges);
            if let Some(evaluated) = timing.evaluated(clock) {
                state.evaluated = Some((evaluated.from, evaluated.until));
            }
            // What looks back for long is hunted beside the rounds.
            let waits = !timing.at_once || watched.rests();
            if waits && clock.now.is_some() {
                state.pending = ranges;
            } else if !ranges.is_empty() {
                waiting.insert(at, ranges.into_iter().rev().collect());
            }
        }
        if clock.now.is_some() {
            self.sift(&mut waiting, &turned, added)?;
        }
        loop {
            let next = waiting
                .iter_mut()
                .filter_map(|(at, ranges)| Some((*at, ranges.pop()?)));
            let next: Vec<(usize, Range)> = next.collect();
            if next.is_empty() {
                return Ok(());
            }
            self.hunt(&next, round)?;
        }
    }

    /// Leaves those rules of one event that find something in the new ones. For the others nothing has changed but
    /// that ticks have come due, which see old events: those are hunted beside the rounds.
    fn sift(
        &mut self,
        waiting: &mut BTreeMap<usize, Vec<Range>>,
        turned: &HashSet<usize>,
        added: &Added,
    ) -> Result<()> {
        if waiting.is_empty() {
            return Ok(());
        }
        let hit = match added.is_empty() || added.whole {
            // Where all is new it is hunted as what has come due.
            true => HashSet::new(),
            false => self.found_in(waiting, added)?,
        };
        waiting.retain(|at, ranges| {
            let id = &self.watched[*at].rule.id;
            let is_hit = hit.contains(id);
            if !is_hit && (turned.contains(at) || added.whole) {
                let state = self.state.rules.entry(id.clone()).or_default();
                state.pending = std::mem::take(ranges);
                state.pending.reverse();
            }
            is_hit
        });
        Ok(())
    }

    /// The ids of the rules that find something in what was added, or fail over it.
    fn found_in(
        &self,
        waiting: &BTreeMap<usize, Vec<Range>>,
        added: &Added,
    ) -> Result<HashSet<String>> {
        let spans = waiting.iter().filter_map(|(at, ranges)| {
            // They are in the order in which they are taken from the end.
            let events = (ranges.last()?.0, ranges.first()?.1);
            let span = Span {
                events,
                since: None,
                until: None,
                as_of: None,
            };
            Some((self.watched[*at].rule.clone(), span))
        });
        let hunt = Hunt {
            rules: spans.collect(),
            options: self.options.clone(),
        };
        let lineage = (self.followed.forest(), self.followed.production());
        let report = self
            .hunter
            .hunt(&hunt, Some(added), lineage, self.options.threads)?;
        let found = report.alerts.into_iter().map(|alert| alert.rule_id);
        let failed = report.failed_rules.into_iter();
        let failed = failed.filter_map(|rule| rule.rule_id);
        Ok(found.chain(failed).collect())
    }

    /// Evaluates each of these rules in its range, all over one reading.
    fn hunt(&mut self, rules: &[(usize, Range)], round: &mut Round) -> Result<()> {
        let hunt = self.hunt_of(rules);
        let lineage = (self.followed.forest(), self.followed.production());
        let report = self
            .hunter
            .hunt(&hunt, None, lineage, self.options.threads)?;
        self.settle(rules, report, round);
        Ok(())
    }

    /// What has to be read to evaluate each of these rules in its range.
    fn hunt_of(&self, rules: &[(usize, Range)]) -> Hunt {
        let mut episodes: HashMap<&str, Vec<Range>> = HashMap::new();
        for alert in self.book.standing() {
            let of_rule = episodes.entry(&alert.rule_id).or_default();
            of_rule.push(alert.episode);
        }
        let (mut since, mut until) = (i64::MAX, i64::MIN);
        let mut spans = Vec::new();
        for (at, range) in rules {
            let Watched { rule, timing, .. } = &self.watched[*at];
            let known = episodes.get(rule.id.as_str()).into_iter().flatten();
            let wide = match timing.ticks {
                Some((_, period)) => {
                    let wide = timing.widened(*range, known.copied());
                    since = since.min(wide.0.saturating_sub(period));
                    until = until.max(wide.1);
                    wide
                }
                None => {
                    (since, until) = (i64::MIN, i64::MAX);
                    *range
                }
            };
            spans.push((
                rule.clone(),
                Span {
                    events: wide,
                    since: None,
                    until: None,
                    as_of: None,
                },
            ));
        }
        let micros = |ticks: i64| ticks.div_euclid(TICKS_PER_MICROSECOND);
        let options = LogOptions {
            since: (since > i64::MIN).then(|| micros(since)),
            until: (until < i64::MAX).then(|| micros(until).saturating_add(1)),
            ..self.options.clone()
        };
        Hunt {
            rules: spans,
            options,
        }
    }

    /// Takes what a hunt has found for what stands in the ranges.
    fn settle(&mut self, rules: &[(usize, Range)], report: HuntReport, round: &mut Round) {
        let failed = self.note(&report, round);
        let mut found = self.by_rule(report, round);
        for (at, range) in rules {
            let Watched { rule, timing, .. } = &self.watched[*at];
            if failed.contains(&rule.id) {
                self.watched[*at].failed = Some(Instant::now());
                let Watched { rule, timing, .. } = &self.watched[*at];
                if timing.ticks.is_some() {
                    let state = self.state.rules.entry(rule.id.clone()).or_default();
                    state.pending.push(*range);
                }
                continue;
            }
            let found = found.remove(&rule.id).unwrap_or_default();
            let known = self.book.standing().filter(|it| it.rule_id == rule.id);
            let known = known.map(|alert| (alert.alert_id.as_str(), alert.episode));
            let (stand, gone) = timing.settled(*range, known, found);
            settle(&mut self.book, &stand, &gone);
            self.watched[*at].failed = None;
        }
    }

    /// Takes up what was hunted beside the rounds, if that is over.
    fn land(&mut self, round: &mut Round) -> Result<()> {
        let Some(flight) = self.flight.take_if(|flight| flight.is_over()) else {
            return Ok(());
        };
        let Landed {
            rules,
            report,
            took,
        } = flight.land()?;
        self.rests_until = Instant::now() + took * FLIGHT_RESTS;
        self.settle(&rules, report, round);
        Ok(())
    }

    /// Has hunted beside the rounds what waits for it: rules that look at everything once a day, else those with ticks,
    /// of each rule one range.
    fn fly(&mut self, clock: &Clock) -> Result<()> {
        if self.flight.is_some() || Instant::now() < self.rests_until {
            return Ok(());
        }
        let mut rules: Vec<(usize, Range)> = Vec::new();
        if self.whole.is_none_or(|at| at.elapsed() >= WHOLE_EVERY) {
            self.whole = Some(Instant::now());
            let without = |(_, watched): &(usize, &Watched)| watched.timing.ticks.is_none();
            let all = self.watched.iter().enumerate().filter(without);
            rules.extend(all.map(|(at, _)| (at, clock.events)));
        }
        if rules.is_empty() {
            for (at, watched) in self.watched.iter().enumerate() {
                let state = self.state.rules.get_mut(&watched.rule.id);
                let waiting = state.filter(|state| !state.pending.is_empty());
                if let Some(state) = waiting.filter(|_| !watched.rests()) {
                    rules.push((at, state.pending.remove(0)));
                }
            }
        }
        if !rules.is_empty() {
            let hunt = self.hunt_of(&rules);
            let forest = self.followed.forest().clone();
            let production = self.followed.production().clone();
            // The rounds go on meanwhile, and need the machine too.
            let threads = self.options.threads.div_ceil(2);
            let hunter = self.hunter.clone();
            let hunting = move || hunter.hunt(&hunt, None, (&forest, &production), threads);
            self.flight = Some(Flight::begin(rules, hunting)?);
        }
        Ok(())
    }

    fn has_to_fly(&self) -> bool {
        let waits = |watched: &Watched| {
            let state = self.state.rules.get(&watched.rule.id);
            !watched.rests() && state.is_some_and(|state| !state.pending.is_empty())
        };
        self.flight.is_some() || self.watched.iter().any(waits)
    }

    /// How far it is, as it is to be taken up by the next watch: what flies has not been evaluated.
    fn state_to_keep(&self) -> State {
        let mut state = self.state.clone();
        for (at, range) in self.flight.iter().flat_map(Flight::rules) {
            let watched = &self.watched[*at];
            if watched.timing.ticks.is_some() {
                let of_rule = state.rules.entry(watched.rule.id.clone()).or_default();
                of_rule.pending.push(*range);
            }
        }
        state
    }

    /// Rules without ticks look at everything, where all is to be evaluated.
    fn evaluate_whole(&mut self, clock: &Clock, added: &Added, round: &mut Round) -> Result<()> {
        let without = |at: &usize| self.watched[*at].timing.ticks.is_none();
        let rules = (0..self.watched.len()).filter(without);
        let rules: Vec<(usize, Range)> = rules.map(|at| (at, clock.events)).collect();
        if rules.is_empty() || (added.is_empty() && self.whole.is_some()) {
            return Ok(());
        }
        self.whole = Some(Instant::now());
        self.hunt(&rules, round)
    }

    /// Notes what a hunt cost; the ids of the rules that failed.
    fn note(&mut self, report: &HuntReport, round: &mut Round) -> HashSet<String> {
        for stats in &report.rules {
            self.failed.remove(&stats.rule_id);
            self.stats.insert(stats.rule_id.clone(), stats.clone());
        }
        for failed in &report.failed_rules {
            let id = failed.rule_id.as_ref().unwrap_or(&failed.file);
            self.failed.insert(id.clone(), failed.clone());
        }
        round.hunts += 1;
        round.costs.extend(report.costs.iter().cloned());
        round
            .failed_rules
            .extend(report.failed_rules.iter().cloned());
        let failed = report.failed_rules.iter();
        failed.filter_map(|rule| rule.rule_id.clone()).collect()
    }

    /// The alerts of a hunt by rule, those left out that the allow-list holds back.
    fn by_rule(&self, report: HuntReport, round: &mut Round) -> HashMap<String, Vec<Alert>> {
        let mut alerts = report.alerts;
        let held = allow::apply(&mut alerts, &self.context.config.estate.allow);
        round.held_back += held.len();
        let mut found: HashMap<String, Vec<Alert>> = HashMap::new();
        for alert in alerts {
            found.entry(alert.rule_id.clone()).or_default().push(alert);
        }
        found
    }

    /// Puts out and keeps what is new, and notes how far it is.
    fn finish(&mut self, clock: &Clock, put_out: &PutOut, round: &mut Round) -> Result<()> {
        self.group(clock);
        let news = self.book.news();
        round.alerts = news
            .map(|(alert, status)| (alert.clone(), status))
            .collect();
        if !round.alerts.is_empty() {
            let documents = round.alerts.iter();
            let documents: Vec<_> = documents.map(|(a, status)| document(a, status)).collect();
            put_out(&documents)?;
        }
        let watched = self.watched.iter().filter_map(|watched| {
            let (id, (_, period)) = (watched.rule.id.as_str(), watched.timing.ticks?);
            let (_, until) = self.state.rules.get(id)?.evaluated?;
            Some((id, (period, until)))
        });
        let periods: HashMap<&str, (i64, i64)> = watched.collect();
        let is_closed = |alert: &Alert| match periods.get(alert.rule_id.as_str()) {
            Some((period, until)) => alert.episode.1 < until.saturating_sub(*period),
            None => true,
        };
        self.state.open = self.book.open_ends(is_closed);
        self.book.commit()?;
        self.put_down(clock)?;
        let mut state = self.state_to_keep();
        let bytes = serde_json::to_vec(&state)?;
        if self.saved.as_ref() != Some(&bytes) {
            state.keep(&self.lake)?;
            self.saved = Some(bytes);
        }
        self.keep_lineage(clock)
    }

    /// Keeps the tables of credentials now and then, on a thread of its own: it is no part of judging.
    fn keep_lineage(&mut self, clock: &Clock) -> Result<()> {
        if self.keeping.as_ref().is_some_and(JoinHandle::is_finished) {
            self.end_keeping()?;
        }
        let version = self.state.version.unwrap_or(0);
        let is_due = match self.lineage_kept {
            None => true,
            Some((_, before)) if before == version => false,
            Some((at, _)) => clock.now.is_none() || at.elapsed() >= LINEAGE_EVERY,
        };
        if is_due && self.keeping.is_none() {
            let (lake, options) = (self.lake.clone(), self.options.clone());
            let forest = self.followed.forest().clone();
            let production = self.followed.production().clone();
            let keep = move || {
                lake.keep_uses(&forest, &production, version, &options)?;
                lake.keep_lineage(&forest, &production, version)
            };
            let thread = thread::Builder::new().name("keyline-lineage".to_owned());
            self.keeping = Some(thread.spawn(keep)?);
            self.lineage_kept = Some((Instant::now(), version));
        }
        // Where everything is to be judged, nobody comes back for it.
        match clock.now {
            None => self.end_keeping(),
            Some(_) => Ok(()),
        }
    }

    fn end_keeping(&mut self) -> Result<()> {
        match self.keeping.take().map(JoinHandle::join) {
            Some(Ok(outcome)) => Ok(outcome?),
            Some(Err(_)) => Err(anyhow!("the keeping of lineage broke off")),
            None => Ok(()),
        }
    }

    /// Tells the new alerts about their credentials, and puts all that stand together.
    fn group(&mut self, clock: &Clock) {
        let forest = self.followed.forest().clone();
        let as_of = instant(clock);
        let news = self
            .book
            .news()
            .filter(|(_, status)| *status != "superseded");
        let mut new: Vec<Alert> = news.map(|(alert, _)| alert.clone()).collect();
        incident::group(&mut new, &forest, as_of);
        for alert in new {
            if let Some(kept) = self.book.get_mut(&alert.alert_id) {
                *kept = alert;
            }
        }
        let mut all: Vec<Alert> = self.book.standing().map(lighter).collect();
        self.incidents = incident::group_again(&mut all, &forest, as_of);
        // An incident keeps its id when its root gets another.
        let records = self.log.records();
        let rule_of = |_: &str| String::new();
        let (_, kept) = incident_log::updated(records, &self.incidents, &rule_of, &forest, as_of);
        for incident in &mut self.incidents {
            if let Some(id) = kept.get(&incident.incident_id) {
                incident.incident_id.clone_from(id);
            }
            for id in &incident.alerts {
                if let Some(alert) = self.book.get_mut(id) {
                    alert.incident_id = Some(incident.incident_id.clone());
                }
            }
        }
    }

    /// Puts down the incidents that are new, or are something else by now.
    fn put_down(&mut self, clock: &Clock) -> Result<()> {
        let forest = self.followed.forest().clone();
        let mut all: Vec<Alert> = self.book.standing().map(lighter).collect();
        let rules: HashMap<String, String> = all
            .iter()
            .map(|alert| (alert.alert_id.clone(), alert.rule_id.clone()))
            .collect();
        let now = instant(clock);
        let incidents = incident::group_again(&mut all, &forest, now);
        let rule_of = |id: &str| rules.get(id).cloned().unwrap_or_default();
        self.log.change(|records| {
            Ok(incident_log::updated(records, &incidents, &rule_of, &forest, now).0)
        })?;
        Ok(())
    }
}

/// Now, in microseconds since 1970; where nobody says it, the time of the last event.
fn instant(clock: &Clock) -> i64 {
    let now = clock.now.unwrap_or(clock.events.1);
    now.div_euclid(TICKS_PER_MICROSECOND)
}

fn settle(book: &mut Book, stand: &[Alert], gone: &[String]) {
    for alert in stand {
        book.set(alert);
    }
    for id in gone {
        book.supersede(id);
    }
}

/// An alert with what an incident is made of.
fn lighter(alert: &Alert) -> Alert {
    let named = |column: &&&str| alert.row.contains_key(**column);
    let columns = ["RecipientAccountId", "UserIdentityAccountId", "AccountId"];
    let columns = columns.iter().filter(named);
    let row = columns.map(|column| ((*column).to_owned(), alert.row[*column].clone()));
    Alert {
        description: String::new(),
        event_ids: Vec::new(),
        custom: Map::new(),
        row: row.collect(),
        ..alert.clone()
    }
}

/// The rules that can be watched. One whose id another has is left out: what it found could not be told apart.
fn watched(loaded: &Loaded, subject: &Subject, context: &Context) -> Result<Vec<Watched>> {
    let schema = data::for_checks(&subject.references, context)?;
    let mut ids = HashSet::new();
    let mut watched = Vec::new();
    for rule in &loaded.rules {
        let checked = check(rule, &schema, &Times::any());
        // What is wrong with it the hunt says, in its words.
        let timing = Timing::of(rule, &checked).unwrap_or(Timing {
            ticks: None,
            at_once: false,
            rests: false,
            of_lineage: false,
            of_nothing: false,
        });
        if !ids.insert(rule.id.clone()) {
            tell!(
                "rule left out: {}: another rule has the id {}",
                crate::output::escape(&rule.file),
                crate::output::escape(&rule.id)
            );
            continue;
        }
        watched.push(Watched {
            timing,
            hash: fingerprint(rule),
            rule: rule.clone(),
            failed: None,
        });
    }
    Ok(watched)
}
