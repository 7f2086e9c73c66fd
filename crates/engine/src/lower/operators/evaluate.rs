//! `evaluate plugin(…)`.

use keyline_kql::checked::{PluginArg, Rel};
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::lower::Lowerer;
use crate::lower::relation::Relation;

impl Lowerer<'_> {
    pub(crate) fn evaluate_plugin(
        &mut self,
        _input: Option<&Arc<Rel>>,
        plugin: &str,
        _args: &[PluginArg],
        _rel: &Arc<Rel>,
    ) -> Result<Relation> {
        Err(Error::unsupported(format!("the plugin `{plugin}`")))
    }
}
