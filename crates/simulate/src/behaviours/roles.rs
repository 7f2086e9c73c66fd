//! Roles taken one after the other by tools that are made for it.
//!
//! In: a stage. Out: one day of each habit. Deliberately not here: people (`people`).

use super::{Behaviour, HABIT, Reach};
use crate::address;
use crate::clock::{HOUR, MINUTE};
use crate::stage::{Account, Ask, BOTO, CLI, Hand, Stage};

pub(super) const HABITS: &[Behaviour] = &[
    Behaviour {
        name: "ci-role-chain",
        what: "a pipeline with a web identity takes the deployment role and with it one role in each account",
        confuses: &["A8", "A9"],
        reach: Reach::Organisation,
        begins: 10,
        takes: 5,
        act: ci_role_chain,
        ..HABIT
    },
    Behaviour {
        name: "cdk-deployment",
        what: "a CDK deployment goes through its look-up, file and deployment roles within a minute",
        confuses: &["A8", "A9"],
        begins: 13,
        act: cdk_deployment,
        ..HABIT
    },
    Behaviour {
        name: "control-tower",
        what: "the management account's automation works in every account by its execution role",
        confuses: &["A9"],
        reach: Reach::Organisation,
        begins: 0,
        act: control_tower,
        ..HABIT
    },
    Behaviour {
        name: "hub-and-spoke-monitoring",
        what: "a function of the hub account takes the monitoring role of every account, four times a day",
        confuses: &["A8", "A9"],
        reach: Reach::Organisation,
        begins: 1,
        takes: 21,
        act: hub_and_spoke,
        ..HABIT
    },
    Behaviour {
        name: "multi-account-query",
        what: "an analyst's query tool takes the same role in all accounts within seconds",
        confuses: &["A8"],
        reach: Reach::Organisation,
        every: 2,
        begins: 11,
        act: multi_account_query,
        ..HABIT
    },
    Behaviour {
        name: "deploy-user-fan-out",
        what: "the deployment user of an old pipeline takes the same role in all accounts, one by one",
        confuses: &["A4", "A8"],
        reach: Reach::Organisation,
        begins: 15,
        act: deploy_user_fan_out,
        ..HABIT
    },
    Behaviour {
        name: "partner-inventory",
        what: "an inventory service of a partner takes the role that it was given, with its external id",
        confuses: &["A9"],
        begins: 5,
        act: partner_inventory,
        ..HABIT
    },
];

fn ci_role_chain(stage: &mut Stage, hub: Account) {
    let deploy = stage.role(hub, "pipeline");
    stage.by(&Hand::rightful(
        "198.51.100.82",
        "aws-sdk-js/3.712.0 os/linux/6.8.0",
    ));
    let job = stage.assume_role_with_web_identity(
        deploy,
        "GitHubActions",
        "token.actions.githubusercontent.com",
        "repo:examplecorp/platform:ref:refs/heads/main",
    );
    stage.calls(job, "sts:GetCallerIdentity", "");
    for account in stage.organisation_accounts() {
        let target = stage.role(account, "stack-deployer");
        let session = stage.assume_role(job, Ask::for_role(target, "platform-release"));
        stage.calls(session, "cloudformation:DescribeStacks", "{}");
        stage.calls(
            session,
            "cloudformation:UpdateStack",
            r#"{"stackName":"platform"}"#,
        );
        stage.wait(2 * MINUTE);
    }
}

fn cdk_deployment(stage: &mut Stage, account: Account) {
    let build = stage.role(account, "build-project");
    stage.by(&Hand::rightful(
        "198.51.100.83",
        "aws-sdk-js/3.712.0 cdk/2.173.2",
    ));
    let job = stage.assume_role_with_web_identity(
        build,
        "GitHubActions",
        "token.actions.githubusercontent.com",
        "repo:examplecorp/web:ref:refs/heads/main",
    );
    for (part, call) in [
        ("lookup", "ssm:GetParameter"),
        ("file-publishing", "s3:PutObject"),
        ("image-publishing", "ecr:PutImage"),
        ("deploy", "cloudformation:CreateChangeSet"),
    ] {
        let id = stage.id_of(account);
        let role = stage.role(
            account,
            &format!("cdk-hnb659fds-{part}-role-{id}-us-east-1"),
        );
        let session = stage.assume_role(job, Ask::for_role(role, &format!("aws-cdk-{part}")));
        let request = if call == "s3:PutObject" {
            r#"{"bucketName":"cdk-hnb659fds-assets","key":"template.json"}"#
        } else {
            "{}"
        };
        stage.calls(session, call, request);
    }
}

fn control_tower(stage: &mut Stage, management: Account) {
    let service = stage.role(management, "AWSControlTowerStackSetRole");
    stage.by(&Hand::rightful(&address::service("us-east-1", 77), BOTO));
    let (_, session) = stage.function_takes_role(service, "stack-sets");
    stage.wait(5);
    for account in stage.organisation_accounts().skip(1) {
        let role = stage.role(account, "AWSControlTowerExecution");
        let inner = stage.assume_role(session, Ask::for_role(role, "controltower"));
        stage.calls(inner, "cloudformation:DescribeStacks", "{}");
        stage.calls(inner, "config:DescribeConfigurationRecorders", "{}");
    }
}

fn hub_and_spoke(stage: &mut Stage, hub: Account) {
    let collector = stage.role(hub, "metrics-collector");
    for _ in 0..4 {
        let (_, function) = stage.function_takes_role(collector, "metrics-collector");
        stage.by(&Hand::rightful(&address::service("us-east-1", 78), BOTO));
        stage.wait(3);
        for account in stage.organisation_accounts().skip(1) {
            let role = stage.role(account, "monitoring-reader");
            let session = stage.assume_role(function, Ask::for_role(role, "metrics"));
            stage.calls(session, "cloudwatch:GetMetricData", "{}");
        }
        stage.wait(6 * HOUR);
    }
}

fn multi_account_query(stage: &mut Stage, hub: Account) {
    let user = stage.user(hub, "query-analyst");
    let device = stage.mfa_of(user);
    let key = stage.key_of(user);
    stage.by(&Hand::rightful(
        "192.0.2.21",
        "aws-sdk-go-v2/1.32.7 steampipe/1.0.1",
    ));
    let token = stage.get_session_token(key, HOUR, &device);
    stage.pace = 2;
    for account in stage.organisation_accounts() {
        let role = stage.role(account, "org-reader");
        let session = stage.assume_role(token, Ask::for_role(role, "steampipe"));
        stage.calls(session, "iam:ListUsers", "");
        stage.calls(session, "s3:ListBuckets", "{}");
        stage.calls(session, "ec2:DescribeInstances", "{}");
    }
}

fn deploy_user_fan_out(stage: &mut Stage, hub: Account) {
    let user = stage.user(hub, "old-deployer");
    let key = stage.key_of(user);
    stage.by(&Hand::rightful("198.51.100.61", CLI));
    for account in stage.organisation_accounts() {
        let role = stage.role(account, "deploy");
        let session = stage.assume_role(key, Ask::for_role(role, "nightly"));
        stage.calls(session, "ecs:UpdateService", r#"{"service":"web"}"#);
        stage.wait(MINUTE);
    }
}

fn partner_inventory(stage: &mut Stage, account: Account) {
    let partner = stage.foreign_account();
    let role = stage.role(account, "partner-inventory");
    stage.by(&Hand::rightful("198.51.100.99", BOTO));
    let ask = Ask::for_role(role, "inventory").with_external_id("c0ffee-4711");
    let session = stage.assume_role_from_outside(partner, "AROAEXAMPLEPARTNERROLE:inventory", ask);
    stage.makes(
        session,
        &[
            ("ec2:DescribeInstances", "{}"),
            ("rds:DescribeDBInstances", "{}"),
            ("s3:ListBuckets", "{}"),
        ],
    );
}
