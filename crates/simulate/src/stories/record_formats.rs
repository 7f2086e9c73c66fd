//! Records as they are written at other times and by other versions of CloudTrail.
//!
//! In: a seed. Out: tokens in the records of a version with one digit, of one with two, which is later though it
//! sorts before, and of one that nobody knows yet: all are read. A record of another major format has a key where
//! a minted one would stand; nothing can be known of it, and it is counted and left out. And tokens whose
//! ends are written in each way that is found. Deliberately not here: what records say.

use super::Told;
use crate::clock::HOUR;
use crate::stage::{CLI, Hand, Spelling, Stage};

/// The key in the record that cannot be read.
pub const UNREAD_KEY: &str = "ASIAUNREADABLEEXAMPL";

pub fn versions(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "record-formats");
    let account = stage.account(0);
    let user = stage.user(account, "greta");
    let key = stage.key_of(user);
    stage.name(key, "greta's key");
    stage.by(&Hand::rightful("192.0.2.84", CLI));
    for (version, name) in [
        ("1.9", "a token of version 1.9"),
        ("1.10", "a token of version 1.10"),
        ("1.99", "a token of a version to come"),
    ] {
        stage.version = version;
        let token = stage.get_session_token(key, HOUR, "");
        stage.name(token, name);
        stage.calls(token, "s3:ListBuckets", "{}");
    }
    stage.get_session_token_in_format_2(key, UNREAD_KEY);
    stage.calls(key, "sts:GetCallerIdentity", "");
    stage.curtain(key, &[])
}

pub fn ends(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "ends-spelled-in-three-ways");
    let account = stage.account(0);
    let user = stage.user(account, "heinz");
    let key = stage.key_of(user);
    stage.name(key, "heinz's key");
    stage.by(&Hand::rightful("192.0.2.85", CLI));
    for (spelling, hours, name) in [
        (Spelling::Comma, 1, "an end after a second comma"),
        (Spelling::NoComma, 2, "an end after a blank"),
        (Spelling::Iso, 3, "an end as ISO 8601 has it"),
    ] {
        stage.spelling = spelling;
        let token = stage.get_session_token(key, hours * HOUR, "");
        stage.name(token, name);
        stage.calls(token, "s3:ListBuckets", "{}");
    }
    stage.curtain(key, &[])
}
