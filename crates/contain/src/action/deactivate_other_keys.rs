//! Set every other key of a user inactive.
//!
//! # What it does
//!
//! Lists the access keys of the user when the step is taken, and sets each inactive that is active and has no
//! step of its own: keys that no log shows, and keys that were made since the plan was. Each is written down
//! with a line of its own, and looked for again at every verification.
//!
//! # What it stops
//!
//! Keys that nobody knew of when the plan was made. What is not known is not counted in the plan.
//!
//! # What it breaks
//!
//! Whatever legitimately uses such a key.
//!
//! # What it leaves alive
//!
//! Every session that was made with them; the denial on the user stops those.
//!
//! # How it is undone
//!
//! The keys that it switched off are set active again, and only if `--force` says so: nobody knows whether one
//! of them is the thief's.
//!
//! # AWS calls and permissions
//!
//! `iam:ListAccessKeys`, `iam:UpdateAccessKey`.

use crate::action::alike::with_status;
use crate::action::{Action, Draft, Execution, Place, Responder};
use crate::plan::{Call, Phase, Variant};

/// This action as data.
pub const ACTION: Action = Action {
    name: "deactivate-other-keys",
    service: "iam",
    operation: "UpdateAccessKey",
    requires: &["iam:ListAccessKeys", "iam:UpdateAccessKey"],
    phase: Phase::Keys,
    responder: Responder::ContainIam,
    execution: Execution::Program,
    applies_to: "users to whom everything is denied",
    precheck: "the keys of the user are listed; those with a step of their own are left to it",
    verify: "`ListAccessKeys` shows no key as Active",
    undo: "set those active again that it switched off, with `--force`",
};

/// All other keys of one user.
pub fn step(place: &Place<'_>, user: &str) -> Draft {
    let mut draft = ACTION.draft(
        place,
        with_status(user, None, "Inactive"),
        "every other active key of the user, those included that no log shows or that are made until then: each \
         would be the next",
    );
    // After those that the plan names.
    draft.rank = 1;
    draft.variant = Some(Variant::Broad);
    draft.undo = Some(Call::new(
        ACTION.service,
        ACTION.operation,
        with_status(user, None, "Active"),
    ));
    draft
}
