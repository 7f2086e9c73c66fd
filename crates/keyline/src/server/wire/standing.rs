//! What travels about what people decide of an incident, and about how far a watch is.

#![cfg_attr(
    not(feature = "lake"),
    allow(dead_code, reason = "made by builds with a lake")
)]

use serde::{Deserialize, Serialize};

/// Where an incident stands, as the lake keeps it.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct IncidentStanding {
    /// Counted from 1 in the order in which they were opened.
    #[cfg_attr(test, ts(type = "number"))]
    pub number: i64,
    /// `New`, `Active` (opened again) or `Closed`.
    pub status: String,
    /// What it was, once it is closed: `TruePositive`, `BenignPositive`, `FalsePositive` or `Undetermined`.
    pub classification: Option<String>,
    pub opened_at: String,
    pub closed_at: Option<String>,
    pub modified_at: String,
    pub modified_by: String,
    pub notes: Vec<IncidentNote>,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct IncidentNote {
    pub at: String,
    pub by: String,
    pub text: String,
}

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct NoteQuestion {
    pub text: String,
}

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct CloseQuestion {
    /// `TruePositive`, `BenignPositive`, `FalsePositive` or `Undetermined`.
    pub classification: String,
    /// Why, for whoever reads it later.
    #[cfg_attr(test, ts(optional))]
    pub note: Option<String>,
}

/// Told to whoever looks when somebody has decided something about an incident.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct IncidentEvent {
    pub incident_id: String,
}

/// How far a watch is. Lags are in seconds: the bound below which so many lie, null where more than half an hour passed
/// or nothing was taken in.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct WatchState {
    /// Everything that was found has been taken in and judged once.
    pub ready: bool,
    /// Why it is not well, if it is not.
    pub trouble: Option<String>,
    #[cfg_attr(test, ts(type = "number"))]
    pub files: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub files_waiting: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub events: u64,
    /// Events that were added within the last minute.
    #[cfg_attr(test, ts(type = "number"))]
    pub events_a_minute: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub bad_records: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub alerts: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub incidents: u64,
    /// The time of the last event, in seconds since 1970.
    pub last_event: Option<f64>,
    /// From the writing of the files that were taken in last to the commit of their events, in seconds.
    pub lag: Option<f64>,
    pub lag_to_row: WatchLag,
    pub lag_to_alert: WatchLag,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct WatchLag {
    pub p50: Option<f64>,
    pub p99: Option<f64>,
}
