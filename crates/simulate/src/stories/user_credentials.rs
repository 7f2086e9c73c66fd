//! What thieves do with a user's key beyond the intrusion of the article.
//!
//! In: a seed. Out: tokens by the dozen from two places, one token that lasts; a token that changes its
//! user's keys, and one that takes the user over; a key for somebody else; roles by the handful; roles that become a console, at once or
//! hours later; a sibling that sleeps; a role opened to strangers. Deliberately not here: MFA (`mfa`).

use super::Told;
use crate::clock::{DAY, HOUR, MINUTE};
use crate::stage::{Ask, CLI, Cred, Hand, OTHER_CLI, Stage, User};
use crate::stories::truth::State;

/// A user of the first account with a key that is used in the morning, and stolen.
fn victim(stage: &mut Stage, name: &str) -> (User, Cred) {
    let account = stage.account(0);
    let user = stage.user(account, name);
    let key = stage.key_of(user);
    stage.name(key, "the key");
    stage.by(&Hand::rightful("192.0.2.30", CLI));
    stage.calls(key, "s3:ListBuckets", "{}");
    stage.calls(key, "ec2:DescribeInstances", "{}");
    stage.until(10, 0);
    stage.stolen(key);
    (user, key)
}

fn thief() -> Hand {
    Hand::thief("203.0.113.70", OTHER_CLI)
}

pub fn many_tokens(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "many-session-tokens");
    let (_, key) = victim(&mut stage, "arvid");
    for round in 0..8 {
        stage.by(&thief());
        if round % 2 == 1 {
            stage.by(&Hand::thief("198.51.100.71", OTHER_CLI));
        }
        let token = stage.get_session_token(key, 12 * HOUR, "");
        stage.calls(token, "s3:ListBuckets", "{}");
        stage.wait(5 * MINUTE);
    }
    stage.curtain(key, &["A4"])
}

pub fn long_token(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "one-long-token");
    let (_, key) = victim(&mut stage, "birger");
    stage.by(&thief());
    let token = stage.get_session_token(key, 36 * HOUR, "");
    stage.name(token, "the token");
    for _ in 0..5 {
        stage.calls(token, "s3:ListBuckets", "{}");
        stage.wait(3 * HOUR);
    }
    stage.curtain(token, &["A4"])
}

pub fn token_changes_keys(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "token-changes-keys");
    let (user, key) = victim(&mut stage, "clara");
    let device = stage.mfa_of(user);
    stage.by(&Hand::rightful("192.0.2.30", CLI));
    let token = stage.get_session_token(key, 12 * HOUR, &device);
    stage.name(token, "the token");
    stage.calls(token, "s3:ListBuckets", "{}");
    stage.wait(2 * HOUR);
    // The token is stolen too. It was taken with MFA, so IAM listens to it.
    stage.by(&thief());
    stage.stolen(token);
    stage.calls(token, "iam:ListAccessKeys", "");
    let new = stage.create_access_key(token, user);
    stage.name(new, "the new key");
    stage.update_access_key(token, key, "Inactive");
    stage.ends(key, State::Inactive);
    stage.wait(20 * MINUTE);
    stage.by(&Hand::thief("198.51.100.72", OTHER_CLI));
    stage.calls(new, "sts:GetCallerIdentity", "");
    stage.curtain(token, &["A6", "A10"])
}

pub fn takeover(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "key-replaced-by-a-thief");
    let account = stage.account(0);
    let user = stage.user(account, "gerda");
    let device = stage.mfa_of(user);
    let key = stage.key_of(user);
    stage.name(key, "the user's key");
    // Two earlier days, so that it is known where the user sits.
    stage.now -= 2 * DAY;
    stage.by(&Hand::rightful("192.0.2.43", CLI));
    for _ in 0..4 {
        stage.calls(key, "s3:ListBuckets", "{}");
        stage.wait(15 * MINUTE);
    }
    stage.wait(2 * DAY - HOUR);
    stage.until(11, 0);
    stage.stolen(key);
    // The code was coaxed out of the user; the token is the thief's from the start.
    stage.by(&Hand::thief("203.0.113.103", OTHER_CLI));
    let token = stage.get_session_token(key, 12 * HOUR, &device);
    stage.name(token, "the token");
    let new = stage.create_access_key(token, user);
    stage.name(new, "the thief's key");
    stage.delete_access_key(token, key);
    stage.ends(key, State::Deleted);
    stage.wait(5 * MINUTE);
    stage.calls(new, "s3:ListBuckets", "{}");
    stage.curtain(token, &["A6"])
}

pub fn key_for_another(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "key-for-another-user");
    let (_, key) = victim(&mut stage, "dorte");
    let account = stage.account(0);
    let other = stage.user(account, "payroll-export");
    stage.by(&thief());
    stage.calls(key, "sts:GetCallerIdentity", "");
    stage.calls(key, "iam:ListUsers", "");
    let new = stage.create_access_key(key, other);
    stage.name(new, "the other user's new key");
    stage.wait(10 * MINUTE);
    stage.calls(new, "s3:ListBuckets", "{}");
    stage.curtain(key, &["A6"])
}

pub fn reserve_user(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "user-in-reserve");
    let (_, key) = victim(&mut stage, "emil");
    stage.by(&thief());
    stage.makes(
        key,
        &[
            ("sts:GetCallerIdentity", ""),
            ("iam:GetUser", ""),
            ("iam:ListUserPolicies", r#"{"userName":"emil"}"#),
            ("iam:ListAttachedUserPolicies", r#"{"userName":"emil"}"#),
        ],
    );
    let user = stage.create_user(key, "svc-inventory");
    stage.calls(
        key,
        "iam:PutUserPolicy",
        r#"{"userName":"svc-inventory","policyName":"all","policyDocument":"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}]}"}"#,
    );
    let reserve = stage.create_access_key(key, user);
    stage.name(reserve, "the key in reserve");
    stage.wait(HOUR);
    stage.calls(key, "s3:ListBuckets", "{}");
    stage.curtain(key, &["A6", "A11"])
}

pub fn many_roles(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "many-roles");
    let (_, key) = victim(&mut stage, "freja");
    stage.by(&thief());
    stage.calls(key, "sts:GetCallerIdentity", "");
    for (account, name) in [
        (0, "reader"),
        (0, "backup-operator"),
        (1, "data-export"),
        (1, "etl"),
        (2, "support"),
        (2, "billing-viewer"),
    ] {
        let account = stage.account(account);
        let role = stage.role(account, name);
        let session = stage.assume_role(key, Ask::for_role(role, "freja"));
        stage.calls(session, "s3:ListBuckets", "{}");
        stage.wait(25);
    }
    stage.curtain(key, &["A8"])
}

pub fn role_to_console(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "role-to-console");
    let (_, key) = victim(&mut stage, "gunnar");
    let account = stage.account(1);
    let role = stage.role(account, "administration");
    stage.by(&Hand::thief("203.0.113.74", "Python-urllib/3.11"));
    let session = stage.assume_role(key, Ask::for_role(role, "gunnar").lasting(HOUR));
    stage.name(session, "the role");
    stage.get_signin_token(session);
    stage.wait(30);
    let console = stage.federated_login(session);
    stage.name(console, "the console");
    stage.wait(45);
    stage.console_calls(console, "iam:ListUsers", "{}");
    stage.console_calls(console, "ec2:DescribeInstances", "{}");
    stage.curtain(session, &["A2"])
}

pub fn late_console(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "federation-token-late-console");
    let (_, key) = victim(&mut stage, "helga");
    stage.by(&Hand::thief("203.0.113.75", "python-requests/2.32.3"));
    let token = stage.get_federation_token(key, "aws_consoler", 12 * HOUR, "{}");
    stage.name(token, "the federation token");
    // The URL would be good for a quarter of an hour; the token makes a new one whenever it likes.
    stage.wait(5 * HOUR);
    stage.get_signin_token(token);
    let console = stage.federated_login(token);
    stage.name(console, "the console");
    stage.wait(30);
    stage.console_calls(console, "s3:ListBuckets", "{}");
    stage.curtain(token, &["A2"])
}

pub fn dormant_sibling(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "dormant-sibling");
    let (_, key) = victim(&mut stage, "ivar");
    stage.by(&thief());
    stage.pace = 0;
    let used = stage.get_session_token(key, 12 * HOUR, "");
    let asleep = stage.get_session_token(key, 12 * HOUR, "");
    stage.pace = 7;
    stage.name(used, "the one in use");
    stage.name(asleep, "the one asleep");
    stage.wait(60);
    for _ in 0..4 {
        stage.calls(used, "s3:ListBuckets", "{}");
        stage.wait(30 * MINUTE);
    }
    stage.wait(4 * HOUR);
    stage.by(&Hand::thief("198.51.100.76", OTHER_CLI));
    stage.calls(asleep, "sts:GetCallerIdentity", "");
    stage.calls(asleep, "s3:ListBuckets", "{}");
    stage.curtain(asleep, &["A13"])
}

pub fn trust_backdoor(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "trust-backdoor");
    let (_, key) = victim(&mut stage, "jette");
    let account = stage.account(0);
    let stranger = stage.foreign_account();
    let role = stage.role(account, "log-archiver");
    stage.by(&thief());
    let id = stage.id_of(stranger);
    stage.calls(
        key,
        "iam:UpdateAssumeRolePolicy",
        &format!(
            "{{\"roleName\":\"log-archiver\",\"policyDocument\":\"{{\\\"Version\\\":\\\"2012-10-17\\\",\
             \\\"Statement\\\":[{{\\\"Effect\\\":\\\"Allow\\\",\\\"Principal\\\":{{\\\"AWS\\\":\\\"arn:aws:iam::{id}:root\\\"}},\
             \\\"Action\\\":\\\"sts:AssumeRole\\\"}}]}}\"}}"
        ),
    );
    stage.wait(2 * HOUR);
    stage.by(&Hand::thief("198.51.100.77", OTHER_CLI));
    let ask = Ask::for_role(role, "archive");
    let session = stage.assume_role_from_outside(stranger, "AIDAEXAMPLESTRANGER77", ask);
    stage.name(session, "the stranger's session");
    stage.calls(session, "s3:ListBuckets", "{}");
    stage.curtain(session, &["A9", "A13"])
}
