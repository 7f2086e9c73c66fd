//! What kills what: changes in, states at instants out.

use keyline_lineage::{Facts, Forest, Production};
use keyline_trail::time::parse_time;
use serde_json::json;

use crate::records::*;
use crate::world::{batches, forest, one};

pub const CASES: &[fn() -> Vec<String>] = &[
    user_and_role,
    groups_and_managed_policies,
    deleted,
    narrow,
    devices,
    what_a_user_signs_with,
    other_sorts_of_policies,
];

pub const ADMIN: &str = r#"{"type":"IAMUser","principalId":"AIDAADMIN","arn":"arn:aws:iam::111122223333:user/admin","accountId":"111122223333","userName":"admin","accessKeyId":"AKIAADMIN"}"#;
pub const DENY_ALL: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#;

fn deny_before(at: &str) -> String {
    json!({"Statement": [{"Effect": "Deny", "Action": ["*"], "Resource": ["*"],
        "Condition": {"DateLessThan": {"aws:TokenIssueTime": time(at)}}}]})
    .to_string()
}

/// States of a credential at instants, as `M:SS state`.
pub fn check(forest: &Forest, key: &str, expected: &[&str]) {
    let (node, credential) = one(forest, key);
    let found: Vec<String> = expected
        .iter()
        .map(|line| {
            let at = line.split(' ').next().unwrap();
            let micros = parse_time(time(at).as_bytes()).unwrap();
            let liveness = forest.liveness(node, micros);
            let used = if liveness.used_after_revocation {
                " used"
            } else {
                ""
            };
            format!("{at} {}{used}", liveness.state.name())
        })
        .collect();
    assert_eq!(found, expected, "{key}: {:#?}", credential.changes);
}

/// A key with a session token, a role session and a console; then the key is switched off, the user denied,
/// the role revoked, and the deny lifted.
fn user_and_role() -> Vec<String> {
    let ada = r#"{"type":"IAMUser","principalId":"AIDAADA","arn":"arn:aws:iam::111122223333:user/ada","accountId":"111122223333","userName":"ada"}"#;
    let token = |at: &str, key: &str| {
        event(at, "sts:GetSessionToken", ADA)
            .response(json!({"credentials": {"accessKeyId": key, "expiration": "Oct 14, 2026, 9:30:00 PM"}}))
            .id(key)
            .end()
    };
    let admin = |at: &str, api: &str, request: serde_json::Value| {
        event(at, api, ADMIN).request(request).end()
    };
    vec![
        token("1:00", "ASIATOKEN"),
        assume_role(
            "2:00",
            &user_session("ada", "ASIATOKEN", "1:00"),
            "prod",
            "x",
            "ASIAROLE",
        )
        .end(),
        event("3:00", "signin:ConsoleLogin", ada)
            .response(json!({"ConsoleLogin": "Success"}))
            .end(),
        call("4:00", &user_session("ada", "ASIAPAGE", "3:00"))
            .with(json!({"userAgent": "Mozilla/5.0"}))
            .end(),
        admin(
            "10:00",
            "iam:UpdateAccessKey",
            json!({"userName": "ada", "accessKeyId": "AKIAADA", "status": "Inactive"}),
        ),
        admin(
            "15:00",
            "iam:PutUserPolicy",
            json!({"userName": "ada", "policyName": "stop", "policyDocument": DENY_ALL}),
        ),
        // Minted although everything is denied, and used in vain but for what no policy stops.
        token("16:00", "ASIAZOMBIE"),
        event(
            "17:00",
            "s3:ListBuckets",
            &user_session("ada", "ASIAZOMBIE", "16:00"),
        )
        .with(json!({"errorCode": "AccessDenied"}))
        .end(),
        event(
            "18:00",
            "sts:GetCallerIdentity",
            &user_session("ada", "ASIATOKEN", "1:00"),
        )
        .end(),
        // The role works on.
        call("19:00", &role_session("prod", "x", "ASIAROLE", "2:00")).end(),
        admin(
            "20:00",
            "iam:PutRolePolicy",
            json!({"roleName": "prod", "policyName": "AWSRevokeOlderSessions",
            "policyDocument": deny_before("20:00")}),
        ),
        // It should not have worked, ten minutes later.
        call("30:00", &role_session("prod", "x", "ASIAROLE", "2:00")).end(),
        assume_role("31:00", ADMIN, "prod", "y", "ASIANEW").end(),
        admin(
            "40:00",
            "iam:DeleteUserPolicy",
            json!({"userName": "ada", "policyName": "stop"}),
        ),
        admin(
            "41:00",
            "iam:UpdateAssumeRolePolicy",
            json!({"roleName": "prod", "policyDocument": DENY_ALL}),
        ),
    ]
}

#[test]
fn a_revocation_over_time() {
    let forest = forest(user_and_role().join("\n"));
    // What the key minted lives on when the key is off.
    check(
        &forest,
        "AKIAADA",
        &[
            "9:59 active",
            "10:30 revocation-pending",
            "11:30 inactive",
            "45:00 inactive",
        ],
    );
    check(
        &forest,
        "ASIATOKEN",
        &[
            "0:30 inactive",
            "12:00 active",
            "15:30 revocation-pending",
            "19:00 revoked",
            "45:00 active",
        ],
    );
    check(
        &forest,
        "ASIAPAGE",
        &[
            "12:00 possibly-active",
            "19:00 revoked",
            "45:00 possibly-active",
        ],
    );
    // Inert while the deny is there, and back when it is lifted.
    check(&forest, "ASIAZOMBIE", &["20:00 revoked", "45:00 active"]);
    // A role's session has the role's power and not the user's.
    check(
        &forest,
        "ASIAROLE",
        &[
            "19:30 active",
            "22:00 revoked",
            "35:00 revoked used",
            "10:00:01 expired used",
        ],
    );
    check(&forest, "ASIANEW", &["35:00 active", "45:00 active"]);
    check(&forest, "AKIAADMIN", &["45:00 active"]);
    let changes = one(&forest, "ASIAROLE").1.changes;
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].by, "iam:PutRolePolicy AWSRevokeOlderSessions");
    let by = changes[0].by_credential.clone().unwrap();
    assert_eq!(forest.by_id(&by), Some(one(&forest, "AKIAADMIN").0));
}

fn groups_and_managed_policies() -> Vec<String> {
    let admin = |at: &str, api: &str, request: serde_json::Value| {
        event(at, api, ADMIN).request(request).end()
    };
    let policy = "arn:aws:iam::111122223333:policy/quarantine";
    vec![
        call("1:00", ADA).end(),
        admin(
            "2:00",
            "iam:AddUserToGroup",
            json!({"userName": "ada", "groupName": "suspects"}),
        ),
        admin(
            "3:00",
            "iam:AttachGroupPolicy",
            json!({"groupName": "suspects", "policyArn": "arn:aws:iam::aws:policy/AWSDenyAll"}),
        ),
        admin(
            "10:00",
            "iam:RemoveUserFromGroup",
            json!({"userName": "ada", "groupName": "suspects"}),
        ),
        event("12:00", "iam:CreatePolicy", ADMIN)
            .request(json!({"policyName": "quarantine", "policyDocument": r#"{"Statement":[]}"#}))
            .response(json!({"policy": {"arn": policy}}))
            .end(),
        admin(
            "13:00",
            "iam:AttachUserPolicy",
            json!({"userName": "ada", "policyArn": policy}),
        ),
        event("20:00", "iam:CreatePolicyVersion", ADMIN)
            .request(json!({"policyArn": policy, "policyDocument": DENY_ALL, "setAsDefault": true}))
            .response(json!({"policyVersion": {"versionId": "v2"}}))
            .end(),
        admin(
            "30:00",
            "iam:SetDefaultPolicyVersion",
            json!({"policyArn": policy, "versionId": "v1"}),
        ),
        admin(
            "40:00",
            "iam:PutUserPermissionsBoundary",
            json!({"userName": "ada", "permissionsBoundary": "arn:aws:iam::aws:policy/AWSDenyAll"}),
        ),
        admin(
            "50:00",
            "iam:DeleteUserPermissionsBoundary",
            json!({"userName": "ada"}),
        ),
        // What AWS attaches to a leaked key denies some actions and is no containment.
        admin(
            "51:00",
            "iam:AttachUserPolicy",
            json!({"userName": "ada", "policyArn": "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"}),
        ),
        // An organisation's policy on the account, made in the account that manages it.
        event("55:00", "organizations:CreatePolicy", ADMIN)
            .request(json!({"content": DENY_ALL, "type": "SERVICE_CONTROL_POLICY"}))
            .response(json!({"policy": {"policySummary": {"id": "p-1"}}}))
            .with(json!({"recipientAccountId": "999988887777"}))
            .end(),
        event("56:00", "organizations:AttachPolicy", ADMIN)
            .request(json!({"policyId": "p-1", "targetId": "111122223333"}))
            .with(json!({"recipientAccountId": "999988887777"}))
            .end(),
    ]
}

#[test]
fn denies_by_group_managed_policy_boundary_and_organisation() {
    let forest = forest(groups_and_managed_policies().join("\n"));
    check(
        &forest,
        "AKIAADA",
        &[
            "2:30 active",
            "5:00 revoked",
            "11:00 active",
            "15:00 active",
            "22:00 revoked",
            "35:00 active",
            "45:00 revoked",
            "53:00 active",
            "58:00 revoked",
        ],
    );
}

/// A session of root that `AssumeRoot` gave out is beyond every policy in its account, and not beyond the organisation's.
#[test]
fn the_organisation_stops_an_assumed_root() {
    let attached = |target: &str| {
        [
            event("55:00", "organizations:CreatePolicy", ADMIN)
                .request(json!({"content": DENY_ALL, "type": "SERVICE_CONTROL_POLICY"}))
                .response(json!({"policy": {"policySummary": {"id": "p-1"}}}))
                .end(),
            event("56:00", "organizations:AttachPolicy", ADMIN)
                .request(json!({"policyId": "p-1", "targetId": target}))
                .end(),
        ]
    };
    for (target, then) in [
        ("444455556666", "58:00 revoked"),
        ("111122223333", "58:00 active"),
    ] {
        let mut records = crate::minting::root();
        records.extend(attached(target));
        check(
            &forest(records.join("\n")),
            "ASIAROOT",
            &["48:00 active", then],
        );
    }
}

fn deleted() -> Vec<String> {
    let admin = |at: &str, api: &str, request: serde_json::Value| {
        event(at, api, ADMIN).request(request).end()
    };
    let key = |at: &str, key: &str| {
        event(at, "iam:CreateAccessKey", ADMIN)
            .request(json!({"userName": "ada"}))
            .response(json!({"accessKey": {"accessKeyId": key, "userName": "ada"}}))
            .id(key)
            .end()
    };
    vec![
        key("1:00", "AKIAFIRST"),
        assume_role("2:00", ADMIN, "prod", "x", "ASIAROLE").end(),
        admin("3:00", "iam:CreateLoginProfile", json!({"userName": "ada"})),
        admin("5:00", "iam:DeleteLoginProfile", json!({"userName": "ada"})),
        admin("10:00", "iam:DeleteUser", json!({"userName": "ada"})),
        admin("11:00", "iam:CreateUser", json!({"userName": "ada"})),
        key("12:00", "AKIASECOND"),
        admin("20:00", "iam:DeleteRole", json!({"roleName": "prod"})),
        admin(
            "21:00",
            "iam:DeleteAccessKey",
            json!({"accessKeyId": "AKIASECOND", "userName": "ada"}),
        ),
        // A key that nobody used and nobody is seen to create.
        admin(
            "22:00",
            "iam:UpdateAccessKey",
            json!({"accessKeyId": "AKIAQUIET", "userName": "quiet", "status": "Inactive"}),
        ),
    ]
}

#[test]
fn deletions() {
    let forest = forest(deleted().join("\n"));
    check(
        &forest,
        "AKIAFIRST",
        &["9:00 active", "10:30 revocation-pending", "15:00 deleted"],
    );
    check(&forest, "AKIASECOND", &["15:00 active", "25:00 deleted"]);
    check(&forest, "ASIAROLE", &["15:00 active", "25:00 deleted"]);
    check(&forest, "AKIAQUIET", &["25:00 inactive"]);
    let password = forest
        .nodes()
        .find(|node| forest.credential(*node).kind.name() == "password")
        .unwrap();
    let changes = forest.credential(password).changes;
    let by: Vec<&str> = changes.iter().map(|change| &*change.by).collect();
    assert_eq!(by, ["iam:DeleteLoginProfile", "iam:DeleteUser"]);
}

/// Denies that are for some sessions only.
fn narrow() -> Vec<String> {
    let admin = |at: &str, name: &str, document: serde_json::Value| {
        event(at, "iam:PutRolePolicy", ADMIN)
            .request(json!({"roleName": "web", "policyName": name, "policyDocument": document.to_string()}))
            .end()
    };
    let deny = |condition: serde_json::Value| json!({"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition}});
    vec![
        assume_role("1:00", ADA, "web", "one", "ASIAONE").end(),
        assume_role("1:10", ADA, "web", "two", "ASIATWO").end(),
        admin(
            "5:00",
            "one",
            deny(json!({"StringLike": {"aws:userid": "AROAWEB:on*"}})),
        ),
        admin(
            "6:00",
            "network",
            deny(json!({"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}})),
        ),
    ]
}

#[test]
fn a_deny_for_one_session() {
    let forest = forest(narrow().join("\n"));
    check(&forest, "ASIAONE", &["10:00 revoked"]);
    check(&forest, "ASIATWO", &["10:00 active"]);
}

/// A policy as text that holds JSON and as JSON; a policy of the organisation on the account that it is managed from.
#[test]
fn a_policy_is_read_in_either_form_and_binds_no_management_account() {
    let admin = |at, action, request| event(at, action, ADMIN).request(request).end();
    let used = call("1:00", ADA).end();
    for document in [json!(DENY_ALL), serde_json::from_str(DENY_ALL).unwrap()] {
        let request = json!({"userName": "ada", "policyName": "stop", "policyDocument": document});
        let denied = admin("15:00", "iam:PutUserPolicy", request);
        check(
            &forest([used.clone(), denied].join("\n")),
            "AKIAADA",
            &["9:59 active", "20:00 revoked"],
        );
    }
    let own: serde_json::Value = serde_json::from_str(&used).unwrap();
    let own = own["recipientAccountId"].as_str().unwrap();
    let policy = [
        event("5:00", "organizations:CreatePolicy", ADMIN)
            .request(json!({"name": "off", "content": DENY_ALL}))
            .response(json!({"policy": {"policySummary": {"id": "p-off"}}}))
            .end(),
        admin(
            "6:00",
            "organizations:AttachPolicy",
            json!({"policyId": "p-off", "targetId": own}),
        ),
    ];
    check(
        &forest([used, policy.join("\n")].join("\n")),
        "AKIAADA",
        &["20:00 active"],
    );
}

fn devices() -> Vec<String> {
    let serial = "arn:aws:iam::111122223333:mfa/ada";
    vec![
        event("1:00", "iam:DeactivateMFADevice", ADMIN)
            .request(json!({"userName": "ada", "serialNumber": serial}))
            .end(),
        event("2:00", "iam:DeleteVirtualMFADevice", ADMIN)
            .request(json!({"serialNumber": serial}))
            .end(),
    ]
}

#[test]
fn a_device_taken_away() {
    let forest = forest(devices().join("\n"));
    check(
        &forest,
        "arn:aws:iam::111122223333:mfa/ada",
        &["1:30 revocation-pending", "5:00 deleted"],
    );
}

#[test]
fn production_is_what_the_user_says() {
    let records = [
        assume_role_in("aws", "444455556666", "1:00", ADA, "deploy", "x", "ASIADEPLOY").end(),
        assume_role("1:00", ADA, "dev", "x", "ASIADEV").end(),
        call("2:00", &role_session("dev", "x", "ASIADEV", "1:00"))
            .with(json!({"resources": [{"type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::prod-orders"}]}))
            .end(),
        assume_role("1:00", ADA, "other", "x", "ASIAOTHER").end(),
    ];
    let production = Production {
        accounts: vec!["444455556666".into()],
        assets: vec!["arn:aws:s3:::prod-*".into()],
        ..Production::default()
    };
    let mut facts = Facts::watching(&production);
    let mut options = crate::world::options();
    options.projection = facts.wanted();
    for batch in batches(records.join("\n").as_bytes(), &mut Default::default()) {
        facts.observe(&batch);
    }
    // The columns of minting events alone do not show what is touched.
    let mut rows = Vec::new();
    keyline_trail::read(records.join("\n").as_bytes(), &options, &mut |batch| {
        rows.push(batch.rows);
        std::ops::ControlFlow::Continue(())
    });
    let mut wide = Facts::watching(&production);
    rows.iter().for_each(|batch| wide.observe(batch));
    for (facts, dev) in [(facts, false), (wide, true)] {
        let forest = Forest::build(facts, &production).0;
        let touches = |key: &str| one(&forest, key).1.touches_production;
        assert_eq!(
            (
                touches("ASIADEPLOY"),
                touches("ASIADEV"),
                touches("ASIAOTHER")
            ),
            (true, dev, false)
        );
    }
}

/// A user's credentials for single services have the user's permissions.
fn what_a_user_signs_with() -> Vec<String> {
    let admin = |at: &str, api: &str, request: serde_json::Value| {
        event(at, api, ADMIN)
            .request(request)
            .id(&format!("sam {at}"))
    };
    vec![
        admin("1:00", "iam:CreateServiceSpecificCredential", json!({"userName": "sam"}))
            .response(json!({"serviceSpecificCredential":
                {"serviceSpecificCredentialId": "ACCASAM", "userName": "sam"}}))
            .end(),
        admin("2:00", "iam:UploadSSHPublicKey", json!({"userName": "sam"}))
            .response(json!({"sSHPublicKey": {"sSHPublicKeyId": "APKASAM", "userName": "sam"}}))
            .end(),
        // They have no issue time, so that this stops neither.
        admin("10:00", "iam:PutUserPolicy",
            json!({"userName": "sam", "policyName": "older", "policyDocument": deny_before("10:00")}))
            .end(),
        admin("20:00", "iam:PutUserPolicy",
            json!({"userName": "sam", "policyName": "stop", "policyDocument": DENY_ALL}))
            .end(),
    ]
}

#[test]
fn a_deny_stops_what_a_user_signs_with() {
    let forest = forest(what_a_user_signs_with().join("\n"));
    for key in ["ACCASAM", "APKASAM"] {
        check(&forest, key, &["15:00 active", "25:00 revoked"]);
    }
}

/// A resource control policy denies on resources, whatever it is called and however it is changed.
fn other_sorts_of_policies() -> Vec<String> {
    let organisation = |at: &str, api: &str, request: serde_json::Value| {
        event(at, api, ADMIN)
            .request(request)
            .id(&format!("sort {at}"))
    };
    let summary = |sort: &str| json!({"policy": {"policySummary": {"id": "p-rcp", "type": sort}}});
    vec![
        call(
            "50:00",
            &session_in("aws", "666677778888", "app", "x", "ASIAINORG", "49:00"),
        )
        .id("in an organisation")
        .end(),
        organisation(
            "51:00",
            "organizations:CreatePolicy",
            json!({"content": "{}", "name": "r", "type": "RESOURCE_CONTROL_POLICY"}),
        )
        .response(summary("RESOURCE_CONTROL_POLICY"))
        .end(),
        organisation(
            "52:00",
            "organizations:AttachPolicy",
            json!({"policyId": "p-rcp", "targetId": "666677778888"}),
        )
        .end(),
        organisation(
            "53:00",
            "organizations:UpdatePolicy",
            json!({"policyId": "p-rcp", "content": DENY_ALL}),
        )
        .end(),
    ]
}

#[test]
fn a_policy_on_resources_stops_no_credential() {
    let forest = forest(other_sorts_of_policies().join("\n"));
    check(
        &forest,
        "ASIAINORG",
        &["52:00 possibly-active", "58:00 possibly-active"],
    );
}
