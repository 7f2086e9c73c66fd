//! `partition by column (subquery)`: the subquery over the rows of each value, and `partition by
//! column { query }`: a query for each value.
//!
//! In the first form the value is carried as a hidden key, which every operator of the subquery
//! respects. In the second the values are read first, and the query is lowered once for each.

use keyline_kql::checked::{PartitionContext, Rel};
use keyline_kql::schema::Column;
use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::limits::PARTITION_QUERIES_MAX;
use crate::lower::Lowerer;
use crate::lower::relation::{Relation, builder, column};

impl Lowerer<'_> {
    pub(crate) fn partition(
        &mut self,
        input: &Arc<Rel>,
        by: &str,
        context: PartitionContext,
        subquery: &Arc<Rel>,
        rel: &Arc<Rel>,
    ) -> Result<Relation> {
        if context == PartitionContext::Value {
            return self.partition_queries(input, by, subquery, rel);
        }
        let mut relation = self.rel(input)?;
        self.expand(&mut relation)?;
        let key = self.hidden("partition");
        relation.extend_hidden(vec![(key.clone(), column(by))])?;
        relation.carry.push(key);
        self.contexts.push(relation);
        let result = self.rel(subquery);
        self.contexts.pop();
        let mut result = result?;
        result.carry.pop();
        result.sorted = false;
        Ok(result)
    }

    fn partition_queries(
        &mut self,
        input: &Arc<Rel>,
        by: &str,
        query: &Arc<Rel>,
        rel: &Arc<Rel>,
    ) -> Result<Relation> {
        let mut values = self.rel(input)?;
        self.refuse_ticks(&values, "`partition by … { query }`")?;
        let ty = values.ty(by).unwrap_or(keyline_kql::types::Type::Dynamic);
        let value = Column::new(by, ty);
        // Hidden columns of the order would keep equal values apart.
        values.order.clear();
        values.project(vec![(value.clone(), column(by))])?;
        values.plan = builder(&values.plan).distinct()?.build()?;
        let values = self.rows(&values, PARTITION_QUERIES_MAX + 1)?;
        if values.len() > PARTITION_QUERIES_MAX {
            let message =
                format!("`partition by … {{ query }}` takes up to {PARTITION_QUERIES_MAX} values");
            return Err(Error::new(ErrorKind::Limit, message));
        }
        let mut results = Vec::with_capacity(values.len());
        for row in values {
            let context = self.datatable(&[row], std::slice::from_ref(&value))?;
            self.contexts.push(context);
            let result = self.rel(query);
            self.contexts.pop();
            results.push(result?);
        }
        match results.is_empty() {
            true => self.datatable(&[], &rel.columns),
            false => self.unite(results, &rel.columns),
        }
    }
}
