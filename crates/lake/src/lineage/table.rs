//! Lineage tables as DataFusion tables that are made when a query first asks for their rows.

use std::fmt;
use std::sync::{Arc, OnceLock};

use arrow_array::builder::{
    BooleanBuilder, Float64Builder, Int64Builder, StringViewBuilder, TimestampMicrosecondBuilder,
};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{Schema, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::datasource::MemTable;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::ExecutionPlan;

use super::columns::{Cell, LineageColumn};
use crate::error::Error;
use crate::known_tables::KnownColumn;

/// The schema of a table with these columns.
pub(crate) fn schema_of<R>(columns: &[LineageColumn<R>]) -> SchemaRef {
    let fields = columns.iter().map(|column| {
        let (name, kql_type) = (column.name, column.kql_type);
        KnownColumn { name, kql_type }.field()
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// The rows as one batch.
pub(crate) fn batch_of<R>(
    columns: &[LineageColumn<R>],
    rows: impl Iterator<Item = R>,
) -> Result<RecordBatch, Error> {
    let mut builders: Vec<Builder> = columns
        .iter()
        .map(|column| Builder::new(column.kql_type))
        .collect();
    for row in rows {
        for (column, builder) in columns.iter().zip(&mut builders) {
            builder.push((column.cell)(&row));
        }
    }
    let arrays = builders.into_iter().map(Builder::finish).collect();
    Ok(RecordBatch::try_new(schema_of(columns), arrays)?)
}

enum Builder {
    Text(StringViewBuilder),
    Time(TimestampMicrosecondBuilder),
    Long(Int64Builder),
    Real(Float64Builder),
    Bool(BooleanBuilder),
}

impl Builder {
    fn new(kql_type: &str) -> Builder {
        match kql_type {
            "datetime" => Builder::Time(TimestampMicrosecondBuilder::new().with_timezone("UTC")),
            "long" => Builder::Long(Int64Builder::new()),
            "real" => Builder::Real(Float64Builder::new()),
            "bool" => Builder::Bool(BooleanBuilder::new()),
            // Kinds and accounts repeat in every row.
            _ => Builder::Text(StringViewBuilder::new().with_deduplicate_strings()),
        }
    }

    fn push(&mut self, cell: Cell) {
        match (self, cell) {
            (Builder::Text(values), Cell::Text(text)) => values.append_value(text),
            (Builder::Text(values), Cell::Dynamic(value)) => values.append_value(value.to_string()),
            (Builder::Time(values), Cell::Time(time)) => values.append_option(time),
            (Builder::Long(values), Cell::Long(number)) => values.append_option(number),
            (Builder::Real(values), Cell::Real(number)) => values.append_option(number),
            (Builder::Bool(values), Cell::Bool(value)) => values.append_option(value),
            (_, cell) => unreachable!("the list of columns gives {cell:?} another type"),
        }
    }

    fn finish(self) -> ArrayRef {
        match self {
            Builder::Text(mut values) => Arc::new(values.finish()),
            Builder::Time(mut values) => Arc::new(values.finish()),
            Builder::Long(mut values) => Arc::new(values.finish()),
            Builder::Real(mut values) => Arc::new(values.finish()),
            Builder::Bool(mut values) => Arc::new(values.finish()),
        }
    }
}

/// Makes the rows of a table; called once, on a thread that may block.
type Make = dyn Fn() -> Result<RecordBatch, Error> + Send + Sync;

/// A table whose rows are made at the first scan.
pub(crate) struct LazyTable {
    name: &'static str,
    schema: SchemaRef,
    make: Arc<Make>,
    made: Arc<OnceLock<Result<RecordBatch, String>>>,
}

impl LazyTable {
    pub(crate) fn new(
        name: &'static str,
        schema: SchemaRef,
        make: impl Fn() -> Result<RecordBatch, Error> + Send + Sync + 'static,
    ) -> LazyTable {
        LazyTable {
            name,
            schema,
            make: Arc::new(make),
            made: Arc::default(),
        }
    }
}

impl fmt::Debug for LazyTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LazyTable({})", self.name)
    }
}

#[async_trait]
impl TableProvider for LazyTable {
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
        let (make, made) = (self.make.clone(), self.made.clone());
        // Reading the logs blocks.
        let made = tokio::task::spawn_blocking(move || {
            made.get_or_init(|| make().map_err(|error| error.to_string()))
                .clone()
        });
        let rows = made
            .await
            .map_err(|error| DataFusionError::External(error.into()))?
            .map_err(|message| DataFusionError::External(message.into()))?;
        let table = MemTable::try_new(self.schema.clone(), vec![vec![rows]])?;
        table.scan(state, projection, filters, limit).await
    }
}
