//! `keyline query`: a question in KQL over logs, answered on stdout.

use std::io::{self, BufRead, Write};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use arrow_array::RecordBatch;
use clap::Args;
use futures::StreamExt;
use keyline_engine::rows::{append_rows, json, text};
use keyline_engine::{Engine, EngineOptions, Evaluation};
use keyline_kql::check::CheckOptions;
use keyline_kql::checked::CheckedQuery;
use keyline_kql::diagnostic::{Diagnostic, Severity};
use keyline_kql::schema::Column;
use keyline_kql::types::Value;
use keyline_lake::lineage::Lineage;
use keyline_lake::{Logs, RawRecord};
use serde::Deserialize;
use serde_json::json as document;

use super::{Context, DataArgs, ReferenceArgs, Status};
use crate::coverage;
use crate::data::{self, EngineReferences};
use crate::json_rows;
use crate::output::{Format, write_grid, write_records};
use crate::report::{Rendered, diagnostic_json, render};
use crate::safe_json::SafeJson;
use crate::units::wall_clock_ticks;

/// The rows that a table on a terminal shows; more are counted, and other formats print all.
const TABLE_ROWS_MAX: usize = 1_000;
/// Above this many columns a table shows each row as lines of `name  value`.
const TABLE_COLUMNS_MAX: usize = 16;
/// The rows that are shown that way.
const RECORDS_MAX: usize = 50;
const TICKS_PER_MICROSECOND: i64 = 10;

#[derive(Args)]
pub struct QueryArgs {
    /// The query; `-` reads it from standard input
    #[arg(value_name = "KQL", required_unless_present_any = ["file", "batch"], conflicts_with_all = ["file", "batch"])]
    query: Option<String>,
    /// Read the query from FILE
    #[arg(short, long, value_name = "FILE", conflicts_with = "batch")]
    file: Option<PathBuf>,
    /// Answer many queries, {"id", "query"} a line of FILE (`-`: standard input), one JSON line each
    #[arg(long, value_name = "FILE")]
    batch: Option<PathBuf>,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    references: ReferenceArgs,
    /// How to print the rows
    #[arg(short, long, value_enum, default_value = "table")]
    output: Format,
    /// Add the column RawRecord to the table CloudTrail
    #[arg(long)]
    raw: bool,
}

pub fn run(args: QueryArgs, mut context: Context) -> Result<Status> {
    if let Some(path) = &args.data.accounts {
        context.config.estate.add_accounts(path)?;
    }
    let asked = match &args.batch {
        Some(_) => None,
        None => Some(source(&args)?),
    };
    if let Some((origin, text)) = &asked
        && let Err(refusal) = check_before_reading(&args, text, &context)?
    {
        return refuse(refusal, &args, origin, text, &context);
    }
    let session = open(&args, &context)?;
    let status = match (&args.batch, asked) {
        (Some(path), _) => run_batch(path, &session),
        (None, Some((origin, text))) => run_one(&args, &origin, &text, &session, &context),
        (None, None) => bail!("no query was given"),
    };
    // Also where the query failed: what was read does not depend on it.
    if let Some(logs) = &session.logs {
        tell!(
            "{}",
            coverage::line(&logs.survey()?, &context.config.estate)
        );
    }
    status
}

/// A slip in the query is told before a year of logs is read. The tables are those of a check without logs,
/// but for the raw records, which somebody has to ask for.
fn check_before_reading(
    args: &QueryArgs,
    text: &str,
    context: &Context,
) -> Result<Result<(), Refusal>> {
    if args.data.data.is_empty() || args.raw {
        return Ok(Ok(()));
    }
    let catalog = data::for_checks(&args.references, context)?;
    let (query, mut found) = keyline_kql::parse::parse(text);
    let (_, more) = keyline_kql::check::check(&query, &catalog, &CheckOptions::default());
    found.extend(more);
    match found.iter().any(|found| found.severity == Severity::Error) {
        true => Ok(Err(Refusal::Diagnostics(found))),
        false => Ok(Ok(())),
    }
}

/// What queries run in: the engine over the logs, and the instant that `now()` is.
struct Session {
    engine: Engine,
    logs: Option<Logs>,
    now_ticks: i64,
}

fn open(args: &QueryArgs, context: &Context) -> Result<Session> {
    let watchlists = data::watchlists(&args.references, context);
    let references = Arc::new(EngineReferences(data::references(
        &args.references,
        context,
    )?));
    let options = EngineOptions {
        memory_bytes: data::engine_memory_bytes(&args.data, context)?,
        partitions: data::threads(&args.data),
        ..EngineOptions::for_this_machine()
    };
    if !data::names_logs(&[], &args.data) {
        let catalog = data::without_logs(&watchlists, &context.config.estate)?;
        let engine = Engine::new(&options, catalog, references)?;
        let now_ticks = args.data.as_of.unwrap_or_else(wall_clock_ticks);
        return Ok(Session {
            engine,
            logs: None,
            now_ticks,
        });
    }
    let raw = if args.raw {
        RawRecord::Keep
    } else {
        RawRecord::Leave
    };
    let (logs, bar) = data::open_logs(&[], &args.data, raw, context)?;
    let last_event = logs.survey()?.last_event;
    bar.finish_and_clear();
    let now_ticks = args
        .data
        .as_of
        .or(last_event.map(|last| last.saturating_mul(TICKS_PER_MICROSECOND)))
        .unwrap_or_else(wall_clock_ticks);
    let estate = &context.config.estate;
    let lineage = Lineage::of(&logs, data::production(estate));
    let catalog = data::catalog(&logs, &lineage, &watchlists, estate)?;
    Ok(Session {
        engine: Engine::new(&options, catalog, references)?.keeping(),
        logs: Some(logs),
        now_ticks,
    })
}

/// Why there are no rows.
pub enum Refusal {
    Diagnostics(Vec<Diagnostic>),
    Engine(keyline_engine::Error),
}

impl From<keyline_engine::Error> for Refusal {
    fn from(error: keyline_engine::Error) -> Refusal {
        Refusal::Engine(error)
    }
}

impl Refusal {
    /// The errors in the shape of the contract.
    pub fn json(&self, source: &str) -> serde_json::Value {
        match self {
            Refusal::Diagnostics(diagnostics) => diagnostics
                .iter()
                .filter(|diagnostic| diagnostic.severity != Severity::Warning)
                .map(|diagnostic| diagnostic_json(source, diagnostic))
                .collect(),
            Refusal::Engine(error) => {
                let span = error.span().unwrap_or_default();
                let (line, column) = keyline_kql::span::line_column(source, span.start);
                document!([{
                    "code": "KQL000",
                    "message": error.to_string(),
                    "line": line,
                    "column": column,
                    "start": span.start,
                    "length": span.len(),
                }])
            }
        }
    }

    fn into_error(self, origin: &str, source: &str, context: &Context) -> anyhow::Error {
        match self {
            Refusal::Diagnostics(diagnostics) => {
                Rendered(render(origin, source, &diagnostics, context.printer.color)).into()
            }
            Refusal::Engine(error) => error.into(),
        }
    }
}

fn check(session: &Session, source: &str) -> Result<(CheckedQuery, Vec<Diagnostic>), Refusal> {
    check_in(&session.engine, session.now_ticks, source)
}

/// Parses and checks a query that is to run at an instant.
pub fn check_in(
    engine: &Engine,
    now_ticks: i64,
    source: &str,
) -> Result<(CheckedQuery, Vec<Diagnostic>), Refusal> {
    let (query, mut diagnostics) = keyline_kql::parse::parse(source);
    if diagnostics
        .iter()
        .any(|diagnostic| diagnostic.severity != Severity::Warning)
    {
        return Err(Refusal::Diagnostics(diagnostics));
    }
    // Where the columns depend on the data, the data is asked.
    let (checked, more) = engine.check_at(&query, &Evaluation::at(now_ticks))?;
    diagnostics.extend(more);
    match checked {
        Some(checked) => Ok((checked, diagnostics)),
        None => Err(Refusal::Diagnostics(diagnostics)),
    }
}

/// Runs a query and hands its rows over as they come.
fn stream(
    session: &Session,
    query: &CheckedQuery,
    mut sink: impl FnMut(&[Column], Vec<Vec<Value>>) -> Result<()> + Send,
) -> Result<(), Stopped> {
    stream_batches(session, query, |columns, batch| {
        let mut cells = Vec::new();
        if let Some(batch) = batch {
            append_rows(batch, columns, &mut cells).map_err(Stopped::Query)?;
        }
        sink(columns, cells).map_err(Stopped::Output)
    })
}

/// The same, as they stand in memory. The columns are told before there is a batch.
fn stream_batches(
    session: &Session,
    query: &CheckedQuery,
    mut sink: impl FnMut(&[Column], Option<&RecordBatch>) -> Result<(), Stopped> + Send,
) -> Result<(), Stopped> {
    let evaluation = Evaluation::at(session.now_ticks);
    let mut rows = session
        .engine
        .run(query, &evaluation)
        .map_err(Stopped::Query)?;
    let columns = rows.columns.clone();
    sink(&columns, None)?;
    session.engine.block_on(async {
        while let Some(batch) = rows.batches.next().await {
            let batch = batch.map_err(|error| Stopped::Query(error.into()))?;
            sink(&columns, Some(&batch))?;
        }
        Ok(())
    })
}

/// Whether a query stopped for its own sake or because nobody reads its rows.
enum Stopped {
    Query(keyline_engine::Error),
    Output(anyhow::Error),
}

fn run_one(
    args: &QueryArgs,
    origin: &str,
    source: &str,
    session: &Session,
    context: &Context,
) -> Result<Status> {
    let (queries, warnings) = match check_all(session, source) {
        Ok(checked) => checked,
        Err(refusal) => return refuse(refusal, args, origin, source, context),
    };
    crate::output::tell_text(render(origin, source, &warnings, context.printer.color));
    let mut out = io::BufWriter::new(io::stdout());
    match print_all(args.output, session, &queries, &mut out, context) {
        Ok(()) => {}
        Err(Stopped::Output(error)) => return Err(error),
        Err(Stopped::Query(error)) => {
            // What was begun is not finished, and two halves are no document.
            drop(out.into_parts());
            return refuse(Refusal::Engine(error), args, origin, source, context);
        }
    }
    out.flush()?;
    Ok(Status::Done)
}

/// Every query of a text, in order: nearly always there is one.
fn check_all(
    session: &Session,
    source: &str,
) -> Result<(Vec<CheckedQuery>, Vec<Diagnostic>), Refusal> {
    let (last, warnings) = check(session, source)?;
    let (tree, _) = keyline_kql::parse::parse(source);
    let mut parts = tree.results();
    parts.pop();
    let mut queries = Vec::new();
    for part in parts {
        let (checked, found) = session
            .engine
            .check_at(&part, &Evaluation::at(session.now_ticks))?;
        queries.push(checked.ok_or(Refusal::Diagnostics(found))?);
    }
    queries.push(last);
    Ok((queries, warnings))
}

fn refuse(
    refusal: Refusal,
    args: &QueryArgs,
    origin: &str,
    source: &str,
    context: &Context,
) -> Result<Status> {
    if args.output == Format::Json {
        writeln!(
            io::stdout(),
            "{}",
            document!({"errors": refusal.json(source)})
        )?;
    }
    Err(refusal.into_error(origin, source, context))
}

fn source(args: &QueryArgs) -> Result<(String, String)> {
    match (&args.query, &args.file) {
        (Some(query), _) if query == "-" => {
            Ok(("stdin".to_owned(), io::read_to_string(io::stdin())?))
        }
        (Some(query), _) => Ok(("query".to_owned(), query.clone())),
        (None, Some(path)) => {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("cannot read the query `{}`", path.display()))?;
            Ok((path.display().to_string(), text))
        }
        (None, None) => bail!("no query was given"),
    }
}

/// The results one after the other, with a line between; in JSON, `{"results": […]}` of several.
fn print_all(
    format: Format,
    session: &Session,
    queries: &[CheckedQuery],
    out: &mut (dyn Write + Send),
    context: &Context,
) -> Result<(), Stopped> {
    let failed = |error: io::Error| Stopped::Output(error.into());
    let several = queries.len() > 1;
    let (open, between, close) = match (format, several) {
        (Format::Json, true) => ("{\"results\":[", ",", "]}\n"),
        (Format::Json, false) => ("", "", "\n"),
        (Format::Jsonl, _) => ("", "", ""),
        _ => ("", "\n", ""),
    };
    out.write_all(open.as_bytes()).map_err(failed)?;
    for (at, query) in queries.iter().enumerate() {
        if at > 0 {
            out.write_all(between.as_bytes()).map_err(failed)?;
        }
        print(format, session, query, out, context)?;
    }
    out.write_all(close.as_bytes()).map_err(failed)
}

fn print(
    format: Format,
    session: &Session,
    query: &CheckedQuery,
    out: &mut (dyn Write + Send),
    context: &Context,
) -> Result<(), Stopped> {
    match format {
        Format::Json => print_json(session, query, out),
        Format::Jsonl => stream(session, query, |columns, rows| {
            for row in rows {
                let object: serde_json::Map<_, _> = columns
                    .iter()
                    .zip(&row)
                    .map(|(column, cell)| (column.name.clone(), json(cell)))
                    .collect();
                serde_json::to_writer(SafeJson(&mut *out), &object)?;
                writeln!(out)?;
            }
            Ok(())
        }),
        Format::Table | Format::Csv | Format::Markdown => {
            let mut names = Vec::new();
            let mut cells: Vec<Vec<String>> = Vec::new();
            let mut total = 0usize;
            let wide = format == Format::Table && query.root.columns.len() > TABLE_COLUMNS_MAX;
            let limit = match format {
                Format::Table if wide => RECORDS_MAX,
                Format::Table => TABLE_ROWS_MAX,
                _ => usize::MAX,
            };
            stream(session, query, |columns, rows| {
                names = columns.iter().map(|column| column.name.clone()).collect();
                total += rows.len();
                let room = limit.saturating_sub(cells.len());
                cells.extend(rows.iter().take(room).map(|row| text_cells(row)));
                Ok(())
            })?;
            let written = if wide {
                write_records(out, &names, &cells)
            } else {
                write_grid(out, format, &names, &cells)
            };
            written.map_err(|error| Stopped::Output(error.into()))?;
            if total > cells.len() {
                context.printer.note(&format!(
                    "{} of {} rows shown; `-o csv` or `-o jsonl` prints all",
                    cells.len(),
                    total
                ));
            }
            Ok(())
        }
    }
}

fn text_cells(row: &[Value]) -> Vec<String> {
    row.iter()
        .map(|cell| text(cell).unwrap_or_default())
        .collect()
}

/// `{"columns": [{"name", "type"}], "rows": [[…]]}`, written as the rows come.
fn print_json(
    session: &Session,
    query: &CheckedQuery,
    out: &mut (dyn Write + Send),
) -> Result<(), Stopped> {
    let mut first = true;
    let mut text = Vec::new();
    let failed = |error: io::Error| Stopped::Output(error.into());
    stream_batches(session, query, |columns, batch| {
        let Some(batch) = batch else {
            let columns = columns_json(columns);
            return write!(SafeJson(&mut *out), "{{\"columns\":{columns},\"rows\":[")
                .map_err(failed);
        };
        text.clear();
        json_rows::append(batch, columns, &mut first, &mut text).map_err(Stopped::Output)?;
        out.write_all(&text).map_err(failed)
    })?;
    write!(out, "]}}").map_err(failed)
}

fn columns_json(columns: &[Column]) -> serde_json::Value {
    columns
        .iter()
        .map(|column| document!({"name": column.name, "type": column.ty.name()}))
        .collect()
}

#[derive(Deserialize)]
struct BatchLine {
    id: serde_json::Value,
    query: String,
}

/// One answer a line, in order, whatever becomes of each query.
fn run_batch(path: &PathBuf, session: &Session) -> Result<Status> {
    let input: Box<dyn BufRead> = if path.as_os_str() == "-" {
        Box::new(io::stdin().lock())
    } else {
        let file = std::fs::File::open(path)
            .with_context(|| format!("cannot read the queries `{}`", path.display()))?;
        Box::new(io::BufReader::new(file))
    };
    let mut out = io::BufWriter::new(io::stdout());
    for (number, line) in input.lines().enumerate() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let asked = match serde_json::from_str::<BatchLine>(&line) {
            Ok(asked) => asked,
            Err(error) => {
                let message = format!("line {} is no {{\"id\", \"query\"}}: {error}", number + 1);
                let errors = document!([{"code": "KQL000", "message": message}]);
                writeln!(out, "{}", document!({"id": null, "errors": errors}))?;
                continue;
            }
        };
        let answer = match collect(session, &asked.query) {
            Ok(results) => batch_answer(&asked.id, results),
            Err(refusal) => {
                document!({"id": asked.id, "errors": refusal.json(&asked.query)})
            }
        };
        serde_json::to_writer(SafeJson(&mut out), &answer)?;
        writeln!(out)?;
        out.flush()?;
    }
    Ok(Status::Done)
}

type Collected = (Vec<Column>, Vec<Vec<serde_json::Value>>);

/// The result of the last statement; of several that have one, all of them under `results` as well.
fn batch_answer(id: &serde_json::Value, results: Vec<Collected>) -> serde_json::Value {
    let mut results: Vec<serde_json::Value> = results
        .into_iter()
        .map(|(columns, rows)| document!({"columns": columns_json(&columns), "rows": rows}))
        .collect();
    let mut answer = match results.len() {
        0 | 1 => results.pop().unwrap_or_default(),
        last => {
            let mut answer = results[last - 1].clone();
            answer["results"] = results.into();
            answer
        }
    };
    answer["id"] = id.clone();
    answer
}

fn collect(session: &Session, source: &str) -> Result<Vec<Collected>, Refusal> {
    let (queries, _) = check_all(session, source)?;
    let results = queries.iter().map(|query| collect_one(session, query));
    results.collect()
}

fn collect_one(session: &Session, query: &CheckedQuery) -> Result<Collected, Refusal> {
    let mut answer = (query.root.columns.clone(), Vec::new());
    stream(session, query, |_, rows| {
        answer.1.extend(
            rows.iter()
                .map(|row| row.iter().map(json).collect::<Vec<_>>()),
        );
        Ok(())
    })
    .map_err(|stopped| match stopped {
        Stopped::Query(error) => Refusal::Engine(error),
        Stopped::Output(_) => unreachable!("collecting into memory does not fail"),
    })?;
    Ok(answer)
}
