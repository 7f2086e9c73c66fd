//! Tokens and comments as a tree of bracket groups.

use super::spacing;
use crate::lexer::{Token, TokenKind};

pub(super) enum Node<'a> {
    Leaf(Leaf<'a>),
    Group {
        open: Leaf<'a>,
        body: Vec<Node<'a>>,
        close: Leaf<'a>,
    },
    Comment(Comment<'a>),
}

/// A token.
#[derive(Clone, Copy)]
pub(super) struct Leaf<'a> {
    pub(super) kind: TokenKind,
    pub(super) text: &'a str,
    /// On one line, a space stands before it.
    pub(super) space: bool,
    /// An empty line stood before it.
    pub(super) blank: bool,
}

#[derive(Clone, Copy)]
pub(super) struct Comment<'a> {
    pub(super) text: &'a str,
    /// Nothing stood before it on its line.
    pub(super) own_line: bool,
    pub(super) blank: bool,
}

/// The tree of a text whose brackets match.
pub(super) fn build<'a>(text: &'a str, tokens: &[Token]) -> Vec<Node<'a>> {
    let spaces = spacing::spaces(text, tokens);
    let mut open: Vec<(Leaf<'a>, Vec<Node<'a>>)> = Vec::new();
    let mut nodes = Vec::new();
    let mut end = 0;
    for (token, space) in tokens.iter().zip(spaces) {
        let gap = &text[end..token.span.start as usize];
        let blank = comments(gap, end == 0, &mut nodes);
        let leaf = Leaf {
            kind: token.kind,
            text: token.span.text(text),
            space,
            blank,
        };
        end = token.span.end as usize;
        match token.kind {
            TokenKind::End => {}
            TokenKind::OpenParen | TokenKind::OpenBracket | TokenKind::OpenBrace => {
                open.push((leaf, std::mem::take(&mut nodes)));
            }
            TokenKind::CloseParen | TokenKind::CloseBracket | TokenKind::CloseBrace => {
                let Some((opening, outside)) = open.pop() else {
                    nodes.push(Node::Leaf(leaf));
                    continue;
                };
                let body = std::mem::replace(&mut nodes, outside);
                nodes.push(Node::Group {
                    open: opening,
                    body,
                    close: leaf,
                });
            }
            _ => nodes.push(Node::Leaf(leaf)),
        }
    }
    while let Some((opening, outside)) = open.pop() {
        let body = std::mem::replace(&mut nodes, outside);
        nodes.push(Node::Leaf(opening));
        nodes.extend(body);
    }
    nodes
}

/// Appends the comments between two tokens; returns whether an empty line is before the second.
fn comments<'a>(gap: &'a str, first: bool, nodes: &mut Vec<Node<'a>>) -> bool {
    let mut rest = gap;
    let mut own_line = first;
    loop {
        let Some(start) = rest.find("//") else {
            return rest.matches('\n').count() > usize::from(!own_line);
        };
        let lines = rest[..start].matches('\n').count();
        let blank = lines > usize::from(!own_line);
        own_line |= lines > 0;
        let comment = &rest[start..];
        let end = comment.find(['\n', '\r']).unwrap_or(comment.len());
        nodes.push(Node::Comment(Comment {
            text: comment[..end].trim_end(),
            own_line,
            blank,
        }));
        // The end of the comment's line is not an empty line.
        let after = &comment[end..];
        rest = after.strip_prefix('\r').unwrap_or(after);
        rest = rest.strip_prefix('\n').unwrap_or(rest);
        own_line = true;
    }
}

impl Node<'_> {
    pub(super) fn is(&self, kind: TokenKind) -> bool {
        matches!(self, Node::Leaf(leaf) if leaf.kind == kind)
    }

    pub(super) fn is_word(&self, words: &[&str]) -> bool {
        matches!(self, Node::Leaf(leaf) if leaf.kind == TokenKind::Word && words.contains(&leaf.text))
    }

    pub(super) fn blank(&self) -> bool {
        match self {
            Node::Leaf(leaf) | Node::Group { open: leaf, .. } => leaf.blank,
            Node::Comment(comment) => comment.blank,
        }
    }

    fn space(&self) -> bool {
        match self {
            Node::Leaf(leaf) | Node::Group { open: leaf, .. } => leaf.space,
            Node::Comment(_) => true,
        }
    }
}

/// How many characters nodes take on one line; `None` if they cannot stand on one.
pub(super) fn width(nodes: &[Node<'_>]) -> Option<usize> {
    let mut total = 0;
    for (at, node) in nodes.iter().enumerate() {
        total += usize::from(at > 0 && node.space());
        total += match node {
            Node::Comment(_) => return None,
            Node::Leaf(leaf) if leaf.text.contains('\n') => return None,
            Node::Leaf(leaf) => leaf.text.chars().count(),
            Node::Group { body, close, .. } => {
                // One operator a line: a pipe of two has at least two.
                let pipes = body.iter().filter(|node| node.is(TokenKind::Pipe)).count();
                if pipes > 1 || body.iter().any(|node| node.is(TokenKind::Semicolon)) {
                    return None;
                }
                let before = body.first().is_some_and(Node::space);
                width(body)? + 2 + usize::from(before) + usize::from(close.space)
            }
        };
    }
    Some(total)
}
