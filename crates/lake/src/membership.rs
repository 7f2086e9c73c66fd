//! Which rows of a batch a prefilter keeps.
//!
//! In: a prefilter and batches of event rows. Out: the rows that it keeps, compacted. The reader
//! tests records before there are rows; this is for rows that were read for another's sake. It may
//! keep too much and never too little: times, and columns that a batch does not have, are not tested.

use std::collections::HashSet;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, BooleanArray, RecordBatch, StringViewArray};
use arrow_select::filter::filter_record_batch;
use keyline_trail::{Column, Prefilter, Test};

use crate::error::Error;

#[derive(Debug)]
pub(crate) struct Membership {
    /// Any of these, each of which is a list of tests that must all hold.
    any_of: Vec<Vec<(Column, Matcher)>>,
}

#[derive(Debug)]
enum Matcher {
    In(HashSet<String>),
    /// Values in lower case. Text that is not ASCII is kept, as other letters fold to ASCII.
    InIgnoreCase(HashSet<String>),
    NotEmpty,
}

impl Membership {
    pub(crate) fn new(prefilter: &Prefilter) -> Membership {
        let matcher = |test: &Test| match test {
            Test::In(values) => Matcher::In(values.iter().cloned().collect()),
            Test::InIgnoreCase(values) => {
                Matcher::InIgnoreCase(values.iter().map(|v| v.to_ascii_lowercase()).collect())
            }
            Test::NotEmpty => Matcher::NotEmpty,
        };
        let any_of = prefilter.any_of.iter().map(|conjunction| {
            let tests = conjunction.tests.iter();
            tests
                .map(|test| (test.column, matcher(&test.test)))
                .collect()
        });
        Membership {
            any_of: any_of.collect(),
        }
    }

    /// Whether it keeps each row.
    pub(crate) fn kept(&self, batch: &RecordBatch) -> Vec<bool> {
        let mut kept = vec![false; batch.num_rows()];
        for tests in &self.any_of {
            let tests: Vec<(&StringViewArray, &Matcher)> = tests
                .iter()
                .filter_map(|(column, matcher)| {
                    let values = batch.column_by_name(column.name())?.as_string_view_opt()?;
                    Some((values, matcher))
                })
                .collect();
            for (row, kept) in kept.iter_mut().enumerate() {
                *kept = *kept
                    || tests
                        .iter()
                        .all(|(values, matcher)| matcher.holds(values.value(row)));
            }
        }
        kept
    }

    /// The rows that it keeps, which share no memory with the batch; `None` when it keeps none.
    pub(crate) fn rows(&self, batch: &RecordBatch) -> Result<Option<RecordBatch>, Error> {
        let kept = self.kept(batch);
        if !kept.contains(&true) {
            return Ok(None);
        }
        let rows = filter_record_batch(batch, &BooleanArray::from(kept))?;
        // A filtered view column still holds on to the text of the whole batch.
        let columns = rows
            .columns()
            .iter()
            .map(|column| match column.as_string_view_opt() {
                Some(views) => Arc::new(views.gc()) as ArrayRef,
                None => column.clone(),
            });
        Ok(Some(RecordBatch::try_new(
            rows.schema(),
            columns.collect(),
        )?))
    }
}

impl Matcher {
    fn holds(&self, text: &str) -> bool {
        match self {
            Matcher::In(values) => values.contains(text),
            Matcher::InIgnoreCase(values) => {
                !text.is_ascii() || values.contains(text.to_ascii_lowercase().as_str())
            }
            Matcher::NotEmpty => !text.is_empty(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use keyline_trail::{ColumnTest, Conjunction};

    fn batch(names: &[&str]) -> RecordBatch {
        let names: ArrayRef = Arc::new(StringViewArray::from_iter_values(names));
        RecordBatch::try_from_iter([(Column::EventName.name(), names)]).unwrap()
    }

    #[track_caller]
    fn check(tests: &[(Column, Test)], names: &[&str], expected: &[&str]) {
        let tests = tests
            .iter()
            .cloned()
            .map(|(column, test)| ColumnTest { column, test });
        let conjunction = Conjunction {
            tests: tests.collect(),
            ..Conjunction::default()
        };
        let membership = Membership::new(&Prefilter {
            any_of: vec![conjunction],
        });
        let kept = membership.rows(&batch(names)).unwrap();
        let kept: Vec<String> = kept
            .iter()
            .flat_map(|rows| {
                let names = rows.column(0).as_string_view();
                names
                    .iter()
                    .flatten()
                    .map(str::to_owned)
                    .collect::<Vec<_>>()
            })
            .collect();
        assert_eq!(kept, expected);
    }

    #[test]
    fn rows_are_kept_by_their_text() {
        let name = Column::EventName;
        check(
            &[(name, Test::In(vec!["A".into()]))],
            &["A", "a", "B"],
            &["A"],
        );
        check(
            &[(name, Test::InIgnoreCase(vec!["A".into()]))],
            &["A", "a", "B", "\u{212a}"],
            &["A", "a", "\u{212a}"],
        );
        check(&[(name, Test::NotEmpty)], &["", "B"], &["B"]);
        check(&[(Column::EventSource, Test::NotEmpty)], &["A"], &["A"]);
        check(&[(name, Test::In(vec!["Z".into()]))], &["A", "B"], &[]);
    }
}
