//! Plans for the generator's stories: from made-up CloudTrail through the lineage to a plan, as a responder
//! would go.

use std::ops::ControlFlow;

use keyline_contain::{AlteringEvent, Breadth, Plan, undo_map};
use keyline_lineage::{Facts, Forest, Kind, Node, Production};
use keyline_simulate::stories::truth::{Expected, State};
use keyline_simulate::stories::{self, Told};

use keyline_trail::read::ReadOptions;

use serde_json::{Value, json};

use crate::fake::Fake;
use crate::world::Ask;

/// The facts of a story's logs.
fn facts_of(told: &Told) -> Facts {
    let mut facts = Facts::default();
    for file in told.simulation.files() {
        take_in(&mut facts, &file.text);
    }
    facts
}

fn take_in(facts: &mut Facts, text: &str) {
    keyline_trail::read(text.as_bytes(), &ReadOptions::default(), &mut |batch| {
        facts.observe(&batch.rows);
        ControlFlow::Continue(())
    });
}

fn forest_of(facts: Facts) -> Forest {
    Forest::build(facts, &Production::default()).0
}

/// What was made and altered in a story, as the command reads it from logs.
fn events_of(told: &Told, forest: &Forest) -> Vec<AlteringEvent> {
    let mut events = Vec::new();
    for file in told.simulation.files() {
        let file: Value = serde_json::from_str(&file.text).unwrap();
        for record in file["Records"].as_array().unwrap() {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let key = text(&record["userIdentity"]["accessKeyId"]);
            let by = forest.find(&key);
            let altered =
                undo_map::find(&text(&record["eventSource"]), &text(&record["eventName"]));
            let (Some(by), Some(_)) = (by.first(), altered) else {
                continue;
            };
            events.push(AlteringEvent {
                event_id: text(&record["eventID"]),
                at: keyline_trail::time::parse_time(text(&record["eventTime"]).as_bytes()).unwrap(),
                account: text(&record["recipientAccountId"]),
                region: text(&record["awsRegion"]),
                source: text(&record["eventSource"]),
                name: text(&record["eventName"]),
                credential: forest.id(*by),
                address: text(&record["sourceIPAddress"]),
                failed: !record["errorCode"].is_null(),
                request: record["requestParameters"].clone(),
                response: record["responseElements"].clone(),
                before: None,
                touched_later_by: Vec::new(),
            });
        }
    }
    events
}

/// The credentials in the thief's hands that still work, each with its name.
fn in_thiefs_hands(told: &Told, forest: &Forest) -> Vec<(String, Node)> {
    let works = |expected: &&Expected| {
        expected.attackers
            && expected.state == Some(State::Works)
            && !expected.access_key_ids.is_empty()
    };
    let expected = told.truth.credentials.iter().filter(works);
    expected
        .map(|expected| {
            let found = forest.find(&expected.access_key_ids[0]);
            (expected.name.clone(), found[0])
        })
        .collect()
}

/// Plans for a story's thefts until nothing of the thief's is left that no plan knows: first for the credential
/// that the story is about, then for whatever that one has not reached, the oldest first. Each stops all of its
/// tree but what it lists. Out comes how many plans it took.
#[track_caller]
fn check(story: &stories::Story, told: &Told, forest: &Forest, breadth: Breadth) -> usize {
    let mut left = in_thiefs_hands(told, forest);
    left.sort_by_key(|(_, node)| (forest.known_from(*node), *node));
    let mut target = told.truth.access_key_id.clone();
    let mut plans = 0;
    loop {
        let mut ask = Ask::of(forest, &target);
        ask.as_of = told.truth.as_of * 1_000_000;
        ask.breadth = breadth;
        ask.events = events_of(told, forest);
        let plan = ask.plan();
        plans += 1;
        let mut fake = Fake::default();
        fake.at = ask.as_of + 600_000_000;
        fake.run(&plan);
        let (reached, beyond): (Vec<_>, Vec<_>) = left
            .into_iter()
            .partition(|(_, node)| plan.credentials.contains(&forest.id(*node)));
        for (name, node) in &reached {
            let credential = forest.credential(*node);
            let place = format!("{}: {name} ({})", story.name, credential.id);
            let listed = plan
                .still_alive_after
                .iter()
                .any(|left| left.credential == credential.id);
            assert!(
                !credential.kind.is_usable() || fake.can_act(&credential) == listed,
                "{place} acts, listed: {listed}\n{}",
                plan.markdown()
            );
            // Nobody takes the thief's for somebody's.
            let hits = plan.steps.iter().flat_map(|step| &step.breaks);
            assert!(hits.into_iter().all(|hit| *hit != credential.id), "{place}");
        }
        let Some((name, next)) = beyond.first() else {
            return plans;
        };
        assert!(
            !reached.is_empty() || plans == 1,
            "{}: no plan reaches {name}",
            story.name
        );
        target = forest.id(*next);
        left = beyond;
    }
}

#[test]
fn everything_that_the_thief_can_still_use_is_stopped_or_listed() {
    let mut several = Vec::new();
    for story in stories::ALL {
        let told = (story.tell)(7);
        let forest = forest_of(facts_of(&told));
        let plans = check(story, &told, &forest, Breadth::Broad);
        assert_eq!(check(story, &told, &forest, Breadth::Narrow), plans);
        if plans > 1 {
            several.push(format!("{} {plans}", story.name));
        }
    }
    // The first tells of two thefts that nothing in the logs connects. The others are about a credential that
    // came in by a door: the plan for whoever opened it is one for all, and is what the note says.
    assert_eq!(
        several,
        [
            "revocation-timeline 2",
            "trust-backdoor 2",
            "mfa-enrolled-by-another 2"
        ]
    );
}

#[test]
fn the_plan_for_a_credential_that_came_in_by_a_door_names_who_opened_it() {
    for (name, door) in [
        ("trust-backdoor", "opened the role log-archiver"),
        ("mfa-enrolled-by-another", "enrolled the MFA device"),
    ] {
        let story = stories::ALL
            .iter()
            .find(|story| story.name == name)
            .unwrap();
        let told = (story.tell)(7);
        let forest = forest_of(facts_of(&told));
        let events = events_of(&told, &forest);
        let opener = events.iter().find(|event| {
            ["UpdateAssumeRolePolicy", "EnableMFADevice"].contains(&event.name.as_str())
        });
        let opener = forest.by_id(&opener.unwrap().credential).unwrap();
        let key = forest.credential(opener).access_key_ids[0].clone();
        let plan_for = |target: &str| {
            let mut ask = Ask::of(&forest, target);
            ask.as_of = told.truth.as_of * 1_000_000;
            ask.events = events.clone();
            ask.plan()
        };
        let plan = plan_for(&told.truth.access_key_id);
        let named = plan
            .notes
            .iter()
            .any(|note| note.contains(&key) && note.contains(door));
        assert!(named, "{name}: {:?}", plan.notes);
        let whole = plan_for(&key);
        for (name, node) in in_thiefs_hands(&told, &forest) {
            assert!(whole.credentials.contains(&forest.id(node)), "{name}");
        }
    }
}

/// What CloudTrail would write about the calls of a plan, a minute after its instant.
fn records_of(plan: &Plan) -> String {
    let at = plan.as_of + 60_000_000;
    let time = keyline_trail::time::format_time(at.div_euclid(1_000_000) * 1_000_000);
    let calls = plan
        .steps
        .iter()
        .filter(|step| !step.by_hand && step.service == "iam")
        // Which keys it is about is known when it is taken.
        .filter(|step| step.kind != "deactivate-other-keys");
    let records: Vec<Value> = calls
        .filter(|step| {
            !step.needs_confirmation && step.action != "GetUser" && step.action != "GetRole"
        })
        .map(|step| {
            let account = &step.account;
            let params = step.params.iter().map(|(name, value)| {
                let text = value.as_str().unwrap().replace("${cut_off}", &time);
                (camel_case(name), Value::String(text))
            });
            json!({
                "eventVersion": "1.08",
                "userIdentity": {
                    "type": "AssumedRole",
                    "principalId": "AROARESPONDEREXAMPLE:me",
                    "arn": format!("arn:aws:sts::{account}:assumed-role/Responder/me"),
                    "accountId": account,
                    "accessKeyId": "ASIARESPONDEREXAMPLE",
                },
                "eventTime": time,
                "eventSource": "iam.amazonaws.com",
                "eventName": step.action,
                "awsRegion": step.region,
                "sourceIPAddress": "198.51.100.7",
                "userAgent": "keyline",
                "requestParameters": Value::Object(params.collect()),
                "responseElements": null,
                "eventID": format!("{}-{}", plan.plan_id(), step.id),
                "eventType": "AwsApiCall",
                "recipientAccountId": account,
            })
        })
        .collect();
    json!({"Records": records}).to_string()
}

fn camel_case(name: &str) -> String {
    let mut parts = name.split('_');
    let first = parts.next().unwrap().to_owned();
    parts.fold(first, |mut whole, part| {
        whole.push_str(&part[..1].to_uppercase());
        whole.push_str(&part[1..]);
        whole
    })
}

#[test]
fn lineage_sees_in_the_records_of_a_plan_that_it_stopped_what_it_promised() {
    // Two tables say what stops what, one for planning and one for reading logs: they must agree.
    let mut seen = 0;
    for story in stories::ALL {
        let told = (story.tell)(7);
        let facts = facts_of(&told);
        let before = forest_of(facts.clone());
        let mut ask = Ask::of(&before, &told.truth.access_key_id);
        ask.as_of = told.truth.as_of * 1_000_000;
        for breadth in [Breadth::Broad, Breadth::Narrow] {
            ask.breadth = breadth;
            let plan = ask.plan();
            let mut facts = facts.clone();
            take_in(&mut facts, &records_of(&plan));
            let after = forest_of(facts);
            let later = plan.as_of + 300_000_000;
            for id in &plan.credentials {
                let credential = before.credential(before.by_id(id).unwrap());
                let alive = |forest: &Forest, at| {
                    let node = forest.by_id(id).unwrap();
                    forest.liveness(node, at).state.is_alive()
                };
                // A password opens a session that may then do nothing: lineage counts it as working.
                let counted = credential.kind.is_usable() && credential.kind != Kind::Password;
                if !counted || !alive(&before, later) {
                    continue;
                }
                seen += 1;
                let listed = plan
                    .still_alive_after
                    .iter()
                    .any(|left| left.credential == *id);
                assert_eq!(
                    alive(&after, later),
                    listed,
                    "{}, {breadth:?}: {id} ({}) {}\n{}",
                    story.name,
                    credential.kind.name(),
                    after.liveness(after.by_id(id).unwrap(), later).why,
                    plan.markdown()
                );
            }
        }
    }
    assert!(seen > 40, "{seen}");
}
