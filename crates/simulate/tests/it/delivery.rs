//! Late, twice and out of order: the same events all the same.

use std::collections::BTreeMap;

use keyline_simulate::{Config, Delivery, Simulation, stories};
use serde_json::Value;

/// How often each record was delivered, and whether some file was out of order.
fn delivered(simulation: &Simulation) -> (BTreeMap<String, u32>, bool) {
    let mut counts = BTreeMap::new();
    let mut disordered = false;
    for file in simulation.files() {
        let parsed: Value = serde_json::from_str(&file.text).unwrap();
        let mut last = String::new();
        for record in parsed["Records"].as_array().unwrap() {
            *counts.entry(record.to_string()).or_default() += 1;
            let time = record["eventTime"].as_str().unwrap().to_owned();
            disordered |= time < last;
            last = time;
        }
    }
    (counts, disordered)
}

#[track_caller]
fn check(plain: Simulation, rough: Simulation) {
    let (before, _) = delivered(&plain);
    let (after, disordered) = delivered(&rough);
    assert!(before.keys().eq(after.keys()), "other events");
    assert!(before.values().all(|&count| count == 1));
    assert!(after.values().all(|&count| count <= 2));
    assert!(after.values().any(|&count| count == 2), "no duplicate");
    assert!(disordered, "everything in order");
}

const ROUGH: Delivery = Delivery {
    late_per_mille: 200,
    duplicates_per_mille: 150,
    disorder: true,
    second_trail: false,
};

#[test]
fn ordinary_days() {
    let config = Config {
        seed: 3,
        events: 2_000,
        start: 1_791_936_000,
        days: 4,
        accounts: 2,
    };
    let plain = Simulation::new(config.clone());
    check(plain, Simulation::new(config).with_delivery(ROUGH));
}

#[test]
fn a_story_that_takes_two_days() {
    let tell = stories::find("forward-access").unwrap().tell;
    let rough = tell(2).simulation.with_delivery(Delivery {
        late_per_mille: 0,
        duplicates_per_mille: 0,
        disorder: true,
        ..Delivery::default()
    });
    let (before, _) = delivered(&tell(2).simulation);
    let (after, disordered) = delivered(&rough);
    assert_eq!(before, after);
    assert!(disordered);
}

#[test]
fn two_trails() {
    let tell = stories::find("by-the-same-token").unwrap().tell;
    let one = tell(4).simulation;
    let two = tell(4).simulation.with_delivery(Delivery {
        second_trail: true,
        ..Delivery::default()
    });
    let (before, _) = delivered(&one);
    let (after, _) = delivered(&two);
    assert!(before.keys().eq(after.keys()));
    assert!(after.values().all(|&count| count == 2));
    let paths: BTreeMap<String, u64> = two.files().map(|file| (file.path, file.events)).collect();
    assert_eq!(paths.len(), 2 * one.files().count());
    for file in one.files() {
        assert_eq!(paths.get(&file.path), Some(&file.events));
    }
}
