//! Take an instance's profile away.
//!
//! # What it does
//!
//! A person dissociates the instance profile, or puts one in its place that denies everything.
//!
//! # What it stops
//!
//! The fetching of new credentials.
//!
//! # What it breaks
//!
//! All that the instance does in AWS.
//!
//! # What it leaves alive
//!
//! The credentials that the instance has: the denial by session name stops those.
//!
//! # How it is undone
//!
//! Associate the earlier profile again: note its ARN and the id of the association.
//!
//! # AWS calls and permissions
//!
//! `ec2:DisassociateIamInstanceProfile` or `ec2:ReplaceIamInstanceProfileAssociation`, by hand.

use serde_json::json;

use crate::action::{Action, Draft, Execution, Place, Responder, params};
use crate::plan::{Call, Phase};
/// This action as data.
pub const ACTION: Action = Action {
    name: "replace-instance-profile",
    service: "ec2",
    operation: "DescribeIamInstanceProfileAssociations",
    requires: &[
        "ec2:DescribeIamInstanceProfileAssociations",
        "ec2:DisassociateIamInstanceProfile",
    ],
    phase: Phase::Workloads,
    responder: Responder::ContainWorkload,
    execution: Execution::Person,
    applies_to: "instances whose credentials are in the tree",
    precheck: "the association is noted",
    verify: "the instance has no profile",
    undo: "associate the earlier profile again",
};

/// The profile of one instance.
pub fn step(place: &Place<'_>, instance: &str) -> Draft {
    let mut draft = ACTION.draft(
        place,
        params([
            (
                "filters",
                json!(format!("Name=instance-id,Values={instance}")),
            ),
            ("instance_id", json!(instance)),
        ]),
        "so that the instance fetches no new credentials once the denial is lifted",
    );
    let association = params([("association_id", json!("THE-ASSOCIATION-ID"))]);
    draft.then = vec![Call::new(
        "ec2",
        "DisassociateIamInstanceProfile",
        association,
    )];
    draft
}
