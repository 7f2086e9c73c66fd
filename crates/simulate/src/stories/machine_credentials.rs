//! Credentials of machines in the wrong hands, beyond the plain theft of an instance's.
//!
//! In: a seed. Out: an instance's credentials used by IPv6, through somebody else's VPC endpoint, for
//! Systems Manager alone, or only to take a role that then does the work; a task's and a function's used from outside; a session
//! of a person's key that is named like an instance. Each has the rightful machine at work beside it.
//! Deliberately not here: `instance_credential_theft`, which is the story of the demo's first days.

use super::Told;
use crate::address;
use crate::clock::{DAY, MINUTE};
use crate::stage::{Account, Ask, BOTO, CLI, Cred, Hand, OTHER_CLI, Role, Stage};

const WORK: &str = r#"{"bucketName":"examplecorp-batches","key":"in/1.csv"}"#;

/// An instance with credentials, at work; its hand.
fn instance(stage: &mut Stage, role: Role) -> (Cred, Hand) {
    let hand = Hand::rightful(&address::egress("us-east-1", 33), BOTO);
    let cred = stage.instance_takes_role(role, "i-0c0de5ca1ab1e0001");
    stage.name(cred, "the instance's session");
    stage.by(&hand);
    for _ in 0..4 {
        stage.calls(cred, "s3:GetObject", WORK);
        stage.wait(4 * MINUTE);
    }
    (cred, hand)
}

fn goes_on(stage: &mut Stage, cred: Cred, hand: &Hand) {
    stage.by(hand);
    stage.calls(cred, "s3:GetObject", WORK);
}

fn looks_around(stage: &mut Stage, cred: Cred) {
    stage.stolen(cred);
    stage.calls(cred, "sts:GetCallerIdentity", "");
    stage.makes(
        cred,
        &[
            ("s3:ListBuckets", "{}"),
            ("secretsmanager:ListSecrets", "{}"),
        ],
    );
    stage.denied(cred, "iam:ListRoles", "");
}

pub fn ipv6(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "instance-credentials-by-ipv6");
    let account = stage.account(0);
    let role = stage.role(account, "batch-instance-role");
    let (cred, hand) = instance(&mut stage, role);
    stage.by(&Hand::thief("2001:db8:beef::66", OTHER_CLI));
    looks_around(&mut stage, cred);
    goes_on(&mut stage, cred, &hand);
    stage.curtain(cred, &["A1"])
}

pub fn foreign_endpoint(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "instance-credentials-by-foreign-endpoint");
    let account = stage.account(0);
    let stranger = stage.foreign_account();
    let owner = stage.id_of(stranger);
    let role = stage.role(account, "batch-instance-role");
    let (cred, hand) = instance(&mut stage, role);
    // From a private address of a network that is none of ours.
    stage.by(&Hand::thief("10.66.6.6", OTHER_CLI));
    stage.through_endpoint_of("vpce-0bad0bad0bad0bad0", &owner);
    looks_around(&mut stage, cred);
    stage.through_endpoint("");
    goes_on(&mut stage, cred, &hand);
    stage.curtain(cred, &["A1"])
}

pub fn chained(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "instance-credentials-chained");
    let account = stage.account(0);
    let role = stage.role(account, "batch-instance-role");
    let report = stage.role(account, "report-writer");
    let (cred, hand) = instance(&mut stage, role);
    // One call with the instance's credentials, all others with a plain role's.
    stage.by(&Hand::thief("203.0.113.31", OTHER_CLI));
    stage.stolen(cred);
    let session = stage.assume_role(cred, Ask::for_role(report, "reports"));
    stage.name(session, "the role");
    stage.makes(
        session,
        &[
            ("s3:ListBuckets", "{}"),
            (
                "s3:GetObject",
                r#"{"bucketName":"examplecorp-reports","key":"2026/q3.pdf"}"#,
            ),
            ("dynamodb:ListTables", "{}"),
        ],
    );
    goes_on(&mut stage, cred, &hand);
    stage.curtain(cred, &["A1", "A9"])
}

pub fn task(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "task-credential-theft");
    let account = stage.account(1);
    let role = stage.role(account, "orders-task-role");
    let cred = stage.task_takes_role(role, "0b7c1d9e3f5a4c6d8e7f9a0b1c2d3e4f");
    stage.name(cred, "the task's session");
    let hand = Hand::rightful(&address::egress("us-east-1", 34), BOTO);
    stage.by(&hand);
    for _ in 0..4 {
        stage.calls(cred, "sqs:ReceiveMessage", r#"{"queueUrl":"orders"}"#);
        stage.wait(3 * MINUTE);
    }
    stage.by(&Hand::thief("203.0.113.32", OTHER_CLI));
    looks_around(&mut stage, cred);
    stage.by(&hand);
    stage.calls(cred, "sqs:ReceiveMessage", r#"{"queueUrl":"orders"}"#);
    stage.curtain(cred, &["A1"])
}

pub fn function(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "function-credential-theft");
    let account = stage.account(1);
    let role = stage.role(account, "thumbnails-lambda-role");
    let (init, cred) = stage.function_takes_role(role, "thumbnails");
    stage.name(init, "what Lambda took");
    stage.name(cred, "the function's session");
    let hand = Hand::rightful(&address::service("us-east-1", 35), BOTO);
    stage.by(&hand);
    stage.wait(3);
    for _ in 0..4 {
        stage.calls(
            cred,
            "s3:GetObject",
            r#"{"bucketName":"examplecorp-images","key":"raw/1.jpg"}"#,
        );
        stage.wait(3 * MINUTE);
    }
    stage.by(&Hand::thief("198.51.100.34", OTHER_CLI));
    looks_around(&mut stage, cred);
    stage.by(&hand);
    stage.calls(
        cred,
        "s3:GetObject",
        r#"{"bucketName":"examplecorp-images","key":"raw/2.jpg"}"#,
    );
    stage.curtain(cred, &["A1"])
}

pub fn masquerade(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "session-named-like-an-instance");
    let account = stage.account(0);
    let user = stage.user(account, "oleg");
    let role = stage.role(account, "batch-instance-role");
    let key = stage.key_of(user);
    stage.name(key, "oleg's key");
    stage.by(&Hand::rightful("192.0.2.36", CLI));
    stage.calls(key, "s3:ListBuckets", "{}");
    stage.by(&Hand::thief("203.0.113.36", OTHER_CLI));
    stage.until(10, 30);
    stage.stolen(key);
    let session = stage.assume_role(key, Ask::for_role(role, "i-0c0de5ca1ab1e0002"));
    stage.name(session, "the would-be instance");
    stage.makes(session, &[("s3:ListBuckets", "{}"), ("s3:GetObject", WORK)]);
    stage.curtain(session, &["A1"])
}

/// The machine does what it never did: from its own address, by a hole in its own program.
fn at_home(stage: &mut Stage, account: Account) -> Cred {
    let role = stage.role(account, "shop-instance-role");
    let (cred, hand) = instance(stage, role);
    stage.by(&Hand::thief(&hand.address, "python-requests/2.32.3"));
    stage.stolen(cred);
    cred
}

pub fn reconnaissance(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "instance-reconnaissance");
    let account = stage.account(0);
    let cred = at_home(&mut stage, account);
    stage.calls(cred, "sts:GetCallerIdentity", "");
    let role = r#"{"roleName":"shop-instance-role"}"#;
    stage.makes(
        cred,
        &[
            ("iam:GetRole", role),
            ("iam:ListRolePolicies", role),
            ("iam:ListAttachedRolePolicies", role),
        ],
    );
    stage.denied(cred, "iam:ListUsers", "");
    stage.wait(3 * MINUTE);
    stage.calls(cred, "s3:ListBuckets", "{}");
    for bucket in ["assets", "exports", "backups"] {
        let request = format!("{{\"bucketName\":\"examplecorp-{bucket}\"}}");
        stage.calls(cred, "s3:GetBucketAcl", &request);
        stage.calls(cred, "s3:GetBucketPolicy", &request);
    }
    stage.calls(cred, "lambda:ListFunctions20150331", "{}");
    stage.calls(
        cred,
        "lambda:GetFunction20150331v2",
        r#"{"functionName":"billing"}"#,
    );
    stage.curtain(cred, &["A3", "A5"])
}

pub fn slow_reconnaissance(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "instance-reconnaissance-slow");
    let account = stage.account(0);
    let cred = at_home(&mut stage, account);
    let role = r#"{"roleName":"shop-instance-role"}"#;
    for (call, request) in [
        ("iam:GetRole", role),
        ("iam:ListAttachedRolePolicies", role),
        ("s3:ListBuckets", "{}"),
        ("s3:GetBucketAcl", r#"{"bucketName":"examplecorp-exports"}"#),
        ("lambda:ListFunctions20150331", "{}"),
        (
            "lambda:GetFunction20150331v2",
            r#"{"functionName":"billing"}"#,
        ),
    ] {
        stage.calls(cred, call, request);
        stage.wait(45 * MINUTE);
    }
    stage.curtain(cred, &["A5"])
}

pub fn persistence(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "instance-makes-a-user");
    let account = stage.account(0);
    let cred = at_home(&mut stage, account);
    stage.calls(cred, "sts:GetCallerIdentity", "");
    let user = stage.create_user(cred, "metrics-agent");
    stage.calls(
        cred,
        "iam:AttachUserPolicy",
        r#"{"userName":"metrics-agent","policyArn":"arn:aws:iam::aws:policy/AdministratorAccess"}"#,
    );
    let key = stage.create_access_key(cred, user);
    stage.name(key, "the new user's key");
    stage.wait(50 * MINUTE);
    stage.by(&Hand::thief("203.0.113.39", OTHER_CLI));
    stage.calls(key, "sts:GetCallerIdentity", "");
    stage.calls(key, "s3:ListBuckets", "{}");
    stage.curtain(cred, &["A5", "A6"])
}

pub fn burst(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "instance-burst");
    let account = stage.account(0);
    let cred = at_home(&mut stage, account);
    stage.calls(cred, "sts:GetCallerIdentity", "");
    for region in ["us-east-1", "eu-west-1", "eu-central-1", "ap-southeast-2"] {
        stage.region = region;
        stage.makes(
            cred,
            &[
                ("ec2:CreateKeyPair", r#"{"keyName":"k1"}"#),
                ("ec2:CreateSecurityGroup", r#"{"groupName":"g1"}"#),
                (
                    "ec2:AuthorizeSecurityGroupIngress",
                    r#"{"groupId":"sg-0badbadbadbadbad1"}"#,
                ),
            ],
        );
        let request = r#"{"instanceType":"p4d.24xlarge","minCount":8,"maxCount":8}"#;
        if region == "us-east-1" {
            stage.calls(cred, "ec2:RunInstances", request);
        } else {
            stage.denied(cred, "ec2:RunInstances", request);
        }
        stage.denied(cred, "ecs:CreateCluster", r#"{"clusterName":"c1"}"#);
    }
    stage.region = "us-east-1";
    stage.denied(
        cred,
        "lambda:CreateFunction20150331",
        r#"{"functionName":"f1"}"#,
    );
    stage.curtain(cred, &["A7"])
}

/// Two days at work, and a third on which the thief comes; the credentials of the third.
fn on_the_third_day(stage: &mut Stage, role: Role, instance: &str, home: &Hand) -> Cred {
    stage.now -= 2 * DAY;
    for day in ["the first day's", "the second day's"] {
        stage.by(home);
        let cred = stage.instance_takes_role(role, instance);
        stage.name(cred, day);
        for _ in 0..4 {
            stage.calls(cred, "s3:GetObject", WORK);
            stage.wait(6 * MINUTE);
        }
        stage.wait(DAY - 24 * MINUTE);
    }
    stage.by(home);
    let cred = stage.instance_takes_role(role, instance);
    stage.name(cred, "the third day's");
    for _ in 0..4 {
        stage.calls(cred, "s3:GetObject", WORK);
        stage.wait(6 * MINUTE);
    }
    stage.stolen(cred);
    cred
}

pub fn through_systems_manager(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "instance-credentials-through-systems-manager");
    let account = stage.account(0);
    let role = stage.role(account, "settings-instance-role");
    let home = Hand::rightful(&address::egress("us-east-1", 37), BOTO);
    let cred = on_the_third_day(&mut stage, role, "i-0c0de5ca1ab1e0004", &home);
    // What the agent calls goes to the same service; none of this does the agent call.
    stage.by(&Hand::thief("203.0.113.97", BOTO));
    stage.makes(
        cred,
        &[
            (
                "ssm:GetParametersByPath",
                r#"{"path":"/shop","recursive":true,"withDecryption":true}"#,
            ),
            ("ssm:DescribeInstanceInformation", "{}"),
        ],
    );
    stage.denied(
        cred,
        "ssm:SendCommand",
        r#"{"instanceIds":["i-0c0de5ca1ab1e0001"],"documentName":"AWS-RunShellScript"}"#,
    );
    goes_on(&mut stage, cred, &home);
    stage.curtain(cred, &["A1"])
}

pub fn chained_then_iam(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "instance-chains-then-changes-identities");
    let account = stage.account(0);
    let role = stage.role(account, "report-instance-role");
    let rollout = stage.role(account, "rollout-admin");
    let home = Hand::rightful(&address::egress("us-east-1", 38), BOTO);
    let cred = on_the_third_day(&mut stage, role, "i-0c0de5ca1ab1e0005", &home);
    // From the machine itself, by a hole in its program; in IAM there is a plain role alone.
    stage.by(&Hand::thief(&home.address, "python-requests/2.32.3"));
    let session = stage.assume_role(cred, Ask::for_role(rollout, "rollout"));
    stage.name(session, "the role");
    stage.makes(
        session,
        &[
            ("iam:ListUsers", ""),
            ("iam:ListRoles", ""),
            ("iam:GetAccountAuthorizationDetails", ""),
            (
                "iam:AttachRolePolicy",
                r#"{"roleName":"report-instance-role","policyArn":"arn:aws:iam::aws:policy/AdministratorAccess"}"#,
            ),
        ],
    );
    goes_on(&mut stage, cred, &home);
    stage.curtain(session, &["A5", "A9"])
}
