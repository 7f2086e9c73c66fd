//! Long-term keys that are made, replaced and put away as they should be.
//!
//! In: a stage. Out: one day of each habit. Deliberately not here: keys that a thief makes
//! (`stories::backup_key`).

use super::{Behaviour, Days, HABIT};
use crate::address;
use crate::clock::{DAY, HOUR, MINUTE};
use crate::stage::{Account, BOTO, BROWSER, Hand, Stage};

/// How often a machine changes its key.
const ROTATION_DAYS: i64 = 6;

pub(super) const HABITS: &[Behaviour] = &[
    Behaviour {
        name: "console-key-rotation",
        what: "a user replaces the own key in the console, signed in with MFA, from the office",
        confuses: &["A6", "A11"],
        every: 5,
        days: Days::Weekdays,
        begins: 10,
        act: console_key_rotation,
        ..HABIT
    },
    Behaviour {
        name: "rotation-script",
        what: "a script whose key makes its successor and deletes itself with it, from one machine",
        confuses: &["A6", "A11"],
        every: ROTATION_DAYS,
        begins: 3,
        act: rotation_script,
        ..HABIT
    },
    Behaviour {
        name: "rotation-portal",
        what: "a self-service portal's role makes keys for the users who ask for them",
        confuses: &["A6", "A11"],
        every: 2,
        days: Days::Weekdays,
        begins: 11,
        act: rotation_portal,
        ..HABIT
    },
    Behaviour {
        name: "new-colleague",
        what: "an administrator makes a user, a password and a key on somebody's first day",
        confuses: &["A6", "A10", "A11"],
        every: 10,
        days: Days::Weekdays,
        begins: 9,
        act: new_colleague,
        ..HABIT
    },
    Behaviour {
        name: "self-check",
        what: "a developer asks who the key belongs to and what it may do, to find out why a call fails",
        confuses: &["A11"],
        every: 2,
        days: Days::Weekdays,
        begins: 14,
        act: self_check,
        ..HABIT
    },
];

fn console_key_rotation(stage: &mut Stage, account: Account) {
    let user = stage.user(account, "tove");
    let device = stage.mfa_of(user);
    let old = stage.key_of(user);
    stage.by(&Hand::rightful("192.0.2.12", BROWSER));
    let console = stage.console_login(user, &device);
    stage.wait(60);
    stage.console_calls(console, "iam:ListAccessKeys", r#"{"userName":"tove"}"#);
    let new = stage.console_creates_access_key(console, user);
    stage.wait(20 * MINUTE);
    stage.by(&Hand::rightful("192.0.2.12", BOTO));
    stage.calls(new, "sts:GetCallerIdentity", "");
    stage.calls(new, "s3:ListBuckets", "{}");
    let request = |status: &str, key: &str| {
        format!("{{\"userName\":\"tove\",\"accessKeyId\":\"{key}\"{status}}}")
    };
    let key = stage.keys_of(old)[0].clone();
    let off = request(",\"status\":\"Inactive\"", &key);
    stage.console_calls(console, "iam:UpdateAccessKey", &off);
    stage.wait(HOUR);
    stage.console_calls(console, "iam:DeleteAccessKey", &request("", &key));
}

fn rotation_script(stage: &mut Stage, account: Account) {
    let user = stage.user(account, "mail-relay");
    // What one episode makes is what the next begins with.
    let turn = stage.now.div_euclid(ROTATION_DAYS * DAY) as u64;
    let old = stage.key_in_turn(user, turn);
    stage.by(&Hand::rightful(
        "192.0.2.20",
        "aws-cli/2.22.7 os/linux exec-env/rotate-keys",
    ));
    stage.calls(old, "sts:GetCallerIdentity", "");
    stage.calls(old, "iam:ListAccessKeys", "");
    let new = stage.create_access_key_in_turn(old, user, turn + 1);
    stage.wait(15);
    stage.calls(new, "sts:GetCallerIdentity", "");
    stage.update_access_key(new, old, "Inactive");
    stage.delete_access_key(new, old);
}

fn rotation_portal(stage: &mut Stage, account: Account) {
    let role = stage.role(account, "key-portal");
    let function = stage.function_takes_role(role, "key-portal").1;
    stage.by(&Hand::rightful(&address::service("us-east-1", 9), BOTO));
    for name in ["ulf", "vilde"] {
        let user = stage.user(account, name);
        let request = format!("{{\"userName\":\"{name}\"}}");
        stage.calls(function, "iam:ListAccessKeys", &request);
        let old = stage.key_of(user);
        stage.create_access_key(function, user);
        stage.wait(40 * MINUTE);
        stage.update_access_key(function, old, "Inactive");
    }
}

fn new_colleague(stage: &mut Stage, account: Account) {
    let administrator = stage.user(account, "ylva");
    let device = stage.mfa_of(administrator);
    stage.by(&Hand::rightful("192.0.2.10", BROWSER));
    let console = stage.console_login(administrator, &device);
    stage.wait(90);
    let name = format!("colleague-{}", stage.now % 1_000);
    let request = format!("{{\"userName\":\"{name}\"}}");
    let user = stage.user(account, &name);
    let arn = stage.user_arn(user);
    let made = format!("{{\"user\":{{\"path\":\"/\",\"userName\":\"{name}\",\"arn\":\"{arn}\"}}}}");
    stage.console_calls_and_gets(console, "iam:CreateUser", &request, &made);
    let made =
        format!("{{\"loginProfile\":{{\"userName\":\"{name}\",\"passwordResetRequired\":true}}}}");
    stage.console_calls_and_gets(console, "iam:CreateLoginProfile", &request, &made);
    stage.console_calls(
        console,
        "iam:AddUserToGroup",
        &format!("{{\"userName\":\"{name}\",\"groupName\":\"engineers\"}}"),
    );
    let key = stage.console_creates_access_key(console, user);
    stage.wait(HOUR);
    stage.by(&Hand::rightful("192.0.2.16", crate::stage::CLI));
    stage.calls(key, "sts:GetCallerIdentity", "");
}

fn self_check(stage: &mut Stage, account: Account) {
    let user = stage.user(account, "xenia");
    let key = stage.key_of(user);
    stage.by(&Hand::rightful("192.0.2.13", crate::stage::CLI));
    stage.denied(key, "dynamodb:DescribeTable", r#"{"tableName":"orders"}"#);
    stage.calls(key, "sts:GetCallerIdentity", "");
    stage.calls(key, "iam:GetUser", "");
    let request = r#"{"userName":"xenia"}"#;
    stage.calls(key, "iam:ListAttachedUserPolicies", request);
}
