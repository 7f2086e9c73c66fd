//! Which tokens have a space before them when they follow another on the same line.
//!
//! Where KQL leaves a choice that tokens alone cannot judge (a call or a list after a word, a sign
//! or a difference, a wildcard or a product), the writer's choice stands.

use crate::lexer::{Token, TokenKind};
use crate::types::Type;

/// Stands for the head of an operator within the braces of a JSON object.
const JSON: &str = "{";

/// For each token whether a space stands before it.
pub(super) fn spaces(text: &str, tokens: &[Token]) -> Vec<bool> {
    // The word that began the operator around each bracket that is open.
    let mut heads: Vec<&str> = vec![""];
    let mut spaces = Vec::with_capacity(tokens.len());
    for (at, token) in tokens.iter().enumerate() {
        let head = heads.last().copied().unwrap_or("");
        spaces.push(at > 0 && space(text, tokens, at, head));
        match token.kind {
            TokenKind::OpenParen | TokenKind::OpenBracket | TokenKind::OpenBrace => {
                // `with (title='x')` is written like the parameters of an operator.
                let before = at.checked_sub(1).map(|before| tokens[before]);
                let with = before.is_some_and(|before| before.span.text(text) == "with");
                let json = token.kind == TokenKind::OpenBrace
                    && before.is_some_and(|before| {
                        use TokenKind::*;
                        matches!(before.kind, OpenParen | OpenBracket | Comma | Colon)
                    });
                heads.push(match (with, json) {
                    (true, _) => "with",
                    (_, true) => JSON,
                    _ => "",
                });
            }
            TokenKind::CloseParen | TokenKind::CloseBracket | TokenKind::CloseBrace => {
                heads.pop();
            }
            TokenKind::Pipe | TokenKind::Semicolon => set(&mut heads, ""),
            // `let x = union isfuzzy=true …`: what is bound may begin with an operator.
            TokenKind::Assign if head == "let" => set(&mut heads, ""),
            TokenKind::Word if head.is_empty() => {
                let end = operator_end(text, tokens, at);
                set(&mut heads, &text[token.span.start as usize..end]);
            }
            _ => {}
        }
    }
    spaces
}

fn set<'a>(heads: &mut [&'a str], head: &'a str) {
    if let Some(last) = heads.last_mut() {
        *last = head;
    }
}

/// Where `project-away` and the like end.
fn operator_end(text: &str, tokens: &[Token], at: usize) -> usize {
    let mut end = at;
    while end + 2 < tokens.len()
        && tokens[end + 1].kind == TokenKind::Minus
        && tokens[end + 2].kind == TokenKind::Word
        && glued(tokens, end + 1)
        && glued(tokens, end + 2)
        && is_hyphenated(&text[tokens[at].span.start as usize..tokens[end + 2].span.end as usize])
    {
        end += 2;
    }
    tokens[end].span.end as usize
}

/// Whether a text is a word with hyphens, or the beginning of one.
fn is_hyphenated(text: &str) -> bool {
    let others = [
        "granny-asc",
        "granny-desc",
        "project-smart",
        "partitioned-by",
    ];
    let mut words = crate::parse::OPERATOR_NAMES.iter().chain(&others);
    words.any(|word| word.starts_with(text))
}

fn glued(tokens: &[Token], at: usize) -> bool {
    tokens[at - 1].span.end == tokens[at].span.start
}

/// Whether a `-` stands within a word such as `mv-expand`.
fn within_word(text: &str, tokens: &[Token], minus: usize) -> bool {
    (1..=3).any(|back| {
        let Some(start) = minus.checked_sub(back) else {
            return false;
        };
        tokens[start].kind == TokenKind::Word
            && operator_end(text, tokens, start) > tokens[minus].span.start as usize
    })
}

fn space(text: &str, tokens: &[Token], at: usize, head: &str) -> bool {
    use TokenKind::*;
    let (before, here) = (tokens[at - 1], tokens[at]);
    let written = !glued(tokens, at);
    if head.starts_with("graph-") || head == "make-graph" {
        return written && !matches!(here.kind, Comma | Semicolon);
    }
    let word_before = before.span.text(text);
    match (before.kind, here.kind) {
        (_, Comma | Semicolon) => false,
        (Comma | Semicolon | Pipe, _) | (_, Pipe) => true,
        (OpenBrace, CloseBrace) => false,
        (OpenBrace, _) | (_, CloseBrace) => head != JSON,
        (OpenParen | OpenBracket, _) | (_, CloseParen | CloseBracket) => false,
        // `x.['a']` and `hint.strategy`; but `a.*` must stay as it is.
        (_, Dot) | (Dot, _) => false,
        (_, Tilde) => written,
        (Word | Whole | TimeSpan | Star, Star) | (Star, Word | Whole | TimeSpan) => written,
        (_, DotDot) => written || !glued(tokens, at + 1),
        (DotDot, _) => written || !glued(tokens, at - 1),
        (Word, Minus) if within_word(text, tokens, at) => false,
        (Minus, Word) if within_word(text, tokens, at - 1) => false,
        (_, Assign) | (Assign, _) => {
            let name = if here.kind == Assign {
                at - 1
            } else {
                at.saturating_sub(2)
            };
            !is_parameter(text, tokens, name, head)
        }
        (CloseParen, Colon) => true,
        (_, Colon) => false,
        (Colon, Word) => Type::from_name(here.span.text(text)).is_none(),
        (Colon, _) => true,
        (Word, OpenParen) => {
            let value =
                at > 2 && tokens[at - 2].kind == Assign && is_parameter(text, tokens, at - 3, head);
            written || value || TAKES_LIST.contains(&word_before)
        }
        (BangWord | Tilde, OpenParen) => true,
        (CloseParen | CloseBracket | String, OpenParen) => written,
        (Word | CloseParen | CloseBracket | String, OpenBracket) => written,
        (Minus | Plus, _) => !is_sign(text, tokens, at - 1),
        _ => true,
    }
}

/// Whether `name =` is a parameter of an operator, which is written without spaces.
fn is_parameter(text: &str, tokens: &[Token], name: usize, head: &str) -> bool {
    let word = tokens[name].span.text(text);
    let hint = name >= 2 && tokens[name - 1].kind == TokenKind::Dot;
    if head == "with" {
        return true;
    }
    let lists_names = ["extend", "project", "let", "print", "set", "project-rename"];
    !lists_names.contains(&head) && (hint || PARAMETERS.contains(&word))
}

/// Whether a `-` or `+` is a sign and no operator between two operands.
fn is_sign(text: &str, tokens: &[Token], at: usize) -> bool {
    use TokenKind::*;
    let Some(before) = at.checked_sub(1).map(|before| tokens[before]) else {
        return true;
    };
    match before.kind {
        Word => WANTS_OPERAND.contains(&before.span.text(text)),
        Whole | Real | TimeSpan | String | CloseParen | CloseBracket => false,
        _ => true,
    }
}

/// Words before a parenthesis that is not a call's.
const TAKES_LIST: &[&str] = &[
    "in",
    "has_any",
    "has_all",
    "between",
    "and",
    "or",
    "join",
    "lookup",
    "union",
    "on",
    "by",
    "where",
    "with",
    "as",
    "of",
    "to",
    "from",
    "step",
    "view",
    "partition",
    "fork",
    "facet",
    "extend",
    "project",
    "summarize",
    "print",
];

/// Words after which a `-` is a sign.
const WANTS_OPERAND: &[&str] = &[
    "and",
    "or",
    "by",
    "of",
    "to",
    "from",
    "step",
    "where",
    "filter",
    "extend",
    "project",
    "print",
    "summarize",
    "take",
    "limit",
    "top",
    "on",
    "has",
    "contains",
    "startswith",
    "endswith",
];

const PARAMETERS: &[&str] = &[
    "kind",
    "isfuzzy",
    "withsource",
    "with_source",
    "bagexpansion",
    "with_itemindex",
    "flags",
    "with_match_id",
    "decodeblocks",
    "output",
    "datascope",
    "default",
    "cycles",
];
