//! `keyline sinks`: where alerts are sent, how that goes, and a test alert to each.

use std::io::Write;

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use keyline_sinks::{Outbox, Sink, SinkState, alert};
use serde_json::{Value, json};

use super::{Context, Status};
use crate::output::{Format, write_grid};
use crate::safe_json::SafeJson;
use crate::sending::outbox_folder;
use crate::units::{TICKS_PER_SECOND, wall_clock_ticks};

#[derive(Subcommand)]
pub enum SinksCommand {
    /// List the sinks: what waits, what was delivered, what went wrong
    List(ListArgs),
    /// Send a test alert to each sink, whatever its filter says, and tell what it answered
    Test(TestArgs),
}

#[derive(Args)]
pub struct ListArgs {
    /// How to print it
    #[arg(short, long, value_enum, default_value = "table")]
    output: Format,
}

#[derive(Args)]
pub struct TestArgs {
    /// The sinks to try (default: all)
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// How to print it
    #[arg(short, long, value_enum, default_value = "table")]
    output: Format,
}

pub fn run(command: SinksCommand, context: Context) -> Result<Status> {
    let sinks = Sink::all(&context.config.sinks)?;
    if sinks.is_empty() {
        tell!("there are no sinks: the configuration has no `[[sinks]]`");
        tell!("hint: `keyline config --example` shows some");
    }
    match command {
        SinksCommand::List(args) => list(&args, &sinks, &context),
        SinksCommand::Test(args) => test(&args, &sinks),
    }
}

fn list(args: &ListArgs, sinks: &[Sink], context: &Context) -> Result<Status> {
    let states = Outbox::look(&outbox_folder(&context.config), sinks)?;
    let columns = [
        "sink",
        "destination",
        "waiting",
        "delivered",
        "refused",
        "missed",
        "went wrong last",
    ];
    let row = |state: &SinkState| {
        vec![
            state.name.clone(),
            state.destination.clone(),
            state.waiting.to_string(),
            state.delivered.to_string(),
            state.put_aside.to_string(),
            state.dropped.to_string(),
            state.last_error.clone().unwrap_or_default(),
        ]
    };
    let documents: Result<Vec<Value>, _> = states.iter().map(serde_json::to_value).collect();
    let rows = states.iter().map(row).collect();
    print(args.output, &documents?, &columns, rows)?;
    Ok(Status::Done)
}

fn test(args: &TestArgs, sinks: &[Sink]) -> Result<Status> {
    if let Some(name) = args
        .names
        .iter()
        .find(|name| sinks.iter().all(|sink| sink.name() != name.as_str()))
    {
        let names: Vec<&str> = sinks.iter().map(Sink::name).collect();
        bail!("there is no sink `{name}`, but {}", names.join(", "));
    }
    let mut documents = Vec::new();
    let mut rows = Vec::new();
    let mut status = Status::Done;
    for sink in sinks {
        if !args.names.is_empty() && !args.names.iter().any(|name| name == sink.name()) {
            continue;
        }
        let tried = try_out(sink);
        let word = match &tried {
            Ok(()) => "ok",
            Err(_) => {
                status = Status::Failed;
                "failed"
            }
        };
        let why = tried.err();
        documents.push(json!({
            "name": sink.name(),
            "type": sink.kind().name(),
            "destination": sink.destination(),
            "result": word,
            "why": why
        }));
        rows.push(vec![
            word.to_owned(),
            sink.name().to_owned(),
            sink.destination(),
            why.unwrap_or_default(),
        ]);
    }
    let columns = ["result", "sink", "destination", "why"];
    print(args.output, &documents, &columns, rows)?;
    Ok(status)
}

/// Sends the test alert to a sink, and says what it answered where it did not take it.
pub fn try_out(sink: &Sink) -> Result<(), String> {
    let now = wall_clock_ticks() / TICKS_PER_SECOND;
    let tried = sink.try_out(&alert::test_alert(now), now);
    tried.map_err(|failure| failure.why().to_owned())
}

fn print(
    format: Format,
    documents: &[Value],
    columns: &[&str],
    rows: Vec<Vec<String>>,
) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match format {
        Format::Json => {
            let document = json!({"schema": "keyline.sinks/1", "sinks": documents});
            serde_json::to_writer_pretty(SafeJson(&mut out), &document)?;
            writeln!(out)?;
        }
        Format::Jsonl => {
            for document in documents {
                serde_json::to_writer(SafeJson(&mut out), document)?;
                writeln!(out)?;
            }
        }
        format => {
            let columns: Vec<String> = columns.iter().map(|&name| name.to_owned()).collect();
            write_grid(&mut out, format, &columns, &rows)?;
        }
    }
    Ok(())
}
