//! `keyline rules coverage`: what the rules cover, and what of that the data at hand can support.
//!
//! In: rules and, with `--data`, logs. Out: rules by tactic and technique, the tables, columns and events
//! that each looks at, and for given logs whether those events are there, could be, or cannot be. What
//! makes that so is in `detect::support`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use anyhow::{Context as _, Result};
use clap::Args;
use keyline_detect::check::{CheckedRule, Times, check};
use keyline_detect::rule::{ATTACK_VERSION, Rule};
use keyline_detect::schedule::Schedule;
use keyline_detect::support::{Holdings, Kind, Stand, State, Verdict};
use keyline_detect::watched::{self, Looks, Place};
use keyline_engine::rows::append_rows;
use keyline_engine::{Engine, EngineOptions, Evaluation};
use keyline_kql::types::Value;
use keyline_lake::lineage::Lineage;
use keyline_lake::{Coverage, RawRecord, TABLE};
use serde_json::{Value as Json, json};

use super::rules::load_rules;
use super::{Context, DataArgs, ReferenceArgs, RuleArgs, Status};
use crate::coverage::{self, count, thousands};
use crate::data::{self, EngineReferences};
use crate::output::{Format, escape, write_grid};

/// The tables whose columns are looked for in the data.
const EVENT_TABLES: [&str; 2] = ["AWSCloudTrail", "CloudTrail"];
/// What the name of a column's count begins with in [`question`].
const FILLED: &str = "Filled_";
const TICKS_PER_HOUR: i64 = 3600 * crate::units::TICKS_PER_SECOND;

#[derive(Args)]
pub struct CoverageArgs {
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    rules: RuleArgs,
    #[command(flatten)]
    references: ReferenceArgs,
    #[arg(short, long, value_enum, default_value = "table")]
    output: Format,
}

/// One rule with all that is said of it.
struct Covered<'a> {
    rule: &'a Rule,
    checked: CheckedRule,
    places: Vec<(Place, Option<Verdict>)>,
    /// How its rows come of the places.
    looks: Looks,
    /// What becomes of it in the data; `None` where that hangs on no events.
    stand: Option<Stand>,
    is_judged: bool,
    columns: BTreeMap<String, BTreeSet<String>>,
    /// How far it looks back, in ticks.
    period: Option<i64>,
    /// Whether the data goes back so far.
    has_history: Option<bool>,
    /// Columns that it reads and that no event which it looks at fills.
    empty_columns: Option<Vec<String>>,
}

pub fn run(args: &CoverageArgs, context: &Context) -> Result<Status> {
    let loaded = load_rules(&args.rules, context)?;
    let catalog = data::for_checks(&args.references, context)?;
    let rules = loaded.rules.iter();
    let checked = rules.map(|rule| (rule, check(rule, &catalog, &Times::any())));
    let mut covered: Vec<Covered<'_>> = checked.map(|(rule, one)| covered(rule, one)).collect();
    let held = match args.data.data.is_empty() && args.data.lake.is_none() {
        true => None,
        false => {
            let columns: BTreeSet<&str> = covered.iter().flat_map(Covered::event_columns).collect();
            Some(holdings(args, &columns, context)?)
        }
    };
    if let Some(held) = &held {
        for one in &mut covered {
            one.judge(held);
        }
    }
    let mut out = std::io::BufWriter::new(std::io::stdout());
    match args.output {
        Format::Json => {
            let document = document(&covered, held.as_ref());
            writeln!(out, "{}", serde_json::to_string_pretty(&document)?)?;
        }
        Format::Jsonl => {
            for one in &covered {
                writeln!(out, "{}", rule_json(one))?;
            }
        }
        format => print(&mut out, format, &covered, held.is_some())?,
    }
    out.flush()?;
    if let Some((_, read)) = &held {
        tell!("{}", coverage::line(read, &context.config.estate));
    }
    Ok(Status::Done)
}

fn covered(rule: &Rule, checked: CheckedRule) -> Covered<'_> {
    let query = checked.query.as_ref();
    let places = query.map(watched::places).unwrap_or_default();
    Covered {
        rule,
        places: places.into_iter().map(|place| (place, None)).collect(),
        looks: query.map_or(Looks::Nowhere, watched::looks),
        stand: None,
        is_judged: false,
        columns: query.map(watched::columns).unwrap_or_default(),
        period: match &checked.derived.schedule {
            Schedule::Ticks { period, .. } => Some(*period),
            Schedule::Once => None,
        },
        has_history: None,
        empty_columns: None,
        checked,
    }
}

impl Covered<'_> {
    /// Says of each place, of the history and of the columns what the data does for them.
    fn judge(&mut self, (holdings, read): &(Holdings, Coverage)) {
        for (place, verdict) in &mut self.places {
            *verdict = Some(holdings.judge(place));
        }
        self.stand = holdings.stand(&self.looks);
        self.is_judged = true;
        let span = read.first_event.zip(read.last_event);
        let span = span.map(|(first, last)| last.saturating_sub(first));
        self.has_history = span
            .zip(self.period)
            .map(|(span, period)| span.saturating_mul(data::TICKS_PER_MICROSECOND) >= period);
        let places: Vec<&Place> = self.places.iter().map(|(place, _)| place).collect();
        let columns: Vec<String> = self.event_columns().map(str::to_owned).collect();
        let empty = holdings.empty(&places, columns.iter());
        self.empty_columns = Some(empty.into_iter().map(str::to_owned).collect());
    }

    /// The columns of events that the rule names. What only passes through to its result is of no account
    /// to it.
    fn event_columns(&self) -> impl Iterator<Item = &str> {
        let tables = EVENT_TABLES.iter();
        let columns = tables.filter_map(|table| self.columns.get(*table));
        let named = self.rule.named_columns();
        let columns: BTreeSet<&str> = columns.flatten().map(String::as_str).collect();
        columns
            .into_iter()
            .filter(move |name| named.contains(*name))
    }

    /// In a word what the data does for the rule; `None` without data.
    fn state(&self) -> Option<&'static str> {
        if self.checked.query.is_none() {
            return Some("cannot run");
        }
        if !self.is_judged {
            return None;
        }
        Some(match self.stand {
            Some(stand) if stand.state == State::Blind => "blind",
            Some(stand) if stand.is_partly_blind => "partly blind",
            Some(stand) if stand.state == State::Quiet => "nothing to see",
            _ => "supported",
        })
    }

    fn events(&self) -> Option<u64> {
        let verdicts: Option<Vec<&Verdict>> = self.places.iter().map(|(_, v)| v.as_ref()).collect();
        Some(verdicts?.iter().map(|verdict| verdict.events).sum())
    }

    /// Why the data does less than it should, in words.
    fn remarks(&self) -> Vec<String> {
        let verdicts = self
            .places
            .iter()
            .filter_map(|(_, verdict)| verdict.as_ref());
        let why: BTreeSet<String> = verdicts.filter_map(|verdict| verdict.why.clone()).collect();
        let mut remarks: Vec<String> = why.into_iter().collect();
        if self.has_history == Some(false)
            && let Some(period) = self.period
        {
            remarks.push(format!(
                "looks back {}, more than the data spans",
                hours(period)
            ));
        }
        let empty = self.empty_columns.as_deref().unwrap_or_default();
        if !empty.is_empty() {
            remarks.push(format!("empty here: {}", empty.join(", ")));
        }
        remarks
    }
}

fn hours(ticks: i64) -> String {
    match ticks / TICKS_PER_HOUR {
        hours if hours >= 48 => format!("{} days", hours / 24),
        hours => format!("{hours} h"),
    }
}

/// The kinds of events in the data, with which of the columns they fill, and what was read of it.
fn holdings(
    args: &CoverageArgs,
    asked: &BTreeSet<&str>,
    context: &Context,
) -> Result<(Holdings, Coverage)> {
    let (logs, bar) = data::open_logs(&[], &args.data, RawRecord::Leave, context)?;
    let estate = &context.config.estate;
    let lineage = Lineage::of(&logs, data::production(estate));
    let catalog = data::catalog(&logs, &lineage, &[], estate)?;
    // A rule may read a column that these logs are not asked for, as the raw record.
    let is_there = |name: &&&str| {
        let table = catalog.get(TABLE);
        table.is_some_and(|table| table.columns.iter().any(|column| column.name == **name))
    };
    let asked: &BTreeSet<&str> = &asked.iter().filter(is_there).copied().collect();
    let options = EngineOptions {
        memory_bytes: data::engine_memory_bytes(&args.data, context)?,
        partitions: data::threads(&args.data),
        ..EngineOptions::for_this_machine()
    };
    let references = std::sync::Arc::new(EngineReferences(data::references(
        &args.references,
        context,
    )?));
    let engine = Engine::new(&options, catalog, references)?;
    let question = question(asked);
    let (syntax, _) = keyline_kql::parse::parse(&question);
    let (query, problems) = engine.check_at(&syntax, &Evaluation::at(0))?;
    let query = query.with_context(|| {
        let why = problems.first().map(|problem| problem.message.as_str());
        let why = why.unwrap_or("it is not said why");
        format!("the question of what the logs hold is no valid query: {why}")
    })?;
    let plan = engine.physical(&engine.plan(&query, &Evaluation::at(0))?)?;
    let mut rows = Vec::new();
    for batch in engine.collect(plan)? {
        append_rows(&batch, &query.root.columns, &mut rows)?;
    }
    let columns = &query.root.columns;
    let kinds = rows
        .iter()
        .filter_map(|row| kind(row, columns, asked))
        .collect();
    bar.finish_and_clear();
    Ok((Holdings { kinds }, logs.survey()?))
}

/// What the data holds, as a query. The counts of columns have names that no column has.
fn question(asked: &BTreeSet<&str>) -> String {
    let counts = asked
        .iter()
        .map(|name| format!(", {FILLED}{name} = countif(isnotempty(tostring({name})))"));
    format!(
        "CloudTrail | summarize Events = count(){} by EventSource, EventName, \
         ReadOnly = iff(isnull(ReadOnly), '', tostring(ReadOnly)), \
         Management = iff(isnull(ManagementEvent), '', tostring(ManagementEvent))",
        counts.collect::<String>()
    )
}

fn kind(
    row: &[Value],
    columns: &[keyline_kql::schema::Column],
    asked: &BTreeSet<&str>,
) -> Option<Kind> {
    let cell = |name: &str| {
        let at = columns.iter().position(|column| column.name == name)?;
        row.get(at)
    };
    let text = |name: &str| match cell(name) {
        Some(Value::String(text)) => text.clone(),
        _ => String::new(),
    };
    let truth = |name: &str| match text(name).to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    };
    let Some(Value::Long(events)) = cell("Events") else {
        return None;
    };
    Some(Kind {
        source: text("EventSource"),
        name: text("EventName"),
        read_only: truth("ReadOnly"),
        management: truth("Management"),
        events: u64::try_from(*events).unwrap_or_default(),
        filled: asked
            .iter()
            .filter(|name| {
                matches!(cell(&format!("{FILLED}{name}")), Some(Value::Long(filled)) if *filled > 0)
            })
            .map(|name| (*name).to_owned())
            .collect(),
    })
}

/// Rules by name in a sorted list, for each of something that rules have several of.
fn by<'a>(
    covered: &'a [Covered<'_>],
    what: impl Fn(&'a Rule) -> &'a [String],
) -> BTreeMap<&'a str, Vec<&'a Rule>> {
    let mut found: BTreeMap<&str, Vec<&Rule>> = BTreeMap::new();
    for one in covered {
        for name in what(one.rule) {
            found.entry(name).or_default().push(one.rule);
        }
    }
    found
}

fn print(
    out: &mut dyn Write,
    format: Format,
    covered: &[Covered<'_>],
    has_data: bool,
) -> Result<()> {
    for (title, groups) in [
        ("tactic", by(covered, |rule| &rule.tactics)),
        ("technique", by(covered, |rule| &rule.techniques)),
    ] {
        let rows: Vec<Vec<String>> = groups
            .iter()
            .map(|(name, rules)| {
                let names: Vec<&str> = rules.iter().map(|rule| rule.name.as_str()).collect();
                vec![
                    (*name).to_owned(),
                    rules.len().to_string(),
                    names.join(", "),
                ]
            })
            .collect();
        let columns = [title, "rules", "which"].map(str::to_owned);
        write_grid(out, format, &columns, &rows)?;
        writeln!(out)?;
    }
    let mut columns = vec!["rule", "looks back", "reads"];
    if has_data {
        columns.extend(["events", "this data", "remarks"]);
    } else {
        columns.push("events looked at");
    }
    let rows: Vec<Vec<String>> = covered
        .iter()
        .map(|one| {
            let mut row = vec![
                one.rule.name.clone(),
                one.period.map_or_else(|| "all".to_owned(), hours),
                one.checked.tables.join(", "),
            ];
            if has_data {
                row.push(one.events().map_or_else(String::new, thousands));
                row.push(one.state().unwrap_or_default().to_owned());
                row.push(one.remarks().join("; "));
            } else {
                row.push(looked_at(&one.places));
            }
            row
        })
        .collect();
    let columns: Vec<String> = columns.into_iter().map(str::to_owned).collect();
    write_grid(out, format, &columns, &rows)?;
    if has_data && format == Format::Table {
        let blind = covered
            .iter()
            .filter(|one| one.state().is_some_and(|state| state.ends_with("blind")));
        writeln!(
            out,
            "\n{} of {} cannot see all that they look for in this data",
            blind.count(),
            count(covered.len() as u64, "rule"),
        )?;
    }
    Ok(())
}

/// The names of the events that a rule looks at, the first few.
fn looked_at(places: &[(Place, Option<Verdict>)]) -> String {
    const SHOWN: usize = 4;
    if places.iter().any(|(place, _)| place.names.is_empty()) {
        let sources: BTreeSet<&str> = places
            .iter()
            .flat_map(|(place, _)| place.sources.iter().map(String::as_str))
            .collect();
        return match sources.is_empty() {
            true => "any".to_owned(),
            false => format!("any, and of {}", Vec::from_iter(sources).join(", ")),
        };
    }
    let names: BTreeSet<&str> = places
        .iter()
        .flat_map(|(place, _)| place.names.iter().map(String::as_str))
        .collect();
    let more = names.len().saturating_sub(SHOWN);
    let shown = names.into_iter().take(SHOWN).collect::<Vec<_>>().join(", ");
    match more {
        0 => shown,
        _ => format!("{shown} and {more} more"),
    }
}

fn document(covered: &[Covered<'_>], held: Option<&(Holdings, Coverage)>) -> Json {
    let groups = |groups: BTreeMap<&str, Vec<&Rule>>, key: &str| -> Vec<Json> {
        groups
            .into_iter()
            .map(|(name, rules)| {
                let ids: Vec<&str> = rules.iter().map(|rule| rule.id.as_str()).collect();
                json!({key: name, "rules": ids})
            })
            .collect()
    };
    json!({
        "schema": "keyline.rules-coverage/1",
        "attack_version": ATTACK_VERSION,
        "coverage": held.map(|(_, read)| coverage::json(read)),
        "tactics": groups(by(covered, |rule| &rule.tactics), "tactic"),
        "techniques": groups(by(covered, |rule| &rule.techniques), "technique"),
        "rules": covered.iter().map(rule_json).collect::<Vec<_>>(),
    })
}

fn rule_json(one: &Covered<'_>) -> Json {
    let place = |(place, verdict): &(Place, Option<Verdict>)| {
        json!({
            "table": place.table,
            "event_sources": place.sources,
            "event_names": place.names,
            "state": verdict.as_ref().map(|verdict| verdict.state),
            "events": verdict.as_ref().map(|verdict| verdict.events),
            "why": verdict.as_ref().and_then(|verdict| verdict.why.clone()),
        })
    };
    json!({
        "rule_id": one.rule.id,
        "name": escape(&one.rule.name),
        "file": one.rule.file,
        "analytics": one.rule.keyline.analytics,
        "severity": one.rule.severity,
        "tactics": one.rule.tactics,
        "techniques": one.rule.techniques,
        "tables": one.checked.tables,
        "columns": one.columns,
        "period_hours": one.period.map(|ticks| ticks / TICKS_PER_HOUR),
        "has_history": one.has_history,
        "empty_columns": one.empty_columns,
        "state": one.state(),
        "places": one.places.iter().map(place).collect::<Vec<_>>(),
    })
}
