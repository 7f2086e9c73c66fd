//! The tables of one run over whatever was found: log files, Parquet, or both.
//!
//! In: the providers of each sort. Out: one provider, which over both is a view: a union of stock
//! plan nodes, so that columns and filters reach each scan. Events that lie in a log file and in a
//! Parquet file are not recognised as duplicates: Parquet does not keep the content's hash.

use std::sync::Arc;

use arrow_schema::{DataType, Schema};
use datafusion::catalog::TableProvider;
use datafusion::catalog::view::ViewTable;
use datafusion::common::ScalarValue;
use datafusion::datasource::provider_as_source;
use datafusion::logical_expr::{Expr, LogicalPlanBuilder, lit};
use keyline_trail::Column;

use crate::error::Error;

/// Parquet clipped to a span of time; both ends are inclusive.
pub(crate) fn clipped(
    table: Arc<dyn TableProvider>,
    since: Option<i64>,
    until: Option<i64>,
) -> Result<Arc<dyn TableProvider>, Error> {
    if since.is_none() && until.is_none() {
        return Ok(table);
    }
    let time = column(Column::TimeGenerated.name());
    let at = |time: i64| {
        lit(ScalarValue::TimestampMicrosecond(
            Some(time),
            Some("UTC".into()),
        ))
    };
    let mut plan = LogicalPlanBuilder::scan("parquet", provider_as_source(table), None)?;
    if let Some(since) = since {
        plan = plan.filter(time.clone().gt_eq(at(since)))?;
    }
    if let Some(until) = until {
        plan = plan.filter(time.lt_eq(at(until)))?;
    }
    Ok(Arc::new(ViewTable::new(plan.build()?, None)))
}

/// The rows of both, with the columns of the first.
pub(crate) fn union(
    first: Arc<dyn TableProvider>,
    second: Arc<dyn TableProvider>,
) -> Result<Arc<dyn TableProvider>, Error> {
    let schema = first.schema();
    let first = LogicalPlanBuilder::scan("first", provider_as_source(first), None)?
        .project(columns(&schema, &schema))?
        .build()?;
    let theirs = second.schema();
    let second = LogicalPlanBuilder::scan("second", provider_as_source(second), None)?
        .project(columns(&schema, &theirs))?
        .build()?;
    let plan = LogicalPlanBuilder::from(first).union(second)?.build()?;
    Ok(Arc::new(ViewTable::new(plan, None)))
}

/// A table with these columns: one that is not there is the empty string or null.
pub(crate) fn completed(
    table: Arc<dyn TableProvider>,
    schema: &Schema,
) -> Result<Arc<dyn TableProvider>, Error> {
    let theirs = table.schema();
    let plan = LogicalPlanBuilder::scan("part", provider_as_source(table), None)?
        .project(columns(schema, &theirs))?
        .build()?;
    Ok(Arc::new(ViewTable::new(plan, None)))
}

/// The wanted columns; one that is not there is the empty string or null.
fn columns(wanted: &Schema, there: &Schema) -> Vec<Expr> {
    let wanted_or_absent = |name: &str, data_type: &DataType| {
        if there.field_with_name(name).is_ok() {
            return column(name);
        }
        let absent = match data_type {
            DataType::Utf8View => ScalarValue::Utf8View(Some(String::new())),
            other => ScalarValue::try_from(other).unwrap_or(ScalarValue::Null),
        };
        lit(absent).alias(name)
    };
    wanted
        .fields()
        .iter()
        .map(|field| wanted_or_absent(field.name(), field.data_type()))
        .collect()
}

/// A column by its exact name: the usual conversion would fold its case.
fn column(name: &str) -> Expr {
    Expr::Column(datafusion::common::Column::from_name(name))
}
