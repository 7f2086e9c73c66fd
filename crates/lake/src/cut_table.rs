//! A cut as a table: stock plans over the part of it that a query's time span touches.
//!
//! In: the columns and filters of a query. Out: a memory source over the overlapping batches, or a
//! listing over the spilled Parquet. The times of a filter are exact enough to leave batches out;
//! the query still checks each row.

use std::fmt;
use std::sync::Arc;

use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use keyline_trail::schema::arrow_field;
use keyline_trail::{Column, Prefilter};

use crate::cut::{Cut, placed_schema};
use crate::error::{Error, ErrorKind};
use crate::gathering::{ROW, Rows, TimedBatch, times_of};
use crate::parquet_read::listing;
use crate::pushdown;

/// The rows of a cut, with all columns of an event table in its schema.
pub(crate) struct CutTable {
    cut: Arc<Cut>,
    columns: Vec<Column>,
    schema: SchemaRef,
}

impl CutTable {
    pub(crate) fn new(cut: Arc<Cut>, columns: Vec<Column>) -> CutTable {
        let mut fields: Vec<_> = columns.iter().map(|column| arrow_field(*column)).collect();
        fields.push(Field::new(ROW, DataType::Int64, false));
        CutTable {
            cut,
            columns,
            schema: Arc::new(Schema::new(fields)),
        }
    }
}

impl fmt::Debug for CutTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CutTable({:?})", self.cut)
    }
}

#[async_trait]
impl TableProvider for CutTable {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>, DataFusionError> {
        let wanted: Vec<usize> = match projection {
            Some(places) => places.clone(),
            None => (0..self.schema.fields().len()).collect(),
        };
        let held: Vec<Column> = self.cut.columns().columns().collect();
        let places: Vec<usize> = wanted
            .iter()
            .map(|at| {
                // Where a row comes from stands behind the columns.
                let Some(column) = self.columns.get(*at) else {
                    return Ok(held.len());
                };
                held.iter()
                    .position(|other| other == column)
                    .ok_or_else(|| {
                        let message = format!(
                            "the column `{}` was not gathered; name it in the needs of the cut",
                            column.name()
                        );
                        DataFusionError::from(Error::new(ErrorKind::Internal, message))
                    })
            })
            .collect::<Result<_, _>>()?;
        match self.cut.rows() {
            Rows::Memory(batches) => {
                let batches = overlapping(batches, &pushdown::prefilter(filters))?;
                let partitions = spread(batches, self.cut.threads());
                let schema = placed_schema(self.cut.columns());
                let source = MemorySourceConfig::try_new_exec(&partitions, schema, Some(places))?;
                Ok(source)
            }
            Rows::Spilled(files) => {
                let table = listing(files, placed_schema(self.cut.columns()))?;
                table.scan(state, Some(&places), filters, limit).await
            }
        }
    }

    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>, DataFusionError> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }
}

/// The rows of the batches that lie in the time of a filter, cut to it at both ends.
fn overlapping(
    batches: &[TimedBatch],
    prefilter: &Prefilter,
) -> Result<Vec<RecordBatch>, DataFusionError> {
    // The span that covers all alternatives; one without an end leaves it open.
    let from = prefilter
        .any_of
        .iter()
        .map(|it| it.from.unwrap_or(i64::MIN))
        .min();
    let until = prefilter
        .any_of
        .iter()
        .map(|it| it.until.unwrap_or(i64::MAX))
        .max();
    let (from, until) = (from.unwrap_or(i64::MIN), until.unwrap_or(i64::MAX));
    let begin = batches.partition_point(|batch| batch.last < from);
    let end = batches
        .partition_point(|batch| batch.first <= until)
        .max(begin);
    let mut rows = Vec::with_capacity(end - begin);
    for batch in &batches[begin..end] {
        let Some(times) = times_of(&batch.rows).filter(|times| times.null_count() == 0) else {
            rows.push(batch.rows.clone());
            continue;
        };
        let low = times.values().partition_point(|time| *time < from);
        let high = times
            .values()
            .partition_point(|time| *time <= until)
            .max(low);
        if low < high {
            rows.push(batch.rows.slice(low, high - low));
        }
    }
    Ok(rows)
}

/// Neighbours stay together, so that each partition covers its own stretch of time.
fn spread(batches: Vec<RecordBatch>, partitions: usize) -> Vec<Vec<RecordBatch>> {
    let each = batches.len().div_ceil(partitions).max(1);
    let parts: Vec<Vec<RecordBatch>> = batches.chunks(each).map(<[RecordBatch]>::to_vec).collect();
    if parts.is_empty() {
        vec![Vec::new()]
    } else {
        parts
    }
}
