//! Groups of rows that are seen at the same ticks, made before the rows are expanded to their ticks.
//!
//! In: a relation of rows at intervals, the keys and the aggregates of a grouping. Out: the same grouping in
//! two steps, the first over rows as they are, the second over what the first leaves at each tick. A rule
//! that looks back for weeks sees a row at hundreds of ticks, and most rows share theirs with many others.
//! Only aggregates whose parts can be put together exactly are taken apart.

use arrow_schema::DataType;
use datafusion::common::ScalarValue;
use datafusion::functions::core::expr_fn::{get_field, least, named_struct};
use datafusion::functions_aggregate::expr_fn as stock;
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, lit};

use crate::aggregates;
use crate::error::Result;
use crate::lists;
use crate::lower::relation::{Pending, Relation, aggregate, column, filter};
use crate::lower::{Lowerer, When};

/// The keys and the aggregates of a grouping, each under its name.
pub(crate) type Grouping = (Vec<Expr>, Vec<Expr>);

/// An aggregate in two steps.
struct Parted {
    first: Expr,
    /// What is made of the column with the parts.
    then: Box<dyn Fn(Expr) -> Expr>,
}

impl Lowerer<'_> {
    /// Makes the first step and gives the second; `None`, and nothing done, where that does not fit.
    pub(crate) fn partly_grouped(
        &mut self,
        relation: &mut Relation,
        keys: &[Expr],
        aggregates: &[Expr],
    ) -> Result<Option<Grouping>> {
        let (When::Ticks(ticks), Some(pending)) = (self.when, relation.pending.clone()) else {
            return Ok(None);
        };
        if !self.is_seen_long(&pending) || !relation.carry.is_empty() {
            return Ok(None);
        }
        let mut firsts = Vec::new();
        let mut thens = Vec::new();
        for aggregate in aggregates {
            let Expr::Alias(alias) = aggregate else {
                return Ok(None);
            };
            let Some(parted) = parted(&alias.expr, &relation.plan) else {
                return Ok(None);
            };
            let part = self.hidden("part");
            firsts.push(parted.first.alias(&part));
            thens.push((parted.then)(column(&part)).alias(&alias.name));
        }
        let names: Vec<String> = keys
            .iter()
            .map(|key| key.schema_name().to_string())
            .collect();
        let (first, last) = (self.hidden("first"), self.hidden("last"));
        let tick_from = |at: Expr| {
            let args = vec![at, lit(ticks.first), lit(ticks.frequency)];
            lists::first_tick().call(args)
        };
        // The last tick of a row lies before the first one after its end.
        let end = least(vec![column(&pending.last), lit(ticks.last)]);
        let until = tick_from(end + lit(1_i64)) - lit(ticks.frequency);
        let interval = [
            tick_from(column(&pending.first)).alias(&first),
            until.alias(&last),
        ];
        let all = keys.iter().cloned().chain(interval);
        let plan = aggregate(&relation.plan, all, firsts)?;
        relation.plan = filter(&plan, column(&first).lt_eq(column(&last)))?;
        relation.pending = Some(Pending {
            first,
            last,
            ..pending
        });
        relation.order.clear();
        Ok(Some((names.iter().map(|n| column(n)).collect(), thens)))
    }
}

/// An aggregate taken apart, if that changes nothing.
fn parted(aggregate: &Expr, input: &LogicalPlan) -> Option<Parted> {
    let Expr::AggregateFunction(call) = aggregate else {
        return None;
    };
    let params = &call.params;
    if params.distinct || !params.order_by.is_empty() {
        return None;
    }
    let is_long = || {
        let ty = params
            .args
            .first()?
            .get_type(input.schema().as_ref())
            .ok()?;
        (ty == DataType::Int64).then_some(())
    };
    let then: Box<dyn Fn(Expr) -> Expr> = match call.func.name() {
        "count" => Box::new(stock::sum),
        // The sum of reals depends on the order in which they are added.
        "sum" => {
            is_long()?;
            Box::new(stock::sum)
        }
        "min" => Box::new(stock::min),
        "max" => Box::new(stock::max),
        // A part without any row is none to pick from.
        "kql_pick" if params.filter.is_none() => return parted_pick(&params.args),
        _ => return None,
    };
    Some(Parted {
        first: aggregate.clone(),
        then,
    })
}

/// A picked row takes along what it was picked by.
fn parted_pick(args: &[Expr]) -> Option<Parted> {
    let [keys, payload] = args else {
        return None;
    };
    let (keys, payload) = (fields(keys)?, fields(payload)?);
    let with_keys = keys
        .iter()
        .enumerate()
        .map(|(at, (_, expr))| (format!("k{at}"), expr.clone()));
    let both = payload.iter().cloned().chain(with_keys);
    let first = aggregates::pick().call(vec![made(keys.clone()), made(both.collect())]);
    let then = move |part: Expr| {
        let of_keys = keys.iter().enumerate();
        let of_keys = of_keys
            .map(|(at, (name, _))| (name.clone(), get_field(part.clone(), format!("k{at}"))));
        let of_payload = payload.iter();
        let of_payload =
            of_payload.map(|(name, _)| (name.clone(), get_field(part.clone(), name.clone())));
        aggregates::pick().call(vec![made(of_keys.collect()), made(of_payload.collect())])
    };
    Some(Parted {
        first,
        then: Box::new(then),
    })
}

fn made(fields: Vec<(String, Expr)>) -> Expr {
    let args = fields
        .into_iter()
        .flat_map(|(name, expr)| [lit(name), expr]);
    named_struct(args.collect())
}

/// Names and values of a struct that is made here.
fn fields(expr: &Expr) -> Option<Vec<(String, Expr)>> {
    let Expr::ScalarFunction(call) = expr else {
        return None;
    };
    if call.func.name() != "named_struct" {
        return None;
    }
    let pairs = call.args.chunks_exact(2);
    pairs
        .map(|pair| match &pair[0] {
            Expr::Literal(ScalarValue::Utf8(Some(name)), _) => {
                Some((name.clone(), pair[1].clone()))
            }
            _ => None,
        })
        .collect()
}
