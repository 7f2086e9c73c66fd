//! Two roles that take each other, again and again: a session that outlives its hour.
//!
//! In: a seed. Out: a stolen key takes a role once; from then on role A's session takes role B and
//! B's takes A, ten minutes before each would end. The key could be deleted after the first hop, and
//! is. Of seven sessions the last two work. In the second form every session has a name of its own, as
//! programs make them up. Deliberately not here: the trust policies that allow it.

use super::Told;
use crate::clock::MINUTE;
use crate::stage::{Ask, CLI, Hand, OTHER_CLI, Stage};
use crate::stories::truth::State;

const HOPS: usize = 6;

pub fn tell(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "role-juggling");
    let account = stage.account(1);
    let yusuf = stage.user(account, "yusuf");
    let left = stage.role(account, "etl-writer");
    let right = stage.role(account, "etl-scheduler");
    let key = stage.key_of(yusuf);
    stage.name(key, "yusuf's key");
    let responder = super::responder(&mut stage, account);

    stage.by(&Hand::thief("203.0.113.17", OTHER_CLI));
    stage.until(9, 10);
    stage.stolen(key);
    let mut held = stage.assume_role(key, Ask::for_role(left, "etl"));
    stage.name(held, "round 0");
    stage.by(&Hand::rightful("192.0.2.90", CLI));
    stage.wait(4 * MINUTE);
    stage.delete_access_key(responder, key);
    stage.ends(key, State::Deleted);
    stage.by(&Hand::thief("203.0.113.17", OTHER_CLI));
    for round in 1..=HOPS {
        stage.calls(held, "glue:GetTables", r#"{"databaseName":"sales"}"#);
        stage.wait(50 * MINUTE);
        let next = if round % 2 == 1 { right } else { left };
        held = stage.assume_role(held, Ask::for_role(next, "etl"));
        stage.name(held, &format!("round {round}"));
    }
    stage.calls(held, "glue:GetTables", r#"{"databaseName":"sales"}"#);
    stage.curtain(held, &["A9"])
}

/// The same by a program that makes up a name for every session.
pub fn fresh_names(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "role-juggling-under-fresh-names");
    let account = stage.account(1);
    let zita = stage.user(account, "zita");
    let left = stage.role(account, "feed-writer");
    let right = stage.role(account, "feed-scheduler");
    let key = stage.key_of(zita);
    stage.name(key, "zita's key");

    stage.by(&Hand::rightful("192.0.2.41", CLI));
    stage.calls(key, "s3:ListBuckets", "{}");
    stage.by(&Hand::thief("203.0.113.98", OTHER_CLI));
    stage.until(9, 10);
    stage.stolen(key);
    let mut held = key;
    for round in 0..=HOPS {
        let role = if round % 2 == 1 { right } else { left };
        let name = format!("botocore-session-{}", stage.now);
        held = stage.assume_role(held, Ask::for_role(role, &name));
        stage.name(held, &format!("round {round}"));
        stage.calls(held, "glue:GetTables", r#"{"databaseName":"feeds"}"#);
        stage.wait(50 * MINUTE);
    }
    stage.curtain(held, &["A9"])
}
