//! Records in, a forest out: read by trail, without duplicates, in whatever parts a test asks for.

use std::collections::HashSet;
use std::ops::ControlFlow;

use arrow_array::{BooleanArray, RecordBatch};
use arrow_select::filter::filter_record_batch;
use keyline_lineage::{Credential, Facts, Forest, Node, Production};
use keyline_trail::{Batch, ReadOptions, read};

pub fn options() -> ReadOptions {
    ReadOptions {
        projection: Facts::columns(),
        details: vec![Facts::detail()],
        ..ReadOptions::default()
    }
}

/// The batches of some text, without the records that were seen before.
pub fn batches(text: &[u8], seen: &mut HashSet<u128>) -> Vec<RecordBatch> {
    let mut batches = Vec::new();
    read(text, &options(), &mut |batch: Batch| {
        let new: BooleanArray = batch
            .identities
            .iter()
            .map(|identity| Some(seen.insert(identity.event)))
            .collect();
        batches.push(filter_record_batch(&batch.rows, &new).unwrap());
        ControlFlow::Continue(())
    });
    batches
}

pub fn facts(text: &[u8]) -> Facts {
    let mut facts = Facts::default();
    for batch in batches(text, &mut HashSet::new()) {
        facts.observe(&batch);
    }
    facts
}

pub fn forest(text: impl AsRef<[u8]>) -> Forest {
    Forest::build(facts(text.as_ref()), &Production::default()).0
}

/// Every credential as text.
pub fn shown(forest: &Forest) -> String {
    let mut out = format!("{:?}\n", forest.last_event());
    for node in forest.nodes() {
        out.push_str(&format!("{:?}\n", forest.credential(node)));
    }
    out
}

/// The only credential that a text finds.
pub fn one(forest: &Forest, text: &str) -> (Node, Credential) {
    let found = forest.find(text);
    assert_eq!(found.len(), 1, "{text}: {}", shown(forest));
    (found[0], forest.credential(found[0]))
}
