//! A table of the catalogue: its live columns in their KQL representation, clipped to the window.

use arrow_schema::{DataType, Field, TimeUnit};
use datafusion::common::{Column as PlanColumn, ScalarValue};
use datafusion::datasource::provider_as_source;
use datafusion::functions::core::expr_fn::coalesce;
use datafusion::logical_expr::{Expr, LogicalPlanBuilder, cast, lit};
use keyline_kql::checked::Rel;
use keyline_kql::schema::Column;
use keyline_kql::types::Type;
use std::sync::Arc;

use crate::catalog::{TIME_COLUMN, Table};
use crate::error::{Error, ErrorKind, Result};
use crate::lower::literal::data_type;
use crate::lower::relation::{OrderKey, Relation, column, project};
use crate::lower::{Lowerer, When};
use crate::pushdown::TICKS_PER_MICRO;

/// What makes the order of events total: decided for every arbitrary pick among them.
pub(crate) const EVENT_ORDER: [&str; 2] = [TIME_COLUMN, "AwsEventId"];

impl Lowerer<'_> {
    pub(crate) fn table(&mut self, name: &str, rel: &Arc<Rel>) -> Result<Relation> {
        let mut table =
            self.host.catalog().get(name).cloned().ok_or_else(|| {
                Error::new(ErrorKind::Invalid, format!("there is no table `{name}`"))
            })?;
        if let Some(provider) = self.host.use_of(rel) {
            table.provider = provider;
        }
        self.read(name, &table, rel, true)
    }

    pub(crate) fn watchlist(&mut self, alias: &str, rel: &Arc<Rel>) -> Result<Relation> {
        let table = self
            .host
            .catalog()
            .get_watchlist(alias)
            .cloned()
            .ok_or_else(|| {
                Error::new(
                    ErrorKind::Reference,
                    format!(
                        "there is no watchlist `{alias}`; give it with `--watchlist {alias}=FILE`"
                    ),
                )
            })?;
        self.read(alias, &table, rel, false)
    }

    fn read(
        &mut self,
        name: &str,
        table: &Table,
        rel: &Arc<Rel>,
        clipped: bool,
    ) -> Result<Relation> {
        let reference = datafusion::common::TableReference::bare(name);
        let source = provider_as_source(Arc::clone(&table.provider));
        let schema = table.provider.schema();
        let mut plan = LogicalPlanBuilder::scan(reference.clone(), source, None)?;
        let stored = |name: &str| {
            let field = schema.field_with_name(name).ok();
            field.map(|field| (stored_column(&reference, name), field.clone()))
        };
        let time = stored(TIME_COLUMN)
            .filter(|(_, field)| clipped && matches!(field.data_type(), DataType::Timestamp(_, _)));
        if let (When::Once(evaluation), Some((time, field))) = (self.when, &time)
            && let Some((from, to)) = evaluation.window
        {
            let low = timestamp(field, -(-from).div_euclid(TICKS_PER_MICRO))?;
            let high = timestamp(field, to.div_euclid(TICKS_PER_MICRO))?;
            let inside = time.clone().gt_eq(low).and(time.clone().lt_eq(high));
            plan = plan.filter(inside)?;
        }
        let columns = self.live_columns(rel);
        let mut exprs = Vec::new();
        for c in &columns {
            let (expr, field) = stored(&c.name).ok_or_else(|| {
                Error::new(
                    ErrorKind::Invalid,
                    format!("the table `{name}` does not hold its column `{}`", c.name),
                )
            })?;
            exprs.push(represent(expr, &field, c)?.alias(&c.name));
        }
        let mut order = Vec::new();
        for key in EVENT_ORDER {
            let Some((expr, field)) = stored(key) else {
                continue;
            };
            let ty = rel
                .columns
                .iter()
                .find(|c| c.name == key)
                .map_or(Type::String, |c| c.ty);
            let hidden = self.hidden("order");
            exprs.push(represent(expr, &field, &Column::new(key, ty))?.alias(&hidden));
            order.push(OrderKey::ascending(hidden));
        }
        let plan = project(&plan.build()?, exprs)?;
        let mut relation = Relation::new(plan, columns);
        relation.order = order;
        // A table without a time is the same at all ticks.
        if let (When::Ticks(ticks), true) = (self.when, time.is_some()) {
            let at = relation.order[0].name.clone();
            self.window_ticks(&mut relation, column(&at), ticks)?;
        }
        Ok(relation)
    }
}

fn stored_column(table: &datafusion::common::TableReference, name: &str) -> Expr {
    Expr::Column(PlanColumn::new(Some(table.clone()), name))
}

fn timestamp(field: &Field, micros: i64) -> Result<Expr> {
    let value = ScalarValue::TimestampMicrosecond(Some(micros), None);
    Ok(lit(value.cast_to(field.data_type())?))
}

/// The stored column as KQL computes with it.
fn represent(expr: Expr, field: &Field, column: &Column) -> Result<Expr> {
    let wanted = data_type(column.ty);
    let represented = match (column.ty, field.data_type()) {
        (Type::DateTime, DataType::Timestamp(TimeUnit::Microsecond, _)) => {
            cast(expr, DataType::Int64) * lit(TICKS_PER_MICRO)
        }
        (Type::DateTime, DataType::Timestamp(_, zone)) => {
            let micros = DataType::Timestamp(TimeUnit::Microsecond, zone.clone());
            cast(cast(expr, micros), DataType::Int64) * lit(TICKS_PER_MICRO)
        }
        (_, stored) if *stored == wanted => expr,
        _ => cast(expr, wanted),
    };
    Ok(if column.ty == Type::String && field.is_nullable() {
        coalesce(vec![
            represented,
            lit(ScalarValue::Utf8View(Some(String::new()))),
        ])
    } else {
        represented
    })
}
