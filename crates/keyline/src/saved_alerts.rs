//! Alerts into the lake, each once: `SecurityAlert` with Sentinel's columns, so that rules which read it bind, and
//! `KeylineAlert` with everything that an alert says.
//!
//! In: the alerts of a hunt. Out: rows of those whose id is not there yet. An alert's `TimeGenerated` is the
//! instant that it was evaluated at, never the wall clock, so that the same hunt gives the same rows.

use std::collections::HashSet;
use std::sync::Arc;

use anyhow::{Result, bail};
use arrow_array::{ArrayRef, BooleanArray, Int64Array, RecordBatch, StringViewArray};
use arrow_array::{TimestampMicrosecondArray, new_null_array};
use arrow_schema::{DataType, SchemaRef};
use keyline_detect::alert::Alert;
use keyline_lake::delta::{Lake, TableSpec, keyline_alerts};
use serde::Serialize;

use crate::data::TICKS_PER_MICROSECOND;
use crate::units::parse_instant;

/// The application that numbers savings.
const APPLICATION: &str = "alerts";
/// Savings that others may be quicker with before it is given up.
const ATTEMPTS_MAX: usize = 20;
/// Who says so, in the columns that ask.
const PRODUCT: &str = "Keyline";

/// What became of the alerts.
pub struct Saved {
    pub new: usize,
    pub known: usize,
}

/// Saves the alerts that are new.
pub fn save(location: &str, alerts: &[Alert]) -> Result<Saved> {
    let lake = Lake::open(location)?;
    let ours = keyline_alerts();
    let Some(sentinels) = TableSpec::known("SecurityAlert") else {
        bail!("the columns of `SecurityAlert` are not known");
    };
    // Ours is the one that the others are measured by, so it comes last.
    save_as(&lake, &sentinels, "SystemAlertId", alerts, sentinel_cell)?;
    save_as(&lake, &ours, "AlertId", alerts, our_cell)
}

fn save_as(
    lake: &Lake,
    spec: &TableSpec,
    id: &str,
    alerts: &[Alert],
    cell: fn(&Alert, &str) -> Cell,
) -> Result<Saved> {
    for _ in 0..ATTEMPTS_MAX {
        let mark = lake.mark(spec, APPLICATION)?.unwrap_or(0) + 1;
        let known: HashSet<String> = lake.texts(spec, id)?;
        let new: Vec<&Alert> = alerts
            .iter()
            .filter(|alert| !known.contains(&alert.alert_id))
            .collect();
        let saved = Saved {
            new: new.len(),
            known: alerts.len() - new.len(),
        };
        if new.is_empty() {
            return Ok(saved);
        }
        let rows = rows(&spec.columns, &new, cell)?;
        if lake.append(spec, &rows, Some((APPLICATION, mark)))? {
            return Ok(saved);
        }
        // Somebody else has saved alerts since, perhaps the same.
    }
    bail!("others save alerts all the time: try again")
}

/// A value of a column.
enum Cell {
    Text(String),
    /// Microseconds since 1970.
    Time(Option<i64>),
    Number(i64),
    Bool(bool),
    Nothing,
}

fn rows(
    columns: &SchemaRef,
    alerts: &[&Alert],
    cell: fn(&Alert, &str) -> Cell,
) -> Result<RecordBatch> {
    let arrays = columns.fields().iter().map(|field| -> ArrayRef {
        let cells = || alerts.iter().map(|alert| cell(alert, field.name()));
        match field.data_type() {
            DataType::Utf8View => {
                let texts = cells().map(|cell| match cell {
                    Cell::Text(text) => text,
                    _ => String::new(),
                });
                Arc::new(StringViewArray::from_iter_values(texts))
            }
            DataType::Timestamp(_, _) => {
                let times = cells().map(|cell| match cell {
                    Cell::Time(time) => time,
                    _ => None,
                });
                Arc::new(
                    times
                        .collect::<TimestampMicrosecondArray>()
                        .with_timezone("UTC"),
                )
            }
            DataType::Int64 => {
                let numbers = cells().map(|cell| match cell {
                    Cell::Number(number) => Some(number),
                    _ => None,
                });
                Arc::new(numbers.collect::<Int64Array>())
            }
            DataType::Boolean => {
                let bools = cells().map(|cell| match cell {
                    Cell::Bool(is) => Some(is),
                    _ => None,
                });
                Arc::new(bools.collect::<BooleanArray>())
            }
            other => new_null_array(other, alerts.len()),
        }
    });
    Ok(RecordBatch::try_new(columns.clone(), arrays.collect())?)
}

fn time(text: &str) -> Cell {
    let ticks = parse_instant(text).ok();
    Cell::Time(ticks.map(|ticks| ticks.div_euclid(TICKS_PER_MICROSECOND)))
}

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

fn json(value: &impl Serialize) -> Cell {
    Cell::Text(serde_json::to_string(value).unwrap_or_default())
}

fn sentinel_cell(alert: &Alert, column: &str) -> Cell {
    match column {
        "TimeGenerated" | "ProcessingEndTime" => time(&alert.evaluated_at),
        "StartTime" => time(&alert.start_time),
        "EndTime" => time(&alert.end_time),
        "AlertName" => text(&alert.rule_name),
        "DisplayName" => text(&alert.title),
        "AlertSeverity" => text(alert.severity.name()),
        "AlertType" => text(&alert.rule_id),
        "Description" => text(&alert.description),
        "SystemAlertId" | "VendorOriginalId" => text(&alert.alert_id),
        "ProductName" | "ProviderName" | "VendorName" => text(PRODUCT),
        "Status" => text("New"),
        "Tactics" => text(&alert.tactics.join(", ")),
        "Techniques" => json(&alert.techniques),
        "Entities" => json(&alert.entities),
        "ExtendedProperties" => json(&alert.custom),
        "CompromisedEntity" => text(alert.access_key_ids.first().map_or("", String::as_str)),
        "IsIncident" => Cell::Bool(false),
        "Type" => text("SecurityAlert"),
        _ => Cell::Nothing,
    }
}

fn our_cell(alert: &Alert, column: &str) -> Cell {
    let optional = |value: &Option<String>| text(value.as_deref().unwrap_or_default());
    match column {
        "TimeGenerated" => time(&alert.evaluated_at),
        "AlertId" => text(&alert.alert_id),
        "RuleId" => text(&alert.rule_id),
        "RuleName" => text(&alert.rule_name),
        "Severity" => text(alert.severity.name()),
        "Title" => text(&alert.title),
        "Description" => text(&alert.description),
        "StartTime" => time(&alert.start_time),
        "EndTime" => time(&alert.end_time),
        "Tactics" => json(&alert.tactics),
        "Techniques" => json(&alert.techniques),
        "Entities" => json(&alert.entities),
        "AccessKeyIds" => json(&alert.access_key_ids),
        "Credentials" => json(&alert.credentials),
        "RootCredential" => optional(&alert.root_credential),
        "IncidentId" => optional(&alert.incident_id),
        "EventIds" => json(&alert.event_ids),
        "EventCount" => Cell::Number(alert.event_count as i64),
        "Custom" => json(&alert.custom),
        "Row" => json(&alert.row),
        _ => Cell::Nothing,
    }
}
