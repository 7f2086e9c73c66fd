//! An assertion that ends sooner than what was asked for.
//!
//! In: a seed. Out: two people take one role with SAML and ask for an hour each. The identity provider's
//! session of the first ends in a quarter of an hour, and so does hers: the request says 3,600 seconds, the
//! answer 900 from now, and the answer is right. The second gets what he asked for. Deliberately not here:
//! other identities of other houses (`web_identity_and_saml`).

use super::Told;
use crate::clock::{HOUR, MINUTE};
use crate::stage::{BROWSER, Hand, Saml, Stage};

pub fn tell(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "saml-cut-short");
    let account = stage.account(0);
    let role = stage.role(account, "ledger-reader");
    let ask = |person, given| Saml {
        role,
        person,
        provider: "corporate-directory",
        asked: HOUR,
        given,
    };
    let desk = |address| Hand::rightful(address, BROWSER);
    stage.by(&desk("192.0.2.82"));
    let short = stage.assume_role_with_saml(ask("nora@example.com", 15 * MINUTE));
    stage.name(short, "what ends early");
    stage.calls(short, "ce:GetCostAndUsage", "{}");
    stage.by(&desk("192.0.2.83"));
    let long = stage.assume_role_with_saml(ask("omar@example.com", HOUR));
    stage.name(long, "what lasts an hour");
    stage.wait(14 * MINUTE);
    stage.by(&desk("192.0.2.82"));
    stage.calls(short, "ce:GetCostAndUsage", "{}");
    stage.wait(10 * MINUTE);
    stage.by(&desk("192.0.2.83"));
    stage.calls(long, "ce:GetCostAndUsage", "{}");
    stage.curtain(short, &[])
}
