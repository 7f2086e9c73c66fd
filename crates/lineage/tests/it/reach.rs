//! How far a change reaches: units of an organisation, the access portal, programs, and uses between two changes.

use keyline_lineage::{Forest, Production};
use keyline_trail::ProblemKind;
use serde_json::json;

use crate::controls::{ADMIN, DENY_ALL, check};
use crate::records::*;
use crate::world::{facts, forest};

pub const CASES: &[fn() -> Vec<String>] = &[on_and_off, units, portal, renewal];

fn admin(at: &str, api: &str, request: serde_json::Value) -> String {
    event(at, api, ADMIN).request(request).end()
}

fn switched(at: &str, status: &str) -> String {
    admin(
        at,
        "iam:UpdateAccessKey",
        json!({"userName": "ada", "accessKeyId": "AKIAADA", "status": status}),
    )
}

/// A key is used while it is off, switched on again and used as it may be.
fn on_and_off() -> Vec<String> {
    let mut records = vec![
        switched("10:00", "Inactive"),
        call("14:00", ADA).end(),
        switched("20:00", "Active"),
        switched("30:00", "Inactive"),
        switched("40:00", "Active"),
    ];
    // Much use before and after, so that stretches become long; none in the second time that it is off.
    for minute in (0..9).chain(21..29).chain(41..59) {
        records.extend((0..6).map(|tenth| call(&format!("{minute}:{tenth}0"), ADA).end()));
    }
    records.extend((13..20).map(|hour| call(&format!("{hour}:00:00"), ADA).end()));
    records
}

#[test]
fn a_use_between_two_changes_is_seen() {
    check(
        &forest(on_and_off().join("\n")),
        "AKIAADA",
        &[
            "13:59 inactive",
            "15:00 inactive used",
            "25:00 active used",
            "50:00 active used",
        ],
    );
    // Without that one use there is nothing to be alarmed about.
    let honest: Vec<String> = on_and_off()
        .into_iter()
        .filter(|record| !record.contains("09:14:00"))
        .collect();
    check(
        &forest(honest.join("\n")),
        "AKIAADA",
        &["15:00 inactive", "25:00 active", "50:00 active"],
    );
}

/// An account is moved into a unit below one to which a policy is attached that denies everything.
fn units() -> Vec<String> {
    let chief = ADMIN.replace("111122223333", "999988887777");
    let chief = |at: &str, api: &str, request: serde_json::Value| {
        event(at, &format!("organizations:{api}"), &chief).request(request)
    };
    vec![
        call("1:00", ADA).end(),
        chief(
            "2:00",
            "CreateOrganizationalUnit",
            json!({"parentId": "ou-ab12-upper"}),
        )
        .response(json!({"organizationalUnit": {"id": "ou-ab12-lower"}}))
        .end(),
        chief(
            "3:00",
            "CreatePolicy",
            json!({"name": "off", "content": DENY_ALL}),
        )
        .response(json!({"policy": {"policySummary": {"id": "p-off"}}}))
        .end(),
        chief(
            "4:00",
            "AttachPolicy",
            json!({"policyId": "p-off", "targetId": "ou-ab12-upper"}),
        )
        .end(),
        chief(
            "10:00",
            "MoveAccount",
            json!({"accountId": "111122223333",
            "sourceParentId": "r-ab12", "destinationParentId": "ou-ab12-lower"}),
        )
        .end(),
        chief(
            "20:00",
            "MoveAccount",
            json!({"accountId": "111122223333",
            "sourceParentId": "ou-ab12-lower", "destinationParentId": "r-ab12"}),
        )
        .end(),
        // The root holds every unit and the account itself.
        chief(
            "30:00",
            "AttachPolicy",
            json!({"policyId": "p-off", "targetId": "r-ab12"}),
        )
        .end(),
        chief(
            "40:00",
            "DetachPolicy",
            json!({"policyId": "p-off", "targetId": "r-ab12"}),
        )
        .end(),
        chief(
            "50:00",
            "RemoveAccountFromOrganization",
            json!({"accountId": "111122223333"}),
        )
        .end(),
    ]
}

/// A policy on the upper unit, of which no event says what lies in it.
fn attached(to: &str) -> Vec<String> {
    let of_policy = |record: &&String| record.contains("CreatePolicy");
    let chief = ADMIN.replace("111122223333", "999988887777");
    let mut records = vec![call("1:00", ADA).end()];
    records.extend(units().iter().filter(of_policy).cloned());
    let request = json!({"policyId": "p-off", "targetId": to});
    records.push(
        event("5:00", "organizations:AttachPolicy", &chief)
            .request(request)
            .end(),
    );
    records
}

#[test]
fn a_policy_on_a_unit_reaches_what_the_estate_lists_in_it() {
    for (target, units, expected, problems) in [
        ("ou-ab12-upper", "", "20:00 active", 1),
        ("ou-ab12-upper", "Sandbox", "20:00 active", 1),
        ("ou-ab12-upper", "ou-ab12-upper", "20:00 revoked", 0),
        (
            "ou-ab12-upper",
            "r-ab12/ou-ab12-upper/ou-ab12-lower",
            "20:00 revoked",
            0,
        ),
        ("r-ab12", "ou-ab12-lower", "20:00 revoked", 0),
        // A unit above of which the estate says nothing.
        ("ou-ab12-upper", "ou-ab12-lower", "20:00 active", 1),
    ] {
        let estate = Production {
            units: ["111122223333", "999988887777"]
                .map(|account| (account.to_owned(), units.to_owned()))
                .to_vec(),
            ..Production::default()
        };
        let records = attached(target);
        let (forest, found) = Forest::build(facts(records.join("\n").as_bytes()), &estate);
        check(&forest, "AKIAADA", &["4:59 active", expected]);
        // The account that manages the organisation is bound by none of its policies.
        check(&forest, "AKIAADMIN", &["20:00 active"]);
        let of_units = found.count(ProblemKind::Other("policy-on-a-unit"));
        assert_eq!(of_units, problems, "{target} {units}");
    }
}

/// Where an account lay before the data moves it, its first move says.
#[test]
fn a_policy_on_a_unit_reaches_what_is_moved_out_of_it() {
    let chief = ADMIN.replace("111122223333", "999988887777");
    let mut records = attached("ou-ab12-upper");
    let request = json!({"accountId": "111122223333",
        "sourceParentId": "ou-ab12-upper", "destinationParentId": "r-ab12"});
    let moved = event("10:00", "organizations:MoveAccount", &chief).request(request);
    records.push(moved.end());
    check(
        &forest(records.join("\n")),
        "AKIAADA",
        &["4:59 active", "9:00 revoked", "15:00 active"],
    );
}

#[test]
fn a_policy_on_a_unit_reaches_what_is_moved_into_it() {
    check(
        &forest(units().join("\n")),
        "AKIAADA",
        &[
            "9:00 active",
            "12:00 revoked",
            "25:00 active",
            "35:00 revoked",
            "45:00 active",
        ],
    );
}

/// A person of Identity Center is disabled: the portal is closed, what it handed out lives on.
fn portal() -> Vec<String> {
    let person = json!({"type": "IdentityCenterUser", "accountId": "111122223333", "credentialId": "portal-1",
        "onBehalfOf": {"userId": "person-1", "identityStoreArn": "arn:aws:identitystore::111122223333:identitystore/d-1"}});
    let role = role_session(
        "AWSReservedSSO_Admin_0123456789abcdef",
        "noor",
        "ASIANOOR",
        "1:30",
    );
    let role = also(&role, json!({"onBehalfOf": person["onBehalfOf"].clone()}));
    let user = json!({"userId": "person-1", "identityStoreId": "d-1"});
    vec![
        event("1:00", "sso-oauth:CreateToken", &person.to_string())
            .with(json!({"additionalEventData": {"identitycenter:CredentialId": "portal-1"}}))
            .response(json!({"expiresIn": 28800}))
            .end(),
        call("2:00", &role).end(),
        admin("10:00", "sso-directory:DisableUser", user.clone()),
        admin("20:00", "sso-directory:EnableUser", user.clone()),
        admin("30:00", "identitystore:DeleteUser", user),
    ]
}

#[test]
fn a_disabled_person_keeps_its_role_sessions() {
    let forest = forest(portal().join("\n"));
    check(
        &forest,
        "portal-1",
        &[
            "9:00 active",
            "12:00 revoked",
            "25:00 active",
            "35:00 deleted",
        ],
    );
    check(&forest, "ASIANOOR", &["35:00 possibly-active"]);
}

const SIGN_IN: &str = "arn:aws:signin:eu-west-1:111122223333:session/1";

/// A program's session of which the renewal is revoked: its last keys have an hour.
fn renewal() -> Vec<String> {
    let ada = ADA.replace(r#","accessKeyId":"AKIAADA""#, "");
    let revoke = |at: &str, session: &str| {
        event(at, "signin:RevokeOAuth2TokenWithIAM", ADMIN)
            .id(at)
            .with(json!({"additionalEventData": {"signInSessionArn": session}}))
            .end()
    };
    vec![
        event("1:00", "signin:CreateOAuth2Token", &ada)
            .with(json!({"additionalEventData": {"success": "true", "signInSessionArn": SIGN_IN}}))
            .request(json!({"client_id": "arn:aws:signin:::external-client/dcr/1"}))
            .end(),
        revoke("10:00", SIGN_IN),
        revoke(
            "11:00",
            "arn:aws:signin:eu-west-1:111122223333:session/other",
        ),
    ]
}

#[test]
fn a_program_that_cannot_renew_ends_within_the_hour() {
    let forest: Forest = forest(renewal().join("\n"));
    check(
        &forest,
        SIGN_IN,
        &[
            "9:00 possibly-active",
            "12:00 possibly-active",
            "10:12:00 revoked",
        ],
    );
}
