//! Plans for the generator's stories: from made-up CloudTrail through the lineage to a plan, as a responder
//! would go.

use std::ops::ControlFlow;

use keyline_contain::Breadth;
use keyline_lineage::{Facts, Forest, Production};
use keyline_simulate::stories::truth::{Expected, State};
use keyline_simulate::stories::{self, Told};

use keyline_trail::read::ReadOptions;

use crate::fake::Fake;
use crate::world::Ask;

/// The forest of a story's logs.
pub fn forest_of(told: &Told) -> Forest {
    let mut facts = Facts::default();
    let options = ReadOptions::default();
    for file in told.simulation.files() {
        keyline_trail::read(file.text.as_bytes(), &options, &mut |batch| {
            facts.observe(&batch.rows);
            ControlFlow::Continue(())
        });
    }
    Forest::build(facts, &Production::default()).0
}

/// What a plan for the story's credential must do: reach everything that the thief can still use, and stop
/// all of it but what the plan lists.
#[track_caller]
fn check(story: &stories::Story, breadth: Breadth) {
    let told = (story.tell)(7);
    let forest = forest_of(&told);
    let mut ask = Ask::of(&forest, &told.truth.access_key_id);
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
        check(story, Breadth::Broad);
        check(story, Breadth::Narrow);
    }
}
