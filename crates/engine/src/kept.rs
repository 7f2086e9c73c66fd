//! Rows that a query uses several times, in memory while the plans that read them live.
//!
//! In: a physical plan. Out: its rows as a table, within a limit and the memory that all operators share,
//! or word that they are too many.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::datasource::MemTable;
use datafusion::execution::TaskContext;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryPool, MemoryReservation};
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use futures::StreamExt;

use crate::error::Result;
use crate::limits::SHARED_BYTES_MAX;
use crate::lower::Kept;

/// Runs a plan and keeps its rows if they are few enough.
pub async fn keep(
    plan: Arc<dyn ExecutionPlan>,
    task: Arc<TaskContext>,
    pool: &Arc<dyn MemoryPool>,
) -> Result<Kept> {
    let schema = plan.schema();
    let held = MemoryConsumer::new("rows used several times").register(pool);
    let mut stream = execute_stream(plan, task)?;
    let mut batches = Vec::new();
    while let Some(batch) = stream.next().await {
        let batch = batch?;
        if batch.num_rows() == 0 {
            continue;
        }
        let batch = compact(&batch)?;
        let more = batch.get_array_memory_size();
        if held.size() + more > SHARED_BYTES_MAX || held.try_grow(more).is_err() {
            return Ok(Kept::Not);
        }
        batches.push(batch);
    }
    if batches.is_empty() {
        return Ok(Kept::Nothing);
    }
    let table = MemTable::try_new(schema, vec![batches])?;
    Ok(Kept::Rows(Arc::new(KeptRows { table, _held: held })))
}

/// The same rows without what else their text buffers hold.
fn compact(batch: &RecordBatch) -> Result<RecordBatch> {
    let columns = batch.columns().iter();
    let columns = columns.map(|column| match column.as_string_view_opt() {
        Some(views) => Arc::new(views.gc()) as ArrayRef,
        None => column.clone(),
    });
    Ok(RecordBatch::try_new(batch.schema(), columns.collect())?)
}

#[derive(Debug)]
struct KeptRows {
    table: MemTable,
    _held: MemoryReservation,
}

#[async_trait]
impl TableProvider for KeptRows {
    fn schema(&self) -> SchemaRef {
        self.table.schema()
    }

    fn table_type(&self) -> TableType {
        TableType::Temporary
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> datafusion::error::Result<Arc<dyn ExecutionPlan>> {
        self.table.scan(state, projection, filters, limit).await
    }
}
