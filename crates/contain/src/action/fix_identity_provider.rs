//! Set an identity provider right.
//!
//! # What it does
//!
//! A person looks at the provider (SAML, OIDC, Cognito): are its metadata, its clients and its
//! unauthenticated access as they should be? What the thief altered is put back, what the thief made is
//! deleted; the identity is locked where it lives.
//!
//! # What it stops
//!
//! New sessions by that way.
//!
//! # What it breaks
//!
//! People and machines that sign in by the provider, while it is down.
//!
//! # What it leaves alive
//!
//! Sessions that exist: they are revoked by other steps.
//!
//! # How it is undone
//!
//! Put the earlier metadata back.
//!
//! # AWS calls and permissions
//!
//! `iam:UpdateSAMLProvider`, `iam:DeleteOpenIDConnectProvider`, `cognito-identity:UpdateIdentityPool`, by
//! hand.

use crate::action::{Action, Draft, Execution, Place, Responder, params};
use crate::plan::Phase;
/// This action as data.
pub const ACTION: Action = Action {
    name: "fix-identity-provider",
    service: "iam",
    operation: "ListOpenIDConnectProviders",
    requires: &["iam:ListOpenIDConnectProviders", "iam:ListSAMLProviders"],
    phase: Phase::Entry,
    responder: Responder::ContainIam,
    execution: Execution::Person,
    applies_to: "sessions by SAML, web identity and Cognito",
    precheck: "the provider is known",
    verify: "no session by that identity follows in the logs",
    undo: "put the earlier metadata back",
};

/// The provider behind one identity.
pub fn step(place: &Place<'_>, identity: &str) -> Draft {
    ACTION.draft(
        place,
        params([]),
        format!(
            "{identity} vouches for the next session as well, unless the account is locked there"
        ),
    )
}
