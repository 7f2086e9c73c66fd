//! Give the legitimate users of a key another one.
//!
//! # What it does
//!
//! A person makes a new key (better: a role) for whatever legitimately used the stolen key. The step names
//! every source of its calls; which of them are the thief is for the person to say.
//!
//! Where everything is denied to the user it is a key of another one: the denial stays for days, and as long as a
//! key of the user is active it is not lifted at all.
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
//! `iam:CreateAccessKey`, `iam:CreateUser`, by hand.

use serde_json::{Value, json};

use crate::action::{Action, Draft, Execution, Place, Responder, params};
use crate::plan::{Call, Phase};

/// Stands for a name that whoever takes the step gives.
const NEW_USER: &str = "A-NEW-USER";

/// This action as data.
pub const ACTION: Action = Action {
    name: "rotate-access-key",
    service: "iam",
    operation: "CreateAccessKey",
    requires: &["iam:CreateAccessKey", "iam:CreateUser"],
    phase: Phase::Afterwards,
    responder: Responder::ContainIam,
    execution: Execution::Person,
    applies_to: "access keys that the thief did not make",
    precheck: "the thief is out",
    verify: "the workload works with the new key; the old one is not used",
    undo: "delete the new key",
};

/// What becomes of the user whose key it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// Everything is denied to it.
    Yes,
    No,
}

/// The rotation of one key, with the sources and agents that used it.
pub fn step(
    place: &Place<'_>,
    user: &str,
    denied: Denied,
    key: &str,
    used_by: Value,
    agents: Value,
) -> Draft {
    let mut draft = ACTION.draft(
        place,
        params([("user_name", json!(user))]),
        format!("{key} is switched off: whoever legitimately used it needs another, if any of these is not the thief"),
    );
    if denied == Denied::Yes {
        draft.why.push_str(&format!(
            "; of another user, with what this one may: everything stays denied to {user}, and a new key of it would \
             be switched off"
        ));
        let call = |operation: &str, user: &str| {
            Call::new("iam", operation, params([("user_name", json!(user))]))
        };
        draft.operation = "ListGroupsForUser".to_owned();
        draft.then = vec![
            call("ListAttachedUserPolicies", user),
            call("ListUserPolicies", user),
            call("CreateUser", NEW_USER),
            call("CreateAccessKey", NEW_USER),
        ];
    }
    draft.params.insert("replaces".to_owned(), json!(key));
    draft.params.insert("used_from".to_owned(), used_by);
    draft.params.insert("used_by_agents".to_owned(), agents);
    draft
}
