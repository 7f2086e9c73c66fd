//! Events with their credentials, as views of stock plan nodes.
//!
//! `CredentialEvents` is `CloudTrail` with the credential of each event, its root and its depth: found
//! by the access key id, else by the session's key, for one session may surface under many key ids.
//! `CredentialUse` counts them by hour, credential, action, source and result.

use std::sync::Arc;

use datafusion::catalog::TableProvider;
use datafusion::catalog::view::ViewTable;
use datafusion::common::{Column as PlanColumn, JoinType, ScalarValue, TableReference};
use datafusion::datasource::provider_as_source;
use datafusion::functions::core::expr_fn::coalesce;
use datafusion::functions::datetime::expr_fn::date_trunc;
use datafusion::functions_aggregate::expr_fn::{count, max, min};
use datafusion::logical_expr::{Expr, LogicalPlanBuilder, lit};
use keyline_trail::{COLUMNS, Column, TABLE};

use super::LineageTable;
use super::columns::{OF_EVENT, OF_EVENT_KEY};
use crate::error::Error;
use crate::known_tables::KnownColumn;

pub const TABLE_EVENTS: &str = "CredentialEvents";
pub const TABLE_USE: &str = "CredentialUse";

const BY_KEY: &str = "by_key";
const BY_SESSION: &str = "by_session";

/// Every event with its credential; an event without one has empty text there.
pub(super) fn events(
    events: &Arc<dyn TableProvider>,
    of_event: &Arc<dyn TableProvider>,
) -> Result<LineageTable, Error> {
    let scan = |name: &str, table: &Arc<dyn TableProvider>| {
        let source = provider_as_source(table.clone());
        LogicalPlanBuilder::scan(TableReference::bare(name), source, None)
    };
    let of = |table: &str, name: &str| {
        Expr::Column(PlanColumn::new(Some(TableReference::bare(table)), name))
    };
    let on = |column: Column, table: &str| {
        let event = of(TABLE, column.name());
        vec![event.eq(of(table, OF_EVENT_KEY))]
    };
    let by_key = scan(BY_KEY, of_event)?.build()?;
    let by_session = scan(BY_SESSION, of_event)?.build()?;
    let joined = scan(TABLE, events)?
        .join_on(by_key, JoinType::Left, on(Column::AccessKeyId, BY_KEY))?
        .join_on(
            by_session,
            JoinType::Left,
            on(Column::SessionKey, BY_SESSION),
        )?;
    let schema = events.schema();
    let held = COLUMNS
        .iter()
        .filter(|spec| schema.field_with_name(spec.name).is_ok());
    let mut columns: Vec<KnownColumn> = held
        .map(|spec| KnownColumn {
            name: spec.name,
            kql_type: spec.kql.name(),
        })
        .collect();
    let mut exprs: Vec<Expr> = columns
        .iter()
        .map(|column| of(TABLE, column.name).alias(column.name))
        .collect();
    for column in added() {
        let mut either = vec![of(BY_KEY, column.name), of(BY_SESSION, column.name)];
        if column.kql_type == "string" {
            // Text is never null in KQL.
            either.push(lit(ScalarValue::Utf8View(Some(String::new()))));
        }
        exprs.push(coalesce(either).alias(column.name));
    }
    columns.extend(added());
    let plan = joined.project(exprs)?.build()?;
    Ok(LineageTable {
        name: TABLE_EVENTS,
        columns,
        provider: Arc::new(ViewTable::new(plan, None)),
    })
}

/// What an event of `CredentialEvents` has beyond the columns of `CloudTrail`.
fn added() -> impl Iterator<Item = KnownColumn> {
    OF_EVENT.iter().skip(1).map(|column| KnownColumn {
        name: column.name,
        kql_type: column.kql_type,
    })
}

/// The credential of a use.
const USED: [&str; 2] = ["CredentialId", "RootId"];

/// What the uses of a credential are told apart by, beside the hour.
const USE_BY: [Column; 6] = [
    Column::RecipientAccountId,
    Column::EventSource,
    Column::EventName,
    Column::SourceIpAddress,
    Column::UserAgent,
    Column::ErrorCode,
];

/// Uses by hour.
pub(super) fn usage(events: &LineageTable) -> Result<LineageTable, Error> {
    let source = provider_as_source(events.provider.clone());
    let of = |name: &str| {
        Expr::Column(PlanColumn::new(
            Some(TableReference::bare(TABLE_EVENTS)),
            name,
        ))
    };
    let time = Column::TimeGenerated.name();
    let hour = date_trunc(lit(ScalarValue::Utf8(Some("hour".to_owned()))), of(time)).alias(time);
    let mut by = vec![hour];
    by.extend(USED.map(|name| of(name).alias(name)));
    by.extend(USE_BY.map(|column| of(column.name()).alias(column.name())));
    let counted = vec![
        count(of(Column::EventName.name())).alias("EventCount"),
        min(of(time)).alias("FirstEvent"),
        max(of(time)).alias("LastEvent"),
    ];
    let column = |name, kql_type| KnownColumn { name, kql_type };
    let mut columns = vec![column(time, "datetime")];
    columns.extend(USED.map(|name| column(name, "string")));
    columns.extend(USE_BY.map(|by| column(by.name(), "string")));
    columns.extend([
        column("EventCount", "long"),
        column("FirstEvent", "datetime"),
        column("LastEvent", "datetime"),
    ]);
    let names: Vec<Expr> = columns
        .iter()
        .map(|column| Expr::Column(PlanColumn::from_name(column.name)).alias(column.name))
        .collect();
    let plan = LogicalPlanBuilder::scan(TableReference::bare(TABLE_EVENTS), source, None)?
        .filter(of(USED[0]).not_eq(lit(ScalarValue::Utf8View(Some(String::new())))))?
        .aggregate(by, counted)?
        .project(names)?
        .build()?;
    Ok(LineageTable {
        name: TABLE_USE,
        columns,
        provider: Arc::new(ViewTable::new(plan, None)),
    })
}
