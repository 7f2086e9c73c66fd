//! The real SDK against an emulator of AWS: encoding of requests, pages, doing twice, undoing.
//!
//! The emulator does not enforce what is put down: that a denial denies is shown by the fake, never claimed
//! here.

use std::collections::BTreeSet;

use keyline_contain::aws::{At, Aws};
use keyline_contain::journal::Journal;
use keyline_contain::look::Whom;
use keyline_contain::run::{Approval, Ended, Evidence, run};
use keyline_contain::sdk::{Entry, Sdk};
use keyline_contain::undo::{Undoing, undo};
use keyline_contain::verify::LOOKS_S;
use keyline_contain::{Breadth, Call, Inventory, action};
use serde_json::{Value, json};

use crate::emulator::*;
use crate::live::{FORCED, Hands};
use crate::running::Scratch;
use crate::world::*;

impl Moto {
    fn sdk(&self) -> Sdk {
        Sdk::new(Entry {
            assume_role: Some("arn:aws:iam::{account}:role/keyline-responder".to_owned()),
            session_name: "keyline".to_owned(),
            endpoint: Some(self.endpoint.clone()),
            ..Entry::default()
        })
        .unwrap()
    }
}

#[test]
fn a_plan_is_carried_out_by_the_sdk_and_undone() {
    let Some(moto) = moto() else {
        return;
    };
    moto.iam("CreateUser", &[("UserName", "alice")]);
    let made = moto.iam("CreateAccessKey", &[("UserName", "alice")]);
    let key_id = between(&made, "<AccessKeyId>", "<");
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}"#;
    moto.iam(
        "CreateRole",
        &[("RoleName", "Admin"), ("AssumeRolePolicyDocument", trust)],
    );

    let mut sdk = moto.sdk();
    let account = sdk.inspect(ACCOUNT, "us-east-1", &Whom::Everybody).unwrap();
    assert_eq!(account.users[0].access_keys.as_ref().unwrap().len(), 1);
    // Made after everybody looked: no plan can name it.
    let hidden = moto.iam("CreateAccessKey", &[("UserName", "alice")]);
    let hidden_id = between(&hidden, "<AccessKeyId>", "<");
    assert_eq!(
        account.roles[0].assume_role_policy_document,
        serde_json::from_str(trust).ok()
    );
    let inventory = Inventory {
        accounts: vec![account],
        ..Inventory::default()
    };

    let mut stolen = key("cr-key", ACCOUNT, "alice");
    stolen.access_key_ids = vec![key_id.to_owned()];
    let role = from(&stolen, session("cr-role", ACCOUNT, "Admin", "x"));
    let tree = forest(&[stolen, role]);
    let mut ask = Ask::of(&tree, "cr-key");
    ask.inventory = inventory;
    ask.breadth = Breadth::Broad;
    let plan = ask.plan();

    let scratch = Scratch::named("moto");
    let mut journal = Journal::open(&scratch.0, &plan.hash).unwrap();
    let nothing = BTreeSet::new();
    let approval = Approval {
        hash: &plan.hash,
        confirmed: &nothing,
        evidence: Evidence::Required,
        estate: &keyline_contain::Estate::default(),
        looks_s: &LOOKS_S,
    };
    let mut clock = Hands::at(NOW);
    let reports = run(
        &plan,
        &approval,
        &mut sdk,
        &mut journal,
        &mut clock,
        &mut |_, _| {},
    )
    .unwrap();
    let failed: Vec<_> = reports
        .iter()
        .filter(|report| matches!(report.ended, Ended::Failed(_)))
        .collect();
    assert!(failed.is_empty(), "{failed:?}");
    let found: Vec<&str> = reports
        .iter()
        .flat_map(|report| report.found.iter().map(|found| found.key.as_str()))
        .collect();
    assert_eq!(found, [hidden_id]);
    let keys = sdk
        .inspect(ACCOUNT, "us-east-1", &Whom::Everybody)
        .unwrap()
        .users[0]
        .access_keys
        .clone()
        .unwrap();
    let inactive: BTreeSet<&str> = keys
        .iter()
        .filter(|key| key.status == "Inactive")
        .map(|key| key.access_key_id.as_str())
        .collect();
    assert_eq!(inactive, BTreeSet::from([key_id, hidden_id]));

    // Everything is as wanted: a second executor without the journal finds nothing to do but the stamps.
    let deny = plan
        .steps
        .iter()
        .find(|step| step.kind == "deny-all-on-user")
        .unwrap();
    let call = Call::new(&deny.service, &deny.action, deny.params.clone());
    let place = At {
        account: ACCOUNT,
        region: "us-east-1",
    };
    let state = sdk.state(&place, &call).unwrap();
    assert_eq!(state["policy_document"]["Statement"][0]["Effect"], "Deny");

    clock.now = NOW + 40 * HOUR;
    // Keys come back last: while one is active no denial of its user is lifted.
    let is_key = |step: &&keyline_contain::Step| step.action == "UpdateAccessKey";
    let reversible = || plan.steps.iter().filter(|step| step.undo.is_some());
    let (keys, others) = (
        reversible().filter(is_key),
        reversible().filter(|step| !is_key(step)),
    );
    for step in others.chain(keys) {
        let undone = undo(&plan, &step.id, FORCED, &mut sdk, &mut journal, &mut clock);
        let expected = matches!(&undone, Ok(Undoing::Undone));
        assert!(expected, "{} {}: {undone:?}", step.id, step.action);
    }
    let user = sdk
        .inspect(ACCOUNT, "us-east-1", &Whom::Everybody)
        .unwrap()
        .users[0]
        .clone();
    assert_eq!(user.inline_policies, Some(Vec::new()));
}

/// A call of the program, with what must be there before it.
struct Case {
    before: &'static [(&'static str, &'static [(&'static str, &'static str)])],
    call: (&'static str, Value),
}

const DENY_ALL: &str = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Deny\",\"Action\":\"*\",\"Resource\":\"*\"}]}";
const TRUST: &str = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"ec2.amazonaws.com\"},\"Action\":\"sts:AssumeRole\"}]}";

/// Calls of IAM in an order in which each finds what it takes.
fn cases() -> Vec<Case> {
    let arn = "arn:aws:iam::123456789012:policy/p";
    let deny_all = "arn:aws:iam::aws:policy/AWSDenyAll";
    vec![
        Case {
            before: &[],
            call: (
                "PutUserPolicy",
                json!({"user_name": "u", "policy_name": "n", "policy_document": DENY_ALL}),
            ),
        },
        Case {
            before: &[],
            call: (
                "DeleteUserPolicy",
                json!({"user_name": "u", "policy_name": "n"}),
            ),
        },
        Case {
            before: &[],
            call: (
                "PutRolePolicy",
                json!({"role_name": "r", "policy_name": "n", "policy_document": DENY_ALL}),
            ),
        },
        Case {
            before: &[],
            call: (
                "DeleteRolePolicy",
                json!({"role_name": "r", "policy_name": "n"}),
            ),
        },
        Case {
            before: &[],
            call: (
                "UpdateAssumeRolePolicy",
                json!({"role_name": "r", "policy_document": TRUST.replace("ec2", "lambda")}),
            ),
        },
        Case {
            before: &[],
            call: (
                "AttachUserPolicy",
                json!({"user_name": "u", "policy_arn": deny_all}),
            ),
        },
        Case {
            before: &[],
            call: (
                "DetachUserPolicy",
                json!({"user_name": "u", "policy_arn": deny_all}),
            ),
        },
        Case {
            before: &[],
            call: (
                "AttachRolePolicy",
                json!({"role_name": "r", "policy_arn": arn}),
            ),
        },
        Case {
            before: &[],
            call: (
                "DetachRolePolicy",
                json!({"role_name": "r", "policy_arn": arn}),
            ),
        },
        Case {
            before: &[],
            call: (
                "AddUserToGroup",
                json!({"user_name": "u", "group_name": "g"}),
            ),
        },
        Case {
            before: &[],
            call: (
                "RemoveUserFromGroup",
                json!({"user_name": "u", "group_name": "g"}),
            ),
        },
        Case {
            before: &[(
                "CreateLoginProfile",
                &[("UserName", "u"), ("Password", "Some-long-passw0rd!")],
            )],
            call: ("DeleteLoginProfile", json!({"user_name": "u"})),
        },
        Case {
            before: &[(
                "CreatePolicyVersion",
                &[
                    ("PolicyArn", "arn:aws:iam::123456789012:policy/p"),
                    (
                        "PolicyDocument",
                        "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}]}",
                    ),
                    ("SetAsDefault", "true"),
                ],
            )],
            call: (
                "SetDefaultPolicyVersion",
                json!({"policy_arn": arn, "version_id": "v1"}),
            ),
        },
        Case {
            before: &[],
            call: (
                "DeletePolicyVersion",
                json!({"policy_arn": arn, "version_id": "v2"}),
            ),
        },
        Case {
            before: &[],
            call: ("DeletePolicy", json!({"policy_arn": arn})),
        },
        Case {
            before: &[
                ("CreateInstanceProfile", &[("InstanceProfileName", "i")]),
                (
                    "AddRoleToInstanceProfile",
                    &[("InstanceProfileName", "i"), ("RoleName", "r")],
                ),
            ],
            call: (
                "RemoveRoleFromInstanceProfile",
                json!({"instance_profile_name": "i", "role_name": "r"}),
            ),
        },
        Case {
            before: &[],
            call: (
                "DeleteInstanceProfile",
                json!({"instance_profile_name": "i"}),
            ),
        },
        Case {
            before: &[],
            call: ("DeleteRole", json!({"role_name": "r"})),
        },
        Case {
            before: &[],
            call: ("DeleteUser", json!({"user_name": "u"})),
        },
    ]
}

#[test]
fn every_call_of_iam_that_moto_knows_does_what_its_state_says() {
    let Some(moto) = moto() else {
        return;
    };
    moto.iam("CreateUser", &[("UserName", "u")]);
    moto.iam("CreateGroup", &[("GroupName", "g")]);
    moto.iam(
        "CreateRole",
        &[("RoleName", "r"), ("AssumeRolePolicyDocument", TRUST)],
    );
    moto.iam(
        "CreatePolicy",
        &[("PolicyName", "p"), ("PolicyDocument", DENY_ALL)],
    );
    let mut sdk = moto.sdk();
    for case in cases() {
        for (action, params) in case.before {
            moto.iam(action, params);
        }
        let (action, params) = case.call;
        check_call(&mut sdk, "iam", action, params);
    }
}

/// A certificate of nobody, for whoever checks that it is one.
const CERTIFICATE: &str = "\
-----BEGIN CERTIFICATE-----
MIIBbjCCAROgAwIBAgIUIj9YrdmcGfo3yAW3yDoIS5I9M5kwCgYIKoZIzj0EAwIw
DDEKMAgGA1UEAwwBeDAeFw0yNjExMjgwNjEyMDFaFw0zNjExMjUwNjEyMDFaMAwx
CjAIBgNVBAMMAXgwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATWw2bjmFHcJpeX
S3/2TXOYPXKdSkEL7ARelCkv6F4q2A54c+7iuW8ToT9GMq2L6TxeqKGFwNN0/Iwy
BKK7Rr5Wo1MwUTAdBgNVHQ4EFgQUZdtZsKqK1RryGrKSgRg3J27vQo0wHwYDVR0j
BBgwFoAUZdtZsKqK1RryGrKSgRg3J27vQo0wDwYDVR0TAQH/BAUwAwEB/zAKBggq
hkjOPQQDAgNJADBGAiEA3XmJzOmDxV2HUEc4SVSunrGX1NypzpmTaVgfnUEK4AQC
IQCuNBwLSXMFoTgu+YPEOeR90T7CXuiXVXuuvZsHvO+ZPA==
-----END CERTIFICATE-----
";

/// Calls of the program that the emulator does not know, or not as AWS does: they are encoded by the same
/// macro as the others, and nothing more is claimed.
const NOT_THERE: &[(&str, &str)] = &[
    ("iam", "PutUserPermissionsBoundary"),
    ("iam", "DeleteUserPermissionsBoundary"),
    ("iam", "UpdateServiceSpecificCredential"),
    ("rolesanywhere", "DeleteProfile"),
    ("rolesanywhere", "DeleteTrustAnchor"),
    ("rolesanywhere", "DisableProfile"),
    ("rolesanywhere", "DisableTrustAnchor"),
    ("rolesanywhere", "EnableProfile"),
    ("rolesanywhere", "EnableTrustAnchor"),
    // Its answer about a bucket without versions is none that AWS would give.
    ("s3api", "PutBucketVersioning"),
];

/// Calls of the program that the other tests of this file make.
const ELSEWHERE: &[(&str, &str)] = &[
    ("organizations", "AttachPolicy"),
    ("organizations", "DetachPolicy"),
    ("sso-admin", "PutInlinePolicyToPermissionSet"),
    ("sso-admin", "DeleteInlinePolicyFromPermissionSet"),
    ("sso-admin", "ProvisionPermissionSet"),
];

/// A call does what its state says, and a second time nothing worse than saying that there is nothing left.
#[track_caller]
fn check_call(sdk: &mut Sdk, service: &str, action: &str, params: Value) {
    use keyline_contain::aws::CallErrorKind;
    let place = At {
        account: ACCOUNT,
        region: "us-east-1",
    };
    assert!(action::is_taken_by_program(service, action), "{action}");
    let call = Call::new(service, action, params.as_object().unwrap().clone());
    let wanted = keyline_contain::aws::wanted(&call).unwrap();
    let state = |sdk: &mut Sdk| match sdk.state(&place, &call) {
        Ok(state) => state,
        Err(error) if error.kind == CallErrorKind::Missing => Value::Null,
        Err(error) => panic!("{action}: {}", error.why()),
    };
    assert_ne!(state(sdk), wanted, "{action} before");
    let first = sdk.call(&place, &call);
    assert!(first.is_ok(), "{action}: {first:?}");
    assert_eq!(state(sdk), wanted, "{action} after");
    // Where there is nothing left the emulator sometimes breaks down instead of saying so.
    if let Err(error) = sdk.call(&place, &call) {
        let known = error.kind == CallErrorKind::Missing || error.code == "NoAnswer";
        assert!(known, "{action} again: {}", error.why());
    }
    assert_eq!(state(sdk), wanted, "{action} after the second time");
}

#[test]
fn every_other_call_that_moto_knows_does_what_its_state_says() {
    let Some(moto) = moto() else {
        return;
    };
    let mut sdk = moto.sdk();
    let mut seen: BTreeSet<(&str, &str)> = BTreeSet::new();
    let mut check = |service: &'static str, action: &'static str, params: Value| {
        check_call(&mut sdk, service, action, params);
        seen.insert((service, action));
    };
    let policy = DENY_ALL;
    let trust = &TRUST.replace("ec2", "lambda");
    let user = ("UserName", "u");
    moto.iam("CreateUser", &[user]);
    moto.iam(
        "CreateRole",
        &[("RoleName", "r"), ("AssumeRolePolicyDocument", trust)],
    );
    let made = moto.iam("CreateAccessKey", &[user]);
    let key = between(&made, "<AccessKeyId>", "<");
    let of_key = json!({"user_name": "u", "access_key_id": key});
    let mut off = of_key.clone();
    off["status"] = json!("Inactive");
    check("iam", "UpdateAccessKey", off);
    check("iam", "DeleteAccessKey", of_key);
    let made = moto.iam(
        "UploadSSHPublicKey",
        &[user, ("SSHPublicKeyBody", "ssh-rsa AAAA x")],
    );
    let id = between(&made, "<SSHPublicKeyId>", "<");
    check(
        "iam",
        "UpdateSSHPublicKey",
        json!({"user_name": "u", "ssh_public_key_id": id, "status": "Inactive"}),
    );
    let made = moto.iam(
        "UploadSigningCertificate",
        &[user, ("CertificateBody", CERTIFICATE)],
    );
    let id = between(&made, "<CertificateId>", "<");
    check(
        "iam",
        "UpdateSigningCertificate",
        json!({"user_name": "u", "certificate_id": id, "status": "Inactive"}),
    );
    let made = moto.iam("CreateVirtualMFADevice", &[("VirtualMFADeviceName", "d")]);
    let serial = between(&made, "<SerialNumber>", "<").to_owned();
    let codes = [
        ("AuthenticationCode1", "123456"),
        ("AuthenticationCode2", "654321"),
    ];
    moto.iam(
        "EnableMFADevice",
        &[user, ("SerialNumber", &serial), codes[0], codes[1]],
    );
    check(
        "iam",
        "DeactivateMFADevice",
        json!({"user_name": "u", "serial_number": serial}),
    );
    check(
        "iam",
        "DeleteVirtualMFADevice",
        json!({"serial_number": serial}),
    );
    let metadata = "x".repeat(1_024);
    let made = moto.iam(
        "CreateSAMLProvider",
        &[("Name", "s"), ("SAMLMetadataDocument", &metadata)],
    );
    let arn = between(&made, "<SAMLProviderArn>", "<");
    check(
        "iam",
        "DeleteSAMLProvider",
        json!({"saml_provider_arn": arn}),
    );
    let boundary = json!({
        "role_name": "r", "permissions_boundary": "arn:aws:iam::aws:policy/AWSDenyAll",
    });
    check("iam", "PutRolePermissionsBoundary", boundary);
    check(
        "iam",
        "DeleteRolePermissionsBoundary",
        json!({"role_name": "r"}),
    );

    let function = json!({
        "FunctionName": "f", "Runtime": "python3.12", "Handler": "f.f", "Role": format!("arn:aws:iam::{ACCOUNT}:role/r"),
        "Code": {"ZipFile": "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA=="},
    });
    let functions = "/2015-03-31/functions";
    moto.rest("POST", functions, "lambda", &function.to_string());
    let statement =
        json!({"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "*"});
    let policies = format!("{functions}/f/policy");
    moto.rest("POST", &policies, "lambda", &statement.to_string());
    let named = json!({"function_name": "f"});
    check(
        "lambda",
        "PutFunctionConcurrency",
        json!({"function_name": "f", "reserved_concurrent_executions": 0}),
    );
    check("lambda", "DeleteFunctionConcurrency", named.clone());
    check(
        "lambda",
        "RemovePermission",
        json!({"function_name": "f", "statement_id": "s"}),
    );
    check("lambda", "DeleteFunction", named);

    moto.rest("PUT", "/some-bucket", "s3", "");
    moto.rest("PUT", "/some-bucket/note.txt", "s3", "pay");
    let bucket = json!({"bucket": "some-bucket"});
    let of_bucket = |name: &str, value: &str| {
        let mut params = bucket.clone();
        params[name] = json!(value);
        params
    };
    check("s3api", "PutBucketPolicy", of_bucket("policy", policy));
    check("s3api", "DeleteBucketPolicy", bucket.clone());
    let blocked = "BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true";
    check(
        "s3api",
        "PutPublicAccessBlock",
        of_bucket("public_access_block_configuration", blocked),
    );
    check("s3api", "DeleteObject", of_bucket("key", "note.txt"));

    let of_iam = cases().into_iter().map(|case| ("iam", case.call.0));
    seen.extend(of_iam);
    seen.extend(NOT_THERE.iter().chain(ELSEWHERE));
    let all: BTreeSet<(&str, &str)> = action::TAKEN_BY_PROGRAM
        .iter()
        .map(|row| (row.0, row.1))
        .collect();
    assert_eq!(seen, all);
}

#[test]
fn lists_are_read_to_their_last_page() {
    let Some(moto) = moto() else {
        return;
    };
    let trust = "{\"Version\":\"2012-10-17\",\"Statement\":[]}";
    for number in 0..130 {
        let name = format!("user-{number:03}");
        moto.iam("CreateUser", &[("UserName", &name)]);
        let name = format!("role-{number:03}");
        moto.iam(
            "CreateRole",
            &[("RoleName", &name), ("AssumeRolePolicyDocument", trust)],
        );
    }
    let mut sdk = moto.sdk();
    let account = sdk.inspect(ACCOUNT, "us-east-1", &Whom::Everybody).unwrap();
    assert_eq!((account.users.len(), account.roles.len()), (130, 130));
    assert_eq!(account.users[129].user_name, "user-129");
}

#[test]
fn one_principal_is_read_with_the_roles_that_trust_it() {
    let Some(moto) = moto() else {
        return;
    };
    moto.iam("CreateUser", &[("UserName", "alice")]);
    for (name, principal) in [
        ("open", format!("arn:aws:iam::{ACCOUNT}:root")),
        ("hers", format!("arn:aws:iam::{ACCOUNT}:user/alice")),
        ("other", format!("arn:aws:iam::{ACCOUNT}:user/bob")),
    ] {
        let trust = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"},
        ]});
        let trust = trust.to_string();
        moto.iam(
            "CreateRole",
            &[("RoleName", name), ("AssumeRolePolicyDocument", &trust)],
        );
    }
    let arn = format!("arn:aws:iam::{ACCOUNT}:user/alice");
    let (account, region, whom) = Whom::named(&arn).unwrap();
    let found = moto.sdk().inspect(&account, region, &whom).unwrap();
    let roles: Vec<&str> = found
        .roles
        .iter()
        .map(|role| role.role_name.as_str())
        .collect();
    assert_eq!(roles, ["hers", "open"]);
    assert_eq!(found.only.as_deref(), Some(arn.as_str()));
    let nobody = Whom::User("nobody".to_owned());
    assert!(moto.sdk().inspect(&account, region, &nobody).is_err());
}

/// A call that is made, seen, made again without harm, taken back, and gone.
#[track_caller]
fn check_there_and_back(sdk: &mut Sdk, call: &Call, back: &Call) {
    let place = At {
        account: ACCOUNT,
        region: "us-east-1",
    };
    let wanted = keyline_contain::aws::wanted(call).unwrap();
    let state = |sdk: &mut Sdk| {
        let state = sdk.state(&place, call).unwrap_or(Value::Null);
        // A permission set without a policy has its name all the same.
        let is_bare = state.get("inline_policy").is_some_and(Value::is_null);
        if is_bare { Value::Null } else { state }
    };
    assert_eq!(state(sdk), Value::Null, "{} before", call.action);
    for _ in 0..2 {
        sdk.call(&place, call)
            .unwrap_or_else(|error| panic!("{}: {}", call.action, error.why()));
        assert_eq!(state(sdk), wanted, "{} after", call.action);
    }
    sdk.call(&place, back)
        .unwrap_or_else(|error| panic!("{}: {}", back.action, error.why()));
    assert_eq!(state(sdk), Value::Null, "{} undone", call.action);
}

#[test]
fn organisation_policies_and_permission_sets_there_and_back() {
    let Some(moto) = moto() else {
        return;
    };
    let deny = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Deny\",\"Action\":\"*\",\"Resource\":\"*\"}]}";
    let call = |service: &str, action: &str, params: Value| {
        Call::new(service, action, params.as_object().unwrap().clone())
    };
    let mut sdk = moto.sdk();
    let organisations = "AWSOrganizationsV20161128";
    let create = format!("{organisations}.CreateOrganization");
    moto.json("organizations", &create, &json!({"FeatureSet": "ALL"}));
    let named = json!({"name": "Keyline-x", "target_id": ACCOUNT});
    let whole = json!({
        "name": "Keyline-x", "type": "SERVICE_CONTROL_POLICY", "description": "containment",
        "content": deny, "target_id": ACCOUNT,
    });
    check_there_and_back(
        &mut sdk,
        &call("organizations", "AttachPolicy", whole),
        &call("organizations", "DetachPolicy", named),
    );

    let listed = moto.json("sso", "SWBExternalService.ListInstances", &json!({}));
    let instance = listed["Instances"][0]["InstanceArn"].as_str().unwrap();
    let made = moto.json(
        "sso",
        "SWBExternalService.CreatePermissionSet",
        // Left away, the emulator answers with a number, which the SDK does not take.
        &json!({"Name": "Admin", "InstanceArn": instance, "SessionDuration": "PT1H"}),
    );
    let set = made["PermissionSet"]["PermissionSetArn"].as_str().unwrap();
    let of_set = json!({
        "instance_arn": instance, "permission_set_arn": set, "permission_set_name": "Admin",
    });
    let mut with_policy = of_set.clone();
    with_policy["inline_policy"] = json!(deny);
    check_there_and_back(
        &mut sdk,
        &call("sso-admin", "PutInlinePolicyToPermissionSet", with_policy),
        &call(
            "sso-admin",
            "DeleteInlinePolicyFromPermissionSet",
            of_set.clone(),
        ),
    );
    let place = At {
        account: ACCOUNT,
        region: "us-east-1",
    };
    let provision = call("sso-admin", "ProvisionPermissionSet", of_set);
    let provisioned = sdk.call(&place, &provision);
    assert!(provisioned.is_ok(), "{provisioned:?}");
    // The question is asked and answered. By what is seen of the answer nothing is shown: the emulator lists
    // every account, whatever status was asked for.
    assert!(sdk.state(&place, &provision).unwrap()["provisioned"].is_boolean());
    // The policy of the organisation went with its last target.
    let listed = moto.json(
        "organizations",
        &format!("{organisations}.ListPolicies"),
        &json!({"Filter": "SERVICE_CONTROL_POLICY"}),
    );
    assert!(!listed.to_string().contains("Keyline-x"), "{listed}");
}
