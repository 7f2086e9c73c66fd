//! Abuse of MFA devices.
//!
//! In: a seed. Out: one device that serves two users, a device enrolled by the thief, one taken off
//! before the sign-in, codes guessed until one fits, a token taken with MFA and used elsewhere.
//! Deliberately not here: what the same looks like when it is rightful (`behaviours::people`).

use super::Told;
use crate::clock::{HOUR, MINUTE};
use crate::stage::{BROWSER, CLI, Hand, OTHER_CLI, Stage};

fn thief() -> Hand {
    Hand::thief("203.0.113.86", OTHER_CLI)
}

pub fn one_device_for_two(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "mfa-one-device-for-two");
    let account = stage.account(0);
    let (kaja, lars) = (stage.user(account, "kaja"), stage.user(account, "lars"));
    let device = stage.mfa_of(kaja);
    let (of_kaja, of_lars) = (stage.key_of(kaja), stage.key_of(lars));
    stage.name(of_kaja, "kaja's key");
    stage.name(of_lars, "lars's key");
    stage.by(&Hand::rightful("192.0.2.31", CLI));
    let first = stage.get_session_token(of_kaja, HOUR, &device);
    stage.calls(first, "s3:ListBuckets", "{}");
    stage.wait(12 * MINUTE);
    stage.by(&thief());
    stage.stolen(of_lars);
    let second = stage.get_session_token(of_lars, HOUR, &device);
    stage.calls(second, "s3:ListBuckets", "{}");
    stage.curtain(second, &["A10"])
}

pub fn enrolled(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "mfa-enrolled-by-another");
    let account = stage.account(0);
    let (admin, mona) = (stage.user(account, "nora"), stage.user(account, "mona"));
    let stolen = stage.key_of(admin);
    stage.name(stolen, "nora's key");
    let key = stage.key_of(mona);
    stage.name(key, "mona's key");
    stage.by(&thief());
    stage.stolen(stolen);
    stage.stolen(key);
    stage.calls(stolen, "sts:GetCallerIdentity", "");
    let device = stage.enrol_mfa(stolen, mona, "mona-2");
    stage.wait(4 * MINUTE);
    let token = stage.get_session_token(key, 12 * HOUR, &device);
    stage.name(token, "the token");
    stage.calls(token, "iam:ListUsers", "");
    stage.curtain(token, &["A10"])
}

pub fn removed(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "mfa-removed");
    let account = stage.account(0);
    let (admin, olav) = (stage.user(account, "petra"), stage.user(account, "olav"));
    let device = stage.mfa_of(olav);
    let key = stage.key_of(admin);
    stage.name(key, "petra's key");
    stage.by(&Hand::rightful("192.0.2.32", BROWSER));
    let before = stage.console_login(olav, &device);
    stage.name(before, "olav in the morning");
    stage.wait(30);
    stage.console_calls(before, "s3:ListBuckets", "{}");
    stage.by(&thief());
    stage.until(11, 0);
    stage.stolen(key);
    stage.deactivate_mfa(key, olav, &device);
    let password = stage.set_password(key, olav);
    stage.name(password, "the new password");
    stage.wait(6 * MINUTE);
    let after = stage.console_login(olav, "");
    stage.name(after, "not olav");
    stage.wait(30);
    stage.console_calls(after, "ec2:DescribeInstances", "{}");
    stage.curtain(key, &["A10"])
}

pub fn guessed(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "mfa-guessed");
    let account = stage.account(0);
    let user = stage.user(account, "ragna");
    let device = stage.mfa_of(user);
    let key = stage.key_of(user);
    stage.name(key, "ragna's key");
    stage.by(&thief());
    stage.stolen(key);
    let why = "MultiFactorAuthentication failed with invalid MFA one time pass code.";
    for _ in 0..9 {
        stage.get_session_token_refused(key, &device, why);
        stage.wait(20);
    }
    let token = stage.get_session_token(key, 12 * HOUR, &device);
    stage.name(token, "the token");
    stage.calls(token, "iam:ListUsers", "");
    stage.curtain(token, &["A10"])
}

pub fn laundered(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "mfa-session-stolen");
    let account = stage.account(0);
    let user = stage.user(account, "sverre");
    let device = stage.mfa_of(user);
    let key = stage.key_of(user);
    stage.name(key, "sverre's key");
    stage.by(&Hand::rightful("192.0.2.35", CLI));
    let token = stage.get_session_token(key, 12 * HOUR, &device);
    stage.name(token, "the token");
    stage.calls(token, "s3:ListBuckets", "{}");
    stage.wait(25 * MINUTE);
    stage.by(&thief());
    stage.stolen(token);
    stage.makes(
        token,
        &[
            ("sts:GetCallerIdentity", ""),
            ("iam:ListUsers", ""),
            ("secretsmanager:ListSecrets", "{}"),
        ],
    );
    stage.by(&Hand::rightful("192.0.2.35", CLI));
    stage.calls(token, "s3:ListBuckets", "{}");
    stage.curtain(token, &["A10"])
}
