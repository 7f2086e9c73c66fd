//! The watch: what is done with events that came into the lake, one after the other, so that it ends where one hunt
//! over everything would.
//!
//! `take.rs` takes what comes into the lake; `judge.rs` is a round of judging: what was
//! touched, which rules are evaluated where, which alerts are new, with `flight.rs` for what takes longer. `state.rs` is what outlives the process beside the
//! alerts themselves, `vitals.rs` counts, `diary.rs` keeps the counts, `journal.rs` tells. In which order and on which
//! threads stands in `pipeline.rs`. Which ticks are touched and what of the alerts that changes is pure, in
//! `keyline_detect::watch`.

pub mod take;
pub mod flight;
pub mod judge;
pub mod state;
pub mod vitals;
pub mod diary;
pub mod journal;

use std::sync::Arc;

use anyhow::Result;
use keyline_detect::alert::Alert;

use crate::cli::{DataArgs, ReferenceArgs, RuleArgs};
use crate::intake::Wishes;

/// What is to be watched, and how.
#[derive(Clone)]
pub struct Subject {
    /// The lake that is filled and watched.
    pub location: String,
    /// Sources from which events are taken in; without any, others fill the lake.
    pub wishes: Wishes,
    pub data: DataArgs,
    pub rules: RuleArgs,
    pub references: ReferenceArgs,
    /// Take in what is there, evaluate all of it, and end.
    pub once: bool,
}

/// Where alerts go, before it is noted that they were found. What was handed over is safe when this returns.
pub type PutOut = Arc<dyn Fn(&[serde_json::Value]) -> Result<()> + Send + Sync>;

/// An alert as it is put out: that of the contract, and whether it is `new`, `updated` or `superseded`.
pub fn document(alert: &Alert, status: &str) -> serde_json::Value {
    let mut document = serde_json::to_value(alert).unwrap_or_default();
    document["status"] = status.into();
    document
}
