//! Give the legitimate users of a key another one.
//!
//! # What it does
//!
//! A person makes a new key (better: a role) for whatever legitimately used the stolen key. The step names
//! every source of its calls; which of them are the thief is for the person to say.
//!
//! # What it stops
//!
//! Nothing.
//!
//! # What it breaks
//!
//! Nothing.
//!
//! # What it leaves alive
//!
//! Everything.
//!
//! # How it is undone
//!
//! Delete the new key.
//!
//! # AWS calls and permissions
//!
//! `iam:CreateAccessKey`, by hand.

use serde_json::json;

use crate::action::{Action, Draft, Execution, Place, Responder, params};
use serde_json::Value;

use crate::plan::Phase;
/// This action as data.
pub const ACTION: Action = Action {
    name: "rotate-access-key",
    service: "iam",
    operation: "CreateAccessKey",
    requires: &["iam:CreateAccessKey"],
    phase: Phase::Afterwards,
    responder: Responder::ContainIam,
    execution: Execution::Person,
    applies_to: "access keys that the thief did not make",
    precheck: "the thief is out",
    verify: "the workload works with the new key; the old one is not used",
    undo: "delete the new key",
};

/// The rotation of one key, with the sources and agents that used it.
pub fn step(place: &Place<'_>, user: &str, key: &str, used_by: Value, agents: Value) -> Draft {
    let mut draft = ACTION.draft(
        place,
        params([("user_name", json!(user))]),
        format!("{key} is switched off: whoever legitimately used it needs another, if any of these is not the thief"),
    );
    draft.params.insert("replaces".to_owned(), json!(key));
    draft.params.insert("used_from".to_owned(), used_by);
    draft.params.insert("used_by_agents".to_owned(), agents);
    draft
}
