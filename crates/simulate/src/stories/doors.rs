//! Doors that a thief opens or goes through, and a key that AWS found in public.
//!
//! In: a seed. Out: a device that the user never had, Roles Anywhere for a stranger's certificates, a role
//! for everybody under a condition that always holds, a role in an account that nobody knows, the
//! quarantine policy. Deliberately not here: a role opened to one stranger (`user_credentials`).

use super::{Told, responder};
use crate::clock::{HOUR, MINUTE};
use crate::stage::{Ask, CLI, Cred, Hand, OTHER_CLI, Stage};

fn thief() -> Hand {
    Hand::thief("203.0.113.101", OTHER_CLI)
}

/// A stolen key of a user of the first account.
fn stolen_key(stage: &mut Stage, name: &str) -> Cred {
    let account = stage.account(0);
    let user = stage.user(account, name);
    let key = stage.key_of(user);
    stage.name(key, "the key");
    stage.by(&Hand::rightful("192.0.2.37", CLI));
    stage.calls(key, "s3:ListBuckets", "{}");
    stage.until(10, 0);
    stage.by(&thief());
    stage.stolen(key);
    key
}

pub fn unknown_device(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "mfa-device-never-seen");
    let account = stage.account(0);
    let user = stage.user(account, "oda");
    let device = stage.mfa_of(user);
    let key = stage.key_of(user);
    stage.name(key, "oda's key");
    stage.by(&Hand::rightful("192.0.2.38", CLI));
    let hers = stage.get_session_token(key, HOUR, &device);
    stage.name(hers, "oda's token");
    stage.calls(hers, "s3:ListBuckets", "{}");
    stage.wait(4 * HOUR);
    stage.by(&thief());
    stage.stolen(key);
    // Enrolled where no trail of ours looks.
    let id = stage.id_of(account);
    let token = stage.get_session_token(key, HOUR, &format!("arn:aws:iam::{id}:mfa/oda-spare"));
    stage.name(token, "the token of the other device");
    stage.calls(token, "iam:ListUsers", "");
    stage.curtain(token, &["A10"])
}

pub fn roles_anywhere(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "roles-anywhere-door");
    let key = stolen_key(&mut stage, "pia");
    stage.calls(
        key,
        "rolesanywhere:CreateTrustAnchor",
        r#"{"name":"laptops","enabled":true,"source":{"sourceType":"CERTIFICATE_BUNDLE"}}"#,
    );
    stage.wait(2 * MINUTE);
    stage.calls(
        key,
        "rolesanywhere:CreateProfile",
        r#"{"name":"laptops","enabled":true,"durationSeconds":43200,"roleArns":["arn:aws:iam::222255558888:role/administration"]}"#,
    );
    stage.curtain(key, &["A13"])
}

pub fn for_everybody(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "trust-under-a-true-condition");
    let key = stolen_key(&mut stage, "rolf");
    stage.calls(
        key,
        "iam:UpdateAssumeRolePolicy",
        r#"{"roleName":"support-reader","policyDocument":"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"*\"},\"Action\":\"sts:AssumeRole\",\"Condition\":{\"StringLike\":{\"aws:PrincipalArn\":\"*\"}}}]}"}"#,
    );
    stage.curtain(key, &["A13"])
}

pub fn abroad(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "role-in-an-unknown-account");
    let key = stolen_key(&mut stage, "signe");
    let stranger = stage.foreign_account();
    let role = stage.role(stranger, "drop-box");
    let session = stage.assume_role(key, Ask::for_role(role, "signe"));
    stage.name(session, "the session abroad");
    stage.stolen(session);
    stage.curtain(key, &["A9"])
}

pub fn quarantined(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "key-found-in-public");
    let key = stolen_key(&mut stage, "tiril");
    stage.calls(key, "sts:GetCallerIdentity", "");
    let token = stage.get_session_token(key, 12 * HOUR, "");
    stage.name(token, "the token");
    let account = stage.account(0);
    let responder = responder(&mut stage, account);
    stage.by(&Hand::rightful("AWS Internal", "AWS Internal"));
    stage.calls(
        responder,
        "iam:AttachUserPolicy",
        r#"{"userName":"tiril","policyArn":"arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"}"#,
    );
    stage.wait(HOUR);
    // Reading goes on: the policy forbids some kinds of fraud.
    stage.by(&thief());
    stage.calls(token, "s3:ListBuckets", "{}");
    stage.curtain(key, &["A13"])
}
