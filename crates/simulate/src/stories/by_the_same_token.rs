//! The whole intrusion, from the stolen key to the second one.
//!
//! In: a seed. Out: a key leaves the house. The thief asks what it may do, makes a second key as a
//! reserve, mints session tokens and takes a role of the data account with them, one after the other,
//! and empties a bucket in turns, so that no token reads for long. A defender sees the key and
//! switches it off: every token works on. When the first tokens are spent, the thief comes back with
//! the second key and begins again. At the end the first key is inactive; the second key, four tokens
//! and one role session work. Deliberately not here: how the key was stolen.

use super::Told;
use crate::clock::{HOUR, MINUTE};
use crate::stage::{Ask, CLI, Cred, Hand, OTHER_CLI, Role, Stage};
use crate::stories::truth::State;

const BUCKET: &str = "examplecorp-customer-invoices";
/// Objects that one session reads before the next takes its turn.
const TURN: usize = 9;

pub fn tell(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "by-the-same-token");
    let (production, data) = (stage.account(0), stage.account(1));
    let mara = stage.user(production, "mara");
    let reader = stage.role(data, "invoice-reader");
    let key_a = stage.key_of(mara);
    stage.name(key_a, "key A");
    let responder = super::responder(&mut stage, production);
    let owner = Hand::rightful("192.0.2.27", CLI);
    let thief = Hand::thief("203.0.113.66", OTHER_CLI);

    // An ordinary morning.
    stage.by(&owner);
    stage.until(9, 20);
    stage.makes(
        key_a,
        &[
            ("s3:ListBuckets", "{}"),
            ("ec2:DescribeInstances", "{}"),
            ("cloudwatch:DescribeAlarms", "{}"),
        ],
    );

    // The key is in other hands: who is it, and what may it do?
    stage.by(&thief);
    stage.until(11, 3);
    stage.stolen(key_a);
    stage.calls(key_a, "sts:GetCallerIdentity", "");
    stage.wait(19);
    let policy = r#"{"policyArn":"arn:aws:iam::aws:policy/PowerUserAccess"}"#;
    let version = r#"{"policyArn":"arn:aws:iam::aws:policy/PowerUserAccess","versionId":"v6"}"#;
    stage.makes(
        key_a,
        &[
            ("iam:GetUser", ""),
            ("iam:ListUserPolicies", r#"{"userName":"mara"}"#),
            ("iam:ListAttachedUserPolicies", r#"{"userName":"mara"}"#),
            ("iam:GetPolicy", policy),
            ("iam:GetPolicyVersion", version),
        ],
    );
    stage.denied(key_a, "iam:ListRoles", "");

    // A reserve, for the day when the first key is found.
    stage.wait(4 * MINUTE);
    let key_b = stage.create_access_key(key_a, mara);
    stage.name(key_b, "key B");

    // Tokens, and roles with the tokens: the bucket is read in turns.
    stage.wait(2 * MINUTE);
    for (turn, name) in ["token 1", "token 2", "token 3"].into_iter().enumerate() {
        let token = stage.get_session_token(key_a, 12 * HOUR, "");
        stage.name(token, name);
        stage.wait(40);
        empties(&mut stage, token, reader, turn);
        stage.wait(3 * MINUTE);
    }

    // Mara's colleagues see the key and switch it off. No token notices.
    stage.by(&Hand::rightful("192.0.2.90", CLI));
    stage.until(13, 10);
    stage.calls(responder, "iam:ListAccessKeys", r#"{"userName":"mara"}"#);
    stage.update_access_key(responder, key_a, "Inactive");
    stage.ends(key_a, State::Inactive);
    stage.by(&thief);
    stage.until(13, 32);
    let token = stage.credential("token 2");
    empties(&mut stage, token, reader, 3);

    // Back with the second key, from another place.
    stage.by(&Hand::thief("198.51.100.141", OTHER_CLI));
    stage.until(15, 48);
    stage.calls(key_b, "sts:GetCallerIdentity", "");
    stage.wait(30);
    let token = stage.get_session_token(key_b, 12 * HOUR, "");
    stage.name(token, "token 4");
    stage.wait(20);
    empties(&mut stage, token, reader, 4);
    stage.curtain(key_a, &["A4", "A6", "A9", "A11", "A12", "A13"])
}

/// One turn: a role session reads its share of the bucket and deletes the first object of it.
fn empties(stage: &mut Stage, token: Cred, reader: Role, turn: usize) {
    let session = stage.assume_role(token, Ask::for_role(reader, &format!("report-{turn}")));
    stage.name(session, &format!("reader {turn}"));
    let list = format!("{{\"bucketName\":\"{BUCKET}\",\"list-type\":\"2\",\"prefix\":\"\"}}");
    if turn == 0 {
        stage.calls(session, "s3:ListBuckets", "{}");
    }
    stage.calls(session, "s3:ListObjects", &list);
    for object in 0..TURN {
        let key = turn * TURN + object + 1_000;
        let request = format!("{{\"bucketName\":\"{BUCKET}\",\"key\":\"2026/{key}.pdf\"}}");
        stage.calls(session, "s3:GetObject", &request);
        if object == 0 {
            stage.calls(session, "s3:DeleteObject", &request);
        }
    }
}
