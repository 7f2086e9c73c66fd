//! `keyline hunt`: rules over logs, alerts out.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use keyline_detect::alert::Alert;
use keyline_detect::check::{Times, check};
use keyline_detect::hunt::{HuntOptions, HuntReport, Progress, hunt};
use keyline_detect::load::Loaded;
use keyline_detect::problem::FailedRule;
use keyline_detect::rule::{AlertSeverity, Rule};
use keyline_detect::schedule::Schedule;
use keyline_engine::EngineOptions;
use keyline_lake::lineage::Lineage;
use keyline_lake::{Logs, RawRecord};
use serde_json::{Value, json};

use super::rules::{load_rules, note_loaded, span_text};
use super::{Context, DataArgs, ReferenceArgs, RuleArgs, Status};
use crate::alert_export::{self, Export};
use crate::alert_report;
use crate::allow::{self, Suppressed};
use crate::builtin;
use crate::coverage;
use crate::data::{self, EngineReferences};
use crate::output::{Format, escape, write_grid};
use crate::safe_json::SafeJson;
use crate::sending::{self, Sent};
use crate::units::{TICKS_PER_SECOND, TimeBound, parse_span, wall_clock_ticks};

/// How long one rule may take when no flag says otherwise: a slow rule over a large estate ends well
/// before, one that would run for days does not hold up the others.
pub const RULE_TIME_DEFAULT: Duration = Duration::from_secs(300);

#[derive(Args)]
pub struct HuntArgs {
    /// The logs: files, folders, or `-`
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    rules: RuleArgs,
    #[command(flatten)]
    references: ReferenceArgs,
    /// Let a rule fail that takes longer than TIME (a timespan such as 90s or 10m, reading not counted)
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = parse_span)]
    rule_time: Duration,
    /// Keep the alerts in the lake that is read, in the tables SecurityAlert and KeylineAlert, each once
    #[arg(long)]
    save: bool,
    /// Send the alerts to the sinks of the configuration, each once, and wait until they have arrived
    #[arg(long)]
    send: bool,
    /// How to print the alerts
    #[arg(short, long, value_enum, default_value = "table")]
    output: AlertFormat,
    /// Exit with 3 when an alert is at least this severe
    #[arg(long, value_enum, value_name = "SEVERITY")]
    fail_on: Option<FailOn>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FailOn {
    Low,
    Medium,
    High,
}

/// How alerts are printed: for people, for programs, and for other people's programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum AlertFormat {
    Table,
    Json,
    Jsonl,
    Csv,
    Markdown,
    /// OCSF Detection Finding, one a line
    Ocsf,
    /// AWS Security Hub's findings: a list a line, as many as `batch-import-findings` takes at once
    Asff,
    /// Events of a Timesketch timeline, one a line
    Timesketch,
}

impl HuntArgs {
    /// The built-in rules over one folder, everything else by default.
    pub fn over(folder: PathBuf) -> HuntArgs {
        let data = DataArgs {
            data: vec![folder],
            ..DataArgs::default()
        };
        HuntArgs::with(data, RuleArgs::default(), ReferenceArgs::default())
    }

    /// These rules over these logs, everything else by default.
    pub fn with(data: DataArgs, rules: RuleArgs, references: ReferenceArgs) -> HuntArgs {
        HuntArgs {
            paths: Vec::new(),
            data,
            rules,
            references,
            rule_time: RULE_TIME_DEFAULT,
            save: false,
            send: false,
            output: AlertFormat::Table,
            fail_on: None,
        }
    }
}

/// A hunt that is over: what it found, and what it looked through.
pub struct Hunted {
    pub report: HuntReport,
    /// What the allow-list held back.
    pub suppressed: Vec<Suppressed>,
    pub loaded: Loaded,
    pub logs: Logs,
    pub lineage: Lineage,
}

pub fn run(args: HuntArgs, mut context: Context) -> Result<Status> {
    let begun = Instant::now();
    if !data::names_logs(&args.paths, &args.data) {
        tell!("error: {}", data::NO_LOGS);
        return Ok(Status::Usage);
    }
    if let Some(path) = &args.data.accounts {
        context.config.estate.add_accounts(path)?;
    }
    let Hunted {
        report,
        suppressed,
        loaded,
        ..
    } = search(&args, &context, |_| ())?;

    if args.save {
        save(&args, &report, &context)?;
    }
    let sent = match args.send {
        true => Some(sending::send(&report.alerts, &context)?),
        false => None,
    };
    let short = ShortHistory::of(&report);
    let mut out = std::io::BufWriter::new(std::io::stdout());
    match args.output {
        AlertFormat::Table => alert_report::write(&mut out, &report, begun.elapsed(), &context)?,
        AlertFormat::Json => {
            let document = document(&report, &suppressed, &loaded, short.as_ref())?;
            serde_json::to_writer_pretty(SafeJson(&mut out), &document)?;
            writeln!(out)?;
        }
        AlertFormat::Jsonl => {
            for alert in &report.alerts {
                serde_json::to_writer(SafeJson(&mut out), alert)?;
                writeln!(out)?;
            }
        }
        AlertFormat::Csv => write_rows(&mut out, Format::Csv, &report)?,
        AlertFormat::Markdown => write_rows(&mut out, Format::Markdown, &report)?,
        AlertFormat::Ocsf => alert_export::write(&mut out, Export::Ocsf, &report.alerts, &context)?,
        AlertFormat::Asff => alert_export::write(&mut out, Export::Asff, &report.alerts, &context)?,
        AlertFormat::Timesketch => {
            alert_export::write(&mut out, Export::Timesketch, &report.alerts, &context)?;
        }
    }
    out.flush()?;
    note_loaded(&loaded, &context);
    notes(&report, &context);
    if let Some(short) = &short {
        context.printer.note(&short.to_string());
    }
    costs(&report, &context);
    note_allowed(&suppressed, &report, &loaded, &args, &context);
    tell!(
        "{}",
        coverage::line(&report.coverage, &context.config.estate)
    );
    let status = status(&report, args.fail_on);
    match sent {
        Some(Sent::Waiting) if status == Status::Done => Ok(Status::Failed),
        _ => Ok(status),
    }
}

#[cfg(feature = "lake")]
fn save(args: &HuntArgs, report: &HuntReport, context: &Context) -> Result<()> {
    let Some(location) = data::lake_of(&args.paths, &args.data) else {
        bail!("`--save` keeps alerts in the lake that is read: name one with `--lake`");
    };
    let saved = crate::saved_alerts::save(&location, &report.alerts)?;
    context.printer.note(&format!(
        "{} saved, {} saved before",
        coverage::count(saved.new as u64, "alert"),
        saved.known
    ));
    Ok(())
}

#[cfg(not(feature = "lake"))]
fn save(_: &HuntArgs, _: &HuntReport, _: &Context) -> Result<()> {
    bail!(data::NO_LAKE)
}

/// Runs the rules over the logs. `watch` is told of progress, beside the bar on the terminal.
pub fn search(
    args: &HuntArgs,
    context: &Context,
    watch: impl Fn(&Progress) + Send + Sync + 'static,
) -> Result<Hunted> {
    let mut loaded = load_rules(&args.rules, context)?;
    if loaded.rules.is_empty() && loaded.broken.is_empty() && loaded.problems.is_empty() {
        bail!("no rules to run: name some with `--rules`, or leave `--no-builtin-rules` away");
    }
    let references = Arc::new(EngineReferences(data::references(
        &args.references,
        context,
    )?));
    let watchlists = data::watchlists(&args.references, context);
    let reading = DataArgs {
        since: reach(args, &loaded.rules, context)?,
        ..args.data.clone()
    };
    let (logs, bar) = data::open_logs(&args.paths, &reading, RawRecord::Leave, context)?;
    let estate = &context.config.estate;
    let lineage = Lineage::of(&logs, data::production(estate));
    let catalog = data::catalog(&logs, &lineage, &watchlists, estate)?;
    let shown = bar.clone();
    let now = args.data.as_of.unwrap_or_else(wall_clock_ticks);
    let bound = |bound: Option<TimeBound>| bound.map(|bound| bound.resolve(now));
    let options = HuntOptions {
        since: bound(args.data.since),
        until: bound(args.data.until).or(args.data.as_of),
        as_of: args.data.as_of,
        engine: EngineOptions {
            memory_bytes: data::engine_memory_bytes(&args.data, context)?,
            partitions: data::threads(&args.data),
            ..EngineOptions::for_this_machine()
        },
        threads: data::threads(&args.data),
        rule_time: Some(args.rule_time),
        progress: Some(Arc::new(move |progress| {
            watch(&progress);
            match progress {
                Progress::Reading => shown.set_message("reading"),
                Progress::Rule { done, total, name } => {
                    shown.set_length(total as u64);
                    shown.set_position(done as u64);
                    shown.set_message(format!("rule {}", escape(name)));
                }
            }
        })),
    };
    let mut report = hunt(
        &loaded.rules,
        &logs,
        &lineage,
        &catalog,
        references,
        &options,
    )?;
    bar.finish_and_clear();
    report.failed_rules.extend(unreadable(&mut loaded));
    let suppressed = allow::apply(&mut report.alerts, &context.config.estate.allow);
    for incident in &mut report.incidents {
        let is_held = |id: &String| suppressed.iter().any(|held| held.alert_id == *id);
        incident.alerts.retain(|id| !is_held(id));
    }
    report
        .incidents
        .retain(|incident| !incident.alerts.is_empty());
    Ok(Hunted {
        report,
        suppressed,
        loaded,
        logs,
        lineage,
    })
}

/// What was named as rules and is none: broken rules, and files that could not be read at all.
fn unreadable(loaded: &mut Loaded) -> Vec<FailedRule> {
    let mut failed = std::mem::take(&mut loaded.broken);
    for problem in loaded.problems.iter().filter(|problem| problem.is_fatal()) {
        if failed.iter().all(|rule| rule.file != problem.file) {
            failed.push(FailedRule {
                rule_id: None,
                file: problem.file.clone(),
                why: format!(
                    "{}:{}: {}",
                    problem.position.line, problem.position.column, problem.message
                ),
            });
        }
    }
    failed
}

/// The events that are read begin before `--since`, by as much as the rules look back.
fn reach(args: &HuntArgs, rules: &[Rule], context: &Context) -> Result<Option<TimeBound>> {
    let Some(since) = args.data.since else {
        return Ok(None);
    };
    let now = args.data.as_of.unwrap_or_else(wall_clock_ticks);
    let schema = data::for_checks(&args.references, context)?;
    let mut longest = 0;
    for rule in rules {
        match check(rule, &schema, &Times::any()).derived.schedule {
            Schedule::Ticks { period, .. } => longest = longest.max(period),
            // Evaluated once, over the span that was asked for.
            Schedule::Once => {}
        }
    }
    Ok(Some(TimeBound::At(
        since.resolve(now).saturating_sub(longest),
    )))
}

fn status(report: &HuntReport, fail_on: Option<FailOn>) -> Status {
    let least = fail_on.map(|fail_on| match fail_on {
        FailOn::Low => AlertSeverity::Low,
        FailOn::Medium => AlertSeverity::Medium,
        FailOn::High => AlertSeverity::High,
    });
    if least.is_some_and(|least| report.alerts.iter().any(|alert| alert.severity >= least)) {
        Status::Findings
    } else if report.failed_rules.is_empty() {
        Status::Done
    } else {
        Status::Failed
    }
}

/// Rules that look back further than the logs reach: what is new to them may only be older.
struct ShortHistory {
    rules: usize,
    /// How far the one that looks back the furthest does, and what the logs span, in ticks.
    longest: i64,
    span: i64,
}

impl ShortHistory {
    fn of(report: &HuntReport) -> Option<ShortHistory> {
        let read = &report.coverage;
        let (first, last) = read.first_event.zip(read.last_event)?;
        let span = last
            .saturating_sub(first)
            .saturating_mul(data::TICKS_PER_MICROSECOND);
        let longer = report.periods.iter().filter(|period| **period > span);
        Some(ShortHistory {
            rules: longer.clone().count(),
            longest: *longer.max()?,
            span,
        })
    }
}

impl std::fmt::Display for ShortHistory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let look = if self.rules == 1 { "looks" } else { "look" };
        write!(
            f,
            "{} {look} back up to {}; these logs span {}: what is new to them may only be older than the logs",
            coverage::count(self.rules as u64, "rule"),
            span_text(self.longest),
            span_text(rounded(self.span)),
        )
    }
}

/// A span in whole days or hours, if it is long enough for that to be near.
fn rounded(span: i64) -> i64 {
    let hour = 3_600 * TICKS_PER_SECOND;
    let unit = match span / hour {
        hours if hours >= 48 => 24 * hour,
        hours if hours >= 2 => hour,
        _ => hour / 60,
    };
    if span < unit {
        span
    } else {
        span / unit * unit
    }
}

/// What was not as it should be: nothing is lost silently.
fn notes(report: &HuntReport, context: &Context) {
    for rule in &report.failed_rules {
        let id = rule.rule_id.as_deref().unwrap_or("no id");
        tell!(
            "rule failed: {} ({}): {}",
            escape(&rule.file),
            escape(id),
            escape(&rule.why)
        );
    }
    for rule in &report.rules {
        for limit in &rule.limits {
            tell!(
                "limit reached: {}: {}",
                escape(&rule.rule_name),
                escape(limit)
            );
        }
    }
    for problem in &report.problems {
        context.printer.detail(&escape(&problem.to_string()));
    }
    if !report.rules_with_nothing_to_look_at.is_empty() {
        let mut tables: Vec<&str> = report
            .rules_with_nothing_to_look_at
            .iter()
            .flat_map(|idle| idle.tables.iter().map(String::as_str))
            .collect();
        tables.sort_unstable();
        tables.dedup();
        context.printer.note(&format!(
            "{} had nothing to look at: these logs have no {}",
            coverage::count(report.rules_with_nothing_to_look_at.len() as u64, "rule"),
            tables.join(", ")
        ));
    }
    if !report.rules_without_data_events.is_empty() {
        context.printer.note(&format!(
            "rules that look for data events saw none ({}): where the trail does not record them, nothing shows \
             such reads; see `keyline rules coverage --data`",
            escape(&report.rules_without_data_events.join("; "))
        ));
    }
}

/// With `-v`, what reading and each rule took.
fn costs(report: &HuntReport, context: &Context) {
    let printer = &context.printer;
    let seconds = |time: Duration| format!("{:8.3} s", time.as_secs_f64());
    printer.detail(&format!("{}  reading", seconds(report.reading)));
    for cost in &report.costs {
        let events = match cost.events {
            Some(events) => coverage::count(events, "event"),
            None => "all events".to_owned(),
        };
        let name = escape(&cost.rule_name);
        printer.detail(&format!("{}  {name}, {events}", seconds(cost.time)));
    }
}

/// What the allow-list held back, by entry, and what of it is out of date.
fn note_allowed(
    suppressed: &[Suppressed],
    report: &HuntReport,
    loaded: &Loaded,
    args: &HuntArgs,
    context: &Context,
) {
    let mut by_entry: BTreeMap<(&str, &str, &str), u64> = BTreeMap::new();
    for alert in suppressed {
        let entry = (
            alert.reason.as_str(),
            alert.owner.as_str(),
            alert.expires.as_str(),
        );
        *by_entry.entry(entry).or_default() += 1;
    }
    for ((reason, owner, expires), alerts) in by_entry {
        tell!(
            "allowed: {} held back until {}: {} ({})",
            coverage::count(alerts, "alert"),
            escape(expires),
            escape(reason),
            escape(owner)
        );
    }
    let last = report
        .coverage
        .last_event
        .map(|micros| micros.saturating_mul(10));
    let now = args.data.as_of.or(last).unwrap_or_else(wall_clock_ticks);
    // Those that do not run, as the user said, are no mistake either.
    let built_in = std::cell::LazyCell::new(builtin::rules);
    let is_known = |name: &str| {
        let is = |rule: &Rule| rule.id == name || rule.name == name;
        loaded.rules.iter().any(is) || built_in.iter().any(is)
    };
    for (name, entry) in allow::unknown_rules(&context.config.estate.allow, is_known) {
        tell!(
            "allow-list: no rule is called `{}`: {} ({})",
            escape(name),
            escape(&entry.reason),
            escape(&entry.owner)
        );
    }
    for entry in allow::expired(&context.config.estate.allow, now) {
        tell!(
            "allow-list: expired on {}, holds back nothing any more: {} ({})",
            escape(&entry.expires),
            escape(&entry.reason),
            escape(&entry.owner)
        );
    }
}

fn document(
    report: &HuntReport,
    suppressed: &[Suppressed],
    loaded: &Loaded,
    short: Option<&ShortHistory>,
) -> Result<Value> {
    Ok(json!({
        "schema": "keyline.hunt/1",
        "coverage": coverage::json(&report.coverage),
        "alerts": serde_json::to_value(&report.alerts)?,
        "suppressed": suppressed,
        "incidents": report.incidents,
        "failed_rules": report.failed_rules,
        "rules_with_nothing_to_look_at": report.rules_with_nothing_to_look_at,
        "rules_without_data_events": report.rules_without_data_events,
        "replaced_rules": loaded.replaced,
        "short_history": short.map(|short| json!({
            "rules": short.rules,
            "longest_period_seconds": short.longest / TICKS_PER_SECOND,
            "span_seconds": short.span / TICKS_PER_SECOND,
        })),
        "rules": report.rules,
    }))
}

fn write_rows(out: &mut dyn Write, format: Format, report: &HuntReport) -> Result<()> {
    let columns = [
        "severity",
        "start_time",
        "end_time",
        "title",
        "rule_name",
        "tactics",
        "techniques",
        "entities",
        "access_key_ids",
        "event_count",
        "alert_id",
    ];
    let row = |alert: &Alert| {
        vec![
            alert.severity.name().to_owned(),
            alert.start_time.clone(),
            alert.end_time.clone(),
            alert.title.clone(),
            alert.rule_name.clone(),
            alert.tactics.join(" "),
            alert.techniques.join(" "),
            alert_report::entities(alert),
            alert.access_key_ids.join(" "),
            alert.event_count.to_string(),
            alert.alert_id.clone(),
        ]
    };
    let rows: Vec<Vec<String>> = report.alerts.iter().map(row).collect();
    write_grid(out, format, &columns.map(str::to_owned), &rows)?;
    Ok(())
}
