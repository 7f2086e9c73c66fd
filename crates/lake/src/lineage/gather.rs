//! The facts about credentials in all logs: one pass over the log files, one reading of the Parquet.
//!
//! In: opened logs. Out: facts, the same whatever the threads did. Only the columns that lineage needs
//! are parsed, and the long ones of events that mint or change credentials only.

use std::collections::HashSet;
use std::fs::File;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow_array::cast::AsArray;
use arrow_array::{BooleanArray, RecordBatch};
use arrow_select::filter::filter_record_batch;
use keyline_lineage::{Facts, Forest, Node, Production};
use keyline_trail::access_key::is_access_key_id;
use keyline_trail::{Column, Projection};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowPredicate, ArrowPredicateFn, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder, RowFilter,
};

use parquet::file::metadata::PageIndexPolicy;

use crate::error::{Error, ErrorKind};
use crate::gathering::times_of;
use crate::limits;
use crate::logs::{Inner, Logs};
use crate::membership::Membership;
use crate::pass::{Counting, Pass};

impl Logs {
    /// The facts about credentials in all events. Blocks.
    pub(crate) fn facts(&self, production: &Production) -> Result<Facts, Error> {
        let inner = self.inner();
        let new = || {
            let horizon = inner.options.now;
            let horizon = horizon.map(|now| now.saturating_add(limits::HORIZON_US));
            Facts::watching(production).with_horizon(horizon)
        };
        let facts = of_files(self, &new)?;
        match &inner.parquet {
            None => Ok(facts),
            Some(parquet) => {
                let picks = [Pick::Deeds, Pick::Uses];
                Ok(facts.merge(of_parquet(inner, parquet.paths(), &picks, &new)?))
            }
        }
    }

    /// The facts about what a text names, what that came from and what it minted: from Parquet alone, where
    /// few rows can be picked. First the events that mint and change are read, then the uses of the tree that
    /// they show. Nothing where the logs are no Parquet, or where no minting event names the text; then all has
    /// to be read. Blocks.
    pub(crate) fn facts_about(
        &self,
        production: &Production,
        text: &str,
    ) -> Result<Option<Facts>, Error> {
        let inner = self.inner();
        let parquet = inner.parquet.as_ref().filter(|_| inner.files.is_empty());
        // A name or an address may be that of credentials which no minting event knows.
        let is_one = is_access_key_id(text) || text.starts_with("cr-");
        let Some(parquet) = parquet.filter(|_| is_one) else {
            return Ok(None);
        };
        let new = || Facts::watching(production);
        let deeds = of_parquet(inner, parquet.paths(), &[Pick::Deeds], &new)?;
        let (skeleton, _) = Forest::build(deeds.clone(), production);
        let nodes = skeleton.find(text);
        if nodes.is_empty() {
            return Ok(None);
        }
        let callers = Arc::new(Callers::of(&skeleton, &nodes));
        let uses = of_parquet(inner, parquet.paths(), &[Pick::UsesOf(&callers)], &new)?;
        let coverage = self.survey()?;
        let accounts = coverage.accounts.iter().map(String::as_str);
        let facts = deeds.merge(uses);
        Ok(Some(facts.covering(
            coverage.first_event,
            coverage.last_event,
            accounts,
        )))
    }
}

fn of_files(logs: &Logs, new: &(impl Fn() -> Facts + Sync)) -> Result<Facts, Error> {
    let inner = logs.inner();
    let mut addenda = inner.known_survey().map(|survey| survey.addenda.clone());
    loop {
        let known = addenda.is_some();
        let mut read = inner.read_options(new().wanted());
        read.details = vec![Facts::detail()];
        let pass = inner.pass(read, Counting::Everything, addenda);
        let parts = inner.run(
            &pass,
            |_| new(),
            |pass: &Pass, facts| {
                pass.work(&mut |batch| {
                    facts.observe(&batch.rows);
                    ControlFlow::Continue(())
                })
            },
        )?;
        if pass.starts_again() {
            // Some record patches another one, which may have been taken in before it.
            addenda = Some(inner.survey()?.addenda.clone());
            continue;
        }
        if !known {
            inner.adopt(pass.coverage());
        }
        let mut facts = new();
        for part in parts {
            facts = facts.merge(part);
        }
        return Ok(facts);
    }
}

/// Which rows of a Parquet file are read, and with which columns.
enum Pick<'a> {
    /// Those that mint or change credentials, with the long columns.
    Deeds,
    /// The others.
    Uses,
    /// The others, of the callers of one tree.
    UsesOf(&'a Arc<Callers>),
}

/// By what the events of a tree are known. A caller is any of these.
struct Callers {
    access_keys: HashSet<String>,
    sessions: HashSet<String>,
    /// Services call on under keys of their own, as the same principal.
    principals: HashSet<String>,
}

impl Callers {
    /// The callers of what a text names, of what that came from and of what it minted.
    fn of(forest: &Forest, nodes: &[Node]) -> Callers {
        let mut callers = Callers {
            access_keys: HashSet::new(),
            sessions: HashSet::new(),
            principals: HashSet::new(),
        };
        let mut around = forest.below(nodes);
        around.extend(forest.above(nodes));
        around.extend(nodes);
        for node in around {
            let credential = forest.credential(node);
            callers.access_keys.extend(credential.access_key_ids);
            callers.sessions.insert(credential.id);
            callers.sessions.extend(credential.aliases);
            if !credential.principal_id.is_empty() {
                callers.principals.insert(credential.principal_id);
            }
        }
        callers
    }

    fn columns() -> Projection {
        Projection::of(&[
            Column::UserIdentityAccessKeyId,
            Column::SessionKey,
            Column::UserIdentityPrincipalid,
            Column::SessionIssuerPrincipalId,
        ])
    }

    fn keep(&self, rows: &RecordBatch, kept: &mut [bool]) {
        let column = |column: Column| rows.column_by_name(column.name())?.as_string_view_opt();
        let sets = [
            (Column::UserIdentityAccessKeyId, &self.access_keys),
            (Column::SessionKey, &self.sessions),
            (Column::UserIdentityPrincipalid, &self.principals),
            // Federation tokens of a user whose minting is not in the data.
            (Column::SessionIssuerPrincipalId, &self.principals),
        ]
        .map(|(name, set)| (column(name), set));
        for (row, kept) in kept.iter_mut().enumerate() {
            *kept = *kept
                && sets.iter().any(|(values, set)| {
                    values.is_some_and(|values| {
                        let value = values.value(row);
                        !value.is_empty() && set.contains(value)
                    })
                });
        }
    }
}

/// Row groups are taken from one queue by as many threads as may read.
fn of_parquet(
    inner: &Inner,
    paths: &[PathBuf],
    picks: &[Pick<'_>],
    new: &(impl Fn() -> Facts + Sync),
) -> Result<Facts, Error> {
    let mut groups = Vec::new();
    for path in paths {
        let number = open(path)?.metadata().num_row_groups();
        groups.extend((0..number).map(|group| (path, group)));
    }
    let next = AtomicUsize::new(0);
    let take = || {
        let mut facts = new();
        while let Some((path, group)) = groups.get(next.fetch_add(1, Ordering::Relaxed)) {
            for pick in picks {
                for rows in reader(path, *group, facts.wanted(), pick)? {
                    facts.observe(&in_span(rows?, inner)?);
                }
            }
        }
        Ok::<_, Error>(facts)
    };
    std::thread::scope(|scope| {
        let threads = inner.options.threads.clamp(1, groups.len().max(1));
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(take)).collect();
        workers
            .into_iter()
            .map(|worker| match worker.join() {
                Ok(facts) => facts,
                Err(panic) => std::panic::resume_unwind(panic),
            })
            .try_fold(new(), |facts, part| Ok(facts.merge(part?)))
    })
}

/// The picked rows of a group.
fn reader(
    path: &Path,
    group: usize,
    narrow: Projection,
    pick: &Pick<'_>,
) -> Result<ParquetRecordBatchReader, Error> {
    let builder = open(path)?;
    let schema = builder.parquet_schema().clone();
    let leaves = |columns: Projection| {
        let wanted = |(_, column): &(usize, &parquet::schema::types::ColumnDescPtr)| {
            columns
                .columns()
                .any(|wanted| wanted.name() == column.name())
        };
        let leaves = schema.columns().iter().enumerate().filter(wanted);
        ProjectionMask::leaves(&schema, leaves.map(|(leaf, _)| leaf))
    };
    let detail = Facts::detail();
    let tested = detail.prefilter.any_of.iter().flat_map(|all| &all.tests);
    let tested = tested.fold(Projection::none(), |set, test| set.with(test.column));
    let membership = Membership::new(std::iter::once(&detail.prefilter));
    let (columns, wanted) = match pick {
        Pick::Deeds => (narrow.union(detail.projection), true),
        Pick::Uses | Pick::UsesOf(_) => (narrow, false),
    };
    let mut filters: Vec<Box<dyn ArrowPredicate>> = Vec::new();
    // Few rows are of one tree: they are picked first.
    if let Pick::UsesOf(callers) = pick {
        let callers = (*callers).clone();
        let of_tree = move |rows: RecordBatch| {
            let mut kept = vec![true; rows.num_rows()];
            callers.keep(&rows, &mut kept);
            Ok(BooleanArray::from(kept))
        };
        filters.push(Box::new(ArrowPredicateFn::new(
            leaves(Callers::columns()),
            of_tree,
        )));
    }
    let of_deeds = move |rows: RecordBatch| {
        let mut kept = membership.kept(&rows);
        kept.iter_mut().for_each(|kept| *kept = *kept == wanted);
        Ok(BooleanArray::from(kept))
    };
    filters.push(Box::new(ArrowPredicateFn::new(leaves(tested), of_deeds)));
    let reader = builder
        .with_row_groups(vec![group])
        .with_projection(leaves(columns))
        .with_row_filter(RowFilter::new(filters))
        .with_batch_size(limits::CUT_BATCH_ROWS)
        .build();
    Ok(reader?)
}

fn open(path: &Path) -> Result<ParquetRecordBatchReaderBuilder<File>, Error> {
    let failed = |error: &dyn std::fmt::Display| {
        Error::new(
            ErrorKind::Internal,
            format!("cannot read `{}`: {error}", path.display()),
        )
    };
    let file = File::open(path).map_err(|error| failed(&error))?;
    // With the places of pages, those without a picked row are passed over.
    let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Optional);
    ParquetRecordBatchReaderBuilder::try_new_with_options(file, options)
        .map_err(|error| failed(&error))
}

/// The rows between `--since` and `--until`.
fn in_span(rows: RecordBatch, inner: &Inner) -> Result<RecordBatch, Error> {
    let (since, until) = (inner.options.since, inner.options.until);
    if since.is_none() && until.is_none() {
        return Ok(rows);
    }
    let Some(times) = times_of(&rows) else {
        return Ok(rows);
    };
    let inside = |time: i64| {
        since.is_none_or(|since| since <= time) && until.is_none_or(|until| time <= until)
    };
    let kept = times.iter().map(|time| Some(time.is_some_and(inside)));
    Ok(filter_record_batch(&rows, &BooleanArray::from_iter(kept))?)
}
