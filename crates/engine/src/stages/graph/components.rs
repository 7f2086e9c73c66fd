//! The components of a graph, numbered in the order of their first nodes.

use super::{Graph, Id};

/// The component of each node: nodes that are connected whichever way the edges point.
pub(crate) fn weak(graph: &Graph) -> Vec<i64> {
    let mut component = vec![-1; graph.node_count()];
    let mut next = 0;
    let mut open: Vec<Id> = Vec::new();
    for first in 0..graph.node_count() {
        if component[first] >= 0 {
            continue;
        }
        component[first] = next;
        open.push(first as Id);
        while let Some(node) = open.pop() {
            let there = graph
                .leaving
                .at(node)
                .iter()
                .map(|edge| graph.targets[*edge as usize]);
            let back = graph
                .reaching
                .at(node)
                .iter()
                .map(|edge| graph.sources[*edge as usize]);
            for other in there.chain(back) {
                if component[other as usize] < 0 {
                    component[other as usize] = next;
                    open.push(other);
                }
            }
        }
        next += 1;
    }
    component
}

/// The component of each node: nodes that reach each other along the edges. Tarjan's algorithm,
/// with a stack of its own so that a long chain does not exhaust the program's.
pub(crate) fn strong(graph: &Graph) -> Vec<i64> {
    let count = graph.node_count();
    let mut order = vec![usize::MAX; count];
    let mut low = vec![0; count];
    let mut component = vec![usize::MAX; count];
    let (mut seen, mut found) = (0, 0);
    let mut stack: Vec<Id> = Vec::new();
    for first in 0..count {
        if order[first] != usize::MAX {
            continue;
        }
        // Nodes on the way, and which of their edges is next.
        let mut way = vec![(first as Id, 0)];
        while let Some((node, edge)) = way.last_mut() {
            let (at, here) = (*node as usize, *node);
            if *edge == 0 {
                order[at] = seen;
                low[at] = seen;
                seen += 1;
                stack.push(here);
            }
            match graph.leaving.at(here).get(*edge) {
                Some(next) => {
                    *edge += 1;
                    let other = graph.targets[*next as usize];
                    if order[other as usize] == usize::MAX {
                        way.push((other, 0));
                    } else if component[other as usize] == usize::MAX {
                        low[at] = low[at].min(order[other as usize]);
                    }
                }
                None => {
                    way.pop();
                    if let Some((before, _)) = way.last() {
                        let before = *before as usize;
                        low[before] = low[before].min(low[at]);
                    }
                    if low[at] == order[at] {
                        while let Some(member) = stack.pop() {
                            component[member as usize] = found;
                            if member == here {
                                break;
                            }
                        }
                        found += 1;
                    }
                }
            }
        }
    }
    renumbered(&component)
}

/// Numbers in the order of the first nodes.
fn renumbered(component: &[usize]) -> Vec<i64> {
    let mut numbers = std::collections::HashMap::new();
    component
        .iter()
        .map(|component| {
            let next = numbers.len() as i64;
            *numbers.entry(*component).or_insert(next)
        })
        .collect()
}
