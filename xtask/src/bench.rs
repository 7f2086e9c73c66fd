//! `cargo xtask bench`: this build against a floor and, on request, against others.
//!
//! In: a number of events, and what to run. Out: one table of times, rates, ratios and peak memory,
//! on the terminal and in `bench/results/`. Everything is measured in one run, on the same files,
//! with the same number of threads, because only ratios within a run mean anything. Deliberately
//! not here: the programs measured (`bench/`, the release binary).

mod hunting;
mod measure;
mod references;
mod report;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};
use keyline_simulate::Simulation;

use crate::data;
use crate::run::{Options, cargo, root, shared};
use measure::{Measured, measure};

/// What to run and on what.
pub struct Plan {
    pub events: u64,
    pub threads: u64,
    pub repeat: u64,
    pub peers: Peers,
    /// The release binary.
    pub keyline: PathBuf,
    pub rules: Vec<PathBuf>,
    /// Where everything that is made for the run lies.
    pub work: PathBuf,
    /// The folder of log files.
    pub logs: PathBuf,
    pub raw_bytes: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peers {
    Run,
    LeaveOut,
}

pub fn bench(words: &[String]) -> anyhow::Result<()> {
    let mut options = Options::new(words);
    let events = options.number("--events", 1_000_000)?;
    let threads = options.number("--threads", 2)?;
    let repeat = options.number("--repeat", 1)?.max(1);
    let peers = if options.has("--peers") {
        Peers::Run
    } else {
        Peers::LeaveOut
    };
    let named = options.take("--keyline")?;
    let out = options.take("--out")?;
    let only_hunting = options.has("--hunting");
    let parquet = options.take("--parquet")?.map(PathBuf::from);
    let mut rules = Vec::new();
    while let Some(folder) = options.take("--rules")? {
        rules.push(PathBuf::from(folder));
    }
    options.finish()?;

    let target = target_folder()?;
    let work = target.join("bench");
    let (logs, raw_bytes) = match parquet {
        // Nobody reads log files then.
        Some(_) if only_hunting => (PathBuf::new(), 0),
        _ => logs(&work, events)?,
    };
    let keyline = match named {
        Some(path) => fs::canonicalize(&path).with_context(|| format!("no program at `{path}`"))?,
        None => build_keyline(&target)?,
    };
    if rules.is_empty() {
        rules = shared_rules();
    }
    let plan = Plan {
        events,
        threads,
        repeat,
        peers,
        keyline,
        rules,
        work,
        logs,
        raw_bytes,
    };
    let (text, agreed) = if only_hunting {
        hunt(&plan, parquet.as_deref())?
    } else {
        (report::markdown(&plan, &run(&plan)?), true)
    };
    println!("{text}");
    let path = match out {
        Some(path) => PathBuf::from(path),
        None => {
            let what = if only_hunting { "-hunting" } else { "" };
            let name = report::file_name(&plan);
            root().join(format!("bench/results/{name}{what}.md"))
        }
    };
    fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
    fs::write(&path, text).with_context(|| format!("cannot write `{}`", path.display()))?;
    eprintln!("written to {}", path.display());
    if !agreed {
        bail!("not all answers agree; the table says which");
    }
    Ok(())
}

/// The questions of a hunter over Parquet: that which is named, else made of the log files first.
fn hunt(plan: &Plan, parquet: Option<&Path>) -> anyhow::Result<(String, bool)> {
    let out = plan.work.join("out");
    fs::create_dir_all(&out)?;
    let parquet = match parquet {
        Some(parquet) => fs::canonicalize(parquet)?,
        None => {
            let made = out.join(format!("keyline-{}.parquet", plan.events));
            if !made.exists() {
                eprintln!("converting {} events", plan.events);
                let mut command = keyline(plan);
                command
                    .arg("convert")
                    .arg(&plan.logs)
                    .arg("--out")
                    .arg(&made);
                succeed(&mut command)?;
            }
            made
        }
    };
    warm(&parquet)?;
    let python = match plan.peers {
        Peers::Run => Some(python(&plan.work)?),
        Peers::LeaveOut => None,
    };
    let key = busiest_key(plan, &parquet)?;
    let (table, agreed) = hunting::hunting(plan, &parquet, &key, python.as_deref())?;
    Ok((report::hunting(plan, &table), agreed))
}

fn run(plan: &Plan) -> anyhow::Result<Vec<Measured>> {
    warm(&plan.logs)?;
    let out = plan.work.join("out");
    fs::create_dir_all(&out)?;
    let threads = plan.threads.to_string();
    let baseline = build_baseline(&plan.work)?;
    let mut measured = Vec::new();

    for (name, mode) in [("inflate", "inflate"), ("floor", "dom")] {
        let what = match mode {
            "inflate" => "baseline: inflate only (libdeflate)",
            _ => "baseline: inflate and whole JSON tree (sonic-rs)",
        };
        measured.push(measure(plan, name, what, || {
            let mut command = Command::new(&baseline);
            command.arg(mode).arg(&plan.logs).arg(&threads);
            command
        })?);
    }
    measured.push(measure(
        plan,
        "read",
        "keyline: read and type all 55 columns",
        || {
            let mut command = keyline(plan);
            command
                .args(["query", "-o", "json", "--data"])
                .arg(&plan.logs);
            command.arg("-f").arg(root().join("bench/read_all.kql"));
            command
        },
    )?);
    let parquet = out.join("keyline.parquet");
    measured.push(measure(
        plan,
        "convert",
        "keyline: gz → Parquet, 55 columns, zstd(1)",
        || {
            remove(&parquet);
            let mut command = keyline(plan);
            command
                .args(["convert", "--threads", &threads])
                .arg(&plan.logs)
                .arg("--out")
                .arg(&parquet);
            command
        },
    )?);
    measured.push(measure(
        plan,
        "lineage",
        "keyline: lineage of every credential, from gz",
        || {
            let mut command = keyline(plan);
            command.args(["lineage", "--threads", &threads, "--data"]);
            command.arg(&plan.logs);
            command
        },
    )?);
    let key = busiest_key(plan, &parquet)?;
    measured.push(measure(
        plan,
        "lineage-key",
        "keyline: everything under one key, from Parquet",
        || {
            let mut command = keyline(plan);
            command.args(["lineage", &key, "--down", "--threads", &threads, "--data"]);
            command.arg(&parquet);
            command
        },
    )?);
    if plan.rules.is_empty() {
        eprintln!("left out: hunt, because no rules were found; `--rules DIR` names some");
    } else {
        let references = references::write(&plan.work)?;
        let what = format!("keyline: hunt with {}", report::rules(&plan.rules));
        measured.push(measure(plan, "hunt", &what, || {
            let mut command = keyline(plan);
            command.arg("hunt").arg(&plan.logs).args([
                "--threads",
                &threads,
                "--offline",
                "--no-builtin-rules",
                "-o",
                "jsonl",
            ]);
            for rules in &plan.rules {
                command.arg("--rules").arg(rules);
            }
            for (url, path) in &references {
                command
                    .arg("--ref")
                    .arg(format!("{url}={}", path.display()));
            }
            command
        })?);
    }
    if plan.peers == Peers::Run {
        peers(plan, &out, &threads, &key, &mut measured)?;
    }
    Ok(measured)
}

/// The long-term key that minted most, and so has the largest tree.
fn busiest_key(plan: &Plan, parquet: &Path) -> anyhow::Result<String> {
    let mut command = keyline(plan);
    command
        .args(["query", "-o", "csv", "--data"])
        .arg(parquet)
        .arg(
            "Credential | where Kind == 'access-key' | top 1 by array_length(Children) \
         | project tostring(AccessKeyIds[0])",
        );
    let output = command.output().context("cannot ask for a key")?;
    let told = String::from_utf8_lossy(&output.stdout);
    let key = told.lines().last().unwrap_or_default().trim();
    if !key.starts_with("AKIA") {
        bail!("no key was found in the data: {told}");
    }
    Ok(key.to_owned())
}

fn peers(
    plan: &Plan,
    out: &Path,
    threads: &str,
    key: &str,
    measured: &mut Vec<Measured>,
) -> anyhow::Result<()> {
    let python = python(&plan.work)?;
    let script = |name: &str| root().join("bench/peers").join(name);
    for (name, mode, what) in [
        (
            "duckdb-auto",
            "auto",
            "DuckDB: gz → Parquet, `read_json_auto`",
        ),
        (
            "duckdb-typed",
            "typed",
            "DuckDB: gz → Parquet, types stated, 55 columns",
        ),
    ] {
        let file = out.join(format!("{name}.parquet"));
        measured.push(measure(plan, name, what, || {
            remove(&file);
            let mut command = Command::new(&python);
            command
                .arg(script("duckdb_parquet.py"))
                .arg(mode)
                .arg(&plan.logs)
                .arg(&file)
                .arg(threads);
            command
        })?);
    }
    let parquet = out.join("keyline.parquet/cloudtrail.parquet");
    measured.push(measure(
        plan,
        "duckdb-lineage",
        "DuckDB: the keys under one key, a recursive query over Keyline's Parquet",
        || {
            let mut command = Command::new(&python);
            command.arg(script("duckdb_lineage.py"));
            command.arg(&parquet).args([key, threads]);
            command
        },
    )?);
    let file = out.join("chdb.parquet");
    measured.push(measure(
        plan,
        "chdb",
        "ClickHouse (chdb): gz → Parquet, types stated, 55 columns",
        || {
            remove(&file);
            let mut command = Command::new(&python);
            command
                .arg(script("chdb_parquet.py"))
                .arg(&plan.logs)
                .arg(&file)
                .arg(threads);
            command
        },
    )?);
    Ok(())
}

fn keyline(plan: &Plan) -> Command {
    let mut command = Command::new(&plan.keyline);
    command
        .current_dir(&plan.work)
        .args(["--no-progress", "--color", "never"]);
    command
}

/// The log files of so many events, made now or left from an earlier run.
fn logs(work: &Path, events: u64) -> anyhow::Result<(PathBuf, u64)> {
    let folder = work.join(format!("data-{events}"));
    let summary = folder.join("summary.json");
    if !summary.exists() {
        eprintln!("writing {events} events to {}", folder.display());
        let config = data::benchmark(events);
        data::write(&Simulation::new(config.clone()), &config, 2, &folder)?;
    }
    let text = fs::read_to_string(&summary)?;
    let told: serde_json::Value =
        serde_json::from_str(&text).context("summary.json is not ours")?;
    let raw_bytes = told["raw_bytes"]
        .as_u64()
        .context("summary.json has no `raw_bytes`")?;
    Ok((folder.join("AWSLogs"), raw_bytes))
}

/// Reads every file once, so that no step pays for the disk.
fn warm(folder: &Path) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            warm(&path)?;
        } else {
            fs::read(&path)?;
        }
    }
    Ok(())
}

fn build_keyline(target: &Path) -> anyhow::Result<PathBuf> {
    eprintln!("building the release binary");
    let status = cargo()
        .args(["build", "--release", "--package", "keyline"])
        .status()?;
    if !status.success() {
        bail!("the release binary does not build");
    }
    Ok(target.join("release/keyline"))
}

fn build_baseline(work: &Path) -> anyhow::Result<PathBuf> {
    let target = work.join("baseline");
    let manifest = root().join("bench/baseline/Cargo.toml");
    let status = cargo()
        .args([
            "build",
            "--quiet",
            "--release",
            "--locked",
            "--manifest-path",
        ])
        .arg(manifest)
        .arg("--target-dir")
        .arg(&target)
        .status()?;
    if !status.success() {
        bail!("the baseline program does not build");
    }
    Ok(target.join("release/baseline"))
}

/// A Python with the peers in it.
fn python(work: &Path) -> anyhow::Result<PathBuf> {
    let venv = work.join("venv");
    let python = venv.join("bin/python");
    if !python.exists() {
        eprintln!("installing the peers into {}", venv.display());
        succeed(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
    }
    let requirements = root().join("bench/peers/requirements.txt");
    succeed(
        Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", "-r"])
            .arg(requirements),
    )?;
    Ok(python)
}

fn succeed(command: &mut Command) -> anyhow::Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot run {command:?}"))?;
    if !status.success() {
        bail!("{command:?} ended with {status}");
    }
    Ok(())
}

fn target_folder() -> anyhow::Result<PathBuf> {
    let output = cargo()
        .args(["metadata", "--format-version", "1", "--no-deps"])
        .output()?;
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let folder = metadata["target_directory"]
        .as_str()
        .context("cargo names no target folder")?;
    Ok(PathBuf::from(folder))
}

/// The seed rule and the AWS rules, where the shared material is there.
fn shared_rules() -> Vec<PathBuf> {
    let Some(shared) = shared().and_then(|folder| fs::canonicalize(folder).ok()) else {
        return Vec::new();
    };
    [
        "seeds/suspicious-sts-token-ec2.yaml",
        "corpus/sentinel/AmazonWebServices-AnalyticRules",
        "corpus/sentinel/AmazonWebServices-HuntingQueries",
    ]
    .iter()
    .map(|path| shared.join(path))
    .filter(|path| path.exists())
    .collect()
}

fn remove(path: &Path) {
    // Whether it was there does not matter; that it is gone shows when it is written.
    let _ = fs::remove_file(path);
    let _ = fs::remove_dir_all(path);
}
