//! `cargo xtask steady`: how far the watch is behind while events come in all the time.
//!
//! In: a rate and how long. Out: a table of lags from a file to its rows and from a file to its alerts, of memory and of
//! processor time, on the terminal and in `bench/results/`. Files as CloudTrail delivers them are made beforehand and
//! come one after the other, each at its instant, so that making them costs nothing while the watch is measured. In some
//! lies an event that a rule of one event fires on: its lag ends when the alert stands in the file of alerts. Lags to
//! rows are read from the lake afterwards: a commit has its time, its batch names the files. Deliberately not here: the
//! watch.

mod made;
mod watched;

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};

use crate::run::{Options, root, target};
use made::{Made, Pace};
use watched::{Lags, Measured};

/// What is asked for.
pub struct Plan {
    pub pace: Pace,
    pub keyline: PathBuf,
    /// Rules besides those that Keyline brings.
    pub rules: Vec<PathBuf>,
    pub page: bool,
    pub memory: Option<String>,
    pub work: PathBuf,
}

pub fn steady(words: &[String]) -> anyhow::Result<()> {
    let mut options = Options::new(words);
    let pace = Pace {
        rate: options.number("--rate", 2_000)?.max(1),
        seconds: options.number("--seconds", 300)?.max(10),
        every: options.number("--every", 5)?.max(1),
        accounts: options.number("--accounts", 5)?,
    };
    let keyline = options.take("--keyline")?;
    let keyline = keyline.context("`--keyline PATH` names the program to measure")?;
    let keyline = std::fs::canonicalize(&keyline)
        .with_context(|| format!("there is no program at `{keyline}`"))?;
    let page = !options.has("--no-ui");
    let memory = options.take("--memory")?;
    let out = options.take("--out")?;
    let mut rules = Vec::new();
    while let Some(folder) = options.take("--rules")? {
        rules.push(std::fs::canonicalize(&folder).with_context(|| format!("no `{folder}`"))?);
    }
    options.finish()?;
    let work = target().join("steady");
    let _ = std::fs::remove_dir_all(&work);
    std::fs::create_dir_all(work.join("incoming")).context("cannot make the folder of the run")?;
    let plan = Plan {
        pace,
        keyline,
        rules,
        page,
        memory,
        work,
    };
    let made = Made::make(&plan.pace, &plan.work)?;
    let measured = watched::watch(&plan, &made)?;
    let text = report(&plan, &made, &measured);
    println!("{text}");
    if let Some(out) = out {
        let path = root().join(out);
        let before = std::fs::read_to_string(&path).unwrap_or_default();
        std::fs::write(&path, before + &text)
            .with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    if measured.rows != made.events {
        bail!(
            "{} events came and {} are in the lake",
            made.events,
            measured.rows
        );
    }
    Ok(())
}

fn report(plan: &Plan, made: &Made, measured: &Measured) -> String {
    let Pace { rate, seconds, .. } = plan.pace;
    let mut text = String::new();
    let page = if plan.page {
        "with the page"
    } else {
        "without a page"
    };
    let _ = writeln!(
        text,
        "\n### {rate} events/s for {seconds} s, {page}, {}\n\n\
         {} events in {} files ({:.1} MB gz); {} rules; {} rows in the lake, {} of {} marked events told as alerts.\n",
        program(&plan.keyline),
        made.events,
        made.files.len(),
        made.bytes as f64 / 1e6,
        measured.rules,
        measured.rows,
        measured.to_alert.count(),
        made.marks(),
    );
    let _ = writeln!(text, "| | p50 | p90 | p99 | most |\n|---|--:|--:|--:|--:|");
    let mut line = |what: &str, lags: &Lags, unit: &str| {
        let of = |share| {
            lags.at(share)
                .map_or("–".to_owned(), |lag| format!("{lag:.2}"))
        };
        let (p50, p90, p99, most) = (of(0.5), of(0.9), of(0.99), of(1.0));
        let _ = writeln!(text, "| {what}, {unit} | {p50} | {p90} | {p99} | {most} |");
    };
    line("from a file to its rows", &measured.to_row, "s");
    line(
        "from a file to its rows, last third",
        &measured.to_row.last_third(),
        "s",
    );
    line("from a file to its alert", &measured.to_alert, "s");
    line(
        "from a file to its alert, last third",
        &measured.to_alert.last_third(),
        "s",
    );
    line("a round of judging", &measured.rounds, "s");
    line("memory of the process", &measured.memory, "MB");
    line("processor, of one core", &measured.cpu, "cores");
    line("processor, what others took", &measured.others, "cores");
    let _ = writeln!(
        text,
        "\nMemory by tenths of the run: {} MB. Rounds: {}. The last event was in the lake {:.1} s after it came.",
        tenths(&measured.memory),
        measured.rounds.count(),
        measured.behind.as_secs_f64(),
    );
    for line in &measured.remarks {
        let _ = writeln!(text, "- {line}");
    }
    text
}

fn tenths(lags: &Lags) -> String {
    let all = lags.in_order();
    let means = all.chunks(all.len().div_ceil(10).max(1));
    let means = means.map(|some| format!("{:.0}", some.iter().sum::<f64>() / some.len() as f64));
    means.collect::<Vec<_>>().join(" ")
}

fn program(keyline: &Path) -> &'static str {
    let is_release = keyline
        .components()
        .any(|part| part.as_os_str() == "release");
    if is_release {
        "release build"
    } else {
        "dev build"
    }
}

/// How long one wait lasts where something is looked for again and again.
const LOOK: Duration = Duration::from_millis(5);
