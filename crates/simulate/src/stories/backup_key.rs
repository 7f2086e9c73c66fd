//! A thief makes a second key for the same user and lets it lie.
//!
//! In: a seed. Out: a stolen key makes another for its own user, works on with the first, and comes
//! back hours later with the second after the first was switched off. Deliberately not here: session
//! tokens (`by_the_same_token` has both).

use super::Told;
use crate::stage::{CLI, Hand, OTHER_CLI, Stage};
use crate::stories::truth::State;

pub fn tell(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "backup-key");
    let account = stage.account(0);
    let pavel = stage.user(account, "pavel");
    let first = stage.key_of(pavel);
    stage.name(first, "the first key");
    let responder = super::responder(&mut stage, account);

    stage.by(&Hand::rightful("192.0.2.33", CLI));
    stage.calls(first, "s3:ListBuckets", "{}");
    stage.by(&Hand::thief("203.0.113.90", OTHER_CLI));
    stage.until(10, 0);
    stage.stolen(first);
    stage.makes(
        first,
        &[
            ("sts:GetCallerIdentity", ""),
            ("iam:GetUser", ""),
            ("iam:ListAccessKeys", ""),
        ],
    );
    let second = stage.create_access_key(first, pavel);
    stage.name(second, "the second key");
    stage.calls(first, "s3:ListBuckets", "{}");

    stage.by(&Hand::rightful("192.0.2.90", CLI));
    stage.until(12, 15);
    stage.update_access_key(responder, first, "Inactive");
    stage.ends(first, State::Inactive);

    stage.by(&Hand::thief("203.0.113.91", OTHER_CLI));
    stage.until(14, 40);
    stage.makes(
        second,
        &[("sts:GetCallerIdentity", ""), ("s3:ListBuckets", "{}")],
    );
    stage.curtain(second, &["A6", "A11"])
}
