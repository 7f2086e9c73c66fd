//! `keyline rules test`: runs the cases that stand beside rules.
//!
//! In: rule files or folders, and for each rule `NAME.yaml` its cases in `NAME.test.yaml`. Out: what is
//! not as expected, for people, for programs, or as annotations of a pull request. A case runs as a hunt
//! does, over its own events and nothing else. What a case may say is in `detect::cases`, not here.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};
use keyline_detect::cases::{self, Case, Difference, Events, TestFile, judge};
use keyline_detect::hunt::{HuntOptions, hunt};
use keyline_detect::load;
use keyline_detect::problem::{Position, Problem};
use keyline_detect::rule::Rule;
use keyline_engine::EngineOptions;
use keyline_lake::lineage::Lineage;
use keyline_lake::{LogOptions, Logs, RawRecord, SessionTokens};
use keyline_simulate::stories;
use serde_json::json;

use super::hunt::RULE_TIME_DEFAULT;
use super::{Context, ReferenceArgs, Status};
use crate::allow;
use crate::config::Estate;
use crate::coverage::count;
use crate::data::{self, EngineReferences};
use crate::output::{Style, escape};

/// Memory of one case: its events are few, stories aside.
const CASE_MEMORY_BYTES: u64 = 128 << 20;

#[derive(Args)]
pub struct TestArgs {
    /// Rule files, files of cases, or folders
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Run only cases of which the rule's name, the file or the case's name holds TEXT
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Fail as well when a rule has no cases, or none in which it must fire, or none in which it must not
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    references: ReferenceArgs,
    #[arg(short, long, value_enum, default_value = "table")]
    output: TestFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum TestFormat {
    Table,
    Json,
    /// Annotations of a pull request on GitHub
    Github,
}

/// A rule with its cases.
struct Tested {
    rule: Rule,
    tests: TestFile,
}

/// What became of one case.
struct Outcome<'a> {
    tested: &'a Tested,
    case: &'a Case,
    /// Why the case could not be run.
    error: Option<String>,
    differences: Vec<Difference>,
}

impl Outcome<'_> {
    fn passed(&self) -> bool {
        self.error.is_none() && self.differences.is_empty()
    }
}

pub fn run(args: &TestArgs, context: &Context) -> Result<Status> {
    let found = find(args)?;
    let wanted = |tested: &Tested, case: &Case| {
        args.filter.as_ref().is_none_or(|text| {
            [&tested.rule.name, &tested.rule.file, &case.name]
                .iter()
                .any(|name| name.contains(text.as_str()))
        })
    };
    let runs: Vec<(&Tested, &Case)> = found
        .tested
        .iter()
        .flat_map(|tested| tested.tests.cases.iter().map(move |case| (tested, case)))
        .filter(|(tested, case)| wanted(tested, case))
        .collect();
    if let Some(text) = args.filter.as_ref().filter(|_| runs.is_empty()) {
        bail!("no case, rule or file is called like `{text}` (`--filter`)");
    }
    let outcomes = in_parallel(&runs, |&(tested, case)| {
        run_case(args, tested, case, context)
    });
    let mut complaints = found.problems;
    if args.strict {
        complaints.extend(found.tested.iter().flat_map(incomplete));
        complaints.extend(found.untested.iter().map(|rule| {
            let place = Position { line: 1, column: 1 };
            (rule.file.clone(), place, "the rule has no cases".to_owned())
        }));
    }
    let mut out = std::io::stdout().lock();
    match args.output {
        TestFormat::Table => print_text(&mut out, &outcomes, context)?,
        TestFormat::Json => print_json(&mut out, &outcomes, &complaints, &found.untested)?,
        TestFormat::Github => print_annotations(&mut out, &outcomes, &complaints)?,
    }
    for (file, place, message) in &complaints {
        let Position { line, column } = place;
        tell!("{}:{line}:{column}: {}", escape(file), escape(message));
    }
    if !found.untested.is_empty() && !args.strict {
        context.printer.note(&format!(
            "{} without cases (`--strict` lists them)",
            count(found.untested.len() as u64, "rule")
        ));
    }
    let failed = outcomes.iter().filter(|outcome| !outcome.passed()).count();
    tell!(
        "{} of {}: {} passed, {failed} failed",
        count(outcomes.len() as u64, "case"),
        count(found.tested.len() as u64, "rule"),
        outcomes.len() - failed
    );
    if runs.is_empty() && complaints.is_empty() {
        bail!("there are no cases: they stand in `NAME.test.yaml` beside the rule `NAME.yaml`");
    }
    Ok(match failed == 0 && complaints.is_empty() {
        true => Status::Done,
        false => Status::Failed,
    })
}

/// A file, a place in it, and what is wrong there.
type Complaint = (String, Position, String);

#[derive(Default)]
struct Found {
    tested: Vec<Tested>,
    untested: Vec<Rule>,
    problems: Vec<Complaint>,
}

fn find(args: &TestArgs) -> Result<Found> {
    let mut paths = Vec::new();
    for path in &args.paths {
        if !path.exists() {
            bail!("there is nothing at `{}`", path.display());
        }
        let rule = cases::is_test_file(path).then(|| cases::rule_of(path));
        paths.push(rule.flatten().unwrap_or_else(|| path.clone()));
    }
    let loaded = load::load(&paths);
    let complaint = |problem: &Problem| -> Complaint {
        (
            problem.file.clone(),
            problem.position,
            problem.message.clone(),
        )
    };
    let mut found = Found {
        problems: loaded
            .problems
            .iter()
            .filter(|p| p.is_fatal())
            .map(complaint)
            .collect(),
        ..Found::default()
    };
    for rule in loaded.rules {
        let path = cases::beside(Path::new(&rule.file));
        if !path.is_file() {
            found.untested.push(rule);
            continue;
        }
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read the cases `{}`", path.display()))?;
        match cases::read(&path.display().to_string(), &text) {
            Ok(tests) => found.tested.push(Tested { rule, tests }),
            Err(problem) => found.problems.push(complaint(&problem)),
        }
    }
    Ok(found)
}

/// What a rule's cases lack: a test that cannot fail in one direction proves little.
fn incomplete(tested: &Tested) -> Vec<Complaint> {
    let cases = &tested.tests.cases;
    let lacks = [
        (
            "in which the rule must fire",
            cases.iter().any(|case| !case.is_negative()),
        ),
        (
            "in which the rule must keep quiet",
            // Over no events every rule keeps quiet.
            cases
                .iter()
                .any(|case| case.is_negative() && !case.events.is_none()),
        ),
    ];
    lacks
        .into_iter()
        .filter(|(_, there)| !there)
        .map(|(what, _)| {
            let place = Position { line: 1, column: 1 };
            (
                tested.tests.file.clone(),
                place,
                format!("there is no case {what}"),
            )
        })
        .collect()
}

fn run_case<'a>(
    args: &TestArgs,
    tested: &'a Tested,
    case: &'a Case,
    context: &Context,
) -> Outcome<'a> {
    let mut outcome = Outcome {
        tested,
        case,
        error: None,
        differences: Vec::new(),
    };
    match try_case(&args.references, &tested.rule, case, context) {
        Ok(differences) => outcome.differences = differences,
        Err(error) => outcome.error = Some(format!("{error:#}")),
    }
    outcome
}

/// Runs a rule over a case. Out comes what is not as expected.
pub fn try_case(
    references: &ReferenceArgs,
    rule: &Rule,
    case: &Case,
    context: &Context,
) -> Result<Vec<Difference>> {
    let alerts = alerts(references, rule, case, context)?;
    Ok(judge(&case.expected, &alerts))
}

/// What the rule raises over the case's events, estate and allow-list.
fn alerts(
    wanted: &ReferenceArgs,
    rule: &Rule,
    case: &Case,
    context: &Context,
) -> Result<Vec<keyline_detect::alert::Alert>> {
    let estate: Estate = match case.estate.is_null() {
        true => Estate::default(),
        false => serde_json::from_value(case.estate.clone()).context("`estate` of the case")?,
    };
    estate.check().context("`estate` of the case")?;
    let folder = tempfile::tempdir().context("no folder for the case's events")?;
    write_events(&case.events, folder.path())?;
    let options = LogOptions {
        threads: 1,
        memory_bytes: CASE_MEMORY_BYTES,
        session_tokens: SessionTokens::Hash,
        raw_record: RawRecord::Leave,
        since: None,
        until: None,
        now: None,
        scratch_folder: None,
        progress: None,
    };
    let logs = Logs::open(&[folder.path().to_path_buf()], options)?;
    let watchlists = data::watchlists(wanted, context);
    let lineage = Lineage::of(&logs, data::production(&estate));
    let catalog = data::catalog(&logs, &lineage, &watchlists, &estate)?;
    let references = Arc::new(EngineReferences(data::references(wanted, context)?));
    let options = HuntOptions {
        since: None,
        until: None,
        as_of: None,
        engine: EngineOptions {
            memory_bytes: CASE_MEMORY_BYTES as usize,
            partitions: 1,
            ..EngineOptions::for_this_machine()
        },
        threads: 1,
        rule_time: Some(RULE_TIME_DEFAULT),
        progress: None,
    };
    let rules = std::slice::from_ref(rule);
    let report = hunt(rules, &logs, &lineage, &catalog, references, &options)?;
    if let Some(failed) = report.failed_rules.first() {
        bail!("the rule cannot run: {}", failed.why);
    }
    let mut alerts = report.alerts;
    allow::apply(&mut alerts, &estate.allow);
    Ok(alerts)
}

fn write_events(events: &Events, folder: &Path) -> Result<()> {
    match events {
        Events::Records(records) => {
            let text: String = records.iter().map(|record| format!("{record}\n")).collect();
            std::fs::write(folder.join("events.jsonl"), text)?;
        }
        Events::Story(name, seed) => {
            let Some(story) = stories::find(name) else {
                bail!("there is no story `{name}`: `keyline simulate --list` names them");
            };
            for file in (story.tell)(*seed).simulation.files() {
                let path = folder.join(file.path.trim_end_matches(".gz"));
                if let Some(parent) = path.parent() {
                    std::fs::create_dir_all(parent)?;
                }
                std::fs::write(&path, &file.text)?;
            }
        }
    }
    Ok(())
}

/// Does the work for each item on all cores; results in the order of the items.
fn in_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let take = || {
        let mut done = Vec::new();
        while let Some((at, item)) = {
            let at = next.fetch_add(1, Ordering::Relaxed);
            items.get(at).map(|item| (at, item))
        } {
            done.push((at, work(item)));
        }
        done
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut results: Vec<(usize, R)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(take)).collect();
        let results = workers.into_iter().flat_map(|worker| match worker.join() {
            Ok(results) => results,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        results.collect()
    });
    results.sort_by_key(|(at, _)| *at);
    results.into_iter().map(|(_, result)| result).collect()
}

fn print_text(out: &mut dyn Write, outcomes: &[Outcome<'_>], context: &Context) -> Result<()> {
    let mut file = "";
    for outcome in outcomes {
        let (tests, case) = (&outcome.tested.tests, outcome.case);
        if outcome.passed() && !context.printer.verbose {
            continue;
        }
        if file != tests.file {
            file = &tests.file;
            let name = context
                .printer
                .paint(Style::Bold, &escape(&outcome.tested.rule.name));
            writeln!(out, "{name}  {}", escape(file))?;
        }
        let (mark, style) = match outcome.passed() {
            true => ("ok  ", Style::Blue),
            false => ("FAIL", Style::Red),
        };
        let mark = context.printer.paint(style, mark);
        writeln!(
            out,
            "  {mark} {} (line {})",
            escape(&case.name),
            case.position.line
        )?;
        if let Some(error) = &outcome.error {
            writeln!(out, "       {}", escape(error))?;
        }
        for Difference {
            about,
            expected,
            found,
        } in &outcome.differences
        {
            writeln!(out, "       {}", escape(about))?;
            writeln!(out, "         - expected {}", escape(expected))?;
            writeln!(out, "         + found    {}", escape(found))?;
        }
    }
    Ok(())
}

fn print_json(
    out: &mut dyn Write,
    outcomes: &[Outcome<'_>],
    complaints: &[Complaint],
    untested: &[Rule],
) -> Result<()> {
    let cases = outcomes.iter().map(|outcome| {
        json!({
            "rule_id": outcome.tested.rule.id,
            "rule_name": outcome.tested.rule.name,
            "file": outcome.tested.tests.file,
            "line": outcome.case.position.line,
            "case": outcome.case.name,
            "must_fire": !outcome.case.is_negative(),
            "evasion": outcome.case.is_evasion,
            "passed": outcome.passed(),
            "error": outcome.error,
            "differences": outcome.differences,
        })
    });
    let passed = outcomes.iter().filter(|outcome| outcome.passed()).count();
    let complaints = complaints.iter().map(
        |(file, place, message)| json!({"file": file, "line": place.line, "message": message}),
    );
    let document = json!({
        "schema": "keyline.rules-test/1",
        "passed": passed,
        "failed": outcomes.len() - passed,
        "cases": cases.collect::<Vec<_>>(),
        "problems": complaints.collect::<Vec<_>>(),
        "rules_without_cases": untested.iter().map(|rule| &rule.file).collect::<Vec<_>>(),
    });
    writeln!(out, "{}", serde_json::to_string_pretty(&document)?)?;
    Ok(())
}

/// Workflow commands: GitHub shows each at its line of the change.
fn print_annotations(
    out: &mut dyn Write,
    outcomes: &[Outcome<'_>],
    complaints: &[Complaint],
) -> Result<()> {
    let mut annotate = |file: &str, line: usize, message: &str| {
        // What the command's own syntax needs, in data and in properties.
        let data = |text: &str| {
            text.replace('%', "%25")
                .replace('\r', "%0D")
                .replace('\n', "%0A")
        };
        let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
        writeln!(
            out,
            "::error file={},line={line}::{}",
            property(file),
            data(&escape(message))
        )
    };
    for outcome in outcomes.iter().filter(|outcome| !outcome.passed()) {
        let mut message = format!("{}: {}", outcome.tested.rule.name, outcome.case.name);
        if let Some(error) = &outcome.error {
            message.push_str(&format!(": {error}"));
        }
        for Difference {
            about,
            expected,
            found,
        } in &outcome.differences
        {
            message.push_str(&format!("; {about}: expected {expected}, found {found}"));
        }
        annotate(
            &outcome.tested.tests.file,
            outcome.case.position.line,
            &message,
        )?;
    }
    for (file, place, message) in complaints {
        annotate(file, place.line, message)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::output::{ColorChoice, Printer};

    /// What a change of the engine or of a rule breaks is seen wherever tests are run, without a command that
    /// somebody has to remember.
    #[test]
    fn the_rules_that_keyline_brings_pass_their_cases() {
        let args = TestArgs {
            paths: vec![PathBuf::from(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../../rules"
            ))],
            filter: None,
            strict: true,
            references: ReferenceArgs {
                offline: true,
                ..ReferenceArgs::default()
            },
            output: TestFormat::Table,
        };
        let context = Context {
            config: Config::default(),
            printer: Printer::new(false, false, true, ColorChoice::Never),
        };
        let status = run(&args, &context).unwrap();
        assert_eq!(status, Status::Done, "what failed is printed above");
    }
}
