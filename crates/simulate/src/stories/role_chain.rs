//! Four hops over three accounts, with a source identity that never changes.
//!
//! In: a seed. Out: a user's key takes a role in the next account, that session a role in the third,
//! and back, four times; the source identity set at the first hop is seen on every later one, the
//! session names tell nothing. The thief's part is the whole chain. And a chain of two that is asked
//! for half a day, refused, and taken for an hour. Deliberately not here: chains that turn in a circle
//! (`role_juggling`).

use super::Told;
use crate::clock::HOUR;
use crate::stage::{Ask, Hand, OTHER_CLI, Stage};

pub fn tell(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "role-chain-over-accounts");
    let (shared, build, production) = (stage.account(0), stage.account(1), stage.account(2));
    let dana = stage.user(shared, "dana");
    let reader = stage.role(shared, "catalogue-reader");
    let builder = stage.role(build, "artifact-builder");
    let deployer = stage.role(production, "release-deployer");
    let operator = stage.role(production, "database-operator");
    let key = stage.key_of(dana);
    stage.name(key, "dana's key");

    stage.by(&Hand::rightful("192.0.2.31", crate::stage::CLI));
    stage.calls(key, "s3:ListBuckets", "{}");

    stage.by(&Hand::thief("203.0.113.40", OTHER_CLI));
    stage.until(9, 30);
    stage.stolen(key);
    stage.calls(key, "sts:GetCallerIdentity", "");
    let ask = Ask::for_role(reader, "session-1").as_source("dana");
    let first = stage.assume_role(key, ask);
    stage.makes(
        first,
        &[("s3:ListBuckets", "{}"), ("ec2:DescribeRegions", "{}")],
    );
    stage.wait(120);
    let second = stage.assume_role(first, Ask::for_role(builder, "session-2"));
    stage.calls(second, "ecr:DescribeRepositories", "{}");
    stage.wait(60);
    let third = stage.assume_role(second, Ask::for_role(deployer, "session-3"));
    stage.calls(third, "ecs:ListClusters", "{}");
    stage.denied(third, "rds:DescribeDBInstances", "{}");
    stage.wait(60);
    let fourth = stage.assume_role(third, Ask::for_role(operator, "session-4"));
    stage.calls(fourth, "rds:DescribeDBInstances", "{}");
    stage.calls(
        fourth,
        "rds:CreateDBSnapshot",
        r#"{"dBInstanceIdentifier":"orders-db","dBSnapshotIdentifier":"orders-copy"}"#,
    );
    for (cred, name) in [
        (first, "hop one"),
        (second, "hop two"),
        (third, "hop three"),
        (fourth, "hop four"),
    ] {
        stage.name(cred, name);
    }
    stage.curtain(fourth, &["A9"])
}

/// A thief who knows how long a role may last, and not that a chain may not.
pub fn too_long(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "chained-session-asked-for-too-long");
    let (build, production) = (stage.account(1), stage.account(2));
    let hilde = stage.user(build, "hilde");
    let runner = stage.role(build, "suite-runner");
    let archive = stage.role(production, "archive-operator");
    let key = stage.key_of(hilde);
    stage.name(key, "hilde's key");

    stage.by(&Hand::rightful("192.0.2.42", crate::stage::CLI));
    stage.calls(key, "s3:ListBuckets", "{}");
    stage.by(&Hand::thief("203.0.113.102", OTHER_CLI));
    stage.until(9, 50);
    stage.stolen(key);
    let first = stage.assume_role(key, Ask::for_role(runner, "hilde").lasting(12 * HOUR));
    stage.name(first, "hop one");
    for hours in [12, 8] {
        let ask = Ask::for_role(archive, "hilde").lasting(hours * HOUR);
        stage.assume_role_too_long(first, ask);
    }
    let second = stage.assume_role(first, Ask::for_role(archive, "hilde"));
    stage.name(second, "hop two");
    stage.makes(
        second,
        &[
            ("s3:ListBuckets", "{}"),
            (
                "s3:GetObject",
                r#"{"bucketName":"examplecorp-archive","key":"2026/q2.parquet"}"#,
            ),
        ],
    );
    stage.curtain(second, &["A9"])
}
