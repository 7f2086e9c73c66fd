//! Two tables say what stops what: lineage's reads events of a log, this crate's plans controls. Where they
//! speak of the same they agree, cell by cell, but for the exceptions that stand here with their reason.

use keyline_contain::control::{Control, Effect, Owner, effect, subject};
use keyline_lineage::{Kind, Lever, Power, stops};

use crate::world::*;

/// What a plan stops and lineage may go on to count as working. A password is valid under a denial: it opens
/// something, and what it opens can do nothing. Lineage says that of the credential, a plan says what can be
/// done with it. What a service does in somebody's name lives and dies
/// with whoever that is, which lineage says of that one.
const VALID_AND_POWERLESS: &[Kind] = &[
    Kind::Password,
    Kind::MfaDevice,
    Kind::ServiceCredential,
    Kind::SshKey,
    Kind::Certificate,
    Kind::ForwardAccess,
];

#[test]
fn the_tables_agree_about_users_and_roles() {
    let user = Owner::User {
        account: OURS.to_owned(),
        name: "alice".to_owned(),
    };
    let role = Owner::Role {
        account: OURS.to_owned(),
        name: "Admin".to_owned(),
    };
    let of_user: &[Kind] = &[
        Kind::AccessKey,
        Kind::SessionToken,
        Kind::FederationToken,
        Kind::ConsoleSession,
        Kind::OauthSession,
        Kind::UnknownTemporary,
    ];
    let of_role: &[Kind] = &[
        Kind::RoleSession,
        Kind::ServiceSession,
        Kind::ConsoleSession,
        Kind::OauthSession,
        Kind::UnknownTemporary,
    ];
    for (power, owner, kinds, levers) in [
        (
            Power::OfUser,
            &user,
            of_user,
            [
                (Lever::DenyAll, Control::UserDenyAll),
                (Lever::DenyIssuedBefore, Control::UserDenyOlder),
            ],
        ),
        (
            Power::OfRole,
            &role,
            of_role,
            [
                (Lever::DenyAll, Control::RoleDenyAll),
                (Lever::DenyIssuedBefore, Control::RoleDenyOlder),
            ],
        ),
    ] {
        for (lever, control) in levers {
            for kind in kinds.iter().chain(VALID_AND_POWERLESS) {
                let credential = bare("cr", *kind, OURS);
                let planned = effect(control, subject(&credential, owner)) != Effect::Leaves;
                let read = stops(lever, power, *kind);
                let known = VALID_AND_POWERLESS.contains(kind);
                assert!(
                    planned == read || (known && planned),
                    "{control:?} on {kind:?}: planned {planned}, read {read}"
                );
            }
        }
    }
}
