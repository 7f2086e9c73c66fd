//! Two sessions of one role with one name in one second: nobody can tell which is used.
//!
//! In: a seed. Out: two users' tools take the same role at the same moment under the session name that
//! the tool makes from the time; both keys are in the log and neither is used. The work comes under a
//! third key with the same principal and the same second. Whose it is cannot be known, and is not to
//! be guessed: two candidates, equally likely. Deliberately not here: theft.

use super::Told;
use crate::stage::{Ask, BOTO, Hand, Stage};
use crate::stories::truth::{Certainty, Expected, Expiry, Parentage};

pub fn tell(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "same-second");
    let account = stage.account(1);
    let (ada, ben) = (stage.user(account, "ada"), stage.user(account, "ben"));
    let batch = stage.role(account, "batch-runner");
    let (of_ada, of_ben) = (stage.key_of(ada), stage.key_of(ben));
    stage.name(of_ada, "ada's key");
    stage.name(of_ben, "ben's key");
    let name = "botocore-session-1791968400";

    stage.by(&Hand::rightful("192.0.2.19", BOTO));
    stage.pace = 0;
    let first = stage.assume_role(of_ada, Ask::for_role(batch, name));
    let second = stage.assume_role(of_ben, Ask::for_role(batch, name));
    stage.name(first, "what ada's key minted");
    stage.name(second, "what ben's key minted");
    stage.pace = 7;
    let third = stage.another_use_of(first);
    stage.name(third, "what is used");
    *stage.truth(third) = Expected {
        kind: "role-session",
        minted_key_id: None,
        expiry: Expiry::Exact,
        parent: Some(Parentage {
            name: "ada's key".to_owned(),
            certainty: Certainty::Ambiguous,
        }),
        candidates: vec!["ada's key".to_owned(), "ben's key".to_owned()],
        ..stage.truth(third).clone()
    };
    stage.wait(15);
    stage.makes(
        third,
        &[("batch:DescribeJobQueues", "{}"), ("s3:ListBuckets", "{}")],
    );
    stage.curtain(third, &[])
}
