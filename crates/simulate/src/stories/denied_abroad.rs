//! A role of another account, refused: only the caller's trail knows.
//!
//! In: a seed. Out: a stolen key tries roles of two other accounts, one by one, and is refused; then
//! one lets it in. The refusals stand in the key's own account alone, the success in both. Deliberately
//! not here: what the roles would have been good for.

use super::Told;
use crate::stage::{Ask, Hand, OTHER_CLI, Stage};

pub fn tell(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "denied-cross-account");
    let (home, east, west) = (stage.account(0), stage.account(1), stage.account(2));
    let marek = stage.user(home, "marek");
    let key = stage.key_of(marek);
    stage.name(key, "marek's key");
    stage.by(&Hand::thief("203.0.113.77", OTHER_CLI));
    stage.stolen(key);
    stage.calls(key, "sts:GetCallerIdentity", "");
    for account in [east, west] {
        for name in [
            "admin",
            "Administrator",
            "OrganizationAccountAccessRole",
            "deploy",
        ] {
            let role = stage.role(account, name);
            stage.assume_role_denied(key, role, "test");
        }
    }
    let open = stage.role(west, "legacy-backup");
    let session = stage.assume_role(key, Ask::for_role(open, "test"));
    stage.name(session, "the one that worked");
    stage.calls(session, "s3:ListBuckets", "{}");
    stage.curtain(session, &["A8"])
}
