//! `evaluate`: which plugin is meant, and those that are no plugins but to the eye.
//!
//! `bag_unpack` is a projection and `pivot` an aggregation; their columns are stated in the query, or
//! only the data tells them (see [`crate::check::stage`]).

use std::sync::Arc;

use crate::check::aggregate::Sink;
use crate::check::build::{call, column, converted, literal};
use crate::check::names::UniqueNames;
use crate::check::report::{Checked, Reported};
use crate::check::scope::{Row, Windows};
use crate::check::stage::Wanted;
use crate::check::{Checker, codes, fold, suggest};
use crate::checked::{Expr, ExprKind, NamedAggregate, NamedExpr, Op, PluginArg, Rel};
use crate::functions;
use crate::schema::Column;
use crate::span::Span;
use crate::syntax::{self, Call, RowSchema};
use crate::types::{Type, Value};
use crate::unsupported;

/// Plugins of the language that Keyline does not run.
const UNSUPPORTED: [&str; 29] = [
    "ai_chat_completion",
    "ai_chat_completion_prompt",
    "ai_embed_text",
    "ai_embeddings",
    "azure_digital_twins_query_request",
    "cosmosdb_sql_request",
    "csharp",
    "dax_request",
    "diffpatterns_text",
    "estimate_rows_count",
    "execute_query",
    "execute_show_command",
    "external_datatable",
    "funnel_sequence",
    "http_request",
    "http_request_post",
    "identity",
    "identity_v3",
    "infer_storage_schema",
    "infer_storage_schema_with_suggestions",
    "mysql_request",
    "postgresql_request",
    "preview",
    "python",
    "r",
    "schema_merge",
    "sql_request",
    "spark",
    "stored_query",
];

/// The plugins that stand in this file.
const HERE: [&str; 11] = [
    "autocluster",
    "bag_unpack",
    "basket",
    "dcount_intersect",
    "diffpatterns",
    "geo_line_lookup",
    "geo_polygon_lookup",
    "ipv4_lookup",
    "ipv6_lookup",
    "narrow",
    "pivot",
];

/// How many arguments those take that are no calls with a fixed list of parameters, least and most.
const COUNTS: [(&str, usize, usize); 9] = [
    ("bag_unpack", 1, 4),
    ("dcount_intersect", 2, usize::MAX),
    ("diffpatterns", 3, usize::MAX),
    ("geo_line_lookup", 5, 8),
    ("geo_polygon_lookup", 4, 8),
    ("ipv4_lookup", 3, usize::MAX),
    ("ipv6_lookup", 3, 4),
    ("narrow", 0, 0),
    ("pivot", 1, usize::MAX),
];

/// The plugins that are run, and those that are not, by name.
pub(crate) fn plugins_known() -> (Vec<&'static str>, Vec<&'static str>) {
    let mut runs: Vec<_> = HERE.into_iter().chain(super::plugins::names()).collect();
    runs.sort_unstable();
    (runs, UNSUPPORTED.to_vec())
}

impl<'a> Checker<'a> {
    pub(super) fn evaluate(
        &mut self,
        input: Option<Arc<Rel>>,
        plugin: &'a Call,
        schema: Option<&'a RowSchema>,
        span: Span,
    ) -> Checked<Arc<Rel>> {
        let name = plugin.name.text.as_str();
        let known = HERE.contains(&name) || super::plugins::names().any(|other| other == name);
        if !known {
            return Err(self.no_plugin(plugin));
        }
        let input = match input {
            Some(input) => input,
            // That there are no rows only a run would say.
            None => {
                self.error_at_run(
                    codes::MISPLACED_OPERATOR,
                    plugin.name.span,
                    format!("`{name}` needs rows to work on"),
                );
                let nothing = Op::DataTable { rows: Vec::new() };
                self.unordered(nothing, Vec::new(), span)?
            }
        };
        let count = COUNTS.iter().find(|(counted, ..)| *counted == name);
        if let Some((_, least, most)) = count.filter(|_| !plugin.unread)
            && !(*least..=*most).contains(&plugin.args.len())
        {
            return Err(self.wrong_count(plugin, *least, *most));
        }
        match name {
            "bag_unpack" => self.bag_unpack(&input, plugin, schema, span),
            "pivot" => self.pivot(&input, plugin, schema, span),
            "dcount_intersect" => self.dcount_intersect(&input, plugin, span),
            "narrow" => {
                let columns = vec![
                    Column::new("Row", Type::Long),
                    Column::new("Column", Type::String),
                    Column::new("Value", Type::String),
                ];
                self.simple_plugin(&input, name, Vec::new(), columns, span)
            }
            "autocluster" | "basket" | "diffpatterns" => self.patterns(&input, plugin, span),
            _ if name.ends_with("_lookup") => self.lookup_plugin(&input, plugin, span),
            _ => match self.plugin(&input, plugin, span) {
                Some(rel) => rel,
                None => Err(self.no_plugin(plugin)),
            },
        }
    }

    fn wrong_count(&mut self, plugin: &Call, least: usize, most: usize) -> Reported {
        let name = &plugin.name.text;
        let takes = match (least, most) {
            (0, 0) => "no arguments".to_string(),
            (least, usize::MAX) => format!("{least} arguments at least"),
            (least, most) => format!("{least} to {most} arguments"),
        };
        let found = plugin.args.len();
        self.error(
            codes::ARGUMENT_COUNT,
            plugin.name.span,
            format!("`{name}` takes {takes}, found {found}"),
        )
    }

    fn no_plugin(&mut self, plugin: &Call) -> Reported {
        let name = plugin.name.text.as_str();
        if UNSUPPORTED.contains(&name) {
            return self.unsupported_with_help(
                codes::UNSUPPORTED_PLUGIN,
                plugin.name.span,
                format!("the plugin `{name}` is not supported"),
                unsupported::plugin(name),
            );
        }
        let names = UNSUPPORTED
            .into_iter()
            .chain(HERE)
            .chain(super::plugins::names());
        let meant = suggest::nearest(name, names).map(str::to_string);
        self.unknown(
            codes::UNKNOWN_FUNCTION,
            plugin.name.span,
            format!("unknown plugin `{name}`"),
            meant,
            None,
        )
    }

    pub(super) fn simple_plugin(
        &mut self,
        input: &Arc<Rel>,
        plugin: &str,
        args: Vec<PluginArg>,
        columns: Vec<Column>,
        span: Span,
    ) -> Checked<Arc<Rel>> {
        let op = Op::Evaluate {
            input: Some(Arc::clone(input)),
            plugin: plugin.to_string(),
            args,
        };
        self.unordered(op, columns, span)
    }

    /// `bag_unpack(column[, prefix][, columnsConflict][, ignoredProperties])`: the members of a bag as
    /// columns.
    fn bag_unpack(
        &mut self,
        input: &Arc<Rel>,
        plugin: &'a Call,
        schema: Option<&'a RowSchema>,
        span: Span,
    ) -> Checked<Arc<Rel>> {
        let unpack = self.unpack_arguments(input, plugin)?;
        let row = Row::of(input);
        let bag_column = column(&unpack.bag, Type::Dynamic, span);
        let member = |key: &str, ty: Type| {
            let member = Expr {
                kind: ExprKind::Member {
                    base: Box::new(bag_column.clone()),
                    key: key.to_string(),
                },
                ty: Type::Dynamic,
                span,
            };
            converted(member, ty)
        };
        let stays = |column: &Column| column.name != unpack.bag;
        let own = |column: &Column| NamedExpr {
            name: column.name.clone(),
            expr: self::column(&column.name, column.ty, span),
        };
        if let Some(schema) = schema {
            let stated = self.declared_columns(schema)?;
            let mut exprs = Vec::new();
            if schema.open {
                let source = input.columns.iter().filter(|column| stays(column));
                let unstated = |column: &&Column| !stated.iter().any(|s| s.name == column.name);
                exprs.extend(source.filter(unstated).map(own));
            }
            for column in stated {
                let source = row.column(&column.name).filter(|source| stays(source));
                let expr = match (source, column.name.strip_prefix(&unpack.prefix)) {
                    (Some(source), _) => converted(own(source).expr, column.ty),
                    (None, Some(key)) => member(key, column.ty),
                    (None, None) => literal(fold::null(column.ty), span),
                };
                exprs.push(NamedExpr {
                    name: column.name,
                    expr,
                });
            }
            return self.reshaped(input, exprs, span);
        }
        let bags = vec![own(&Column::new(&unpack.bag, Type::Dynamic))];
        let bags = self.projected(input, bags, span)?;
        let slots = match self.stage(Wanted::Members { input: bags }) {
            Some(slots) => slots,
            None => return Err(self.columns_of_the_data(plugin)),
        };
        // A member of the name of the bag itself takes its place.
        let mut exprs: Vec<NamedExpr> = input.columns.iter().map(own).collect();
        let named_as_bag = |slot: &Column| format!("{}{}", unpack.prefix, slot.name) == unpack.bag;
        let mut replaced = slots
            .iter()
            .filter(|slot| !unpack.ignored.contains(&slot.name));
        match replaced.find(|slot| named_as_bag(slot)) {
            None => exprs.retain(|named| named.name != unpack.bag),
            Some(slot) => {
                for named in exprs.iter_mut().filter(|named| named.name == unpack.bag) {
                    named.expr = member(&slot.name, slot.ty);
                }
            }
        }
        for slot in slots.iter().filter(|slot| !named_as_bag(slot)) {
            if unpack.ignored.contains(&slot.name) {
                continue;
            }
            let name = format!("{}{}", unpack.prefix, slot.name);
            let expr = member(&slot.name, slot.ty);
            match exprs.iter_mut().find(|other| other.name == name) {
                None => exprs.push(NamedExpr { name, expr }),
                Some(source) if unpack.conflict == "replace_source" => source.expr = expr,
                Some(_) if unpack.conflict == "keep_source" => {}
                Some(_) => {
                    return Err(self.error_with_help(
                        codes::DUPLICATE_COLUMN,
                        plugin.name.span,
                        format!("there is already a column `{name}`"),
                        "say `columnsConflict='replace_source'` or `'keep_source'`, or give a prefix",
                    ));
                }
            }
        }
        self.reshaped(input, exprs, span)
    }

    fn unpack_arguments(&mut self, input: &Rel, plugin: &'a Call) -> Checked<Unpack> {
        let row = Row {
            windows: Windows::Misplaced,
            ..Row::of(input)
        };
        let Some((bag, rest)) = plugin.args.split_first() else {
            return Err(self.column_expected(plugin, plugin.name.span));
        };
        if rest.len() > 1 && rest.iter().any(|arg| !is_written_out(&arg.value)) {
            return Err(self.error_with_help(
                codes::ARGUMENT_TYPE,
                plugin.name.span,
                "`bag_unpack` does not take such arguments",
                "what follows the column is written out: `bag_unpack(d, 'prefix_', 'keep_source')`",
            ));
        }
        let unpacked = self.scalar(&bag.value, &row)?;
        let name = match &unpacked.kind {
            ExprKind::Column(name) if !bag.value.is_name_in_parentheses() => name.clone(),
            _ => return Err(self.column_expected(plugin, bag.value.span)),
        };
        if unpacked.ty != Type::Dynamic {
            let message = format!(
                "`bag_unpack` expects a `dynamic`, found a `{}`",
                unpacked.ty
            );
            let reported = self.error_at_run(codes::ARGUMENT_TYPE, bag.value.span, message);
            self.help_at_run("parse it first: `extend x = parse_json(x)`");
            return Err(reported);
        }
        let mut unpack = Unpack {
            bag: name,
            prefix: String::new(),
            conflict: "error".to_string(),
            ignored: Vec::new(),
        };
        for (place, arg) in rest.iter().enumerate() {
            let named = arg.name.as_ref().map(|name| name.text.as_str());
            match (named, place, self.literal_value(&arg.value)?) {
                (Some("OutputColumnPrefix") | None, 0, Value::String(prefix)) => {
                    unpack.prefix = prefix;
                }
                (Some("OutputColumnPrefix"), _, Value::String(prefix)) => unpack.prefix = prefix,
                (Some("columnsConflict") | None, _, Value::String(conflict))
                    if matches!(
                        conflict.as_str(),
                        "error" | "replace_source" | "keep_source"
                    ) =>
                {
                    unpack.conflict = conflict;
                }
                (Some("ignoredProperties") | None, _, Value::Dynamic(json)) => {
                    unpack.ignored = super::super::data::texts(&json);
                }
                _ => {
                    return Err(self.error(
                        codes::ARGUMENT_TYPE,
                        arg.value.span,
                        "`bag_unpack` does not take such an argument",
                    ));
                }
            }
        }
        Ok(unpack)
    }

    fn column_expected(&mut self, plugin: &Call, span: Span) -> Reported {
        let message = format!("`{}` expects a column", plugin.name.text);
        self.error(codes::COLUMN_EXPECTED, span, message)
    }

    /// `pivot(column[, aggregate[, rows …]])`: a column for each value of a column.
    fn pivot(
        &mut self,
        input: &Arc<Rel>,
        plugin: &'a Call,
        schema: Option<&'a RowSchema>,
        span: Span,
    ) -> Checked<Arc<Rel>> {
        let row = Row {
            windows: Windows::Misplaced,
            ..Row::of(input)
        };
        let (pivot, rest) = match plugin.args.as_slice() {
            [pivot, rest @ ..] => (self.scalar(&pivot.value, &row)?, rest),
            [] => return Err(self.column_expected(plugin, plugin.name.span)),
        };
        let ExprKind::Column(pivot_name) = &pivot.kind else {
            return Err(self.column_expected(plugin, pivot.span));
        };
        if plugin.args[0].value.is_name_in_parentheses() {
            return Err(self.column_expected(plugin, plugin.args[0].value.span));
        }
        let (aggregate, rows) = match rest {
            [aggregate, rows @ ..] => (Some(self.pivoted(input, aggregate, &row)?), rows),
            [] => (None, rest),
        };
        let mut by = Vec::new();
        for arg in rows {
            let expr = self.scalar(&arg.value, &row)?;
            match &expr.kind {
                ExprKind::Column(name) => by.push(NamedExpr {
                    name: name.clone(),
                    expr,
                }),
                _ => return Err(self.column_expected(plugin, expr.span)),
            }
        }
        if rows.is_empty() {
            let taken = |name: &str| {
                let aggregated = aggregate.iter().flat_map(|found| &found.args);
                let mut aggregated = aggregated.map(|arg| &arg.kind);
                name == pivot_name
                    || aggregated.any(|kind| matches!(kind, ExprKind::Column(c) if c == name))
            };
            let left = input.columns.iter().filter(|column| !taken(&column.name));
            by.extend(left.map(|found| NamedExpr {
                name: found.name.clone(),
                expr: column(&found.name, found.ty, span),
            }));
        }
        let text = converted(pivot.clone(), Type::String);
        let values = match schema {
            Some(schema) => {
                let stated = self.declared_columns(schema)?;
                let key = |column: &Column| by.iter().any(|named| named.name == column.name);
                stated.into_iter().filter(|column| !key(column)).collect()
            }
            None => {
                let values = NamedExpr {
                    name: "value".to_string(),
                    expr: text.clone(),
                };
                let input = self.projected(input, vec![values], span)?;
                match self.stage(Wanted::Values { input }) {
                    Some(values) => values,
                    None => return Err(self.columns_of_the_data(plugin)),
                }
            }
        };
        let mut names = UniqueNames::default();
        by.iter().for_each(|named| names.reserve(&named.name));
        let mut columns: Vec<Column> = by
            .iter()
            .map(|named| Column::new(&named.name, named.expr.ty))
            .collect();
        let mut aggregates = Vec::new();
        for value in values {
            let wanted = literal(Value::String(value.name.clone()), span);
            let is_it = call("==", vec![text.clone(), wanted], Type::Bool, span);
            let (function, mut args, ty) = match &aggregate {
                None => ("countif", Vec::new(), Type::Long),
                Some(found) => match conditional(found.function) {
                    Some(function) => (function, found.args.clone(), found.types[0]),
                    None => {
                        return Err(self.unsupported(
                            codes::UNSUPPORTED_PLUGIN,
                            found.span,
                            format!(
                                "the aggregate `{}` inside `pivot` is not supported",
                                found.function
                            ),
                        ));
                    }
                },
            };
            args.truncate(1);
            args.push(is_it);
            let name = names.add(&value.name);
            columns.push(Column::new(&name, ty));
            aggregates.push(NamedAggregate {
                names: vec![name],
                function,
                args,
                types: vec![ty],
                span,
            });
        }
        let op = Op::Summarize {
            input: Arc::clone(input),
            by,
            aggregates,
        };
        let pivoted = self.unordered(op, columns, span)?;
        match schema {
            Some(schema) => self.as_stated(&pivoted, schema, span),
            None => Ok(pivoted),
        }
    }

    /// The columns that a schema states, in its order; its star stands for those that it does not.
    fn as_stated(
        &mut self,
        rel: &Arc<Rel>,
        schema: &'a RowSchema,
        span: Span,
    ) -> Checked<Arc<Rel>> {
        let stated = self.declared_columns(schema)?;
        let is_stated = |column: &&Column| stated.iter().any(|other| other.name == column.name);
        let own = |found: &Column| NamedExpr {
            name: found.name.clone(),
            expr: column(&found.name, found.ty, span),
        };
        let mut exprs: Vec<NamedExpr> = Vec::new();
        if schema.open {
            exprs.extend(
                rel.columns
                    .iter()
                    .filter(|found| !is_stated(found))
                    .map(own),
            );
        }
        for wanted in &stated {
            let found = rel.columns.iter().find(|found| found.name == wanted.name);
            exprs.push(NamedExpr {
                name: wanted.name.clone(),
                expr: match found {
                    Some(found) => converted(column(&found.name, found.ty, span), wanted.ty),
                    None => literal(fold::null(wanted.ty), span),
                },
            });
        }
        self.projected(rel, exprs, span)
    }

    /// The aggregate of a pivot.
    fn pivoted(
        &mut self,
        input: &Rel,
        arg: &'a syntax::Argument,
        row: &Row,
    ) -> Checked<NamedAggregate> {
        let span = arg.value.span;
        let Some(found) = self.direct_aggregate(&arg.value) else {
            return Err(self.error(
                codes::NOT_AN_AGGREGATE,
                span,
                "`pivot` expects an aggregate as its second argument",
            ));
        };
        let outer = self.aggregates.replace(Sink {
            columns: input.columns.clone(),
            keys: Vec::new(),
            found: Vec::new(),
        });
        let outputs = self.aggregate(found, row, span);
        let sink = std::mem::replace(&mut self.aggregates, outer);
        outputs?;
        match sink.and_then(|mut sink| sink.found.pop()) {
            Some(found) if found.types.len() == 1 => Ok(found),
            _ => Err(self.error(
                codes::NOT_AN_AGGREGATE,
                span,
                "expected an aggregate of one column",
            )),
        }
    }

    fn columns_of_the_data(&mut self, plugin: &Call) -> Reported {
        // They are stated, and could not be read.
        if plugin.unread {
            return Reported;
        }
        let name = &plugin.name.text;
        self.unsupported(
            codes::UNSUPPORTED_PLUGIN,
            plugin.name.span,
            format!(
                "the columns of `{name}` depend on the data, which is not supported here: \
                 state them, as in `evaluate {name}(…) : (*, Name: string)`"
            ),
        )
    }

    fn reshaped(
        &mut self,
        input: &Arc<Rel>,
        exprs: Vec<NamedExpr>,
        span: Span,
    ) -> Checked<Arc<Rel>> {
        let columns = crate::check::build::columns_of(&exprs);
        let op = Op::Project {
            input: Arc::clone(input),
            exprs,
        };
        self.unordered(op, columns, span)
    }
}

struct Unpack {
    bag: String,
    prefix: String,
    conflict: String,
    ignored: Vec<String>,
}

/// The form of an aggregate that takes a condition.
fn conditional(function: &str) -> Option<&'static str> {
    let name = match function {
        "count" => "countif",
        "sum" => "sumif",
        "avg" => "avgif",
        "min" => "minif",
        "max" => "maxif",
        "dcount" => "dcountif",
        "count_distinct" => "count_distinctif",
        "stdev" => "stdevif",
        "variance" => "varianceif",
        "take_any" => "take_anyif",
        "make_list" => "make_list_if",
        "make_set" => "make_set_if",
        "make_bag" => "make_bag_if",
        _ => return None,
    };
    functions::aggregate(name).map(|found| found.canonical)
}

/// A literal, and nothing that is made of several.
fn is_written_out(expr: &syntax::Expr) -> bool {
    matches!(expr.kind, syntax::ExprKind::Literal(_))
}
