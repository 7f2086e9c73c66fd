//! TODO
use keyline_kql::checked::{Rel, TopNestedLevel};
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::lower::Lowerer;
use crate::lower::relation::Relation;

impl Lowerer<'_> {
    pub(crate) fn top_nested(
        &mut self,
        _: &Arc<Rel>,
        _: &[TopNestedLevel],
        _: &Arc<Rel>,
    ) -> Result<Relation> {
        Err(Error::unsupported("`top-nested`"))
    }
}
