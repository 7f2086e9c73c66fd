//! `evaluate plugin(…)`: `bag_unpack` with its columns stated, and `narrow`.

use keyline_kql::checked::{ExprKind, PluginArg, Rel};
use keyline_kql::types::{Type, Value};
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::functions::{self, PathStep, TypedExpr};
use crate::limits::STAGE_ROWS_MAX;
use crate::lower::Lowerer;
use crate::lower::relation::{Relation, column};
use crate::rows;

impl Lowerer<'_> {
    pub(crate) fn evaluate_plugin(
        &mut self,
        input: Option<&Arc<Rel>>,
        plugin: &str,
        args: &[PluginArg],
        rel: &Arc<Rel>,
    ) -> Result<Relation> {
        match (plugin, input, args) {
            ("bag_unpack", Some(input), [PluginArg::Expr(bag), rest @ ..]) => {
                let prefix = match rest {
                    [] => "",
                    [PluginArg::Expr(prefix)] => match &prefix.kind {
                        ExprKind::Literal(Value::String(prefix)) => prefix.as_str(),
                        _ => return Err(Error::unsupported("such a prefix in `bag_unpack`")),
                    },
                    _ => return Err(Error::unsupported("`bag_unpack` with such arguments")),
                };
                let ExprKind::Column(bag) = &bag.kind else {
                    return Err(Error::unsupported("`bag_unpack` of an expression"));
                };
                self.bag_unpack(input, bag, prefix, rel)
            }
            ("narrow", Some(input), []) => self.narrow_plugin(input, rel),
            _ => Err(Error::unsupported(format!("the plugin `{plugin}`"))),
        }
    }

    /// A column of the input stays as it is; any other is a key of the bag.
    fn bag_unpack(
        &mut self,
        input: &Arc<Rel>,
        bag: &str,
        prefix: &str,
        rel: &Arc<Rel>,
    ) -> Result<Relation> {
        let mut relation = self.rel(input)?;
        let mut output = Vec::new();
        for c in self.live_columns(rel) {
            let stays = c.name != bag && input.columns.iter().any(|other| other.name == c.name);
            let value = match (stays, c.name.strip_prefix(prefix)) {
                (true, _) => TypedExpr {
                    expr: column(&c.name),
                    ty: relation.ty(&c.name).unwrap_or(c.ty),
                },
                (false, Some(key)) => TypedExpr {
                    expr: functions::member(column(bag), &[PathStep::Key(key.to_string())]),
                    ty: Type::Dynamic,
                },
                (false, None) => TypedExpr {
                    expr: datafusion::logical_expr::lit(crate::lower::literal::null(c.ty)),
                    ty: c.ty,
                },
            };
            let value = functions::convert(value, c.ty)?;
            output.push((c, value));
        }
        relation.project(output)?;
        relation.sorted = false;
        Ok(relation)
    }

    /// A row for each cell: the number of its row, the name of its column, its text.
    fn narrow_plugin(&mut self, input: &Arc<Rel>, rel: &Arc<Rel>) -> Result<Relation> {
        let relation = self.rel(input)?;
        self.refuse_ticks(&relation, "`narrow`")?;
        let mut cells = Vec::new();
        for (number, row) in self
            .rows(&relation, STAGE_ROWS_MAX)?
            .into_iter()
            .enumerate()
        {
            for (c, value) in relation.columns.iter().zip(row) {
                cells.push(vec![
                    Value::Long(i64::try_from(number).unwrap_or(i64::MAX)),
                    Value::String(c.name.clone()),
                    Value::String(rows::text(&value).unwrap_or_default()),
                ]);
            }
        }
        self.datatable(&cells, &rel.columns)
    }
}
