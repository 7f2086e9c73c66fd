//! `keyline`: CloudTrail in, alerts, answers and (in time) containment out.
//!
//! This file reads the command line, runs one command and turns its outcome into an exit code.
//! What a command does stands in `cli/<command>.rs`.

#![deny(clippy::print_stdout, clippy::print_stderr)]

#[macro_use]
mod output;
mod alert_export;
mod alert_report;
mod alerts_file;
mod allow;
mod builtin;
mod builtin_cases;
mod cli;
mod config;
mod coverage;
mod data;
mod estate_tables;
#[cfg(feature = "lake")]
mod intake;
mod json_rows;
mod lineage_json;
mod memory;
#[cfg(feature = "lake")]
mod pipeline;
mod report;
mod safe_json;
#[cfg(feature = "lake")]
mod saved_alerts;
#[cfg(feature = "lake")]
mod saved_audit;
#[cfg(feature = "lake")]
mod saved_incidents;
mod scratch;
mod sending;
mod server;
mod sparkline;
#[cfg(feature = "lake")]
mod table_rows;
mod units;
#[cfg(feature = "lake")]
mod watch;

use std::process::ExitCode;

fn main() -> ExitCode {
    memory::share_heaps();
    let arguments = match cli::parse() {
        Ok(arguments) => arguments,
        Err(exit) => return exit,
    };
    output::end_on_interrupt();
    scratch::begin();
    let outcome = cli::run(arguments);
    scratch::end();
    match outcome {
        Ok(status) => status.into(),
        Err(error) if output::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            report::print_error(&error);
            cli::Status::Failed.into()
        }
    }
}
