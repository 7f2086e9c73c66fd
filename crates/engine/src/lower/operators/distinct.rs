//! `distinct`: every different row once.

use keyline_kql::checked::Rel;
use std::sync::Arc;

use crate::error::Result;
use crate::lower::Lowerer;
use crate::lower::relation::{Relation, aggregate, column};

impl Lowerer<'_> {
    pub(crate) fn distinct(&mut self, input: &Arc<Rel>) -> Result<Relation> {
        let relation = self.rel(input)?;
        self.distinct_rows(relation)
    }

    pub(crate) fn distinct_rows(&mut self, mut relation: Relation) -> Result<Relation> {
        if let Some(pending) = &relation.pending
            && self.is_seen_long(pending)
        {
            return self.distinct_while_seen(relation);
        }
        self.expand(&mut relation)?;
        let visible = relation.columns.iter().map(|c| column(&c.name));
        let groups = visible.chain(relation.carry_exprs());
        relation.plan = aggregate(&relation.plan, groups, [])?;
        let columns = relation.columns.clone();
        self.order_by_columns(&mut relation, &columns)?;
        Ok(relation)
    }
}
