//! `partition by column (subquery)`: the subquery over the rows of each value.
//!
//! The value is carried as a hidden key, which every operator of the subquery respects.

use keyline_kql::checked::Rel;
use std::sync::Arc;

use crate::error::Result;
use crate::lower::Lowerer;
use crate::lower::relation::{Relation, column};

impl Lowerer<'_> {
    pub(crate) fn partition(
        &mut self,
        input: &Arc<Rel>,
        by: &str,
        subquery: &Arc<Rel>,
        _rel: &Arc<Rel>,
    ) -> Result<Relation> {
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
}
