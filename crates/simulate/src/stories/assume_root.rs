//! `AssumeRoot`: a session of the management account becomes the root of a member.
//!
//! In: a seed. Out: an administrator's role session takes the root of a member account for the task
//! of unlocking a bucket; a quarter of an hour later the root session has run out by itself, the
//! administrator's has not. Deliberately not here: theft; a rule must ask all the same.

use super::Told;
use crate::clock::MINUTE;
use crate::stage::{CLI, Hand, Stage};

pub fn tell(seed: u64) -> Told {
    let mut stage = Stage::new(seed, "assume-root");
    let (management, member) = (stage.account(0), stage.account(2));
    let set = stage.permission_set(management, "AdministratorAccess");
    let person = "ruth@example.com";

    stage.by(&Hand::rightful("192.0.2.71", CLI));
    let portal = stage.portal_sign_in(person);
    stage.name(portal, "the portal session");
    let administrator = stage.portal_role(portal, set, "AdministratorAccess", person);
    stage.name(administrator, "the administrator");
    stage.calls(administrator, "organizations:ListAccounts", "{}");
    let root = stage.assume_root(administrator, member, "S3UnlockBucketPolicy");
    stage.name(root, "root of the member");
    stage.calls(
        root,
        "s3:DeleteBucketPolicy",
        r#"{"bucketName":"examplecorp-archive-locked"}"#,
    );
    stage.wait(20 * MINUTE);
    stage.calls(administrator, "organizations:ListAccounts", "{}");
    stage.curtain(root, &["AssumeRoot"])
}
