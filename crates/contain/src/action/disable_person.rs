//! Disable a person in Identity Center.
//!
//! # What it does
//!
//! A person disables the user in Identity Center (or in the directory behind it) and ends the sessions of the
//! access portal. There is no call for the latter.
//!
//! # What it stops
//!
//! Fetching of further role sessions.
//!
//! # What it breaks
//!
//! The person cannot work.
//!
//! # What it leaves alive
//!
//! Role sessions that exist, up to 12 hours: the denial in the permission set stops them.
//!
//! # How it is undone
//!
//! Enable the user again.
//!
//! # AWS calls and permissions
//!
//! By hand, in the console of Identity Center; `identitystore:ListUsers` to find the user.

use serde_json::json;

use crate::action::{Action, Draft, Execution, Place, Responder, params};
use crate::plan::Phase;
/// This action as data.
pub const ACTION: Action = Action {
    name: "disable-person",
    service: "identitystore",
    operation: "ListUsers",
    requires: &["identitystore:ListUsers"],
    phase: Phase::Entry,
    responder: Responder::Organisation,
    execution: Execution::Person,
    applies_to: "sessions of the access portal",
    precheck: "the user is the right one",
    verify: "no `GetRoleCredentials` of the user follows in the logs",
    undo: "enable the user again",
};

/// One person.
pub fn step(place: &Place<'_>, name: &str) -> Draft {
    ACTION.draft(
        place,
        params([
            ("user_name", json!(name)),
            ("identity_store_id", json!("THE-IDENTITY-STORE-ID")),
            (
                "filters",
                json!([{"AttributePath": "UserName", "AttributeValue": name}]),
            ),
        ]),
        "as long as the portal session lives it fetches new role sessions",
    )
}
