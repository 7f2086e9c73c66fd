//! A session token taken with MFA, and two roles taken with the token.
//!
//! In: a seed. Out: an ordinary morning of an engineer: the key calls `GetSessionToken` with the
//! code of her device, the token takes two roles, one with a longer life than the other. All three
//! know of the MFA; the second role has run out when the story ends. Deliberately not here: theft.

use super::Told;
use crate::clock::{HOUR, MINUTE};
use crate::stage::{Ask, CLI, Hand, Stage};

pub fn tell(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "session-token-then-roles");
    let (home, production) = (stage.account(0), stage.account(1));
    let ines = stage.user(home, "ines");
    let device = stage.mfa_of(ines);
    let administrator = stage.role(home, "network-administrator");
    let auditor = stage.role(production, "cost-auditor");
    let key = stage.key_of(ines);
    stage.name(key, "ines's key");

    stage.by(&Hand::rightful("192.0.2.22", CLI));
    let token = stage.get_session_token(key, 12 * HOUR, &device);
    stage.name(token, "the token");
    stage.calls(token, "sts:GetCallerIdentity", "");
    let ask = Ask::for_role(administrator, "ines").lasting(2 * HOUR);
    let long = stage.assume_role(token, ask);
    stage.name(long, "two hours of the network");
    stage.calls(long, "ec2:DescribeRouteTables", "{}");
    let ask = Ask::for_role(auditor, "ines").lasting(15 * MINUTE);
    let short = stage.assume_role(token, ask);
    stage.name(short, "a quarter of an hour of the costs");
    stage.calls(short, "ce:GetCostAndUsage", "{}");
    stage.wait(40 * MINUTE);
    stage.calls(long, "ec2:DescribeVpcs", "{}");
    stage.calls(token, "s3:ListBuckets", "{}");
    stage.curtain(token, &[])
}
