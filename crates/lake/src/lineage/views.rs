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
use datafusion::logical_expr::{Expr, LogicalPlanBuilder, lit, when};
use keyline_trail::{COLUMNS, Column, TABLE};

use super::LineageTable;
use super::columns::{OF_EVENT, OF_EVENT_ACCOUNT, OF_EVENT_KEY};
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
    let on = |column: Column, table: &str| of(TABLE, column.name()).eq(of(table, OF_EVENT_KEY));
    let schema = events.schema();
    let nothing = || lit(ScalarValue::Utf8View(Some(String::new())));
    let account = Column::UserIdentityAccountId;
    let in_account = of(BY_KEY, OF_EVENT_ACCOUNT).eq(nothing());
    let in_account = match schema.field_with_name(account.name()) {
        Ok(_) => in_account.or(of(BY_KEY, OF_EVENT_ACCOUNT).eq(of(TABLE, account.name()))),
        Err(_) => in_account,
    };
    let by_key = scan(BY_KEY, of_event)?.build()?;
    let by_session = scan(BY_SESSION, of_event)?.build()?;
    let joined = scan(TABLE, events)?
        .join_on(
            by_key,
            JoinType::Left,
            vec![on(Column::AccessKeyId, BY_KEY), in_account],
        )?
        .join_on(
            by_session,
            JoinType::Left,
            vec![on(Column::SessionKey, BY_SESSION)],
        )?;
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
        // All of one credential: what the one of the key lacks is not filled up from the one of the session.
        let known = of(BY_KEY, OF_EVENT_KEY).is_not_null();
        let mut either = when(known, of(BY_KEY, column.name));
        let either = either.otherwise(of(BY_SESSION, column.name))?;
        let either = match column.kql_type {
            // Text is never null in KQL.
            "string" => coalesce(vec![either, nothing()]),
            _ => either,
        };
        exprs.push(either.alias(column.name));
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
    OF_EVENT.iter().skip(2).map(|column| KnownColumn {
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
