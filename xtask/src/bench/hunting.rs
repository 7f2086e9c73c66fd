//! `cargo xtask bench --hunting`: typical questions of a hunter, in KQL over Parquet that Keyline wrote,
//! and in the SQL that an expert would write for others.
//!
//! In: `bench/hunting/*.md`, each a question with one query for every program. Out: one table of times
//! and whether the answers agree. The number of rows must; where it does not, the run fails. Cells that
//! are texts or whole numbers are compared as well, but for questions that say why they cannot be.
//! Every query runs in a process of its own: Keyline is timed as a whole, start and all, the others for
//! their query alone. Deliberately not here: what the numbers mean.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use serde_json::Value;

use super::measure::once;
use super::{Peers, Plan};
use crate::run::root;

/// Begins the line of a question whose cells are not compared, and says why.
const ONLY_ROWS: &str = "Only rows are counted: ";

const PEERS: [(&str, &str); 2] = [("duckdb", "DuckDB"), ("clickhouse", "ClickHouse")];

/// A file of `bench/hunting`.
struct Question {
    name: String,
    title: String,
    /// Why the cells of two programs may differ.
    only_rows: Option<String>,
    /// Language and query.
    queries: Vec<(String, String)>,
}

/// What a program says to a question.
struct Answer {
    seconds: f64,
    peak_bytes: Option<u64>,
    rows: usize,
    cells: Vec<String>,
}

/// Asks every question; the table, and whether all answers agree.
pub fn hunting(
    plan: &Plan,
    parquet: &Path,
    key: &str,
    python: Option<&Path>,
) -> anyhow::Result<(String, bool)> {
    let mut table = String::from(
        "| question | rows | Keyline, s | DuckDB, s | ClickHouse, s | DuckDB : Keyline | ClickHouse : Keyline | answers |\n\
         |---|--:|--:|--:|--:|--:|--:|---|\n",
    );
    let mut agreed = true;
    let mut memory = vec![0; 1 + PEERS.len()];
    for question in questions()? {
        eprintln!("asking: {}", question.title);
        let ours = keyline(plan, &question, parquet, key)
            .with_context(|| format!("keyline, {}", question.name))?;
        memory[0] = memory[0].max(ours.peak_bytes.unwrap_or(0));
        let mut times = String::new();
        let mut ratios = String::new();
        let mut remarks = Vec::new();
        for (at, (peer, name)) in PEERS.iter().enumerate() {
            let Some(python) = python.filter(|_| plan.peers == Peers::Run) else {
                times.push_str(" – |");
                ratios.push_str(" – |");
                continue;
            };
            let theirs = ask_peer(plan, &question, parquet, key, python, peer)
                .with_context(|| format!("{peer}, {}", question.name))?;
            memory[at + 1] = memory[at + 1].max(theirs.peak_bytes.unwrap_or(0));
            let _ = write!(times, " {:.2} |", theirs.seconds);
            let _ = write!(ratios, " {:.2} |", theirs.seconds / ours.seconds);
            if theirs.rows != ours.rows {
                agreed = false;
                remarks.push(format!("**{name} has {} rows**", theirs.rows));
            } else if question.only_rows.is_none() && theirs.cells != ours.cells {
                agreed = false;
                remarks.push(format!("**{name} has other cells**"));
            }
        }
        if remarks.is_empty() {
            remarks.push(match &question.only_rows {
                Some(_) => "as many rows".to_owned(),
                None => "the same".to_owned(),
            });
        }
        let _ = writeln!(
            table,
            "| {} | {} | {:.2} |{times}{ratios} {} |",
            question.title,
            ours.rows,
            ours.seconds,
            remarks.join(", ")
        );
    }
    let mebibytes = |bytes: &u64| format!("{}", bytes >> 20);
    let memory: Vec<String> = memory.iter().map(mebibytes).collect();
    let _ = writeln!(
        table,
        "\nPeak memory over all questions, MiB: Keyline {}, DuckDB {}, ClickHouse {}.",
        memory[0], memory[1], memory[2]
    );
    Ok((table, agreed))
}

fn questions() -> anyhow::Result<Vec<Question>> {
    let folder = root().join("bench/hunting");
    let mut paths: Vec<PathBuf> = fs::read_dir(&folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    paths.sort();
    let read = |path: &PathBuf| {
        let text = fs::read_to_string(path)?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        question(&name, &text).with_context(|| path.display().to_string())
    };
    paths.iter().map(read).collect()
}

/// A question of its file: a title, perhaps a reason, and the queries in fences.
fn question(name: &str, text: &str) -> anyhow::Result<Question> {
    let mut found = Question {
        name: name.to_owned(),
        title: String::new(),
        only_rows: None,
        queries: Vec::new(),
    };
    let mut open: Option<(String, String)> = None;
    for line in text.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (Some(_), Some(_)) => found.queries.extend(open.take()),
            (Some((_, query)), None) => {
                query.push_str(line);
                query.push('\n');
            }
            (None, Some(language)) => {
                let language = language.rsplit(' ').next().unwrap_or_default();
                open = Some((language.to_owned(), String::new()));
            }
            (None, None) => {
                if let Some(title) = line.strip_prefix("# ") {
                    found.title = title.to_owned();
                } else if let Some(reason) = line.strip_prefix(ONLY_ROWS) {
                    found.only_rows = Some(reason.to_owned());
                }
            }
        }
    }
    if open.is_some() || found.title.is_empty() {
        bail!("expected a title, and a fence that ends");
    }
    Ok(found)
}

impl Question {
    fn query(&self, language: &str, key: &str) -> anyhow::Result<String> {
        let found = self.queries.iter().find(|(of, _)| of == language);
        let (_, query) = found.with_context(|| format!("no query for `{language}`"))?;
        Ok(query.replace("{key}", key))
    }
}

fn keyline(plan: &Plan, question: &Question, parquet: &Path, key: &str) -> anyhow::Result<Answer> {
    let query = question.query("kql", key)?;
    let threads = plan.threads.to_string();
    let run = || {
        let mut command = super::keyline(plan);
        command.args(["query", "-o", "json", "--threads", &threads, "--data"]);
        command.arg(parquet).arg(&query);
        Ok(command)
    };
    best(plan, &format!("{}-keyline", question.name), run, |told| {
        let answer: Value = serde_json::from_str(told)?;
        let columns = answer["columns"].as_array().context("no columns")?;
        let compared: Vec<bool> = columns
            .iter()
            .map(|column| matches!(column["type"].as_str(), Some("string" | "long" | "int")))
            .collect();
        let rows = answer["rows"].as_array().context("no rows")?;
        let text = |cell: &Value| match cell {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let mut cells: Vec<String> = rows
            .iter()
            .filter_map(Value::as_array)
            .map(|row| {
                let cells = row.iter().zip(&compared).filter(|(_, compared)| **compared);
                let texts: Vec<String> = cells.map(|(cell, _)| text(cell)).collect();
                texts.join("\u{1f}")
            })
            .collect();
        cells.sort();
        Ok((None, rows.len(), cells))
    })
}

fn ask_peer(
    plan: &Plan,
    question: &Question,
    parquet: &Path,
    key: &str,
    python: &Path,
    peer: &str,
) -> anyhow::Result<Answer> {
    let file = plan
        .work
        .join("out")
        .join(format!("{}.{peer}.sql", question.name));
    fs::write(&file, question.query(peer, key)?)?;
    let run = || {
        let mut command = Command::new(python);
        command
            .arg(root().join("bench/peers/hunting.py"))
            .arg(peer)
            .arg(parquet.join("cloudtrail.parquet"))
            .arg(plan.threads.to_string());
        command.stdin(Stdio::from(File::open(&file)?));
        Ok(command)
    };
    best(plan, &format!("{}-{peer}", question.name), run, |told| {
        let answer: Value = serde_json::from_str(told)?;
        let cells = answer["cells"].as_array().context("no cells")?;
        let texts = cells.iter().filter_map(Value::as_str).map(str::to_owned);
        let rows = answer["rows"].as_u64().context("no rows")?;
        // Python orders by code points as Rust does by bytes.
        Ok((answer["seconds"].as_f64(), rows as usize, texts.collect()))
    })
}

/// The best of the repetitions. `read` finds in what was printed the time if it stands there, the number
/// of rows, and the cells.
fn best(
    plan: &Plan,
    name: &str,
    command: impl Fn() -> anyhow::Result<Command>,
    read: impl Fn(&str) -> anyhow::Result<(Option<f64>, usize, Vec<String>)>,
) -> anyhow::Result<Answer> {
    let out = plan.work.join("out");
    let printed = out.join(format!("hunting-{name}.stdout"));
    let complained = out.join(format!("hunting-{name}.stderr"));
    let mut answer: Option<Answer> = None;
    for _ in 0..plan.repeat {
        let ran = once(command()?, &printed, &complained)?;
        if !ran.status.success() {
            let complaint = fs::read_to_string(&complained).unwrap_or_default();
            bail!("{}: {}", ran.status, complaint.trim_end());
        }
        let (inner, rows, cells) = read(&fs::read_to_string(&printed)?)?;
        let seconds = inner.unwrap_or(ran.seconds);
        let best = answer.as_ref().map_or(seconds, |a| a.seconds.min(seconds));
        let peak = answer
            .as_ref()
            .and_then(|a| a.peak_bytes)
            .max(ran.peak_bytes);
        answer = Some(Answer {
            seconds: best,
            peak_bytes: peak,
            rows,
            cells,
        });
    }
    answer.context("a step runs at least once")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_question_has_a_query_for_everybody() {
        let questions = questions().expect("the questions are there");
        assert_eq!(questions.len(), 20);
        for question in questions {
            for language in ["kql", "duckdb", "clickhouse"] {
                let query = question.query(language, "KEY");
                assert!(
                    query.is_ok_and(|query| !query.contains('{') && query.len() > 30),
                    "{}",
                    question.name
                );
            }
        }
    }

    #[test]
    fn a_question_is_read_from_its_file() {
        let text = "# Who\n\nOnly rows are counted: ties.\n\n```kql\nT\n| take 1\n```\n\n```sql duckdb\nSELECT '{key}'\n```\n";
        let read = question("who", text).expect("it is whole");
        assert_eq!(read.title, "Who");
        assert_eq!(read.only_rows.as_deref(), Some("ties."));
        assert_eq!(read.query("kql", "").ok().as_deref(), Some("T\n| take 1\n"));
        assert_eq!(
            read.query("duckdb", "K").ok().as_deref(),
            Some("SELECT 'K'\n")
        );
        assert!(read.query("clickhouse", "").is_err());
        assert!(question("who", "# Who\n```kql\nT").is_err());
    }
}
