//! Alerts that stay in the lake: `KeylineAlert` with everything that an alert says, and `SecurityAlert` with
//! Sentinel's columns, so that rules which read it bind.
//!
//! In: alerts that stand, and such that a late record has superseded. Out: rows of what is new. Rows are only added: an
//! alert that says something else gets a further one, and the present is the one with the latest `TimeGenerated`, as
//! for all tables of Sentinel's. `KeylineAlert` is the truth; `SecurityAlert` is brought up to it, also after a crash
//! between the two. A row's `TimeGenerated` is the instant that the alert was evaluated at, or a microsecond after the
//! row before, never the wall clock, so that the same hunt gives the same rows.

use std::collections::{BTreeMap, HashSet};

use anyhow::{Result, anyhow, bail};
use keyline_detect::alert::Alert;
use keyline_detect::row::time as format_instant;
use keyline_lake::delta::{Lake, TableSpec, keyline_alerts};
use serde_json::{Map, Value, json};

use crate::data::TICKS_PER_MICROSECOND;
use crate::table_rows::{Cell, RowReader, as_json, instant, optional, rows, text, time};

/// The application that numbers savings.
const APPLICATION: &str = "alerts";
/// Savings that others may be quicker with before it is given up.
const ATTEMPTS_MAX: usize = 20;
/// Who says so, in the columns that ask.
const PRODUCT: &str = "Keyline";

pub const NEW: &str = "New";
pub const SUPERSEDED: &str = "Superseded";
/// How Sentinel calls the latter.
const DISMISSED: &str = "Dismissed";

/// What became of the alerts.
pub struct Saved {
    pub new: usize,
    pub known: usize,
}

/// Saves the alerts that are new, or say something else than before.
pub fn save(location: &str, alerts: &[Alert]) -> Result<Saved> {
    let mut book = Book::open(&Lake::open(location)?)?;
    let new = alerts.iter().filter(|alert| book.set(alert)).count();
    book.commit()?;
    Ok(Saved {
        new,
        known: alerts.len() - new,
    })
}

/// An alert as it stands.
#[derive(Clone, Debug)]
pub struct Kept {
    pub alert: Alert,
    /// The time of its latest row, in microseconds since 1970.
    time: i64,
    pub superseded: bool,
    /// The end of its episode as the latest row has it, in ticks.
    stored_end: i64,
}

/// All alerts of a lake, by id.
pub struct Book {
    lake: Lake,
    ours: TableSpec,
    sentinels: TableSpec,
    /// The number of the last saving.
    mark: i64,
    kept: BTreeMap<String, Kept>,
    /// What is to be written: whether the alert says something else, or only its episode went on.
    pending: BTreeMap<String, bool>,
}

impl Book {
    pub fn open(lake: &Lake) -> Result<Book> {
        let sentinels = TableSpec::known("SecurityAlert")
            .ok_or_else(|| anyhow!("the columns of `SecurityAlert` are not known"))?;
        let mut book = Book {
            lake: lake.clone(),
            ours: keyline_alerts(),
            sentinels,
            mark: 0,
            kept: BTreeMap::new(),
            pending: BTreeMap::new(),
        };
        book.read()?;
        Ok(book)
    }

    /// Reads the rows there are, and gives `SecurityAlert` those that it lacks.
    fn read(&mut self) -> Result<()> {
        self.mark = self.lake.mark(&self.ours, APPLICATION)?.unwrap_or(0);
        let mut all: Vec<Kept> = Vec::new();
        for batch in self.lake.rows(&self.ours)? {
            let reader = RowReader::new(&batch);
            for row in 0..batch.num_rows() {
                all.push(read(&reader, row)?);
            }
        }
        all.sort_by(|a, b| (&a.alert.alert_id, a.time).cmp(&(&b.alert.alert_id, b.time)));
        let mut there = HashSet::new();
        for batch in self.lake.rows(&self.sentinels)? {
            let reader = RowReader::new(&batch);
            let rows = 0..batch.num_rows();
            there.extend(rows.map(|row| {
                let time = reader.time("TimeGenerated", row);
                (reader.text("SystemAlertId", row), time.unwrap_or(0))
            }));
        }
        let mut lacking = Vec::new();
        for kept in all {
            let id = kept.alert.alert_id.clone();
            let before = self.kept.get(&id);
            let says_else = before.is_none_or(|before| {
                before.alert.digest != kept.alert.digest || before.superseded != kept.superseded
            });
            if says_else && !there.contains(&(id.clone(), kept.time)) {
                lacking.push(kept.clone());
            }
            self.kept.insert(id, kept);
        }
        let lacking: Vec<&Kept> = lacking.iter().collect();
        self.append_to_sentinels(&lacking)
    }

    /// The alerts that stand.
    pub fn standing(&self) -> impl Iterator<Item = &Alert> {
        let kept = self.kept.values().filter(|kept| !kept.superseded);
        kept.map(|kept| &kept.alert)
    }

    /// An alert that may be put down otherwise before it is committed.
    pub fn get_mut(&mut self, id: &str) -> Option<&mut Alert> {
        self.kept.get_mut(id).map(|kept| &mut kept.alert)
    }

    /// An alert stands; whether that is new, or it says something else than before.
    pub fn set(&mut self, alert: &Alert) -> bool {
        let id = &alert.alert_id;
        let Some(kept) = self.kept.get_mut(id) else {
            let kept = Kept {
                alert: alert.clone(),
                time: i64::MIN,
                superseded: false,
                stored_end: alert.episode.1,
            };
            self.kept.insert(id.clone(), kept);
            self.pending.insert(id.clone(), true);
            return true;
        };
        let says_else = kept.superseded || kept.alert.digest != alert.digest;
        let shrinks = alert.episode.1 < kept.stored_end;
        if says_else {
            kept.alert = alert.clone();
            kept.superseded = false;
        }
        kept.alert.episode = alert.episode;
        if says_else || shrinks {
            *self.pending.entry(id.clone()).or_default() |= says_else;
        }
        says_else
    }

    /// An alert does not stand any more.
    pub fn supersede(&mut self, id: &str) {
        if let Some(kept) = self.kept.get_mut(id)
            && !kept.superseded
        {
            kept.superseded = true;
            self.pending.insert(id.to_owned(), true);
        }
    }

    /// Where an episode ends, as somebody else remembers it.
    pub fn extend(&mut self, id: &str, end: i64) {
        if let Some(kept) = self.kept.get_mut(id) {
            kept.alert.episode.1 = kept.alert.episode.1.max(end);
        }
    }

    /// The alerts whose episodes have gone on since their latest row, with their ends. Those that cannot go on further
    /// are put down for good.
    pub fn open_ends(&mut self, is_closed: impl Fn(&Alert) -> bool) -> BTreeMap<String, i64> {
        let mut open = BTreeMap::new();
        for (id, kept) in &self.kept {
            if kept.superseded || kept.alert.episode.1 == kept.stored_end {
                continue;
            }
            match is_closed(&kept.alert) {
                true => {
                    self.pending.entry(id.clone()).or_default();
                }
                false => {
                    open.insert(id.clone(), kept.alert.episode.1);
                }
            }
        }
        open
    }

    /// The alerts that are new or say something else, with their status, before they are committed.
    pub fn news(&self) -> impl Iterator<Item = (&Alert, &'static str)> {
        let news = self.pending.iter().filter(|(_, says_else)| **says_else);
        news.filter_map(|(id, _)| {
            let kept = self.kept.get(id)?;
            let status = match (kept.superseded, kept.time) {
                (true, _) => "superseded",
                (false, i64::MIN) => "new",
                (false, _) => "updated",
            };
            Some((&kept.alert, status))
        })
    }

    /// Writes what is new.
    pub fn commit(&mut self) -> Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        for _ in 0..ATTEMPTS_MAX {
            let written: Vec<Kept> = self
                .pending
                .keys()
                .filter_map(|id| self.kept.get(id))
                .map(Kept::next)
                .collect();
            let all: Vec<&Kept> = written.iter().collect();
            let new = rows(&self.ours.columns, &all, |kept, column| {
                our_cell(kept, column)
            })?;
            let mark = (APPLICATION, self.mark + 1);
            if self.lake.append(&self.ours, &new, Some(mark))? {
                let news: Vec<&Kept> = written
                    .iter()
                    .filter(|kept| self.pending.get(&kept.alert.alert_id) == Some(&true))
                    .collect();
                self.append_to_sentinels(&news)?;
                for kept in written {
                    self.kept.insert(kept.alert.alert_id.clone(), kept);
                }
                self.pending.clear();
                self.mark += 1;
                return Ok(());
            }
            // Somebody else has saved alerts since, perhaps the same.
            let pending: Vec<Kept> = self
                .pending
                .keys()
                .filter_map(|id| self.kept.get(id).cloned())
                .collect();
            self.pending.clear();
            self.kept.retain(|_, kept| kept.time != i64::MIN);
            let ends = self.kept.iter();
            let ends = ends.map(|(id, kept)| (id.clone(), kept.alert.episode.1));
            let ends: Vec<(String, i64)> = ends.collect();
            self.read()?;
            for (id, end) in ends {
                self.extend(&id, end);
            }
            for kept in pending {
                match kept.superseded {
                    true => self.supersede(&kept.alert.alert_id),
                    false => {
                        self.set(&kept.alert);
                    }
                }
            }
            if self.pending.is_empty() {
                return Ok(());
            }
        }
        bail!("others save alerts all the time: try again")
    }

    fn append_to_sentinels(&self, kept: &[&Kept]) -> Result<()> {
        if kept.is_empty() {
            return Ok(());
        }
        let new = rows(&self.sentinels.columns, kept, sentinel_cell)?;
        self.lake.append(&self.sentinels, &new, None)?;
        Ok(())
    }
}

impl Kept {
    /// As it is when it is written now.
    fn next(&self) -> Kept {
        let evaluated = instant(&self.alert.evaluated_at).unwrap_or(0);
        Kept {
            time: evaluated.max(self.time.saturating_add(1)),
            stored_end: self.alert.episode.1,
            ..self.clone()
        }
    }
}

/// An alert as a row has it.
fn read(reader: &RowReader<'_>, row: usize) -> Result<Kept> {
    let mut document = Map::new();
    for (column, field) in [
        ("AlertId", "alert_id"),
        ("RuleId", "rule_id"),
        ("RuleName", "rule_name"),
        ("Severity", "severity"),
        ("Title", "title"),
        ("Description", "description"),
    ] {
        document.insert(field.to_owned(), reader.text(column, row).into());
    }
    for (column, field) in [
        ("Tactics", "tactics"),
        ("Techniques", "techniques"),
        ("Entities", "entities"),
        ("AccessKeyIds", "access_key_ids"),
        ("Credentials", "credentials"),
        ("EventIds", "event_ids"),
    ] {
        document.insert(field.to_owned(), reader.json(column, row, json!([])));
    }
    for (column, field) in [("Custom", "custom"), ("Row", "row")] {
        document.insert(field.to_owned(), reader.json(column, row, json!({})));
    }
    let time = reader.time("TimeGenerated", row).unwrap_or(0);
    let instant = |column: &str| {
        let micros = reader.time(column, row).unwrap_or(time);
        Value::from(format_instant(micros.saturating_mul(TICKS_PER_MICROSECOND)))
    };
    for (column, field) in [
        ("StartTime", "start_time"),
        ("EndTime", "end_time"),
        ("EvaluatedAt", "evaluated_at"),
    ] {
        document.insert(field.to_owned(), instant(column));
    }
    for (column, field) in [
        ("RootCredential", "root_credential"),
        ("IncidentId", "incident_id"),
    ] {
        let text = reader.text(column, row);
        let value = (!text.is_empty()).then_some(text);
        document.insert(field.to_owned(), value.into());
    }
    let count = reader.number("EventCount", row).unwrap_or(0);
    document.insert("event_count".to_owned(), count.into());
    let evidence = match reader.text("Evidence", row) {
        text if text.is_empty() => "none".to_owned(),
        text => text,
    };
    document.insert("evidence".to_owned(), evidence.into());
    let alert: Alert = serde_json::from_value(Value::Object(document))?;
    let ticks = |column| {
        let micros = reader.time(column, row).unwrap_or(0);
        micros.saturating_mul(TICKS_PER_MICROSECOND)
    };
    let episode = (ticks("EpisodeStart"), ticks("EpisodeEnd"));
    Ok(Kept {
        alert: Alert {
            episode,
            digest: reader.text("Digest", row),
            ..alert
        },
        time,
        superseded: reader.text("Status", row) == SUPERSEDED,
        stored_end: episode.1,
    })
}

fn sentinel_cell(kept: &Kept, column: &str) -> Cell {
    let alert = &kept.alert;
    match column {
        "TimeGenerated" => Cell::Time(Some(kept.time)),
        "ProcessingEndTime" => time(&alert.evaluated_at),
        "StartTime" => time(&alert.start_time),
        "EndTime" => time(&alert.end_time),
        "AlertName" => text(&alert.rule_name),
        "DisplayName" => text(&alert.title),
        "AlertSeverity" => text(alert.severity.name()),
        "AlertType" => text(&alert.rule_id),
        "Description" => text(&alert.description),
        "SystemAlertId" | "VendorOriginalId" => text(&alert.alert_id),
        "ProductName" | "ProviderName" | "VendorName" => text(PRODUCT),
        "Status" => text(match kept.superseded {
            true => DISMISSED,
            false => NEW,
        }),
        "Tactics" => text(alert.tactics.join(", ")),
        "Techniques" => as_json(&alert.techniques),
        "Entities" => as_json(&alert.entities),
        "ExtendedProperties" => as_json(&alert.custom),
        "CompromisedEntity" => text(alert.access_key_ids.first().map_or("", String::as_str)),
        "IsIncident" => Cell::Bool(false),
        "Type" => text("SecurityAlert"),
        _ => Cell::Nothing,
    }
}

fn our_cell(kept: &Kept, column: &str) -> Cell {
    let alert = &kept.alert;
    let ticks = |ticks: i64| Cell::Time(Some(ticks.div_euclid(TICKS_PER_MICROSECOND)));
    match column {
        "TimeGenerated" => Cell::Time(Some(kept.time)),
        "AlertId" => text(&alert.alert_id),
        "RuleId" => text(&alert.rule_id),
        "RuleName" => text(&alert.rule_name),
        "Severity" => text(alert.severity.name()),
        "Title" => text(&alert.title),
        "Description" => text(&alert.description),
        "StartTime" => time(&alert.start_time),
        "EndTime" => time(&alert.end_time),
        "Tactics" => as_json(&alert.tactics),
        "Techniques" => as_json(&alert.techniques),
        "Entities" => as_json(&alert.entities),
        "AccessKeyIds" => as_json(&alert.access_key_ids),
        "Credentials" => as_json(&alert.credentials),
        "RootCredential" => optional(&alert.root_credential),
        "IncidentId" => optional(&alert.incident_id),
        "EventIds" => as_json(&alert.event_ids),
        "EventCount" => Cell::Number(alert.event_count as i64),
        "Custom" => as_json(&alert.custom),
        "Row" => as_json(&alert.row),
        "Evidence" => text(match as_text(alert) {
            Value::String(evidence) => evidence,
            _ => String::new(),
        }),
        "EvaluatedAt" => time(&alert.evaluated_at),
        "EpisodeStart" => ticks(alert.episode.0),
        "EpisodeEnd" => ticks(alert.episode.1),
        "Status" => text(match kept.superseded {
            true => SUPERSEDED,
            false => NEW,
        }),
        "Digest" => text(&alert.digest),
        _ => Cell::Nothing,
    }
}

fn as_text(alert: &Alert) -> Value {
    serde_json::to_value(alert.evidence).unwrap_or_default()
}
