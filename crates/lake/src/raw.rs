//! A table over log files as they lie.
//!
//! In: the columns and filters of a query. Out: a stock streaming plan with one partition a thread;
//! the partitions share a queue of files, so whoever is free takes the next one. Only the wanted
//! columns are parsed, and records that a filter rules out are not built; the query still has to
//! check each row. When a query drops its streams, reading ends.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, OnceLock};

use arrow_array::RecordBatch;
use arrow_schema::{Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::error::DataFusionError;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchReceiverStreamBuilder;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use keyline_trail::{Batch, Column, Prefilter, Projection, schema::arrow_field};

use crate::error::Error;
use crate::limits;
use crate::logs::Inner;
use crate::pass::{Counting, Pass};
use crate::pushdown;

/// The events of the log files, with some of their columns.
pub(crate) struct RawTable {
    logs: Arc<Inner>,
    columns: Vec<Column>,
    schema: SchemaRef,
}

impl RawTable {
    pub(crate) fn new(logs: Arc<Inner>, columns: Vec<Column>) -> RawTable {
        let schema = schema_of(&columns);
        RawTable {
            logs,
            columns,
            schema,
        }
    }
}

impl fmt::Debug for RawTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "RawTable({} files, {} columns)",
            self.logs.files.len(),
            self.columns.len()
        )
    }
}

#[async_trait]
impl TableProvider for RawTable {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>, DataFusionError> {
        let columns: Vec<Column> = match projection {
            Some(places) => places.iter().map(|at| self.columns[*at]).collect(),
            None => self.columns.clone(),
        };
        let scan = Arc::new(Scan {
            logs: self.logs.clone(),
            schema: schema_of(&columns),
            columns,
            prefilter: pushdown::prefilter(filters),
            executions: Mutex::default(),
        });
        let partitions = (0..self.logs.threads())
            .map(|number| {
                Arc::new(ScanPartition {
                    scan: scan.clone(),
                    number,
                }) as Arc<dyn PartitionStream>
            })
            .collect();
        let exec =
            StreamingTableExec::try_new(scan.schema.clone(), partitions, None, [], false, limit)?;
        Ok(Arc::new(exec))
    }

    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>, DataFusionError> {
        let support = |filter: &&Expr| match pushdown::says_something(filter) {
            true => TableProviderFilterPushDown::Inexact,
            false => TableProviderFilterPushDown::Unsupported,
        };
        Ok(filters.iter().map(support).collect())
    }
}

/// One scan in a plan, which may be executed more than once.
struct Scan {
    logs: Arc<Inner>,
    columns: Vec<Column>,
    schema: SchemaRef,
    prefilter: Prefilter,
    executions: Mutex<Executions>,
}

#[derive(Default)]
struct Executions {
    /// How often each partition was executed.
    of_partition: BTreeMap<usize, usize>,
    /// The pass of each execution and how many partitions have still to join it.
    open: BTreeMap<usize, (Arc<LazyPass>, usize)>,
}

/// A pass that begins when its first thread asks, for the survey has to come before it.
type LazyPass = OnceLock<Result<Pass, String>>;

impl Scan {
    /// The pass that this execution of a partition belongs to: the n-th execution of each partition
    /// shares the n-th pass.
    fn pass(&self, partition: usize) -> Arc<LazyPass> {
        let mut executions = self
            .executions
            .lock()
            .expect("no holder of the lock panics");
        let number = executions.of_partition.entry(partition).or_default();
        let execution = *number;
        *number += 1;
        let (pass, waiting) = executions
            .open
            .entry(execution)
            .or_insert_with(|| (Arc::default(), self.logs.threads()));
        *waiting -= 1;
        let pass = pass.clone();
        if *waiting == 0 {
            executions.open.remove(&execution);
        }
        pass
    }

    fn begin(&self) -> Result<Pass, Error> {
        let survey = self.logs.survey()?;
        let mut read = self.logs.read_options(Projection::of(&self.columns));
        read.prefilter = survey.addenda.widen(self.prefilter.clone());
        let counting = match survey.coverage.duplicates {
            0 => Counting::NoDuplicates,
            _ => Counting::RowsOnly,
        };
        Ok(self.logs.pass(read, counting, Some(survey.addenda.clone())))
    }

    /// The places of the scan's columns in the batches of a pass, which have the table's order.
    fn places(&self) -> Option<Vec<usize>> {
        let wanted: Vec<Column> = Projection::of(&self.columns).columns().collect();
        let places: Vec<usize> = self
            .columns
            .iter()
            .map(|column| {
                wanted
                    .iter()
                    .position(|other| other == column)
                    .expect("it holds each column")
            })
            .collect();
        (!places.iter().copied().eq(0..wanted.len())).then_some(places)
    }
}

struct ScanPartition {
    scan: Arc<Scan>,
    number: usize,
}

impl fmt::Debug for ScanPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "ScanPartition({}, {:?})",
            self.number, self.scan.prefilter
        )
    }
}

impl PartitionStream for ScanPartition {
    fn schema(&self) -> &SchemaRef {
        &self.scan.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let schema = self.scan.schema.clone();
        let mut stream = RecordBatchReceiverStreamBuilder::new(schema, limits::QUEUED_BATCHES);
        let out = stream.tx();
        let scan = self.scan.clone();
        let pass = scan.pass(self.number);
        stream.spawn_blocking(move || {
            let pass = match pass.get_or_init(|| scan.begin().map_err(|error| error.to_string())) {
                Ok(pass) => pass,
                Err(message) => return Err(DataFusionError::External(message.clone().into())),
            };
            let places = scan.places();
            let mut failed = None;
            pass.work(&mut |batch: Batch| {
                if batch.rows.num_rows() == 0 {
                    // Nothing to send, but a query that has gone away is noticed here too.
                    return match out.is_closed() {
                        true => ControlFlow::Break(()),
                        false => ControlFlow::Continue(()),
                    };
                }
                let rows = match &places {
                    Some(places) => batch.rows.project(places),
                    None => Ok(batch.rows),
                };
                let rows: RecordBatch = match rows {
                    Ok(rows) => rows,
                    Err(error) => {
                        failed = Some(error);
                        return ControlFlow::Break(());
                    }
                };
                match out.blocking_send(Ok(rows)) {
                    Ok(()) => ControlFlow::Continue(()),
                    // The query has had enough.
                    Err(_) => ControlFlow::Break(()),
                }
            })?;
            failed.map_or(Ok(()), |error| Err(error.into()))
        });
        stream.build()
    }
}

fn schema_of(columns: &[Column]) -> SchemaRef {
    Arc::new(Schema::new(
        columns
            .iter()
            .map(|column| arrow_field(*column))
            .collect::<Vec<_>>(),
    ))
}
