//! `keyline rules`: what rules there are, what each needs, what was derived, and what is wrong.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use keyline_detect::check::{CheckedRule, Times, check};
use keyline_detect::load::{self, Loaded, Replaced};
use keyline_detect::problem::{Problem, Severity};
use keyline_detect::rule::Rule;
use keyline_detect::schedule::{From, Schedule};
use keyline_engine::Catalog;
use serde_json::{Value, json};

use super::rules_coverage::{self, CoverageArgs};
use super::rules_test::{self, TestArgs};
use super::{Context, ReferenceArgs, RuleArgs, Status};
use crate::builtin;
use crate::coverage::count;
use crate::data;
use crate::output::{Format, escape, write_grid};

#[derive(Subcommand)]
pub enum RulesCommand {
    /// List the rules: built in, and those of --rules and the configuration
    List(ListArgs),
    /// Check rules: what each needs, what was derived, what is wrong
    Check(CheckArgs),
    /// Run the cases that stand beside rules: events in, alerts expected
    Test(TestArgs),
    /// Show rules by tactic and technique, what they look at, and what of that the data can support
    Coverage(CoverageArgs),
}

#[derive(Args)]
pub struct ListArgs {
    #[command(flatten)]
    rules: RuleArgs,
    #[command(flatten)]
    references: ReferenceArgs,
    #[arg(short, long, value_enum, default_value = "table")]
    output: Format,
}

#[derive(Args)]
pub struct CheckArgs {
    /// Rule files or folders; without any, the rules that `list` lists
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    references: ReferenceArgs,
    #[arg(short, long, value_enum, default_value = "table")]
    output: Format,
}

/// The rules that a run uses, by flags and configuration.
pub fn load_rules(args: &RuleArgs, context: &Context) -> Result<Loaded> {
    let mut paths = args.rules.clone();
    paths.extend(context.config.rules.folders.iter().cloned());
    for path in &paths {
        if !path.exists() {
            bail!("there are no rules at `{}`", path.display());
        }
    }
    let mut loaded = load::load(&paths);
    if !args.no_builtin_rules {
        builtin::load(&mut loaded);
    }
    let disabled = &context.config.rules.disabled;
    loaded.rules.retain(|rule| !disabled.contains(&rule.id));
    Ok(loaded)
}

pub fn run(command: RulesCommand, context: Context) -> Result<Status> {
    match command {
        RulesCommand::List(args) => list(&args, &context),
        RulesCommand::Check(args) => check_rules(&args, &context),
        RulesCommand::Test(args) => rules_test::run(&args, &context),
        RulesCommand::Coverage(args) => rules_coverage::run(&args, &context),
    }
}

fn list(args: &ListArgs, context: &Context) -> Result<Status> {
    let loaded = load_rules(&args.rules, context)?;
    let catalog = data::for_checks(&args.references, context)?;
    let mut stdout = std::io::stdout().lock();
    if args.output == Format::Json || args.output == Format::Jsonl {
        return print_json(&loaded, &catalog, args.output, &mut stdout);
    }
    let rows: Vec<Vec<String>> = loaded
        .rules
        .iter()
        .map(|rule| {
            let checked = check(rule, &catalog, &Times::any());
            vec![
                rule.severity
                    .map_or_else(|| "-".to_owned(), |severity| severity.name().to_owned()),
                rule.name.clone(),
                rule.tactics.join(", "),
                schedule_text(&checked),
                state(&checked).to_owned(),
            ]
        })
        .collect();
    let columns = ["severity", "rule", "tactics", "schedule", "state"].map(str::to_owned);
    write_grid(&mut stdout, args.output, &columns, &rows)?;
    note_loaded(&loaded, context);
    Ok(Status::Done)
}

fn check_rules(args: &CheckArgs, context: &Context) -> Result<Status> {
    let loaded = if args.paths.is_empty() {
        load_rules(&RuleArgs::default(), context)?
    } else {
        for path in &args.paths {
            if !path.exists() {
                bail!("there are no rules at `{}`", path.display());
            }
        }
        let mut loaded = load::load(&args.paths);
        loaded.replaced = replaced(&loaded);
        loaded
    };
    let catalog = data::for_checks(&args.references, context)?;
    let mut stdout = std::io::stdout().lock();
    let mut failed = loaded.problems.iter().any(Problem::is_fatal);
    if args.output == Format::Json || args.output == Format::Jsonl {
        failed |= loaded
            .rules
            .iter()
            .any(|rule| check(rule, &catalog, &Times::any()).query.is_none());
        print_json(&loaded, &catalog, args.output, &mut stdout)?;
        return Ok(if failed { Status::Failed } else { Status::Done });
    }
    for problem in &loaded.problems {
        print_problem(problem);
    }
    let mut counts = [0u64; 3];
    for rule in &loaded.rules {
        let checked = check(rule, &catalog, &Times::any());
        counts[match state(&checked) {
            "ok" => 0,
            "unsupported" => 1,
            _ => 2,
        }] += 1;
        writeln!(stdout, "{}: {}", escape(&rule.file), escape(&rule.name))?;
        writeln!(stdout, "    schedule: {}", schedule_text(&checked))?;
        for (what, names) in [
            ("reads", &checked.tables),
            ("references", &checked.external_uris),
            ("watchlists", &checked.watchlists),
        ] {
            if !names.is_empty() {
                writeln!(stdout, "    {what}: {}", escape(&names.join(", ")))?;
            }
        }
        for problem in &checked.problems {
            failed |= problem.is_fatal();
            print_problem(problem);
        }
    }
    for problem in problems_of_unusable(&loaded, &catalog) {
        print_problem(&problem);
    }
    writeln!(
        stdout,
        "{}: {} ok, {} unsupported, {} with errors",
        count(loaded.rules.len() as u64, "rule"),
        counts[0],
        counts[1],
        counts[2] + loaded.broken.len() as u64
    )?;
    note_loaded(&loaded, context);
    Ok(if failed { Status::Failed } else { Status::Done })
}

/// The built-in rules whose place rules would take: each has the id of one and is not the same.
fn replaced(loaded: &Loaded) -> Vec<Replaced> {
    let with = |built_in: Rule| {
        let rule = loaded.rules.iter().find(|rule| rule.id == built_in.id)?;
        (rule.query.text != built_in.query.text || rule.name != built_in.name).then(|| Replaced {
            rule_id: built_in.id,
            name: built_in.name,
            file: rule.file.clone(),
        })
    };
    builtin::rules().into_iter().filter_map(with).collect()
}

/// What is wrong around a query hides nothing of what is wrong in it.
fn problems_of_unusable(loaded: &Loaded, catalog: &Catalog) -> Vec<Problem> {
    let checked = loaded
        .unusable
        .iter()
        .map(|rule| check(rule, catalog, &Times::any()));
    checked
        .flat_map(|checked| checked.problems)
        .filter(Problem::is_fatal)
        .collect()
}

fn print_problem(problem: &Problem) {
    tell!("{}", escape(&problem.to_string()));
    if let Some(help) = &problem.help {
        tell!("    help: {}", escape(help));
    }
}

/// What was found besides rules.
pub fn note_loaded(loaded: &Loaded, context: &Context) {
    if !loaded.replaced.is_empty() {
        const SHOWN: usize = 5;
        let all = loaded.replaced.iter();
        let shown = all.map(|one| format!("{} by {}", one.name, one.file));
        let shown = shown.take(SHOWN).collect::<Vec<_>>().join("; ");
        let more = match loaded.replaced.len().saturating_sub(SHOWN) {
            0 => String::new(),
            more => format!("; and {more} more"),
        };
        tell!("built-in rules replaced: {}{more}", escape(&shown));
    }
    for (reason, files) in &loaded.passed_over {
        context.printer.note(&format!(
            "passed over: {} ({reason})",
            count(*files as u64, "file")
        ));
    }
}

/// `ok`, `error` or `unsupported`.
pub fn state(checked: &CheckedRule) -> &'static str {
    if checked.query.is_some() {
        "ok"
    } else if checked
        .problems
        .iter()
        .any(|problem| problem.severity == Severity::Error)
    {
        "error"
    } else {
        "unsupported"
    }
}

/// `every 30m over 12h`, and where that comes from when the rule does not say.
/// How often a rule runs and how far back it sees, in words.
pub fn schedule_text(checked: &CheckedRule) -> String {
    let derived = &checked.derived;
    let why = match (derived.frequency_from, derived.period_from) {
        (From::Rule, From::Rule) => "",
        (From::NearRealTime, _) => " (near real time)",
        (From::Nothing, From::Nothing) => {
            return "once over all logs (no schedule, no ago())".to_owned();
        }
        (From::Rule, _) => " (period derived)",
        (_, From::Rule) => " (frequency derived)",
        _ => " (derived from ago())",
    };
    match &derived.schedule {
        Schedule::Ticks {
            frequency, period, ..
        } => {
            format!(
                "every {} over {}{why}",
                span_text(*frequency),
                span_text(*period)
            )
        }
        Schedule::Once => "once over all logs".to_owned(),
    }
}

const TICKS_PER_MINUTE: i64 = 60 * crate::units::TICKS_PER_SECOND;

/// In the largest unit that divides it: `14d`, `31m`.
pub fn span_text(ticks: i64) -> String {
    let minutes = ticks / TICKS_PER_MINUTE;
    match minutes {
        m if m > 0 && m % 1440 == 0 => format!("{}d", m / 1440),
        m if m > 0 && m % 60 == 0 => format!("{}h", m / 60),
        m if m > 0 => format!("{m}m"),
        _ => format!("{}s", ticks / (TICKS_PER_MINUTE / 60)),
    }
}

fn print_json(
    loaded: &Loaded,
    catalog: &Catalog,
    format: Format,
    out: &mut dyn Write,
) -> Result<Status> {
    let rules: Vec<Value> = loaded
        .rules
        .iter()
        .map(|rule| rule_json(rule, &check(rule, catalog, &Times::any())))
        .collect();
    if format == Format::Jsonl {
        for rule in &rules {
            writeln!(out, "{rule}")?;
        }
        return Ok(Status::Done);
    }
    let problems: Vec<Problem> = loaded
        .problems
        .iter()
        .cloned()
        .chain(problems_of_unusable(loaded, catalog))
        .collect();
    let document = json!({
        "schema": "keyline.rules/1",
        "rules": rules,
        "broken": loaded.broken,
        "problems": problems,
        "passed_over": loaded.passed_over,
        "replaced": loaded.replaced,
    });
    writeln!(out, "{}", serde_json::to_string_pretty(&document)?)?;
    Ok(Status::Done)
}

fn rule_json(rule: &Rule, checked: &CheckedRule) -> Value {
    json!({
        "rule_id": rule.id,
        "name": rule.name,
        "file": rule.file,
        "kind": rule.kind,
        "severity": rule.severity,
        "tactics": rule.tactics,
        "techniques": rule.techniques,
        "analytics": rule.keyline.analytics,
        "state": state(checked),
        "schedule": schedule_json(checked),
        "tables": checked.tables,
        "external_uris": checked.external_uris,
        "watchlists": checked.watchlists,
        "columns": checked.query.as_ref().map(|query| {
            query.root.columns.iter()
                .map(|column| json!({"name": column.name, "type": column.ty.name()}))
                .collect::<Vec<_>>()
        }).unwrap_or_default(),
        "problems": checked.problems,
    })
}

/// Spans in KQL's words; null where the rule is evaluated once.
fn schedule_json(checked: &CheckedRule) -> Value {
    let derived = &checked.derived;
    let (frequency, period) = match &derived.schedule {
        Schedule::Ticks {
            frequency, period, ..
        } => (Some(span_text(*frequency)), Some(span_text(*period))),
        Schedule::Once => (None, None),
    };
    json!({
        "frequency": frequency,
        "period": period,
        "frequency_from": derived.frequency_from,
        "period_from": derived.period_from,
    })
}
