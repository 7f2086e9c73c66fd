//! What people decide about incidents, kept in the lake that is shown: notes, and how one was closed.
//!
//! In: which incident, and what becomes of it. Out: where each stands, with what others and the command have put down
//! since. It is the log of `saved_incidents.rs`, by which whoever was slower makes its row anew. Over logs that are
//! no lake nothing is kept, and that is said.

use std::collections::HashMap;
use std::sync::Mutex;

use anyhow::{Context as _, Result, anyhow};
use keyline_detect::incident_log::{Classification, Record, Records, Status};
use keyline_detect::row::time;
use keyline_lake::delta::Lake;
use keyline_trail::time::format_time;

use super::wire::{IncidentNote, IncidentStanding};
use crate::saved_incidents::Log;
use crate::units::{wall_clock_micros, wall_clock_ticks};

pub struct Casebook {
    location: Option<String>,
    log: Mutex<Option<Log>>,
}

/// What becomes of an incident.
pub enum Decision {
    Note(String),
    Close(Classification, Option<String>),
    Reopen,
}

impl Casebook {
    pub fn new(location: Option<String>) -> Casebook {
        Casebook {
            location,
            log: Mutex::default(),
        }
    }

    /// Whether anything can be kept.
    pub fn is_kept(&self) -> bool {
        self.location.is_some()
    }

    /// Where each incident stands, by its id. Blocks.
    pub fn standings(&self) -> Result<HashMap<String, IncidentStanding>> {
        if self.location.is_none() {
            return Ok(HashMap::new());
        }
        self.with(|log| {
            let records = log.records();
            let all = records.keys().filter_map(|id| {
                let record = present(records, id)?;
                Some((id.clone(), standing(record)))
            });
            Ok(all.collect())
        })
    }

    /// Puts a decision down; nothing where there is no such incident. Blocks.
    pub fn decide(
        &self,
        id: &str,
        decision: &Decision,
        by: &str,
    ) -> Result<Option<IncidentStanding>> {
        self.with(|log| {
            if present(log.records(), id).is_none() {
                return Ok(None);
            }
            let changed = log.change(|records| {
                let record = present(records, id).context("the incident is gone")?;
                Ok(vec![decided(record, decision, by)?])
            })?;
            Ok(changed.first().map(standing))
        })
    }

    /// The log as it is now: others write into it too.
    fn with<T>(&self, work: impl FnOnce(&mut Log) -> Result<T>) -> Result<T> {
        let location = self.location.as_deref();
        let location = location.ok_or_else(|| anyhow!("decisions are kept in a lake only"))?;
        // What a panic left behind is read anew.
        let mut open = self.log.lock().unwrap_or_else(|held| {
            self.log.clear_poison();
            let mut open = held.into_inner();
            *open = None;
            open
        });
        let log = match &mut *open {
            Some(log) => {
                log.refresh()?;
                log
            }
            none => none.insert(Log::open(&Lake::open(location)?)?),
        };
        work(log)
    }
}

/// An incident; one that has become a part of another is that other.
fn present<'a>(records: &'a Records, id: &str) -> Option<&'a Record> {
    let mut found = records.get(id)?;
    // A chain of them is no longer than there are incidents.
    for _ in 0..records.len() {
        let into = found.merged_into.as_ref();
        match into.and_then(|into| records.get(into)) {
            Some(into) => found = into,
            None => break,
        }
    }
    Some(found)
}

fn decided(record: &Record, decision: &Decision, by: &str) -> Result<Record> {
    let now = wall_clock_micros();
    let noted = |text: &str| {
        let noted = record.with_note(&time(wall_clock_ticks()), by, text, now);
        noted.context("it has as many notes as are kept of one incident")
    };
    let decided = match decision {
        Decision::Note(text) => noted(text)?,
        Decision::Close(classification, None) => record.as_closed(*classification, by, now),
        Decision::Close(classification, Some(text)) => {
            noted(text)?.as_closed(*classification, by, now)
        }
        Decision::Reopen => record.as_opened_again(by, now),
    };
    Ok(Record {
        time: now.max(record.time + 1),
        ..decided
    })
}

fn standing(record: &Record) -> IncidentStanding {
    let notes = record.notes.iter().map(|note| IncidentNote {
        at: note.time.clone(),
        by: note.by.clone(),
        text: note.text.clone(),
    });
    IncidentStanding {
        number: record.number,
        status: record.status.name().to_owned(),
        classification: record.classification.map(|it| it.name().to_owned()),
        opened_at: format_time(record.created),
        closed_at: (record.status == Status::Closed)
            .then(|| record.closed.map(format_time))
            .flatten(),
        modified_at: format_time(record.time),
        modified_by: record.modified_by.clone(),
        notes: notes.collect(),
    }
}
