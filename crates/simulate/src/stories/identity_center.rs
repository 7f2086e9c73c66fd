//! Identity Center: a portal session, a permission set's role, and a key that no minting names.
//!
//! In: a seed. Out: a person signs in to the portal with a device code and asks for a role in two
//! accounts. The portal's own record names the role and no key; the member account records an
//! `AssumeRoleWithSAML` whose key is never used; the work comes under another key, in the same
//! session of the same second. Deliberately not here: theft.

use super::Told;
use crate::stage::{CLI, Hand, Stage};

pub fn tell(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "identity-center");
    let (data, production) = (stage.account(1), stage.account(2));
    let reader = stage.permission_set(data, "ReadOnlyAccess");
    let operator = stage.permission_set(production, "OnCall");
    let person = "noor@example.com";

    stage.by(&Hand::rightful("192.0.2.61", CLI));
    let portal = stage.portal_sign_in(person);
    stage.name(portal, "the portal session");
    stage.wait(30);
    let reading = stage.portal_role(portal, reader, "ReadOnlyAccess", person);
    stage.name(reading, "reading");
    stage.makes(
        reading,
        &[
            ("sts:GetCallerIdentity", ""),
            ("glue:GetDatabases", "{}"),
            ("s3:ListBuckets", "{}"),
        ],
    );
    stage.wait(300);
    let on_call = stage.portal_role(portal, operator, "OnCall", person);
    stage.name(on_call, "on call");
    stage.makes(
        on_call,
        &[
            ("ecs:ListClusters", "{}"),
            (
                "ecs:UpdateService",
                r#"{"service":"checkout","desiredCount":6}"#,
            ),
        ],
    );
    stage.curtain(on_call, &[])
}
