//! One sign-in to the console, twelve keys.
//!
//! In: a seed. Out: a user signs in and opens the pages of twelve services, each of which signs with
//! a key of its own; all have the creation date of the sign-in, some say that they are the console's
//! and some do not. It is one session. Services that the pages call on the user's behalf belong to it
//! too. Deliberately not here: theft.

use super::Told;
use crate::stage::{BROWSER, Hand, Stage};

/// One page of each service.
pub const PAGES: [&str; 12] = [
    "ec2:DescribeInstances",
    "s3:ListBuckets",
    "iam:ListUsers",
    "lambda:ListFunctions20150331",
    "rds:DescribeDBInstances",
    "cloudwatch:DescribeAlarms",
    "logs:DescribeLogGroups",
    "kms:ListKeys",
    "sns:ListTopics",
    "sqs:ListQueues",
    "dynamodb:ListTables",
    "cloudformation:DescribeStacks",
];

pub fn tell(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "console-keys");
    let account = stage.account(0);
    let gita = stage.user(account, "gita");
    let device = stage.mfa_of(gita);
    stage.by(&Hand::rightful("192.0.2.44", BROWSER));
    let console = stage.console_login(gita, &device);
    stage.name(console, "gita in the console");
    for page in PAGES {
        stage.wait(25);
        stage.console_calls(console, page, "{}");
        stage.console_calls(console, page, r#"{"nextToken":"2"}"#);
    }
    stage.curtain(console, &[])
}
