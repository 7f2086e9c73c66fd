//! Shortest paths: for each first and last node, one of them or all.
//!
//! The pattern is a node, a path and a node. A search in breadth from each first node finds how far
//! every node is; the paths are read off backwards.

use std::collections::VecDeque;

use keyline_kql::checked::{EdgeDirection, MatchKind};

use super::find::{Bound, Candidates, Match, VariableKind, ways};
use super::{Graph, Id};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::GRAPH_STEPS_MAX;

/// Calls `found` with the shortest paths. `pattern` is (first, path, last).
pub(crate) fn find(
    graph: &Graph,
    variables: &[Candidates],
    pattern: [usize; 3],
    kind: MatchKind,
    mut found: impl FnMut(&Match) -> Result<()>,
) -> Result<()> {
    let [first, path, last] = pattern;
    let VariableKind::Path {
        direction,
        least,
        most,
    } = variables[path].kind
    else {
        return Err(Error::unsupported(
            "`graph-shortest-paths` without an edge of variable length",
        ));
    };
    let mut steps = 0_u64;
    for start in 0..graph.node_count() as Id {
        if !allows(&variables[first].allowed, start) {
            continue;
        }
        let search = Search::from(graph, &variables[path], direction, start, most, &mut steps)?;
        for end in 0..graph.node_count() as Id {
            let distance = search.distance[end as usize];
            // A path that must be longer than the shortest is none of the shortest.
            let fits = distance != usize::MAX && distance >= least;
            if !fits || !allows(&variables[last].allowed, end) {
                continue;
            }
            let mut bound = vec![Bound::Nothing; variables.len()];
            bound[first] = Bound::Node(start);
            bound[last] = Bound::Node(end);
            let mut walked = Vec::new();
            search.paths(
                end,
                &mut walked,
                kind == MatchKind::ShortestAll,
                &mut |edges| {
                    let inner = search.inner(graph, start, edges);
                    bound[path] = Bound::Path(edges.to_vec(), inner);
                    found(&bound)
                },
            )?;
        }
    }
    Ok(())
}

fn allows(allowed: &Option<Vec<bool>>, element: Id) -> bool {
    allowed
        .as_ref()
        .is_none_or(|allowed| allowed[element as usize])
}

struct Search {
    distance: Vec<usize>,
    /// The edges by which a node is reached on a shortest path, and from where.
    before: Vec<Vec<(Id, Id)>>,
}

impl Search {
    fn from(
        graph: &Graph,
        path: &Candidates,
        direction: EdgeDirection,
        start: Id,
        most: usize,
        steps: &mut u64,
    ) -> Result<Search> {
        let mut distance = vec![usize::MAX; graph.node_count()];
        let mut before = vec![Vec::new(); graph.node_count()];
        distance[start as usize] = 0;
        let mut open = VecDeque::from([start]);
        while let Some(node) = open.pop_front() {
            let here = distance[node as usize];
            if here >= most || node != start && !allows(&path.inner, node) {
                continue;
            }
            for (edge, next) in ways(graph, node, direction, false) {
                *steps += 1;
                if *steps > GRAPH_STEPS_MAX {
                    return Err(Error::new(
                        ErrorKind::Limit,
                        format!(
                            "shortest paths that take more than {GRAPH_STEPS_MAX} steps to find"
                        ),
                    ));
                }
                if !allows(&path.allowed, edge) {
                    continue;
                }
                let known = distance[next as usize];
                if known == usize::MAX {
                    distance[next as usize] = here + 1;
                    open.push_back(next);
                }
                if known == usize::MAX || known == here + 1 {
                    before[next as usize].push((edge, node));
                }
            }
        }
        Ok(Search { distance, before })
    }

    /// Calls `found` with the edges of one or of all shortest paths to a node. As deep as the path
    /// is long, which `most` bounds.
    fn paths(
        &self,
        end: Id,
        walked: &mut Vec<Id>,
        all: bool,
        found: &mut impl FnMut(&[Id]) -> Result<()>,
    ) -> Result<()> {
        if self.distance[end as usize] == 0 {
            let edges: Vec<Id> = walked.iter().rev().copied().collect();
            return found(&edges);
        }
        for (edge, node) in &self.before[end as usize] {
            walked.push(*edge);
            self.paths(*node, walked, all, found)?;
            walked.pop();
            if !all {
                break;
            }
        }
        Ok(())
    }

    /// The nodes between the edges of a path.
    fn inner(&self, graph: &Graph, start: Id, edges: &[Id]) -> Vec<Id> {
        let mut here = start;
        let mut nodes = Vec::with_capacity(edges.len());
        for edge in edges {
            let (source, target) = (graph.sources[*edge as usize], graph.targets[*edge as usize]);
            here = if source == here { target } else { source };
            nodes.push(here);
        }
        nodes.pop();
        nodes
    }
}
