//! One pass over all log files for many queries at once.
//!
//! In: what each query needs, as columns and filters. Out: the rows that any of them needs, with
//! the columns that any of them names, sorted by `TimeGenerated` and then `AwsEventId`, as tables.
//! So a hundred rules cost one inflating and one parsing, and a query about a stretch of time
//! touches that stretch only. Rows beyond the memory's share are spilled as sorted Parquet, which
//! prunes by time as well. Whoever asks a cut for rows that no need covered gets an answer without
//! them, so a cut serves the queries that it was made for; a column that no need named is an error.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{Array, RecordBatch, StringViewArray, TimestampMicrosecondArray};
use arrow_schema::SchemaRef;
use arrow_select::interleave::interleave_record_batch;
use datafusion::catalog::TableProvider;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::logical_expr::{Expr, LogicalPlan};
use keyline_trail::schema::arrow_schema;
use keyline_trail::{
    AWS_COLUMNS, Column, Conjunction, Coverage, Prefilter, Projection, TABLE, TABLE_AWS, Test,
};

use crate::cut_table::CutTable;
use crate::error::{Error, ErrorKind};
use crate::limits;
use crate::logs::{Inner, Logs};
use crate::membership::Membership;
use crate::parquet_write::{ParquetFile, RowGroup};
use crate::pass::{Counting, Pass};
use crate::pushdown;

/// What one query needs of the events.
#[derive(Debug, Clone)]
pub struct Need {
    columns: Projection,
    prefilter: Prefilter,
}

impl Need {
    /// The named columns of the rows that fulfil all the filters. What a filter says beyond the
    /// reader's understanding is ignored, so that a need may cover too much and never too little.
    pub fn new<'a>(columns: impl IntoIterator<Item = &'a str>, filters: &[Expr]) -> Need {
        let columns = columns.into_iter().filter_map(Column::named);
        let prefilter = pushdown::prefilter(filters);
        // What is filtered by is looked at again when rows are told apart.
        let tests = prefilter
            .any_of
            .iter()
            .flat_map(|conjunction| &conjunction.tests);
        let columns = columns.chain(tests.map(|test| test.column));
        Need {
            columns: columns.fold(Projection::none(), Projection::with),
            prefilter,
        }
    }

    /// Every row and column.
    pub fn everything() -> Need {
        Need {
            columns: Projection::all(),
            prefilter: Prefilter::everything(),
        }
    }

    /// Whether it covers every row.
    pub fn is_broad(&self) -> bool {
        self.prefilter.any_of.is_empty()
    }

    /// The same with more columns.
    pub fn and_columns<'a>(mut self, columns: impl IntoIterator<Item = &'a str>) -> Need {
        let columns = columns.into_iter().filter_map(Column::named);
        self.columns = columns.fold(self.columns, Projection::with);
        self
    }

    /// The same without its bounds of time: for a query that will run at many instants.
    pub fn at_all_times(mut self) -> Need {
        for conjunction in &mut self.prefilter.any_of {
            (conjunction.from, conjunction.until) = (None, None);
        }
        self
    }

    /// The needs of an optimised plan: one for each scan of an event table in it, sub-queries
    /// included.
    pub fn of_plan(plan: &LogicalPlan) -> Result<Vec<Need>, Error> {
        let mut needs = Vec::new();
        plan.apply_with_subqueries(|node| {
            if let LogicalPlan::TableScan(scan) = node
                && [TABLE, TABLE_AWS].contains(&scan.table_name.table())
            {
                let names = scan
                    .projected_schema
                    .fields()
                    .iter()
                    .map(|field| field.name());
                let mut need = Need::new(names.map(String::as_str), &scan.filters);
                for column in scan.filters.iter().flat_map(|filter| filter.column_refs()) {
                    if let Some(column) = Column::named(&column.name) {
                        need.columns = need.columns.with(column);
                    }
                }
                needs.push(need);
            }
            Ok(TreeNodeRecursion::Continue)
        })?;
        Ok(needs)
    }
}

/// What the needs of many queries are cut into.
///
/// A query that must see every event (a join of all events with a few, say) would make each of the
/// others look through them all, so those that name the events they want get a cut of their own.
#[derive(Debug, Clone)]
pub struct Cuts {
    /// For needs that are not [broad](Need::is_broad).
    pub narrow: Arc<Cut>,
    /// For queries with a broad need; the same as `narrow` where there are none.
    pub broad: Arc<Cut>,
}

/// The rows that a set of queries needs.
pub struct Cut {
    logs: Logs,
    columns: Projection,
    pub(crate) rows: Rows,
    coverage: Coverage,
}

/// Where the rows lie.
pub(crate) enum Rows {
    /// Sorted batches with the times of their first and last rows; a null time sorts first.
    Memory(Vec<TimedBatch>),
    /// Parquet files, each sorted.
    Spilled(Vec<PathBuf>),
}

#[derive(Debug, Clone)]
pub(crate) struct TimedBatch {
    pub(crate) rows: RecordBatch,
    pub(crate) first: i64,
    pub(crate) last: i64,
}

/// Reads everything once and keeps what the needs cover. Blocks.
pub fn cut(logs: &Logs, needs: &[Need]) -> Result<Cuts, Error> {
    let inner = logs.inner();
    let (broad, narrow): (Vec<Need>, Vec<Need>) = needs.iter().cloned().partition(Need::is_broad);
    let wanted = together(&narrow);
    // Too many alternatives to test are as good as none.
    let apart = !broad.is_empty() && !wanted.any_of.is_empty();
    let (first, second) = match apart {
        true => (columns_of(&narrow), Some(columns_of(&broad))),
        false => (columns_of(needs), None),
    };
    let read_filter = match broad.is_empty() && !narrow.is_empty() {
        true => wanted.clone(),
        false => Prefilter::everything(),
    };
    let membership = apart.then(|| Membership::new(&wanted));
    let mut addenda = inner.known_survey().map(|survey| survey.addenda.clone());
    loop {
        let known = addenda.is_some();
        let mut read = inner.read_options(second.map_or(first, |second| first.union(second)));
        read.prefilter = match &addenda {
            Some(addenda) => addenda.widen(read_filter.clone()),
            // The reader lets addenda through whatever they match, so that they are noticed.
            None => read_filter.clone(),
        };
        let pass = inner.pass(read, Counting::Everything, addenda);
        let gathering = Gathering::new(inner.clone(), first);
        let all = second.map(|columns| Gathering::new(inner.clone(), columns));
        let sorting = Sorting {
            membership: membership.as_ref(),
            narrow: &gathering,
            all: all.as_ref(),
        };
        let parts = inner.run(
            &pass,
            |_| <(Part, Part)>::default(),
            |pass: &Pass, parts| gather(pass, &sorting, parts),
        )?;
        if !known && pass.starts_again() {
            // A record may patch, or be a copy of, one that was gathered before it.
            addenda = Some(inner.survey()?.addenda.clone());
            continue;
        }
        if !known {
            inner.adopt(pass.coverage());
        }
        let coverage = logs.survey()?;
        let made = |columns, rows| {
            let (logs, coverage) = (logs.clone(), coverage.clone());
            Arc::new(Cut {
                logs,
                columns,
                rows,
                coverage,
            })
        };
        let (narrow_parts, all_parts) = parts.into_iter().unzip();
        let narrow = made(first, gathering.finish(narrow_parts)?);
        let broad = match (all, second) {
            (Some(all), Some(columns)) => made(columns, all.finish(all_parts)?),
            _ => narrow.clone(),
        };
        return Ok(Cuts { narrow, broad });
    }
}

fn columns_of(needs: &[Need]) -> Projection {
    let least = Projection::of(&[Column::TimeGenerated, Column::AwsEventId]);
    needs
        .iter()
        .fold(least, |columns, need| columns.union(need.columns))
}

impl Cut {
    /// The table `CloudTrail` with the rows of the cut.
    pub fn table(self: &Arc<Self>) -> Result<Arc<dyn TableProvider>, Error> {
        let raw = || self.provider(self.logs.columns());
        self.logs.with_parquet(raw, |parquet| parquet.table())
    }

    /// The table `AWSCloudTrail` with the rows of the cut.
    pub fn sentinel_table(self: &Arc<Self>) -> Result<Arc<dyn TableProvider>, Error> {
        let raw = || self.provider(Column::all()[..AWS_COLUMNS].to_vec());
        self.logs
            .with_parquet(raw, |parquet| parquet.sentinel_table())
    }

    /// What the pass that made it has read.
    pub fn coverage(&self) -> &Coverage {
        &self.coverage
    }

    /// The schema of the gathered rows.
    pub(crate) fn schema(&self) -> SchemaRef {
        arrow_schema(&self.columns)
    }

    pub(crate) fn columns(&self) -> Projection {
        self.columns
    }

    pub(crate) fn threads(&self) -> usize {
        self.logs.inner().options.threads.max(1)
    }

    /// The times of the gathered rows, sorted: a cheap way to see which windows hold anything. Rows
    /// without a time are left out. `None` when the rows were spilled.
    pub fn times(&self) -> Option<Vec<i64>> {
        let Rows::Memory(batches) = &self.rows else {
            return None;
        };
        let times = batches.iter().filter_map(|batch| {
            let times = times_of(&batch.rows)?;
            Some(times.iter().flatten().collect::<Vec<i64>>())
        });
        Some(times.flatten().collect())
    }

    fn provider(self: &Arc<Self>, columns: Vec<Column>) -> Arc<dyn TableProvider> {
        Arc::new(CutTable::new(self.clone(), columns))
    }
}

impl fmt::Debug for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = match &self.rows {
            Rows::Memory(batches) => format!("{} batches", batches.len()),
            Rows::Spilled(files) => format!("{} files", files.len()),
        };
        write!(f, "Cut({} columns, {rows})", self.columns.len())
    }
}

/// One prefilter for all needs. Alternatives that differ in the values of their first test only
/// become one, so that a hundred rules that each pin an event name cost one look-up.
fn together(needs: &[Need]) -> Prefilter {
    let mut by_rest: BTreeMap<String, (Conjunction, BTreeSet<String>)> = BTreeMap::new();
    let mut any_of: Vec<Conjunction> = Vec::new();
    for need in needs {
        if need.prefilter.any_of.is_empty() {
            return Prefilter::everything();
        }
        for conjunction in &need.prefilter.any_of {
            let mut rest = conjunction.clone();
            let first = rest
                .tests
                .iter()
                .position(|test| matches!(test.test, Test::In(_)));
            let Some(first) = first else {
                if !any_of.contains(conjunction) {
                    any_of.push(conjunction.clone());
                }
                continue;
            };
            // The test's own place is kept, with no values, so that its column is part of the key.
            let Test::In(values) = std::mem::replace(&mut rest.tests[first].test, Test::NotEmpty)
            else {
                continue;
            };
            let key = format!("{first} {rest:?}");
            rest.tests.swap(0, first);
            by_rest
                .entry(key)
                .or_insert_with(|| (rest, BTreeSet::new()))
                .1
                .extend(values);
        }
    }
    any_of.extend(by_rest.into_values().map(|(mut rest, values)| {
        rest.tests[0].test = Test::In(values.into_iter().collect());
        rest
    }));
    if any_of.len() > limits::CUT_CONJUNCTIONS_MAX {
        return Prefilter::everything();
    }
    Prefilter { any_of }
}

/// The rows that one thread has gathered.
#[derive(Default)]
struct Part {
    batches: Vec<RecordBatch>,
    bytes: u64,
}

/// The gathering of all threads.
struct Gathering {
    logs: Arc<Inner>,
    columns: Projection,
    /// What the threads hold together.
    bytes: AtomicU64,
    spilled: Mutex<Vec<PathBuf>>,
}

/// Numbers the spilled files.
static SPILLS: AtomicU64 = AtomicU64::new(0);

/// Where a batch of the pass goes.
struct Sorting<'a> {
    /// Which rows the narrow needs want; all of them, where there is only one cut.
    membership: Option<&'a Membership>,
    narrow: &'a Gathering,
    all: Option<&'a Gathering>,
}

impl Sorting<'_> {
    fn add(&self, parts: &mut (Part, Part), rows: &RecordBatch) -> Result<(), Error> {
        if let Some(all) = self.all {
            all.add(&mut parts.1, only(rows, all.columns)?)?;
        }
        match self.membership {
            None => self.narrow.add(&mut parts.0, rows.clone()),
            Some(membership) => match membership.rows(&only(rows, self.narrow.columns)?)? {
                Some(rows) => self.narrow.add(&mut parts.0, rows),
                None => Ok(()),
            },
        }
    }
}

/// The columns of a batch that a cut has.
fn only(rows: &RecordBatch, columns: Projection) -> Result<RecordBatch, Error> {
    let schema = rows.schema();
    let kept: Vec<usize> = arrow_schema(&columns)
        .fields()
        .iter()
        .filter_map(|field| schema.index_of(field.name()).ok())
        .collect();
    Ok(rows.project(&kept)?)
}

fn gather(pass: &Pass, sorting: &Sorting<'_>, parts: &mut (Part, Part)) -> Result<(), Error> {
    let mut failed = None;
    pass.work(&mut |batch| {
        if batch.rows.num_rows() == 0 {
            return ControlFlow::Continue(());
        }
        match sorting.add(parts, &batch.rows) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        }
    })?;
    failed.map_or(Ok(()), Err)
}

impl Gathering {
    fn new(logs: Arc<Inner>, columns: Projection) -> Gathering {
        Gathering {
            logs,
            columns,
            bytes: AtomicU64::new(0),
            spilled: Mutex::default(),
        }
    }

    fn add(&self, part: &mut Part, rows: RecordBatch) -> Result<(), Error> {
        let bytes = rows.get_array_memory_size() as u64;
        part.batches.push(rows);
        part.bytes += bytes;
        let bytes_max = self.logs.options.memory_bytes / limits::CUT_MEMORY_SHARE;
        let together = self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        // The thread that has its fair share spills; another one may have to take its turn first.
        if together > bytes_max && part.bytes * self.logs.threads() as u64 >= bytes_max {
            self.spill(part)?;
        }
        Ok(())
    }

    /// Writes what one thread holds as one sorted file.
    fn spill(&self, part: &mut Part) -> Result<(), Error> {
        let batches = std::mem::take(&mut part.batches);
        self.bytes
            .fetch_sub(std::mem::take(&mut part.bytes), Ordering::Relaxed);
        let number = SPILLS.fetch_add(1, Ordering::Relaxed);
        let path = self
            .logs
            .scratch
            .path()
            .join(format!("cut-{number}.parquet"));
        let file = ParquetFile::create(&path, arrow_schema(&self.columns))?;
        let mut group = RowGroup::default();
        sorted(&batches, |rows| file.write(&mut group, &rows))?;
        file.append(group)?;
        file.close(Vec::new())?;
        self.spilled
            .lock()
            .expect("no holder of the lock panics")
            .push(path);
        Ok(())
    }

    fn finish(self, parts: Vec<Part>) -> Result<Rows, Error> {
        let any_spilled = !self
            .spilled
            .lock()
            .expect("no holder of the lock panics")
            .is_empty();
        if any_spilled {
            for mut part in parts {
                if !part.batches.is_empty() {
                    self.spill(&mut part)?;
                }
            }
            return Ok(Rows::Spilled(
                self.spilled
                    .into_inner()
                    .expect("no holder of the lock panics"),
            ));
        }
        let batches: Vec<RecordBatch> = parts.into_iter().flat_map(|part| part.batches).collect();
        let mut timed = Vec::new();
        sorted(&batches, |rows| {
            let time = |row: usize| {
                let times = times_of(&rows)?;
                times.is_valid(row).then(|| times.value(row))
            };
            let first = time(0).unwrap_or(i64::MIN);
            let last = time(rows.num_rows() - 1).unwrap_or(i64::MIN);
            timed.push(TimedBatch { first, last, rows });
            Ok(())
        })?;
        Ok(Rows::Memory(timed))
    }
}

/// Hands over the rows of all batches in the order of time and event id.
fn sorted(
    batches: &[RecordBatch],
    mut out: impl FnMut(RecordBatch) -> Result<(), Error>,
) -> Result<(), Error> {
    let keys: Vec<(&TimestampMicrosecondArray, &StringViewArray)> = batches
        .iter()
        .map(|rows| Some((times_of(rows)?, ids_of(rows)?)))
        .collect::<Option<_>>()
        .ok_or_else(|| Error::new(ErrorKind::Internal, "a cut holds time and id of each event"))?;
    let mut order: Vec<(i64, u32, u32)> = Vec::new();
    for (number, (times, _)) in keys.iter().enumerate() {
        for row in 0..times.len() {
            let time = if times.is_valid(row) {
                times.value(row)
            } else {
                i64::MIN
            };
            order.push((time, number as u32, row as u32));
        }
    }
    order.sort_unstable_by(|one, other| {
        let id = |place: &(i64, u32, u32)| keys[place.1 as usize].1.value(place.2 as usize);
        one.0.cmp(&other.0).then_with(|| id(one).cmp(id(other)))
    });
    let all: Vec<&RecordBatch> = batches.iter().collect();
    for chunk in order.chunks(limits::CUT_BATCH_ROWS) {
        // Only the batches that a chunk draws on, for a view column keeps hold of all its sources.
        let mut used: Vec<u32> = chunk.iter().map(|place| place.1).collect();
        used.sort_unstable();
        used.dedup();
        let sources: Vec<&RecordBatch> = used.iter().map(|number| all[*number as usize]).collect();
        let places: Vec<(usize, usize)> = chunk
            .iter()
            .map(|place| {
                (
                    used.partition_point(|number| *number < place.1),
                    place.2 as usize,
                )
            })
            .collect();
        out(interleave_record_batch(&sources, &places)?)?;
    }
    Ok(())
}

pub(crate) fn times_of(rows: &RecordBatch) -> Option<&TimestampMicrosecondArray> {
    let column = rows.column_by_name(Column::TimeGenerated.name())?;
    column.as_primitive_opt::<TimestampMicrosecondType>()
}

fn ids_of(rows: &RecordBatch) -> Option<&StringViewArray> {
    rows.column_by_name(Column::AwsEventId.name())?
        .as_string_view_opt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::common::ScalarValue;
    use datafusion::logical_expr::lit;

    fn equal(column: &str, value: &str) -> Expr {
        let value = lit(ScalarValue::Utf8View(Some(value.to_owned())));
        Expr::Column(datafusion::common::Column::from_name(column)).eq(value)
    }

    #[track_caller]
    fn check(needs: &[Vec<Expr>], expected: &[&str]) {
        let needs: Vec<Need> = needs.iter().map(|filters| Need::new([], filters)).collect();
        let found: Vec<String> = together(&needs)
            .any_of
            .iter()
            .map(|it| {
                let tests = it
                    .tests
                    .iter()
                    .map(|test| format!("{:?} {:?}", test.column, test.test));
                tests.collect::<Vec<_>>().join(" and ")
            })
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn needs_are_put_together() {
        let name = |value| equal("EventName", value);
        let source = |value| equal("EventSource", value);
        check(
            &[vec![name("A")], vec![name("B")], vec![name("A")]],
            &[r#"EventName In(["A", "B"])"#],
        );
        check(
            &[
                vec![name("A"), source("x")],
                vec![name("B"), source("x")],
                vec![name("A")],
            ],
            &[
                r#"EventName In(["A", "B"]) and EventSource In(["x"])"#,
                r#"EventName In(["A"])"#,
            ],
        );
        check(&[vec![name("A")], vec![]], &[]);
    }
}
