//! A query made wrong, as a slip of the pen would.

use keyline_kql::lexer::{Token, TokenKind, lex};

use super::chance::Chance;

/// The query with one or two things changed after the prelude; it may still be right.
pub fn mutate(text: &str, from: usize, seed: u64) -> String {
    let mut chance = Chance::new(seed ^ 0x5eed);
    let mut text = text.to_string();
    for _ in 0..=chance.below(2) {
        text = once(&text, from, &mut chance);
    }
    text
}

/// What gets between the words.
const ODD: [&str; 9] = ["(", ")", ",", "|", "==", "'a'", "nosuch", "nosuch(1)", ";"];

const LITERALS: [&str; 9] = [
    "datetime", "timespan", "guid", "decimal", "real", "int", "long", "dynamic", "bool",
];

fn once(text: &str, from: usize, chance: &mut Chance) -> String {
    // What stands in literals of dates and the like is not looked at by the binder.
    let mut inside = false;
    let mut before = String::new();
    let outside = |token: &Token| {
        let word = &text[token.span.start as usize..token.span.end as usize];
        match token.kind {
            TokenKind::OpenParen if LITERALS.contains(&before.as_str()) => inside = true,
            TokenKind::CloseParen if inside => {
                inside = false;
                return false;
            }
            _ => {}
        }
        before = word.to_string();
        !inside
    };
    let mut outside = outside;
    let found: Vec<(usize, usize, bool, bool)> = lex(text)
        .into_iter()
        .filter(|token| outside(token))
        .filter(|token| token.kind != TokenKind::End && token.span.start as usize >= from)
        .map(|token| {
            let word = token.kind == TokenKind::Word;
            let number =
                text[token.span.start as usize..].starts_with(|c: char| c.is_ascii_digit());
            (
                token.span.start as usize,
                token.span.end as usize,
                word,
                number,
            )
        })
        .collect();
    if found.len() < 3 {
        return text.to_string();
    }
    let (start, end, word, number) = *chance.one_of(&found);
    let token = &text[start..end];
    let put = |new: &str| format!("{}{new}{}", &text[..start], &text[end..]);
    match chance.below(8) {
        0 => put(""),
        1 => put(&format!("{token} {token}")),
        2 if word => put(&format!("{token}q")),
        3 if word && token.len() > 2 => put(&token[..token.len() - 1]),
        4 if number => put("'one'"),
        4 => put("42"),
        5 => put(ODD[chance.below(ODD.len())]),
        6 => put(&format!(
            "{token}{}",
            chance.one_of(&[" ,", " )", " nosuch", " 1", " |"])
        )),
        _ => {
            let (other, other_end, _, _) = *chance.one_of(&found);
            let other = text[other..other_end].to_string();
            put(&other)
        }
    }
}
