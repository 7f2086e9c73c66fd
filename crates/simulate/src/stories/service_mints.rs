//! What services mint: for an instance, a function and a task.
//!
//! In: a seed. Out: EC2 takes an instance's role, without naming the session in its answer and for
//! six hours and 35 minutes; the instance works with that key and takes a second role with it. Lambda
//! takes a function's role under a name of its own, and the function works with another key. ECS takes
//! a task's role. Deliberately not here: theft (`instance_credential_theft`).

use super::Told;
use crate::address;
use crate::clock::{HOUR, MINUTE};
use crate::stage::{Ask, BOTO, Hand, Stage};

pub fn tell(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "service-mints");
    let (account, other) = (stage.account(0), stage.account(1));
    let web = stage.role(account, "web-instance-role");
    let thumbnails = stage.role(account, "thumbnails-lambda-role");
    let orders = stage.role(account, "orders-task-role");
    let archive = stage.role(other, "archive-writer");
    let egress = address::egress("us-east-1", 41);

    let instance = stage.instance_takes_role(web, "i-0d3adb1e55ed0c0de");
    stage.name(instance, "the instance's session");
    stage.by(&Hand::rightful(&egress, BOTO));
    stage.wait(30);
    stage.calls(instance, "ssm:GetParameter", r#"{"name":"/web/config"}"#);
    let archiving = stage.assume_role(instance, Ask::for_role(archive, "nightly"));
    stage.name(archiving, "the archive");
    stage.calls(
        archiving,
        "s3:PutObject",
        r#"{"bucketName":"examplecorp-archive","key":"2026/10/14.tar"}"#,
    );

    let (init, function) = stage.function_takes_role(thumbnails, "thumbnails");
    stage.name(init, "what Lambda took");
    stage.name(function, "what the function works with");
    stage.by(&Hand::rightful(&address::service("us-east-1", 7), BOTO));
    stage.wait(5);
    stage.calls(
        function,
        "s3:GetObject",
        r#"{"bucketName":"examplecorp-images","key":"raw/1.jpg"}"#,
    );

    let task = stage.task_takes_role(orders, "6f1d0c2b8a7e49f3b5d4c1e2f3a49586");
    stage.name(task, "the task's session");
    stage.by(&Hand::rightful("10.0.7.21", BOTO));
    stage.calls(task, "sqs:ListQueues", "{}");

    // Four hours later the instance has new credentials while the old ones still work.
    stage.wait(4 * HOUR);
    let renewed = stage.instance_takes_role(web, "i-0d3adb1e55ed0c0de");
    stage.name(renewed, "the instance's next session");
    stage.by(&Hand::rightful(&egress, BOTO));
    stage.wait(MINUTE);
    stage.calls(renewed, "ssm:GetParameter", r#"{"name":"/web/config"}"#);
    stage.curtain(instance, &[])
}
