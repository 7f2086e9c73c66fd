//! Looking for a pattern in a graph, by backtracking.
//!
//! In: the pattern as places of variables, and which nodes and edges each variable may be. Out: the
//! matches, one by one, to whoever asked.

use super::{Graph, Id};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::GRAPH_STEPS_MAX;
use keyline_kql::checked::{EdgeDirection, MatchKind};

/// What a variable may be.
#[derive(Debug)]
pub(crate) struct Candidates {
    pub kind: VariableKind,
    /// The nodes, or the edges, or the edges of the path; `None`: all.
    pub allowed: Option<Vec<bool>>,
    /// The nodes within a path; `None`: all.
    pub inner: Option<Vec<bool>>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum VariableKind {
    Node,
    Edge(EdgeDirection),
    Path {
        direction: EdgeDirection,
        least: usize,
        most: usize,
    },
}

/// What a variable is in a match.
#[derive(Clone, Debug, Default)]
pub(crate) enum Bound {
    #[default]
    Nothing,
    Node(Id),
    Edge(Id),
    /// The edges in the order of the pattern, and the nodes between them.
    Path(Vec<Id>, Vec<Id>),
}

pub(crate) type Match = Vec<Bound>;

struct Finder<'g, F> {
    graph: &'g Graph,
    variables: &'g [Candidates],
    kind: MatchKind,
    found: F,
    bound: Match,
    used_edges: Vec<bool>,
    used_nodes: Vec<bool>,
    steps: u64,
    /// What is left of the patterns: (node, edge, node) in order.
    links: Vec<Link>,
}

/// One edge of a pattern between two nodes; the first has been bound before.
#[derive(Clone, Copy, Debug)]
struct Link {
    from: usize,
    edge: usize,
    to: usize,
    /// The pattern is walked against the order in which it was written.
    reversed: bool,
}

/// Calls `found` with every match.
pub(crate) fn find<'g, F: FnMut(&Match) -> Result<()>>(
    graph: &'g Graph,
    variables: &'g [Candidates],
    patterns: &[Vec<usize>],
    kind: MatchKind,
    found: F,
) -> Result<()> {
    let mut finder = Finder {
        graph,
        variables,
        kind,
        found,
        bound: vec![Bound::Nothing; variables.len()],
        used_edges: vec![false; graph.edge_count()],
        used_nodes: vec![false; graph.node_count()],
        steps: 0,
        links: Vec::new(),
    };
    let starts = finder.plan(patterns);
    finder.start(&starts, 0)
}

impl<F: FnMut(&Match) -> Result<()>> Finder<'_, F> {
    /// How many nodes a variable may be.
    fn choices(&self, variable: usize) -> usize {
        match &self.variables[variable].allowed {
            Some(allowed) => allowed.iter().filter(|allowed| **allowed).count(),
            None => self.graph.node_count(),
        }
    }

    /// Puts the links of all patterns in an order in which they can be walked: each pattern from the
    /// end that is bound, or else from the one with fewer nodes to choose from. Yields the nodes to
    /// begin with and the number of links that are walked before each.
    fn plan(&mut self, patterns: &[Vec<usize>]) -> Vec<(usize, usize)> {
        let mut bound: Vec<usize> = Vec::new();
        let mut starts = Vec::new();
        for pattern in patterns {
            let (Some(first), Some(last)) = (pattern.first(), pattern.last()) else {
                continue;
            };
            let reversed = match (bound.contains(first), bound.contains(last)) {
                (true, _) => false,
                (false, true) => true,
                (false, false) => self.choices(*last) < self.choices(*first),
            };
            let walked: Vec<usize> = match reversed {
                true => pattern.iter().rev().copied().collect(),
                false => pattern.clone(),
            };
            if !bound.contains(&walked[0]) {
                starts.push((walked[0], self.links.len()));
            }
            bound.extend(walked.iter().step_by(2));
            self.links
                .extend(walked.windows(3).step_by(2).map(|part| Link {
                    from: part[0],
                    edge: part[1],
                    to: part[2],
                    reversed,
                }));
        }
        starts
    }

    /// Binds the next node that no link leads to, or walks on.
    fn start(&mut self, starts: &[(usize, usize)], link: usize) -> Result<()> {
        match starts.first() {
            Some((variable, at)) if *at == link => {
                for node in 0..self.graph.node_count() as Id {
                    if self.bind_node(*variable, node) {
                        self.start(&starts[1..], link)?;
                        self.unbind_node(*variable, node);
                    }
                }
                Ok(())
            }
            _ => match self.links.get(link).copied() {
                Some(next) => self.walk(starts, link, next),
                None => (self.found)(&self.bound),
            },
        }
    }

    fn walk(&mut self, starts: &[(usize, usize)], at: usize, link: Link) -> Result<()> {
        let Bound::Node(from) = self.bound[link.from] else {
            return Ok(());
        };
        match self.variables[link.edge].kind {
            VariableKind::Edge(direction) => {
                for (edge, node) in ways(self.graph, from, direction, link.reversed) {
                    self.step()?;
                    if !self.may_pass(link.edge, edge) {
                        continue;
                    }
                    let Some(arrived) = self.arrive(link.to, node) else {
                        continue;
                    };
                    let used = self.used_edges[edge as usize];
                    self.used_edges[edge as usize] = true;
                    self.bound[link.edge] = Bound::Edge(edge);
                    self.start(starts, at + 1)?;
                    self.used_edges[edge as usize] = used;
                    self.leave(link.to, node, arrived);
                }
                self.bound[link.edge] = Bound::Nothing;
                Ok(())
            }
            VariableKind::Path { .. } => {
                let mut path = (Vec::new(), Vec::new());
                self.path(starts, at, link, from, &mut path)
            }
            VariableKind::Node => Ok(()),
        }
    }

    /// Grows a path edge by edge; wherever it may end, the rest of the pattern is looked for.
    fn path(
        &mut self,
        starts: &[(usize, usize)],
        at: usize,
        link: Link,
        here: Id,
        path: &mut (Vec<Id>, Vec<Id>),
    ) -> Result<()> {
        let VariableKind::Path {
            direction,
            least,
            most,
        } = self.variables[link.edge].kind
        else {
            return Ok(());
        };
        let ends = path.0.len() >= least;
        if let Some(arrived) = ends.then(|| self.arrive(link.to, here)).flatten() {
            let mut bound = path.clone();
            // The last node of the path is not within it.
            bound.1.pop();
            if link.reversed {
                bound.0.reverse();
                bound.1.reverse();
            }
            self.bound[link.edge] = Bound::Path(bound.0, bound.1);
            self.start(starts, at + 1)?;
            self.bound[link.edge] = Bound::Nothing;
            self.leave(link.to, here, arrived);
        }
        if path.0.len() >= most {
            return Ok(());
        }
        // Whatever the path goes through from here on is within it.
        let inside = path.0.is_empty() || self.may_be_within(link.edge, here);
        if !inside {
            return Ok(());
        }
        let blocks = self.kind == MatchKind::NoCycles && !path.0.is_empty();
        if blocks {
            if self.used_nodes[here as usize] {
                return Ok(());
            }
            self.used_nodes[here as usize] = true;
        }
        for (edge, node) in ways(self.graph, here, direction, link.reversed) {
            self.step()?;
            if !self.may_pass(link.edge, edge) {
                continue;
            }
            let used = self.used_edges[edge as usize];
            self.used_edges[edge as usize] = true;
            path.0.push(edge);
            path.1.push(node);
            self.path(starts, at, link, node, path)?;
            path.0.pop();
            path.1.pop();
            self.used_edges[edge as usize] = used;
        }
        if blocks {
            self.used_nodes[here as usize] = false;
        }
        Ok(())
    }

    fn step(&mut self) -> Result<()> {
        self.steps += 1;
        match self.steps > GRAPH_STEPS_MAX {
            true => Err(Error::new(
                ErrorKind::Limit,
                format!("a graph pattern that takes more than {GRAPH_STEPS_MAX} steps to find"),
            )),
            false => Ok(()),
        }
    }

    fn may_pass(&self, variable: usize, edge: Id) -> bool {
        let free = self.kind == MatchKind::AllCycles || !self.used_edges[edge as usize];
        let allowed = self.variables[variable].allowed.as_ref();
        free && allowed.is_none_or(|allowed| allowed[edge as usize])
    }

    fn may_be_within(&self, variable: usize, node: Id) -> bool {
        let inner = self.variables[variable].inner.as_ref();
        inner.is_none_or(|inner| inner[node as usize])
    }

    /// Binds a node, or finds that it is the one that is bound; `None` if it cannot be.
    fn arrive(&mut self, variable: usize, node: Id) -> Option<Arrived> {
        match self.bound[variable] {
            Bound::Node(known) => (known == node).then_some(Arrived::Again),
            _ => self.bind_node(variable, node).then_some(Arrived::First),
        }
    }

    fn leave(&mut self, variable: usize, node: Id, arrived: Arrived) {
        if arrived == Arrived::First {
            self.unbind_node(variable, node);
        }
    }

    fn bind_node(&mut self, variable: usize, node: Id) -> bool {
        let allowed = self.variables[variable].allowed.as_ref();
        let fits = allowed.is_none_or(|allowed| allowed[node as usize]);
        if !fits || self.kind == MatchKind::NoCycles && self.used_nodes[node as usize] {
            return false;
        }
        self.used_nodes[node as usize] = true;
        self.bound[variable] = Bound::Node(node);
        true
    }

    fn unbind_node(&mut self, variable: usize, node: Id) {
        self.used_nodes[node as usize] = false;
        self.bound[variable] = Bound::Nothing;
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Arrived {
    First,
    Again,
}

/// The edges that lead on from a node, and where to. Of a pattern that is walked backwards, what
/// points forward points back.
pub(crate) fn ways(
    graph: &Graph,
    node: Id,
    direction: EdgeDirection,
    reversed: bool,
) -> Vec<(Id, Id)> {
    let (forward, backward) = match (direction, reversed) {
        (EdgeDirection::Any, _) => (true, true),
        (EdgeDirection::Forward, false) | (EdgeDirection::Backward, true) => (true, false),
        (EdgeDirection::Backward, false) | (EdgeDirection::Forward, true) => (false, true),
    };
    let mut ways = Vec::new();
    if forward {
        let edges = graph.leaving.at(node).iter();
        ways.extend(edges.map(|edge| (*edge, graph.targets[*edge as usize])));
    }
    if backward {
        let edges = graph.reaching.at(node).iter();
        let back = edges.map(|edge| (*edge, graph.sources[*edge as usize]));
        // An edge from a node to itself leads on once.
        ways.extend(back.filter(|(_, source)| !forward || *source != node));
    }
    ways
}
