//! What is promised of habits: names, spans, places, and records that the reader takes.

use std::collections::{BTreeMap, BTreeSet};

use keyline_simulate::clock::{DAY, HOUR};
use keyline_simulate::{Config, Habits, Simulation, behaviours};
use serde_json::Value;

/// A fortnight, so that every habit has its turn.
fn config(events: u64) -> Config {
    Config {
        seed: 9,
        events,
        start: 1_791_936_000,
        days: 15,
        accounts: 3,
    }
}

fn everything(simulation: &Simulation) -> Vec<(&'static str, Value)> {
    let mut found = Vec::new();
    for number in 0..simulation.file_slots() {
        for (name, event) in simulation.habits(number) {
            found.push((name, serde_json::from_str(&event.json).unwrap()));
        }
    }
    found
}

#[test]
fn every_habit_happens_and_says_what_it_could_be_taken_for() {
    let simulation = Simulation::new(config(0)).with_habits(Habits::With);
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for (name, _) in everything(&simulation) {
        *counts.entry(name).or_default() += 1;
    }
    let mut names = BTreeSet::new();
    let mut analytics: BTreeSet<&str> = BTreeSet::new();
    for habit in behaviours::all() {
        assert!(names.insert(habit.name), "two habits named {}", habit.name);
        assert!(
            counts.contains_key(habit.name),
            "{} never happens",
            habit.name
        );
        assert!(!habit.confuses.is_empty() && !habit.what.is_empty());
        analytics.extend(habit.confuses);
    }
    for number in 1..=10 {
        let name = format!("A{number}");
        assert!(analytics.contains(name.as_str()), "nothing confuses {name}");
    }
}

#[test]
fn an_episode_stays_within_its_hours() {
    let simulation = Simulation::new(config(0)).with_habits(Habits::With);
    for (name, record) in everything(&simulation) {
        let habit = behaviours::all().find(|habit| habit.name == name).unwrap();
        let hour: i64 = record["eventTime"].as_str().unwrap()[11..13]
            .parse()
            .unwrap();
        let since = (hour - habit.begins).rem_euclid(24);
        // The last hour is for the minutes by which an episode begins late.
        assert!(since < habit.takes, "{name}: {}", record["eventTime"]);
    }
    for habit in behaviours::all() {
        assert!(habit.takes * HOUR <= DAY, "{}", habit.name);
    }
}

#[test]
fn files_differ_by_the_habits_alone_whatever_their_number() {
    let records = |simulation: &Simulation| {
        let mut found = BTreeMap::new();
        for file in simulation.files() {
            let parsed: Value = serde_json::from_str(&file.text).unwrap();
            for record in parsed["Records"].as_array().unwrap() {
                let id = record["eventID"].as_str().unwrap().to_owned();
                assert!(found.insert(id, record.clone()).is_none(), "an id twice");
            }
        }
        found
    };
    let with = Simulation::new(config(3_000)).with_habits(Habits::With);
    let mut told = records(&with);
    for (name, record) in everything(&with) {
        let id = record["eventID"].as_str().unwrap();
        assert_eq!(told.remove(id), Some(record.clone()), "{name}");
    }
    assert_eq!(told, records(&Simulation::new(config(3_000))));
    // More slots a day cut the same episodes into other files.
    let finer = Simulation::new(config(2_000_000)).with_habits(Habits::With);
    assert!(finer.file_slots() > with.file_slots());
    let ids = |simulation: &Simulation| -> BTreeSet<String> {
        let all = everything(simulation).into_iter();
        all.map(|(_, record)| record["eventID"].to_string())
            .collect()
    };
    assert_eq!(ids(&with), ids(&finer));
}

#[test]
fn casts_stay_and_temporary_keys_do_not() {
    let simulation = Simulation::new(config(0)).with_habits(Habits::With);
    let mut principals = BTreeSet::new();
    let mut keys = BTreeSet::new();
    for (name, record) in everything(&simulation) {
        let identity = &record["userIdentity"];
        if name == "aws-vault-shells" && identity["type"] == "IAMUser" {
            principals.insert(identity["principalId"].to_string());
            keys.insert(identity["accessKeyId"].to_string());
        }
    }
    assert_eq!(principals.len(), 3, "one user in each account");
    assert!(keys.len() > 40, "{} keys", keys.len());
}
