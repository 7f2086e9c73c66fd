//! The hunt: rules over logs, alerts out.
//!
//! In: rules, opened logs, the tables, references. Out: alerts in a fixed order, and of each rule what
//! became of it. All files are read in one pass that gathers what any rule needs; the rules are then
//! replayed, a few at a time, each over its own events. A rule that fails, or takes too long, fails alone.
//! Nothing is printed here.

use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use keyline_engine::{Catalog, Engine, EngineOptions, References, Ticks, deep};
use keyline_kql::checked::{CheckedQuery, Op, Rel};
use keyline_lake::lineage::Lineage;
use keyline_lake::{Coverage, Cuts, Logs, Need, cut};
use serde::Serialize;

use crate::alert::{Alert, Form};
use crate::check::{CheckedRule, Times, check};
use crate::entity::mappings_of;
use crate::evaluate::{InOnePlan, OneByOne, Remembered, SeenEvents, all_ticks, visible_times};
use crate::evidence::{Events, NoEvents};
use crate::incident::{self, Incident};
use crate::limits::{HEAVY_RULE_BYTES, HEAVY_RULE_ROWS_MIN, HEAVY_RULE_SHARE, RULES_AT_ONCE_MAX};
use crate::prepare::{
    NotRun, Prepared, event_tables, gathered, needs_lookup, over, prepare, usable,
};
use crate::problem::{FailedRule, Problem};
use crate::prune::pruned;
use crate::relations;
use crate::replay::{Replayed, RowsReplay, Span, replay};
use crate::resolve::Resolver;
use crate::row::time;
use crate::rule::Rule;
use crate::schedule::{self, Schedule};
use crate::watched::{looks, needs_data_events, only_data_events};

const TICKS_PER_MICROSECOND: i64 = 10;

pub struct HuntOptions {
    /// In ticks of 100 ns since 1970. Evaluations outside are not made.
    pub since: Option<i64>,
    pub until: Option<i64>,
    /// The `now` of rules that are evaluated once; the last event's time when absent.
    pub as_of: Option<i64>,
    pub engine: EngineOptions,
    /// Rules evaluated at the same time; at most [`RULES_AT_ONCE_MAX`].
    pub threads: usize,
    /// How long one rule may take, reading not counted; a rule that takes longer has failed.
    pub rule_time: Option<Duration>,
    /// Called from any thread.
    pub progress: Option<ProgressCallback>,
}

pub type ProgressCallback = Arc<dyn Fn(Progress<'_>) + Send + Sync>;

/// How far a hunt is.
#[derive(Clone, Copy, Debug)]
pub enum Progress<'a> {
    /// The files are about to be read; the logs' own callback tells more.
    Reading,
    /// A rule is done.
    Rule {
        done: usize,
        total: usize,
        name: &'a str,
    },
}

#[derive(Debug, Default)]
pub struct HuntReport {
    /// By start time, rule and id.
    pub alerts: Vec<Alert>,
    /// The alerts put together by the root of their credentials; the most severe first.
    pub incidents: Vec<Incident>,
    pub failed_rules: Vec<FailedRule>,
    /// Rules that read only tables that the data does not have, with those tables.
    pub rules_with_nothing_to_look_at: Vec<Idle>,
    /// Names of rules that look for data events, where these logs show none that any rule looks for: the trail
    /// may not record them.
    pub rules_without_data_events: Vec<String>,
    /// One for each rule that ran, in the order given.
    pub rules: Vec<RuleStats>,
    /// How far back each rule with a period looks, in ticks of 100 ns.
    pub periods: Vec<i64>,
    /// What each rule took, the one that took longest first.
    pub costs: Vec<RuleCost>,
    /// What reading the logs took.
    pub reading: Duration,
    /// Warnings about rules that ran.
    pub problems: Vec<Problem>,
    pub coverage: Coverage,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Idle {
    pub rule_id: String,
    pub file: String,
    pub tables: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleStats {
    pub rule_id: String,
    pub rule_name: String,
    pub evaluations: usize,
    pub rows: usize,
    pub alerts: usize,
    /// Limits that were hit, in words.
    pub limits: Vec<String>,
}

/// What a rule took. The figures differ from run to run, so they are no part of the document.
#[derive(Clone, Debug)]
pub struct RuleCost {
    pub rule_name: String,
    pub time: Duration,
    /// How many events it looked at, those that it reads twice counted twice; `None` where not counted.
    pub events: Option<u64>,
}

/// The logs could not be read or the engine not be started: no rule has run.
#[derive(Debug)]
pub struct HuntError(String);

impl fmt::Display for HuntError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for HuntError {}

/// `catalog` holds the tables of `logs` among others, `lineage` is that of the same logs.
pub fn hunt(
    rules: &[Rule],
    logs: &Logs,
    lineage: &Lineage,
    catalog: &Catalog,
    references: Arc<dyn References>,
    options: &HuntOptions,
) -> Result<HuntReport, HuntError> {
    let all: Vec<(&Rule, Option<Span>)> = rules.iter().map(|rule| (rule, None)).collect();
    let mut report = replayed(&all, logs, lineage, catalog, references, options)?;
    if !report.alerts.is_empty() {
        let forest = lineage.forest();
        let forest = forest.map_err(|error| HuntError(error.to_string()))?;
        let as_of = options
            .as_of
            .map(|ticks| ticks.div_euclid(TICKS_PER_MICROSECOND));
        let as_of = as_of.or(forest.last_event()).unwrap_or(i64::MAX);
        report.incidents = incident::group(&mut report.alerts, &forest, as_of);
    }
    Ok(report)
}

/// The same without incidents, each rule over a span of its own, where it has one, else over that of the logs.
pub fn replayed(
    rules: &[(&Rule, Option<Span>)],
    logs: &Logs,
    lineage: &Lineage,
    catalog: &Catalog,
    references: Arc<dyn References>,
    options: &HuntOptions,
) -> Result<HuntReport, HuntError> {
    let failed = |error: &dyn fmt::Display| HuntError(error.to_string());
    let references = Arc::new(Remembered::new(references));
    // A rule's tables have a partition for each thread, and several rules run at once.
    let of_one_part = EngineOptions {
        partitions: 1,
        threads: Some(options.threads),
        ..options.engine.clone()
    };
    let engine = Engine::new(&of_one_part, catalog.clone(), references).map_err(|e| failed(&e))?;

    let mut outcomes: BTreeMap<usize, Outcome> = BTreeMap::new();
    let mut prepared = BTreeMap::new();
    let mut needs = Needs::default();
    let all: Vec<Vec<usize>> = (0..rules.len()).map(|at| vec![at]).collect();
    for (at, ready) in in_parallel(options, &all, |at| {
        prepare(rules[at].0, &engine, logs.can_fetch())
    }) {
        match ready {
            Ok(Ok(ready)) => {
                let places = ready.needs.iter().map(|need| needs.place(need));
                let places: Vec<usize> = places.collect();
                prepared.insert(at, (ready, places));
            }
            Ok(Err(NotRun::Failed(why))) => {
                outcomes.insert(at, Outcome::Failed(why));
            }
            Ok(Err(NotRun::Idle(tables))) => {
                outcomes.insert(at, Outcome::Idle(tables));
            }
            Err(panicked) => {
                outcomes.insert(at, panicked);
            }
        }
    }
    report(options, Progress::Reading);
    let begun = Instant::now();
    let cuts = cut(logs, &needs.all).map_err(|e| failed(&e))?;
    let reading = begun.elapsed();
    let hunting = Hunting {
        engine: engine.keeping(),
        lineage,
        cuts: &cuts,
        span: span(cuts.coverage(), options),
        rule_time: options.rule_time,
    };

    // Rules that look at much need the memory, so only as many run at once as it has room for.
    let is_heavy = |at: &usize| {
        let (_, places) = &prepared[at];
        let rows = |place: &usize| cuts.rows(*place).unwrap_or(u64::MAX);
        let most = places.iter().map(rows).max().unwrap_or(0);
        most > (cuts.coverage().events / HEAVY_RULE_SHARE).max(HEAVY_RULE_ROWS_MIN)
    };
    let (heavy, light): (Vec<usize>, Vec<usize>) = prepared.keys().copied().partition(is_heavy);
    let heavy_at_once =
        (options.engine.memory_bytes / HEAVY_RULE_BYTES).clamp(1, options.threads.max(1));
    let heavy = (0..heavy_at_once).map(|first| {
        heavy
            .iter()
            .copied()
            .skip(first)
            .step_by(heavy_at_once)
            .collect()
    });
    let light = light.into_iter().map(|at| vec![at]);
    let queues: Vec<Vec<usize>> = heavy.chain(light).collect();
    let done = AtomicUsize::new(outcomes.len());
    let results = in_parallel(options, &queues, |at| {
        let (ready, places) = &prepared[&at];
        let begun = Instant::now();
        let (rule, span) = rules[at];
        let outcome = hunting.run(rule, span.or(hunting.span), ready, places);
        let cost = RuleCost {
            rule_name: rule.name.clone(),
            time: begun.elapsed(),
            events: places.iter().map(|place| cuts.rows(*place)).sum(),
        };
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        report(
            options,
            Progress::Rule {
                done,
                total: rules.len(),
                name: &rule.name,
            },
        );
        (outcome, cost)
    });
    let mut costs = Vec::new();
    for (at, result) in results {
        let outcome = match result {
            Ok((outcome, cost)) => {
                costs.push(cost);
                outcome
            }
            Err(panicked) => panicked,
        };
        outcomes.insert(at, outcome);
    }
    costs.sort_by_key(|cost| std::cmp::Reverse(cost.time));
    let schedules = prepared
        .values()
        .map(|(ready, _)| &ready.checked.derived.schedule);
    let periods = schedules.filter_map(|schedule| match schedule {
        Schedule::Ticks { period, .. } => Some(*period),
        Schedule::Once => None,
    });
    Ok(HuntReport {
        periods: periods.collect(),
        costs,
        reading,
        rules_without_data_events: without_data_events(rules, &prepared, &cuts),
        ..summary(rules, outcomes, cuts.coverage().clone())
    })
}

/// The needs of all rules, equal ones once.
#[derive(Default)]
struct Needs {
    all: Vec<Need>,
}

impl Needs {
    fn place(&mut self, need: &Need) -> usize {
        let known = self.all.iter().position(|known| known == need);
        known.unwrap_or_else(|| {
            self.all.push(need.clone());
            self.all.len() - 1
        })
    }
}

/// Does the work for each number on a few threads, that of one queue in turn; results in the order of the
/// numbers. A rule that makes the engine panic has failed like any other: the error is ours, but it must
/// not take the other rules with it.
fn in_parallel<T: Send>(
    options: &HuntOptions,
    queues: &[Vec<usize>],
    work: impl Fn(usize) -> T + Sync,
) -> BTreeMap<usize, Result<T, Outcome>> {
    let next = AtomicUsize::new(0);
    let take = || {
        let mut results = Vec::new();
        while let Some(queue) = queues.get(next.fetch_add(1, Ordering::Relaxed)) {
            for number in queue {
                let result = catch_unwind(AssertUnwindSafe(|| work(*number)));
                let panicked = |_| Outcome::Failed("internal error: please report it".to_string());
                results.push((*number, result.map_err(panicked)));
            }
        }
        results
    };
    let threads = options.threads.clamp(1, RULES_AT_ONCE_MAX);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| deep::spawn(scope, take)).collect();
        let results = workers.into_iter().flat_map(|worker| match worker.join() {
            Ok(results) => results,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        results.collect()
    })
}

/// What became of one rule.
enum Outcome {
    Ran(Box<Replayed>, Vec<Problem>),
    Failed(String),
    Idle(Vec<String>),
}

/// What the rules are run with, once the logs are read.
struct Hunting<'a> {
    engine: Engine,
    lineage: &'a Lineage,
    cuts: &'a Cuts,
    span: Option<Span>,
    rule_time: Option<Duration>,
}

impl Hunting<'_> {
    /// `places` are those of the rule's needs in the cuts.
    fn run(&self, rule: &Rule, span: Option<Span>, ready: &Prepared, places: &[usize]) -> Outcome {
        // Without a single event there is no tick.
        let Some(span) = span else {
            return Outcome::Ran(Box::default(), Vec::new());
        };
        let again = match rule.query.has_time_placeholders() {
            false => None,
            true => {
                let times = Times {
                    start: time(span.since.unwrap_or(span.events.0)),
                    end: time(span.until.unwrap_or(span.events.1)),
                };
                match usable(check(rule, self.engine.schema(), &times)) {
                    Ok(again) => Some(again),
                    Err(NotRun::Failed(why)) => return Outcome::Failed(why),
                    Err(NotRun::Idle(tables)) => return Outcome::Idle(tables),
                }
            }
        };
        let (query, checked) = match &again {
            Some((query, checked)) => (query, checked),
            None => (&ready.query, &ready.checked),
        };
        let tables = event_tables(query);
        if tables.len() != places.len() {
            return Outcome::Failed("its query differs with the time that it looks at".to_string());
        }
        let late = ready.late.as_ref().filter(|_| again.is_none());
        let sees_nothing = |rel: &Arc<Rel>| {
            let as_it_was = late.map_or(rel, |late| late.as_it_was(rel));
            let table = |table: &Arc<Rel>| Arc::ptr_eq(table, as_it_was);
            match tables.iter().position(table) {
                Some(at) => self.cuts.is_empty(places[at]),
                None => matches!(&rel.op, Op::Table { name } if self.engine.has_no_rows(name)),
            }
        };
        let evaluated = late.map_or(query, |late| &late.query);
        let pruned = pruned(evaluated, &sees_nothing);
        if pruned.is_none() && !rule.trigger.fires(0) {
            return Outcome::Ran(Box::new(nothing(checked, span)), checked.problems.clone());
        }
        let engine = match self.rule_time {
            Some(limit) => self.engine.with_time_limit(limit),
            None => self.engine.clone(),
        };
        let evaluated = pruned.as_ref().unwrap_or(evaluated);
        let is_broad = |rel: &Arc<Rel>| {
            let as_it_was = late.map_or(rel, |late| late.as_it_was(rel));
            let at = tables
                .iter()
                .position(|table| Arc::ptr_eq(table, as_it_was));
            at.is_some_and(|at| ready.needs[at].is_broad())
        };
        let gathered = gathered(&tables, late, self.lineage, self.cuts, places);
        let engine = gathered.and_then(|tables| {
            over(&engine, evaluated, tables, &is_broad).map_err(|error| error.to_string())
        });
        let engine = match engine {
            Ok(engine) => engine,
            Err(why) => return Outcome::Failed(why),
        };
        let resolver = late.map(|late| Resolver {
            engine: &engine,
            cuts: self.cuts,
            late,
            columns: &query.root.columns,
        });
        let one_by_one = OneByOne {
            engine: &engine,
            query: evaluated,
            resolver: resolver.as_ref(),
        };
        match evaluate(rule, query, checked, one_by_one, span) {
            Ok(replayed) => Outcome::Ran(Box::new(replayed), checked.problems.clone()),
            Err(why) => Outcome::Failed(why),
        }
    }
}

/// What comes of a rule that has nothing to look at, without evaluating it.
fn nothing(checked: &CheckedRule, span: Span) -> Replayed {
    let evaluations = match &checked.derived.schedule {
        Schedule::Once => 1,
        Schedule::Ticks { frequency, .. } => {
            span.tick_range(*frequency).map_or(0, |(first, last)| {
                schedule::tick_count(first, last, *frequency)
            })
        }
    };
    Replayed {
        evaluations,
        ..Replayed::default()
    }
}

/// The query as it stands says which events it sees; what is evaluated may be another form of it.
fn evaluate(
    rule: &Rule,
    query: &CheckedQuery,
    checked: &CheckedRule,
    mut evaluator: OneByOne<'_>,
    span: Span,
) -> Result<Replayed, String> {
    let engine = evaluator.engine;
    let names: Vec<String> = query.root.columns.iter().map(|c| c.name.clone()).collect();
    let form = Form {
        rule,
        mappings: mappings_of(rule, &names),
        plain_columns: relations::plain_columns(&query.root),
    };
    let seen = SeenEvents::new(engine, query);
    let events: &dyn Events = if needs_lookup(query) {
        &seen
    } else {
        &NoEvents
    };
    let schedule = &checked.derived.schedule;
    if let Schedule::Ticks {
        frequency, period, ..
    } = schedule
        && !rule.trigger.fires(0)
    {
        let Some((first, last)) = span.tick_range(*frequency) else {
            return Ok(Replayed::default());
        };
        let ticks = Ticks {
            first,
            frequency: *frequency,
            last,
            period: *period,
        };
        let mut by_rows = RowsReplay::new(&form, *period);
        let mut take = |tick, rows| by_rows.take(tick, rows).map_err(|e| e.to_string());
        if all_ticks(evaluator, &ticks, &mut take)? == InOnePlan::Done {
            let all = schedule::tick_count(first, last, *frequency);
            return Ok(with_limit(by_rows.finish(all, events), &seen));
        }
    }
    let times = match schedule {
        Schedule::Once => Vec::new(),
        Schedule::Ticks { .. } => visible_times(engine, query)?,
    };
    let replayed = replay(&form, schedule, &times, span, &mut evaluator, events);
    Ok(with_limit(replayed.map_err(|e| e.to_string())?, &seen))
}

fn with_limit(mut replayed: Replayed, seen: &SeenEvents<'_>) -> Replayed {
    replayed.limits.extend(seen.limit());
    replayed
}

fn span(coverage: &Coverage, options: &HuntOptions) -> Option<Span> {
    let ticks = |micros: Option<i64>| micros.map(|micros| micros.saturating_mul(10));
    let (first, last) = (ticks(coverage.first_event)?, ticks(coverage.last_event)?);
    let HuntOptions {
        since,
        until,
        as_of,
        ..
    } = *options;
    Some(Span {
        events: (first, last),
        since,
        until,
        as_of,
    })
}

/// The rules that look for data events, if no rule found any to look at. Where rows are not counted, as of
/// Parquet, nothing is claimed.
fn without_data_events(
    rules: &[(&Rule, Option<Span>)],
    prepared: &BTreeMap<usize, (Prepared, Vec<usize>)>,
    cuts: &Cuts,
) -> Vec<String> {
    let mut names = Vec::new();
    let mut is_known = false;
    for (at, (ready, places)) in prepared {
        let only_data = only_data_events(&ready.query).into_iter().zip(places);
        for (_, place) in only_data.filter(|(only, _)| *only) {
            if !cuts.is_empty(*place) {
                return Vec::new();
            }
            is_known = true;
        }
        if needs_data_events(&looks(&ready.query)) {
            names.push(rules[*at].0.name.clone());
        }
    }
    match is_known {
        true => names,
        false => Vec::new(),
    }
}

fn report(options: &HuntOptions, progress: Progress<'_>) {
    if let Some(callback) = &options.progress {
        callback(progress);
    }
}

fn summary(
    rules: &[(&Rule, Option<Span>)],
    outcomes: BTreeMap<usize, Outcome>,
    coverage: Coverage,
) -> HuntReport {
    let mut report = HuntReport {
        coverage,
        ..HuntReport::default()
    };
    for (at, outcome) in outcomes {
        let rule = rules[at].0;
        let (rule_id, file) = (rule.id.clone(), rule.file.clone());
        match outcome {
            Outcome::Failed(why) => {
                report.failed_rules.push(FailedRule {
                    rule_id: Some(rule_id),
                    file,
                    why,
                });
            }
            Outcome::Idle(tables) => {
                report.rules_with_nothing_to_look_at.push(Idle {
                    rule_id,
                    file,
                    tables,
                });
            }
            Outcome::Ran(replayed, problems) => {
                report.rules.push(RuleStats {
                    rule_id,
                    rule_name: rule.name.clone(),
                    evaluations: replayed.evaluations,
                    rows: replayed.rows,
                    alerts: replayed.alerts.len(),
                    limits: replayed.limits,
                });
                report.alerts.extend(replayed.alerts);
                report.problems.extend(problems);
            }
        }
    }
    report.alerts.sort_by(|a, b| {
        (&a.start_time, &a.rule_id, &a.alert_id).cmp(&(&b.start_time, &b.rule_id, &b.alert_id))
    });
    report
}
