//! What the truth says of every credential is in the records, and the records know no other.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use keyline_simulate::clock;
use keyline_simulate::stories::{self, Told, Truth};
use serde_json::Value;

struct Case {
    truth: Truth,
    /// By event id, the story's and the background's.
    records: BTreeMap<String, Value>,
}

fn case(told: Told) -> Case {
    let mut records = BTreeMap::new();
    for file in told.simulation.files() {
        let parsed: Value = serde_json::from_str(&file.text).unwrap();
        // One story has a record that no reader of this format knows.
        let known = |record: &&Value| record["eventVersion"].as_str() < Some("2");
        let records_of = parsed["Records"].as_array().unwrap().iter();
        for record in records_of.filter(known) {
            let id = record["eventID"].as_str().unwrap().to_owned();
            assert!(records.insert(id, record.clone()).is_none(), "an id twice");
        }
    }
    Case {
        truth: told.truth,
        records,
    }
}

/// Every story, told once for all tests.
static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| {
    let told = stories::ALL.iter().map(|story| {
        let case = case((story.tell)(5));
        assert_eq!(case.truth.story, story.name);
        case
    });
    told.collect()
});

#[track_caller]
fn check(each: impl Fn(&Case)) {
    for case in CASES.iter() {
        each(case);
    }
}

fn instant(seconds: i64) -> String {
    let mut out = String::new();
    clock::iso(seconds, &mut out);
    out
}

#[test]
fn every_minted_key_is_in_a_record_of_its_instant_with_its_end() {
    check(|case| {
        for told in &case.truth.credentials {
            let Some(minted) = &told.minted_key_id else {
                continue;
            };
            let name = (case.truth.story, &told.name);
            let mut found = 0;
            for record in case.records.values() {
                let answer = &record["responseElements"];
                if answer["credentials"]["accessKeyId"] == **minted {
                    let expiration = answer["credentials"]["expiration"].as_str().unwrap();
                    let mut spellings = [String::new(), String::new(), String::new()];
                    let expires = told.expires_at.unwrap();
                    clock::locale(expires, &mut spellings[0]);
                    clock::locale_without_comma(expires, &mut spellings[1]);
                    clock::iso(expires, &mut spellings[2]);
                    assert!(spellings.iter().any(|s| s == expiration), "{name:?}");
                } else if answer["accessKey"]["accessKeyId"] != **minted {
                    continue;
                }
                assert_eq!(
                    record["eventTime"],
                    instant(told.issued_at.unwrap()),
                    "{name:?}"
                );
                found += 1;
            }
            assert!((1..=2).contains(&found), "{name:?}: in {found} records");
        }
    });
}

#[test]
fn every_use_has_the_principal_and_the_date_of_its_credential() {
    check(|case| {
        for told in &case.truth.credentials {
            let mut seen = BTreeSet::new();
            for record in case.records.values() {
                let identity = &record["userIdentity"];
                let key = identity["accessKeyId"].as_str().unwrap_or_default();
                if !told.access_key_ids.iter().any(|id| id == key) {
                    continue;
                }
                let name = (case.truth.story, &told.name, &record["eventName"]);
                seen.insert(key.to_owned());
                assert_eq!(identity["principalId"], *told.principal_id, "{name:?}");
                assert_eq!(identity["accountId"], *told.account, "{name:?}");
                let time = record["eventTime"].as_str().unwrap();
                if let Some(issued) = told.issued_at {
                    assert!(time >= instant(issued).as_str(), "{name:?}");
                    let created = &identity["sessionContext"]["attributes"]["creationDate"];
                    let opened_by_url = created.as_str() < Some(instant(issued).as_str());
                    assert!(
                        told.kind == "access-key"
                            || *created == instant(issued)
                            || told.kind == "console-session" && opened_by_url,
                        "{name:?}"
                    );
                }
                if let Some(expires) = told.expires_at {
                    assert!(time < instant(expires).as_str(), "{name:?}");
                }
            }
            let unseen: Vec<_> = told
                .access_key_ids
                .iter()
                .filter(|id| !seen.contains(*id) && told.minted_key_id.as_ref() != Some(*id))
                .collect();
            // A key that was there before and is never used is in no record but those about it.
            assert!(
                unseen.is_empty() || told.calls == 0,
                "{}: {unseen:?}",
                told.name
            );
        }
    });
}

#[test]
fn calls_are_counted_once_whatever_the_number_of_trails() {
    check(|case| {
        for told in &case.truth.credentials {
            let uses = case.records.values().filter(|record| {
                let key = record["userIdentity"]["accessKeyId"].as_str();
                key.is_some_and(|key| told.access_key_ids.iter().any(|id| id == key))
            });
            if told.calls > 0 && !told.access_key_ids.is_empty() {
                assert_eq!(
                    uses.count() as u64,
                    told.calls,
                    "{}: {}",
                    case.truth.story,
                    told.name
                );
            }
        }
    });
}

#[test]
fn parents_and_candidates_are_told_too_and_older() {
    check(|case| {
        let names: BTreeSet<&str> = case
            .truth
            .credentials
            .iter()
            .map(|told| told.name.as_str())
            .collect();
        assert_eq!(names.len(), case.truth.credentials.len());
        for told in &case.truth.credentials {
            for name in &told.candidates {
                assert!(names.contains(name.as_str()), "{name}");
            }
            let Some(parent) = &told.parent else { continue };
            let parent = case.truth.credential(&parent.name).unwrap();
            assert!(parent.issued_at <= told.issued_at, "{}", told.name);
        }
    });
}

#[test]
fn the_attack_is_in_the_logs_and_the_json_says_all_of_it() {
    check(|case| {
        for id in &case.truth.event_ids {
            let record = &case.records[id];
            let time = record["eventTime"].as_str().unwrap();
            assert!(time <= instant(case.truth.as_of).as_str());
        }
        let json: Value = serde_json::from_str(&case.truth.json()).unwrap();
        assert_eq!(json["schema"], "keyline.truth/1");
        let credentials = json["credentials"].as_array().unwrap();
        assert_eq!(credentials.len(), case.truth.credentials.len());
        for (shown, told) in credentials.iter().zip(&case.truth.credentials) {
            assert_eq!(shown["name"], *told.name);
            assert_eq!(
                shown["access_key_ids"].as_array().unwrap().len(),
                told.access_key_ids.len()
            );
        }
    });
}

#[test]
fn copies_in_two_trails_share_an_id_and_refusals_have_no_copy() {
    check(|case| {
        let mut shared: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
        for record in case.records.values() {
            if let Some(id) = record["sharedEventID"].as_str() {
                shared.entry(id).or_default().push(record);
            }
        }
        for copies in shared.values().filter(|copies| copies.len() > 1) {
            let [one, other] = copies[..] else {
                panic!("{} copies", copies.len())
            };
            assert_ne!(one["recipientAccountId"], other["recipientAccountId"]);
            assert_eq!(one["responseElements"], other["responseElements"]);
            assert_eq!(one["errorCode"], Value::Null);
            let abroad = |record: &Value| record["userIdentity"]["type"] == "AWSAccount";
            assert!(abroad(one) != abroad(other));
        }
    });
}
