//! The measurements as a table.
//!
//! In: the plan and its measurements. Out: Markdown with times, rates, ratios and memory, and the
//! machine that they are from. Deliberately not here: a verdict, but for the goals that the project
//! has set itself, beside what was reached.

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::Plan;
use super::measure::Measured;

/// The ratios worth naming: which step against which, and what is wanted.
const RATIOS: [(&str, &str, &str, f64); 7] = [
    (
        "convert",
        "duckdb-auto",
        "gz → Parquet: times as fast as DuckDB's `read_json_auto`",
        3.0,
    ),
    (
        "convert",
        "duckdb-typed",
        "gz → Parquet: times as fast as DuckDB with types stated",
        0.0,
    ),
    (
        "convert",
        "chdb",
        "gz → Parquet: times as fast as ClickHouse",
        2.0,
    ),
    (
        "hunt",
        "floor",
        "hunt: times the baseline's time (at most)",
        2.0,
    ),
    (
        "read",
        "floor",
        "all columns: times the baseline's time",
        0.0,
    ),
    (
        "lineage",
        "floor",
        "lineage of everything: times the baseline's time",
        0.0,
    ),
    (
        "lineage-key",
        "duckdb-lineage",
        "everything under one key: times as fast as DuckDB's recursive query",
        1.0,
    ),
];

pub fn markdown(plan: &Plan, measured: &[Measured]) -> String {
    let mut out = String::new();
    let megabytes = plan.raw_bytes as f64 / 1e6;
    let _ = writeln!(out, "# {} events\n", thousands(plan.events));
    let _ = writeln!(
        out,
        "{} MB of JSON in gz files over 30 days, {} threads, best of {}; {}\n",
        thousands(megabytes as u64),
        plan.threads,
        plan.repeat,
        machine()
    );
    let _ = writeln!(
        out,
        "| step | s | events/s | MB/s of JSON | peak memory, MiB |"
    );
    let _ = writeln!(out, "|---|--:|--:|--:|--:|");
    for step in measured {
        if step.seconds.is_finite() {
            let _ = writeln!(
                out,
                "| {}{} | {:.2} | {} | {:.0} | {} |",
                step.what,
                if step.failed.is_some() {
                    " (ended with an error)"
                } else {
                    ""
                },
                step.seconds,
                thousands((plan.events as f64 / step.seconds) as u64),
                megabytes / step.seconds,
                step.peak_bytes
                    .map_or("–".to_owned(), |bytes| thousands(bytes >> 20)),
            );
        } else {
            let why = step.failed.as_deref().unwrap_or("failed");
            let _ = writeln!(out, "| {} | {why} | | | |", step.what);
        }
    }
    let _ = writeln!(out, "\n| ratio | reached | wanted |\n|---|--:|--:|");
    for (ours, theirs, what, wanted) in RATIOS {
        let (Some(ours), Some(theirs)) = (find(measured, ours), find(measured, theirs)) else {
            continue;
        };
        let against_floor = theirs.name == "floor";
        let ratio = if against_floor {
            ours.seconds / theirs.seconds
        } else {
            theirs.seconds / ours.seconds
        };
        let wanted = if wanted > 0.0 {
            format!("{wanted:.0}")
        } else {
            "–".to_owned()
        };
        let _ = writeln!(out, "| {what} | {ratio:.2} | {wanted} |");
    }
    out
}

/// The table of a hunter's questions under a heading.
pub fn hunting(plan: &Plan, table: &str) -> String {
    format!(
        "# Hunting in {} events\n\n20 questions over Keyline's Parquet, {} threads, best of {}; {}\n\n{table}",
        thousands(plan.events),
        plan.threads,
        plan.repeat,
        machine()
    )
}

pub fn file_name(plan: &Plan) -> String {
    let peers = if plan.peers == super::Peers::Run {
        "-peers"
    } else {
        ""
    };
    format!("{}-events{peers}", plan.events)
}

/// What the rules are called in the table.
pub fn rules(rules: &[PathBuf]) -> String {
    let files: usize = rules.iter().map(count).sum();
    format!("{files} rule files")
}

fn count(path: &PathBuf) -> usize {
    if path.is_file() {
        return 1;
    }
    let Ok(entries) = fs::read_dir(path) else {
        return 0;
    };
    entries
        .filter_map(Result::ok)
        .map(|entry| count(&entry.path()))
        .sum()
}

fn find<'a>(measured: &'a [Measured], name: &str) -> Option<&'a Measured> {
    measured
        .iter()
        .find(|step| step.name == name && step.seconds.is_finite())
}

fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let model = fs::read_to_string("/proc/cpuinfo")
        .ok()
        .and_then(|text| {
            let line = text.lines().find(|line| line.starts_with("model name"))?;
            Some(line.split(':').nth(1)?.trim().to_owned())
        })
        .unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let rustc = Command::new("rustc")
        .arg("--version")
        .output()
        .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
        .unwrap_or_default();
    format!("{cores} cores of {model}, {rustc}")
}

fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_separators() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (12_345_678, "12,345,678"),
        ] {
            assert_eq!(thousands(number), text);
        }
    }
}
