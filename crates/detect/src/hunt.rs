//! The hunt: rules over logs, alerts out.
//!
//! In: rules, opened logs, the tables, references. Out: alerts in a fixed order, and of each rule what
//! became of it. All files are read in one pass that gathers what any rule needs; the rules are then
//! replayed in memory, a few at a time. A rule that fails fails alone. Nothing is printed here.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use keyline_engine::{Catalog, Engine, EngineOptions, Evaluation, References, Ticks};
use keyline_kql::checked::CheckedQuery;
use keyline_kql::schema::Schema;
use keyline_lake::lineage::Lineage;
use keyline_lake::{Coverage, Cut, Logs, Need, TABLE, TABLE_AWS, cut};
use serde::Serialize;

use crate::alert::{Alert, Form};
use crate::check::{CheckedRule, Times, check};
use crate::entity::mappings_of;
use crate::evaluate::{
    InOnePlan, OneByOne, Remembered, SeenEvents, all_ticks, lookup_columns, visible_times,
};
use crate::evidence::{Events, NoEvents};
use crate::incident::{self, Incident};
use crate::limits::RULES_AT_ONCE_MAX;
use crate::problem::{FailedRule, Problem};
use crate::relations::{self, DATA_TABLES};
use crate::replay::{Replayed, RowsReplay, Span, replay};
use crate::row::time;
use crate::rule::Rule;
use crate::schedule::{self, Schedule};

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
    /// One for each rule that ran, in the order given.
    pub rules: Vec<RuleStats>,
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
    let failed = |error: &dyn fmt::Display| HuntError(error.to_string());
    let references = Arc::new(Remembered::new(references));
    let one_thread = EngineOptions {
        partitions: 1,
        ..options.engine.clone()
    };
    let engine = Engine::new(&one_thread, catalog.clone(), references).map_err(|e| failed(&e))?;

    let mut outcomes: BTreeMap<usize, Outcome> = BTreeMap::new();
    let mut needs = Vec::new();
    let mut broad = BTreeSet::new();
    let all: Vec<usize> = (0..rules.len()).collect();
    for (at, of_rule) in in_parallel(options, &all, |at| needs_of(&rules[at], &engine)) {
        match of_rule.unwrap_or_else(Err) {
            Ok(of_rule) => {
                if of_rule.iter().any(Need::is_broad) {
                    broad.insert(at);
                }
                needs.extend(of_rule);
            }
            Err(outcome) => {
                outcomes.insert(at, outcome);
            }
        }
    }
    report(options, Progress::Reading);
    if needs.is_empty() {
        // No rule looks at events; the coverage is wanted nevertheless.
        needs.push(Need::new([relations::TIME], &[]).at_all_times());
    }
    let cuts = cut(logs, &needs).map_err(|e| failed(&e))?;
    let over = |cut: &Arc<Cut>| -> Result<Engine, HuntError> {
        let mut tables = catalog.clone();
        let events = cut.table().map_err(|e| failed(&e))?;
        let sentinel = cut.sentinel_table().map_err(|e| failed(&e))?;
        let of_lineage = lineage.tables(&events).map_err(|e| failed(&e))?;
        let of_lineage = of_lineage
            .into_iter()
            .map(|table| (table.name, table.provider));
        for (name, provider) in [(TABLE, events), (TABLE_AWS, sentinel)]
            .into_iter()
            .chain(of_lineage)
        {
            if let Some(columns) = catalog.table(name) {
                tables.add(name, columns, provider);
            }
        }
        Ok(engine.with_catalog(tables))
    };
    let (narrow_engine, broad_engine) = (over(&cuts.narrow)?, over(&cuts.broad)?);
    let coverage = cuts.narrow.coverage();
    let span = span(coverage, options);

    let left: Vec<usize> = (0..rules.len())
        .filter(|at| !outcomes.contains_key(at))
        .collect();
    let done = AtomicUsize::new(outcomes.len());
    let results = in_parallel(options, &left, |at| {
        let engine = if broad.contains(&at) {
            &broad_engine
        } else {
            &narrow_engine
        };
        let outcome = run_rule(&rules[at], engine, span);
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        report(
            options,
            Progress::Rule {
                done,
                total: rules.len(),
                name: &rules[at].name,
            },
        );
        outcome
    });
    for (at, outcome) in results {
        outcomes.insert(at, outcome.unwrap_or_else(|panicked| panicked));
    }
    let mut report = summary(rules, outcomes, coverage.clone());
    if !report.alerts.is_empty() {
        let forest = lineage.forest().map_err(|e| failed(&e))?;
        let as_of = options
            .as_of
            .map(|ticks| ticks.div_euclid(TICKS_PER_MICROSECOND));
        let as_of = as_of.or(forest.last_event()).unwrap_or(i64::MAX);
        report.incidents = incident::group(&mut report.alerts, &forest, as_of);
    }
    Ok(report)
}

/// Does the work for each number on a few threads; results in the order of the numbers. A rule that
/// makes the engine panic has failed like any other: the error is ours, but it must not take the
/// other rules with it.
fn in_parallel<T: Send>(
    options: &HuntOptions,
    numbers: &[usize],
    work: impl Fn(usize) -> T + Sync,
) -> BTreeMap<usize, Result<T, Outcome>> {
    let next = AtomicUsize::new(0);
    let take = || {
        let mut results = Vec::new();
        while let Some(number) = numbers.get(next.fetch_add(1, Ordering::Relaxed)) {
            let result = catch_unwind(AssertUnwindSafe(|| work(*number)));
            let panicked = |_| Outcome::Failed("internal error: please report it".to_string());
            results.push((*number, result.map_err(panicked)));
        }
        results
    };
    let threads = options.threads.clamp(1, RULES_AT_ONCE_MAX);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(take)).collect();
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

/// What a rule needs of the events, or why it will not run. The rule is planned at some instant, and
/// all that the plan says about time is forgotten, as the rule will be evaluated at many.
fn needs_of(rule: &Rule, engine: &Engine) -> Result<Vec<Need>, Outcome> {
    let checked = check(rule, engine.schema(), &Times::any());
    let query = usable(checked)?.0;
    let has_data = |name: &String| DATA_TABLES.contains(&name.as_str());
    let is_idle = !query.tables.is_empty() && !query.tables.iter().any(has_data);
    if relations::has_stages(&query.root) && !is_idle {
        return Ok(vec![Need::everything()]);
    }
    let fail = |error: &dyn fmt::Display| Outcome::Failed(error.to_string());
    let plan = engine
        .plan(&query, &Evaluation::at(0))
        .map_err(|e| fail(&e))?;
    if is_idle {
        return Err(Outcome::Idle(query.tables.clone()));
    }
    let plan = engine
        .session()
        .state()
        .optimize(&plan)
        .map_err(|e| fail(&e))?;
    let needs = Need::of_plan(&plan).map_err(|e| fail(&e))?;
    let extra = match needs_lookup(&query) {
        true => lookup_columns(),
        false => vec![relations::TIME],
    };
    let whole = |need: Need| need.at_all_times().and_columns(extra.iter().copied());
    Ok(needs.into_iter().map(whole).collect())
}

/// Whether the rows themselves do not say which events they come from.
fn needs_lookup(query: &CheckedQuery) -> bool {
    !query
        .root
        .columns
        .iter()
        .any(|column| column.name.contains(relations::EVENT_ID))
}

fn usable(checked: CheckedRule) -> Result<(CheckedQuery, CheckedRule), Outcome> {
    let mut checked = checked;
    match checked.query.take() {
        Some(query) => Ok((query, checked)),
        None => {
            let fatal = checked.problems.iter().find(|problem| problem.is_fatal());
            let why = fatal.map_or("the query is wrong".to_string(), |p| {
                format!("{}:{}: {}", p.position.line, p.position.column, p.message)
            });
            Err(Outcome::Failed(why))
        }
    }
}

fn run_rule(rule: &Rule, engine: &Engine, span: Option<Span>) -> Outcome {
    // Without a single event there is no tick.
    let Some(span) = span else {
        return Outcome::Ran(Box::default(), Vec::new());
    };
    let times = Times {
        start: time(span.since.unwrap_or(span.events.0)),
        end: time(span.until.unwrap_or(span.events.1)),
    };
    match usable(check(rule, engine.schema(), &times)) {
        Err(outcome) => outcome,
        Ok((query, checked)) => match evaluate(rule, &query, &checked, engine, span) {
            Ok(replayed) => Outcome::Ran(Box::new(replayed), checked.problems),
            Err(why) => Outcome::Failed(why),
        },
    }
}

fn evaluate(
    rule: &Rule,
    query: &CheckedQuery,
    checked: &CheckedRule,
    engine: &Engine,
    span: Span,
) -> Result<Replayed, String> {
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
        if all_ticks(engine, query, &ticks, &mut take)? == InOnePlan::Done {
            let all = schedule::tick_count(first, last, *frequency);
            return Ok(with_limit(by_rows.finish(all, events), &seen));
        }
    }
    let times = match schedule {
        Schedule::Once => Vec::new(),
        Schedule::Ticks { .. } => visible_times(engine, query)?,
    };
    let mut evaluator = OneByOne { engine, query };
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

fn report(options: &HuntOptions, progress: Progress<'_>) {
    if let Some(callback) = &options.progress {
        callback(progress);
    }
}

fn summary(rules: &[Rule], outcomes: BTreeMap<usize, Outcome>, coverage: Coverage) -> HuntReport {
    let mut report = HuntReport {
        coverage,
        ..HuntReport::default()
    };
    for (at, outcome) in outcomes {
        let rule = &rules[at];
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
