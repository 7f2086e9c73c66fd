//! The facts about credentials in all logs: one pass over the log files, one reading of the Parquet.
//!
//! In: opened logs. Out: facts, the same whatever the threads did. Only the columns that lineage needs
//! are parsed, and the long ones of events that mint or change credentials only.

use std::fs::File;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow_array::{BooleanArray, RecordBatch};
use arrow_select::filter::filter_record_batch;
use keyline_lineage::{Facts, Production};
use keyline_trail::{Detail, Projection};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowPredicateFn, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder, RowFilter,
};

use crate::cut::times_of;
use crate::error::{Error, ErrorKind};
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
        let mut facts = of_files(self, &new)?;
        if let Some(parquet) = &inner.parquet {
            for part in of_parquet(inner, parquet.paths(), &new)? {
                facts = facts.merge(part);
            }
        }
        Ok(facts)
    }
}

fn of_files(logs: &Logs, new: &(impl Fn() -> Facts + Sync)) -> Result<Facts, Error> {
    let inner = logs.inner();
    let mut addenda = inner.known_survey().map(|survey| survey.addenda.clone());
    loop {
        let known = addenda.is_some();
        let mut read = inner.read_options(new().wanted());
        read.detail = Some(Facts::detail());
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
        if !known && pass.starts_again() {
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

/// Row groups are taken from one queue by as many threads as may read.
fn of_parquet(
    inner: &Inner,
    paths: &[PathBuf],
    new: &(impl Fn() -> Facts + Sync),
) -> Result<Vec<Facts>, Error> {
    let mut groups = Vec::new();
    for path in paths {
        let number = open(path)?.metadata().num_row_groups();
        groups.extend((0..number).map(|group| (path, group)));
    }
    let next = AtomicUsize::new(0);
    let take = || {
        let mut facts = new();
        while let Some((path, group)) = groups.get(next.fetch_add(1, Ordering::Relaxed)) {
            read_group(path, *group, &mut facts, inner)?;
        }
        Ok(facts)
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
            .collect()
    })
}

/// The events that mint or change credentials are read with the long columns, then the others without.
fn read_group(path: &Path, group: usize, facts: &mut Facts, inner: &Inner) -> Result<(), Error> {
    let narrow = facts.wanted();
    let detail = Facts::detail();
    for detailed in [true, false] {
        let columns = match detailed {
            true => narrow.union(detail.projection),
            false => narrow,
        };
        for rows in reader(path, group, columns, &detail, detailed)? {
            let rows = in_span(rows?, inner)?;
            facts.observe(&rows);
        }
    }
    Ok(())
}

/// The rows of a group that the detail asks for, or the others.
fn reader(
    path: &Path,
    group: usize,
    columns: Projection,
    detail: &Detail,
    detailed: bool,
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
    let tested = detail.prefilter.any_of.iter().flat_map(|all| &all.tests);
    let tested = tested.fold(Projection::none(), |set, test| set.with(test.column));
    let membership = Membership::new(&detail.prefilter);
    let predicate = ArrowPredicateFn::new(leaves(tested), move |rows| {
        let mut kept = membership.kept(&rows);
        kept.iter_mut().for_each(|kept| *kept = *kept == detailed);
        Ok(BooleanArray::from(kept))
    });
    let reader = builder
        .with_row_groups(vec![group])
        .with_projection(leaves(columns))
        .with_row_filter(RowFilter::new(vec![Box::new(predicate)]))
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
    ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| failed(&error))
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
