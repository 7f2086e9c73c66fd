//! Alerts: the rows of a rule's evaluations as an analyst gets them.
//!
//! In: rows of one evaluation, then episodes. Out: alerts in the form of the contract
//! `keyline.alert/1`. When rules are evaluated is in `replay.rs`, what proves an alert in
//! `evidence.rs`.
//!
//! Rows of one evaluation with the same identity become one finding: the mapped entities tell findings
//! apart, or the text columns that are no aggregates where nothing is mapped. That is done for rules
//! that ask for one alert a result and for those that do not say; a rule that asks for a single alert
//! gets one an evaluation, with the entities of all its rows.

use std::collections::{BTreeMap, BTreeSet};

use keyline_kql::types::{Type, Value};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};

use crate::entity::{self, Entity};
use crate::episode::{Episode, Finding};
use crate::evidence::{self, Events, Evidence};
use crate::limits::{
    ACCESS_KEY_IDS_PER_ALERT_MAX, DESCRIPTION_CHARS_MAX, ENTITIES_PER_ALERT_MAX,
    EVENT_IDS_PER_ALERT_MAX, OTHER_TITLES_MAX, TITLE_CHARS_MAX,
};
use crate::row::{ResultRow, Rows, json, text, time};
use crate::rule::{AlertSeverity, EntityMapping, Grouping, Rule, tactic_name};
use crate::told::Told;

/// One alert, field by field as in the contract.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    #[serde(skip_deserializing, default = "schema")]
    pub schema: &'static str,
    pub alert_id: String,
    pub rule_id: String,
    pub rule_name: String,
    pub severity: AlertSeverity,
    pub tactics: Vec<String>,
    pub techniques: Vec<String>,
    pub title: String,
    pub description: String,
    pub start_time: String,
    pub end_time: String,
    pub evaluated_at: String,
    pub entities: Vec<Entity>,
    pub access_key_ids: Vec<String>,
    pub credentials: Vec<String>,
    pub root_credential: Option<String>,
    pub incident_id: Option<String>,
    pub event_ids: Vec<String>,
    pub event_count: usize,
    pub evidence: Evidence,
    pub custom: Map<String, Json>,
    pub row: Map<String, Json>,
    /// From the start of the first evaluation's window until the last evaluation that found it, in ticks; no part
    /// of the document.
    #[serde(skip)]
    pub episode: (i64, i64),
    /// Stands for what the evaluations of the rule said, before anything is added about credentials; no part of the
    /// document either.
    #[serde(skip)]
    pub digest: String,
    /// Of which addresses and programs its rows tell, the shown one and the others; no part of the document.
    #[serde(skip)]
    pub told: Told,
}

pub const ALERT_SCHEMA: &str = "keyline.alert/1";

fn schema() -> &'static str {
    ALERT_SCHEMA
}

impl Alert {
    /// Adds a paragraph to the rule's text, which gives way where both are too long.
    pub fn say(&mut self, paragraph: &str) {
        if paragraph.is_empty() {
            return;
        }
        let paragraph = truncate(paragraph, DESCRIPTION_CHARS_MAX / 2);
        let left = DESCRIPTION_CHARS_MAX - paragraph.chars().count() - 1;
        self.description = match self.description.is_empty() {
            true => paragraph,
            false => format!("{}\n{paragraph}", truncate(&self.description, left)),
        };
    }
}

/// What is the same for all alerts of a rule.
pub struct Form<'a> {
    pub rule: &'a Rule,
    pub mappings: Vec<EntityMapping>,
    /// The text columns that are no aggregates: they tell findings apart where no entity does.
    pub plain_columns: Vec<String>,
}

impl Form<'_> {
    /// The findings of one evaluation, by identity. `window` bounds the times that are believed.
    pub fn findings(&self, rows: &Rows, window: (i64, i64)) -> Vec<Finding> {
        let mut groups: BTreeMap<String, Vec<ResultRow<'_>>> = BTreeMap::new();
        for row in rows.iter() {
            groups.entry(self.identity(&row)).or_default().push(row);
        }
        if rows.rows.is_empty() {
            // A trigger that fires on too few rows: there is an alert, but nothing in it.
            groups.insert(String::new(), Vec::new());
        }
        groups
            .into_iter()
            .map(|(id, rows)| self.finding(id, rows, window))
            .collect()
    }

    fn identity(&self, row: &ResultRow<'_>) -> String {
        if self.rule.grouping == Some(Grouping::SingleAlert) {
            return String::new();
        }
        let entities = entity::entities(&self.mappings, row);
        if !entities.is_empty() {
            return serde_json::to_string(&entities).unwrap_or_default();
        }
        let cells = self
            .plain_columns
            .iter()
            .map(|column| row.text(column).unwrap_or_default());
        serde_json::to_string(&cells.collect::<Vec<_>>()).unwrap_or_default()
    }

    fn finding(&self, identity: String, rows: Vec<ResultRow<'_>>, window: (i64, i64)) -> Finding {
        let rule = self.rule;
        let mut entities: Vec<Entity> = Vec::new();
        let mut access_key_ids = BTreeSet::new();
        let mut event_ids = BTreeSet::new();
        let mut told = Told::default();
        let mut times: Option<(i64, i64)> = None;
        for row in &rows {
            for entity in entity::entities(&self.mappings, row) {
                if !entities.contains(&entity) && entities.len() < ENTITIES_PER_ALERT_MAX {
                    entities.push(entity);
                }
            }
            let columns = &rule.keyline.access_key_columns;
            evidence::access_key_ids(row, columns, &mut access_key_ids);
            evidence::event_ids(row, &mut event_ids);
            told.add(row);
            for time in event_times(row, window) {
                let (first, last) = times.unwrap_or((time, time));
                times = Some((first.min(time), last.max(time)));
            }
        }
        if rows.len() > 1 {
            // The order of rows is the engine's own; that of entities must not be.
            entities.sort_by_cached_key(|e| serde_json::to_string(e).unwrap_or_default());
        }
        let shown = rows
            .iter()
            .max_by_key(|row| (self.severity(row), rank(row)));
        let empty = ResultRow {
            columns: &[],
            cells: &[],
        };
        let row = shown.unwrap_or(&empty);
        let overrides = &rule.overrides;
        let fill = |template: &Option<String>, plain: &str, chars_max, row: &ResultRow<'_>| {
            let filled = template.as_ref().map(|template| fill_in(template, row));
            let text = filled.filter(|text| !text.trim().is_empty());
            truncate(&text.unwrap_or_else(|| plain.to_string()), chars_max)
        };
        let tactics = overrides
            .tactics_column
            .as_ref()
            .map(|column| tactics(row, column));
        let title_of = |row| fill(&overrides.title, &rule.name, TITLE_CHARS_MAX, row);
        let title = title_of(row);
        let mut other_titles: BTreeSet<String> = rows.iter().map(title_of).collect();
        other_titles.remove(&title);
        Finding {
            row: row.to_json(),
            entities,
            custom: self.custom(row),
            title,
            other_titles,
            description: fill(
                &overrides.description,
                &rule.description,
                DESCRIPTION_CHARS_MAX,
                row,
            ),
            severity: self.severity(row),
            tactics: tactics
                .filter(|t| !t.is_empty())
                .unwrap_or_else(|| rule.tactics.clone()),
            access_key_ids,
            event_ids,
            told,
            times,
            identity,
        }
    }

    /// What the row says, else the rule.
    fn severity(&self, row: &ResultRow<'_>) -> AlertSeverity {
        let column = self.rule.overrides.severity_column.as_ref();
        let name = column.and_then(|column| row.text(column));
        let severity = name.and_then(|name: String| AlertSeverity::from_name(&name));
        severity
            .or(self.rule.severity)
            .unwrap_or(AlertSeverity::Medium)
    }

    /// Custom details, then the dynamic properties for which an alert has no field of its own.
    fn custom(&self, row: &ResultRow<'_>) -> Map<String, Json> {
        let details = self.rule.custom_details.iter();
        details
            .chain(&self.rule.overrides.properties)
            .map(|(key, column)| (key.clone(), row.cell(column).map_or(Json::Null, json)))
            .collect()
    }

    /// The alert of an episode; event ids are looked up where the rows have none.
    pub fn alert(&self, episode: Episode, events: &dyn Events) -> Alert {
        let Episode {
            start,
            reach,
            evaluated_at,
            finding,
        } = episode;
        let rule = self.rule;
        let mut times = finding.times;
        let (mut event_ids, evidence): (Vec<String>, Evidence) = if !finding.event_ids.is_empty() {
            (finding.event_ids.into_iter().collect(), Evidence::Row)
        } else {
            let conditions = evidence::conditions(&finding.entities);
            let mut found = match conditions.is_empty() {
                true => Vec::new(),
                false => events.find((start, reach), &conditions),
            };
            found.sort();
            found.dedup();
            if let (Some(first), Some(last)) = (found.first(), found.last()) {
                times = Some((first.time, last.time));
            }
            let evidence = if found.is_empty() {
                Evidence::None
            } else {
                Evidence::Lookup
            };
            (found.into_iter().map(|event| event.id).collect(), evidence)
        };
        let event_count = event_ids.len();
        event_ids.truncate(EVENT_IDS_PER_ALERT_MAX);
        let (first, last) = times.unwrap_or((start, reach));
        let others = others(&finding.other_titles);
        let keys = finding
            .access_key_ids
            .into_iter()
            .take(ACCESS_KEY_IDS_PER_ALERT_MAX);
        let mut alert = Alert {
            schema: ALERT_SCHEMA,
            alert_id: alert_id(&rule.id, &finding.identity, start),
            rule_id: rule.id.clone(),
            rule_name: rule.name.clone(),
            severity: finding.severity,
            tactics: finding.tactics,
            techniques: rule.techniques.clone(),
            title: finding.title,
            description: finding.description,
            start_time: time(first),
            end_time: time(last),
            evaluated_at: time(evaluated_at),
            entities: finding.entities,
            access_key_ids: keys.collect(),
            credentials: Vec::new(),
            root_credential: None,
            incident_id: None,
            event_ids,
            event_count,
            evidence,
            custom: finding.custom,
            row: finding.row,
            episode: (start, reach),
            digest: String::new(),
            told: finding.told,
        };
        alert.say(&others);
        alert.digest = short_hash(&serde_json::to_string(&alert).unwrap_or_default());
        alert
    }
}

/// Names the rows of the alert that are not shown, by their titles; empty where they say the same.
fn others(titles: &BTreeSet<String>) -> String {
    let shown = titles.iter().take(OTHER_TITLES_MAX).map(String::as_str);
    let shown = shown.collect::<Vec<_>>().join("; ");
    match titles.len() {
        0 => String::new(),
        all if all > OTHER_TITLES_MAX => format!(
            "In the same alert: {shown}; and {} more.",
            all - OTHER_TITLES_MAX
        ),
        _ => format!("In the same alert: {shown}."),
    }
}

fn alert_id(rule_id: &str, identity: &str, start: i64) -> String {
    let mut hash = Sha256::new();
    for part in [
        rule_id.as_bytes(),
        identity.as_bytes(),
        &start.to_be_bytes(),
    ] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    format!("al-{}", short(&hash.finalize()))
}

/// Sixteen characters of a hash, as ids have them.
fn short(hash: &[u8]) -> String {
    let mut text = data_encoding::BASE32_NOPAD.encode(&hash[..10]);
    text.make_ascii_lowercase();
    text
}

/// Sixteen characters that stand for a text.
pub(crate) fn short_hash(evidence: &str) -> String {
    short(&Sha256::digest(evidence.as_bytes()))
}

/// Which of several equally severe rows is shown: the one with the greatest (TimeGenerated, AwsEventId),
/// ties by text.
fn rank(row: &ResultRow<'_>) -> (Option<i64>, String, String) {
    let time = match row.cell("TimeGenerated") {
        Some(Value::DateTime(ticks)) => Some(*ticks),
        _ => None,
    };
    let id = row.text("AwsEventId").unwrap_or_default();
    (time, id, Json::Object(row.to_json()).to_string())
}

/// The times in a row that lie in the window: those of events. When a session was created is none.
fn event_times(row: &ResultRow<'_>, window: (i64, i64)) -> impl Iterator<Item = i64> {
    row.cells().filter_map(move |(column, value)| match value {
        Value::DateTime(ticks) if column.ty == Type::DateTime => {
            let is_event = !column.name.starts_with("SessionCreationDate");
            (is_event && (window.0..=window.1).contains(ticks)).then_some(*ticks)
        }
        _ => None,
    })
}

fn tactics(row: &ResultRow<'_>, column: &str) -> Vec<String> {
    let names = match row.cell(column).map(json) {
        Some(Json::Array(items)) => items
            .iter()
            .filter_map(|item| item.as_str().map(str::to_string))
            .collect(),
        Some(Json::String(text)) => text.split(',').map(str::to_string).collect(),
        _ => Vec::new(),
    };
    names
        .iter()
        .filter_map(|name| tactic_name(name))
        .map(str::to_string)
        .collect()
}

/// `{{Column}}` with the cell's text; what names no column becomes empty.
fn fill_in(template: &str, row: &ResultRow<'_>) -> String {
    let mut filled = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        filled.push_str(before);
        let Some((column, after)) = after.split_once("}}") else {
            filled.push_str("{{");
            rest = after;
            continue;
        };
        filled.push_str(&row.cell(column.trim()).map(text).unwrap_or_default());
        rest = after;
    }
    filled.push_str(rest);
    filled.trim().to_string()
}

/// The columns that a template names.
pub fn template_columns(template: &str) -> Vec<&str> {
    let parts = template.split("{{").skip(1);
    parts
        .filter_map(|part| part.split_once("}}"))
        .map(|(column, _)| column.trim())
        .collect()
}

fn truncate(text: &str, chars_max: usize) -> String {
    match text.char_indices().nth(chars_max) {
        None => text.to_string(),
        Some(_) => {
            let mut short: String = text.chars().take(chars_max - 1).collect();
            short.push('…');
            short
        }
    }
}
