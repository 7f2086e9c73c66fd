//! Plans for the generator's stories: from made-up CloudTrail through the lineage to a plan, as a responder
//! would go.

use std::ops::ControlFlow;

use keyline_contain::{Breadth, Plan};
use keyline_lineage::{Facts, Forest, Kind, Production};
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

/// What a plan for the story's credential must do: reach everything that the thief can still use, and stop
/// all of it but what the plan lists.
#[track_caller]
fn check(story: &stories::Story, told: &Told, forest: &Forest, breadth: Breadth) {
    let mut ask = Ask::of(forest, &told.truth.access_key_id);
    ask.as_of = told.truth.as_of * 1_000_000;
    ask.breadth = breadth;
    let plan = ask.plan();
    let mut fake = Fake::default();
    fake.at = ask.as_of + 600_000_000;
    fake.run(&plan);
    let root = forest.root(forest.find(&told.truth.access_key_id)[0]);
    let works = |expected: &&Expected| {
        expected.attackers
            && expected.state == Some(State::Works)
            && !expected.access_key_ids.is_empty()
    };
    for expected in told.truth.credentials.iter().filter(works) {
        let found = forest.find(&expected.access_key_ids[0]);
        // Some stories tell of several thefts.
        if forest.root(found[0]) != root {
            continue;
        }
        let credential = forest.credential(found[0]);
        let place = format!("{}: {} ({})", story.name, expected.name, credential.id);
        assert!(
            plan.credentials.contains(&credential.id),
            "{place} is not in the tree\n{}",
            plan.markdown()
        );
        let listed = plan
            .still_alive_after
            .iter()
            .any(|left| left.credential == credential.id);
        assert!(
            !credential.kind.is_usable() || fake.can_act(&credential) == listed,
            "{place} acts, listed: {listed}\n{}",
            plan.markdown()
        );
    }
}

#[test]
fn everything_that_the_thief_can_still_use_is_stopped_or_listed() {
    for story in stories::ALL {
        let told = (story.tell)(7);
        let forest = forest_of(facts_of(&told));
        check(story, &told, &forest, Breadth::Broad);
        check(story, &told, &forest, Breadth::Narrow);
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
