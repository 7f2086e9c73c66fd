//! Stop a task.
//!
//! # What it does
//!
//! A person looks to which ECS service the task belongs, sets the desired count of that to 0, or another task takes
//! its place, and stops the task.
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
//! Set the earlier count.
//!
//! # AWS calls and permissions
//!
//! `ecs:DescribeTasks`, `ecs:UpdateService`, `ecs:StopTask`, by hand.

use serde_json::json;

use crate::action::{Action, Draft, Execution, Place, Responder, params};
use crate::plan::{Call, Phase};
/// This action as data.
pub const ACTION: Action = Action {
    name: "stop-task",
    service: "ecs",
    operation: "DescribeTasks",
    requires: &["ecs:DescribeTasks", "ecs:StopTask", "ecs:UpdateService"],
    phase: Phase::Workloads,
    responder: Responder::ContainWorkload,
    execution: Execution::Person,
    applies_to: "tasks whose credentials are in the tree",
    precheck: "the desired count of the service is noted",
    verify: "`DescribeTasks` shows the task as stopped",
    undo: "set the noted count",
};

/// One task, by the id in its session's name, and its cluster where that is known.
pub fn step(place: &Place<'_>, task: &str, cluster: Option<&str>) -> Draft {
    let cluster = || ("cluster", json!(cluster.unwrap_or("THE-CLUSTER")));
    let mut draft = ACTION.draft(
        place,
        params([cluster(), ("tasks", json!([task]))]),
        "whatever took the credentials from the task takes the next ones too; its group is the service that starts \
         it again",
    );
    draft.then = vec![
        Call::new(
            "ecs",
            "UpdateService",
            params([
                cluster(),
                ("service", json!("THE-SERVICE")),
                ("desired_count", json!(0)),
            ]),
        ),
        Call::new(
            "ecs",
            "StopTask",
            params([cluster(), ("task", json!(task))]),
        ),
    ];
    draft
}
