//! Secure an EC2 instance as evidence.
//!
//! # What it does
//!
//! Describes the instance and its profile, and makes snapshots of its volumes, before it is isolated or
//! rebuilt. Memory is out of reach of the API.
//!
//! # What it stops
//!
//! Nothing.
//!
//! # What it breaks
//!
//! Nothing; snapshots cost storage.
//!
//! # What it leaves alive
//!
//! Everything.
//!
//! # How it is undone
//!
//! Delete the snapshots when the case is closed.
//!
//! # AWS calls and permissions
//!
//! `ec2:DescribeInstances`, `ec2:DescribeIamInstanceProfileAssociations`, `ec2:CreateSnapshots`.

use serde_json::json;

use crate::action::{Action, Draft, Execution, Place, Responder, params};
use crate::plan::Phase;
/// This action as data.
pub const ACTION: Action = Action {
    name: "snapshot-instance",
    service: "ec2",
    operation: "CreateSnapshots",
    requires: &[
        "ec2:DescribeInstances",
        "ec2:DescribeIamInstanceProfileAssociations",
        "ec2:CreateSnapshots",
    ],
    phase: Phase::Evidence,
    responder: Responder::ContainWorkload,
    execution: Execution::Person,
    applies_to: "instances whose credentials are in the tree",
    precheck: "the instance exists",
    verify: "the snapshots are complete",
    undo: "delete the snapshots when the case is closed",
};

/// Snapshots of all volumes of one instance.
pub fn step(place: &Place<'_>, instance: &str) -> Draft {
    ACTION.draft(
        place,
        params([
            (
                "instance_specification",
                json!(format!("InstanceId={instance}")),
            ),
            ("description", json!("evidence")),
            ("instance_id", json!(instance)),
        ]),
        "disks change with every minute that the instance runs",
    )
}
