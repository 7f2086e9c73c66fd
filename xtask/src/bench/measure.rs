//! Runs a program and takes its measure: wall-clock time, peak memory, what it printed.
//!
//! In: a step's name and its command. Out: the best of the repetitions. Peak memory is the kernel's
//! own high-water mark of the process, asked for while it runs, so no measuring program is needed;
//! where the system does not tell (only Linux does), it is left out. Deliberately not here: what the
//! numbers mean.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use super::Plan;

/// How often the high-water mark is read. It only grows, so the last reading before the end counts.
const MEMORY_EVERY: Duration = Duration::from_millis(5);

/// One step's result.
pub struct Measured {
    pub name: String,
    pub what: String,
    /// The best of the repetitions.
    pub seconds: f64,
    /// The largest of the repetitions; absent where the system does not tell.
    pub peak_bytes: Option<u64>,
    /// The rows that the step says it read or wrote, where it says so.
    pub rows: Option<u64>,
    /// Why the step failed, if it did.
    pub failed: Option<String>,
}

pub fn measure(
    plan: &Plan,
    name: &str,
    what: &str,
    command: impl Fn() -> Command,
) -> anyhow::Result<Measured> {
    eprintln!("running: {what}");
    let mut measured = Measured {
        name: name.to_owned(),
        what: what.to_owned(),
        seconds: f64::INFINITY,
        peak_bytes: None,
        rows: None,
        failed: None,
    };
    let printed = plan.work.join("out").join(format!("{name}.stdout"));
    let complained = plan.work.join("out").join(format!("{name}.stderr"));
    for _ in 0..plan.repeat {
        let mut command = command();
        command.stdin(Stdio::null());
        let ran = once(command, &printed, &complained)?;
        let (status, seconds, peak) = (ran.status, ran.seconds, ran.peak_bytes);
        measured.peak_bytes = measured.peak_bytes.max(peak);
        let told = fs::read_to_string(&printed).unwrap_or_default();
        // A hunt in which a rule could not run still ends with everything else done.
        if !status.success() {
            let complaint = fs::read_to_string(&complained).unwrap_or_default();
            let first = complaint
                .lines()
                .find(|line| line.contains("error"))
                .unwrap_or("");
            measured.failed = Some(format!("{status} {first}"));
            if name != "hunt" || told.is_empty() {
                break;
            }
        }
        measured.seconds = measured
            .seconds
            .min(inner_seconds(&told).unwrap_or(seconds));
        measured.rows = rows(&told).or(measured.rows);
    }
    if let Some(why) = &measured.failed {
        eprintln!("failed: {name}: {why}; see {}", complained.display());
    }
    if measured.rows.is_some_and(|rows| rows != plan.events) {
        bail!(
            "{name} counts {:?} rows where there are {}",
            measured.rows,
            plan.events
        );
    }
    Ok(measured)
}

/// One run of a program.
pub struct Ran {
    pub status: ExitStatus,
    pub seconds: f64,
    pub peak_bytes: Option<u64>,
}

/// Runs a program to its end; what it prints goes to two files.
pub fn once(mut command: Command, printed: &Path, complained: &Path) -> anyhow::Result<Ran> {
    command
        .stdout(File::create(printed)?)
        .stderr(File::create(complained)?);
    let begun = Instant::now();
    let mut child = command
        .spawn()
        .with_context(|| format!("cannot run {command:?}"))?;
    let mut peak_bytes = None;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        peak_bytes = high_water_mark(child.id()).max(peak_bytes);
        std::thread::sleep(MEMORY_EVERY);
    };
    Ok(Ran {
        status,
        seconds: begun.elapsed().as_secs_f64(),
        peak_bytes,
    })
}

/// The peers time their own work, without the start of Python.
fn inner_seconds(told: &str) -> Option<f64> {
    let value: serde_json::Value = serde_json::from_str(told.lines().last()?).ok()?;
    value.get("seconds")?.as_f64()
}

/// What a step says that it read or wrote: `rows` of its own summary, the first cell of a query's
/// result, or the words `N events`.
fn rows(told: &str) -> Option<u64> {
    let last = told.lines().last()?;
    if let Some((before, _)) = last.split_once(" event") {
        return before.rsplit(' ').next()?.replace(',', "").parse().ok();
    }
    let value: serde_json::Value = serde_json::from_str(told)
        .or_else(|_| serde_json::from_str(last))
        .ok()?;
    match value.get("rows")? {
        serde_json::Value::Number(number) => number.as_u64().filter(|&rows| rows > 0),
        rows => rows.get(0)?.get(0)?.as_u64(),
    }
}

/// The most memory that a running process has had resident.
fn high_water_mark(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes * 1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_say_their_rows_in_three_ways() {
        assert_eq!(rows("{\"rows\": 12, \"seconds\": 0.5}\n"), Some(12));
        assert_eq!(rows("{\"columns\": [{}], \"rows\": [[7, 3]]}"), Some(7));
        assert_eq!(rows("{\"rows\": 0, \"bytes\": 9}"), None);
        assert_eq!(rows("no summary"), None);
        assert_eq!(rows("out: 1,000,000 events, 150.2 MB"), Some(1_000_000));
        assert_eq!(
            inner_seconds("{\"rows\": 12, \"seconds\": 0.5}\n"),
            Some(0.5)
        );
        assert_eq!(inner_seconds("{\"columns\": []}"), None);
    }
}
