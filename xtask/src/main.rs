//! The project's tasks: `cargo xtask NAME`.
//!
//! In: a task's name and its options. Out: what the task prints, and exit code 1 where it fails.
//! `cargo` alone is enough for everything here; a task only puts commands together. Deliberately
//! not here: checks of the code itself, which are tests (`xtask/tests/tidy.rs`).

mod api;
mod bench;
mod data;
mod oracle;
mod rules;
mod run;
mod steady;
mod testing;
mod ui;

use std::process::ExitCode;

use anyhow::bail;

const USAGE: &str = "\
usage: cargo xtask TASK [OPTION…]

  test [-p CRATE…] [-- ARG…]   all tests of the workspace, or of some crates; ends with `N passed, N failed`
  ci                           formatting, lints and all tests, as `.ci/run` does
  ui                           make the page in ui/dist with npm; the next build embeds it
  kql-report                   which cases of the KQL corpora pass, and the causes of those that do not
  soak [KILLS]                 kill commands of the lake and the watch at 200 instants each, or so many, and take 10,000
                               objects from a bucket that throttles and fails; nothing may be lost or doubled
  oracle --tool DIR            ask Microsoft's binder about the KQL corpora; writes docs/kql/oracle.jsonl (needs Node)
  data --events N --out DIR    benchmark data: N events of a simulated organisation as gz log files
       [--seed N] [--days N] [--accounts N] [--threads N] [--habits]
  rules --keyline PATH         recall by story, noise by rule and habit; writes docs/rules-measured.md
       [--events N] [--seeds N] [--rules DIR]… [--out FILE] [--no-month] [--no-plain] [--no-recall]
       [--memory SIZE] [--rule-time TIME]
  steady --keyline PATH        how far the watch is behind while so many events a second come in
       [--rate N] [--seconds N] [--every SECONDS] [--accounts N] [--rules DIR]… [--memory SIZE] [--no-ui] [--out FILE]
  bench --events N [--peers]   measure this build (and the peers) over generated data; see bench/README.md
  bench --hunting --events N [--peers] [--parquet DIR]   20 questions of a hunter over Parquet, KQL against SQL
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[String]) -> anyhow::Result<ExitCode> {
    let Some((task, options)) = arguments.split_first() else {
        eprint!("{USAGE}");
        return Ok(ExitCode::from(2));
    };
    match task.as_str() {
        "test" => testing::test(options),
        "ci" => testing::ci(),
        "ui" => ui::build().map(|()| ExitCode::SUCCESS),
        "kql-report" => testing::kql_report(options),
        "soak" => testing::soak(options),
        "oracle" => oracle::oracle(options).map(|()| ExitCode::SUCCESS),
        "data" => data::data(options).map(|()| ExitCode::SUCCESS),
        "rules" => rules::rules(options).map(|()| ExitCode::SUCCESS),
        "steady" => steady::steady(options).map(|()| ExitCode::SUCCESS),
        "bench" => bench::bench(options).map(|()| ExitCode::SUCCESS),
        "help" | "--help" | "-h" => {
            print!("{USAGE}");
            Ok(ExitCode::SUCCESS)
        }
        other => bail!("no task is named `{other}`; `cargo xtask help` lists them"),
    }
}
