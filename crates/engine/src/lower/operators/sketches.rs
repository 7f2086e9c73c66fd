//! Aggregates that are made of a list: `tdigest`, `hll`, their merging, `buildschema`.
//!
//! The plan collects the values of a group with `make_list` or `make_set`; a function then makes of
//! the list what the aggregate yields.

use datafusion::common::ScalarValue;
use datafusion::functions::core::expr_fn::coalesce;
use datafusion::logical_expr::{Expr as PlanExpr, lit};
use keyline_kql::checked::Expr;
use keyline_kql::types::Type;

use crate::aggregates;
use crate::error::Result;
use crate::functions::{self, TypedExpr};
use crate::lower::Lowerer;
use crate::lower::relation::Relation;

impl Lowerer<'_> {
    /// The aggregate of the plan, and the function that is put around it; none if `base` is no such
    /// aggregate. `value` is its first argument.
    pub(super) fn collected(
        &mut self,
        relation: &mut Relation,
        base: &str,
        args: &[Expr],
        value: PlanExpr,
    ) -> Result<Option<(PlanExpr, &'static str)>> {
        let kernel = match base {
            "tdigest" => "kql_tdigest_of_list",
            "tdigest_merge" => "kql_tdigest_of_digests",
            "hll" => "kql_hll_of_set",
            "hll_merge" => "kql_hll_of_sketches",
            "buildschema" => "kql_schema_of_list",
            _ => return Ok(None),
        };
        let mut value = TypedExpr {
            expr: value,
            ty: args[0].ty,
        };
        if base == "tdigest" {
            value = self.digested(relation, args, value)?;
        }
        let mut json = functions::convert(value, Type::Dynamic)?;
        // A list takes the elements of arrays one by one: an array that is to stay one goes in another.
        let whole = matches!(base, "tdigest_merge" | "hll_merge" | "buildschema");
        if whole || base == "tdigest" && args.len() > 1 {
            let item = TypedExpr {
                expr: json,
                ty: Type::Dynamic,
            };
            let context = self.context(relation);
            json = functions::lower("pack_array", vec![item], Type::Dynamic, &context)?;
        }
        let everything = lit(i64::MAX);
        let collect = match base {
            "hll" => {
                let null = lit(ScalarValue::Utf8View(Some("null".into())));
                aggregates::make_set().call(vec![coalesce(vec![json, null]), everything])
            }
            _ => aggregates::make_list().call(vec![json, everything]),
        };
        Ok(Some((collect, kernel)))
    }

    /// A number, with its weight if it has one; times are their ticks.
    fn digested(
        &mut self,
        relation: &mut Relation,
        args: &[Expr],
        value: TypedExpr,
    ) -> Result<TypedExpr> {
        let value = match value.ty {
            Type::DateTime | Type::TimeSpan => TypedExpr {
                expr: functions::convert(value, Type::Long)?,
                ty: Type::Long,
            },
            _ => value,
        };
        let Some(weight) = args.get(1) else {
            return Ok(value);
        };
        let weight = TypedExpr {
            expr: self.expr(relation, weight)?,
            ty: weight.ty,
        };
        let context = self.context(relation);
        Ok(TypedExpr {
            expr: functions::lower("pack_array", vec![value, weight], Type::Dynamic, &context)?,
            ty: Type::Dynamic,
        })
    }
}
