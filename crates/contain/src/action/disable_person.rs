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
//! By hand, in the console of Identity Center; `identitystore:DescribeUser` where a log gives the user's id, else
//! `identitystore:ListUsers`, to find the user.

use serde_json::json;

use crate::action::{Action, Draft, Execution, Place, Responder, params};
use crate::plan::Phase;
/// This action as data.
pub const ACTION: Action = Action {
    name: "disable-person",
    service: "identitystore",
    operation: "ListUsers",
    requires: &["identitystore:ListUsers", "identitystore:DescribeUser"],
    phase: Phase::Entry,
    responder: Responder::Organisation,
    execution: Execution::Person,
    applies_to: "sessions of the access portal",
    precheck: "the user is the right one",
    verify: "no `GetRoleCredentials` of the user follows in the logs",
    undo: "enable the user again",
};

/// One person, by name, and by the id in the store of identities where a log gives it.
pub fn step(place: &Place<'_>, name: &str, id: Option<&str>) -> Draft {
    let why = "as long as the portal session lives it fetches new role sessions";
    if let Some(id) = id {
        let named = params([
            ("user_name", json!(name)),
            ("identity_store_id", json!("THE-IDENTITY-STORE-ID")),
            ("user_id", json!(id)),
        ]);
        let mut draft = ACTION.draft(place, named, why);
        draft.operation = "DescribeUser".to_owned();
        return draft;
    }
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
        why,
    )
}
