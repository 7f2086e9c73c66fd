//! Isolate an instance.
//!
//! # What it does
//!
//! A person demands session tokens of the metadata service, gives the instance a security group without
//! rules, takes it out of scaling groups and load balancers, and protects it from termination. Connections
//! that are open survive a change of security groups: a network ACL stops those.
//!
//! # What it stops
//!
//! The way by which credentials were taken, and connections to and from the instance.
//!
//! # What it breaks
//!
//! The workload.
//!
//! # What it leaves alive
//!
//! Nothing in AWS; whoever is on the host stays on it.
//!
//! # How it is undone
//!
//! Put the security groups and options back that were noted.
//!
//! # AWS calls and permissions
//!
//! `ec2:ModifyInstanceMetadataOptions`, `ec2:ModifyInstanceAttribute`, by hand.

use serde_json::json;

use crate::action::{Action, Draft, Execution, Place, Responder, params};
use crate::plan::Phase;
/// This action as data.
pub const ACTION: Action = Action {
    name: "isolate-instance",
    service: "ec2",
    operation: "ModifyInstanceMetadataOptions",
    requires: &[
        "ec2:ModifyInstanceMetadataOptions",
        "ec2:ModifyInstanceAttribute",
    ],
    phase: Phase::Workloads,
    responder: Responder::ContainWorkload,
    execution: Execution::Person,
    applies_to: "instances whose credentials are in the tree",
    precheck: "security groups and metadata options are noted",
    verify: "`DescribeInstances` shows tokens as required",
    undo: "put the noted groups and options back",
};

/// One instance.
pub fn step(place: &Place<'_>, instance: &str) -> Draft {
    let mut draft = ACTION.draft(
        place,
        params([
            ("instance_id", json!(instance)),
            ("http_tokens", json!("required")),
        ]),
        "the next credentials would be taken the same way",
    );
    draft.rank = 1;
    draft
}
