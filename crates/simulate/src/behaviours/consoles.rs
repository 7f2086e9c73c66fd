//! Ways into the console that are not the sign-in page.
//!
//! In: a stage. Out: one day of each habit. Deliberately not here: the same done by a thief
//! (`stories::federation_to_console`).

use super::{Behaviour, Days, HABIT};
use crate::address;
use crate::clock::{HOUR, MINUTE};
use crate::stage::{Account, Ask, Hand, Stage};

pub(super) const HABITS: &[Behaviour] = &[
    Behaviour {
        name: "identity-broker",
        what: "the company's own broker takes federation tokens for its people and opens the console with them",
        confuses: &["A2", "A4"],
        days: Days::Weekdays,
        begins: 8,
        takes: 6,
        act: identity_broker,
        ..HABIT
    },
    Behaviour {
        name: "aws-vault-login",
        what: "an administrator whose tool opens the console with a federation token",
        confuses: &["A2"],
        every: 3,
        days: Days::Weekdays,
        begins: 10,
        act: aws_vault_login,
        ..HABIT
    },
    Behaviour {
        name: "legacy-portal",
        what: "an old single sign-on portal on an instance takes roles and opens the console for its people",
        confuses: &["A2", "A8"],
        days: Days::Weekdays,
        begins: 9,
        takes: 5,
        act: legacy_portal,
        ..HABIT
    },
];

const READ_ONLY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ec2:Describe*","s3:List*"],"Resource":"*"}]}"#;

fn identity_broker(stage: &mut Stage, account: Account) {
    let user = stage.user(account, "identity-broker");
    let key = stage.key_of(user);
    let broker = Hand::rightful(
        &address::egress("us-east-1", 8_800),
        "python-requests/2.32.3",
    );
    for person in ["nils", "oda", "per"] {
        stage.by(&broker);
        let token = stage.get_federation_token(key, person, 8 * HOUR, READ_ONLY);
        stage.get_signin_token(token);
        stage.by(&Hand::rightful("192.0.2.18", crate::stage::BROWSER));
        let console = stage.federated_login(token);
        stage.wait(60);
        stage.console_calls(console, "ec2:DescribeInstances", "{}");
        stage.console_calls(console, "s3:ListBuckets", "{}");
        stage.wait(75 * MINUTE);
    }
}

fn aws_vault_login(stage: &mut Stage, account: Account) {
    let user = stage.user(account, "rut");
    let key = stage.key_of(user);
    stage.by(&Hand::rightful("192.0.2.11", "Go-http-client/2.0"));
    let token = stage.get_federation_token(key, "rut", HOUR, READ_ONLY);
    stage.get_signin_token(token);
    let console = stage.federated_login(token);
    stage.wait(30);
    stage.console_calls(console, "ec2:DescribeVolumes", "{}");
}

fn legacy_portal(stage: &mut Stage, account: Account) {
    let portal = stage.role(account, "portal-instance-role");
    let people = stage.role(account, "portal-people");
    let mut id = String::from("i-0");
    crate::ids::hex(account.index() as u64 + 71, 16, &mut id);
    let cred = stage.instance_takes_role(portal, &id);
    let server = Hand::rightful(
        &address::egress("us-east-1", 8_900),
        "Apache-HttpClient/4.5.14 (Java/17.0.13)",
    );
    for person in ["siri", "tor"] {
        stage.by(&server);
        let session = stage.assume_role(cred, Ask::for_role(people, person).lasting(HOUR));
        stage.get_signin_token(session);
        stage.by(&Hand::rightful("192.0.2.19", crate::stage::BROWSER));
        let console = stage.federated_login(session);
        stage.wait(45);
        stage.console_calls(console, "cloudwatch:DescribeAlarms", "{}");
        stage.wait(90 * MINUTE);
    }
}
