//! One credential in two hands, at once or in turns.
//!
//! In: a seed. Out: a long-term key and a session token that owner and thief use in the same minutes, a
//! chained session that is handed over, tokens fetched in a loop, an instance's credentials used while the
//! instance is quiet. Deliberately not here: theft that the owner does not work beside (`user_credentials`).

use super::Told;
use crate::address;
use crate::clock::{DAY, HOUR, MINUTE};
use crate::stage::{Ask, BOTO, CLI, Hand, OTHER_CLI, Stage};

pub fn one_key(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "one-key-two-networks");
    let account = stage.account(0);
    let user = stage.user(account, "kirsten");
    let key = stage.key_of(user);
    stage.name(key, "the key");
    let owner = Hand::rightful("192.0.2.33", CLI);
    // Two earlier days, so that it is known where the key comes from.
    stage.now -= 2 * DAY;
    stage.by(&owner);
    for _ in 0..5 {
        stage.calls(key, "s3:ListBuckets", "{}");
        stage.wait(20 * MINUTE);
    }
    stage.until(10, 0);
    stage.stolen(key);
    for _ in 0..4 {
        stage.by(&owner);
        stage.calls(key, "s3:ListBuckets", "{}");
        stage.wait(MINUTE);
        stage.by(&Hand::thief("203.0.113.111", OTHER_CLI));
        stage.calls(key, "secretsmanager:ListSecrets", "{}");
        stage.wait(2 * MINUTE);
    }
    stage.curtain(key, &["A13"])
}

pub fn one_session(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "one-session-two-networks");
    let account = stage.account(0);
    let user = stage.user(account, "laila");
    let key = stage.key_of(user);
    stage.name(key, "laila's key");
    let owner = Hand::rightful("192.0.2.34", CLI);
    stage.by(&owner);
    let token = stage.get_session_token(key, 12 * HOUR, "");
    stage.name(token, "the token");
    stage.wait(HOUR);
    stage.stolen(token);
    for _ in 0..5 {
        stage.by(&owner);
        stage.calls(token, "ec2:DescribeInstances", "{}");
        stage.wait(10);
        stage.by(&Hand::thief("203.0.113.92", BOTO));
        stage.calls(token, "s3:ListBuckets", "{}");
        stage.wait(20);
    }
    stage.curtain(token, &["A13"])
}

pub fn handed_over(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "chained-session-handed-over");
    let (home, other) = (stage.account(0), stage.account(1));
    let user = stage.user(home, "malin");
    let (first, second) = (
        stage.role(home, "jump"),
        stage.role(other, "archive-reader"),
    );
    let key = stage.key_of(user);
    stage.name(key, "malin's key");
    stage.by(&Hand::thief("203.0.113.93", OTHER_CLI));
    stage.stolen(key);
    let jump = stage.assume_role(key, Ask::for_role(first, "malin"));
    stage.name(jump, "the first role");
    let session = stage.assume_role(jump, Ask::for_role(second, "malin"));
    stage.name(session, "the second role");
    stage.wait(90);
    stage.by(&Hand::thief("198.51.100.94", BOTO));
    for _ in 0..3 {
        stage.calls(session, "s3:ListBuckets", "{}");
    }
    stage.curtain(session, &["A9"])
}

pub fn loop_of_tokens(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "tokens-in-a-loop");
    let account = stage.account(0);
    let user = stage.user(account, "nils");
    let device = stage.mfa_of(user);
    let key = stage.key_of(user);
    stage.name(key, "the key");
    stage.by(&Hand::thief("203.0.113.95", OTHER_CLI));
    stage.stolen(key);
    stage.pace = 1;
    let why = "MultiFactorAuthentication failed with invalid MFA one time pass code.";
    for _ in 0..6 {
        stage.get_session_token_refused(key, &device, why);
    }
    // Without the device it works. A second each: a program that tries again would not try thirty times.
    for _ in 0..30 {
        stage.get_session_token(key, HOUR, "");
    }
    stage.curtain(key, &["A4"])
}

pub fn quiet_instance(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "instance-used-while-quiet");
    let account = stage.account(0);
    let role = stage.role(account, "nightly-instance-role");
    let home = Hand::rightful(&address::egress("us-east-1", 36), BOTO);
    stage.now -= 3 * DAY;
    // It works at night, on three days, and is quiet in between.
    for night in [
        "the first night's",
        "the second night's",
        "the third night's",
    ] {
        stage.by(&home);
        let cred = stage.instance_takes_role(role, "i-0c0de5ca1ab1e0003");
        stage.name(cred, night);
        for _ in 0..4 {
            stage.calls(
                cred,
                "s3:PutObject",
                r#"{"bucketName":"examplecorp-nightly","key":"out.csv"}"#,
            );
            stage.wait(5 * MINUTE);
        }
        stage.wait(DAY - 21 * MINUTE);
    }
    // What EC2 hands out today nobody fetches but the thief, through a hole in the instance's program.
    let cred = stage.instance_takes_role(role, "i-0c0de5ca1ab1e0003");
    stage.name(cred, "the quiet instance's session");
    stage.stolen(cred);
    stage.wait(40 * MINUTE);
    stage.by(&Hand::thief("203.0.113.96", BOTO));
    stage.calls(cred, "sts:GetCallerIdentity", "");
    stage.makes(cred, &[("s3:ListBuckets", "{}"), ("s3:ListBuckets", "{}")]);
    stage.curtain(cred, &["A1"])
}
