//! Noise of services: on their own account and on behalf of others.
//!
//! In: a stage. Out: one day of each habit. Deliberately not here: what is minted for machines by the
//! hour, which is ordinary traffic (`traffic::minting`).

use super::{Behaviour, Days, HABIT};
use crate::address;
use crate::clock::MINUTE;
use crate::stage::{Account, BOTO, BROWSER, Hand, Stage};

pub(super) const HABITS: &[Behaviour] = &[
    Behaviour {
        name: "forward-access-noise",
        what: "services that call others on behalf of a user's key and of a console session, by the hundred",
        confuses: &["A4", "A6"],
        begins: 9,
        takes: 3,
        act: forward_access_noise,
        ..HABIT
    },
    Behaviour {
        name: "autoscaling",
        what: "a group that grows and shrinks: new instances with new credentials within minutes",
        confuses: &["A1", "A7"],
        begins: 11,
        takes: 5,
        act: autoscaling,
        ..HABIT
    },
    Behaviour {
        name: "console-pages",
        what: "a person in the console whose pages sign with a dozen keys and look at IAM",
        confuses: &["A4", "A6", "A11"],
        days: Days::Weekdays,
        begins: 13,
        act: console_pages,
        ..HABIT
    },
];

fn forward_access_noise(stage: &mut Stage, account: Account) {
    let user = stage.user(account, "frode");
    let key = stage.key_of(user);
    stage.by(&Hand::rightful("192.0.2.11", BOTO));
    stage.pace = 3;
    for _ in 0..20 {
        stage.calls(
            key,
            "secretsmanager:GetSecretValue",
            r#"{"secretId":"reports/db"}"#,
        );
        stage.forwarded(key, "secretsmanager", "kms:Decrypt", "{}");
        stage.calls(key, "cloudformation:DescribeStacks", "{}");
        stage.forwarded(key, "AWS Internal", "ec2:DescribeSubnets", "{}");
        stage.wait(4 * MINUTE);
    }
}

fn autoscaling(stage: &mut Stage, account: Account) {
    let role = stage.role(account, "web-tier-instance-role");
    for round in 0..6_u64 {
        let mut id = String::from("i-0");
        crate::ids::hex(stage.now as u64 + round, 16, &mut id);
        let cred = stage.instance_takes_role(role, &id);
        stage.by(&Hand::rightful(
            &address::egress("us-east-1", 9_000 + round % 2),
            BOTO,
        ));
        stage.wait(10);
        stage.makes(
            cred,
            &[
                ("sts:GetCallerIdentity", ""),
                (
                    "ssm:UpdateInstanceInformation",
                    r#"{"agentName":"amazon-ssm-agent"}"#,
                ),
                (
                    "autoscaling:CompleteLifecycleAction",
                    r#"{"autoScalingGroupName":"web"}"#,
                ),
                (
                    "s3:GetObject",
                    r#"{"bucketName":"examplecorp-config","key":"web.json"}"#,
                ),
            ],
        );
        stage.wait(35 * MINUTE);
    }
}

fn console_pages(stage: &mut Stage, account: Account) {
    let user = stage.user(account, "gry");
    let device = stage.mfa_of(user);
    stage.by(&Hand::rightful("192.0.2.13", BROWSER));
    let console = stage.console_login(user, &device);
    for page in [
        "ec2:DescribeInstances",
        "s3:ListBuckets",
        "iam:ListUsers",
        "iam:GetAccountSummary",
        "iam:ListAccountAliases",
        "lambda:ListFunctions20150331",
        "rds:DescribeDBInstances",
        "cloudwatch:DescribeAlarms",
        "logs:DescribeLogGroups",
        "kms:ListKeys",
        "sns:ListTopics",
        "dynamodb:ListTables",
    ] {
        stage.wait(40);
        stage.console_calls(console, page, "{}");
    }
}
