//! Queries that nobody would wait for: each ends when its time is up, wherever its rows come to be.

use std::time::Duration;

use keyline_engine::{ErrorKind, Evaluation};

use crate::support;

/// Ten thousand million pairs each.
const ENDLESS: [&str; 2] = [
    "range a from 1 to 100000 step 1 | extend k = a % 1 \
     | join kind=inner (range b from 1 to 100000 step 1 | extend k = b % 1) on k | summarize sum(a + b)",
    "range a from 1 to 100000 step 1 | extend one = 1 \
     | join kind=leftouter (range b from 1 to 100000 step 1 | extend one = 1) on one \
     | where a + b == -1 | count",
];

#[test]
fn what_never_ends_ends_with_its_time() {
    for query in ENDLESS {
        let engine = support::engine().with_time_limit(Duration::from_millis(500));
        let answer = engine.query_text(query, &Evaluation::at(support::START));
        let error = answer.map(|table| table.rows.len()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Time, "{query}: {error}");
    }
}
