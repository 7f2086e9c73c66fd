//! Steps that several actions make alike: a denial written into a principal, a credential switched off.
//!
//! In: the action, where it is done, and what differs. Out: its draft, with the control and the undoing. What
//! each action is for stands in its own file.

use serde_json::{Map, Value, json};

use super::{Action, Draft, Place, params};
use crate::control::{Control, Measure, Only};
use crate::plan::{Call, Variant};

/// A policy of ours that denies, as an inline policy of a user or a role.
pub(super) struct Denial<'a> {
    /// `user_name` or `role_name`, and the name.
    pub on: (&'static str, &'a str),
    pub policy_name: String,
    pub document: String,
    pub control: Control,
    pub only: Only,
    pub variant: Variant,
}

impl Action {
    /// A step that writes a denial into a principal; undone by deleting it.
    pub(super) fn denial(&'static self, place: &Place<'_>, denial: Denial<'_>, why: &str) -> Draft {
        let (kind, name) = denial.on;
        let named = [
            (kind, json!(name)),
            ("policy_name", json!(denial.policy_name)),
        ];
        let mut written = params(named.clone());
        written.insert("policy_document".to_owned(), json!(denial.document));
        let mut draft = self.draft(place, written, why);
        draft.measures = vec![Measure {
            control: denial.control,
            on: place.on.clone(),
            only: denial.only,
        }];
        let back = match kind {
            "user_name" => "DeleteUserPolicy",
            _ => "DeleteRolePolicy",
        };
        draft.undo = Some(Call::new("iam", back, params(named)));
        draft.variant = Some(denial.variant);
        draft
    }

    /// A step that sets a credential of a user inactive; undone by setting it active. `id` is the parameter
    /// that names it.
    pub(super) fn switching_off(
        &'static self,
        place: &Place<'_>,
        user: &str,
        id: (&'static str, &str),
        (control, only): (Control, Only),
        why: String,
    ) -> Draft {
        let with_status = |status: &str| with_status(user, Some(id), status);
        let mut draft = self.draft(place, with_status("Inactive"), why);
        draft.measures = vec![Measure {
            control,
            on: place.on.clone(),
            only,
        }];
        draft.undo = Some(Call::new(
            self.service,
            self.operation,
            with_status("Active"),
        ));
        draft
    }
}

/// What of a user is to have a status: the credential that `id` names, or whichever are found.
pub(super) fn with_status(
    user: &str,
    id: Option<(&'static str, &str)>,
    status: &str,
) -> Map<String, Value> {
    let mut said = params([("user_name", json!(user))]);
    said.extend(id.map(|(name, id)| (name.to_owned(), json!(id))));
    said.insert("status".to_owned(), json!(status));
    said
}
