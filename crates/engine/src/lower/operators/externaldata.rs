//! `externaldata`: the referenced files, read now; their rows become literals of the plan.

use keyline_kql::checked::Rel;
use keyline_kql::schema::Column;
use keyline_kql::types::{Type, Value};
use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::externaldata::{Options, read};
use crate::functions::{self, TypedExpr};
use crate::lower::Lowerer;
use crate::lower::relation::{Relation, column};

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
        let texts: Vec<Column> = rel
            .columns
            .iter()
            .map(|c| Column::new(&c.name, Type::String))
            .collect();
        let mut relation = self.datatable(&rows, &texts)?;
        let context = self.context(&relation);
        let converted = rel.columns.iter().map(|c| {
            let text = TypedExpr {
                expr: column(&c.name),
                ty: Type::String,
            };
            let value = match c.ty {
                Type::Dynamic => functions::lower("parse_json", vec![text], c.ty, &context)?,
                _ => functions::convert(text, c.ty)?,
            };
            Ok((c.clone(), value))
        });
        let converted = converted.collect::<Result<Vec<_>>>()?;
        relation.project(converted)?;
        Ok(relation)
    }
}
