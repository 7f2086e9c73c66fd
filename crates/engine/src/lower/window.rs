//! Window functions over the order of rows, by stock window nodes.
//!
//! `restart` begins a new partition: its running count is one more partition key. Rows of different
//! carried keys never see each other.

use arrow_schema::DataType;
use datafusion::common::ScalarValue;
use datafusion::functions_aggregate::expr_fn::{max, sum};
use datafusion::functions_window::expr_fn::{lag, lead, row_number};
use datafusion::logical_expr::expr::WindowFunction;
use datafusion::logical_expr::{
    Expr as PlanExpr, ExprFunctionExt, WindowFrame, WindowFrameBound, WindowFrameUnits, cast, lit,
    when,
};
use keyline_kql::checked::Expr;
use keyline_kql::types::{Type, Value};

use super::Lowerer;
use super::literal::{data_type, null, scalar};
use super::relation::{Relation, builder, column};
use crate::error::{Error, ErrorKind, Result};

impl Lowerer<'_> {
    pub(crate) fn window(
        &mut self,
        relation: &mut Relation,
        function: &str,
        args: &[Expr],
        ty: Type,
    ) -> Result<PlanExpr> {
        self.expand(relation)?;
        self.number_rows(relation)?;
        match function {
            "row_number" => {
                let start = match args.first() {
                    Some(start) => self.expr(relation, start)?,
                    None => lit(1_i64),
                };
                let runs = self.runs(relation, args.get(1))?;
                let number = self.over(relation, row_number(), runs)?;
                let before = cast(number, DataType::Int64) - lit(1_i64);
                Ok(cast(before + cast(start, DataType::Int64), data_type(ty)))
            }
            "row_cumsum" => {
                let value = self.expr(relation, &args[0])?;
                let runs = self.runs(relation, args.get(1))?;
                let total = self.over(relation, sum(value), runs)?;
                Ok(cast(total, data_type(ty)))
            }
            "prev" | "next" => self.neighbour(relation, function, args),
            "row_rank_dense" | "row_rank_min" => self.rank(relation, function, args, ty),
            "row_window_session" => self.session(relation, args),
            _ => Err(Error::unsupported(format!(
                "the window function `{function}`"
            ))),
        }
    }

    /// `prev(column, offset, default)` and `next`.
    fn neighbour(
        &mut self,
        relation: &mut Relation,
        function: &str,
        args: &[Expr],
    ) -> Result<PlanExpr> {
        let value = self.expr(relation, &args[0])?;
        let ty = args[0].ty;
        let offset = match args.get(1) {
            Some(offset) => match self.constant(offset)? {
                Value::Int(n) => i64::from(n),
                Value::Long(n) => n,
                _ => return Err(Error::new(ErrorKind::Invalid, "an offset must be a number")),
            },
            None => 1,
        };
        let default = match args.get(2) {
            Some(default) => cast_scalar(&scalar(&self.constant(default)?), ty)?,
            None => null(ty),
        };
        let call = match function {
            "prev" => lag(value, Some(offset), Some(default)),
            _ => lead(value, Some(offset), Some(default)),
        };
        let neighbour = self.over(relation, call, Vec::new())?;
        Ok(Lowerer::without_null_strings(neighbour, ty))
    }

    fn rank(
        &mut self,
        relation: &mut Relation,
        function: &str,
        args: &[Expr],
        ty: Type,
    ) -> Result<PlanExpr> {
        let value = self.expr(relation, &args[0])?;
        let runs = self.runs(relation, args.get(1))?;
        let number = self.over(relation, row_number(), runs.clone())?;
        let number = cast(number, DataType::Int64);
        let before = self.over(relation, lag(value.clone(), Some(1), None), runs.clone())?;
        let differs = PlanExpr::BinaryExpr(datafusion::logical_expr::BinaryExpr::new(
            Box::new(value),
            datafusion::logical_expr::Operator::IsDistinctFrom,
            Box::new(before),
        ));
        let changed = number.clone().eq(lit(1_i64)).or(differs);
        let rank = if function == "row_rank_dense" {
            let step = when(changed, lit(1_i64)).otherwise(lit(0_i64))?;
            self.over(relation, sum(step), runs)?
        } else {
            let place = when(changed, number).otherwise(lit(ScalarValue::Int64(None)))?;
            self.over(relation, max(place), runs)?
        };
        Ok(cast(rank, data_type(ty)))
    }

    /// `row_window_session(value, longest, gap, restart)`: the start of the session of each row.
    ///
    /// A session ends at a gap or by its own length, and the latter depends on where it began, so
    /// no frame can say it; `kql_sessions` walks the ordered values of a partition.
    fn session(&mut self, relation: &mut Relation, args: &[Expr]) -> Result<PlanExpr> {
        let value = self.expr(relation, &args[0])?;
        let longest = self.expr(relation, &args[1])?;
        let gap = self.expr(relation, &args[2])?;
        let runs = self.runs(relation, args.get(3))?;
        let call = crate::lists::sessions().call(vec![value, longest, gap]);
        self.over(relation, call, runs)
    }

    /// The hidden column that counts how often `restart` was true up to here.
    fn runs(&mut self, relation: &mut Relation, restart: Option<&Expr>) -> Result<Vec<PlanExpr>> {
        let Some(restart) = restart else {
            return Ok(Vec::new());
        };
        let restart = self.expr(relation, restart)?;
        if let PlanExpr::Literal(ScalarValue::Boolean(Some(false)), _) = restart {
            return Ok(Vec::new());
        }
        let step = when(restart, lit(1_i64)).otherwise(lit(0_i64))?;
        Ok(vec![self.over(relation, sum(step), Vec::new())?])
    }

    /// Adds a window column and names it.
    fn over(
        &mut self,
        relation: &mut Relation,
        call: PlanExpr,
        partition: Vec<PlanExpr>,
    ) -> Result<PlanExpr> {
        let name = self.hidden("window");
        let partition = relation
            .carry_exprs()
            .into_iter()
            .chain(partition)
            .collect();
        let frame = WindowFrame::new_bounds(
            WindowFrameUnits::Rows,
            WindowFrameBound::Preceding(ScalarValue::UInt64(None)),
            WindowFrameBound::CurrentRow,
        );
        let call = match call {
            // An aggregate over a frame is another kind of expression than one over a group.
            PlanExpr::AggregateFunction(f) => {
                PlanExpr::from(WindowFunction::new(f.func, f.params.args))
            }
            other => other,
        };
        let call = call
            .partition_by(partition)
            .order_by(relation.sort_exprs())
            .window_frame(frame)
            .build()?;
        self.add_window(relation, call, &name)?;
        Ok(column(&name))
    }

    /// Adds the column of a window call under a name; the node itself knows it by its own.
    pub(crate) fn add_window(
        &mut self,
        relation: &mut Relation,
        call: PlanExpr,
        name: &str,
    ) -> Result<()> {
        let own = call.schema_name().to_string();
        let before = relation.plan.schema().columns();
        let kept = before.into_iter().map(PlanExpr::Column);
        let all = kept.chain([column(&own).alias(name)]).collect::<Vec<_>>();
        relation.plan = builder(&relation.plan)
            .window([call])?
            .project(all)?
            .build()?;
        Ok(())
    }

    /// Makes sure that the relation has some order.
    pub(crate) fn number_rows(&mut self, relation: &mut Relation) -> Result<()> {
        if !relation.order.is_empty() {
            return Ok(());
        }
        let number = self.hidden("row");
        self.add_window(relation, row_number(), &number)?;
        relation
            .order
            .push(super::relation::OrderKey::ascending(number));
        Ok(())
    }
}

fn cast_scalar(value: &ScalarValue, ty: Type) -> Result<ScalarValue> {
    Ok(value.cast_to(&data_type(ty))?)
}
