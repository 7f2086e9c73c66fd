//! What kills what: a key is switched off, a user denied everything, a role's sessions revoked.
//!
//! In: a seed. Out: `tell`: a stolen key has a session token, a role session and a federation token.
//! The key is switched off: all three live on. The user is denied everything: the tokens of the user
//! are dead, the role's session is not. The role's sessions are revoked: that one is dead too, one
//! taken afterwards with another user's key is alive. `zombie`: a session token is minted while the
//! deny is in place, does nothing, and comes to life when the deny is lifted. Deliberately not here:
//! what a responder should have done instead.

use super::Told;
use crate::clock::{HOUR, MINUTE};
use crate::stage::{Ask, CLI, Hand, OTHER_CLI, Stage};
use crate::stories::truth::State;

pub fn tell(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "revocation-timeline");
    let account = stage.account(0);
    let kim = stage.user(account, "kim");
    let lou = stage.user(account, "lou");
    let exporter = stage.role(account, "report-exporter");
    let (key, other) = (stage.key_of(kim), stage.key_of(lou));
    stage.name(key, "kim's key");
    stage.name(other, "lou's key");
    let responder = super::responder(&mut stage, account);
    let (thief, defender) = (
        Hand::thief("203.0.113.55", OTHER_CLI),
        Hand::rightful("192.0.2.90", CLI),
    );

    stage.by(&thief);
    stage.until(9, 30);
    stage.stolen(key);
    stage.stolen(other);
    let token = stage.get_session_token(key, 36 * HOUR, "");
    stage.name(token, "the session token");
    let federated = stage.get_federation_token(key, "reports", 12 * HOUR, "{}");
    stage.name(federated, "the federation token");
    let before = stage.assume_role(key, Ask::for_role(exporter, "r1").lasting(12 * HOUR));
    stage.name(before, "the role before");
    for cred in [token, federated, before] {
        stage.calls(cred, "s3:ListBuckets", "{}");
    }

    stage.by(&defender);
    stage.until(10, 0);
    stage.update_access_key(responder, key, "Inactive");
    stage.ends(key, State::Inactive);
    stage.by(&thief);
    stage.until(10, 10);
    for cred in [token, federated, before] {
        stage.calls(cred, "s3:ListBuckets", "{}");
    }

    stage.by(&defender);
    stage.until(10, 30);
    stage.deny_user(responder, kim);
    stage.ends(token, State::Revoked);
    stage.ends(federated, State::Revoked);
    stage.by(&thief);
    stage.until(10, 40);
    // Asking who one is always works, and is no sign of life.
    stage.calls(token, "sts:GetCallerIdentity", "");
    stage.denied_explicitly(token, "s3:ListBuckets", "{}");
    stage.denied_explicitly(federated, "s3:ListBuckets", "{}");
    stage.calls(before, "s3:ListBuckets", "{}");

    stage.by(&defender);
    stage.until(11, 0);
    stage.revoke_role_sessions(responder, exporter);
    stage.ends(before, State::Revoked);
    stage.by(&thief);
    stage.until(11, 10);
    stage.denied_explicitly(before, "s3:ListBuckets", "{}");
    // The door is still open: another key takes the same role, after the cut-off.
    let after = stage.assume_role(other, Ask::for_role(exporter, "r2"));
    stage.name(after, "the role after");
    stage.calls(after, "s3:ListBuckets", "{}");
    stage.wait(2 * MINUTE);
    stage.calls(after, "s3:ListBuckets", "{}");
    stage.curtain(before, &["A13"])
}

pub fn zombie(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "zombie-session");
    let account = stage.account(0);
    let zoe = stage.user(account, "zoe");
    let key = stage.key_of(zoe);
    stage.name(key, "zoe's key");
    let responder = super::responder(&mut stage, account);
    let (thief, defender) = (
        Hand::thief("203.0.113.58", OTHER_CLI),
        Hand::rightful("192.0.2.90", CLI),
    );
    stage.by(&thief);
    stage.until(9, 30);
    stage.stolen(key);
    stage.calls(key, "s3:ListBuckets", "{}");
    stage.by(&defender);
    stage.until(10, 0);
    stage.deny_user(responder, zoe);
    stage.by(&thief);
    stage.until(10, 20);
    stage.denied_explicitly(key, "s3:ListBuckets", "{}");
    // No permission is needed for this, so no deny stops it.
    let token = stage.get_session_token(key, 36 * HOUR, "");
    stage.name(token, "the zombie");
    stage.denied_explicitly(token, "s3:ListBuckets", "{}");
    stage.by(&defender);
    stage.until(12, 0);
    stage.update_access_key(responder, key, "Inactive");
    stage.ends(key, State::Inactive);
    stage.lift_deny(responder, zoe);
    stage.by(&thief);
    stage.until(12, 30);
    stage.calls(token, "s3:ListBuckets", "{}");
    stage.curtain(token, &["A13"])
}
