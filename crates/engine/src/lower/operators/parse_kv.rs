//! `parse-kv`: columns out of a text of keys and values.

use datafusion::logical_expr::lit;
use keyline_kql::checked::{ParseKv, Rel};
use keyline_kql::types::Type;
use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::extract::{self, KeyValueForm};
use crate::functions::{self, TypedExpr};
use crate::lower::Lowerer;
use crate::lower::relation::{Relation, column};

impl Lowerer<'_> {
    pub(crate) fn parse_kv(&mut self, parse: &ParseKv, rel: &Arc<Rel>) -> Result<Relation> {
        let mut relation = self.rel(&parse.input)?;
        let text = self.expr(&mut relation, &parse.expr)?;
        let form = KeyValueForm {
            keys: parse.keys.iter().map(|key| key.name.clone()).collect(),
            pair_delimiter: parse.pair_delimiter.clone(),
            kv_delimiter: parse.kv_delimiter.clone(),
            quotes: parse.quotes.clone(),
            escape: parse.escape.clone(),
            greedy: parse.greedy,
            regex: parse.regex.clone(),
        };
        form.check()
            .map_err(|why| Error::new(ErrorKind::Invalid, why))?;
        let parts = self.hidden("parts");
        let extracted = extract::extract_kv().call(vec![text, lit(form.to_json())]);
        let columns = self.live_columns(rel);
        relation.extend_hidden(vec![(parts.clone(), extracted)])?;
        let mut output = Vec::new();
        for c in columns {
            let place = parse.keys.iter().position(|key| key.name == c.name);
            let expr = match place {
                Some(place) => {
                    let place = i64::try_from(place).unwrap_or(i64::MAX);
                    let part = extract::nth().call(vec![column(&parts), lit(place)]);
                    functions::convert(
                        TypedExpr {
                            expr: part,
                            ty: Type::String,
                        },
                        c.ty,
                    )?
                }
                None => column(&c.name),
            };
            output.push((c, expr));
        }
        relation.project(output)?;
        Ok(relation)
    }
}
