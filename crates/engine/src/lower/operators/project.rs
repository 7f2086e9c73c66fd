//! `project`, `extend` and their like, which the checker has made one: all output columns in order.

use keyline_kql::checked::{NamedExpr, Rel};
use std::sync::Arc;

use crate::error::Result;
use crate::lower::Lowerer;
use crate::lower::relation::Relation;

impl Lowerer<'_> {
    pub(crate) fn project(
        &mut self,
        input: &Arc<Rel>,
        exprs: &[NamedExpr],
        rel: &Arc<Rel>,
    ) -> Result<Relation> {
        let mut relation = self.rel(input)?;
        let mut output = Vec::new();
        for (named, column) in exprs.iter().zip(&rel.columns) {
            if self.live.reads(rel, &named.name) {
                output.push((column.clone(), self.expr(&mut relation, &named.expr)?));
            }
        }
        relation.project(output)?;
        Ok(relation)
    }
}
