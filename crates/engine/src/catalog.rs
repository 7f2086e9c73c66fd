//! The tables that a query may name: columns by KQL type and the provider of their rows.
//!
//! The KQL types are given with the table, as Arrow cannot tell a datetime's ticks from a long or
//! JSON text from a string.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, SchemaRef};
use datafusion::catalog::TableProvider;
use datafusion::datasource::MemTable;
use datafusion::datasource::empty::EmptyTable;
use keyline_kql::schema::{Column, Schema};
use keyline_kql::types::Type;

use crate::error::Result;

/// The column by which tables are clipped to the window of an evaluation.
pub const TIME_COLUMN: &str = "TimeGenerated";

#[derive(Clone, Debug)]
pub struct Table {
    pub columns: Vec<Column>,
    pub provider: Arc<dyn TableProvider>,
}

#[derive(Clone, Debug, Default)]
pub struct Catalog {
    tables: BTreeMap<String, Table>,
    watchlists: BTreeMap<String, Table>,
}

impl Catalog {
    pub fn new() -> Catalog {
        Catalog::default()
    }

    /// Adds or replaces a table. `columns` may name fewer columns than the provider has, in another
    /// order; each must be a field of the provider.
    pub fn add(
        &mut self,
        name: impl Into<String>,
        columns: Vec<Column>,
        provider: Arc<dyn TableProvider>,
    ) {
        self.tables.insert(name.into(), Table { columns, provider });
    }

    /// A watchlist, as `_GetWatchlist('alias')` reads it.
    pub fn add_watchlist(
        &mut self,
        alias: impl Into<String>,
        columns: Vec<Column>,
        provider: Arc<dyn TableProvider>,
    ) {
        self.watchlists
            .insert(alias.into(), Table { columns, provider });
    }

    /// Adds a table that has columns but no rows.
    pub fn add_empty(&mut self, name: impl Into<String>, columns: Vec<Column>, schema: SchemaRef) {
        self.add(name, columns, Arc::new(EmptyTable::new(schema)));
    }

    /// Adds a small table that is at hand as a batch; its types are the plain ones.
    pub fn add_batch(&mut self, name: impl Into<String>, batch: RecordBatch) -> Result<()> {
        let (columns, table) = in_memory(batch)?;
        self.add(name, columns, table);
        Ok(())
    }

    /// A watchlist that is at hand as a batch.
    pub fn add_watchlist_batch(
        &mut self,
        alias: impl Into<String>,
        batch: RecordBatch,
    ) -> Result<()> {
        let (columns, table) = in_memory(batch)?;
        self.add_watchlist(alias, columns, table);
        Ok(())
    }

    /// Whether a table is known by its columns only.
    pub fn has_no_rows(&self, name: &str) -> bool {
        self.tables.get(name).is_some_and(|table| {
            let provider: &dyn Any = table.provider.as_ref();
            provider.is::<EmptyTable>()
        })
    }

    pub fn get(&self, name: &str) -> Option<&Table> {
        self.tables.get(name)
    }

    pub fn get_watchlist(&self, alias: &str) -> Option<&Table> {
        self.watchlists.get(alias)
    }
}

impl Schema for Catalog {
    fn table(&self, name: &str) -> Option<Vec<Column>> {
        self.tables.get(name).map(|table| table.columns.clone())
    }

    fn table_names(&self) -> Vec<String> {
        self.tables.keys().cloned().collect()
    }

    fn watchlist(&self, alias: &str) -> Option<Vec<Column>> {
        self.watchlists
            .get(alias)
            .map(|table| table.columns.clone())
    }
}

fn in_memory(batch: RecordBatch) -> Result<(Vec<Column>, Arc<dyn TableProvider>)> {
    let schema = batch.schema();
    let columns = schema
        .fields()
        .iter()
        .map(|field| Column::new(field.name(), plain_type(field.data_type())))
        .collect();
    Ok((
        columns,
        Arc::new(MemTable::try_new(schema, vec![vec![batch]])?),
    ))
}

/// The KQL type that an Arrow field has when nothing better is known.
pub fn plain_type(data_type: &DataType) -> Type {
    match data_type {
        DataType::Boolean => Type::Bool,
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::UInt8 | DataType::UInt16 => {
            Type::Int
        }
        DataType::Int64 | DataType::UInt32 | DataType::UInt64 => Type::Long,
        DataType::Float16 | DataType::Float32 | DataType::Float64 => Type::Real,
        DataType::Decimal128(_, _) => Type::Decimal,
        DataType::Timestamp(_, _) | DataType::Date32 | DataType::Date64 => Type::DateTime,
        DataType::Duration(_) => Type::TimeSpan,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Type::String,
        _ => Type::Dynamic,
    }
}
