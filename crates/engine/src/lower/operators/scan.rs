//! `scan`: not supported yet, and said so by name.

use keyline_kql::checked::{Rel, Scan};
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::lower::Lowerer;
use crate::lower::relation::Relation;

impl Lowerer<'_> {
    pub(crate) fn scan(&mut self, _: &Scan, _: &Arc<Rel>) -> Result<Relation> {
        Err(Error::unsupported("the operator `scan`"))
    }
}
