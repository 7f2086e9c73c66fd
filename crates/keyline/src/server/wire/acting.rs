//! What travels about acting: who asks, plans that are carried out, and what was done by whom.

use serde::{Deserialize, Serialize};

/// Whoever asks.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Me {
    pub name: String,
    /// `viewer`, `analyst`, `responder` or `approver`; each may do what those before may.
    pub role: String,
    /// A token let them in, which they can give back.
    pub signed_in: bool,
    /// Plans can be carried out from here.
    pub containment: bool,
    /// Why they cannot, and how they could.
    pub why_not: Option<String>,
    /// Who approves a plan does not run it.
    pub two_persons: bool,
    /// Rules can be kept from here.
    pub rule_edit: bool,
}

/// Plans that were approved here or are kept beside the server, the newest first.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct KeptPlans {
    pub plans: Vec<PlanSummary>,
}

/// Where a plan stands.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct PlanSummary {
    pub plan_id: String,
    pub hash: String,
    pub target: String,
    pub headline: String,
    pub made_at: String,
    pub phase: PlanPhase,
    /// What is being done to it at this moment.
    pub busy: Option<String>,
    pub approved_by: Option<String>,
    pub approved_at: Option<String>,
    /// An approval that nobody used by then is none.
    pub approved_until: Option<String>,
    /// Who runs it, or ran it last.
    pub run_by: Option<String>,
    /// Steps that are done, of those that Keyline takes.
    pub done: usize,
    pub steps: usize,
    pub failed: usize,
    pub verified_at: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum PlanPhase {
    /// Nobody approved it, or the approval has run out.
    Drawn,
    Approved,
    Running,
    /// A person stopped it before its end.
    Stopped,
    /// Not every step that Keyline takes is done.
    Partly,
    Done,
    /// It was looked, and everything holds.
    Holds,
    /// It was looked, and something does not hold.
    Broken,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct PlanState {
    pub summary: PlanSummary,
    pub steps: Vec<StepState>,
    /// Why it was not carried out at all, or not to its end.
    pub error: Option<String>,
    pub verified: Option<Verified>,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct StepState {
    pub step: String,
    pub phase: StepPhase,
    /// As the journal has it.
    pub at: Option<String>,
    /// Why it was skipped or failed, or in which other way it was done.
    pub why: Option<String>,
    /// Keys that came to light at it and were switched off.
    pub found: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum StepPhase {
    Waiting,
    Begun,
    Done,
    /// It was as wanted before.
    AlreadyDone,
    Skipped,
    Failed,
    Undone,
    UndoFailed,
}

/// An event about a step.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct StepEvent {
    pub plan_id: String,
    pub step: StepState,
}

/// What was found when it was looked whether a plan holds.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Verified {
    pub at: String,
    pub by: String,
    /// Everything is as it was left.
    pub holds: bool,
    /// What is not.
    pub findings: Vec<String>,
    /// Who got through after the cut, by the logs that are shown.
    pub alarms: Vec<String>,
    /// Until when those logs reach.
    pub logs_until: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct ApproveQuestion {
    pub plan_id: String,
    /// The whole hash of the plan that was read.
    pub hash: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct RunQuestion {
    /// Steps that ask again, and were confirmed.
    #[serde(default)]
    pub confirm: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct UndoQuestion {
    pub step: String,
    /// Take it back although the plan says that the thief has it.
    #[serde(default)]
    pub force: bool,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct UndoAnswer {
    pub undone: bool,
    pub why: Option<String>,
    pub state: PlanState,
}

/// Deeds, the newest first.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct AuditLog {
    pub entries: Vec<AuditEntry>,
    /// There may be older ones.
    pub older: bool,
    /// Where the log is kept.
    pub file: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct AuditEntry {
    pub at: String,
    pub who: String,
    pub role: String,
    pub from: String,
    pub what: String,
    pub on: String,
    pub more: String,
}
