//! Graphs in memory: nodes, edges and how they hang together.
//!
//! `parts` builds one of the batches of a plan, `components` numbers what is connected, `find` looks
//! for patterns, `shortest` for shortest paths, `expression` evaluates over many nodes, edges or
//! matches at once.

pub(crate) mod components;
pub(crate) mod expression;
pub(crate) mod find;
pub(crate) mod parts;
pub(crate) mod shortest;

use arrow_array::RecordBatch;
use keyline_kql::schema::Column;

/// The number of a node or of an edge.
pub(crate) type Id = u32;

#[derive(Debug)]
pub(crate) struct Graph {
    pub node_columns: Vec<Column>,
    pub nodes: RecordBatch,
    /// The text of each node's id.
    pub node_ids: Vec<String>,
    /// What `hash()` makes of each node's id.
    pub node_hashes: Vec<i64>,
    pub edge_columns: Vec<Column>,
    pub edges: RecordBatch,
    pub sources: Vec<Id>,
    pub targets: Vec<Id>,
    /// The edges that leave and that reach each node.
    pub leaving: Adjacent,
    pub reaching: Adjacent,
}

/// The edges at each node, one after the other.
#[derive(Debug, Default)]
pub(crate) struct Adjacent {
    starts: Vec<usize>,
    edges: Vec<Id>,
}

impl Adjacent {
    /// `ends` says the node of each edge.
    pub(crate) fn of(nodes: usize, ends: &[Id]) -> Adjacent {
        let mut starts = vec![0; nodes + 1];
        for end in ends {
            starts[*end as usize + 1] += 1;
        }
        for node in 0..nodes {
            starts[node + 1] += starts[node];
        }
        let mut next = starts.clone();
        let mut edges = vec![0; ends.len()];
        for (edge, end) in ends.iter().enumerate() {
            let place = &mut next[*end as usize];
            edges[*place] = edge as Id;
            *place += 1;
        }
        Adjacent { starts, edges }
    }

    pub(crate) fn at(&self, node: Id) -> &[Id] {
        let node = node as usize;
        &self.edges[self.starts[node]..self.starts[node + 1]]
    }
}

impl Graph {
    pub(crate) fn node_count(&self) -> usize {
        self.node_ids.len()
    }

    pub(crate) fn edge_count(&self) -> usize {
        self.sources.len()
    }
}
