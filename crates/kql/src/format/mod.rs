//! Query text in, the same query well laid out: one operator a line, comments kept.
//!
//! It works on the tokens, so nothing of the text is lost, and it only moves white space: before an
//! answer is given, its tokens are compared with those of the input. Formatting twice changes
//! nothing more.
//!
//! ```text
//! spacing  which tokens have a space between them on one line
//! tree     tokens and comments as a tree of bracket groups
//! layout   the tree on lines
//! ```

mod spacing;
mod tree;
mod layout;

use crate::diagnostic::{Diagnostic, Severity};
use crate::lexer::{Token, TokenKind, lex};
use crate::parse::literal::is_literal_type;
use crate::parse::parse;

/// Lays out a query. A query with errors is not touched: its diagnostics are returned.
pub fn format(text: &str) -> Result<String, Vec<Diagnostic>> {
    let (_, diagnostics) = parse(text);
    if diagnostics
        .iter()
        .any(|diagnostic| diagnostic.severity == Severity::Error)
    {
        return Err(diagnostics);
    }
    let tokens = lex(text);
    let nodes = tree::build(text, &with_whole_literals(text, &tokens));
    let formatted = layout::lay_out(&nodes);
    if same_tokens(text, &tokens, &formatted) && parse(&formatted).1.is_empty() {
        return Ok(formatted);
    }
    debug_assert!(
        false,
        "formatting must not change the tokens of:\n{text}\ninto\n{formatted}"
    );
    Ok(text.to_string())
}

/// Whether a text has the same tokens, joined where that matters.
fn same_tokens(before: &str, before_tokens: &[Token], after: &str) -> bool {
    let after_tokens = lex(after);
    before_tokens.len() == after_tokens.len()
        && (0..before_tokens.len()).all(|at| {
            let (a, b) = (before_tokens[at], after_tokens[at]);
            a.kind == b.kind
                && a.span.text(before) == b.span.text(after)
                && (!joins(before_tokens, at)
                    || glued(before_tokens, at) == glued(&after_tokens, at))
        })
}

/// Whether it matters if there is space before the token: `T*` is a name, `in~` an operator.
fn joins(tokens: &[Token], at: usize) -> bool {
    use TokenKind::*;
    let Some(before) = at.checked_sub(1).map(|before| tokens[before].kind) else {
        return false;
    };
    matches!(
        (before, tokens[at].kind),
        (_, Tilde) | (Word | Whole | TimeSpan | Star, Star) | (Star, Word | Whole | TimeSpan)
    )
}

/// Typed literals as one token each: within `datetime(2024-01-01)` a `-` is no operator.
fn with_whole_literals(text: &str, tokens: &[Token]) -> Vec<Token> {
    let mut whole: Vec<Token> = Vec::with_capacity(tokens.len());
    let mut tokens = tokens.iter().copied().peekable();
    while let Some(mut token) = tokens.next() {
        let opens = tokens
            .peek()
            .is_some_and(|next| next.kind == TokenKind::OpenParen);
        if token.kind == TokenKind::Word && opens && is_literal_type(token.span.text(text)) {
            for inner in tokens.by_ref() {
                token.span = token.span.to(inner.span);
                if inner.kind == TokenKind::CloseParen {
                    break;
                }
            }
        }
        whole.push(token);
    }
    whole
}

fn glued(tokens: &[Token], at: usize) -> bool {
    at > 0 && tokens[at].kind != TokenKind::End && tokens[at - 1].span.end == tokens[at].span.start
}
