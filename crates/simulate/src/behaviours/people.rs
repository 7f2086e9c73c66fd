//! People: who works through Identity Center, who breaks the glass, who has a new telephone.
//!
//! In: a stage. Out: one day of each habit. Deliberately not here: tools (`tokens`, `roles`).

use super::{Behaviour, Days, HABIT, Reach};
use crate::clock::{DAY, HOUR, MINUTE};
use crate::stage::{Account, Ask, BROWSER, CLI, Hand, Stage};

pub(super) const HABITS: &[Behaviour] = &[
    Behaviour {
        name: "identity-center-person",
        what: "a person takes permission sets in several accounts and with one of them a further role",
        confuses: &["A8", "A9"],
        reach: Reach::Organisation,
        days: Days::Weekdays,
        begins: 8,
        takes: 6,
        act: identity_center_person,
        ..HABIT
    },
    Behaviour {
        name: "portal-role-loop",
        what: "a tool asks the portal for two roles in every account, one after the other",
        confuses: &["A4", "A8"],
        reach: Reach::Organisation,
        every: 2,
        days: Days::Weekdays,
        begins: 8,
        act: portal_role_loop,
        ..HABIT
    },
    Behaviour {
        name: "console-role-switcher",
        what: "a user signs in with MFA and switches to a role of every account in turn",
        confuses: &["A8", "A9"],
        reach: Reach::Organisation,
        days: Days::Weekdays,
        begins: 9,
        takes: 4,
        act: console_role_switcher,
        ..HABIT
    },
    Behaviour {
        name: "break-glass",
        what: "an administrator uses the emergency user, from home, and takes administrator roles in all accounts",
        confuses: &["A6", "A8", "A10"],
        reach: Reach::Organisation,
        every: 13,
        begins: 21,
        act: break_glass,
        ..HABIT
    },
    Behaviour {
        name: "new-telephone",
        what: "a user enrols a new MFA device and takes the old one off, from the office",
        confuses: &["A10"],
        every: 9,
        days: Days::Weekdays,
        begins: 12,
        act: new_telephone,
        ..HABIT
    },
    Behaviour {
        name: "mistyped-codes",
        what: "a user mistypes the code of the device twice and gets it right at the third time",
        confuses: &["A10"],
        every: 2,
        days: Days::Weekdays,
        begins: 8,
        act: mistyped_codes,
        ..HABIT
    },
    Behaviour {
        name: "office-and-train",
        what: "a user's device serves from the office and half an hour later from a mobile network",
        confuses: &["A10"],
        every: 2,
        days: Days::Weekdays,
        begins: 17,
        act: office_and_train,
        ..HABIT
    },
    Behaviour {
        name: "laptop-and-vpn",
        what: "a laptop whose VPN goes on and off within minutes, with two programs in one session",
        confuses: &["A10", "A13"],
        every: 2,
        days: Days::Weekdays,
        begins: 10,
        act: laptop_and_vpn,
        ..HABIT
    },
    Behaviour {
        name: "administrator-at-home",
        what: "an administrator who is in the office by day and, on Wednesdays, sets a colleague's password from home in the evening",
        confuses: &["A6", "A10"],
        days: Days::Weekdays,
        begins: 9,
        takes: 12,
        act: administrator_at_home,
        ..HABIT
    },
];

fn identity_center_person(stage: &mut Stage, management: Account) {
    let _ = management;
    let person = "agnes@example.com";
    stage.by(&Hand::rightful("192.0.2.14", CLI));
    let portal = stage.portal_sign_in(person);
    for account in stage.organisation_accounts().take(3) {
        let set = stage.permission_set(account, "PowerUserAccess");
        let session = stage.portal_role(portal, set, "PowerUserAccess", person);
        stage.calls(session, "sts:GetCallerIdentity", "");
        stage.calls(session, "ec2:DescribeInstances", "{}");
        let role = stage.role(account, "database-operator");
        let inner = stage.assume_role(session, Ask::for_role(role, "agnes"));
        stage.calls(inner, "rds:DescribeDBInstances", "{}");
        stage.wait(70 * MINUTE);
    }
}

fn portal_role_loop(stage: &mut Stage, management: Account) {
    let _ = management;
    let person = "bo@example.com";
    stage.by(&Hand::rightful(
        "192.0.2.12",
        "aws-sdk-go-v2/1.32.7 aws-sso-cli/1.17.0",
    ));
    let portal = stage.portal_sign_in(person);
    stage.pace = 3;
    for account in stage.organisation_accounts() {
        for set in ["ReadOnlyAccess", "PowerUserAccess"] {
            let role = stage.permission_set(account, set);
            let session = stage.portal_role(portal, role, set, person);
            stage.calls(session, "sts:GetCallerIdentity", "");
        }
    }
}

fn console_role_switcher(stage: &mut Stage, hub: Account) {
    let user = stage.user(hub, "bjarne");
    let device = stage.mfa_of(user);
    stage.by(&Hand::rightful("192.0.2.15", BROWSER));
    let console = stage.console_login(user, &device);
    stage.wait(30);
    for account in stage.organisation_accounts().skip(1).take(4) {
        let role = stage.role(account, "support-reader");
        let switched = stage.switch_role(console, role, "bjarne");
        stage.console_calls(switched, "ec2:DescribeInstances", "{}");
        stage.console_calls(switched, "cloudwatch:DescribeAlarms", "{}");
        stage.wait(4 * MINUTE);
    }
}

fn break_glass(stage: &mut Stage, management: Account) {
    let user = stage.user(management, "break-glass");
    let device = stage.mfa_of(user);
    let key = stage.key_of(user);
    stage.by(&Hand::rightful("198.51.100.17", CLI));
    let token = stage.get_session_token(key, HOUR, &device);
    stage.calls(token, "sts:GetCallerIdentity", "");
    for account in stage.organisation_accounts() {
        let role = stage.role(account, "emergency-administrator");
        let session = stage.assume_role(token, Ask::for_role(role, "break-glass"));
        stage.calls(session, "cloudtrail:DescribeTrails", "{}");
        stage.calls(session, "ec2:DescribeNetworkAcls", "{}");
    }
}

fn new_telephone(stage: &mut Stage, account: Account) {
    let user = stage.user(account, "cora");
    let old = stage.mfa_of(user);
    stage.by(&Hand::rightful("192.0.2.16", BROWSER));
    let console = stage.console_login(user, &old);
    stage.wait(40);
    let id = stage.id_of(account);
    let new = format!("arn:aws:iam::{id}:mfa/cora-telephone");
    stage.console_calls_and_gets(
        console,
        "iam:CreateVirtualMFADevice",
        r#"{"path":"/","virtualMFADeviceName":"cora-telephone"}"#,
        &format!("{{\"virtualMFADevice\":{{\"serialNumber\":\"{new}\"}}}}"),
    );
    for (call, serial) in [
        ("iam:DeactivateMFADevice", &old),
        ("iam:EnableMFADevice", &new),
    ] {
        let request = format!("{{\"userName\":\"cora\",\"serialNumber\":\"{serial}\"}}");
        stage.console_calls(console, call, &request);
    }
    stage.wait(30 * MINUTE);
    let again = stage.console_login(user, &new);
    stage.wait(20);
    stage.console_calls(again, "s3:ListBuckets", "{}");
}

fn mistyped_codes(stage: &mut Stage, account: Account) {
    let user = stage.user(account, "dagny");
    let device = stage.mfa_of(user);
    let key = stage.key_of(user);
    stage.by(&Hand::rightful("192.0.2.17", CLI));
    let why = "MultiFactorAuthentication failed with invalid MFA one time pass code.";
    stage.get_session_token_refused(key, &device, why);
    stage.get_session_token_refused(key, &device, why);
    stage.wait(20);
    let token = stage.get_session_token(key, 12 * HOUR, &device);
    stage.calls(token, "s3:ListBuckets", "{}");
    stage.console_login_fails(user, &device);
    stage.console_login(user, &device);
}

fn office_and_train(stage: &mut Stage, account: Account) {
    let user = stage.user(account, "edda");
    let device = stage.mfa_of(user);
    let key = stage.key_of(user);
    stage.by(&Hand::rightful("192.0.2.10", CLI));
    let token = stage.get_session_token(key, HOUR, &device);
    stage.calls(token, "logs:DescribeLogGroups", "{}");
    stage.wait(25 * MINUTE);
    stage.by(&Hand::rightful("198.51.100.203", CLI));
    stage.calls(token, "logs:FilterLogEvents", r#"{"logGroupName":"/app"}"#);
    let token = stage.get_session_token(key, HOUR, &device);
    stage.calls(token, "logs:DescribeLogGroups", "{}");
}

const TERRAFORM: &str = "APN/1.0 HashiCorp/1.0 Terraform/1.10.3 (+https://www.terraform.io) \
                         terraform-provider-aws/5.82.2 aws-sdk-go-v2/1.32.7 ua/2.1 os/macos";

fn laptop_and_vpn(stage: &mut Stage, account: Account) {
    let user = stage.user(account, "sunniva");
    let device = stage.mfa_of(user);
    let key = stage.key_of(user);
    let (vpn, home) = ("192.0.2.18", "198.51.100.205");
    stage.by(&Hand::rightful(vpn, CLI));
    let token = stage.get_session_token(key, 8 * HOUR, &device);
    for _ in 0..5 {
        for address in [vpn, home] {
            stage.by(&Hand::rightful(address, CLI));
            stage.calls(token, "ec2:DescribeInstances", "{}");
            stage.by(&Hand::rightful(address, TERRAFORM));
            stage.calls(token, "ec2:DescribeVpcs", "{}");
            stage.wait(20);
        }
        stage.wait(4 * MINUTE);
    }
}

fn administrator_at_home(stage: &mut Stage, account: Account) {
    let user = stage.user(account, "torunn");
    let device = stage.mfa_of(user);
    stage.by(&Hand::rightful("192.0.2.19", BROWSER));
    let console = stage.console_login(user, &device);
    stage.console_calls(console, "iam:ListUsers", "{}");
    // The first of January 1970 was a Thursday.
    if stage.now.div_euclid(DAY).rem_euclid(7) != 6 {
        return;
    }
    stage.wait(10 * HOUR);
    stage.by(&Hand::rightful("198.51.100.207", BROWSER));
    let console = stage.console_login(user, &device);
    stage.console_calls(console, "iam:GetLoginProfile", r#"{"userName":"hedda"}"#);
    stage.console_calls(
        console,
        "iam:UpdateLoginProfile",
        r#"{"userName":"hedda","passwordResetRequired":true}"#,
    );
}
