//! What stories promise: the truth beside them is in the logs, and only the attack is the thief's.

use std::collections::BTreeSet;

use keyline_simulate::{Config, Simulation, stories};
use serde_json::Value;

#[track_caller]
fn check(name: &str, thief_in_ec2: bool) {
    let told = (stories::find(name).unwrap().tell)(7);
    let truth = told.truth;
    let mut by_the_thief = BTreeSet::new();
    let mut rightful = 0;
    let mut minted = 0;
    let mut events = 0;
    for file in told.simulation.files() {
        let parsed: Value = serde_json::from_str(&file.text).unwrap();
        for record in parsed["Records"].as_array().unwrap() {
            events += 1;
            let uses = record["userIdentity"]["accessKeyId"] == *truth.access_key_id;
            if record["sourceIPAddress"] == *truth.thief_address {
                assert!(uses);
                by_the_thief.insert(record["eventID"].as_str().unwrap().to_owned());
            } else {
                rightful += usize::from(uses);
            }
            let credentials = &record["responseElements"]["credentials"];
            minted += usize::from(credentials["accessKeyId"] == *truth.access_key_id);
        }
    }
    assert_eq!(by_the_thief, truth.event_ids.iter().cloned().collect());
    assert_eq!(minted, 1, "the credential's issue is in the logs");
    assert!(rightful > 0, "the instance itself uses the credential too");
    assert!((300..1_000).contains(&events), "{events} events");
    assert_eq!(truth.thief_address.starts_with("198.18."), thief_in_ec2);
    let json: Value = serde_json::from_str(&truth.json()).unwrap();
    assert_eq!(json["access_key_id"], *truth.access_key_id);
}

#[test]
fn theft_from_outside() {
    check("instance-credential-theft", false);
}

#[test]
fn use_from_inside_ec2() {
    check("instance-credential-use-inside", true);
}

#[test]
fn names_are_found_and_unknown_ones_are_not() {
    for story in stories::ALL {
        assert_eq!(
            stories::find(story.name).map(|found| found.title),
            Some(story.title)
        );
    }
    assert!(stories::find("no-such-story").is_none());
}

#[test]
fn all_stories_fit_into_the_days_of_one_organisation() {
    let seed = 6;
    // The twin of the first story happens to the same instance at the same time.
    let told: Vec<_> = stories::ALL
        .iter()
        .filter(|story| story.name != "instance-credential-use-inside")
        .map(|story| (story.tell)(seed).simulation)
        .collect();
    let events: Vec<_> = told.iter().flat_map(|one| one.story().to_vec()).collect();
    let count = events.len() as u64;
    let config = Config {
        seed,
        events: 1_000,
        start: 1_791_590_400,
        days: 7,
        accounts: 3,
    };
    let all = Simulation::new(config).with_story(events);
    let mut ids = BTreeSet::new();
    let mut members = 0;
    for file in all.files() {
        members += u64::from(file.path.starts_with("AWSLogs/o-"));
        let parsed: Value = serde_json::from_str(&file.text).unwrap();
        for record in parsed["Records"].as_array().unwrap() {
            let id = record["eventID"].as_str().unwrap();
            assert!(ids.insert(id.to_owned()), "{id} is in two stories");
        }
    }
    assert_eq!(ids.len() as u64, count + 1_000);
    // The accounts of stories are the organisation's, but for those of other partitions.
    assert!(members > 20, "{members} files");
}
