//! `mv-apply`: a subquery over the elements of each row.
//!
//! Each outer row gets a number, which the subquery carries as a hidden key; the outer columns are
//! joined back by it.

use datafusion::common::{JoinType, NullEquality};
use datafusion::functions_window::expr_fn::row_number;
use datafusion::logical_expr::ExprFunctionExt;
use keyline_kql::checked::{MvExpand, Rel};
use keyline_kql::schema::Column;
use std::sync::Arc;

use super::filter::plan_columns;
use crate::error::Result;
use crate::lower::Lowerer;
use crate::lower::relation::{OrderKey, Relation, builder, column};

impl Lowerer<'_> {
    pub(crate) fn mv_apply(
        &mut self,
        expand: &MvExpand,
        subquery: &Arc<Rel>,
        rel: &Arc<Rel>,
    ) -> Result<Relation> {
        let mut outer = self.rel(&expand.input)?;
        self.expand(&mut outer)?;
        self.number_rows(&mut outer)?;
        let id = self.hidden("outer");
        let number = row_number()
            .order_by(outer.sort_exprs())
            .build()?
            .alias(&id);
        outer.plan = builder(&outer.plan).window([number])?.build()?;
        let mut inner = outer.clone();
        inner.carry.push(id.clone());
        let columns = expanded_columns(&outer.columns, expand);
        let inner = self.expand_rows(inner, expand, &columns)?;
        self.contexts.push(inner);
        let result = self.rel(subquery);
        self.contexts.pop();
        self.join_outer(outer, result?, &id, rel)
    }

    fn join_outer(
        &mut self,
        outer: Relation,
        inner: Relation,
        id: &str,
        rel: &Arc<Rel>,
    ) -> Result<Relation> {
        let inner_id = self.hidden("inner");
        let mut names = Vec::new();
        // What the subquery carries last is the number of the outer row, under whatever name.
        let carried = inner.carry.last().map_or(id, String::as_str);
        let mut exprs = vec![column(carried).alias(&inner_id)];
        for c in &inner.columns {
            let name = self.hidden("inner");
            exprs.push(column(&c.name).alias(&name));
            names.push((c.name.clone(), name));
        }
        let mut order = outer.order.clone();
        for key in &inner.order {
            let name = self.hidden("order");
            exprs.push(column(&key.name).alias(&name));
            order.push(OrderKey {
                name,
                ..key.clone()
            });
        }
        let right = builder(&inner.plan).project(exprs)?.build()?;
        let keys = (plan_columns(&[id.to_string()]), plan_columns(&[inner_id]));
        let plan = builder(&outer.plan)
            .join_detailed(
                right,
                JoinType::Inner,
                keys,
                None,
                NullEquality::NullEqualsNothing,
            )?
            .build()?;
        let mut relation = Relation {
            plan,
            order,
            ..outer
        };
        let output = rel
            .columns
            .iter()
            .map(|c| {
                let source = names.iter().find(|(name, _)| *name == c.name);
                let source = source.map_or(c.name.as_str(), |(_, inner)| inner.as_str());
                (c.clone(), column(source))
            })
            .collect();
        relation.project(output)?;
        Ok(relation)
    }
}

/// What the subquery sees: the outer columns, the expanded ones replaced or appended.
fn expanded_columns(outer: &[Column], expand: &MvExpand) -> Vec<Column> {
    let mut columns = outer.to_vec();
    for item in &expand.items {
        match columns.iter_mut().find(|c| c.name == item.name) {
            Some(c) => c.ty = item.ty,
            None => columns.push(Column::new(&item.name, item.ty)),
        }
    }
    if let Some(index) = &expand.index {
        columns.push(Column::new(index, keyline_kql::types::Type::Long));
    }
    columns
}
