//! `make-graph`, `graph-match`, `graph-shortest-paths`, `graph-to-table`, `graph-mark-components`,
//! `graph-where-nodes`, `graph-where-edges`

use crate::lexer::TokenKind;
use crate::parse::{Parsed, Parser, Reported};
use crate::span::Span;
use crate::syntax::{
    EdgeDirection, Expr, ExprKind, GraphMatch, GraphNodes, GraphOutput, GraphPart,
    GraphPatternPart, MakeGraph, OperatorKind, Parameter,
};
use crate::types::Value;

/// `source --> target with nodes on id`
pub(super) fn make_graph(
    p: &mut Parser<'_>,
    parameters: &mut Vec<Parameter>,
) -> Parsed<OperatorKind> {
    p.parameters(&[], parameters)?;
    let source = node_id(p)?;
    if p.ahead(0).kind != TokenKind::Minus || p.ahead(1).kind != TokenKind::Minus {
        return Err(p.expected("`-->`"));
    }
    p.bump();
    p.bump();
    let undirected = p.eat(TokenKind::Greater).is_none();
    let target = node_id(p)?;
    let mut graph = MakeGraph {
        source,
        undirected,
        target,
        nodes: Vec::new(),
        node_id: None,
        partition: None,
    };
    if p.eat_word("with").is_some() {
        graph.nodes = p.list(nodes)?;
    } else if p.at_word("with_node_id") {
        p.bump();
        p.expect(TokenKind::Assign)?;
        graph.node_id = Some(p.name("a name")?);
    }
    if p.at_word("partitioned") {
        p.bump();
        p.expect(TokenKind::Minus)?;
        p.expect_word("by")?;
        let key = p.partition_key()?;
        graph.partition = Some((key, p.subquery()?));
    }
    Ok(OperatorKind::MakeGraph(graph))
}

/// A column's name, and nothing that is made of several.
fn node_id(p: &mut Parser<'_>) -> Parsed<Expr> {
    let name = p.name("a column's name")?;
    Ok(Expr {
        span: name.span,
        kind: ExprKind::Name(name),
    })
}

fn nodes(p: &mut Parser<'_>) -> Parsed<GraphNodes> {
    let table = p.table_operand()?;
    p.expect_word("on")?;
    Ok(GraphNodes {
        table,
        id: p.table_operand()?,
    })
}

pub(super) fn graph_match(
    p: &mut Parser<'_>,
    parameters: &mut Vec<Parameter>,
) -> Parsed<OperatorKind> {
    p.parameters(&["cycles"], parameters)?;
    Ok(OperatorKind::GraphMatch(pattern_query(p)?))
}

pub(super) fn graph_shortest_paths(
    p: &mut Parser<'_>,
    parameters: &mut Vec<Parameter>,
) -> Parsed<OperatorKind> {
    p.parameters(&["output"], parameters)?;
    Ok(OperatorKind::GraphShortestPaths(pattern_query(p)?))
}

/// `pattern, pattern where predicate project items`
fn pattern_query(p: &mut Parser<'_>) -> Parsed<GraphMatch> {
    let patterns = p.list(pattern)?;
    let predicate = match p.eat_word("where") {
        Some(_) => Some(p.expr()?),
        None => None,
    };
    let project = match p.eat_word("project") {
        Some(_) => Some(p.named_exprs()?),
        None => None,
    };
    Ok(GraphMatch {
        patterns,
        predicate,
        project,
    })
}

/// `(a)-[e]->(b)--(c)`
fn pattern(p: &mut Parser<'_>) -> Parsed<Vec<GraphPatternPart>> {
    let mut parts = vec![node(p)?];
    while matches!(p.kind(), TokenKind::Minus | TokenKind::Less) {
        // An edge that is wrong, or leads to no node, is wrong as a whole.
        let start = p.span();
        let Ok(read) = edge(p) else {
            return Err(p.widened_to(start));
        };
        parts.push(read);
        if !p.at_kind(TokenKind::OpenParen) {
            p.expected_with("a node after this edge", "a node is written `(n)` or `()`");
            return Err(p.widened_to(start));
        }
        parts.push(node(p)?);
    }
    Ok(parts)
}

fn node(p: &mut Parser<'_>) -> Parsed<GraphPatternPart> {
    let open = p.expect(TokenKind::OpenParen)?;
    let name = match p.at_kind(TokenKind::CloseParen) {
        true => None,
        false => Some(p.name("the node's name")?),
    };
    p.close(TokenKind::CloseParen, open)?;
    Ok(GraphPatternPart::Node {
        name,
        span: p.since(open),
    })
}

/// `-->`, `<--`, `--`, `-[e]->`, `<-[e*1..3]-`, `-[e]-`
fn edge(p: &mut Parser<'_>) -> Parsed<GraphPatternPart> {
    let start = p.span();
    let backward = p.eat(TokenKind::Less).is_some();
    p.expect(TokenKind::Minus)?;
    let (mut name, mut hops) = (None, None);
    if let Some(open) = p.eat(TokenKind::OpenBracket) {
        if p.at_kind(TokenKind::Word) {
            name = Some(p.any_word());
        }
        if p.eat(TokenKind::Star).is_some() {
            hops = Some(Box::new(hop_range(p)?));
        }
        p.close(TokenKind::CloseBracket, open)?;
    }
    p.expect(TokenKind::Minus)?;
    let forward = p.eat(TokenKind::Greater).is_some();
    let direction = match (backward, forward) {
        (true, false) => EdgeDirection::Backward,
        (false, true) => EdgeDirection::Forward,
        (true, true) => return Err(p.expected("an edge in one direction")),
        (false, false) => EdgeDirection::Any,
    };
    Ok(GraphPatternPart::Edge {
        name,
        direction,
        hops,
        span: p.since(start),
    })
}

/// `1..3`; without numbers it is one hop at least, and any number of them.
fn hop_range(p: &mut Parser<'_>) -> Parsed<(Expr, Expr)> {
    let bound = |value, span: Span| Expr {
        kind: ExprKind::Literal(Value::Long(value)),
        span,
    };
    if p.at_kind(TokenKind::CloseBracket) {
        let span = p.previous_end();
        return Ok((bound(1, span), bound(i64::MAX, span)));
    }
    // Of a range that lacks something, the edge around it can be read all the same.
    let least = bound_or_hole(p);
    let dots = p.expect(TokenKind::DotDot);
    if dots.is_err() && p.at_kind(TokenKind::CloseBracket) {
        let most = hole(p);
        return Ok((least, most));
    }
    Ok((least, bound_or_hole(p)))
}

fn bound_or_hole(p: &mut Parser<'_>) -> Expr {
    p.expr().unwrap_or_else(|Reported| hole(p))
}

/// What is missing here.
fn hole(p: &Parser<'_>) -> Expr {
    Expr {
        kind: ExprKind::Error,
        span: p.previous_end(),
    }
}

/// `nodes as N with_node_id=id, edges as E`
pub(super) fn graph_to_table(p: &mut Parser<'_>, _: &mut Vec<Parameter>) -> Parsed<OperatorKind> {
    Ok(OperatorKind::GraphToTable {
        outputs: p.list(output)?,
    })
}

fn output(p: &mut Parser<'_>) -> Parsed<GraphOutput> {
    let part = match p.word() {
        "nodes" => GraphPart::Nodes,
        "edges" => GraphPart::Edges,
        _ => return Err(p.expected("`nodes` or `edges`")),
    };
    p.bump();
    let name = match p.eat_word("as") {
        Some(_) => Some(p.name("a name")?),
        None => None,
    };
    Ok(GraphOutput {
        part,
        name,
        parameters: p.all_parameters()?,
    })
}

pub(super) fn graph_mark_components(
    p: &mut Parser<'_>,
    parameters: &mut Vec<Parameter>,
) -> Parsed<OperatorKind> {
    parameters.append(&mut p.all_parameters()?);
    Ok(OperatorKind::GraphMarkComponents)
}

pub(super) fn graph_where_nodes(
    p: &mut Parser<'_>,
    _: &mut Vec<Parameter>,
) -> Parsed<OperatorKind> {
    Ok(OperatorKind::GraphWhereNodes {
        predicate: p.expr()?,
    })
}

pub(super) fn graph_where_edges(
    p: &mut Parser<'_>,
    _: &mut Vec<Parameter>,
) -> Parsed<OperatorKind> {
    Ok(OperatorKind::GraphWhereEdges {
        predicate: p.expr()?,
    })
}
