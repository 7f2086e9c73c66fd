//! `mv-expand`: a row for each element. Several columns are expanded side by side; the shorter ones
//! end in nulls.
//!
//! A function makes lists of JSON texts, a stock unnest makes rows of them, so nothing is held but
//! the batch at hand.

use datafusion::common::{NullHandling, UnnestOptions};
use datafusion::logical_expr::{Expr, cast, lit};
use keyline_kql::checked::{MvExpand, Rel};
use keyline_kql::schema::Column;
use keyline_kql::types::Type;
use std::sync::Arc;

use super::filter::plan_columns;
use crate::error::Result;
use crate::functions::{self, TypedExpr};
use crate::limits::EXPANDED_ROWS_MAX;
use crate::lists;
use crate::lower::Lowerer;
use crate::lower::literal::data_type;
use crate::lower::relation::{OrderKey, Relation, builder, column};

impl Lowerer<'_> {
    pub(crate) fn mv_expand(&mut self, expand: &MvExpand, rel: &Arc<Rel>) -> Result<Relation> {
        let relation = self.rel(&expand.input)?;
        let columns = self.live_columns(rel);
        self.expand_rows(relation, expand, &columns)
    }

    /// The rows of the expansion with the given columns of it.
    pub(crate) fn expand_rows(
        &mut self,
        mut relation: Relation,
        expand: &MvExpand,
        columns: &[Column],
    ) -> Result<Relation> {
        let max = i64::try_from(expand.limit.unwrap_or(EXPANDED_ROWS_MAX)).unwrap_or(i64::MAX);
        let mut lists = Vec::new();
        for item in &expand.items {
            let mut value = self.expr(&mut relation, &item.expr)?;
            if item.expr.ty != Type::Dynamic {
                let typed = TypedExpr {
                    expr: value,
                    ty: item.expr.ty,
                };
                value = functions::convert(typed, Type::Dynamic)?;
            }
            let arguments = vec![value, lit(max), lit(expand.bag_as_array)];
            lists.push((self.hidden("items"), lists::elements().call(arguments)));
        }
        let mut unnested = lists
            .iter()
            .map(|(name, _)| name.clone())
            .collect::<Vec<_>>();
        relation.extend_hidden(lists)?;
        let place = self.hidden("place");
        let indexes = (0..unnested.len())
            .map(|_| self.hidden("index"))
            .collect::<Vec<_>>();
        let kept = relation
            .columns
            .iter()
            .map(|c| c.name.clone())
            .chain(relation.hidden());
        let kept = kept
            .chain(unnested.iter().cloned())
            .map(|name| column(&name));
        let numbered = unnested
            .iter()
            .zip(&indexes)
            .map(|(list, index)| lists::item_indexes().call(vec![column(list)]).alias(index));
        let all = kept.chain(numbered).collect::<Vec<_>>();
        let items = unnested.clone();
        unnested.extend(indexes.iter().cloned());
        let options = UnnestOptions::new().with_null_handling(NullHandling::Drop);
        relation.plan = builder(&relation.plan)
            .project(all)?
            .unnest_columns_with_options(plan_columns(&unnested), options)?
            .build()?;
        let index = longest(&indexes);
        let mut output = Vec::new();
        for c in columns {
            let item = expand.items.iter().position(|item| item.name == c.name);
            let expr = match item {
                Some(at) => element(&items[at], expand.items[at].ty)?,
                None if expand.index.as_ref() == Some(&c.name) => {
                    cast(index.clone(), data_type(c.ty))
                }
                None => column(&c.name),
            };
            output.push((c.clone(), expr));
        }
        relation.order.push(OrderKey::ascending(place.clone()));
        let hidden = relation.hidden();
        let exprs = output
            .iter()
            .map(|(c, expr)| crate::lower::relation::named(expr.clone(), &c.name))
            .chain(hidden.iter().map(|name| {
                if *name == place {
                    index.clone().alias(&place)
                } else {
                    column(name)
                }
            }))
            .collect::<Vec<_>>();
        relation.plan = builder(&relation.plan).project(exprs)?.build()?;
        relation.columns = columns.to_vec();
        Ok(relation)
    }
}

/// The index of the longest list: the others' are null behind their end.
fn longest(indexes: &[String]) -> Expr {
    let columns = indexes.iter().map(|name| column(name)).collect::<Vec<_>>();
    match columns.as_slice() {
        [one] => one.clone(),
        _ => datafusion::functions::core::expr_fn::coalesce(columns),
    }
}

fn element(list: &str, ty: Type) -> Result<Expr> {
    let item = TypedExpr {
        expr: column(list),
        ty: Type::Dynamic,
    };
    Ok(if ty == Type::Dynamic {
        item.expr
    } else {
        functions::convert(item, ty)?
    })
}
