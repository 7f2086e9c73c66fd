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
//! `iam:GetSAMLProvider` and `iam:UpdateSAMLProvider`, `iam:GetOpenIDConnectProvider` and
//! `iam:RemoveClientIDFromOpenIDConnectProvider`, `cognito-identity:DescribeIdentityPool` and
//! `cognito-identity:UpdateIdentityPool`, by hand.

use serde_json::json;

use crate::action::{Action, Draft, Execution, Place, Responder, params};
use crate::plan::{Call, Phase};
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

/// A provider, as far as a record names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Provider {
    Saml(String),
    OpenId(String),
    /// A pool of identities, with its region.
    Cognito(String, String),
    Unknown,
}

/// The provider behind one identity.
pub fn step(place: &Place<'_>, identity: &str, provider: &Provider) -> Draft {
    let mut draft = ACTION.draft(
        place,
        params([]),
        format!(
            "{identity} vouches for the next session as well, unless the account is locked there"
        ),
    );
    match provider {
        Provider::Saml(arn) => {
            let named = || ("saml_provider_arn", json!(arn));
            draft.operation = "GetSAMLProvider".to_owned();
            draft.params = params([named()]);
            let right = (
                "saml_metadata_document",
                json!("THE-METADATA-AS-IT-SHOULD-BE"),
            );
            draft.then = vec![Call::new(
                "iam",
                "UpdateSAMLProvider",
                params([named(), right]),
            )];
        }
        Provider::OpenId(arn) => {
            let named = || ("open_id_connect_provider_arn", json!(arn));
            draft.operation = "GetOpenIDConnectProvider".to_owned();
            draft.params = params([named()]);
            let client = ("client_id", json!("THE-CLIENT-THAT-SHOULD-NOT"));
            draft.then = vec![Call::new(
                "iam",
                "RemoveClientIDFromOpenIDConnectProvider",
                params([named(), client]),
            )];
        }
        Provider::Cognito(pool, region) => {
            let named = || ("identity_pool_id", json!(pool));
            draft.service = "cognito-identity".to_owned();
            draft.operation = "DescribeIdentityPool".to_owned();
            draft.region.clone_from(region);
            draft.params = params([named()]);
            let closed = params([
                named(),
                ("identity_pool_name", json!("THE-NAME-OF-THE-POOL")),
                ("allow_unauthenticated_identities", json!(false)),
            ]);
            draft.then = vec![Call::new("cognito-identity", "UpdateIdentityPool", closed)];
        }
        Provider::Unknown => {
            draft.then = vec![Call::new("iam", "ListSAMLProviders", params([]))];
        }
    }
    draft
}
