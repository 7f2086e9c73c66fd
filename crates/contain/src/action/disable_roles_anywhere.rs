//! Close Roles Anywhere for a certificate.
//!
//! # What it does
//!
//! A person disables the profile or the trust anchor by which the certificate fetched sessions, or imports a
//! revocation list that names it.
//!
//! # What it stops
//!
//! New sessions by that certificate (or by all of the anchor).
//!
//! # What it breaks
//!
//! Machines that sign in by the same profile or anchor.
//!
//! # What it leaves alive
//!
//! Sessions that exist: they are revoked by other steps.
//!
//! # How it is undone
//!
//! Enable profile and anchor again.
//!
//! # AWS calls and permissions
//!
//! `rolesanywhere:ImportCrl`, `DisableProfile`, `DisableTrustAnchor`, by hand: which of them is right depends
//! on who else uses them.

use serde_json::json;

use crate::action::{Action, Draft, Execution, Place, Responder, params};
use crate::plan::{Call, Phase};
/// This action as data.
pub const ACTION: Action = Action {
    name: "disable-roles-anywhere",
    service: "rolesanywhere",
    operation: "ListTrustAnchors",
    requires: &[
        "rolesanywhere:ListTrustAnchors",
        "rolesanywhere:ListProfiles",
    ],
    phase: Phase::Entry,
    responder: Responder::ContainIam,
    execution: Execution::Person,
    applies_to: "sessions by a certificate",
    precheck: "the certificate is known by its serial number",
    verify: "no `CreateSession` of the certificate follows in the logs",
    undo: "enable profile and anchor again",
};

/// One certificate.
pub fn step(place: &Place<'_>, certificate: &str) -> Draft {
    let mut draft = ACTION.draft(
        place,
        params([]),
        format!("the certificate {certificate} fetches the next session as long as it is trusted"),
    );
    draft.rank = 1;
    let call = |operation: &str, params| Call::new("rolesanywhere", operation, params);
    draft.then = vec![
        call("ListProfiles", params([])),
        call(
            "DisableProfile",
            params([("profile_id", json!("THE-PROFILE-ID"))]),
        ),
        call(
            "DisableTrustAnchor",
            params([("trust_anchor_id", json!("THE-TRUST-ANCHOR-ID"))]),
        ),
    ];
    draft
}
