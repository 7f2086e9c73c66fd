//! The golden tests of lineage, by their numbers in its reference: each is a story that is told by name, with what it is
//! about looked at here. That every credential of a story is as its truth says is what `stories.rs` holds. Number 10 is
//! the guarantee (`guarantee.rs`); 11, 13 and 15 are about rules and plans.

use keyline_lineage::{Certainty, Credential, Expiry, Forest, Kind};
use keyline_simulate::stories;
use keyline_simulate::stories::record_formats::UNREAD_KEY;

use crate::world::forest;

/// Tells a story and asks the forest of it.
fn check(number: u32, story: &str, holds: fn(&Forest, &[Credential]) -> bool) {
    let told = (stories::find(story).unwrap().tell)(5);
    let files = told.simulation.files();
    let text: Vec<String> = files.map(|file| file.text).collect();
    let forest = forest(text.join("\n"));
    // What the story tells of, without ordinary days.
    let of_story: Vec<Credential> = forest
        .nodes()
        .map(|node| forest.credential(node))
        .filter(|credential| {
            let named = |key: &String| {
                let mut told = told.truth.credentials.iter();
                told.any(|told| {
                    told.access_key_ids.contains(key) || told.minted_key_id.as_ref() == Some(key)
                })
            };
            credential.access_key_ids.iter().any(named)
        })
        .collect();
    assert!(
        holds(&forest, &of_story),
        "golden test {number}, {story}: {of_story:#?}"
    );
}

fn lives(credential: &Credential) -> i64 {
    let ends = credential.expires_at.zip(credential.issued_at);
    ends.map_or(0, |(end, begin)| (end - begin) / 1_000_000)
}

fn is_used_under_another_key(credential: &Credential) -> bool {
    let minted = credential.minted_key_id.as_ref();
    let mut keys = credential.access_key_ids.iter();
    minted.is_some() && keys.any(|key| Some(key) != minted)
}

#[test]
fn golden_01_a_portal_session_and_its_roles() {
    check(1, "identity-center", |forest, found| {
        found.iter().any(|session| {
            let above = |id: &str| forest.credential(forest.by_id(id).unwrap());
            let portal = session.parent.as_ref().map(|parent| above(&parent.id));
            portal.is_some_and(|portal| {
                let person = portal.parent.as_ref().map(|parent| above(&parent.id));
                portal.kind == Kind::IdentityCenterSession
                    && person.is_some_and(|person| person.kind == Kind::FederatedIdentity)
            }) && is_used_under_another_key(session)
        })
    });
}

#[test]
fn golden_02_a_switch_of_roles_is_one_edge() {
    check(2, "console-switch-role", |_, found| {
        let switched = found.iter().filter(|it| is_used_under_another_key(it));
        let switched: Vec<_> = switched.filter(|it| it.kind == Kind::RoleSession).collect();
        switched.len() == 1 && switched[0].issuing_event_ids.len() == 3
    });
}

#[test]
fn golden_03_an_instance_by_key_and_by_session() {
    check(3, "service-mints", |_, found| {
        let of_ec2 = |it: &&Credential| {
            let origin = it.origin.as_ref();
            it.kind == Kind::ServiceSession && origin.is_some_and(|it| it.kind == "ec2-instance")
        };
        let of_ec2: Vec<_> = found.iter().filter(of_ec2).collect();
        !of_ec2.is_empty() && of_ec2.iter().all(|it| lives(it) == 6 * 3600 + 35 * 60)
    });
}

#[test]
fn golden_03_an_instance_in_china() {
    check(3, "china-instance", |forest, found| {
        let of_service = |it: &&Credential| it.kind == Kind::ServiceSession;
        let of_ec2: Vec<_> = found.iter().filter(of_service).collect();
        let service = |it: &Credential| forest.credential(forest.by_id(&it.root).unwrap());
        of_ec2.len() == 1
            && lives(of_ec2[0]) == 6 * 3600 + 35 * 60
            && service(of_ec2[0]).principal_id == "ec2.amazonaws.com.cn"
            && found.iter().all(|it| it.partition == "aws-cn")
    });
}

#[test]
fn golden_02_a_chain_over_accounts_of_govcloud() {
    check(2, "govcloud-chain", |_, found| {
        let mut depths: Vec<u32> = found.iter().map(|it| it.depth).collect();
        depths.sort_unstable();
        let sure = |it: &Credential| {
            let parent = it.parent.as_ref();
            parent.is_none_or(|parent| parent.certainty == Certainty::Exact)
        };
        depths == [0, 1, 2, 3]
            && found.iter().all(sure)
            && found.iter().all(|it| it.partition == "aws-us-gov")
    });
}

#[test]
fn golden_04_forward_access_is_no_credential() {
    check(4, "forward-access", |forest, found| {
        let tokens = forest.nodes().map(|node| forest.credential(node));
        let of_vera = tokens.filter(|it| it.user_name == "vera");
        of_vera.count() == 1 && found.iter().all(|it| it.kind != Kind::SessionToken)
    });
}

#[test]
fn golden_05_twelve_keys_of_one_sign_in() {
    check(5, "console-keys", |_, found| {
        let consoles = found.iter().filter(|it| it.kind == Kind::ConsoleSession);
        consoles.map(|it| it.access_key_ids.len()).eq([12])
    });
}

#[test]
fn golden_06_saml_gives_less_than_was_asked_for() {
    check(6, "saml-cut-short", |_, found| {
        let mut lives: Vec<i64> = found.iter().map(lives).collect();
        lives.sort_unstable();
        lives == [900, 3_600] && found.iter().all(|it| it.expiry == Expiry::Exact)
    });
}

#[test]
fn golden_07_ends_are_spelled_in_three_ways() {
    check(7, "ends-spelled-in-three-ways", |_, found| {
        let tokens = found.iter().filter(|it| it.kind == Kind::SessionToken);
        let mut lives: Vec<i64> = tokens.map(lives).collect();
        lives.sort_unstable();
        lives == [3_600, 7_200, 10_800]
    });
}

#[test]
fn golden_08_two_sessions_of_one_second() {
    check(8, "same-second", |_, found| {
        let mut parents = found.iter().filter_map(|it| it.parent.as_ref());
        parents.any(|parent| {
            parent.certainty == Certainty::Ambiguous
                && parent.candidates.len() == 2
                && parent.confidence <= 0.5
        })
    });
}

#[test]
fn golden_09_versions_of_the_format() {
    check(9, "record-formats", |forest, found| {
        let tokens = found.iter().filter(|it| it.kind == Kind::SessionToken);
        let read = tokens.filter(|it| it.event_count == 1).count();
        read == 3 && forest.find(UNREAD_KEY).is_empty()
    });
}

#[test]
fn golden_12_what_a_revocation_stops() {
    check(12, "revocation-timeline", |forest, found| {
        let state = |it: &Credential, at: i64| {
            let node = forest.by_id(&it.id).unwrap();
            forest.liveness(node, at).state.name()
        };
        let of = |kind: Kind| found.iter().filter(move |it| it.kind == kind);
        let off = of(Kind::AccessKey)
            .find_map(|it| it.changes.first())
            .unwrap();
        let tokens = [Kind::SessionToken, Kind::FederationToken];
        let tokens = || tokens.into_iter().flat_map(of);
        let end = forest.last_event().unwrap();
        // What is taken after a revocation is an alarm, and nothing else of this is.
        let forest_end = forest.last_event().unwrap();
        let is_alarm = |it: &&Credential| {
            let node = forest.by_id(&it.id).unwrap();
            forest.liveness(node, forest_end).issued_after_revocation
        };
        let alarms: Vec<&str> = found
            .iter()
            .filter(is_alarm)
            .map(|it| it.session_name.as_str())
            .collect();
        let mut roles: Vec<&str> = of(Kind::RoleSession).map(|it| state(it, end)).collect();
        roles.sort_unstable();
        // The key is switched off and nothing else, the user is denied and not the role, the role's sessions are
        // revoked and not the one that is taken later. The responder's own session is among the roles.
        of(Kind::AccessKey).any(|it| state(it, end) == "inactive")
            && tokens().all(|it| state(it, off.at + 900_000_000) == "active")
            && tokens().all(|it| state(it, end) == "revoked")
            && roles == ["active", "active", "revoked"]
            && alarms == ["r2"]
    });
}

#[test]
fn golden_14_a_refusal_stands_in_the_callers_trail_alone() {
    check(14, "denied-cross-account", |forest, found| {
        let sessions = found.iter().filter(|it| it.kind == Kind::RoleSession);
        let keys = found.iter().filter(|it| it.kind == Kind::AccessKey);
        sessions.count() == 1
            && keys.map(|it| it.error_count).eq([8])
            && forest.nodes().all(|node| {
                let credential = forest.credential(node);
                credential.kind != Kind::External
            })
    });
}
