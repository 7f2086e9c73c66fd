//! Queries whose columns the data tells: `bag_unpack` and `pivot` without a schema.
//!
//! A query is then checked in stages. [`check_staged`] goes as far as it can; where it comes to such
//! an operator it asks for the answer of a query over what stands before it ([`Stage::Wants`]), and is
//! called again with that answer ([`Answers`]). Nothing here runs the query: the engine does.

use std::sync::Arc;

use super::{CheckOptions, Checker, finished};
use crate::checked::{CheckedQuery, Rel};
use crate::diagnostic::{Diagnostic, Severity};
use crate::schema::{Column, Schema};
use crate::syntax::Query;

/// What the data has answered so far: the columns for each operator that asks, in the order in which
/// a check comes to them.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    pub columns: Vec<Vec<Column>>,
}

/// How far a check has come.
#[derive(Debug)]
pub enum Stage {
    /// To the end: what [`super::check`] gives.
    Done(Option<CheckedQuery>, Vec<Diagnostic>),
    Wants(Box<Wanted<CheckedQuery>>),
}

/// What the data is to tell.
#[derive(Clone, Debug)]
pub enum Wanted<Q> {
    /// The names of the members of all bags in the one column of the input, and the type of each:
    /// dynamic where it is not always the same.
    Members { input: Q },
    /// The different values of the one column of the input, which are texts; the types do not count.
    Values { input: Q },
}

/// Checks a query with what the data has answered so far.
pub fn check_staged(
    query: &Query,
    schema: &dyn Schema,
    options: &CheckOptions,
    answers: &Answers,
) -> Stage {
    let mut checker = Checker::new(schema, options);
    checker.answers = Some(answers);
    let root = checker.query(query);
    checker.say_what_a_run_would(query.broken);
    let refused = checker
        .diagnostics
        .iter()
        .any(|found| found.severity == Severity::Error);
    let Some(wanted) = checker.wanted.take().filter(|_| !refused) else {
        let (checked, diagnostics) = finished(checker, root);
        return Stage::Done(checked, diagnostics);
    };
    checker.diagnostics.clear();
    let mut part = |input: Arc<Rel>| CheckedQuery {
        root: input,
        tables: checker.tables.iter().cloned().collect(),
        external_uris: checker.external_uris.iter().cloned().collect(),
        render: None,
        ago_ticks: std::mem::take(&mut checker.ago_ticks),
    };
    Stage::Wants(Box::new(match wanted {
        Wanted::Members { input } => Wanted::Members { input: part(input) },
        Wanted::Values { input } => Wanted::Values { input: part(input) },
    }))
}

impl Checker<'_> {
    /// The answer to the next question, if there is one; if not, the first such question is what the
    /// check comes to.
    pub(super) fn stage(&mut self, wanted: Wanted<Arc<Rel>>) -> Option<Vec<Column>> {
        let answers = self.answers?;
        let place = self.asked;
        self.asked += 1;
        if let Some(columns) = answers.columns.get(place) {
            return Some(columns.clone());
        }
        self.wanted.get_or_insert(wanted);
        None
    }
}
