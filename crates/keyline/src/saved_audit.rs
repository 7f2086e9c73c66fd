//! What was done about credentials, and who asked for it, as rows of the lake: the table `ContainmentAudit`.
//!
//! In: the audit log of the server, and journals of plans that were carried out. Out: a row for each line that the table
//! lacks, known by the hash of the line, so that a line may be handed over as often as anybody likes. Those files are
//! the truth, and chained so that nobody alters them unnoticed; the table is for questions. Deliberately not here:
//! who was let in or refused, which is no deed about a credential.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use data_encoding::HEXLOWER;
use keyline_lake::delta::{Lake, containment_audit};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::table_rows::{Cell, rows, text, time};

/// The application that numbers savings.
const APPLICATION: &str = "containment-audit";
/// Savings that others may be quicker with before it is given up.
const ATTEMPTS_MAX: usize = 20;
/// Bytes that are read of a file at a time; the rest is kept the next time.
const BYTES_AT_ONCE_MAX: u64 = 32 << 20;
/// How much of a plan's hash names it.
const PLAN_ID_CHARS: usize = 12;

/// A line of a log or of a journal.
struct Deed {
    id: String,
    source: &'static str,
    line: Value,
}

/// Keeps the lines of one journal.
pub fn keep_journal(location: &str, journal: &Path) -> Result<u64> {
    let lake = Lake::open(location)?;
    let (mut kept, mut from) = (0, 0);
    loop {
        let text = read(journal, from)?;
        if text.is_empty() {
            return Ok(kept);
        }
        from += text.len() as u64;
        kept += keep(&lake, deeds_of(&text, "journal"))?;
    }
}

/// Files that are written to while a watch runs.
pub struct Files {
    audit: PathBuf,
    plans: PathBuf,
    /// How much of each was kept.
    seen: HashMap<PathBuf, u64>,
}

impl Files {
    pub fn new(audit: PathBuf, plans: PathBuf) -> Files {
        Files {
            audit,
            plans,
            seen: HashMap::new(),
        }
    }

    /// Keeps the lines of those that have changed.
    pub fn keep(&mut self, lake: &Lake) -> Result<u64> {
        let plans = fs::read_dir(&self.plans).into_iter().flatten().flatten();
        let journals = plans
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|kind| kind == "journal"));
        let files = std::iter::once((self.audit.clone(), "server"));
        let files: Vec<_> = files
            .chain(journals.map(|path| (path, "journal")))
            .collect();
        let mut kept = 0;
        for (path, source) in files {
            let length = fs::metadata(&path).map_or(0, |meta| meta.len());
            let mut from = self.seen.get(&path).copied().unwrap_or(0);
            if length < from {
                // It is another one.
                from = 0;
            }
            if length > from {
                let text = read(&path, from)?;
                kept += keep(lake, deeds_of(&text, source))?;
                self.seen.insert(path, from + text.len() as u64);
            }
        }
        Ok(kept)
    }
}

/// The whole lines from some place on, as far as they are read at a time.
fn read(path: &Path, from: u64) -> Result<String> {
    let naming = || format!("cannot read `{}`", path.display());
    let mut file = File::open(path).with_context(naming)?;
    file.seek(SeekFrom::Start(from)).with_context(naming)?;
    let mut bytes = Vec::new();
    let read = file.take(BYTES_AT_ONCE_MAX).read_to_end(&mut bytes);
    read.with_context(naming)?;
    // A line that is still being written is kept the next time.
    let whole = bytes.iter().rposition(|byte| *byte == b'\n');
    bytes.truncate(whole.map_or(0, |end| end + 1));
    String::from_utf8(bytes).with_context(naming)
}

/// The lines that are about a plan.
fn deeds_of(text: &str, source: &'static str) -> Vec<Deed> {
    let deeds = text.lines().filter_map(|line| {
        let value: Value = serde_json::from_str(line).ok()?;
        let what = value["what"].as_str().unwrap_or_default();
        let is_deed = source != "server" || what.starts_with("plan") || what.starts_with("step");
        is_deed.then(|| Deed {
            id: HEXLOWER.encode(&Sha256::digest(line)),
            source,
            line: value,
        })
    });
    deeds.collect()
}

/// Adds the rows that are new; how many they were.
fn keep(lake: &Lake, mut deeds: Vec<Deed>) -> Result<u64> {
    let spec = containment_audit();
    for _ in 0..ATTEMPTS_MAX {
        if deeds.is_empty() {
            return Ok(0);
        }
        let mark = lake.mark(&spec, APPLICATION)?.unwrap_or(0) + 1;
        let there = lake.texts(&spec, "Id")?;
        deeds.retain(|deed| !there.contains(&deed.id));
        let all: Vec<&Deed> = deeds.iter().collect();
        if all.is_empty() {
            return Ok(0);
        }
        let new = rows(&spec.columns, &all, cell)?;
        if lake.append(&spec, &new, Some((APPLICATION, mark)))? {
            return Ok(all.len() as u64);
        }
        // Somebody else has added rows since, perhaps the same.
    }
    bail!("others keep what was done all the time: try again")
}

fn cell(deed: &Deed, column: &str) -> Cell {
    let line = &deed.line;
    let of_server = deed.source == "server";
    let word = |value: &Value| text(value.as_str().unwrap_or_default());
    let either =
        |server: &str, journal: &str| word(&line[if of_server { server } else { journal }]);
    match column {
        "TimeGenerated" => time(line["at"].as_str().unwrap_or_default()),
        "Id" => text(&deed.id),
        "Source" => text(deed.source),
        "Who" => word(&line["who"]),
        "Role" => word(&line["role"]),
        "From" => word(&line["from"]),
        "Event" => either("what", "event"),
        "PlanId" if of_server => word(&line["on"]),
        "PlanId" => {
            let hash = line["plan"].as_str().unwrap_or_default();
            text(hash.get(..PLAN_ID_CHARS).unwrap_or(hash))
        }
        "Step" if of_server => word(&line["more"]["step"]),
        "Step" => word(&line["step"]),
        "Service" => word(&line["call"]["service"]),
        "Action" => word(&line["call"]["action"]),
        "Parameters" => match &line["call"]["params"] {
            Value::Null => text(""),
            params => text(params.to_string()),
        },
        "More" => match &line["more"] {
            Value::Null => text(""),
            more => text(more.to_string()),
        },
        _ => Cell::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(source: &'static str, line: &str, expected: &str) {
        let deeds = deeds_of(line, source);
        let columns = ["Source", "Who", "Event", "PlanId", "Step", "Action", "More"];
        let shown = deeds.iter().map(|deed| {
            let cells = columns.map(|column| match cell(deed, column) {
                Cell::Text(text) => text,
                _ => "?".to_owned(),
            });
            cells.join(" | ")
        });
        assert_eq!(shown.collect::<Vec<_>>().join("\n"), expected);
    }

    #[test]
    fn a_deed_is_a_row() {
        check(
            "server",
            "{\"at\":\"2026-03-01T00:00:00Z\",\"who\":\"mara\",\"role\":\"responder\",\"from\":\"192.0.2.1\",\
             \"what\":\"plan-run\",\"on\":\"0123456789ab\",\"more\":{\"confirm\":[]}}\n",
            "server | mara | plan-run | 0123456789ab |  |  | {\"confirm\":[]}",
        );
        check("server", "{\"what\":\"signed-in\",\"who\":\"mara\"}\n", "");
        check(
            "journal",
            "{\"plan\":\"0123456789abcdef\",\"at\":\"2026-03-01T00:00:00Z\",\"event\":\"begin\",\"step\":\"s1\",\
             \"call\":{\"service\":\"iam\",\"action\":\"UpdateAccessKey\",\"params\":{}},\"more\":null}\n",
            "journal |  | begin | 0123456789ab | s1 | UpdateAccessKey | ",
        );
    }
}
