//! TODO
use keyline_kql::checked::{Parse, Rel};
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::lower::Lowerer;
use crate::lower::relation::Relation;

impl Lowerer<'_> {
    pub(crate) fn parse(&mut self, _: &Parse, _: &Arc<Rel>) -> Result<Relation> {
        Err(Error::unsupported("`parse`"))
    }
}
