//! The tree on lines of at most [`WIDTH`] characters where that can be done.
//!
//! A statement begins a line, each operator begins a line with `|`, and what does not fit is broken
//! after its commas, before its `and` and `or`, or else within its brackets.

use super::tree::{Comment, Leaf, Node, width};
use crate::lexer::TokenKind;

const WIDTH: usize = 100;
const INDENT: usize = 4;

pub(super) fn lay_out(nodes: &[Node<'_>]) -> String {
    let mut lines = Lines {
        text: String::new(),
        break_next: false,
        line_start: 0,
    };
    lines.statements(nodes, 0);
    lines.trim();
    if !lines.text.is_empty() {
        lines.text.push('\n');
    }
    lines.text
}

struct Lines {
    text: String,
    /// A comment was written: whatever comes next begins a line.
    break_next: bool,
    /// Where the last line begins.
    line_start: usize,
}

impl Lines {
    /// Statements, a line or more each. The first begins where the text ends.
    fn statements(&mut self, nodes: &[Node<'_>], indent: usize) {
        let mut first = true;
        for statement in split_after(nodes, |node| node.is(TokenKind::Semicolon)) {
            // A comment behind the `;` before belongs to that line.
            let behind = statement
                .iter()
                .take_while(|node| is_trailing_comment(node))
                .count();
            let (comments, statement) = statement.split_at(if first { 0 } else { behind });
            self.all(comments, indent);
            let Some(node) = statement.first() else {
                continue;
            };
            if !first {
                self.new_line(indent, node.blank());
            }
            first = false;
            self.pipeline(statement, indent);
        }
    }

    fn pipeline(&mut self, nodes: &[Node<'_>], indent: usize) {
        let start = nodes
            .iter()
            .position(|node| !matches!(node, Node::Comment(_)));
        let is_let = start.is_some_and(|start| nodes[start].is_word(&["let"]));
        let pipes_indent = if is_let { indent + INDENT } else { indent };
        for (at, part) in split_before(nodes, |node| node.is(TokenKind::Pipe)).enumerate() {
            if at > 0 || part.first().is_some_and(|node| node.is(TokenKind::Pipe)) {
                self.operator(part, pipes_indent, at > 0);
            } else {
                self.segment(part, pipes_indent, indent);
            }
        }
    }

    /// `| operator`
    fn operator(&mut self, nodes: &[Node<'_>], indent: usize, on_new_line: bool) {
        if on_new_line {
            self.new_line(indent, false);
        }
        self.segment(nodes, indent, indent);
    }

    /// What stands between two pipes. Comments at its end are about the operator that follows.
    fn segment(&mut self, nodes: &[Node<'_>], comment_indent: usize, indent: usize) {
        let comments = nodes
            .iter()
            .rev()
            .take_while(|node| is_own_line_comment(node))
            .count();
        let before = nodes
            .iter()
            .take_while(|node| matches!(node, Node::Comment(_)))
            .count();
        let split = (nodes.len() - comments).max(before);
        self.all(&nodes[..before], indent);
        if let Some(node) = nodes.get(before).filter(|_| self.break_next) {
            self.new_line(indent, node.blank());
        }
        self.broken(&nodes[before..split], indent, indent + INDENT);
        self.all(&nodes[split..], comment_indent);
    }

    /// Nodes on one line if they fit, otherwise broken at the best places there are.
    fn broken(&mut self, nodes: &[Node<'_>], indent: usize, further: usize) {
        if self.fits(nodes) {
            return self.all(nodes, further);
        }
        let (keyword, nodes) = nodes.split_at(self.keyword_alone(nodes));
        self.all(keyword, further);
        for (at, piece) in pieces(nodes).into_iter().enumerate() {
            if at > 0 || !keyword.is_empty() {
                self.new_line(further, false);
            }
            let own = if at > 0 || !keyword.is_empty() {
                further
            } else {
                indent
            };
            match self.fits(piece) {
                true => self.all(piece, further),
                false => self.loose(piece, own),
            }
        }
    }

    /// How many nodes of an operator stand on a line by themselves: its keyword, if it has several
    /// items and the first of them needs more than a line.
    fn keyword_alone(&self, nodes: &[Node<'_>]) -> usize {
        let items = pieces(nodes);
        let several = items.len() > 1 && nodes.iter().any(|node| node.is(TokenKind::Comma));
        if !several || !nodes[0].is(TokenKind::Pipe) || self.fits(items[0]) {
            return 0;
        }
        let glued = |node: &Node<'_>| matches!(node, Node::Leaf(leaf) if !leaf.space);
        let length = 2 + nodes[2..].iter().take_while(|node| glued(node)).count();
        if matches!(nodes[1], Node::Leaf(_)) {
            length
        } else {
            0
        }
    }

    /// Nodes after each other, with those groups broken that do not fit.
    fn loose(&mut self, nodes: &[Node<'_>], indent: usize) {
        for (at, node) in nodes.iter().enumerate() {
            match node {
                Node::Group { open, body, close } if !self.fits(&nodes[at..=at]) => {
                    let columns = datatable_columns(&nodes[..at]);
                    self.group(*open, body, *close, indent, columns);
                }
                node => self.all(std::slice::from_ref(node), indent + INDENT),
            }
        }
    }

    fn group(
        &mut self,
        open: Leaf<'_>,
        body: &[Node<'_>],
        close: Leaf<'_>,
        indent: usize,
        columns: Option<usize>,
    ) {
        self.leaf(open, indent + INDENT);
        let behind = body
            .iter()
            .take_while(|node| is_trailing_comment(node))
            .count();
        let (comments, body) = body.split_at(behind);
        self.all(comments, indent + INDENT);
        let inner = indent + INDENT;
        // `dynamic([` and `])` stay together.
        if let (
            [],
            [
                Node::Group {
                    open,
                    body,
                    close: inner_close,
                },
            ],
        ) = (comments, body)
        {
            self.group(*open, body, *inner_close, indent, None);
            return self.leaf(close, indent);
        }
        if !body.is_empty() {
            self.new_line(inner, false);
            self.group_body(body, inner, columns);
        }
        self.new_line(indent, false);
        self.bare(close.text);
    }

    fn group_body(&mut self, body: &[Node<'_>], indent: usize, columns: Option<usize>) {
        let level = |kind| body.iter().any(|node: &Node<'_>| node.is(kind));
        if level(TokenKind::Pipe) || level(TokenKind::Semicolon) {
            return self.statements(body, indent);
        }
        let items: Vec<_> = split_after_commas(body).collect();
        let plain = |item: &&[Node<'_>]| width(item).is_some() && item.len() <= 2;
        if columns.is_none() && items.len() > 1 && items.iter().all(plain) {
            return self.filled(&items, indent);
        }
        let per_line = columns.unwrap_or(1);
        for (at, item) in items.iter().enumerate() {
            if at > 0 && at % per_line == 0 {
                self.new_line(indent, false);
            }
            match items.len() {
                1 => self.broken(item, indent, indent),
                _ => self.loose_item(item, indent),
            }
        }
    }

    fn loose_item(&mut self, item: &[Node<'_>], indent: usize) {
        match self.fits(item) {
            true => self.all(item, indent),
            false => self.loose(item, indent),
        }
    }

    /// As many items on a line as fit.
    fn filled(&mut self, items: &[&[Node<'_>]], indent: usize) {
        for (at, item) in items.iter().enumerate() {
            if at > 0 && !self.fits(item) {
                self.new_line(indent, false);
            }
            self.all(item, indent);
        }
    }

    // Writing.

    /// Nodes on one line, but for the comments among them.
    fn all(&mut self, nodes: &[Node<'_>], indent: usize) {
        for node in nodes {
            match node {
                Node::Leaf(leaf) => self.leaf(*leaf, indent),
                Node::Comment(comment) => self.comment(*comment, indent),
                Node::Group { open, body, close } => {
                    self.leaf(*open, indent);
                    self.all(body, indent);
                    self.leaf(*close, indent);
                }
            }
        }
    }

    fn leaf(&mut self, leaf: Leaf<'_>, indent: usize) {
        if self.break_next {
            self.new_line(indent, leaf.blank);
        } else if leaf.space && !self.at_line_start() {
            self.text.push(' ');
        }
        self.bare(leaf.text);
    }

    fn bare(&mut self, text: &str) {
        self.text.push_str(text);
        if let Some(at) = text.rfind('\n') {
            self.line_start = self.text.len() - text.len() + at + 1;
        }
    }

    fn comment(&mut self, comment: Comment<'_>, indent: usize) {
        if self.break_next || (comment.own_line && !self.at_line_start()) {
            self.new_line(indent, comment.blank);
        } else if !self.at_line_start() {
            self.text.push(' ');
        }
        self.text.push_str(comment.text);
        self.break_next = true;
    }

    fn new_line(&mut self, indent: usize, blank: bool) {
        self.trim();
        self.break_next = false;
        self.text.push_str(if blank { "\n\n" } else { "\n" });
        self.line_start = self.text.len();
        self.text.extend(std::iter::repeat_n(' ', indent));
    }

    fn trim(&mut self) {
        self.text.truncate(self.text.trim_end_matches(' ').len());
    }

    fn at_line_start(&self) -> bool {
        self.line().bytes().all(|byte| byte == b' ')
    }

    fn line(&self) -> &str {
        &self.text[self.line_start..]
    }

    fn fits(&self, nodes: &[Node<'_>]) -> bool {
        let used = match self.line() {
            _ if self.break_next => 0,
            // No need to count: a character has at most four bytes.
            line if line.len() > 4 * WIDTH => return false,
            line => line.chars().count() + 1,
        };
        width(nodes).is_some_and(|width| used + width <= WIDTH)
    }
}

/// Where an operator that does not fit is broken: after commas and before `by`, or before `and` and
/// `or`.
fn pieces<'n, 'a>(nodes: &'n [Node<'a>]) -> Vec<&'n [Node<'a>]> {
    if nodes.iter().any(|node| node.is(TokenKind::Comma)) {
        let items = split_after_commas(nodes);
        return items
            .flat_map(|item| split_before(item, |node| node.is_word(&["by"])))
            .collect();
    }
    split_before(nodes, |node| node.is_word(&["and", "or"])).collect()
}

/// How many columns a `datatable` has whose values come next.
fn datatable_columns(before: &[Node<'_>]) -> Option<usize> {
    let [.., keyword, Node::Group { body, .. }] = before else {
        return None;
    };
    let columns = body.iter().filter(|node| node.is(TokenKind::Colon)).count();
    keyword.is_word(&["datatable"]).then_some(columns.max(1))
}

/// Parts that end in a comma and the comments behind it.
fn split_after_commas<'n, 'a>(nodes: &'n [Node<'a>]) -> impl Iterator<Item = &'n [Node<'a>]> {
    let mut rest = nodes;
    std::iter::from_fn(move || {
        let comma = rest.iter().position(|node| node.is(TokenKind::Comma));
        let mut end = comma.map_or(rest.len(), |at| at + 1);
        end += rest[end..]
            .iter()
            .take_while(|node| is_trailing_comment(node))
            .count();
        let (part, after) = rest.split_at(end);
        rest = after;
        (!part.is_empty()).then_some(part)
    })
}

fn split_after<'n, 'a>(
    nodes: &'n [Node<'a>],
    is_end: impl Fn(&Node<'a>) -> bool,
) -> impl Iterator<Item = &'n [Node<'a>]> {
    nodes.split_inclusive(is_end)
}

fn split_before<'n, 'a>(
    nodes: &'n [Node<'a>],
    is_start: impl Fn(&Node<'a>) -> bool,
) -> impl Iterator<Item = &'n [Node<'a>]> {
    nodes.chunk_by(move |_, next| !is_start(next))
}

fn is_trailing_comment(node: &Node<'_>) -> bool {
    matches!(node, Node::Comment(comment) if !comment.own_line)
}

fn is_own_line_comment(node: &Node<'_>) -> bool {
    matches!(node, Node::Comment(comment) if comment.own_line)
}
