//! Secure the root of the management account.
//!
//! # What it does
//!
//! A person signs in as the root, changes its password, removes MFA devices that are not known and registers
//! another, deletes every access key, and looks at the account's mail address and telephone number, by which
//! whoever holds them recovers the root.
//!
//! # What it stops
//!
//! The root's keys and the way to sign in with the old password.
//!
//! # What it breaks
//!
//! Whatever uses a key of the root: hardly anything should.
//!
//! # What it leaves alive
//!
//! An open console session of the root, for at most 12 hours: nothing can be denied to the root of the management
//! account, by no policy, and no task of the organisation reaches it.
//!
//! # How it is undone
//!
//! Not at all.
//!
//! # AWS calls and permissions
//!
//! None but those of the root itself: `iam:GetAccountSummary`, `iam:ListAccessKeys`, `iam:DeleteAccessKey`,
//! `iam:ListMFADevices`, by hand.

use serde_json::json;

use crate::action::{Action, Draft, Execution, Place, Responder, params};
use crate::plan::{Call, Phase};
/// This action as data.
pub const ACTION: Action = Action {
    name: "secure-root",
    service: "iam",
    operation: "GetAccountSummary",
    requires: &["iam:GetAccountSummary"],
    phase: Phase::Keys,
    responder: Responder::Eradicate,
    execution: Execution::Person,
    applies_to: "the root of the management account",
    precheck: "somebody is there who reads the mail of the root",
    verify: "`AccountAccessKeysPresent` is 0 and `AccountMFAEnabled` is 1; no call of the root follows in the logs",
    undo: "nothing brings the old password back, and nothing should",
};

/// The root of the management account, with its keys that are known.
pub fn step(place: &Place<'_>, keys: &[String]) -> Draft {
    let mut draft = ACTION.draft(
        place,
        params([]),
        "nothing can be denied to it. Sign in as the root and change the password, the MFA devices and the answers by \
         which it is recovered; then, with credentials of the root itself, look for keys and delete them",
    );
    let mut then = vec![
        Call::new("iam", "ListAccessKeys", params([])),
        Call::new("iam", "ListMFADevices", params([])),
    ];
    let of_key = |key: &String| params([("access_key_id", json!(key))]);
    then.extend(
        keys.iter()
            .map(|key| Call::new("iam", "DeleteAccessKey", of_key(key))),
    );
    draft.then = then;
    draft
}
