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
//! `ec2:ModifyInstanceMetadataOptions`, `ec2:DescribeInstances`, `ec2:CreateSecurityGroup`,
//! `ec2:RevokeSecurityGroupEgress`, `ec2:ModifyInstanceAttribute`, `autoscaling:DescribeAutoScalingInstances`,
//! `autoscaling:DetachInstances`, by hand.

use serde_json::json;

use crate::action::{Action, Draft, Execution, Place, Responder, params};
use crate::plan::{Call, Phase};
/// This action as data.
pub const ACTION: Action = Action {
    name: "isolate-instance",
    service: "ec2",
    operation: "ModifyInstanceMetadataOptions",
    requires: &[
        "autoscaling:DescribeAutoScalingInstances",
        "autoscaling:DetachInstances",
        "ec2:CreateSecurityGroup",
        "ec2:DescribeInstances",
        "ec2:ModifyInstanceMetadataOptions",
        "ec2:ModifyInstanceAttribute",
        "ec2:RevokeSecurityGroupEgress",
    ],
    phase: Phase::Workloads,
    responder: Responder::ContainWorkload,
    execution: Execution::Person,
    applies_to: "instances whose credentials are in the tree",
    precheck: "security groups and metadata options are noted",
    verify: "`DescribeInstances` shows tokens as required",
    undo: "put the noted groups and options back",
};

/// What comes after the metadata service: out of whatever replaces it, then off the network.
fn then(instance: &str) -> Vec<Call> {
    let ec2 = |operation: &str, params| Call::new("ec2", operation, params);
    let scaling = |operation: &str, params| Call::new("autoscaling", operation, params);
    let of_instance = || ("instance_id", json!(instance));
    let of_instances = || ("instance_ids", json!([instance]));
    let group = "THE-GROUP-WITHOUT-RULES";
    vec![
        ec2("DescribeInstances", params([of_instances()])),
        scaling("DescribeAutoScalingInstances", params([of_instances()])),
        scaling(
            "DetachInstances",
            params([
                of_instances(),
                ("auto_scaling_group_name", json!("THE-SCALING-GROUP")),
                ("should_decrement_desired_capacity", json!(false)),
            ]),
        ),
        ec2(
            "CreateSecurityGroup",
            params([
                ("group_name", json!("keyline-isolated")),
                ("description", json!("no way in and none out")),
                ("vpc_id", json!("THE-VPC-ID")),
            ]),
        ),
        ec2(
            "RevokeSecurityGroupEgress",
            params([
                ("group_id", json!(group)),
                (
                    "ip_permissions",
                    json!("IpProtocol=-1,IpRanges=[{CidrIp=0.0.0.0/0}]"),
                ),
            ]),
        ),
        ec2(
            "ModifyInstanceAttribute",
            params([of_instance(), ("groups", json!([group]))]),
        ),
        ec2(
            "ModifyInstanceAttribute",
            params([of_instance(), ("disable_api_termination", json!(true))]),
        ),
    ]
}

/// One instance.
pub fn step(place: &Place<'_>, instance: &str) -> Draft {
    let mut draft = ACTION.draft(
        place,
        params([
            ("instance_id", json!(instance)),
            ("http_tokens", json!("required")),
        ]),
        "the next credentials would be taken the same way; a group that scales would put another instance in its \
         place, and load balancers go on sending it work until it is taken out of them",
    );
    draft.rank = 1;
    draft.then = then(instance);
    draft
}
