//! Incidents that stay in the lake: `KeylineIncident` with everything that one says, and `SecurityIncident` with
//! Sentinel's columns exactly.
//!
//! In: what is to be put down, made of what was put down before. Out: a further row for each; the present is the one
//! with the latest `TimeGenerated`. Several may write: whoever was slower makes its rows anew from what the other put
//! down. `KeylineIncident` is the truth, `SecurityIncident` is brought up to it. What becomes of an incident is
//! known in `keyline_detect::incident_log`.

use std::collections::HashSet;

use anyhow::{Result, anyhow, bail};
use keyline_detect::incident_log::{Classification, Record, Records, Status};
use keyline_detect::row::time as format_instant;
use keyline_detect::rule::AlertSeverity;
use keyline_lake::delta::{Lake, TableSpec, keyline_incidents};
use serde_json::json;

use crate::data::TICKS_PER_MICROSECOND;
use crate::table_rows::{Cell, RowReader, as_json, optional, rows, text, time};

/// The application that numbers savings.
const APPLICATION: &str = "incidents";
/// Savings that others may be quicker with before it is given up.
const ATTEMPTS_MAX: usize = 20;

/// All incidents of a lake.
pub struct Log {
    lake: Lake,
    ours: TableSpec,
    sentinels: TableSpec,
    mark: i64,
    records: Records,
}

impl Log {
    pub fn open(lake: &Lake) -> Result<Log> {
        let sentinels = TableSpec::known("SecurityIncident")
            .ok_or_else(|| anyhow!("the columns of `SecurityIncident` are not known"))?;
        let mut log = Log {
            lake: lake.clone(),
            ours: keyline_incidents(),
            sentinels,
            mark: 0,
            records: Records::new(),
        };
        log.read()?;
        Ok(log)
    }

    /// The present of each.
    pub fn records(&self) -> &Records {
        &self.records
    }

    /// Takes up what others have put down since.
    pub fn refresh(&mut self) -> Result<()> {
        match self.lake.mark(&self.ours, APPLICATION)?.unwrap_or(0) == self.mark {
            true => Ok(()),
            false => self.read(),
        }
    }

    fn read(&mut self) -> Result<()> {
        self.mark = self.lake.mark(&self.ours, APPLICATION)?.unwrap_or(0);
        let mut all: Vec<Record> = Vec::new();
        for batch in self.lake.rows(&self.ours)? {
            let reader = RowReader::new(&batch);
            all.extend((0..batch.num_rows()).map(|row| read(&reader, row)));
        }
        all.sort_by(|a, b| (&a.incident_id, a.time).cmp(&(&b.incident_id, b.time)));
        let mut there = HashSet::new();
        for batch in self.lake.rows(&self.sentinels)? {
            let reader = RowReader::new(&batch);
            there.extend((0..batch.num_rows()).map(|row| {
                let time = reader.time("TimeGenerated", row).unwrap_or(0);
                (reader.text("IncidentName", row), time)
            }));
        }
        let is_lacking = |record: &&Record| {
            let key = (record.incident_id.clone(), record.time);
            !there.contains(&key)
        };
        let lacking: Vec<&Record> = all.iter().filter(is_lacking).collect();
        self.append_to_sentinels(&lacking)?;
        self.records.clear();
        for record in all {
            self.records.insert(record.incident_id.clone(), record);
        }
        Ok(())
    }

    /// Puts down what is made of what was put down before, perhaps several times; gives what was put down.
    pub fn change(
        &mut self,
        made: impl Fn(&Records) -> Result<Vec<Record>>,
    ) -> Result<Vec<Record>> {
        for _ in 0..ATTEMPTS_MAX {
            let changed = made(&self.records)?;
            if changed.is_empty() {
                return Ok(changed);
            }
            let all: Vec<&Record> = changed.iter().collect();
            let new = rows(&self.ours.columns, &all, our_cell)?;
            let mark = (APPLICATION, self.mark + 1);
            if self.lake.append(&self.ours, &new, Some(mark))? {
                self.mark += 1;
                self.append_to_sentinels(&all)?;
                for record in &changed {
                    let id = record.incident_id.clone();
                    self.records.insert(id, record.clone());
                }
                return Ok(changed);
            }
            // Somebody else has put something down since.
            self.read()?;
        }
        bail!("others change incidents all the time: try again")
    }

    fn append_to_sentinels(&self, records: &[&Record]) -> Result<()> {
        if records.is_empty() {
            return Ok(());
        }
        let new = rows(&self.sentinels.columns, records, sentinel_cell)?;
        self.lake.append(&self.sentinels, &new, None)?;
        Ok(())
    }
}

/// An incident as documents have it.
pub fn document(record: &Record) -> serde_json::Value {
    let instant = |micros: i64| format_instant(micros.saturating_mul(TICKS_PER_MICROSECOND));
    json!({
        "schema": "keyline.incident/1",
        "incident_id": record.incident_id,
        "number": record.number,
        "status": record.status.name(),
        "severity": record.severity.name(),
        "title": record.title,
        "root_credential": record.root_credential,
        "root_name": record.root_name,
        "credentials": record.credentials,
        "alerts": record.alerts,
        "rules": record.rules,
        "tree_credentials": record.tree_credentials,
        "live_credentials": record.live_credentials,
        "first_event": record.first_event,
        "last_event": record.last_event,
        "created_at": instant(record.created),
        "modified_at": instant(record.time),
        "modified_by": record.modified_by,
        "closed_at": record.closed.map(instant),
        "classification": record.classification.map(Classification::name),
        "notes": record.notes,
        "merged_into": record.merged_into,
    })
}

fn read(reader: &RowReader<'_>, row: usize) -> Record {
    let some = |name: &str| Some(reader.text(name, row)).filter(|text| !text.is_empty());
    let list = |name: &str| -> Vec<String> {
        let value = reader.json(name, row, json!([]));
        serde_json::from_value(value).unwrap_or_default()
    };
    let count = |name: &str| reader.number(name, row).unwrap_or(0);
    let instant = |name: &str| {
        let micros = reader.time(name, row).unwrap_or(0);
        format_instant(micros.saturating_mul(TICKS_PER_MICROSECOND))
    };
    Record {
        incident_id: reader.text("IncidentId", row),
        number: count("Number"),
        status: Status::from_name(&reader.text("Status", row)).unwrap_or(Status::New),
        severity: AlertSeverity::from_name(&reader.text("Severity", row))
            .unwrap_or(AlertSeverity::Informational),
        title: reader.text("Title", row),
        root_credential: some("RootCredential"),
        root_name: some("RootName"),
        credentials: list("Credentials"),
        alerts: list("AlertIds"),
        rules: list("RuleIds"),
        tree_credentials: usize::try_from(count("TreeCredentials")).unwrap_or(0),
        live_credentials: usize::try_from(count("LiveCredentials")).unwrap_or(0),
        first_event: instant("FirstEvent"),
        last_event: instant("LastEvent"),
        created: reader.time("CreatedAt", row).unwrap_or(0),
        closed: reader.time("ClosedAt", row),
        time: reader.time("TimeGenerated", row).unwrap_or(0),
        classification: Classification::from_name(&reader.text("Classification", row)),
        notes: serde_json::from_value(reader.json("Notes", row, json!([]))).unwrap_or_default(),
        modified_by: reader.text("ModifiedBy", row),
        merged_into: some("MergedInto"),
    }
}

fn classification(record: &Record) -> Cell {
    text(record.classification.map_or("", Classification::name))
}

fn our_cell(record: &Record, column: &str) -> Cell {
    match column {
        "TimeGenerated" => Cell::Time(Some(record.time)),
        "IncidentId" => text(&record.incident_id),
        "Number" => Cell::Number(record.number),
        "Status" => text(record.status.name()),
        "Severity" => text(record.severity.name()),
        "Title" => text(&record.title),
        "RootCredential" => optional(&record.root_credential),
        "RootName" => optional(&record.root_name),
        "Credentials" => as_json(&record.credentials),
        "AlertIds" => as_json(&record.alerts),
        "RuleIds" => as_json(&record.rules),
        "TreeCredentials" => Cell::Number(record.tree_credentials as i64),
        "LiveCredentials" => Cell::Number(record.live_credentials as i64),
        "FirstEvent" => time(&record.first_event),
        "LastEvent" => time(&record.last_event),
        "CreatedAt" => Cell::Time(Some(record.created)),
        "ClosedAt" => Cell::Time(record.closed),
        "Classification" => classification(record),
        "Notes" => as_json(&record.notes),
        "ModifiedBy" => text(&record.modified_by),
        "MergedInto" => optional(&record.merged_into),
        _ => Cell::Nothing,
    }
}

fn sentinel_cell(record: &Record, column: &str) -> Cell {
    match column {
        "TimeGenerated" | "LastModifiedTime" => Cell::Time(Some(record.time)),
        "CreatedTime" | "FirstModifiedTime" => Cell::Time(Some(record.created)),
        "ClosedTime" => Cell::Time(record.closed),
        "FirstActivityTime" => time(&record.first_event),
        "LastActivityTime" => time(&record.last_event),
        "IncidentName" | "ProviderIncidentId" => text(&record.incident_id),
        "IncidentNumber" => Cell::Number(record.number),
        "Title" => text(&record.title),
        "Severity" => text(record.severity.name()),
        "Status" => text(record.status.name()),
        "Classification" => classification(record),
        "ClassificationComment" => text(match (&record.classification, record.notes.last()) {
            (Some(_), Some(note)) => note.text.as_str(),
            _ => "",
        }),
        "AlertIds" => as_json(&record.alerts),
        "RelatedAnalyticRuleIds" => as_json(&record.rules),
        "Comments" => as_json(&record.notes),
        "AdditionalData" => as_json(&json!({
            "alertsCount": record.alerts.len(),
            "rootCredential": record.root_credential,
            "credentials": record.tree_credentials,
            "liveCredentials": record.live_credentials,
            "mergedInto": record.merged_into,
        })),
        "BookmarkIds" | "Labels" | "Tasks" => text("[]"),
        "Owner" => text("{}"),
        "ModifiedBy" => text(&record.modified_by),
        "ProviderName" | "SourceSystem" => text("Keyline"),
        "Type" => text("SecurityIncident"),
        _ => Cell::Nothing,
    }
}
