//! Building a graph: rows of edges and nodes in, numbers out.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::compute::{concat_batches, filter_record_batch, take_record_batch};
use arrow_array::{Array, ArrayRef, BooleanArray, RecordBatch, RecordBatchOptions, UInt32Array};
use arrow_schema::{Field, Schema, SchemaRef};
use datafusion::common::ScalarValue;
use keyline_kql::schema::Column;
use keyline_kql::types::{Type, Value};
use xxhash_rust::xxh64::xxh64;

use super::{Adjacent, Graph, Id};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::GRAPH_ELEMENTS_MAX;
use crate::lower::literal::{data_type, scalar};
use crate::rows::{self, batches_to_rows};

/// What a graph is made of.
pub(crate) struct Parts {
    pub edge_columns: Vec<Column>,
    pub edges: Vec<RecordBatch>,
    pub source: String,
    pub target: String,
    /// Tables of nodes: columns, rows and the column of the id.
    pub nodes: Vec<(Vec<Column>, Vec<RecordBatch>, String)>,
    pub node_columns: Vec<Column>,
    pub ids: Vec<String>,
    pub partition: Option<String>,
}

/// The key of a node: its partition, its id.
type Key = (Option<String>, Option<String>);

pub(crate) fn schema_of(columns: &[Column]) -> SchemaRef {
    let fields = columns
        .iter()
        .map(|c| Field::new(&c.name, data_type(c.ty), true));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// Batches as one, under the names and in the types of the columns.
pub(crate) fn whole(columns: &[Column], batches: &[RecordBatch]) -> Result<RecordBatch> {
    let schema = schema_of(columns);
    let typed = batches
        .iter()
        .map(|batch| {
            let arrays = batch.columns().iter().zip(schema.fields());
            let arrays = arrays
                .map(|(array, field)| arrow::compute::cast(array, field.data_type()))
                .collect::<Result<Vec<_>, _>>()?;
            of_arrays(&schema, arrays, batch.num_rows())
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(concat_batches(&schema, &typed)?)
}

pub(crate) fn of_arrays(
    schema: &SchemaRef,
    arrays: Vec<ArrayRef>,
    rows: usize,
) -> Result<RecordBatch> {
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    Ok(RecordBatch::try_new_with_options(
        Arc::clone(schema),
        arrays,
        &options,
    )?)
}

/// The values of one column.
fn values(batch: &RecordBatch, columns: &[Column], name: &str) -> Result<Vec<Value>> {
    let place = columns.iter().position(|c| c.name == name).ok_or_else(|| {
        let message = format!("the graph lacks the column `{name}`");
        Error::new(ErrorKind::Invalid, message)
    })?;
    let one = batch.project(&[place])?;
    let rows = batches_to_rows(&[one], &columns[place..=place])?;
    Ok(rows.into_iter().filter_map(|mut row| row.pop()).collect())
}

pub(crate) fn build(parts: Parts) -> Result<Graph> {
    let edges = whole(&parts.edge_columns, &parts.edges)?;
    let sources = values(&edges, &parts.edge_columns, &parts.source)?;
    let targets = values(&edges, &parts.edge_columns, &parts.target)?;
    let partitions = match &parts.partition {
        Some(name) => Some(values(&edges, &parts.edge_columns, name)?),
        None => None,
    };
    let mut numbers: HashMap<Key, Id> = HashMap::new();
    let mut ids: Vec<Value> = Vec::new();
    // Where the columns of each node come from: the table and its row.
    let mut origins: Vec<Option<(usize, usize)>> = Vec::new();
    let mut tables = Vec::new();
    for (table, (columns, batches, id)) in parts.nodes.iter().enumerate() {
        let batch = whole(columns, batches)?;
        let own = values(&batch, columns, id)?;
        let partition = match &parts.partition {
            Some(name) if columns.iter().any(|c| c.name == *name) => {
                Some(values(&batch, columns, name)?)
            }
            _ => None,
        };
        for (row, id) in own.into_iter().enumerate() {
            let key = key(partition.as_ref().map(|values| &values[row]), &id);
            if let std::collections::hash_map::Entry::Vacant(free) = numbers.entry(key) {
                free.insert(number(ids.len())?);
                ids.push(id);
                origins.push(Some((table, row)));
            }
        }
        tables.push((columns, batch));
    }
    let mut ends: [Vec<Id>; 2] = [Vec::new(), Vec::new()];
    for row in 0..edges.num_rows() {
        for (end, values) in [&sources, &targets].into_iter().enumerate() {
            let partition = partitions.as_ref().map(|values| &values[row]);
            let id = &values[row];
            let next = number(ids.len())?;
            let known = *numbers.entry(key(partition, id)).or_insert(next);
            if known == next {
                ids.push(id.clone());
                origins.push(None);
            }
            ends[end].push(known);
        }
    }
    let nodes = node_batch(&parts, &tables, &ids, &origins)?;
    let [sources, targets] = ends;
    let (node_ids, node_hashes) = ids.iter().map(identity).unzip();
    Ok(Graph {
        leaving: Adjacent::of(ids.len(), &sources),
        reaching: Adjacent::of(ids.len(), &targets),
        node_columns: parts.node_columns,
        nodes,
        node_ids,
        node_hashes,
        edge_columns: parts.edge_columns,
        edges,
        sources,
        targets,
    })
}

fn key(partition: Option<&Value>, id: &Value) -> Key {
    (partition.and_then(rows::text), rows::text(id))
}

fn number(place: usize) -> Result<Id> {
    match place < GRAPH_ELEMENTS_MAX {
        true => Ok(place as Id),
        false => {
            let message = format!("a graph of more than {GRAPH_ELEMENTS_MAX} nodes or edges");
            Err(Error::new(ErrorKind::Limit, message))
        }
    }
}

/// The text of an id and its hash.
fn identity(id: &Value) -> (String, i64) {
    let text = rows::text(id).unwrap_or_default();
    let hash = match id {
        Value::Int(number) => xxh64(&i64::from(*number).to_le_bytes(), 0),
        Value::Long(number) | Value::DateTime(number) | Value::TimeSpan(number) => {
            xxh64(&number.to_le_bytes(), 0)
        }
        _ => xxh64(text.as_bytes(), 0),
    };
    (text, hash.cast_signed())
}

/// The columns of the nodes; one that stands in no table has its id and nulls.
fn node_batch(
    parts: &Parts,
    tables: &[(&Vec<Column>, RecordBatch)],
    ids: &[Value],
    origins: &[Option<(usize, usize)>],
) -> Result<RecordBatch> {
    let schema = schema_of(&parts.node_columns);
    let mut arrays = Vec::with_capacity(parts.node_columns.len());
    for c in &parts.node_columns {
        let is_id = parts.ids.contains(&c.name);
        // The tables after each other, then the ids, then a null: each node takes one of these.
        let mut pieces: Vec<ArrayRef> = Vec::new();
        let mut starts = Vec::new();
        let mut length = 0;
        for (columns, batch) in tables {
            starts.push(
                columns
                    .iter()
                    .position(|own| own.name == c.name)
                    .map(|place| {
                        let start = length;
                        length += batch.num_rows();
                        pieces.push(Arc::clone(batch.column(place)));
                        start
                    }),
            );
        }
        let first_id = length;
        if is_id {
            let own = ids.iter().map(|id| scalar(&as_type(id, c.ty)));
            pieces.push(array(own, c.ty, ids.len())?);
            length += ids.len();
        }
        pieces.push(array(std::iter::once(scalar(&absent(c.ty))), c.ty, 1)?);
        let null = length;
        let places = origins.iter().enumerate().map(|(node, origin)| {
            let place = match origin {
                Some((table, row)) => starts[*table].map(|start| start + row),
                None if is_id => Some(first_id + node),
                None => None,
            };
            place.unwrap_or(null) as u32
        });
        let places = UInt32Array::from_iter_values(places);
        let pieces: Vec<&dyn Array> = pieces.iter().map(AsRef::as_ref).collect();
        let all = arrow::compute::concat(&pieces)?;
        arrays.push(arrow::compute::take(&all, &places, None)?);
    }
    of_arrays(&schema, arrays, ids.len())
}

fn array(values: impl Iterator<Item = ScalarValue>, ty: Type, rows: usize) -> Result<ArrayRef> {
    if rows == 0 {
        return Ok(arrow_array::new_empty_array(&data_type(ty)));
    }
    let values = ScalarValue::iter_to_array(values)?;
    Ok(arrow::compute::cast(&values, &data_type(ty))?)
}

pub(crate) fn absent(ty: Type) -> Value {
    match ty {
        Type::String => Value::String(String::new()),
        ty => Value::Null(ty),
    }
}

/// An id where the column is of another type: its text as a dynamic, or nothing.
fn as_type(id: &Value, ty: Type) -> Value {
    match ty {
        ty if id.ty() == ty => id.clone(),
        Type::Dynamic => Value::Dynamic(rows::json(id).to_string()),
        ty => absent(ty),
    }
}

/// The graph without some nodes and edges; an edge goes with either of its ends.
pub(crate) fn keep(graph: Graph, nodes: &BooleanArray, edges: &BooleanArray) -> Result<Graph> {
    let holds = |flags: &BooleanArray, at: usize| flags.is_valid(at) && flags.value(at);
    let mut numbers: Vec<Option<Id>> = Vec::with_capacity(graph.node_count());
    let mut kept_nodes = Vec::new();
    for node in 0..graph.node_count() {
        numbers.push(holds(nodes, node).then(|| {
            kept_nodes.push(node as Id);
            kept_nodes.len() as Id - 1
        }));
    }
    let mut ends = (Vec::new(), Vec::new());
    let kept_edges: BooleanArray = (0..graph.edge_count())
        .map(|edge| {
            let source = numbers[graph.sources[edge] as usize];
            let target = numbers[graph.targets[edge] as usize];
            match (holds(edges, edge), source, target) {
                (true, Some(source), Some(target)) => {
                    ends.0.push(source);
                    ends.1.push(target);
                    Some(true)
                }
                _ => Some(false),
            }
        })
        .collect();
    let of_kept = |node: &Id| *node as usize;
    let node_ids = kept_nodes
        .iter()
        .map(|n| graph.node_ids[of_kept(n)].clone())
        .collect();
    let node_hashes = kept_nodes
        .iter()
        .map(|n| graph.node_hashes[of_kept(n)])
        .collect();
    let count = kept_nodes.len();
    Ok(Graph {
        nodes: take_record_batch(&graph.nodes, &UInt32Array::from(kept_nodes))?,
        node_ids,
        node_hashes,
        edges: filter_record_batch(&graph.edges, &kept_edges)?,
        leaving: Adjacent::of(count, &ends.0),
        reaching: Adjacent::of(count, &ends.1),
        sources: ends.0,
        targets: ends.1,
        ..graph
    })
}

/// The graph with one more column of the nodes.
pub(crate) fn with_node_column(
    mut graph: Graph,
    column: Column,
    values: ArrayRef,
) -> Result<Graph> {
    let mut arrays = graph.nodes.columns().to_vec();
    arrays.push(values);
    graph.node_columns.push(column);
    graph.nodes = of_arrays(
        &schema_of(&graph.node_columns),
        arrays,
        graph.node_ids.len(),
    )?;
    Ok(graph)
}
