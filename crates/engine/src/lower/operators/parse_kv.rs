//! TODO
use keyline_kql::checked::{ParseKv, Rel};
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::lower::Lowerer;
use crate::lower::relation::Relation;

impl Lowerer<'_> {
    pub(crate) fn parse_kv(&mut self, _: &ParseKv, _: &Arc<Rel>) -> Result<Relation> {
        Err(Error::unsupported("`parse_kv`"))
    }
}
