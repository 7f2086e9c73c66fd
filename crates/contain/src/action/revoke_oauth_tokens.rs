//! Revoke the tokens of an OAuth session.
//!
//! # What it does
//!
//! Revokes the refresh token of a session that `aws login` or an agent opened, so that it gets no further
//! credentials.
//!
//! # What it stops
//!
//! The renewal of the session.
//!
//! # What it breaks
//!
//! That one session.
//!
//! # What it leaves alive
//!
//! The access token in use, for at most one more hour: the denial on its user or role stops it.
//!
//! # How it is undone
//!
//! The person signs in again.
//!
//! # AWS calls and permissions
//!
//! `signin:RevokeOAuth2TokenWithIAM`, by hand: the token itself is in no log.

use serde_json::json;

use crate::action::{Action, Draft, Execution, Place, Responder, params};
use crate::plan::Phase;
/// This action as data.
pub const ACTION: Action = Action {
    name: "revoke-oauth-tokens",
    service: "signin",
    operation: "RevokeOAuth2TokenWithIAM",
    requires: &["signin:RevokeOAuth2TokenWithIAM"],
    phase: Phase::Revoke,
    responder: Responder::ContainIam,
    execution: Execution::Person,
    applies_to: "sessions of `aws login` and of agents",
    precheck: "the session is known to the user",
    verify: "no `CreateOAuth2Token` follows in the logs",
    undo: "the person signs in again",
};

/// The tokens of one session.
pub fn step(place: &Place<'_>, principal: &str) -> Draft {
    ACTION.draft(
        place,
        params([
            ("principal", json!(principal)),
            ("token", json!("THE-REFRESH-TOKEN")),
        ]),
        format!(
            "a refresh token of {principal} gives credentials for up to 12 hours; no log holds it: it is on the \
             machine where the session was opened"
        ),
    )
}
