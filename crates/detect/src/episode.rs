//! From evaluations to episodes: what is found again by the next evaluations is one finding.
//!
//! In: evaluations in the order of their ticks, each with its findings by identity. Out: episodes. Two
//! evaluations belong together when their windows overlap or touch; the last of the most severe rows
//! wins, what proves it adds up. A result holds for the ticks that were skipped after it, because nothing had changed.

use std::collections::{BTreeMap, BTreeSet};

use crate::entity::Entity;
use crate::told::Told;

/// When an evaluation was made and how long its result held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    pub tick: i64,
    /// The start of its window.
    pub from: i64,
    /// The last tick with the same result: that before the next evaluation.
    pub until: i64,
}

/// One finding of one evaluation: its rows with the same identity, made into one.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What tells this finding from others of the rule.
    pub identity: String,
    pub row: serde_json::Map<String, serde_json::Value>,
    pub entities: Vec<Entity>,
    pub custom: serde_json::Map<String, serde_json::Value>,
    pub title: String,
    pub description: String,
    /// The titles of the rows that are not shown, those that say something else.
    pub other_titles: BTreeSet<String>,
    pub severity: crate::rule::AlertSeverity,
    pub tactics: Vec<String>,
    pub access_key_ids: BTreeSet<String>,
    pub event_ids: BTreeSet<String>,
    /// Of which addresses and programs its rows tell.
    pub told: Told,
    /// The earliest and latest time in the rows that lies in the window.
    pub times: Option<(i64, i64)>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Episode {
    /// The start of the first evaluation's window.
    pub start: i64,
    /// The last tick at which it was found, skipped ones included.
    pub reach: i64,
    /// The evaluation that first gave the row shown.
    pub evaluated_at: i64,
    /// Of the last of its most severe evaluations; ids and times of all.
    pub finding: Finding,
}

#[derive(Debug, Default)]
pub struct Episodes {
    open: BTreeMap<String, Episode>,
    closed: Vec<Episode>,
}

impl Episodes {
    pub fn add(&mut self, held: Held, findings: Vec<Finding>) {
        for finding in findings {
            match self.open.get_mut(&finding.identity) {
                Some(episode) if held.from <= episode.reach => episode.extend(held, finding),
                _ => {
                    let episode = Episode {
                        start: held.from,
                        reach: held.until,
                        evaluated_at: held.tick,
                        finding,
                    };
                    let identity = episode.finding.identity.clone();
                    self.closed.extend(self.open.insert(identity, episode));
                }
            }
        }
    }

    /// Episodes so far, open ones among them.
    pub fn len(&self) -> usize {
        self.open.len() + self.closed.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All episodes by their start, then by identity.
    pub fn finish(mut self) -> Vec<Episode> {
        self.closed.extend(self.open.into_values());
        self.closed
            .sort_by(|a, b| (a.start, &a.finding.identity).cmp(&(b.start, &b.finding.identity)));
        self.closed
    }
}

impl Episode {
    /// What was found once is not taken back by a later evaluation that finds less: a deed becomes a
    /// habit only by what came after it.
    fn extend(&mut self, held: Held, mut found: Finding) {
        self.reach = held.until;
        let shown = &mut self.finding;
        if found.severity >= shown.severity {
            if found.row != shown.row {
                self.evaluated_at = held.tick;
            }
            std::mem::swap(shown, &mut found);
        }
        shown.access_key_ids.append(&mut found.access_key_ids);
        shown.event_ids.append(&mut found.event_ids);
        shown.told.append(&mut found.told);
        shown.times = match (shown.times, found.times) {
            (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
            (a, b) => a.or(b),
        };
    }
}
