//! What the generator promises: the same for the same seed, exact counts, records that hang together.
#![allow(clippy::unwrap_used)]

mod behaviours;
mod delivery;
mod guide;
mod reading;
mod stories;
mod truth;

use std::collections::{BTreeMap, BTreeSet};

use keyline_simulate::{Config, Simulation, benign};
use serde_json::Value;

fn config(seed: u64, events: u64) -> Config {
    Config {
        seed,
        events,
        start: 1_791_936_000,
        days: 3,
        accounts: 3,
    }
}

fn records(config: Config) -> Vec<Value> {
    benign(config)
        .map(|event| serde_json::from_str(&event.json).unwrap())
        .collect()
}

#[test]
fn the_same_seed_gives_the_same_files_and_another_seed_others() {
    let paths_and_texts = |seed| {
        Simulation::new(config(seed, 600))
            .files()
            .collect::<Vec<_>>()
    };
    assert_eq!(paths_and_texts(5), paths_and_texts(5));
    assert_ne!(paths_and_texts(5), paths_and_texts(6));
}

#[test]
fn files_hold_exactly_the_events_asked_for_and_each_parses() {
    for events in [0, 1, 97, 1_500] {
        let simulation = Simulation::new(config(1, events));
        let mut told = 0;
        let mut ids = BTreeSet::new();
        for file in simulation.files() {
            let parsed: Value = serde_json::from_str(&file.text).unwrap();
            let records = parsed["Records"].as_array().unwrap();
            assert_eq!(records.len() as u64, file.events);
            let parts: Vec<&str> = file.path.split('/').collect();
            assert_eq!(
                (parts[0], parts[3], parts.len()),
                ("AWSLogs", "CloudTrail", 9),
                "{}",
                file.path
            );
            for record in records {
                assert_eq!(record["recipientAccountId"], parts[2]);
                assert_eq!(record["awsRegion"], parts[4]);
                ids.insert(record["eventID"].as_str().unwrap().to_owned());
            }
            told += file.events;
        }
        assert_eq!(told, events);
        assert_eq!(ids.len() as u64, events, "event ids are unique");
    }
}

#[test]
fn events_and_files_are_the_same_records() {
    let simulation = Simulation::new(config(2, 300));
    for number in 0..simulation.file_slots() {
        let texts: Vec<String> = simulation
            .events(number)
            .into_iter()
            .map(|e| e.json)
            .collect();
        let joined = format!("{{\"Records\":[{}]}}", texts.join(","));
        match simulation.file(number) {
            Some(file) => assert_eq!(file.text, joined),
            None => assert!(texts.is_empty()),
        }
    }
}

#[test]
fn an_instances_key_is_used_with_the_date_of_its_issue_and_from_its_ranges() {
    let records = records(config(3, 6_000));
    let mut issued: BTreeMap<String, String> = BTreeMap::new();
    for record in &records {
        if record["userIdentity"]["invokedBy"] == "ec2.amazonaws.com"
            && record["eventName"] == "AssumeRole"
        {
            let key = record["responseElements"]["credentials"]["accessKeyId"]
                .as_str()
                .unwrap();
            issued.insert(
                key.to_owned(),
                record["eventTime"].as_str().unwrap().to_owned(),
            );
        }
    }
    let mut used = 0;
    for record in &records {
        let identity = &record["userIdentity"];
        let Some(time) = identity["accessKeyId"]
            .as_str()
            .and_then(|key| issued.get(key))
        else {
            continue;
        };
        used += 1;
        assert_eq!(
            identity["sessionContext"]["attributes"]["creationDate"],
            **time
        );
        assert!(time.as_str() <= record["eventTime"].as_str().unwrap());
        let address = record["sourceIPAddress"].as_str().unwrap();
        assert!(address.starts_with("198.18."), "{address}");
    }
    assert!(used > 300, "only {used} uses of issued keys");
}

#[test]
fn traffic_is_mixed_and_of_realistic_size() {
    let mut names = BTreeSet::new();
    let mut types = BTreeSet::new();
    let mut bytes = 0;
    let mut errors = 0;
    for event in benign(config(4, 4_000)) {
        bytes += event.json.len();
        let record: Value = serde_json::from_str(&event.json).unwrap();
        names.insert(record["eventName"].as_str().unwrap().to_owned());
        types.insert(record["userIdentity"]["type"].as_str().unwrap().to_owned());
        errors += usize::from(record.get("errorCode").is_some());
    }
    assert!(names.len() > 50, "{} names", names.len());
    for kind in [
        "AssumedRole",
        "AWSService",
        "IAMUser",
        "SAMLUser",
        "WebIdentityUser",
        "AWSAccount",
    ] {
        assert!(types.contains(kind), "no {kind}");
    }
    assert!(
        (1_500..2_000).contains(&(bytes / 4_000)),
        "{} bytes a record",
        bytes / 4_000
    );
    assert!((10..400).contains(&errors), "{errors} errors");
}
