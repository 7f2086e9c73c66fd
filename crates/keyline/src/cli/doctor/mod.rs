//! `keyline doctor`: what is as Keyline needs it, what is not, and what to do about it.
//!
//! Each check says `ok`, `warn` (it works, but not as it should) or `fail` (something will not
//! work). Nothing is changed, and the network is used for the lake alone, unless `--send-test`.
//! `machine.rs` looks at the machine, `setup.rs` at what the user set up.

mod machine;
mod setup;

use std::io::Write;

use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};

use super::{Context, Status};
use crate::config::Config;
use crate::output::{Printer, Style, escape};
use crate::safe_json::SafeJson;

#[derive(Args)]
pub struct DoctorArgs {
    /// Look at the lake at URI (default: KEYLINE_LAKE, else ./keyline-lake if it is there)
    #[arg(long, value_name = "URI")]
    lake: Option<String>,
    /// Send a test alert to each sink
    #[arg(long)]
    send_test: bool,
    /// How to print it
    #[arg(short, long, value_enum, default_value = "table")]
    output: DoctorFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum DoctorFormat {
    Table,
    Json,
}

/// How one check came out; the worst comes last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Ok,
    Warn,
    Fail,
}

/// One line of the answer.
struct Finding {
    check: &'static str,
    level: Level,
    message: String,
    /// What to do about it.
    hint: Option<String>,
}

impl Finding {
    fn ok(check: &'static str, message: impl Into<String>) -> Finding {
        Finding {
            check,
            level: Level::Ok,
            message: message.into(),
            hint: None,
        }
    }

    fn warn(check: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Finding {
        Finding {
            check,
            level: Level::Warn,
            message: message.into(),
            hint: Some(hint.into()),
        }
    }

    fn fail(check: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Finding {
        Finding {
            level: Level::Fail,
            ..Finding::warn(check, message, hint)
        }
    }
}

pub fn run(args: DoctorArgs, config: Result<Config>, printer: Printer) -> Result<Status> {
    let mut findings = vec![machine::program(), machine::clock()];
    match config {
        Err(error) => findings.push(Finding::fail(
            "configuration",
            format!("{error:#}"),
            "mend the file; `keyline config --example` shows every key",
        )),
        Ok(config) => {
            let context = Context { config, printer };
            findings.extend(setup::findings(&args, &context));
            findings.extend(machine::findings(&args, &context));
        }
    }
    let mut out = std::io::stdout().lock();
    match args.output {
        DoctorFormat::Table => {
            for finding in &findings {
                print(&mut out, finding, printer)?;
            }
        }
        DoctorFormat::Json => {
            serde_json::to_writer_pretty(SafeJson(&mut out), &document(&findings))?;
            writeln!(out)?;
        }
    }
    match findings.iter().map(|finding| finding.level).max() {
        Some(Level::Fail) => Ok(Status::Failed),
        _ => Ok(Status::Done),
    }
}

fn print(out: &mut dyn Write, finding: &Finding, printer: Printer) -> Result<()> {
    let (word, style) = match finding.level {
        Level::Ok => ("ok  ", Style::Dim),
        Level::Warn => ("warn", Style::Yellow),
        Level::Fail => ("fail", Style::Red),
    };
    let word = printer.paint(style, word);
    writeln!(
        out,
        "{word}  {:13}  {}",
        finding.check,
        escape(&finding.message)
    )?;
    if let Some(hint) = &finding.hint {
        writeln!(out, "{:21}→ {}", "", escape(hint))?;
    }
    Ok(())
}

fn document(findings: &[Finding]) -> Value {
    let checks = findings.iter().map(|finding| {
        json!({
            "check": finding.check,
            "status": match finding.level {
                Level::Ok => "ok",
                Level::Warn => "warn",
                Level::Fail => "fail",
            },
            "message": finding.message,
            "hint": finding.hint
        })
    });
    json!({
        "schema": "keyline.doctor/1",
        "version": env!("CARGO_PKG_VERSION"),
        "features": machine::features(),
        "checks": checks.collect::<Vec<_>>()
    })
}
