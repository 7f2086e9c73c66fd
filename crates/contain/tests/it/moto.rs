//! The real SDK against an emulator of AWS: encoding of requests, pages, doing twice, undoing.
//!
//! The emulator is `moto_server` of PyPI, taken from `KEYLINE_MOTO`, from the path, or installed into the
//! build's folder for temporary files; without Python and a package index the tests say what they leave out.
//! It listens on the loopback address only and ends with the test. It does not enforce what is put down: that
//! a denial denies is shown by the fake, never claimed here.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use keyline_contain::aws::{At, Aws};
use keyline_contain::journal::Journal;
use keyline_contain::run::{Approval, Ended, Evidence, run};
use keyline_contain::sdk::{Entry, Sdk};
use keyline_contain::undo::{Undoing, undo};
use keyline_contain::{Breadth, Call, Inventory, action};
use serde_json::{Value, json};

use crate::live::Hands;
use crate::running::Scratch;
use crate::world::*;

/// The account that moto says it is.
const ACCOUNT: &str = "123456789012";
const VERSION: &str = "moto[server]==5.2.5";

struct Moto {
    process: Child,
    endpoint: String,
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A running emulator, or `None` with a word about it.
fn moto() -> Option<Moto> {
    let Some(program) = program() else {
        eprintln!("left out: moto_server is not there and cannot be installed");
        return None;
    };
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let process = Command::new(program)
        .args(["-H", "127.0.0.1", "-p", &port.to_string()])
        .env("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let moto = Moto {
        process,
        endpoint: format!("http://127.0.0.1:{port}"),
    };
    for _ in 0..600 {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return Some(moto);
        }
        std::thread::park_timeout(Duration::from_millis(100));
    }
    panic!("moto_server did not come up within a minute");
}

fn program() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("KEYLINE_MOTO") {
        return Some(PathBuf::from(named));
    }
    let works = |program: &Path| {
        let tried = Command::new(program)
            .arg("--help")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        tried.is_ok_and(|status| status.success())
    };
    let on_path = PathBuf::from("moto_server");
    if works(&on_path) {
        return Some(on_path);
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("moto");
    let program = folder.join("bin/moto_server");
    if works(&program) {
        return Some(program);
    }
    let done = |command: &mut Command| {
        let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
        quiet.status().is_ok_and(|status| status.success())
    };
    let installed = done(Command::new("python3").args(["-m", "venv"]).arg(&folder))
        && done(Command::new(folder.join("bin/pip")).args(["install", "--quiet", VERSION]));
    (installed && works(&program)).then_some(program)
}

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

    /// Makes what the tests need, by the query protocol of IAM: the project has no call that creates.
    fn iam(&self, action: &str, params: &[(&str, &str)]) -> String {
        let mut body = format!("Action={action}&Version=2010-05-08");
        for (name, value) in params {
            let coded: String = value
                .bytes()
                .map(|byte| match byte {
                    b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
                        char::from(byte).to_string()
                    }
                    byte => format!("%{byte:02X}"),
                })
                .collect();
            body.push_str(&format!("&{name}={coded}"));
        }
        self.post(
            "iam",
            "Content-Type: application/x-www-form-urlencoded",
            &body,
        )
    }

    /// The same by the JSON protocol of other services; `target` as in `AWSOrganizationsV20161128.X`.
    fn json(&self, service: &str, target: &str, body: &Value) -> Value {
        let head = format!("X-Amz-Target: {target}\r\nContent-Type: application/x-amz-json-1.1");
        let answer = self.post(service, &head, &body.to_string());
        serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
    }

    fn post(&self, service: &str, head: &str, body: &str) -> String {
        let address = self.endpoint.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        let scope = format!("AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/{service}/aws4_request");
        write!(
            stream,
            "POST / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0\r\n\
             {head}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{body}: {answer}");
        answer
    }
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    text.split_once(start).unwrap().1.split_once(end).unwrap().0
}

#[test]
fn a_plan_is_carried_out_by_the_sdk_and_undone() {
    let Some(moto) = moto() else {
        return;
    };
    moto.iam("CreateUser", &[("UserName", "alice")]);
    let made = moto.iam("CreateAccessKey", &[("UserName", "alice")]);
    let key_id = between(&made, "<AccessKeyId>", "<");
    let hidden = moto.iam("CreateAccessKey", &[("UserName", "alice")]);
    let hidden_id = between(&hidden, "<AccessKeyId>", "<");
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}"#;
    moto.iam(
        "CreateRole",
        &[("RoleName", "Admin"), ("AssumeRolePolicyDocument", trust)],
    );

    let mut sdk = moto.sdk();
    let account = sdk.inspect(ACCOUNT, "us-east-1").unwrap();
    assert_eq!(account.users[0].access_keys.as_ref().unwrap().len(), 2);
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
    let keys = sdk.inspect(ACCOUNT, "us-east-1").unwrap().users[0]
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
    for step in plan.steps.iter().filter(|step| step.undo.is_some()) {
        let undone = undo(
            &plan,
            &step.id,
            &mut sdk,
            &mut journal,
            &mut clock,
            |_, _| None,
        );
        let expected = matches!(&undone, Ok(Undoing::Undone));
        assert!(expected, "{} {}: {undone:?}", step.id, step.action);
    }
    let user = sdk.inspect(ACCOUNT, "us-east-1").unwrap().users[0].clone();
    assert_eq!(user.inline_policies, Some(Vec::new()));
}

/// A call of the program, with what must be there before it.
struct Case {
    before: &'static [(&'static str, &'static [(&'static str, &'static str)])],
    call: (&'static str, Value),
}

#[test]
fn every_call_of_iam_that_moto_knows_does_what_its_state_says() {
    let Some(moto) = moto() else {
        return;
    };
    moto.iam("CreateUser", &[("UserName", "u")]);
    moto.iam("CreateGroup", &[("GroupName", "g")]);
    let policy = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Deny\",\"Action\":\"*\",\"Resource\":\"*\"}]}";
    let trust = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"ec2.amazonaws.com\"},\"Action\":\"sts:AssumeRole\"}]}";
    moto.iam(
        "CreateRole",
        &[("RoleName", "r"), ("AssumeRolePolicyDocument", trust)],
    );
    let arn = "arn:aws:iam::123456789012:policy/p";
    moto.iam(
        "CreatePolicy",
        &[("PolicyName", "p"), ("PolicyDocument", policy)],
    );
    let deny_all = "arn:aws:iam::aws:policy/AWSDenyAll";
    let cases = [
        Case {
            before: &[],
            call: (
                "PutUserPolicy",
                json!({"user_name": "u", "policy_name": "n", "policy_document": policy}),
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
                json!({"role_name": "r", "policy_name": "n", "policy_document": policy}),
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
                json!({"role_name": "r", "policy_document": trust.replace("ec2", "lambda")}),
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
    ];
    let mut sdk = moto.sdk();
    let place = At {
        account: ACCOUNT,
        region: "us-east-1",
    };
    for case in &cases {
        for (action, params) in case.before {
            moto.iam(action, params);
        }
        let (action, params) = &case.call;
        assert!(action::is_taken_by_program("iam", action), "{action}");
        let call = Call::new("iam", action, params.as_object().unwrap().clone());
        let wanted = keyline_contain::aws::wanted(&call).unwrap();
        let state = |sdk: &mut Sdk| sdk.state(&place, &call).unwrap_or(Value::Null);
        assert_ne!(state(&mut sdk), wanted, "{action} before");
        sdk.call(&place, &call)
            .unwrap_or_else(|error| panic!("{action}: {}", error.why()));
        assert_eq!(state(&mut sdk), wanted, "{action} after");
    }
}

/// A call that is made, seen, made again without harm, taken back, and gone.
#[track_caller]
fn check_there_and_back(sdk: &mut Sdk, call: &Call, back: &Call) {
    let place = At {
        account: ACCOUNT,
        region: "us-east-1",
    };
    let wanted = keyline_contain::aws::wanted(call).unwrap();
    let state = |sdk: &mut Sdk| sdk.state(&place, call).unwrap_or(Value::Null);
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

    let instance = "arn:aws:sso:::instance/ssoins-0123456789abcdef";
    let made = moto.json(
        "sso",
        "SWBExternalService.CreatePermissionSet",
        &json!({"Name": "Admin", "InstanceArn": instance}),
    );
    let set = made["PermissionSet"]["PermissionSetArn"].as_str().unwrap();
    let of_set = json!({"instance_arn": instance, "permission_set_arn": set});
    let mut with_policy = of_set.clone();
    with_policy["inline_policy"] = json!(deny);
    check_there_and_back(
        &mut sdk,
        &call("sso-admin", "PutInlinePolicyToPermissionSet", with_policy),
        &call("sso-admin", "DeleteInlinePolicyFromPermissionSet", of_set),
    );
}
