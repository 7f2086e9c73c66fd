//! `summarize`: groups and their aggregates, most by DataFusion's own functions, with Kusto's values
//! for empty groups put around them.

use arrow_schema::DataType;
use datafusion::common::ScalarValue;
use datafusion::functions::core::expr_fn::{coalesce, get_field, named_struct};
use datafusion::functions_aggregate::expr_fn as stock;
use datafusion::logical_expr::{Expr as PlanExpr, ExprFunctionExt, cast, lit};
use keyline_kql::checked::{Expr, NamedAggregate, NamedExpr, Rel};
use keyline_kql::schema::Column;
use keyline_kql::types::{Type, Value};
use std::sync::Arc;

use crate::aggregates;
use crate::error::{Error, ErrorKind, Result};
use crate::functions::{self, TypedExpr};
use crate::limits::COLLECTION_ELEMENTS_MAX;
use crate::lower::literal::data_type;
use crate::lower::relation::{Relation, aggregate, column};
use crate::lower::{Lowerer, When};

/// A key of an order: what to compare, descending, nulls first.
pub(crate) type Key = (PlanExpr, bool, bool);

/// What the aggregates of one operator become: plan aggregates under hidden names, and the output
/// columns over these.
#[derive(Clone, Default)]
pub(crate) struct Aggregated {
    pub(crate) plan: Vec<PlanExpr>,
    pub(crate) output: Vec<(Column, PlanExpr)>,
}

impl Aggregated {
    /// Adds an aggregate of the plan under a hidden name, unless an equal one is there: its name is the answer. Plans with
    /// equal ones are not only slower, DataFusion's optimiser trips over them. Of random numbers no two are equal.
    fn add(&mut self, aggregate: PlanExpr, hidden: impl FnOnce() -> String) -> String {
        let known = self.plan.iter().find_map(|known| match known {
            PlanExpr::Alias(known) if *known.expr == aggregate && !aggregate.is_volatile() => {
                Some(known.name.clone())
            }
            _ => None,
        });
        known.unwrap_or_else(|| {
            let name = hidden();
            self.plan.push(aggregate.alias(&name));
            name
        })
    }
}

impl Lowerer<'_> {
    pub(crate) fn summarize(
        &mut self,
        input: &Arc<Rel>,
        by: &[NamedExpr],
        aggregates: &[NamedAggregate],
        rel: &Arc<Rel>,
    ) -> Result<Relation> {
        let mut relation = self.rel(input)?;
        if let Some(counted) = self.count_of_distinct(&mut relation, by, aggregates)? {
            return Ok(counted);
        }
        let mut aggregated = Aggregated::default();
        for aggregate in aggregates {
            let live = aggregate
                .names
                .iter()
                .map(|name| self.live.reads(rel, name))
                .collect::<Vec<_>>();
            self.aggregate(&mut relation, aggregate, &live, &mut aggregated)?;
        }
        let depends_on_ticks = relation.pending.is_some() || !relation.carry.is_empty();
        if by.is_empty() && depends_on_ticks && matches!(self.when, When::Ticks(_)) {
            return self.total_at_each_tick(relation, aggregated);
        }
        self.group(relation, by, aggregated)
    }

    /// Groups by `by` and the carried keys; yields the `by` columns, then the aggregates.
    pub(crate) fn group(
        &mut self,
        mut relation: Relation,
        by: &[NamedExpr],
        aggregated: Aggregated,
    ) -> Result<Relation> {
        let mut groups = Vec::new();
        let mut columns = Vec::new();
        for named in by {
            let expr = self.expr(&mut relation, &named.expr)?;
            groups.push(expr);
            columns.push(Column::new(&named.name, named.expr.ty));
        }
        let names = columns
            .iter()
            .map(|_| self.hidden("by"))
            .collect::<Vec<_>>();
        let mut keys: Vec<PlanExpr> = groups
            .into_iter()
            .zip(&names)
            .map(|(expr, name)| expr.alias(name))
            .collect();
        let mut plan = aggregated.plan;
        if let Some(then) = self.partly_grouped(&mut relation, &keys, &plan)? {
            (keys, plan) = then;
        }
        self.expand(&mut relation)?;
        keys.extend(relation.carry_exprs());
        if keys.is_empty() && plan.is_empty() {
            plan.push(stock::count(lit(1_i64)).alias(self.hidden("rows")));
        }
        relation.plan = aggregate(&relation.plan, keys, plan)?;
        relation.order.clear();
        relation.sorted = false;
        let by = columns
            .iter()
            .zip(&names)
            .map(|(c, name)| (c.clone(), column(name)));
        relation.project(by.chain(aggregated.output).collect())?;
        self.order_by_columns(&mut relation, &columns)?;
        Ok(relation)
    }

    /// Lowers one aggregate. `live` says which of its columns are read.
    pub(crate) fn aggregate(
        &mut self,
        relation: &mut Relation,
        aggregate: &NamedAggregate,
        live: &[bool],
        to: &mut Aggregated,
    ) -> Result<()> {
        self.aggregate_inner(relation, aggregate, live, to)
            .map_err(|e| e.at(aggregate.span))
    }

    fn aggregate_inner(
        &mut self,
        relation: &mut Relation,
        aggregate: &NamedAggregate,
        live: &[bool],
        to: &mut Aggregated,
    ) -> Result<()> {
        let function = aggregate.function;
        match function {
            "arg_max" | "arg_min" | "take_any" | "take_anyif" => {
                self.pick_row(relation, aggregate, live, to)
            }
            "percentile" | "percentiles" | "percentiles_array" | "percentilew" | "percentilesw"
            | "percentilesw_array" => self.percentiles(relation, aggregate, to),
            _ => {
                let ty = aggregate.types[0];
                let (plan, output) = self.one_column(relation, function, &aggregate.args, ty)?;
                let name = to.add(plan, || self.hidden("aggregate"));
                let output = output(column(&name));
                to.output
                    .push((Column::new(&aggregate.names[0], ty), output));
                Ok(())
            }
        }
    }

    /// An aggregate of one column: the plan's aggregate, and what to make of its value.
    #[allow(clippy::type_complexity)]
    fn one_column(
        &mut self,
        relation: &mut Relation,
        function: &str,
        args: &[Expr],
        ty: Type,
    ) -> Result<(PlanExpr, Box<dyn FnOnce(PlanExpr) -> PlanExpr>)> {
        let (base, filter) = match conditional(function) {
            Some((base, place)) => {
                let condition = args.get(place).ok_or_else(|| {
                    Error::new(
                        ErrorKind::Invalid,
                        format!("`{function}` takes a condition"),
                    )
                })?;
                (base, Some(self.predicate(relation, condition)?))
            }
            None => (function, None),
        };
        let filtered = |expr: PlanExpr| -> Result<PlanExpr> {
            Ok(match filter {
                Some(filter) => expr.filter(filter).build()?,
                None => expr,
            })
        };
        let wanted = data_type(ty);
        if base == "count" {
            return Ok((filtered(stock::count(lit(1_i64)))?, Box::new(|value| value)));
        }
        let first = args.first().ok_or_else(|| {
            Error::new(
                ErrorKind::Invalid,
                format!("`{function}` takes an argument"),
            )
        })?;
        let value = self.expr(relation, first)?;
        let dynamic = first.ty == Type::Dynamic;
        let value = if dynamic
            && matches!(
                base,
                "sum" | "avg" | "stdev" | "variance" | "stdevp" | "variancep"
            ) {
            functions::convert(
                TypedExpr {
                    expr: value,
                    ty: Type::Dynamic,
                },
                Type::Real,
            )?
        } else {
            value
        };
        Ok(match base {
            "sum" => {
                let zero = zero(ty);
                let total = filtered(stock::sum(value))?;
                (
                    total,
                    Box::new(move |v| coalesce(vec![cast(v, wanted), lit(zero)])),
                )
            }
            "avg" => {
                let mean = match first.ty {
                    Type::Decimal => stock::avg(value),
                    _ => stock::avg(cast(value, DataType::Float64)),
                };
                let nan = ty == Type::Real;
                let finish = move |v: PlanExpr| {
                    let v = cast(v, wanted);
                    if nan {
                        coalesce(vec![v, lit(f64::NAN)])
                    } else {
                        v
                    }
                };
                (filtered(mean)?, Box::new(finish))
            }
            "min" | "max" if first.ty == Type::Real => {
                // NaN is both the least and the greatest.
                let keys = [
                    (self.is_nan(relation, value.clone())?, true, false),
                    (value.clone(), base == "max", false),
                ];
                let picked = filtered(pick(&keys, &[value]))?;
                (picked, Box::new(|v| picked_field(v, 0)))
            }
            "min" | "max" => {
                let extreme = if base == "min" {
                    stock::min(value)
                } else {
                    stock::max(value)
                };
                (
                    filtered(extreme)?,
                    Box::new(move |v| Lowerer::without_null_strings(v, ty)),
                )
            }
            "dcount" | "count_distinct" => {
                let counted = aggregates::count_distinct().call(vec![value]);
                (filtered(counted)?, Box::new(|v| v))
            }
            "stdev" | "stdevp" | "variance" | "variancep" => {
                let value = cast(value, DataType::Float64);
                let spread = match base {
                    "stdev" => stock::stddev(value),
                    "stdevp" => stock::stddev_pop(value),
                    "variance" => stock::var_sample(value),
                    _ => stock::var_pop(value),
                };
                (
                    filtered(spread)?,
                    Box::new(|v| coalesce(vec![v, lit(0.0_f64)])),
                )
            }
            "covariance" | "covariancep" => {
                let second = args
                    .get(1)
                    .map(|arg| self.expr(relation, arg))
                    .transpose()?;
                let pair = [Some(value), second].into_iter().flatten();
                let [a, b] = pair
                    .map(|v| cast(v, DataType::Float64))
                    .collect::<Vec<_>>()
                    .try_into()
                    .map_err(|_| Error::unsupported("a covariance of one column"))?;
                let covariance = match base {
                    "covariance" => stock::covar_samp(a, b),
                    _ => stock::covar_pop(a, b),
                };
                (
                    filtered(covariance)?,
                    Box::new(|v| coalesce(vec![v, lit(0.0_f64)])),
                )
            }
            "binary_all_and" => (filtered(stock::bit_and(value))?, Box::new(|v| v)),
            "binary_all_or" => (filtered(stock::bit_or(value))?, Box::new(|v| v)),
            "binary_all_xor" => (filtered(stock::bit_xor(value))?, Box::new(|v| v)),
            "make_list" | "make_list_with_nulls" | "make_set" | "make_bag" => {
                let place = if function.ends_with("_if") { 2 } else { 1 };
                let max = self.collection_max(args.get(place))?;
                let mut json = value;
                if !dynamic {
                    let typed = TypedExpr {
                        expr: json,
                        ty: first.ty,
                    };
                    json = functions::convert(typed, Type::Dynamic)?;
                }
                if base == "make_list_with_nulls" || base == "make_list" && dynamic {
                    json = coalesce(vec![json, lit(ScalarValue::Utf8View(Some("null".into())))]);
                }
                let mut arguments = vec![json, lit(max)];
                let keys = if base == "make_set" { 1 } else { usize::MAX };
                let order = relation.order.iter().take(keys);
                let order = order
                    .map(|key| (column(&key.name), key.descending, key.nulls_first))
                    .collect::<Vec<_>>();
                let udaf = match base {
                    "make_set" => aggregates::make_set(),
                    "make_bag" => aggregates::make_bag(),
                    _ => aggregates::make_list(),
                };
                if !order.is_empty() && base != "make_bag" {
                    arguments.push(key_struct(&order));
                }
                (filtered(udaf.call(arguments))?, Box::new(|v| v))
            }
            _ => match self.collected(relation, base, args, value)? {
                Some((collected, kernel)) => (
                    filtered(collected)?,
                    Box::new(move |v| functions::kernel::call(kernel, vec![v])),
                ),
                None => return Err(Error::unsupported(format!("the aggregate `{function}`"))),
            },
        })
    }

    fn is_nan(&mut self, relation: &Relation, expr: PlanExpr) -> Result<PlanExpr> {
        let context = self.context(relation);
        let value = TypedExpr {
            expr,
            ty: Type::Real,
        };
        Ok(functions::lower(
            "isnan",
            vec![value],
            Type::Bool,
            &context,
        )?)
    }

    fn collection_max(&mut self, expr: Option<&Expr>) -> Result<i64> {
        let Some(expr) = expr else {
            return Ok(COLLECTION_ELEMENTS_MAX);
        };
        let max = self.count(expr)?;
        Ok(i64::try_from(max)
            .unwrap_or(i64::MAX)
            .min(COLLECTION_ELEMENTS_MAX))
    }

    /// `arg_max`, `arg_min`, `take_any`, `take_anyif`: columns of one row of the group.
    fn pick_row(
        &mut self,
        relation: &mut Relation,
        aggregate: &NamedAggregate,
        live: &[bool],
        to: &mut Aggregated,
    ) -> Result<()> {
        let mut keys: Vec<Key> = Vec::new();
        let (args, filter) = match (aggregate.function, aggregate.args.as_slice()) {
            ("take_anyif", [value, condition]) => (
                std::slice::from_ref(value),
                Some(self.predicate(relation, condition)?),
            ),
            (_, args) => (args, None),
        };
        if let "arg_max" | "arg_min" = aggregate.function {
            let key = self.expr(relation, &aggregate.args[0])?;
            if aggregate.args[0].ty == Type::Real {
                keys.push((self.is_nan(relation, key.clone())?, true, false));
            }
            keys.push((key, aggregate.function == "arg_max", false));
        } else if let [only] = args {
            // A single value is taken from a row that has one, if any.
            let value = self.expr(relation, only)?;
            let absent = if only.ty == Type::String {
                value.eq(lit(ScalarValue::Utf8View(Some(String::new()))))
            } else {
                value.is_null()
            };
            keys.push((absent, false, false));
        }
        for key in &relation.order {
            keys.push((column(&key.name), key.descending, key.nulls_first));
        }
        let mut wanted = Vec::new();
        let mut exprs = Vec::new();
        for (place, arg) in args.iter().enumerate() {
            if live.get(place).copied().unwrap_or(true) {
                exprs.push(self.expr(relation, arg)?);
                wanted.push(Column::new(&aggregate.names[place], aggregate.types[place]));
            }
        }
        if exprs.is_empty() {
            return Ok(());
        }
        let mut picked = pick(&keys, &exprs);
        if let Some(filter) = filter {
            picked = picked.filter(filter).build()?;
        }
        let name = to.add(picked, || self.hidden("picked"));
        for (place, c) in wanted.into_iter().enumerate() {
            let field = picked_field(column(&name), place);
            let field = Lowerer::without_null_strings(field, c.ty);
            to.output.push((c, field));
        }
        Ok(())
    }

    fn percentiles(
        &mut self,
        relation: &mut Relation,
        aggregate: &NamedAggregate,
        to: &mut Aggregated,
    ) -> Result<()> {
        let value = self.expr(relation, &aggregate.args[0])?;
        let value = cast(value, DataType::Float64);
        let weighted = aggregate.function.contains("ilew") || aggregate.function.contains("ilesw");
        let mut base = vec![value];
        if weighted {
            base.push(cast(
                self.expr(relation, &aggregate.args[1])?,
                DataType::Float64,
            ));
        }
        let percentages = self.percentages(&aggregate.args[base.len()..])?;
        let udaf = if weighted {
            aggregates::weighted_percentile()
        } else {
            aggregates::percentile()
        };
        let mut columns = Vec::new();
        for percentage in percentages {
            let arguments = base.iter().cloned().chain([lit(percentage)]).collect();
            let name = to.add(udaf.call(arguments), || self.hidden("percentile"));
            columns.push(column(&name));
        }
        let value_type = aggregate.args[0].ty;
        if aggregate.function.ends_with("_array") {
            let items = columns.into_iter().map(|c| TypedExpr {
                expr: cast(c, data_type(value_type)),
                ty: value_type,
            });
            let context = self.context(relation);
            let array = functions::lower("pack_array", items.collect(), Type::Dynamic, &context)?;
            to.output
                .push((Column::new(&aggregate.names[0], Type::Dynamic), array));
            return Ok(());
        }
        for ((name, ty), c) in aggregate.names.iter().zip(&aggregate.types).zip(columns) {
            to.output
                .push((Column::new(name, *ty), cast(c, data_type(*ty))));
        }
        Ok(())
    }

    fn percentages(&mut self, args: &[Expr]) -> Result<Vec<f64>> {
        let mut percentages = Vec::new();
        for arg in args {
            match self.constant(arg)? {
                Value::Real(v) => percentages.push(v),
                Value::Int(v) => percentages.push(f64::from(v)),
                Value::Long(v) => percentages.push(v as f64),
                Value::Dynamic(json) => percentages
                    .extend(crate::lists::split(&json).filter_map(|item| item.parse::<f64>().ok())),
                _ => {
                    let message = "a percentage must be a constant number";
                    return Err(Error::new(ErrorKind::Invalid, message).at(arg.span));
                }
            }
        }
        Ok(percentages)
    }
}

/// The columns of the first row by `keys`, as a struct.
pub(crate) fn pick(keys: &[Key], payload: &[PlanExpr]) -> PlanExpr {
    let fields = payload
        .iter()
        .enumerate()
        .flat_map(|(place, expr)| [lit(format!("c{place}")), expr.clone()]);
    let keys = if keys.is_empty() {
        key_struct(&[(lit(0_i64), false, false)])
    } else {
        key_struct(keys)
    };
    aggregates::pick().call(vec![keys, named_struct(fields.collect())])
}

pub(crate) fn picked_field(picked: PlanExpr, place: usize) -> PlanExpr {
    get_field(picked, format!("c{place}"))
}

/// A struct whose field names say how to compare.
fn key_struct(keys: &[Key]) -> PlanExpr {
    let fields = keys
        .iter()
        .enumerate()
        .flat_map(|(place, (expr, descending, nulls_first))| {
            let direction = if *descending { 'd' } else { 'a' };
            let nulls = if *nulls_first { 'f' } else { 'l' };
            [lit(format!("{direction}{nulls}{place}")), expr.clone()]
        });
    named_struct(fields.collect())
}

/// The plain form of an aggregate with a condition, and where the condition stands.
fn conditional(function: &str) -> Option<(&'static str, usize)> {
    Some(match function {
        "countif" => ("count", 0),
        "sumif" => ("sum", 1),
        "avgif" => ("avg", 1),
        "minif" => ("min", 1),
        "maxif" => ("max", 1),
        "dcountif" => ("dcount", 1),
        "count_distinctif" => ("count_distinct", 1),
        "stdevif" => ("stdev", 1),
        "varianceif" => ("variance", 1),
        "variancepif" => ("variancep", 1),
        "covarianceif" => ("covariance", 2),
        "covariancepif" => ("covariancep", 2),
        "hll_if" => ("hll", 1),
        "make_list_if" => ("make_list", 1),
        "make_set_if" => ("make_set", 1),
        "make_bag_if" => ("make_bag", 1),
        _ => return None,
    })
}

fn zero(ty: Type) -> ScalarValue {
    match ty {
        Type::Real => ScalarValue::Float64(Some(0.0)),
        Type::Decimal => ScalarValue::Decimal128(Some(0), 38, 10),
        Type::Int => ScalarValue::Int32(Some(0)),
        _ => ScalarValue::Int64(Some(0)),
    }
}
