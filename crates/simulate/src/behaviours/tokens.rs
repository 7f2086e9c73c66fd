//! People and scripts who take tokens, some of them many.
//!
//! In: a stage. Out: one day of each habit. Deliberately not here: tokens that become console
//! sessions (`consoles`).

use super::{Behaviour, Days, HABIT};
use crate::clock::{HOUR, MINUTE};
use crate::random::{derive, scale};
use crate::stage::{Account, Ask, BOTO, CLI, Hand, Saml, Stage};

pub(super) const HABITS: &[Behaviour] = &[
    Behaviour {
        name: "aws-vault-shells",
        what: "an engineer whose tool takes a token with MFA for each shell, one to six a day",
        confuses: &["A4", "A10"],
        days: Days::Weekdays,
        begins: 8,
        takes: 10,
        act: aws_vault_shells,
        ..HABIT
    },
    Behaviour {
        name: "saml2aws",
        what: "an engineer who takes a role with SAML on the command line, a few times a day",
        confuses: &["A4", "A8"],
        days: Days::Weekdays,
        begins: 9,
        takes: 9,
        act: saml2aws,
        ..HABIT
    },
    Behaviour {
        name: "mfa-wrapper-script",
        what: "a script that takes a token with MFA, then a role with the token",
        confuses: &["A4", "A8", "A10"],
        days: Days::Weekdays,
        begins: 10,
        takes: 4,
        act: mfa_wrapper_script,
        ..HABIT
    },
    Behaviour {
        name: "terraform-mfa-wrapper",
        what: "a wrapper around Terraform that takes a token with MFA for every plan",
        confuses: &["A4", "A10"],
        every: 2,
        days: Days::Weekdays,
        begins: 13,
        takes: 4,
        act: terraform_mfa_wrapper,
        ..HABIT
    },
    Behaviour {
        name: "ci-wraps-keys",
        what: "a build service that takes a token with its user's key for each of its jobs, day and night",
        confuses: &["A4"],
        begins: 0,
        takes: 24,
        act: ci_wraps_keys,
        ..HABIT
    },
    Behaviour {
        name: "vault-wraps-keys",
        what: "a vault that takes a token without MFA every few hours, each good for twelve, and hands it to a job",
        confuses: &["A4"],
        begins: 0,
        takes: 16,
        act: vault_wraps_keys,
        ..HABIT
    },
    Behaviour {
        name: "sdk-retries",
        what: "a client whose first answer is lost and who asks for the same token again in the same second",
        confuses: &["A4"],
        every: 2,
        begins: 17,
        act: sdk_retries,
        ..HABIT
    },
    Behaviour {
        name: "long-token",
        what: "an operator who takes a token for a day and a half before a weekend's migration",
        confuses: &["A4"],
        every: 7,
        begins: 16,
        act: long_token,
        ..HABIT
    },
];

const VAULT: &str = "aws-sdk-go/1.44.273 (go1.21.5; darwin; arm64) aws-vault/7.2.0";

fn aws_vault_shells(stage: &mut Stage, account: Account) {
    let user = stage.user(account, "hedda");
    let device = stage.mfa_of(user);
    let key = stage.key_of(user);
    stage.by(&Hand::rightful("192.0.2.11", VAULT));
    let shells = 1 + scale(derive(stage.now as u64, 1), 6);
    for _ in 0..shells {
        let token = stage.get_session_token(key, HOUR, &device);
        stage.by(&Hand::rightful("192.0.2.11", CLI));
        stage.makes(
            token,
            &[("s3:ListBuckets", "{}"), ("logs:DescribeLogGroups", "{}")],
        );
        stage.by(&Hand::rightful("192.0.2.11", VAULT));
        stage.wait(80 * MINUTE);
    }
}

fn saml2aws(stage: &mut Stage, account: Account) {
    let role = stage.role(account, "engineers");
    stage.by(&Hand::rightful(
        "192.0.2.12",
        "saml2aws/2.36.18 (darwin arm64)",
    ));
    for _ in 0..3 {
        let session = stage.assume_role_with_saml(Saml {
            role,
            person: "ilse@example.com",
            provider: "corporate-directory",
            asked: 2 * HOUR,
            given: 2 * HOUR,
        });
        stage.makes(
            session,
            &[
                ("sts:GetCallerIdentity", ""),
                ("ec2:DescribeInstances", "{}"),
            ],
        );
        stage.wait(150 * MINUTE);
    }
}

fn mfa_wrapper_script(stage: &mut Stage, account: Account) {
    let user = stage.user(account, "jorun");
    let device = stage.mfa_of(user);
    let role = stage.role(account, "operations");
    let key = stage.key_of(user);
    stage.by(&Hand::rightful("192.0.2.13", BOTO));
    for _ in 0..2 {
        stage.calls(key, "sts:GetCallerIdentity", "");
        let token = stage.get_session_token(key, 12 * HOUR, &device);
        let session = stage.assume_role(token, Ask::for_role(role, "jorun"));
        stage.calls(session, "rds:DescribeDBInstances", "{}");
        stage.wait(100 * MINUTE);
    }
}

fn terraform_mfa_wrapper(stage: &mut Stage, account: Account) {
    let user = stage.user(account, "kaspar");
    let device = stage.mfa_of(user);
    let key = stage.key_of(user);
    for _ in 0..3 {
        stage.by(&Hand::rightful("192.0.2.14", CLI));
        let token = stage.get_session_token(key, HOUR, &device);
        stage.makes(
            token,
            &[
                (
                    "s3:GetObject",
                    r#"{"bucketName":"examplecorp-tfstate","key":"dev.tfstate"}"#,
                ),
                ("ec2:DescribeVpcs", "{}"),
            ],
        );
        stage.wait(50 * MINUTE);
    }
}

fn ci_wraps_keys(stage: &mut Stage, account: Account) {
    let user = stage.user(account, "ci-artifacts");
    let key = stage.key_of(user);
    stage.by(&Hand::rightful("198.51.100.60", BOTO));
    for _ in 0..7 {
        let token = stage.get_session_token(key, HOUR, "");
        stage.calls(
            token,
            "s3:PutObject",
            r#"{"bucketName":"examplecorp-artifacts","key":"build.zip"}"#,
        );
        stage.wait(3 * HOUR);
    }
}

fn vault_wraps_keys(stage: &mut Stage, account: Account) {
    let user = stage.user(account, "vault");
    let key = stage.key_of(user);
    stage.by(&Hand::rightful(
        "198.51.100.61",
        "Vault/1.18.2 (+https://www.vaultproject.io/; go1.23.3) aws-sdk-go/1.55.5",
    ));
    for _ in 0..6 {
        let token = stage.get_session_token(key, 12 * HOUR, "");
        stage.calls(token, "rds:DescribeDBInstances", "{}");
        stage.wait(150 * MINUTE);
    }
}

fn sdk_retries(stage: &mut Stage, account: Account) {
    let user = stage.user(account, "meter-reader");
    let key = stage.key_of(user);
    stage.by(&Hand::rightful("192.0.2.16", BOTO));
    let pace = std::mem::replace(&mut stage.pace, 0);
    stage.get_session_token(key, HOUR, "");
    stage.get_session_token(key, HOUR, "");
    let token = stage.get_session_token(key, HOUR, "");
    stage.pace = pace;
    stage.wait(5);
    stage.calls(token, "dynamodb:DescribeTable", r#"{"tableName":"meters"}"#);
}

fn long_token(stage: &mut Stage, account: Account) {
    let user = stage.user(account, "leif");
    let device = stage.mfa_of(user);
    let key = stage.key_of(user);
    stage.by(&Hand::rightful("192.0.2.17", CLI));
    let token = stage.get_session_token(key, 36 * HOUR, &device);
    stage.calls(token, "dms:DescribeReplicationTasks", "{}");
}
