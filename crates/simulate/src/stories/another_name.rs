//! A chain of roles in which the next session bears somebody else's name.
//!
//! In: a seed. Out: two people sign in with their devices; one of them takes a role under her name. Whoever holds that
//! session's key takes a role of another account with it and calls himself by the other's name, so that what he does
//! there is logged as hers. Deliberately not here: source identities, which stay along a chain (`role_chain`).

use super::Told;
use crate::stage::{Ask, CLI, Hand, OTHER_CLI, Stage};

pub fn tell(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "chain-under-another-name");
    let (home, production) = (stage.account(0), stage.account(2));
    let (ottilie, rasmus) = (stage.user(home, "ottilie"), stage.user(home, "rasmus"));
    let support = stage.role(home, "support-desk");
    let refunds = stage.role(production, "refunds-operator");
    let key = stage.key_of(ottilie);
    stage.name(key, "ottilie's key");
    let (hers, his) = (stage.mfa_of(ottilie), stage.mfa_of(rasmus));

    stage.by(&Hand::rightful("192.0.2.44", CLI));
    for (user, device, name) in [
        (ottilie, &hers, "ottilie's console session"),
        (rasmus, &his, "rasmus's console session"),
    ] {
        let console = stage.console_login(user, device);
        stage.name(console, name);
        stage.console_calls(console, "dynamodb:ListTables", "{}");
        stage.wait(300);
    }
    let first = stage.assume_role(key, Ask::for_role(support, "ottilie"));
    stage.name(first, "the support session");
    stage.calls(
        first,
        "dynamodb:DescribeTable",
        r#"{"tableName":"tickets"}"#,
    );

    stage.by(&Hand::thief("203.0.113.104", OTHER_CLI));
    stage.until(9, 50);
    stage.stolen(first);
    let second = stage.assume_role(first, Ask::for_role(refunds, "rasmus"));
    stage.name(second, "in another's name");
    stage.makes(
        second,
        &[
            ("dynamodb:ListTables", "{}"),
            ("dynamodb:DescribeTable", r#"{"tableName":"refunds"}"#),
        ],
    );
    stage.curtain(second, &["A9"])
}
