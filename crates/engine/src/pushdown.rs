//! An optimiser rule: comparisons of a datetime with a constant are made on the stored column.
//!
//! Expressions compute with ticks of 100 ns, tables store Timestamp(µs), so a predicate on a bare
//! datetime column reaches a scan as `CAST(column AS Int64) * 10 >= ticks`. No provider can prune
//! by that; `column >= timestamp`, with the constant rounded to the side that keeps the meaning, it
//! can. It does nothing else.

use arrow_schema::{DataType, TimeUnit};
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DFSchema, Result, ScalarValue};
use datafusion::logical_expr::{
    BinaryExpr, Expr, ExprSchemable, LogicalPlan, Operator, TableScan, lit,
};
use datafusion::optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule};

/// Ticks of 100 ns in a microsecond.
pub const TICKS_PER_MICRO: i64 = 10;

#[derive(Debug, Default)]
pub struct MicrosecondComparisons;

impl OptimizerRule for MicrosecondComparisons {
    fn name(&self) -> &str {
        "kql_microsecond_comparisons"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::BottomUp)
    }

    fn rewrite(
        &self,
        plan: LogicalPlan,
        _config: &dyn OptimizerConfig,
    ) -> Result<Transformed<LogicalPlan>> {
        let schema = match &plan {
            LogicalPlan::Filter(filter) => filter.input.schema().as_ref().clone(),
            LogicalPlan::TableScan(TableScan {
                table_name,
                source,
                filters,
                ..
            }) if !filters.is_empty() => {
                DFSchema::try_from_qualified_schema(table_name.clone(), &source.schema())?
            }
            _ => return Ok(Transformed::no(plan)),
        };
        plan.map_expressions(|expr| expr.transform_up(|node| Ok(on_stored_column(node, &schema))))
    }
}

fn on_stored_column(expr: Expr, schema: &DFSchema) -> Transformed<Expr> {
    match &expr {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
            let rewritten = match (stored(left, schema), constant(right)) {
                (Some((column, unit)), Some(ticks)) => compare(column, *op, ticks, unit),
                _ => match (constant(left), stored(right, schema), op.swap()) {
                    (Some(ticks), Some((column, unit)), Some(op)) => {
                        compare(column, op, ticks, unit)
                    }
                    _ => None,
                },
            };
            rewritten.map_or_else(|| Transformed::no(expr), Transformed::yes)
        }
        _ => Transformed::no(expr),
    }
}

/// The column under `CAST(column AS Int64) * 10`, with its full type.
fn stored(expr: &Expr, schema: &DFSchema) -> Option<(Expr, DataType)> {
    let Expr::BinaryExpr(BinaryExpr {
        left,
        op: Operator::Multiply,
        right,
    }) = expr
    else {
        return None;
    };
    let (cast, factor) = match (constant(right), constant(left)) {
        (Some(factor), _) => (left, factor),
        (_, Some(factor)) => (right, factor),
        _ => return None,
    };
    let Expr::Cast(cast) = cast.as_ref() else {
        return None;
    };
    let column = matches!(*cast.expr, Expr::Column(_)).then(|| cast.expr.as_ref().clone())?;
    let data_type = column.get_type(schema).ok()?;
    let micros = matches!(data_type, DataType::Timestamp(TimeUnit::Microsecond, _));
    (factor == TICKS_PER_MICRO && micros).then_some((column, data_type))
}

fn constant(expr: &Expr) -> Option<i64> {
    match expr {
        Expr::Literal(ScalarValue::Int64(Some(value)), _) => Some(*value),
        _ => None,
    }
}

fn compare(column: Expr, op: Operator, ticks: i64, data_type: DataType) -> Option<Expr> {
    let floor = ticks.div_euclid(TICKS_PER_MICRO);
    let exact = ticks.rem_euclid(TICKS_PER_MICRO) == 0;
    let ceiling = if exact { floor } else { floor + 1 };
    let micros = match op {
        Operator::GtEq | Operator::Lt => ceiling,
        Operator::Gt | Operator::LtEq => floor,
        Operator::Eq | Operator::NotEq if exact => floor,
        _ => return None,
    };
    let DataType::Timestamp(TimeUnit::Microsecond, zone) = data_type else {
        return None;
    };
    let value = lit(ScalarValue::TimestampMicrosecond(Some(micros), zone));
    Some(Expr::BinaryExpr(BinaryExpr::new(
        Box::new(column),
        op,
        Box::new(value),
    )))
}
