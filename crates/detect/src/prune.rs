//! A query without the parts that can give no row.
//!
//! In: a checked query, and which uses of tables are known to see nothing. Out: the same query with
//! empty tables where a part has nothing to work on, or nothing at all where the whole has not. Rules over
//! many sources shrink to the few that the data has. Nothing here looks at conditions.

use std::collections::HashMap;
use std::sync::Arc;

use keyline_kql::checked::{CheckedQuery, Join, JoinKind, MvExpand, Op, Rel};

/// The query without its empty parts; `None` when it gives no row whatever the instant.
pub fn pruned(query: &CheckedQuery, is_empty: &dyn Fn(&Arc<Rel>) -> bool) -> Option<CheckedQuery> {
    let mut pruning = Pruning {
        is_empty,
        yields: HashMap::new(),
        made: HashMap::new(),
    };
    if !pruning.yields(&query.root) {
        return None;
    }
    let root = pruning.rel(&query.root);
    Some(CheckedQuery {
        root,
        ..query.clone()
    })
}

struct Pruning<'a> {
    is_empty: &'a dyn Fn(&Arc<Rel>) -> bool,
    yields: HashMap<*const Rel, bool>,
    made: HashMap<*const Rel, Arc<Rel>>,
}

impl Pruning<'_> {
    /// Whether a relation may give rows.
    fn yields(&mut self, rel: &Arc<Rel>) -> bool {
        if let Some(known) = self.yields.get(&Arc::as_ptr(rel)) {
            return *known;
        }
        let yields = match &rel.op {
            Op::Table { .. } => !(self.is_empty)(rel),
            Op::DataTable { rows } => !rows.is_empty(),
            Op::Filter { input, .. }
            | Op::Project { input, .. }
            | Op::Distinct { input }
            | Op::Sort { input, .. }
            | Op::Take { input, .. }
            | Op::Top { input, .. }
            | Op::Sample { input, .. }
            | Op::SampleDistinct { input, .. }
            | Op::Serialize { input }
            | Op::Materialize { input } => self.yields(input),
            Op::Summarize { input, by, .. } => by.is_empty() || self.yields(input),
            Op::MvExpand(expand) | Op::MvApply { expand, .. } => self.yields(&expand.input),
            Op::Parse(parse) => self.yields(&parse.input),
            Op::ParseKv(parse) => self.yields(&parse.input),
            Op::Join(join) => {
                let (left, right) = (self.yields(&join.left), self.yields(&join.right));
                match join.kind {
                    JoinKind::Inner
                    | JoinKind::InnerUnique
                    | JoinKind::LeftSemi
                    | JoinKind::RightSemi => left && right,
                    JoinKind::LeftOuter | JoinKind::LeftAnti => left,
                    JoinKind::RightOuter | JoinKind::RightAnti => right,
                    JoinKind::FullOuter => left || right,
                }
            }
            Op::Union { inputs } => {
                // Every input is asked, so that each is known afterwards.
                let any = inputs.iter().filter(|input| self.yields(input)).count();
                any > 0
            }
            _ => true,
        };
        self.yields.insert(Arc::as_ptr(rel), yields);
        yields
    }

    /// The relation without its empty parts. What is used twice stays one.
    fn rel(&mut self, rel: &Arc<Rel>) -> Arc<Rel> {
        if let Some(made) = self.made.get(&Arc::as_ptr(rel)) {
            return made.clone();
        }
        let made = if !self.yields(rel) {
            self.with(rel, Op::DataTable { rows: Vec::new() })
        } else {
            self.below(rel)
        };
        self.made.insert(Arc::as_ptr(rel), made.clone());
        made
    }

    fn with(&self, rel: &Arc<Rel>, op: Op) -> Arc<Rel> {
        Arc::new(Rel {
            op,
            columns: rel.columns.clone(),
            serialized: rel.serialized,
            span: rel.span,
        })
    }

    /// The same operator over pruned inputs.
    fn below(&mut self, rel: &Arc<Rel>) -> Arc<Rel> {
        let mut op = rel.op.clone();
        let mut same = true;
        let mut replace = |input: &mut Arc<Rel>| {
            let pruned = self.rel(input);
            same &= Arc::ptr_eq(&pruned, input);
            *input = pruned;
        };
        match &mut op {
            Op::Filter { input, .. }
            | Op::Project { input, .. }
            | Op::Distinct { input }
            | Op::Summarize { input, .. }
            | Op::Sort { input, .. }
            | Op::Take { input, .. }
            | Op::Top { input, .. }
            | Op::Sample { input, .. }
            | Op::SampleDistinct { input, .. }
            | Op::Serialize { input }
            | Op::Materialize { input } => replace(input),
            Op::MvExpand(MvExpand { input, .. }) => replace(input),
            Op::Parse(parse) => replace(&mut parse.input),
            Op::ParseKv(parse) => replace(&mut parse.input),
            Op::Join(Join { left, right, .. }) => {
                replace(left);
                replace(right);
            }
            Op::Union { inputs } => {
                inputs.iter_mut().for_each(replace);
                let before = inputs.len();
                inputs.retain(|input| self.yields(input));
                same &= inputs.len() == before;
            }
            // The rest is left as it is, whatever it reads.
            _ => {}
        }
        if same {
            rel.clone()
        } else {
            self.with(rel, op)
        }
    }
}

#[cfg(test)]
mod tests {
    use keyline_kql::check::{CheckOptions, check};
    use keyline_kql::parse::parse;
    use keyline_kql::schema::{Column, Schema};
    use keyline_kql::types::Type;

    use super::*;
    use crate::relations::relations;

    /// Tables of one column.
    struct Tables;

    impl Schema for Tables {
        fn table(&self, name: &str) -> Option<Vec<Column>> {
            let known = ["Full", "Empty"].contains(&name);
            known.then(|| vec![Column::new("A", Type::String)])
        }

        fn table_names(&self) -> Vec<String> {
            vec!["Full".to_string(), "Empty".to_string()]
        }

        fn watchlist(&self, _alias: &str) -> Option<Vec<Column>> {
            None
        }
    }

    /// The tables that are still read, or `nothing`.
    #[track_caller]
    fn check_reads(text: &str, expected: &str) {
        let (syntax, _) = parse(text);
        let (query, problems) = check(&syntax, &Tables, &CheckOptions::default());
        let query = query.unwrap_or_else(|| panic!("{text}: {problems:?}"));
        let is_empty = |rel: &Arc<Rel>| matches!(&rel.op, Op::Table { name } if name == "Empty");
        let found = match pruned(&query, &is_empty) {
            None => "nothing".to_string(),
            Some(query) => {
                assert_eq!(
                    query.root.columns,
                    pruned(&query, &|_| false).unwrap().root.columns
                );
                let tables = relations(&query.root);
                let mut names: Vec<String> = tables
                    .iter()
                    .filter_map(|rel| match &rel.op {
                        Op::Table { name } => Some(name.clone()),
                        _ => None,
                    })
                    .collect();
                names.sort();
                names.join(" ")
            }
        };
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn what_cannot_give_rows_goes() {
        check_reads("Full | where A == 'x'", "Full");
        check_reads("Empty | where A == 'x' | summarize count() by A", "nothing");
        check_reads("Empty | summarize count()", "");
        check_reads("Full | join Empty on A", "nothing");
        check_reads("Full | join kind=leftouter Empty on A", "Full");
        check_reads("Full | join kind=rightouter Empty on A", "nothing");
        check_reads("Empty | join kind=leftanti Full on A", "nothing");
        check_reads("union Full, Empty", "Full");
        check_reads(
            "union Empty, (Full | join (Empty) on A | project A)",
            "nothing",
        );
        check_reads(
            "let t = Full | join kind=leftouter Empty on A; t | join t on A",
            "Full",
        );
    }
}
