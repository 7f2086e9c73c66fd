//! Stop a task or a pod.
//!
//! # What it does
//!
//! A person sets the desired count of the ECS service to 0 and stops the task; in EKS deletes the pod
//! identity association or the access entry.
//!
//! # What it stops
//!
//! New credentials of the workload.
//!
//! # What it breaks
//!
//! The workload.
//!
//! # What it leaves alive
//!
//! Credentials that were taken from it: the denial on its role stops those.
//!
//! # How it is undone
//!
//! Set the earlier count; make the association again.
//!
//! # AWS calls and permissions
//!
//! `ecs:UpdateService`, `ecs:StopTask`, `eks:DeletePodIdentityAssociation`, by hand.

use serde_json::json;

use crate::action::{Action, Draft, Execution, Place, Responder, params};
use crate::plan::Phase;
/// This action as data.
pub const ACTION: Action = Action {
    name: "stop-task",
    service: "ecs",
    operation: "StopTask",
    requires: &["ecs:StopTask", "ecs:UpdateService"],
    phase: Phase::Workloads,
    responder: Responder::ContainWorkload,
    execution: Execution::Person,
    applies_to: "tasks and pods whose credentials are in the tree",
    precheck: "the desired count of the service is noted",
    verify: "`DescribeTasks` shows the task as stopped",
    undo: "set the noted count",
};

/// One task or pod, by the id in its session's name.
pub fn step(place: &Place<'_>, workload: &str) -> Draft {
    ACTION.draft(
        place,
        params([("task", json!(workload))]),
        "whatever took the credentials from the workload takes the next ones too",
    )
}
