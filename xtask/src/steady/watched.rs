//! One run: the watch is started, files come, and it is looked at from outside.
//!
//! In: the plan and the files. Out: lags, memory and processor time. The file of alerts is read as it grows; what the
//! process takes stands in `/proc`; when each file's events were committed stands in the lake.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail};
use serde_json::Value;

use super::made::Made;
use super::{LOOK, Plan};

/// How long the lake may take to have everything after the last file.
const PATIENCE: Duration = Duration::from_secs(120);
/// Between two looks at memory and processor.
const SAMPLE: Duration = Duration::from_secs(1);
/// Ticks of the processor's clock in a second, as `/proc` counts on Linux.
const TICKS: f64 = 100.0;

/// A rule of one event, in the words of Sentinel.
const RULE: &str = "\
id: 5eadf1e5-0000-4000-8000-000000000001
name: A trail was stopped by a marked user
description: Made for a measurement.
severity: High
kind: Scheduled
queryFrequency: 5m
queryPeriod: 5m
triggerOperator: gt
triggerThreshold: 0
tactics: [DefenseEvasion]
relevantTechniques: [T1562.008]
query: |
  AWSCloudTrail
  | where EventName == \"StopLogging\" and UserIdentityUserName startswith \"steady-\"
  | project TimeGenerated, AwsEventId, UserIdentityArn, UserIdentityAccessKeyId, SourceIpAddress
entityMappings:
  - entityType: Account
    fieldMappings:
      - identifier: FullName
        columnName: UserIdentityArn
";

/// Durations or other figures, in the order in which they were met.
#[derive(Debug, Clone, Default)]
pub struct Lags(Vec<f64>);

impl Lags {
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The figure below which a share of all lies.
    pub fn at(&self, share: f64) -> Option<f64> {
        let mut all = self.0.clone();
        all.sort_by(f64::total_cmp);
        let place = (all.len() as f64 * share).ceil() as usize;
        all.get(place.saturating_sub(1)).copied()
    }

    pub fn last_third(&self) -> Lags {
        Lags(self.0[self.0.len() - self.0.len() / 3..].to_vec())
    }

    pub fn in_order(&self) -> &[f64] {
        &self.0
    }
}

#[derive(Debug, Default)]
pub struct Measured {
    pub to_row: Lags,
    pub to_alert: Lags,
    pub rounds: Lags,
    pub memory: Lags,
    pub cpu: Lags,
    pub others: Lags,
    pub rows: u64,
    pub rules: String,
    pub behind: Duration,
    pub remarks: Vec<String>,
}

/// The process, which goes with the run.
struct Watch(Child);

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub fn watch(plan: &Plan, made: &Made) -> anyhow::Result<Measured> {
    let work = &plan.work;
    fs::write(work.join("marked.yaml"), RULE)?;
    let lake = work.join("lake");
    let mut child = Watch(start(plan)?);
    let pid = child.0.id();
    let ended = AtomicBool::new(false);
    let (came, alerts, samples) = thread::scope(|scope| {
        let (alerts_file, ended) = (work.join("alerts.jsonl"), &ended);
        let alerts = scope.spawn(move || tail(&alerts_file, ended));
        let samples = scope.spawn(move || sample(pid, ended));
        let came = come(plan, made);
        let outcome = came.and_then(|came| {
            let behind = settle(&lake, made, &mut child)?;
            // The last alerts follow the last rows.
            thread::sleep(Duration::from_secs(5));
            Ok((came, behind))
        });
        ended.store(true, Ordering::Relaxed);
        let alerts = alerts.join().expect("the reader does not panic");
        let samples = samples.join().expect("the sampler does not panic");
        anyhow::Ok((outcome?, alerts?, samples))
    })?;
    let (came, behind) = came;
    let stopped = Command::new("kill")
        .args(["-TERM", &pid.to_string()])
        .status();
    stopped.context("cannot ask the watch to end")?;
    child.0.wait()?;
    let mut measured = Measured {
        behind,
        ..Measured::default()
    };
    (measured.memory, measured.cpu, measured.others) = samples;
    let mut to_alert: Vec<(Instant, f64)> = Vec::new();
    for (id, told) in alerts {
        if let Some(came) = came.get(&id) {
            to_alert.push((*came, told.duration_since(*came).as_secs_f64()));
        }
    }
    to_alert.sort_by_key(|(came, _)| *came);
    measured.to_alert = Lags(to_alert.into_iter().map(|(_, lag)| lag).collect());
    (measured.to_row, measured.rows) = rows(&lake)?;
    told(&work.join("said.jsonl"), &mut measured)?;
    Ok(measured)
}

fn start(plan: &Plan) -> anyhow::Result<Child> {
    let work = &plan.work;
    let mut command = Command::new(&plan.keyline);
    command
        .args(["serve", "incoming", "--lake", "lake", "--log", "json"])
        .args(["--alerts-out", "alerts.jsonl", "--offline", "--no-progress"])
        .args(["--rules", "marked.yaml"]);
    match plan.page {
        true => command.args(["--listen", "127.0.0.1:0"]),
        false => command.arg("--no-ui"),
    };
    for rules in &plan.rules {
        command.arg("--rules").arg(rules);
    }
    if let Some(memory) = &plan.memory {
        command.args(["--memory", memory]);
    }
    let said = File::create(work.join("said.jsonl"))?;
    command
        .current_dir(work)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(said)
        .spawn()
        .context("cannot start the watch")
}

/// Lets the files come; when each marked event came.
fn come(plan: &Plan, made: &Made) -> anyhow::Result<HashMap<String, Instant>> {
    let incoming = plan.work.join("incoming");
    let mut came = HashMap::new();
    for file in &made.files {
        let at = made.begins + file.at;
        thread::sleep(at.saturating_duration_since(Instant::now()));
        // It is written now, as far as anybody can tell.
        File::options()
            .append(true)
            .open(&file.path)?
            .set_modified(SystemTime::now())?;
        let now = Instant::now();
        fs::rename(&file.path, incoming.join(&file.name))?;
        came.extend(file.marks.iter().map(|id| (id.clone(), now)));
    }
    Ok(came)
}

/// Waits until the lake has every file; how long that took.
fn settle(lake: &Path, made: &Made, child: &mut Watch) -> anyhow::Result<Duration> {
    let begun = Instant::now();
    loop {
        let committed: u64 = commits(lake)?.iter().map(|commit| commit.rows).sum();
        if committed >= made.events {
            return Ok(begun.elapsed());
        }
        if let Some(status) = child.0.try_wait()? {
            bail!("the watch ended by itself: {status}");
        }
        if begun.elapsed() > PATIENCE {
            eprintln!("the lake has {committed} of {} events", made.events);
            return Ok(begun.elapsed());
        }
        thread::sleep(Duration::from_millis(100));
    }
}

/// Ids of the events of each new alert, with the instant at which the line was there.
fn tail(path: &Path, ended: &AtomicBool) -> anyhow::Result<Vec<(String, Instant)>> {
    let mut told = Vec::new();
    let mut at = 0;
    let mut rest = Vec::new();
    loop {
        let is_end = ended.load(Ordering::Relaxed);
        if let Ok(mut file) = File::open(path) {
            file.seek(SeekFrom::Start(at))?;
            at += file.read_to_end(&mut rest)? as u64;
            let now = Instant::now();
            let whole = rest
                .iter()
                .rposition(|byte| *byte == b'\n')
                .map_or(0, |end| end + 1);
            for line in rest[..whole].split(|byte| *byte == b'\n') {
                let alert: Value = serde_json::from_slice(line).unwrap_or_default();
                if alert["status"] == "new" {
                    let ids = alert["event_ids"].as_array().into_iter().flatten();
                    told.extend(ids.filter_map(Value::as_str).map(|id| (id.to_owned(), now)));
                }
            }
            rest.drain(..whole);
        }
        if is_end {
            return Ok(told);
        }
        thread::sleep(LOOK);
    }
}

/// Memory in megabytes, processor time of the process and of all others, in cores, second by second.
fn sample(pid: u32, ended: &AtomicBool) -> (Lags, Lags, Lags) {
    let (mut memory, mut cpu, mut others) = (Lags::default(), Lags::default(), Lags::default());
    let mut before: Option<(Instant, f64, f64)> = None;
    while !ended.load(Ordering::Relaxed) {
        if let Some((own, all, kilobytes)) = now(pid) {
            memory.0.push(kilobytes / 1_000.0);
            let at = Instant::now();
            if let Some((then, own_before, all_before)) = before {
                let seconds = at.duration_since(then).as_secs_f64();
                let own_cores = (own - own_before) / TICKS / seconds;
                cpu.0.push(own_cores);
                others
                    .0
                    .push(((all - all_before) / TICKS / seconds - own_cores).max(0.0));
            }
            before = Some((at, own, all));
        }
        thread::sleep(SAMPLE);
    }
    (memory, cpu, others)
}

/// Ticks that the process took, ticks that everybody took, and resident memory in kilobytes.
fn now(pid: u32) -> Option<(f64, f64, f64)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit(") ").next()?.split(' ').collect();
    let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
    let own = ticks(11)? + ticks(12)?;
    let machine = fs::read_to_string("/proc/stat").ok()?;
    let all: Vec<f64> = machine
        .lines()
        .next()?
        .split_whitespace()
        .skip(1)
        .filter_map(|word| word.parse().ok())
        .collect();
    // Idle, and waiting for a disk.
    let busy = all.iter().take(8).sum::<f64>() - all.get(3)? - all.get(4)?;
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let resident = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes = resident.split_whitespace().next()?.parse().ok()?;
    Some((own, busy, kilobytes))
}

/// A commit of events.
struct Commit {
    at: SystemTime,
    batch: u64,
    rows: u64,
}

fn commits(lake: &Path) -> anyhow::Result<Vec<Commit>> {
    let mut all = Vec::new();
    let Ok(entries) = fs::read_dir(lake.join("CloudTrail/_delta_log")) else {
        return Ok(all);
    };
    for entry in entries {
        let entry = entry?;
        if entry.path().extension().is_none_or(|it| it != "json") {
            continue;
        }
        let mut commit = Commit {
            at: entry.metadata()?.modified()?,
            batch: 0,
            rows: 0,
        };
        for line in BufReader::new(File::open(entry.path())?).lines() {
            let action: Value = serde_json::from_str(&line?).unwrap_or_default();
            if action["txn"]["appId"] == "ingest" {
                commit.batch = action["txn"]["version"].as_u64().unwrap_or(0);
            }
            if action["add"]["dataChange"] == true {
                let stats = action["add"]["stats"].as_str().unwrap_or_default();
                let stats: Value = serde_json::from_str(stats).unwrap_or_default();
                commit.rows += stats["numRecords"].as_u64().unwrap_or(0);
            }
        }
        all.push(commit);
    }
    Ok(all)
}

/// Lags from each file to the commit of its rows, in the order of the files, and the rows of the lake.
fn rows(lake: &Path) -> anyhow::Result<(Lags, u64)> {
    let commits = commits(lake)?;
    let rows = commits.iter().map(|commit| commit.rows).sum();
    let by_batch: HashMap<u64, SystemTime> = commits
        .iter()
        .map(|commit| (commit.batch, commit.at))
        .collect();
    let mut lags: Vec<(u64, f64)> = Vec::new();
    for entry in fs::read_dir(lake.join("_ledger"))? {
        let text = fs::read_to_string(entry?.path()).unwrap_or_default();
        let batch: Value = serde_json::from_str(&text).unwrap_or_default();
        let Some(at) = batch["batch"].as_u64().and_then(|it| by_batch.get(&it)) else {
            continue;
        };
        let at = at.duration_since(UNIX_EPOCH)?.as_nanos();
        for file in batch["files"].as_array().into_iter().flatten() {
            let written = file["version"]
                .as_str()
                .and_then(|it| it.parse::<u64>().ok());
            if let Some(written) = written {
                lags.push((written, (at as f64 - written as f64) / 1e9));
            }
        }
    }
    lags.sort_by_key(|(written, _)| *written);
    Ok((Lags(lags.into_iter().map(|(_, lag)| lag).collect()), rows))
}

/// What the watch has said: how long its rounds took, how many rules it has, and its troubles.
fn told(path: &Path, measured: &mut Measured) -> anyhow::Result<()> {
    let mut troubles: HashMap<String, u64> = HashMap::new();
    for line in BufReader::new(File::open(path)?).lines() {
        let line = line?;
        let said: Value = serde_json::from_str(&line).unwrap_or_default();
        match said["event"].as_str() {
            Some("judged") => {
                let took = said["milliseconds"].as_f64().unwrap_or(0.0);
                measured.rounds.0.push(took / 1e3);
            }
            Some(what) if said["level"] == "error" => {
                let why = said["why"].as_str().unwrap_or_default();
                *troubles.entry(format!("{what}: {why}")).or_default() += 1;
            }
            Some("watching") => {
                measured.rules = said["rules"].to_string();
            }
            _ => {}
        }
    }
    let mut troubles: Vec<_> = troubles.into_iter().collect();
    troubles.sort();
    let troubles = troubles.into_iter().take(20);
    measured
        .remarks
        .extend(troubles.map(|(what, times)| format!("{times} × {what}")));
    Ok(())
}
