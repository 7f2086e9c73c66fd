//! Tabular operators, one file for each or for each family.

mod evaluate;
mod expand;
mod filter;
mod find;
mod graph;
mod intersect;
mod join;
mod nested;
mod parse;
mod patterns;
mod plugins;
mod project;
mod scan;
mod search;
mod series;
mod sort;
mod summarize;
mod union;

use std::sync::Arc;

pub(super) use evaluate::plugins_known;
pub(super) use graph::GraphScope;

use super::build::literal;
use super::report::{Checked, Reported, diagnostic};
use super::scope::{Binding, Row};
use super::tabular::Value;
use super::{Checker, codes};
use crate::checked::{Op, Rel, Render};
use crate::diagnostic::Severity;
use crate::parse::HINTS;
use crate::schema::Column;
use crate::span::Span;
use crate::syntax::{
    ColumnDecl, Expr, ExprKind, GraphPart, Name, Operator, OperatorKind as Kind, Parameter,
    PartitionBody, RowSchema,
};
use crate::types::{self, Type};
use crate::unsupported;

/// What `render` may draw, in lower case.
const CHARTS: [&str; 21] = [
    "3dchart",
    "anomalychart",
    "areachart",
    "barchart",
    "card",
    "columnchart",
    "graph",
    "ladderchart",
    "linechart",
    "list",
    "piechart",
    "pivotchart",
    "plotly",
    "sankey",
    "scatterchart",
    "stackedareachart",
    "table",
    "timechart",
    "timeline",
    "timepivot",
    "treemap",
];

/// Properties of `render` that name columns.
const OF_COLUMNS: [&str; 7] = [
    "title",
    "xtitle",
    "ytitle",
    "xcolumn",
    "ycolumns",
    "series",
    "anomalycolumns",
];

impl<'a> Checker<'a> {
    /// An operator over `input`; those that begin a query have none.
    pub(super) fn operator(
        &mut self,
        input: Option<Arc<Rel>>,
        operator: &'a Operator,
    ) -> Checked<Arc<Rel>> {
        let rel = self.operator_as_read(input, operator)?;
        // Nobody knows the columns of one that was not read to its end.
        match operator.broken {
            true => Err(Reported),
            false => Ok(rel),
        }
    }

    fn operator_as_read(
        &mut self,
        input: Option<Arc<Rel>>,
        operator: &'a Operator,
    ) -> Checked<Arc<Rel>> {
        let span = operator.span;
        match &operator.kind {
            Kind::Print { items } => return self.print(items, span),
            Kind::Range {
                name,
                from,
                to,
                step,
            } => return self.range(name, from, to, step, span),
            Kind::Union { tables } => {
                self.known_parameters(
                    operator,
                    &[
                        "kind",
                        "withsource",
                        "with_source",
                        "isfuzzy",
                        "best_effort",
                    ],
                )?;
                return self.union(input, tables, operator);
            }
            Kind::Search { tables, predicate } => {
                return self.search(input, tables.as_deref(), predicate, operator);
            }
            Kind::Evaluate { call, schema } => {
                self.known_parameters(operator, &[])?;
                return self.evaluate(input, call, schema.as_ref(), span);
            }
            Kind::Find {
                tables,
                predicate,
                output,
            } => {
                let wanted = find::Wanted {
                    tables: tables.as_deref(),
                    predicate: predicate.as_ref(),
                    output: output.as_ref(),
                };
                return self.find(&wanted, operator);
            }
            Kind::Error => return Err(Reported),
            Kind::Other => return Err(self.unsupported_operator(&operator.keyword)),
            _ => {}
        }
        let Some(input) = input else {
            let message = format!("`{}` needs rows to work on", operator.keyword.text);
            let place = operator.keyword.span;
            return Err(match operator.kind {
                Kind::As { .. } => self.error_at_run(codes::MISPLACED_OPERATOR, place, message),
                _ => self.error(codes::MISPLACED_OPERATOR, place, message),
            });
        };
        if matches!(input.op, Op::Graph(_)) && !graph::reads_graphs(&operator.kind) {
            return Err(self.error_with_help(
                codes::TABULAR_EXPECTED,
                operator.keyword.span,
                format!(
                    "`{}` works on rows, and this is a graph",
                    operator.keyword.text
                ),
                "make a table of it: `graph-match` or `graph-to-table`",
            ));
        }
        match &operator.kind {
            Kind::Where { predicate } => self.filter(&input, predicate, span),
            Kind::Project { items } => self.project_operator(&input, items, span),
            Kind::Extend { items } => self.extend(&input, items, span),
            Kind::ProjectAway { columns } => self.project_away(&input, columns, span),
            Kind::ProjectKeep { columns } => self.project_keep(&input, columns, span),
            Kind::ProjectRename { items } => self.project_rename(&input, items, span),
            Kind::ProjectReorder { items } => self.project_reorder(&input, items, span),
            Kind::Summarize { aggregates, by } => {
                self.summarize(&input, aggregates, by.as_deref().unwrap_or_default(), span)
            }
            Kind::Distinct { items } => self.distinct(&input, items, span),
            Kind::Count { name } => self.count_rows(&input, name.as_ref(), span),
            Kind::Sort { keys } => self.sort(&input, keys, span),
            Kind::Top { count, keys } => self.top(&input, count, keys, span),
            Kind::TopNested { levels } => self.top_nested(&input, levels, span),
            Kind::TopHitters { count, of, by } => {
                self.top_hitters(&input, count, of, by.as_ref(), span)
            }
            Kind::Take { count } => self.take(&input, count, span),
            Kind::Sample { count } => self.sample(&input, count, span),
            Kind::SampleDistinct { count, of } => self.sample_distinct(&input, count, of, span),
            Kind::Serialize { items } => self.serialize(&input, items, span),
            Kind::Join { right, condition } => {
                self.known_parameters(operator, &["kind", "isfuzzy", "withsource", "with_source"])?;
                self.join(&input, right, condition.as_ref(), operator)
            }
            Kind::Lookup { right, condition } => {
                self.known_parameters(operator, &["kind"])?;
                self.lookup(&input, right, condition.as_ref(), operator)
            }
            Kind::MvExpand { items, limit } => {
                self.mv_expand(&input, items, limit.as_ref(), operator)
            }
            Kind::MvApply {
                items,
                limit,
                subquery,
            } => self.mv_apply(&input, items, limit.as_ref(), subquery, operator),
            Kind::Parse { expr, pattern } => self.parse(&input, expr, pattern, operator),
            Kind::ParseWhere { expr, pattern } => self.parse(&input, expr, pattern, operator),
            Kind::ParseKv {
                expr,
                keys,
                options,
            } => self.parse_kv(&input, expr, keys, options, span),
            Kind::MakeSeries {
                aggregates,
                on,
                range,
                by,
            } => {
                let by = by.as_deref().unwrap_or_default();
                self.make_series(&input, aggregates, on, range, by, operator)
            }
            Kind::Scan {
                order_by,
                partition_by,
                declared,
                steps,
            } => {
                let input = match order_by.is_empty() {
                    true => input,
                    false => self.sort(&input, order_by, span)?,
                };
                match partition_by.is_empty() {
                    true => self.scan(&input, declared, steps, operator),
                    false => self.scan_partitions(&input, partition_by, declared, steps, operator),
                }
            }
            Kind::Partition { by, body } => match body {
                PartitionBody::Subquery(pipe) => self.partition(&input, by, pipe, span),
                PartitionBody::Query(query) => self.partition_query(&input, by, query, span),
            },
            Kind::Reduce { by, options } => self.reduce(&input, by, options, operator),
            Kind::Invoke { function } => match &function.kind {
                ExprKind::Call(call) => match self.scopes.find(&call.name.text).cloned() {
                    Some(Binding::Function { body, scope }) => {
                        let input = Some(input);
                        let value = self.apply(
                            &call.name,
                            body,
                            scope,
                            &call.args,
                            input,
                            &Row::none(),
                            span,
                        )?;
                        match value {
                            Value::Table(rel) => Ok(rel),
                            value => self.expect_table(value, span),
                        }
                    }
                    Some(Binding::Failed) => Err(Reported),
                    _ => Err(self.unknown_function(&call.name, call.name.span)),
                },
                _ => Err(self.unsupported_operator(&operator.keyword)),
            },
            Kind::MakeGraph(graph) => self.make_graph(&input, graph, operator),
            Kind::GraphMatch(found) | Kind::GraphShortestPaths(found) => {
                self.graph_match(&input, found, operator)
            }
            Kind::GraphToTable { outputs } => self.graph_to_table(&input, outputs, operator),
            Kind::GraphMarkComponents => {
                self.known_parameters(operator, &["kind", "with_component_id"])?;
                self.graph_mark_components(&input, operator)
            }
            Kind::GraphWhereNodes { predicate } => {
                self.graph_where(&input, GraphPart::Nodes, predicate, operator)
            }
            Kind::GraphWhereEdges { predicate } => {
                self.graph_where(&input, GraphPart::Edges, predicate, operator)
            }
            Kind::ProjectByNames { names } => self.project_by_names(&input, names, span),
            Kind::Render { chart, properties } => {
                self.known_parameters(operator, &["kind", "title", "accumulate"])?;
                self.render(chart.as_ref(), properties, &input)?;
                Ok(input)
            }
            Kind::As { name } => {
                // A relation of its own: only here it has that name.
                let named = self.once_more(&input, span)?;
                self.relation_names
                    .insert(Arc::as_ptr(&named), name.text.clone());
                self.scopes
                    .declare(&name.text, Binding::Table(Arc::clone(&named)));
                Ok(named)
            }
            // It runs the query and shows nothing.
            Kind::Consume => {
                self.known_parameters(operator, &["decodeblocks"])?;
                let columns = input.columns.clone();
                let op = Op::Take {
                    input: Arc::clone(&input),
                    count: literal(types::Value::Long(0), span),
                };
                self.unordered(op, columns, span)
            }
            Kind::GetSchema => {
                self.known_parameters(operator, &["kind"])?;
                let columns = vec![
                    Column::new("ColumnName", Type::String),
                    Column::new("ColumnOrdinal", Type::Long),
                    Column::new("DataType", Type::String),
                    Column::new("ColumnType", Type::String),
                ];
                self.ordered(Op::GetSchema { input }, columns, span)
            }
            Kind::AssertSchema { schema } => {
                self.assert_schema(&input, schema, span);
                Ok(input)
            }
            _ => Err(self.unsupported_operator(&operator.keyword)),
        }
    }

    pub(super) fn unsupported_operator(&mut self, keyword: &Name) -> Reported {
        self.unsupported_with_help(
            codes::UNSUPPORTED_OPERATOR,
            keyword.span,
            format!("the operator `{}` is not supported", keyword.text),
            unsupported::operator(&keyword.text),
        )
    }

    /// Refuses parameters that the operator does not have: passed over, a slip in `kind` would change
    /// what the query means. Hints change nothing.
    fn known_parameters(&mut self, operator: &'a Operator, known: &[&str]) -> Checked<()> {
        let odd = operator.parameters.iter().find(|parameter| {
            let name = parameter.name.text.as_str();
            let hint = name.strip_prefix("hint.");
            !known.contains(&name) && !hint.is_some_and(|hint| HINTS.contains(&hint))
        });
        let Some(odd) = odd else {
            return Ok(());
        };
        let name = odd.name.text.as_str();
        let meant = super::suggest::nearest(name, known.iter().copied()).map(str::to_string);
        let keyword = &operator.keyword;
        // What a `join` cannot read is no table to join with: it is wrong as a whole.
        let (place, before) = match operator.kind {
            Kind::Join { .. } => (
                keyword.span.to(odd.name.span),
                (odd.name.span.start == keyword.span.end + 1).then_some(keyword.text.as_str()),
            ),
            _ => (odd.name.span, Some("")),
        };
        let parameters: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
        let mut error = diagnostic(
            codes::OPERATOR_PARAMETER,
            Severity::Error,
            place,
            format!("`{}` has no parameter `{name}`", keyword.text),
        );
        error.fix = match (&meant, before) {
            (Some(meant), Some(before)) => Some(format!("{before} {meant}").trim().to_string()),
            _ => None,
        };
        error.help = Some(match meant {
            Some(meant) => format!("did you mean `{meant}`?"),
            None if known.is_empty() => "it takes hints and no other parameters".to_string(),
            None => format!("its parameters are {} and hints", parameters.join(", ")),
        });
        Err(self.report(error))
    }

    /// The word or string that a parameter says, in lower case.
    fn word(&mut self, operator: &'a Operator, name: &str) -> Checked<Option<String>> {
        match operator.parameter(name) {
            None => Ok(None),
            Some(Parameter {
                value:
                    Expr {
                        kind: ExprKind::Name(word),
                        ..
                    },
                ..
            }) => Ok(Some(word.text.to_lowercase())),
            Some(parameter) => match self.property(parameter)? {
                types::Value::String(text) => Ok(Some(text.to_lowercase())),
                types::Value::Bool(flag) => Ok(Some(flag.to_string())),
                _ => Err(self.error(
                    codes::OPERATOR_PARAMETER,
                    parameter.value.span,
                    format!("expected a word as `{name}`"),
                )),
            },
        }
    }

    /// The column that a parameter names: `withsource=X`.
    fn name_parameter(&mut self, operator: &'a Operator, name: &str) -> Checked<Option<String>> {
        match operator.parameter(name) {
            None => Ok(None),
            Some(parameter) => match &parameter.value.kind {
                ExprKind::Name(column) => Ok(Some(column.text.clone())),
                ExprKind::Literal(types::Value::String(text)) => Ok(Some(text.clone())),
                _ => {
                    let message = format!("expected a name as `{name}`");
                    self.error_at_run(codes::OPERATOR_PARAMETER, parameter.span, message);
                    Ok(None)
                }
            },
        }
    }

    fn render(
        &mut self,
        chart: Option<&Name>,
        properties: &'a [Parameter],
        input: &Rel,
    ) -> Checked<()> {
        if let Some(chart) = chart
            && !CHARTS.contains(&chart.text.to_lowercase().as_str())
        {
            return Err(self.error_with_help(
                codes::OPERATOR_PARAMETER,
                chart.span,
                format!("unknown chart `{}`", chart.text),
                format!(
                    "one of {}",
                    CHARTS.map(|name| format!("`{name}`")).join(", ")
                ),
            ));
        }
        let row = Row::of(input);
        let mut said = Vec::with_capacity(properties.len());
        for property in properties {
            let of_columns = OF_COLUMNS.contains(&property.name.text.as_str());
            match &property.value.kind {
                ExprKind::Name(name) if of_columns => {
                    self.column_named(name, &row)?;
                }
                ExprKind::Names(names) if of_columns => {
                    for name in names {
                        self.column_named(name, &row)?;
                    }
                }
                _ => {}
            }
            let value = match &property.value.kind {
                ExprKind::Name(word) => types::Value::String(word.text.clone()),
                ExprKind::Names(names) => {
                    let names: Vec<&str> = names.iter().map(|name| name.text.as_str()).collect();
                    types::Value::String(names.join(","))
                }
                _ => self.property(property)?,
            };
            said.push((property.name.text.clone(), value));
        }
        self.render = Some(Render {
            kind: chart.map_or_else(|| "table".to_string(), |chart| chart.text.clone()),
            properties: said,
        });
        Ok(())
    }

    fn assert_schema(&mut self, input: &Rel, schema: &RowSchema, span: Span) {
        let same = |(declared, found): (&ColumnDecl, &Column)| {
            declared.name.text == found.name && declared.ty.ty == Some(found.ty)
        };
        let all = schema.columns.len() == input.columns.len();
        if !all || !schema.columns.iter().zip(&input.columns).all(same) {
            self.error_at_run(
                codes::MISSING_COLUMNS,
                span,
                "the columns are not those that `assert-schema` says",
            );
        }
    }
}

/// Where a parameter's value stands.
fn value_of(operator: &Operator, name: &str) -> Span {
    match operator.parameter(name) {
        Some(parameter) => parameter.value.span,
        None => operator.keyword.span,
    }
}
