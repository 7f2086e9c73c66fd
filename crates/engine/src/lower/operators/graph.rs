//! `make-graph` and what reads graphs: rows of nodes and edges are brought to `stages::graph`, and
//! what it finds becomes a table.
//!
//! Of the predicate of a pattern, what is about one node or edge alone says which nodes and edges a
//! variable may be, before the search; the rest is evaluated over many matches at once.

use arrow_array::{ArrayRef, BooleanArray, Int64Array, RecordBatch};
use datafusion::datasource::{MemTable, provider_as_source};
use datafusion::logical_expr::{Expr as PlanExpr, LogicalPlanBuilder};
use keyline_kql::checked::{
    Expr, ExprKind, GraphId, GraphMatch, GraphPart, GraphStep, GraphVariableKind, MatchKind,
    NamedExpr, Op, PathListKind, Rel,
};
use keyline_kql::schema::Column;
use keyline_kql::types::Type;
use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::functions::{self, TypedExpr};
use crate::limits::{BATCH_ROWS, GRAPH_MATCHES_MAX, STAGE_ROWS_MAX};
use crate::lower::Lowerer;
use crate::lower::relation::{Relation, column};
use crate::stages::graph::expression::{self, Listed, Source, flags};
use crate::stages::graph::find::{self, Candidates, Match, VariableKind};
use crate::stages::graph::parts::{self, Parts};
use crate::stages::graph::{Graph, components, shortest};

impl Lowerer<'_> {
    /// All rows of a relation, as batches.
    fn batches(&mut self, rel: &Arc<Rel>) -> Result<Vec<RecordBatch>> {
        let relation = self.rel(rel)?;
        self.refuse_ticks(&relation, "a graph")?;
        let columns = rel.columns.iter().map(|c| column(&c.name));
        let mut plan = crate::lower::relation::builder(&relation.plan);
        if !relation.order.is_empty() {
            plan = plan.sort(relation.sort_exprs())?;
        }
        let plan = plan
            .project(columns)?
            .limit(0, Some(STAGE_ROWS_MAX + 1))?
            .build()?;
        let batches = self.host.run(plan)?;
        if batches.iter().map(RecordBatch::num_rows).sum::<usize>() > STAGE_ROWS_MAX {
            let message = format!("a graph of a table of more than {STAGE_ROWS_MAX} rows");
            return Err(Error::new(ErrorKind::Limit, message));
        }
        Ok(batches)
    }

    fn graph(&mut self, rel: &Arc<Rel>) -> Result<Graph> {
        let Op::Graph(made) = &rel.op else {
            return Err(Error::new(ErrorKind::Invalid, "a graph was expected"));
        };
        let mut nodes = Vec::new();
        for (table, id) in &made.nodes {
            nodes.push((table.columns.clone(), self.batches(table)?, id.clone()));
        }
        let marked = |c: &&Column| {
            made.steps.iter().any(
                |step| matches!(step, GraphStep::MarkComponents { column, .. } if *column == c.name),
            )
        };
        let own = made.node_columns.iter().filter(|c| !marked(c));
        let mut graph = parts::build(Parts {
            edge_columns: made.edges.columns.clone(),
            edges: self.batches(&made.edges)?,
            source: made.source.clone(),
            target: made.target.clone(),
            nodes,
            node_columns: own.cloned().collect(),
            ids: made.ids.clone(),
            partition: made.partition.clone(),
        })?;
        for step in &made.steps {
            graph = self.graph_step(graph, step)?;
        }
        Ok(graph)
    }

    fn graph_step(&mut self, graph: Graph, step: &GraphStep) -> Result<Graph> {
        let all = |count: usize| BooleanArray::from(vec![true; count]);
        match step {
            GraphStep::MarkComponents { column, strong } => {
                let numbers = match strong {
                    true => components::strong(&graph),
                    false => components::weak(&graph),
                };
                let values: ArrayRef = Arc::new(Int64Array::from(numbers));
                parts::with_node_column(graph, Column::new(column, Type::Long), values)
            }
            GraphStep::KeepNodes(predicate) => {
                let (columns, batch) = expression::nodes(&graph)?;
                let kept = flags(&self.over_batch(predicate, &columns, &batch)?);
                let edges = all(graph.edge_count());
                parts::keep(graph, &BooleanArray::from(kept), &edges)
            }
            GraphStep::KeepEdges(predicate) => {
                let columns = graph.edge_columns.clone();
                let kept = flags(&self.over_batch(predicate, &columns, &graph.edges)?);
                let nodes = all(graph.node_count());
                parts::keep(graph, &nodes, &BooleanArray::from(kept))
            }
        }
    }

    /// An expression over a batch.
    fn over_batch(
        &mut self,
        expr: &Expr,
        columns: &[Column],
        batch: &RecordBatch,
    ) -> Result<ArrayRef> {
        let expr = self.over_columns(expr, columns)?;
        expression::evaluate(&expr, columns, batch)
    }

    fn over_columns(&mut self, expr: &Expr, columns: &[Column]) -> Result<PlanExpr> {
        let mut relation = self.datatable(&[], columns)?;
        self.expr(&mut relation, expr)
    }

    pub(crate) fn graph_to_table(
        &mut self,
        rel: &Arc<Rel>,
        graph: &Arc<Rel>,
        part: GraphPart,
        ids: &[(GraphId, String)],
    ) -> Result<Relation> {
        let graph = self.graph(graph)?;
        let hashes = |ends: Option<&[u32]>| -> ArrayRef {
            Arc::new(match ends {
                None => Int64Array::from(graph.node_hashes.clone()),
                Some(ends) => {
                    let ends = ends.iter().map(|node| graph.node_hashes[*node as usize]);
                    Int64Array::from_iter_values(ends)
                }
            })
        };
        let mut arrays: Vec<ArrayRef> = ids
            .iter()
            .map(|(id, _)| match id {
                GraphId::Node => hashes(None),
                GraphId::Source => hashes(Some(&graph.sources)),
                GraphId::Target => hashes(Some(&graph.targets)),
            })
            .collect();
        let batch = match part {
            GraphPart::Nodes => &graph.nodes,
            GraphPart::Edges => &graph.edges,
        };
        arrays.extend(batch.columns().iter().cloned());
        let schema = parts::schema_of(&rel.columns);
        let whole = parts::of_arrays(&schema, arrays, batch.num_rows())?;
        self.table_of(vec![whole], &rel.columns)
    }

    /// A table in memory.
    fn table_of(&mut self, batches: Vec<RecordBatch>, columns: &[Column]) -> Result<Relation> {
        let schema = parts::schema_of(columns);
        let table = MemTable::try_new(schema, vec![batches])?;
        let reference = datafusion::common::TableReference::bare("graph");
        let source = provider_as_source(Arc::new(table));
        let exprs = columns.iter().map(|c| {
            let stored = datafusion::common::Column::new(Some(reference.clone()), &c.name);
            PlanExpr::Column(stored).alias(&c.name)
        });
        let exprs: Vec<PlanExpr> = exprs.collect();
        let plan = LogicalPlanBuilder::scan(reference.clone(), source, None)?;
        Ok(Relation::new(
            plan.project(exprs)?.build()?,
            columns.to_vec(),
        ))
    }

    pub(crate) fn graph_match(&mut self, rel: &Arc<Rel>, matched: &GraphMatch) -> Result<Relation> {
        let graph = self.graph(&matched.graph)?;
        let search = self.search(&graph, matched)?;
        let sources = search.sources();
        let mut output = Vec::new();
        for NamedExpr { expr, .. } in &matched.output {
            output.push(self.over_columns(expr, &search.columns)?);
        }
        let predicates = search.rest.clone();
        let mut table = Vec::new();
        let mut rows = 0;
        let mut waiting: Vec<Match> = Vec::new();
        let shortest = matches!(
            matched.kind,
            MatchKind::ShortestAny | MatchKind::ShortestAll
        );
        let mut flush = |waiting: &mut Vec<Match>| -> Result<()> {
            let mut batch = expression::batch(waiting, &search.columns, &sources)?;
            for predicate in &predicates {
                let kept = expression::evaluate(predicate, &search.columns, &batch)?;
                let kept = BooleanArray::from(flags(&kept));
                batch = arrow::compute::filter_record_batch(&batch, &kept)?;
            }
            waiting.clear();
            rows += batch.num_rows();
            if rows > GRAPH_MATCHES_MAX {
                let message = format!("a graph pattern with more than {GRAPH_MATCHES_MAX} matches");
                return Err(Error::new(ErrorKind::Limit, message));
            }
            let schema = parts::schema_of(&rel.columns);
            let arrays = output.iter().zip(schema.fields());
            let arrays = arrays
                .map(|(expr, field)| {
                    let array = expression::evaluate(expr, &search.columns, &batch)?;
                    Ok(arrow::compute::cast(&array, field.data_type())?)
                })
                .collect::<Result<Vec<_>>>()?;
            table.push(parts::of_arrays(&schema, arrays, batch.num_rows())?);
            Ok(())
        };
        let mut found = |found: &Match| -> Result<()> {
            waiting.push(found.clone());
            match waiting.len() >= BATCH_ROWS {
                true => flush(&mut waiting),
                false => Ok(()),
            }
        };
        match (shortest, matched.patterns.as_slice()) {
            (false, patterns) => {
                find::find(
                    &graph,
                    &search.candidates,
                    patterns,
                    matched.kind,
                    &mut found,
                )?;
            }
            (true, [pattern]) if pattern.len() == 3 => {
                let pattern = [pattern[0], pattern[1], pattern[2]];
                shortest::find(
                    &graph,
                    &search.candidates,
                    pattern,
                    matched.kind,
                    &mut found,
                )?;
            }
            _ => {
                return Err(Error::unsupported(
                    "`graph-shortest-paths` of more than one edge of variable length",
                ));
            }
        }
        flush(&mut waiting)?;
        self.table_of(table, &rel.columns)
    }

    /// What the search needs: which nodes and edges each variable may be, and what is to be checked
    /// of each match.
    fn search<'m>(&mut self, graph: &Graph, matched: &'m GraphMatch) -> Result<Search<'m>> {
        let (node_columns, nodes) = expression::nodes(graph)?;
        let mut search = Search {
            columns: Vec::new(),
            elements: Vec::new(),
            lists: Vec::new(),
            candidates: Vec::new(),
            rest: Vec::new(),
        };
        for (place, variable) in matched.variables.iter().enumerate() {
            let kind = match &variable.kind {
                GraphVariableKind::Node => VariableKind::Node,
                GraphVariableKind::Edge(direction) => VariableKind::Edge(*direction),
                GraphVariableKind::Path {
                    direction,
                    least,
                    most,
                } => VariableKind::Path {
                    direction: *direction,
                    least: self.count(least)?,
                    most: self.count(most)?,
                },
            };
            search.candidates.push(Candidates {
                kind,
                allowed: None,
                inner: None,
            });
            let (columns, batch) = match kind {
                VariableKind::Node => (&node_columns, &nodes),
                VariableKind::Edge(_) => (&graph.edge_columns, &graph.edges),
                VariableKind::Path { .. } => continue,
            };
            if variable.name.is_empty() {
                continue;
            }
            for (c, values) in columns.iter().zip(batch.columns()) {
                let name = format!("{}.{}", variable.name, c.name);
                search.columns.push(Column::new(name, c.ty));
                search.elements.push((place, Arc::clone(values)));
            }
        }
        for list in &matched.lists {
            let (columns, batch) = match list.of_nodes {
                true => (&node_columns, &nodes),
                false => (&graph.edge_columns, &graph.edges),
            };
            let mut expr = self.over_columns(&list.expr, columns)?;
            let mut ty = Type::Bool;
            if list.kind == PathListKind::Map {
                let typed = TypedExpr {
                    expr,
                    ty: list.expr.ty,
                };
                expr = functions::convert(typed, Type::Dynamic)?;
                ty = Type::Dynamic;
            }
            let values = expression::evaluate(&expr, columns, batch)?;
            search.columns.push(Column::new(&list.column, ty));
            search.lists.push(Listed { list, values });
        }
        let mut conjuncts = Vec::new();
        matched
            .predicate
            .iter()
            .for_each(|predicate| split(predicate, &mut conjuncts));
        for conjunct in conjuncts {
            self.conjunct(conjunct, &mut search)?;
        }
        Ok(search)
    }

    /// What is about one node or edge alone, or holds for all of a path, narrows the search; the rest
    /// is checked afterwards.
    fn conjunct(&mut self, conjunct: &Expr, search: &mut Search<'_>) -> Result<()> {
        if let ExprKind::Column(name) = &conjunct.kind
            && let Some(listed) = search
                .lists
                .iter()
                .find(|listed| listed.list.column == *name)
            && listed.list.kind == PathListKind::All
        {
            let flags = flags(&listed.values);
            let candidates = &mut search.candidates[listed.list.variable];
            let slot = match listed.list.of_nodes {
                true => &mut candidates.inner,
                false => &mut candidates.allowed,
            };
            narrow(slot, flags);
            return Ok(());
        }
        let mut names = Vec::new();
        columns_of(conjunct, &mut names);
        let variable = |name: &str| {
            let place = search.columns.iter().position(|c| c.name == name)?;
            search.elements.get(place).map(|(variable, _)| *variable)
        };
        let mut variables: Vec<Option<usize>> = names.iter().map(|name| variable(name)).collect();
        variables.sort_unstable();
        variables.dedup();
        let [Some(only)] = variables.as_slice() else {
            let rest = self.over_columns(conjunct, &search.columns)?;
            search.rest.push(rest);
            return Ok(());
        };
        let own = search.columns.iter().zip(&search.elements);
        let own = own.filter(|(_, (variable, _))| variable == only);
        let (columns, arrays): (Vec<Column>, Vec<ArrayRef>) = own
            .map(|(c, (_, values))| (c.clone(), Arc::clone(values)))
            .unzip();
        let rows = arrays.first().map_or(0, |array| array.len());
        let batch = parts::of_arrays(&parts::schema_of(&columns), arrays, rows)?;
        let flags = flags(&self.over_batch(conjunct, &columns, &batch)?);
        narrow(&mut search.candidates[*only].allowed, flags);
        Ok(())
    }
}

struct Search<'m> {
    /// What the expressions read: columns of nodes and edges, then the lists.
    columns: Vec<Column>,
    /// The variable and the values of each of the former.
    elements: Vec<(usize, ArrayRef)>,
    lists: Vec<Listed<'m>>,
    candidates: Vec<Candidates>,
    rest: Vec<PlanExpr>,
}

impl Search<'_> {
    fn sources(&self) -> Vec<Source<'_>> {
        let elements = self.elements.iter();
        let elements = elements.map(|(variable, values)| Source::Element {
            variable: *variable,
            values,
        });
        elements
            .chain(self.lists.iter().map(Source::Path))
            .collect()
    }
}

fn narrow(allowed: &mut Option<Vec<bool>>, flags: Vec<bool>) {
    *allowed = Some(match allowed.take() {
        None => flags,
        Some(known) => known.into_iter().zip(flags).map(|(a, b)| a && b).collect(),
    });
}

/// The terms of a conjunction.
fn split<'e>(expr: &'e Expr, terms: &mut Vec<&'e Expr>) {
    match &expr.kind {
        ExprKind::Call {
            function: "and",
            args,
        } => args.iter().for_each(|arg| split(arg, terms)),
        _ => terms.push(expr),
    }
}

fn columns_of<'e>(expr: &'e Expr, names: &mut Vec<&'e str>) {
    match &expr.kind {
        ExprKind::Column(name) => names.push(name),
        ExprKind::Call { args, .. } | ExprKind::Window { args, .. } => {
            args.iter().for_each(|arg| columns_of(arg, names));
        }
        ExprKind::Member { base, .. } => columns_of(base, names),
        ExprKind::Index { base, index } => {
            columns_of(base, names);
            columns_of(index, names);
        }
        ExprKind::InRel { needle, .. } => columns_of(needle, names),
        ExprKind::Literal(_) | ExprKind::ToScalar(_) => {}
    }
}
