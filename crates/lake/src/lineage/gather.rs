//! The facts about credentials in all logs: one pass over the log files, one reading of the Parquet.
//!
//! In: opened logs. Out: facts, the same whatever the threads did. Only the columns that lineage needs
//! are parsed, and the long ones of events that mint or change credentials only.

use std::fs::File;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use arrow_array::{BooleanArray, RecordBatch};
use arrow_select::filter::filter_record_batch;
use keyline_lineage::{Facts, Forest, Production};
use keyline_trail::{Problems, Projection};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowPredicateFn, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder, RowFilter,
};

use parquet::file::metadata::PageIndexPolicy;

use crate::error::{Error, ErrorKind};
use crate::gathering::times_of;
use crate::limits;
use crate::lineage::one::ParquetEvents;
use crate::lineage::queue::shared_out;
use crate::logs::{Inner, Logs};
use crate::membership::Membership;
use crate::pass::{Counting, Pass};

impl Logs {
    /// The facts about credentials in all events. Blocks.
    pub(crate) fn facts(&self, production: &Production) -> Result<Facts, Error> {
        let inner = self.inner();
        let new = || Facts::watching(production).with_horizon(inner.horizon());
        let facts = of_files(self, &new)?;
        match &inner.parquet {
            None => Ok(facts),
            Some(parquet) => {
                let picks = [Pick::Deeds, Pick::Uses];
                Ok(facts.merge(of_parquet(inner, parquet.paths(), &picks, &new)?))
            }
        }
    }

    /// The forest as far as the id of a key or of a credential is concerned: from Parquet alone, where few rows can
    /// be picked. Nothing where all has to be read. Blocks.
    pub(crate) fn tree_of(
        &self,
        production: &Production,
        text: &str,
    ) -> Result<Option<(Forest, Problems)>, Error> {
        let inner = self.inner();
        let parquet = inner.parquet.as_ref().filter(|_| inner.files.is_empty());
        let Some(parquet) = parquet else {
            return Ok(None);
        };
        let events = ParquetEvents::open(inner, production, parquet.paths())?;
        Forest::of_one(&events, text, production, inner.horizon())
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
enum Pick {
    /// Those that mint or change credentials, with the long columns.
    Deeds,
    /// The others.
    Uses,
}

/// Row groups are taken from one queue by as many threads as may read.
fn of_parquet(
    inner: &Inner,
    paths: &[PathBuf],
    picks: &[Pick],
    new: &(impl Fn() -> Facts + Sync),
) -> Result<Facts, Error> {
    let mut groups = Vec::new();
    for path in paths {
        let number = open(path)?.metadata().num_row_groups();
        groups.extend((0..number).map(|group| (path, group)));
    }
    shared_out(
        &groups,
        inner.options.threads,
        new,
        |_, (path, group), facts| {
            for pick in picks {
                for rows in reader(path, *group, facts.wanted(), pick)? {
                    facts.observe(&in_span(rows?, inner)?);
                }
            }
            Ok(())
        },
        Facts::merge,
    )
}

/// The picked rows of a group.
fn reader(
    path: &Path,
    group: usize,
    narrow: Projection,
    pick: &Pick,
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
        Pick::Uses => (narrow, false),
    };
    let of_deeds = move |rows: RecordBatch| {
        let mut kept = membership.kept(&rows);
        kept.iter_mut().for_each(|kept| *kept = *kept == wanted);
        Ok(BooleanArray::from(kept))
    };
    let filter = Box::new(ArrowPredicateFn::new(leaves(tested), of_deeds));
    let reader = builder
        .with_row_groups(vec![group])
        .with_projection(leaves(columns))
        .with_row_filter(RowFilter::new(vec![filter]))
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
    if inner.options.since.is_none() && inner.options.until.is_none() {
        return Ok(rows);
    }
    let Some(times) = times_of(&rows) else {
        return Ok(rows);
    };
    let kept = times
        .iter()
        .map(|time| Some(time.is_some_and(|time| inner.within(time))));
    Ok(filter_record_batch(&rows, &BooleanArray::from_iter(kept))?)
}
