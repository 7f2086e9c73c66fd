//! Eight hundred forward-access events: services that act for their callers are no new credentials.
//!
//! In: a seed. Out: a user's key and an instance's session call services that call others on their
//! behalf, eight hundred times, each time under an `ASIA` id that is seen nowhere else. Counted as
//! session tokens they would be eight hundred; there is none. Deliberately not here: theft.

use super::Told;
use crate::address;
use crate::stage::{BOTO, CLI, Hand, Stage};

/// From a key and from an instance's session, by turns.
pub const EVENTS: usize = 800;

pub fn tell(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "forward-access");
    let account = stage.account(0);
    let vera = stage.user(account, "vera");
    let loader = stage.role(account, "loader-instance-role");
    let key = stage.key_of(vera);
    stage.name(key, "vera's key");
    let instance = stage.instance_takes_role(loader, "i-0fee1900dbeef1234");
    stage.name(instance, "the instance's session");
    let office = Hand::rightful("192.0.2.18", CLI);
    let egress = Hand::rightful(&address::egress("us-east-1", 12), BOTO);
    stage.pace = 2;
    for round in 0..EVENTS {
        let secret = format!("{{\"secretId\":\"orders/db-{}\"}}", round % 9);
        if round % 4 == 3 {
            stage.by(&egress);
            stage.calls(instance, "secretsmanager:GetSecretValue", &secret);
            let request = r#"{"encryptionContext":{"SecretARN":"orders"}}"#;
            stage.forwarded(instance, "secretsmanager", "kms:Decrypt", request);
        } else if round % 4 == 1 {
            stage.by(&office);
            stage.calls(key, "cloudformation:DescribeStacks", "{}");
            stage.forwarded(key, "AWS Internal", "ec2:DescribeSubnets", "{}");
        } else {
            stage.by(&office);
            stage.pace = 0;
            stage.calls(key, "secretsmanager:GetSecretValue", &secret);
            stage.pace = 2;
            let request = r#"{"encryptionContext":{"SecretARN":"orders"}}"#;
            stage.forwarded(key, "secretsmanager", "kms:Decrypt", request);
        }
    }
    stage.curtain(key, &[])
}
