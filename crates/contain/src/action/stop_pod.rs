//! Stop a pod.
//!
//! # What it does
//!
//! A person looks for the pod identity association or the annotation of the service account by which the pod got
//! its role, deletes the association, and deletes the pod.
//!
//! # What it stops
//!
//! New credentials of the pod, and of every other pod under the same service account.
//!
//! # What it breaks
//!
//! The workload.
//!
//! # What it leaves alive
//!
//! Credentials that were taken from it: the denial on its role stops those. Who may change the cluster makes the
//! association again: its access entries are looked at as well.
//!
//! # How it is undone
//!
//! Make the association again, with the role and the service account that were noted.
//!
//! # AWS calls and permissions
//!
//! `eks:ListPodIdentityAssociations`, `eks:DescribePodIdentityAssociation`, `eks:DeletePodIdentityAssociation`,
//! `eks:ListAccessEntries`, by hand.

use serde_json::json;

use crate::action::{Action, Draft, Execution, Place, Responder, params};
use crate::plan::{Call, Phase};
/// This action as data.
pub const ACTION: Action = Action {
    name: "stop-pod",
    service: "eks",
    operation: "ListPodIdentityAssociations",
    requires: &[
        "eks:ListPodIdentityAssociations",
        "eks:DescribePodIdentityAssociation",
        "eks:DeletePodIdentityAssociation",
        "eks:ListAccessEntries",
    ],
    phase: Phase::Workloads,
    responder: Responder::ContainWorkload,
    execution: Execution::Person,
    applies_to: "pods whose credentials are in the tree",
    precheck: "role, namespace and service account of the association are noted",
    verify: "the association is gone, and no session of the pod follows in the logs",
    undo: "make the association again",
};

/// One pod, by its session's name, which has the cluster and the pod in it.
pub fn step(place: &Place<'_>, pod: &str) -> Draft {
    let cluster = || ("cluster_name", json!("THE-CLUSTER"));
    let association = || ("association_id", json!("THE-ASSOCIATION-ID"));
    let mut draft = ACTION.draft(
        place,
        params([cluster()]),
        format!(
            "whatever took the credentials of {pod} takes the next ones too; the cluster and the pod stand in that \
             name; delete the pod itself as well (kubectl delete pod)"
        ),
    );
    draft.then = vec![
        Call::new(
            "eks",
            "DescribePodIdentityAssociation",
            params([cluster(), association()]),
        ),
        Call::new(
            "eks",
            "DeletePodIdentityAssociation",
            params([cluster(), association()]),
        ),
        Call::new("eks", "ListAccessEntries", params([cluster()])),
    ];
    draft
}
