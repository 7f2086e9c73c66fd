//! Expressions over the elements of a graph: one evaluation for all nodes, all edges, or many matches.

use std::sync::Arc;

use arrow::compute::take;
use arrow_array::cast::AsArray;
use arrow_array::{
    Array, ArrayRef, BooleanArray, Int64Array, RecordBatch, StringViewArray, UInt32Array,
};
use datafusion::common::DFSchema;
use datafusion::logical_expr::Expr as PlanExpr;
use datafusion::prelude::SessionContext;
use keyline_kql::checked::{PathList, PathListKind};
use keyline_kql::schema::Column;
use keyline_kql::types::Type;

use super::Graph;
use super::find::{Bound, Match};
use super::parts::{of_arrays, schema_of};
use crate::error::Result;

/// What is known of a node beside its columns.
const FACTS: [(&str, Type); 3] = [
    ("$id", Type::String),
    ("$in", Type::Long),
    ("$out", Type::Long),
];

/// The nodes with what is known of them beside their columns.
pub(crate) fn nodes(graph: &Graph) -> Result<(Vec<Column>, RecordBatch)> {
    let mut columns = graph.node_columns.clone();
    columns.extend(FACTS.map(|(name, ty)| Column::new(name, ty)));
    let degrees = |at: &super::Adjacent| {
        let all = 0..graph.node_count() as super::Id;
        Arc::new(Int64Array::from_iter_values(
            all.map(|node| at.at(node).len() as i64),
        ))
    };
    let mut arrays = graph.nodes.columns().to_vec();
    arrays.push(Arc::new(StringViewArray::from_iter_values(&graph.node_ids)));
    arrays.push(degrees(&graph.reaching));
    arrays.push(degrees(&graph.leaving));
    let batch = of_arrays(&schema_of(&columns), arrays, graph.node_count())?;
    Ok((columns, batch))
}

/// Evaluates an expression over a batch whose columns have the names that it reads.
pub(crate) fn evaluate(
    expr: &PlanExpr,
    columns: &[Column],
    batch: &RecordBatch,
) -> Result<ArrayRef> {
    let schema = schema_of(columns);
    let plan_schema = DFSchema::try_from(Arc::clone(&schema))?;
    let physical = SessionContext::new().create_physical_expr(expr.clone(), &plan_schema)?;
    Ok(physical.evaluate(batch)?.into_array(batch.num_rows())?)
}

/// Where a predicate holds; null is nowhere.
pub(crate) fn flags(array: &ArrayRef) -> Vec<bool> {
    let flags: &BooleanArray = array.as_boolean();
    (0..flags.len())
        .map(|at| flags.is_valid(at) && flags.value(at))
        .collect()
}

/// A list of a path with its expression evaluated over all nodes or edges: truth values, or JSON.
pub(crate) struct Listed<'l> {
    pub list: &'l PathList,
    pub values: ArrayRef,
}

/// A column of a match: of a node or an edge, or made of a path.
#[derive(Clone, Copy)]
pub(crate) enum Source<'s> {
    Element {
        variable: usize,
        values: &'s ArrayRef,
    },
    Path(&'s Listed<'s>),
}

/// The columns of many matches.
pub(crate) fn batch(
    matches: &[Match],
    columns: &[Column],
    sources: &[Source<'_>],
) -> Result<RecordBatch> {
    let arrays = sources
        .iter()
        .map(|source| match source {
            Source::Element { variable, values } => {
                let places = matches.iter().map(|found| match &found[*variable] {
                    Bound::Node(id) | Bound::Edge(id) => Some(*id),
                    _ => None,
                });
                Ok(take(values, &places.collect::<UInt32Array>(), None)?)
            }
            Source::Path(listed) => Ok(path_column(matches, listed)),
        })
        .collect::<Result<Vec<_>>>()?;
    of_arrays(&schema_of(columns), arrays, matches.len())
}

fn path_column(matches: &[Match], listed: &Listed<'_>) -> ArrayRef {
    let elements = |found: &Match| -> Vec<usize> {
        match &found[listed.list.variable] {
            Bound::Path(edges, inner) => {
                let ids = if listed.list.of_nodes { inner } else { edges };
                ids.iter().map(|id| *id as usize).collect()
            }
            Bound::Edge(edge) if !listed.list.of_nodes => vec![*edge as usize],
            _ => Vec::new(),
        }
    };
    match listed.list.kind {
        PathListKind::Map => {
            let json: &StringViewArray = listed.values.as_string_view();
            let lists = matches.iter().map(|found| {
                let items = elements(found)
                    .into_iter()
                    .map(|at| match json.is_valid(at) {
                        true => json.value(at),
                        false => "null",
                    });
                format!("[{}]", items.collect::<Vec<_>>().join(","))
            });
            Arc::new(StringViewArray::from_iter_values(lists))
        }
        kind => {
            let flags = flags(&listed.values);
            let holds = matches.iter().map(|found| {
                let mut elements = elements(found).into_iter();
                Some(match kind {
                    PathListKind::Any => elements.any(|at| flags[at]),
                    _ => elements.all(|at| flags[at]),
                })
            });
            Arc::new(holds.collect::<BooleanArray>())
        }
    }
}
