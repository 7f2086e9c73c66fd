//! `evaluate`: plugins whose columns are known before they run.

use std::sync::Arc;

use crate::check::report::Checked;
use crate::check::scope::{Row, Windows};
use crate::check::{Checker, codes, suggest};
use crate::checked::{ExprKind, Op, PluginArg, Rel};
use crate::schema::Column;
use crate::span::Span;
use crate::syntax::{Call, RowSchema};
use crate::types::Type;

/// Plugins of the language that Keyline does not run.
const UNSUPPORTED: [&str; 46] = [
    "active_users_count",
    "activity_counts_metrics",
    "activity_engagement",
    "activity_metrics",
    "ai_chat_completion",
    "ai_chat_completion_prompt",
    "ai_embed_text",
    "ai_embeddings",
    "autocluster",
    "azure_digital_twins_query_request",
    "basket",
    "cosmosdb_sql_request",
    "csharp",
    "dax_request",
    "dcount_intersect",
    "diffpatterns",
    "diffpatterns_text",
    "estimate_rows_count",
    "execute_query",
    "execute_show_command",
    "external_datatable",
    "funnel_sequence",
    "funnel_sequence_completion",
    "geo_line_lookup",
    "geo_polygon_lookup",
    "http_request",
    "http_request_post",
    "identity",
    "identity_v3",
    "infer_storage_schema",
    "infer_storage_schema_with_suggestions",
    "ipv4_lookup",
    "ipv6_lookup",
    "mysql_request",
    "new_activity_metrics",
    "postgresql_request",
    "preview",
    "python",
    "r",
    "rolling_percentile",
    "rows_near",
    "schema_merge",
    "sequence_detect",
    "session_count",
    "sliding_window_counts",
    "sql_request",
];

impl<'a> Checker<'a> {
    pub(super) fn evaluate(
        &mut self,
        input: Option<Arc<Rel>>,
        plugin: &'a Call,
        schema: Option<&'a RowSchema>,
        span: Span,
    ) -> Checked<Arc<Rel>> {
        let name = plugin.name.text.as_str();
        match (name, input) {
            ("bag_unpack" | "pivot", Some(input)) => {
                let Some(schema) = schema else {
                    return Err(self.unsupported(
                        codes::UNSUPPORTED_PLUGIN,
                        plugin.name.span,
                        format!(
                            "`{name}` whose columns only the data tells is not supported: \
                             state them, as in `evaluate {name}(…) : (*, Name: string)`"
                        ),
                    ));
                };
                self.reshape(&input, plugin, schema, span)
            }
            ("narrow", Some(input)) => {
                let columns = vec![
                    Column::new("Row", Type::Long),
                    Column::new("Column", Type::String),
                    Column::new("Value", Type::String),
                ];
                let op = Op::Evaluate {
                    input: Some(input),
                    plugin: name.to_string(),
                    args: Vec::new(),
                };
                self.unordered(op, columns, span)
            }
            ("bag_unpack" | "pivot" | "narrow", None) => Err(self.error(
                codes::MISPLACED_OPERATOR,
                plugin.name.span,
                format!("`{name}` needs rows to work on"),
            )),
            _ if UNSUPPORTED.contains(&name) => Err(self.unsupported(
                codes::UNSUPPORTED_PLUGIN,
                plugin.name.span,
                format!("the plugin `{name}` is not supported"),
            )),
            _ => {
                let known = UNSUPPORTED
                    .into_iter()
                    .chain(["bag_unpack", "pivot", "narrow"]);
                let meant = suggest::nearest(name, known).map(str::to_string);
                Err(self.unknown(
                    codes::UNKNOWN_FUNCTION,
                    plugin.name.span,
                    format!("unknown plugin `{name}`"),
                    meant,
                    None,
                ))
            }
        }
    }

    /// `bag_unpack` and `pivot` with their columns stated; `*` are those of the input that stay.
    fn reshape(
        &mut self,
        input: &Arc<Rel>,
        plugin: &'a Call,
        schema: &'a RowSchema,
        span: Span,
    ) -> Checked<Arc<Rel>> {
        let row = Row {
            windows: Windows::Misplaced,
            ..Row::of(input)
        };
        let mut args = Vec::with_capacity(plugin.args.len());
        for arg in &plugin.args {
            if let Some(name) = &arg.name {
                return Err(self.unsupported(
                    codes::UNSUPPORTED_PLUGIN,
                    name.span,
                    format!(
                        "`{}` with `{}` is not supported",
                        plugin.name.text, name.text
                    ),
                ));
            }
            let is_aggregate = self.direct_aggregate(&arg.value).is_some();
            if is_aggregate {
                return Err(self.unsupported(
                    codes::UNSUPPORTED_PLUGIN,
                    arg.value.span,
                    "an aggregate inside `pivot` is not supported",
                ));
            }
            args.push(PluginArg::Expr(self.scalar(&arg.value, &row)?));
        }
        let taken = match args.first() {
            Some(PluginArg::Expr(first)) => match &first.kind {
                ExprKind::Column(name) => name.clone(),
                _ => {
                    return Err(self.error(
                        codes::COLUMN_EXPECTED,
                        first.span,
                        format!("`{}` expects a column", plugin.name.text),
                    ));
                }
            },
            _ => {
                return Err(self.error(
                    codes::ARGUMENT_COUNT,
                    span,
                    format!("`{}` expects a column", plugin.name.text),
                ));
            }
        };
        let stated = self.declared_columns(schema)?;
        let mut columns = Vec::new();
        if schema.open {
            let stays = |found: &&Column| {
                found.name != taken && !stated.iter().any(|other| other.name == found.name)
            };
            columns.extend(input.columns.iter().filter(stays).cloned());
        }
        columns.extend(stated);
        let op = Op::Evaluate {
            input: Some(Arc::clone(input)),
            plugin: plugin.name.text.clone(),
            args,
        };
        self.unordered(op, columns, span)
    }
}
