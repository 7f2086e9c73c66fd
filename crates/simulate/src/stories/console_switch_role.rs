//! *Switch role* in the console: the key that is minted is not the key that is used.
//!
//! In: a seed. Out: a user signs in with MFA, works, and switches to a role of another account. Three
//! records tell of the switch (the caller's copy, the owner's copy, the sign-in service's own), and
//! they are one minting. What follows in the other account has keys of its own and only the session's
//! name and second in common with it. Deliberately not here: theft.

use super::Told;
use crate::stage::{BROWSER, Hand, Stage};

pub fn tell(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "console-switch-role");
    let (home, production) = (stage.account(0), stage.account(1));
    let jonas = stage.user(home, "jonas");
    let device = stage.mfa_of(jonas);
    let support = stage.role(production, "support-reader");

    stage.by(&Hand::rightful("192.0.2.51", BROWSER));
    let console = stage.console_login(jonas, &device);
    stage.name(console, "jonas in the console");
    stage.wait(40);
    stage.console_calls(console, "ec2:DescribeInstances", "{}");
    stage.console_calls(console, "cloudwatch:DescribeAlarms", "{}");
    stage.wait(90);
    let switched = stage.switch_role(console, support, "jonas");
    stage.name(switched, "jonas in the other account");
    stage.wait(20);
    stage.console_calls(switched, "ec2:DescribeInstances", "{}");
    stage.console_calls(switched, "rds:DescribeDBInstances", "{}");
    stage.console_calls(switched, "logs:DescribeLogGroups", "{}");
    stage.wait(600);
    stage.console_calls(console, "ec2:DescribeVolumes", "{}");
    stage.curtain(switched, &[])
}
