//! Real records: what is known to have happened in them must be seen.

use keyline_lineage::{Forest, Kind};

use crate::shared::lines;
use crate::tree::tree;
use crate::world::{forest, one};

/// The forest of the logs below a folder, if they are there.
fn seen(below: &str) -> Option<Forest> {
    let lines = lines(below);
    (!lines.is_empty()).then(|| forest(lines.join("\n")))
}

#[test]
fn a_theft_of_instance_credentials() {
    let Some(forest) = seen("data/otrf") else {
        return;
    };
    // Two instances with the keys that EC2 minted for them; one key was used, from one address.
    let service = forest
        .roots()
        .find(|node| forest.credential(*node).kind == Kind::Service);
    let instances = forest.children(service.unwrap());
    assert_eq!(instances.len(), 2, "{}", tree(&forest));
    let keys: usize = instances
        .iter()
        .map(|node| forest.children(*node).len())
        .sum();
    assert_eq!(keys, 5);
    let used: Vec<_> = forest
        .descendants(service.unwrap())
        .into_iter()
        .map(|node| forest.credential(node))
        .filter(|credential| credential.event_count > 0)
        .collect();
    let [used] = &used[..] else {
        panic!("{}", tree(&forest));
    };
    assert_eq!((used.event_count, used.error_count), (11, 0));
    assert_eq!(used.access_key_ids.len(), 1);
    assert_eq!(used.sources[0].address, "1.2.3.4");
    assert_eq!(used.origin.as_ref().unwrap().kind, "ec2-instance");
    // The console of the person who watched, whose sign-in was before.
    let console = forest
        .nodes()
        .map(|node| forest.credential(node))
        .find(|credential| credential.kind == Kind::ConsoleSession);
    let console = console.unwrap();
    assert_eq!((console.event_count, console.parent), (87, None));
}

/// A key, and under it the session that was used and its dormant sibling of the same second.
fn check_sibling(file: &str, calls: u64) {
    let Some(forest) = seen(file) else {
        return;
    };
    let key = forest.roots().next().unwrap();
    assert_eq!(forest.credential(key).kind, Kind::AccessKey);
    let mut sessions: Vec<_> = forest
        .children(key)
        .iter()
        .map(|node| forest.credential(*node))
        .collect();
    sessions.sort_by_key(|session| session.event_count);
    let [dormant, used] = &sessions[..] else {
        panic!("{}", tree(&forest));
    };
    assert_eq!((dormant.event_count, used.event_count), (0, calls));
    assert_eq!(dormant.issued_at, used.issued_at);
    assert_eq!(dormant.principal_id, used.principal_id);
    assert_eq!(
        used.expires_at.unwrap() - used.issued_at.unwrap(),
        900_000_000
    );
    assert_eq!(forest.len(), 3);
}

#[test]
fn a_sibling_of_the_same_second() {
    check_sibling(
        "data/stratus-red-team/aws.credential-access.ec2-get-password-data.jsonl",
        30,
    );
    check_sibling(
        "data/stratus-red-team/aws.discovery.ec2-download-user-data.jsonl",
        15,
    );
}

#[test]
fn keys_and_passwords_that_were_created() {
    for (name, kind, user) in [
        (
            "iam-create-admin-user",
            Kind::AccessKey,
            "malicious-iam-user",
        ),
        (
            "iam-backdoor-user",
            Kind::AccessKey,
            "stratus-red-team-backdoor-u-user",
        ),
        (
            "iam-create-user-login-profile",
            Kind::Password,
            "stratus-red-team-login-profile-user",
        ),
    ] {
        let file = format!("data/stratus-red-team/aws.persistence.{name}.jsonl");
        let Some(forest) = seen(&file) else {
            return;
        };
        let (_, made) = one(&forest, user);
        assert_eq!((made.kind, &*made.user_name), (kind, user), "{name}");
        let by = forest.by_id(&made.parent.unwrap().id).unwrap();
        assert_eq!(forest.credential(by).user_name, "christophe", "{name}");
    }
}
