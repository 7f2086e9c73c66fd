//! Incidents that stay: what becomes of them when more is known, and what people decide about them.
//!
//! In: the incidents as they were put down last, and as the alerts that stand make them now. Out: those that are to be
//! put down anew. An incident keeps its id when a late record gives its tree another root; two whose trees turn out to be
//! one are one from then on, the older; one that was closed is opened again by an alert that it did not have.
//! Pure; nothing is forgotten, because whoever keeps them only adds.

use std::collections::{BTreeMap, HashMap};

use keyline_lineage::Forest;
use serde::{Deserialize, Serialize};

use crate::incident::{Incident, present_id};
use crate::limits::INCIDENT_NOTES_MAX;
use crate::rule::AlertSeverity;

/// Who put an incident down where nobody did.
pub const KEYLINE: &str = "Keyline";

/// Where an incident stands, in Sentinel's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    New,
    /// Opened again.
    Active,
    Closed,
}

/// What an incident was, as Sentinel says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Classification {
    TruePositive,
    BenignPositive,
    FalsePositive,
    Undetermined,
}

/// What somebody noted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    pub time: String,
    pub by: String,
    pub text: String,
}

/// An incident as it was put down.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    pub incident_id: String,
    /// Counted from 1 in the order in which they were opened.
    pub number: i64,
    pub status: Status,
    pub severity: AlertSeverity,
    pub title: String,
    pub root_credential: Option<String>,
    pub root_name: Option<String>,
    pub credentials: Vec<String>,
    /// The ids of its alerts, and those of their rules, in order.
    pub alerts: Vec<String>,
    pub rules: Vec<String>,
    pub tree_credentials: usize,
    /// As of the row: it changes without one.
    pub live_credentials: usize,
    pub first_event: String,
    pub last_event: String,
    /// When it was opened, closed and put down last, in microseconds since 1970.
    pub created: i64,
    pub closed: Option<i64>,
    pub time: i64,
    pub classification: Option<Classification>,
    pub notes: Vec<Note>,
    pub modified_by: String,
    /// The incident that it is a part of by now.
    pub merged_into: Option<String>,
}

impl Status {
    pub fn name(self) -> &'static str {
        match self {
            Status::New => "New",
            Status::Active => "Active",
            Status::Closed => "Closed",
        }
    }

    pub fn from_name(name: &str) -> Option<Status> {
        let all = [Status::New, Status::Active, Status::Closed];
        all.into_iter().find(|status| status.name() == name)
    }
}

impl Classification {
    pub const ALL: [Classification; 4] = [
        Classification::TruePositive,
        Classification::BenignPositive,
        Classification::FalsePositive,
        Classification::Undetermined,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Classification::TruePositive => "TruePositive",
            Classification::BenignPositive => "BenignPositive",
            Classification::FalsePositive => "FalsePositive",
            Classification::Undetermined => "Undetermined",
        }
    }

    pub fn from_name(name: &str) -> Option<Classification> {
        let mut all = Classification::ALL.into_iter();
        all.find(|classification| classification.name() == name)
    }
}

/// The incidents of a lake, by id.
pub type Records = BTreeMap<String, Record>;

/// What is to be put down, and by which id each incident is known: by that of the grouping, the one that it keeps.
pub fn updated(
    records: &Records,
    incidents: &[Incident],
    rule_of: &dyn Fn(&str) -> String,
    forest: &Forest,
    now: i64,
) -> (Vec<Record>, HashMap<String, String>) {
    // Under which id each would be grouped now.
    let mut present: HashMap<String, Vec<&Record>> = HashMap::new();
    for record in records.values().filter(|it| it.merged_into.is_none()) {
        let root = record.root_credential.as_deref();
        let id = root.and_then(|root| present_id(root, forest));
        let id = id.unwrap_or_else(|| record.incident_id.clone());
        present.entry(id).or_default().push(record);
    }
    let mut number = records.values().map(|it| it.number).max().unwrap_or(0);
    let mut changed = Vec::new();
    let mut kept = HashMap::new();
    for incident in incidents {
        let mut known = present.remove(&incident.incident_id).unwrap_or_default();
        known.sort_by_key(|record| (record.created, record.number));
        let mut known = known.into_iter();
        let before = known.next();
        if before.is_none() {
            number += 1;
        }
        let record = record(incident, before, number, rule_of, now);
        kept.insert(incident.incident_id.clone(), record.incident_id.clone());
        for other in known {
            changed.push(Record {
                status: Status::Closed,
                classification: Some(Classification::Undetermined),
                closed: Some(now),
                merged_into: Some(record.incident_id.clone()),
                modified_by: KEYLINE.to_owned(),
                time: now.max(other.time + 1),
                ..other.clone()
            });
        }
        changed.extend(record_if_changed(before, record));
    }
    // What is left has no alert any more.
    for record in present.into_values().flatten() {
        if record.status != Status::Closed {
            changed.push(Record {
                status: Status::Closed,
                classification: Some(Classification::Undetermined),
                closed: Some(now),
                alerts: Vec::new(),
                modified_by: KEYLINE.to_owned(),
                time: now.max(record.time + 1),
                ..record.clone()
            });
        }
    }
    changed.sort_by_key(|record| record.number);
    (changed, kept)
}

/// An incident as it is now.
fn record(
    incident: &Incident,
    before: Option<&Record>,
    number: i64,
    rule_of: &dyn Fn(&str) -> String,
    now: i64,
) -> Record {
    let mut alerts = incident.alerts.clone();
    alerts.sort();
    let mut rules: Vec<String> = alerts.iter().map(|id| rule_of(id)).collect();
    rules.sort();
    rules.dedup();
    let mut record = Record {
        incident_id: incident.incident_id.clone(),
        number,
        status: Status::New,
        severity: incident.severity,
        title: incident.title.clone(),
        root_credential: incident.root_credential.clone(),
        root_name: incident.root_name.clone(),
        credentials: incident.credentials.clone(),
        alerts,
        rules,
        tree_credentials: incident.tree_credentials,
        live_credentials: incident.live_credentials,
        first_event: incident.first_event.clone(),
        last_event: incident.last_event.clone(),
        created: now,
        closed: None,
        time: now,
        classification: None,
        notes: Vec::new(),
        modified_by: KEYLINE.to_owned(),
        merged_into: None,
    };
    if let Some(before) = before {
        record.incident_id = before.incident_id.clone();
        record.number = before.number;
        record.created = before.created;
        record.notes = before.notes.clone();
        record.time = now.max(before.time + 1);
        let is_new = |id: &String| !before.alerts.contains(id);
        let opens = before.status == Status::Closed && record.alerts.iter().any(is_new);
        if opens {
            record.status = Status::Active;
        } else {
            record.status = before.status;
            record.closed = before.closed;
            record.classification = before.classification;
        }
    }
    record
}

/// A record that says something else than the one before; what works by now is no news.
fn record_if_changed(before: Option<&Record>, record: Record) -> Option<Record> {
    let same = |before: &Record| {
        let as_before = Record {
            time: before.time,
            live_credentials: before.live_credentials,
            modified_by: before.modified_by.clone(),
            ..record.clone()
        };
        as_before == *before
    };
    match before.is_some_and(same) {
        true => None,
        false => Some(record),
    }
}

impl Record {
    /// With a note; nothing where it has as many as are kept.
    pub fn with_note(&self, time: &str, by: &str, text: &str, now: i64) -> Option<Record> {
        if self.notes.len() >= INCIDENT_NOTES_MAX {
            return None;
        }
        let mut record = self.clone();
        record.notes.push(Note {
            time: time.to_owned(),
            by: by.to_owned(),
            text: text.to_owned(),
        });
        record.modified_by = by.to_owned();
        record.time = now.max(self.time + 1);
        Some(record)
    }

    pub fn as_closed(&self, classification: Classification, by: &str, now: i64) -> Record {
        Record {
            status: Status::Closed,
            classification: Some(classification),
            closed: Some(now),
            modified_by: by.to_owned(),
            time: now.max(self.time + 1),
            ..self.clone()
        }
    }

    /// Opened again by somebody who had closed it too early, or wrongly.
    pub fn as_opened_again(&self, by: &str, now: i64) -> Record {
        Record {
            status: Status::Active,
            classification: None,
            closed: None,
            modified_by: by.to_owned(),
            time: now.max(self.time + 1),
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use keyline_lineage::{Facts, Production};

    use super::*;
    use crate::incident::INCIDENT_SCHEMA;

    fn incident(id: &str, alerts: &[&str]) -> Incident {
        Incident {
            schema: INCIDENT_SCHEMA,
            incident_id: id.to_owned(),
            severity: AlertSeverity::High,
            title: "A title".to_owned(),
            root_credential: None,
            root_name: None,
            credentials: Vec::new(),
            alerts: alerts.iter().map(|id| (*id).to_owned()).collect(),
            tree_credentials: 0,
            live_credentials: 0,
            first_event: "2026-03-01T00:00:00Z".to_owned(),
            last_event: "2026-03-01T00:00:00Z".to_owned(),
        }
    }

    /// The incidents after each list of alerts that stand, by id: number, status, alerts.
    fn check(records: &mut Records, incidents: &[Incident], expected: &[(&str, i64, &str, usize)]) {
        let (forest, _) = Forest::build(Facts::default(), &Production::default());
        let now = records.values().map(|it| it.time).max().unwrap_or(0);
        let (changed, _) = updated(records, incidents, &|_| "rule".to_owned(), &forest, now);
        for record in changed {
            assert!(
                records
                    .get(&record.incident_id)
                    .is_none_or(|it| it.time < record.time)
            );
            records.insert(record.incident_id.clone(), record);
        }
        let found: Vec<(&str, i64, &str, usize)> = records
            .values()
            .map(|it| {
                (
                    it.incident_id.as_str(),
                    it.number,
                    it.status.name(),
                    it.alerts.len(),
                )
            })
            .collect();
        assert_eq!(found, expected);
        let (changed, _) = updated(records, incidents, &|_| "rule".to_owned(), &forest, now + 9);
        assert_eq!(changed, [], "what was put down is no news");
    }

    #[test]
    fn an_incident_lives_on_from_row_to_row() {
        let mut records = Records::new();
        let all = |alerts: &[&str]| [incident("in-a", alerts)];
        check(&mut records, &all(&["al-1"]), &[("in-a", 1, "New", 1)]);
        check(
            &mut records,
            &all(&["al-1", "al-2"]),
            &[("in-a", 1, "New", 2)],
        );
        let closed = records["in-a"].as_closed(Classification::FalsePositive, "somebody", 0);
        records.insert("in-a".to_owned(), closed);
        check(
            &mut records,
            &all(&["al-1", "al-2"]),
            &[("in-a", 1, "Closed", 2)],
        );
        let two = [
            incident("in-a", &["al-1", "al-2", "al-3"]),
            incident("in-b", &["al-4"]),
        ];
        check(
            &mut records,
            &two,
            &[("in-a", 1, "Active", 3), ("in-b", 2, "New", 1)],
        );
        assert_eq!(records["in-a"].classification, None);
        check(
            &mut records,
            &two[..1],
            &[("in-a", 1, "Active", 3), ("in-b", 2, "Closed", 0)],
        );
        let noted = records["in-a"].with_note("2026-03-02T00:00:00Z", "somebody", "seen", 0);
        assert_eq!(noted.unwrap().notes.len(), 1);
        let closed = records["in-a"].as_closed(Classification::TruePositive, "somebody", 0);
        let again = closed.as_opened_again("somebody else", 0);
        assert_eq!(
            (again.status, again.closed, again.classification),
            (Status::Active, None, None)
        );
        assert!(records["in-a"].time < closed.time && closed.time < again.time);
    }
}
