//! One pass over all log files for many queries at once.
//!
//! In: what each query needs, as columns and filters. Out: for each need the rows that it covers, sorted
//! by `TimeGenerated` and then `AwsEventId`, as tables. So a hundred rules cost one inflating and one
//! parsing, each looks at its own few rows, and a query about a stretch of time touches that stretch only.
//! Rows beyond the memory's share are spilled as sorted Parquet, which prunes by time as well. Whoever asks
//! a cut for rows that its need did not cover gets an answer without them; a column that the need did not
//! name is an error.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::UInt32Type;
use arrow_array::{ArrayRef, BooleanArray, Int64Array, RecordBatch, UInt32Array};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use arrow_select::concat::concat_batches;
use arrow_select::filter::filter_record_batch;
use datafusion::catalog::TableProvider;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::datasource::MemTable;
use datafusion::logical_expr::{Expr, LogicalPlan};
use keyline_trail::schema::arrow_schema;
use keyline_trail::{
    AWS_COLUMNS, Batch, Column, ColumnTest, Conjunction, Coverage, Detail, Prefilter, Projection,
    TABLE, TABLE_AWS, Test, file_of,
};

use crate::cut_table::CutTable;
use crate::error::Error;
use crate::gathering::{Gathering, Part, ROW, Rows, TimedBatch, WANTED_BY, times_of};
use crate::limits;
use crate::logs::Logs;
use crate::membership::Membership;
use crate::pass::{Counting, Pass};
use crate::pushdown;

/// What one query needs of the events.
#[derive(Debug, Clone, PartialEq, Eq)]
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

    /// What covers each of these, at any time.
    pub fn all_of(needs: &[Need]) -> Need {
        let columns = needs.iter().map(|need| need.columns);
        let prefilter = match needs.iter().any(Need::is_broad) {
            true => Prefilter::everything(),
            false => together(needs),
        };
        Need {
            columns: columns.fold(Projection::none(), Projection::union),
            prefilter,
        }
        .at_all_times()
    }

    /// Whether it covers every row, at some time.
    pub fn is_broad(&self) -> bool {
        let any_of = &self.prefilter.any_of;
        any_of.is_empty()
            || any_of
                .iter()
                .any(|conjunction| conjunction.tests.is_empty())
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
/// Rows that some need names by a filter are kept once, with the columns of all such needs and a number
/// that says which of them. A need without a filter (a join of all events with a few, say) would swell
/// that, so all rows are kept apart for such needs, with their columns only.
pub struct Cuts {
    logs: Logs,
    coverage: Coverage,
    needs: Vec<Need>,
    /// For each need its number among those with a filter.
    named: Vec<Option<usize>>,
    narrow: Arc<Stored>,
    broad: Arc<Stored>,
    membership: Membership,
}

/// Rows and what they hold.
struct Stored {
    columns: Projection,
    rows: Rows,
}

/// The rows that one need covers.
pub struct Cut {
    logs: Logs,
    columns: Projection,
    rows: CutRows,
    coverage: Coverage,
}

enum CutRows {
    Own(Rows),
    Shared(Arc<Stored>),
}

/// Reads everything once and keeps what the needs cover. Blocks.
pub fn cut(logs: &Logs, needs: &[Need]) -> Result<Cuts, Error> {
    let inner = logs.inner();
    let (broad, narrow): (Vec<Need>, Vec<Need>) = needs.iter().cloned().partition(Need::is_broad);
    let columns = (columns_of(&narrow), columns_of(&broad));
    // What a row is told apart by has to be there to be looked at.
    let of_every_row = match (narrow.is_empty(), broad.is_empty()) {
        (true, _) => columns.1,
        (_, true) => columns_of(&[]).union(tested(&narrow)),
        _ => columns.1.union(tested(&narrow)),
    };
    let mut read = inner.read_options(of_every_row);
    if broad.is_empty() {
        // With too many alternatives to test every row is looked at.
        read.prefilter = match needs.is_empty() {
            true => nothing(),
            false => together(&narrow),
        };
    }
    // Each row has the columns of the needs that want it and no others.
    read.details = narrow.iter().map(detail).collect();
    read.places = true;
    let membership = Membership::new(narrow.iter().map(|need| &need.prefilter));
    let mut addenda = inner.known_survey().map(|survey| survey.addenda.clone());
    loop {
        let known = addenda.is_some();
        let mut read = read.clone();
        // Without, the reader lets addenda through whatever they match, so that they are noticed.
        if let Some(addenda) = &addenda {
            read.prefilter = addenda.widen(read.prefilter);
            for detail in &mut read.details {
                detail.prefilter = addenda.widen(std::mem::take(&mut detail.prefilter));
            }
        }
        let pass = inner.pass(read, Counting::Everything, addenda);
        let sorting = Sorting {
            membership: &membership,
            columns,
            narrow: Gathering::new(inner.clone(), wanted_schema(columns.0)),
            broad: Gathering::new(inner.clone(), placed_schema(columns.1)),
            any_narrow: !narrow.is_empty(),
            any_broad: !broad.is_empty(),
        };
        let parts = inner.run(
            &pass,
            |_| <(Part, Part)>::default(),
            |pass: &Pass, parts| each_batch(pass, &mut |batch| sorting.add(parts, batch)),
        )?;
        if pass.starts_again() {
            // A record may patch, or be a copy of, one that was gathered before it.
            membership.forget_counts();
            addenda = Some(inner.survey()?.addenda.clone());
            continue;
        }
        if !known {
            inner.adopt(pass.coverage());
        }
        let (narrow_parts, broad_parts) = parts.into_iter().unzip();
        let stored = |columns, rows| Arc::new(Stored { columns, rows });
        let mut number = 0..;
        let named = |need: &Need| if need.is_broad() { None } else { number.next() };
        return Ok(Cuts {
            logs: logs.clone(),
            coverage: logs.survey()?,
            needs: needs.to_vec(),
            named: needs.iter().map(named).collect(),
            narrow: stored(columns.0, sorting.narrow.finish(narrow_parts)?),
            broad: stored(columns.1, sorting.broad.finish(broad_parts)?),
            membership,
        });
    }
}

impl Cuts {
    /// The rows that a need covers, by the need's place in the list.
    pub fn of(&self, need: usize) -> Result<Arc<Cut>, Error> {
        let (columns, rows) = match self.named[need] {
            None => (self.broad.columns, CutRows::Shared(self.broad.clone())),
            Some(named) => match &self.narrow.rows {
                Rows::Spilled(_) => (self.narrow.columns, CutRows::Shared(self.narrow.clone())),
                Rows::Memory(batches) => {
                    let columns = columns_of(&self.needs[need..=need]);
                    let rows = selected(batches, &self.membership.sets_with(named), columns)?;
                    (columns, CutRows::Own(Rows::Memory(rows)))
                }
            },
        };
        Ok(Arc::new(Cut {
            logs: self.logs.clone(),
            columns,
            rows,
            coverage: self.coverage.clone(),
        }))
    }

    /// Whether it is known that a need covers no row at all.
    pub fn is_empty(&self, need: usize) -> bool {
        self.rows(need) == Some(0)
    }

    /// How many rows a need covers; `None` where that was not counted.
    pub fn rows(&self, need: usize) -> Option<u64> {
        let named = self.named[need].filter(|_| !self.logs.has_parquet())?;
        Some(self.membership.count(named))
    }

    /// The rows of these places again, with other columns than were kept and the column [`ROW`]: the files
    /// that hold them are read once more. Blocks.
    pub fn fetch(
        &self,
        places: &HashSet<i64>,
        columns: &[&str],
    ) -> Result<Arc<dyn TableProvider>, Error> {
        let inner = self.logs.inner();
        let columns = columns.iter().filter_map(|name| Column::named(name));
        let columns = columns.fold(Projection::none(), Projection::with);
        let schema = placed_schema(columns);
        let mut batches = Vec::new();
        if !places.is_empty() {
            let files: BTreeSet<usize> = places.iter().map(|at| file_of(*at) as usize).collect();
            let mut read = inner.read_options(columns);
            read.places = true;
            let addenda = inner.survey()?.addenda.clone();
            let pass = inner
                .pass(read, Counting::NoDuplicates, Some(addenda))
                .over(files.into_iter().collect());
            let found = inner.run(
                &pass,
                |_| Vec::new(),
                |pass: &Pass, found: &mut Vec<RecordBatch>| {
                    each_batch(pass, &mut |batch| {
                        let wanted = batch.places.iter().map(|at| Some(places.contains(at)));
                        let wanted: BooleanArray = wanted.collect();
                        if wanted.true_count() > 0 {
                            let rows = placed(batch, columns)?;
                            found.push(compact(&filter_record_batch(&rows, &wanted)?)?);
                        }
                        Ok(())
                    })
                },
            )?;
            batches = found.into_iter().flatten().collect();
        }
        Ok(Arc::new(MemTable::try_new(schema, vec![batches])?))
    }

    /// What the pass that made them has read.
    pub fn coverage(&self) -> &Coverage {
        &self.coverage
    }
}

impl fmt::Debug for Cuts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cuts({} needs)", self.needs.len())
    }
}

/// The rows whose number is one of these, with some of their columns.
fn selected(
    batches: &[TimedBatch],
    wanted: &[bool],
    columns: Projection,
) -> Result<Vec<TimedBatch>, Error> {
    let schema = placed_schema(columns);
    let mut out = Vec::new();
    let mut waiting: Vec<RecordBatch> = Vec::new();
    let mut rows = 0;
    let mut flush = |waiting: &mut Vec<RecordBatch>| -> Result<(), Error> {
        if !waiting.is_empty() {
            out.push(TimedBatch::new(concat_batches(&schema, waiting.iter())?));
            waiting.clear();
        }
        Ok(())
    };
    for batch in batches {
        let numbers = batch.rows.column_by_name(WANTED_BY);
        let numbers = numbers.and_then(|column| column.as_primitive_opt::<UInt32Type>());
        let Some(numbers) = numbers else { continue };
        let kept: BooleanArray = numbers
            .values()
            .iter()
            .map(|number| Some(wanted.get(*number as usize).copied().unwrap_or(true)))
            .collect();
        let kept_rows = kept.true_count();
        if kept_rows == 0 {
            continue;
        }
        if rows + kept_rows > limits::CUT_BATCH_ROWS {
            flush(&mut waiting)?;
            rows = 0;
        }
        rows += kept_rows;
        waiting.push(filter_record_batch(&only(&batch.rows, columns)?, &kept)?);
    }
    flush(&mut waiting)?;
    Ok(out)
}

/// What no record fulfils: nobody needs a row, the coverage is wanted nevertheless.
fn nothing() -> Prefilter {
    let column = Column::EventName;
    let test = Test::In(Vec::new());
    Prefilter {
        any_of: vec![Conjunction {
            tests: vec![ColumnTest { column, test }],
            ..Conjunction::default()
        }],
    }
}

/// What the reader is told of a need with a filter.
fn detail(need: &Need) -> Detail {
    Detail {
        projection: need.columns,
        prefilter: need.prefilter.clone(),
    }
}

/// The columns that filters look at.
fn tested(needs: &[Need]) -> Projection {
    let conjunctions = needs.iter().flat_map(|need| &need.prefilter.any_of);
    let tests = conjunctions.flat_map(|conjunction| &conjunction.tests);
    tests.fold(Projection::none(), |columns, test| {
        columns.with(test.column)
    })
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

    pub(crate) fn rows(&self) -> &Rows {
        match &self.rows {
            CutRows::Own(rows) => rows,
            CutRows::Shared(stored) => &stored.rows,
        }
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
        let Rows::Memory(batches) = self.rows() else {
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
        let rows = match self.rows() {
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

/// Where the batches of a pass go.
struct Sorting<'a> {
    membership: &'a Membership,
    /// Of the needs with a filter and of those without.
    columns: (Projection, Projection),
    narrow: Gathering,
    broad: Gathering,
    any_narrow: bool,
    any_broad: bool,
}

impl Sorting<'_> {
    fn add(&self, parts: &mut (Part, Part), batch: &Batch) -> Result<(), Error> {
        if self.any_broad {
            let rows = placed(batch, self.columns.1)?;
            self.broad.add(&mut parts.1, rows)?;
        }
        if self.any_narrow
            && let Some(rows) = self.wanted(batch)?
        {
            self.narrow.add(&mut parts.0, rows)?;
        }
        Ok(())
    }

    /// The rows that any need with a filter wants, with the number that says which.
    fn wanted(&self, batch: &Batch) -> Result<Option<RecordBatch>, Error> {
        let rows = placed(batch, self.columns.0)?;
        let numbers = self.membership.numbers(&rows);
        let kept: BooleanArray = numbers.iter().map(|number| Some(*number != 0)).collect();
        if kept.true_count() == 0 {
            return Ok(None);
        }
        let mut columns = rows.columns().to_vec();
        columns.push(Arc::new(UInt32Array::from(numbers)));
        let rows = RecordBatch::try_new(wanted_schema(self.columns.0), columns)?;
        Ok(Some(compact(&filter_record_batch(&rows, &kept)?)?))
    }
}

/// The same rows without the rest of the batch that they were part of: a filtered view column still holds
/// on to all its text.
fn compact(rows: &RecordBatch) -> Result<RecordBatch, Error> {
    let columns = rows
        .columns()
        .iter()
        .map(|column| match column.as_string_view_opt() {
            Some(views) => Arc::new(views.gc()) as ArrayRef,
            None => column.clone(),
        });
    Ok(RecordBatch::try_new(rows.schema(), columns.collect())?)
}

/// The schema of rows that say which needs want them.
fn wanted_schema(columns: Projection) -> SchemaRef {
    let schema = placed_schema(columns);
    let number = Arc::new(Field::new(WANTED_BY, DataType::UInt32, false));
    let fields = schema.fields().iter().cloned().chain([number]);
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// The schema of rows that say where they come from.
pub(crate) fn placed_schema(columns: Projection) -> SchemaRef {
    let schema = arrow_schema(&columns);
    let place = Arc::new(Field::new(ROW, DataType::Int64, false));
    let fields = schema.fields().iter().cloned().chain([place]);
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// Some columns of a batch, and where its rows come from.
fn placed(batch: &Batch, columns: Projection) -> Result<RecordBatch, Error> {
    let mut arrays = Vec::with_capacity(columns.len() + 1);
    for column in columns.columns() {
        arrays.extend(batch.rows.column_by_name(column.name()).cloned());
    }
    arrays.push(Arc::new(Int64Array::from(batch.places.clone())) as ArrayRef);
    Ok(RecordBatch::try_new(placed_schema(columns), arrays)?)
}

/// Some columns of gathered rows, and where they come from.
fn only(rows: &RecordBatch, columns: Projection) -> Result<RecordBatch, Error> {
    let schema = rows.schema();
    let kept: Vec<usize> = placed_schema(columns)
        .fields()
        .iter()
        .filter_map(|field| schema.index_of(field.name()).ok())
        .collect();
    Ok(rows.project(&kept)?)
}

/// Hands the batches of one thread to a sink that may fail.
fn each_batch(pass: &Pass, sink: &mut dyn FnMut(&Batch) -> Result<(), Error>) -> Result<(), Error> {
    pass.try_work(&mut |batch| match batch.rows.num_rows() {
        0 => Ok(()),
        _ => sink(&batch),
    })
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
