//! TODO
use keyline_kql::checked::{MakeSeries, Rel};
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::lower::Lowerer;
use crate::lower::relation::Relation;

impl Lowerer<'_> {
    pub(crate) fn make_series(&mut self, _: &MakeSeries, _: &Arc<Rel>) -> Result<Relation> {
        Err(Error::unsupported("`make_series`"))
    }
}
