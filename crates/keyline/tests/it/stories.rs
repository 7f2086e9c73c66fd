//! The stories, from the shell: simulated, hunted, compared with the truth beside them.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::{Folder, Output};

const RANGES_URL: &str =
    "https://aka.ms/awspublicipaddresse/aws-public-ip-addresses/ip-ranges.json";

/// A folder with a story's logs in `story/` and its truth.
fn told(story: &str) -> (Folder, Value) {
    let folder = Folder::new();
    folder
        .line(&format!("simulate {story} --seed 1 --out story"))
        .expect(0);
    let truth = std::fs::read_to_string(folder.path().join("story/truth.json")).unwrap();
    (folder, serde_json::from_str(&truth).unwrap())
}

/// The rule that the product comes from, which is not part of the repository.
fn seed_rule() -> Option<String> {
    let folder = match std::env::var_os("KEYLINE_SHARED") {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")),
    };
    let rule = folder.join("seeds/suspicious-sts-token-ec2.yaml");
    if !rule.exists() {
        println!("left out: the Sentinel rule over the stories, as `../shared/seeds` is absent");
        return None;
    }
    Some(rule.to_str().unwrap().to_owned())
}

fn hunt_with(folder: &Folder, rule: &str, more: &[&str]) -> Output {
    let args = [
        "hunt",
        "story",
        "--no-builtin-rules",
        "--offline",
        "--rules",
        rule,
        "-o",
        "jsonl",
    ];
    folder.run(&[&args[..], more].concat(), b"")
}

fn alerts(output: &Output) -> Vec<Value> {
    output
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn the_sentinel_rule_finds_the_thief_outside_aws_once() {
    let Some(rule) = seed_rule() else { return };
    let (folder, truth) = told("instance-credential-theft");
    let reference = format!("{RANGES_URL}=story/ip-ranges.json");
    let output = hunt_with(&folder, &rule, &["--ref", &reference]).expect(0);
    let [alert] = &alerts(&output)[..] else {
        panic!("not one alert:\n{}", output.stdout)
    };
    assert_eq!(
        alert["entities"],
        serde_json::json!([
            {"type": "Account", "identifiers": {"FullName": truth["holder"]}},
            {"type": "IP", "identifiers": {"Address": truth["thief_address"]}},
        ])
    );
    assert!(
        alert["access_key_ids"]
            .as_array()
            .unwrap()
            .contains(&truth["access_key_id"])
    );
    let by_the_thief: BTreeSet<&str> = ids(&truth["event_ids"]).collect();
    let found: BTreeSet<&str> = ids(&alert["event_ids"]).collect();
    assert!(
        !found.is_disjoint(&by_the_thief),
        "no event of the thief among {found:?}"
    );
}

#[test]
fn the_sentinel_rule_is_blind_inside_ec2() {
    let Some(rule) = seed_rule() else { return };
    let (folder, _) = told("instance-credential-use-inside");
    let reference = format!("{RANGES_URL}=story/ip-ranges.json");
    let output = hunt_with(&folder, &rule, &["--ref", &reference]).expect(0);
    assert_eq!(output.stdout, "");
}

#[test]
fn a_missing_reference_is_an_error_and_not_silence() {
    let Some(rule) = seed_rule() else { return };
    let (folder, _) = told("instance-credential-theft");
    let output = hunt_with(&folder, &rule, &[]).expect(1);
    assert_eq!(output.stdout, "");
    output.says(&[RANGES_URL, "--ref"]);
}

#[test]
fn the_builtin_rules_find_the_thief_in_both() {
    for story in [
        "instance-credential-theft",
        "instance-credential-use-inside",
    ] {
        let (folder, truth) = told(story);
        let output = folder.line("hunt story -o jsonl").expect(0);
        let alerts = alerts(&output);
        let is_of_the_thief = |alert: &&Value| {
            let keys = alert["access_key_ids"].as_array().unwrap();
            keys.contains(&truth["access_key_id"])
        };
        let with_address = alerts.iter().filter(|alert| {
            let entities = alert["entities"].as_array().unwrap();
            entities
                .iter()
                .any(|entity| entity["identifiers"]["Address"] == truth["thief_address"])
        });
        assert!(with_address.count() > 0, "{story}:\n{}", output.stdout);
        let is_loud = |alert: &&Value| alert["severity"] == "High" || alert["severity"] == "Medium";
        for alert in alerts.iter().filter(is_loud) {
            assert!(
                is_of_the_thief(&alert),
                "{story}: an ordinary event is an alert: {alert}"
            );
        }
    }
}

fn ids(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|id| id.as_str().unwrap())
}
