//! `externaldata`: the referenced files, read now; their rows become literals of the plan.

use keyline_kql::checked::Rel;
use keyline_kql::types::Value;
use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::externaldata::{Options, read};
use crate::lower::Lowerer;
use crate::lower::relation::Relation;

impl Lowerer<'_> {
    pub(crate) fn externaldata(
        &mut self,
        uris: &[String],
        properties: &[(String, Value)],
        rel: &Arc<Rel>,
    ) -> Result<Relation> {
        let options = Options::from_properties(properties)?;
        let mut rows = Vec::new();
        for uri in uris {
            let bytes = self.host.references().fetch(uri).map_err(|why| {
                Error::new(
                    ErrorKind::Reference,
                    format!("the reference `{uri}` cannot be read: {why}"),
                )
            })?;
            let read = read(uri, bytes, &options, &rel.columns)?;
            if read.is_empty() {
                return Err(Error::new(
                    ErrorKind::Reference,
                    format!("the reference `{uri}` has no rows"),
                ));
            }
            rows.extend(read);
        }
        self.datatable(&rows, &rel.columns)
    }
}
