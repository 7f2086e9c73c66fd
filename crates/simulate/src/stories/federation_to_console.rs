//! A federation token, a sign-in token, the console.
//!
//! In: a seed. Out: a stolen key calls `GetFederationToken` with a policy that allows everything,
//! turns the answer into a sign-in URL within two minutes, opens the console with it, and there does
//! what a federation token may not do on the command line: it makes a user. The work in the console
//! has keys that no minting names. Deliberately not here: the same by `AssumeRole`.

use super::Told;
use crate::clock::HOUR;
use crate::stage::{CLI, Hand, Stage};

const EVERYTHING: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

pub fn tell(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "federation-token-to-console");
    let account = stage.account(0);
    let tomas = stage.user(account, "tomas");
    let key = stage.key_of(tomas);
    stage.name(key, "tomas's key");
    stage.by(&Hand::rightful("192.0.2.40", CLI));
    stage.calls(key, "dynamodb:ListTables", "{}");

    stage.by(&Hand::thief("198.51.100.23", "python-requests/2.32.3"));
    stage.until(10, 12);
    stage.stolen(key);
    let token = stage.get_federation_token(key, "support", 12 * HOUR, EVERYTHING);
    stage.name(token, "the federation token");
    stage.wait(35);
    stage.get_signin_token(token);
    stage.wait(20);
    let console = stage.federated_login(token);
    stage.name(console, "the console");
    stage.wait(60);
    stage.console_calls(console, "ec2:DescribeInstances", "{}");
    stage.console_calls(console, "iam:ListUsers", "{}");
    stage.console_calls(console, "iam:CreateUser", r#"{"userName":"svc-backup"}"#);
    stage.console_calls(
        console,
        "iam:AttachUserPolicy",
        r#"{"userName":"svc-backup","policyArn":"arn:aws:iam::aws:policy/AdministratorAccess"}"#,
    );
    stage.curtain(token, &["A2"])
}
