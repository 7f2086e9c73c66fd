//! What may stand at a place of a query, and what a word of it means: for editors.
//!
//! In: text, a place in it, the tables there are. Out: completions, or a text about the word under the cursor.
//! The query is mostly broken while somebody types it, so only what stands before the place is looked at: the
//! statements that are complete, and the pipe that the cursor is in, up to its last `|`. Their columns are those that
//! the checker gives them, so an editor knows no column that the engine does not. Deliberately not here: ranking
//! by what has been typed; editors do that.

use crate::check::{CheckOptions, check};
use crate::diagnostic::Severity;
use crate::functions::{self, Function};
use crate::lexer::{Token, TokenKind, lex};
use crate::limits::COMPLETION_TRIES_MAX;
use crate::parse::OPERATOR_NAMES;
use crate::parse::parse;
use crate::schema::{Column, Schema};
use crate::span::Span;

/// What may stand in a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// Where the word begins that an item replaces, in bytes.
    pub from: usize,
    pub items: Vec<Item>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub label: String,
    pub kind: ItemKind,
    /// A type, a signature or a line of text; may be empty.
    pub detail: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemKind {
    Table,
    Column,
    Function,
    Operator,
    Keyword,
}

impl ItemKind {
    pub fn name(self) -> &'static str {
        match self {
            ItemKind::Table => "table",
            ItemKind::Column => "column",
            ItemKind::Function => "function",
            ItemKind::Operator => "operator",
            ItemKind::Keyword => "keyword",
        }
    }
}

/// What is said about a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hover {
    pub span: Span,
    pub text: String,
}

/// Words that begin a statement beside the names of tables.
const STATEMENTS: &[&str] = &[
    "let",
    "print",
    "range",
    "union",
    "search",
    "find",
    "datatable",
    "externaldata",
];
/// Words between operands, and those that operators read.
const WORDS: &[&str] = &[
    "and",
    "or",
    "by",
    "asc",
    "desc",
    "nulls last",
    "nulls first",
    "on",
    "with",
    "to",
    "in",
    "in~",
    "!in",
    "has",
    "!has",
    "has_cs",
    "has_any",
    "has_all",
    "hasprefix",
    "hassuffix",
    "contains",
    "!contains",
    "contains_cs",
    "startswith",
    "!startswith",
    "endswith",
    "!endswith",
    "matches regex",
    "between",
    "!between",
    "kind=inner",
    "kind=leftouter",
    "kind=leftanti",
    "kind=leftsemi",
    "kind=innerunique",
    "dynamic",
    "datetime",
    "timespan",
    "true",
    "false",
];

/// What may stand at a byte offset.
pub fn complete(text: &str, offset: usize, schema: &dyn Schema) -> Completion {
    let offset = at_a_boundary(text, offset);
    let (before, from) = before_the_word(text, offset);
    let tokens: Vec<Token> = lex(before)
        .into_iter()
        .filter(|token| token.kind != TokenKind::End)
        .collect();
    let items = match tokens.last().map(|token| token.kind) {
        // Inside a text nothing is offered.
        Some(TokenKind::UnterminatedString) => Vec::new(),
        None | Some(TokenKind::Semicolon) => beginnings(before, schema),
        Some(TokenKind::Pipe) => operators(),
        Some(_) => match columns_at(before, &tokens, schema) {
            Some(columns) => in_an_operator(&columns, before),
            None => beginnings(before, schema)
                .into_iter()
                .chain(functions())
                .collect(),
        },
    };
    Completion { from, items }
}

/// What the word at a byte offset means.
pub fn hover(text: &str, offset: usize, schema: &dyn Schema) -> Option<Hover> {
    let offset = at_a_boundary(text, offset);
    let token = lex(text).into_iter().find(|token| {
        let (start, end) = (token.span.start as usize, token.span.end as usize);
        token.kind == TokenKind::Word && start <= offset && offset <= end
    })?;
    let (start, end) = (token.span.start as usize, token.span.end as usize);
    let word = &text[start..end];
    let before = &text[..start];
    let tokens = lex(before);
    let columns = columns_at(before, &tokens, schema).unwrap_or_default();
    let column = columns.iter().find(|column| column.name == word);
    let is_call = text[end..].trim_start().starts_with('(');
    let said = match column {
        Some(column) if !is_call => Some(format!("{}: {}", column.name, column.ty.name())),
        _ => None,
    };
    let said = said.or_else(|| {
        let found = functions::scalar(word).or_else(|| functions::aggregate(word));
        found.map(described)
    });
    let said = said.or_else(|| {
        let columns = schema.table(word)?;
        let columns: Vec<String> = columns
            .iter()
            .map(|column| format!("{}: {}", column.name, column.ty.name()))
            .collect();
        Some(format!("table {word}\n{}", columns.join("\n")))
    });
    said.map(|text| Hover {
        span: token.span,
        text,
    })
}

fn described(function: &Function) -> String {
    let mut lines: Vec<String> = function.overloads.iter().map(ToString::to_string).collect();
    if !function.doc.is_empty() {
        lines.push(function.doc.to_owned());
    }
    if !function.implemented {
        lines.push("Keyline cannot run it yet".to_owned());
    }
    lines.join("\n")
}

/// The nearest place at or before an offset that is not inside a letter.
fn at_a_boundary(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

/// What stands before the word that ends at an offset, and where the word begins. A word may hold a hyphen, as
/// operators do, where it stands behind a `|`.
fn before_the_word(text: &str, offset: usize) -> (&str, usize) {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let begins = |is_part: &dyn Fn(char) -> bool| {
        let tail = text[..offset].char_indices().rev();
        let mut start = offset;
        for (at, c) in tail {
            if !is_part(c) {
                break;
            }
            start = at;
        }
        start
    };
    let long = begins(&is_part);
    let from = match text[..long].trim_end().ends_with('|') {
        true => long,
        false => begins(&|c| c != '-' && is_part(c)),
    };
    (&text[..from], from)
}

/// The columns of the pipe that a place is in, by what stands before its last `|`; nothing where it has none.
/// Where something is wrong there, by what stands before the operator that is wrong: its columns are the
/// likeliest.
fn columns_at(before: &str, tokens: &[Token], schema: &dyn Schema) -> Option<Vec<Column>> {
    let mut statements: Vec<&str> = Vec::new();
    // Where each open parenthesis begins a pipe, and where that pipe has its `|`.
    let mut pipes: Vec<(usize, Vec<usize>)> = vec![(0, Vec::new())];
    for token in tokens {
        let (start, end) = (token.span.start as usize, token.span.end as usize);
        match token.kind {
            TokenKind::OpenParen => pipes.push((end, Vec::new())),
            TokenKind::CloseParen if pipes.len() > 1 => {
                pipes.pop();
            }
            TokenKind::Pipe => {
                if let Some((_, bars)) = pipes.last_mut() {
                    bars.push(start);
                }
            }
            TokenKind::Semicolon if pipes.len() == 1 => {
                statements.push(&before[pipes[0].0..end]);
                pipes = vec![(end, Vec::new())];
            }
            _ => {}
        }
    }
    let innermost = pipes.into_iter().rev().find(|(_, bars)| !bars.is_empty());
    let (from, bars) = innermost?;
    let mut tries = COMPLETION_TRIES_MAX;
    let all = statements.concat();
    columns_before(&all, before, from, &bars, &mut tries, schema).or_else(|| {
        let whole = statements_that_are_right(&statements, &mut tries, schema);
        columns_before(&whole, before, from, &bars, &mut tries, schema)
    })
}

/// The columns before the last of the bars before which all is right.
fn columns_before(
    statements: &str,
    before: &str,
    from: usize,
    bars: &[usize],
    tries: &mut usize,
    schema: &dyn Schema,
) -> Option<Vec<Column>> {
    bars.iter().rev().find_map(|until| {
        let pipe = &before[from..*until];
        // `let x = T | where …`: the pipe begins behind the sign.
        let pipe = match pipe.trim_start().strip_prefix("let ") {
            Some(rest) => rest.split_once('=').map_or(rest, |(_, pipe)| pipe),
            None => pipe,
        };
        columns_of(&format!("{statements}{pipe}"), tries, schema)
    })
}

/// The statements without those in which something is wrong.
fn statements_that_are_right(
    statements: &[&str],
    tries: &mut usize,
    schema: &dyn Schema,
) -> String {
    let mut right = String::new();
    for statement in statements {
        if columns_of(&format!("{right}{statement}print 1"), tries, schema).is_some() {
            right.push_str(statement);
        }
    }
    right
}

/// The columns of a query, if nothing is wrong with it.
fn columns_of(text: &str, tries: &mut usize, schema: &dyn Schema) -> Option<Vec<Column>> {
    *tries = tries.checked_sub(1)?;
    let (query, found) = parse(text);
    if found.iter().any(|one| one.severity == Severity::Error) {
        return None;
    }
    let (checked, _) = check(&query, schema, &CheckOptions::default());
    checked.map(|checked| checked.root.columns.clone())
}

/// What a statement begins with.
fn beginnings(before: &str, schema: &dyn Schema) -> Vec<Item> {
    let mut tables = schema.table_names();
    tables.sort();
    let tables = tables.into_iter().map(|name| Item {
        label: name,
        kind: ItemKind::Table,
        detail: String::new(),
    });
    lets(before)
        .chain(tables)
        .chain(STATEMENTS.iter().map(|word| keyword(word)))
        .collect()
}

/// The names that complete `let` statements have given.
fn lets(before: &str) -> impl Iterator<Item = Item> {
    let tokens = lex(before);
    let ended = tokens
        .iter()
        .rposition(|token| token.kind == TokenKind::Semicolon)
        .unwrap_or_default();
    let words: Vec<&str> = tokens[..ended]
        .iter()
        .map(|token| &before[token.span.start as usize..token.span.end as usize])
        .collect();
    let names: Vec<String> = words
        .windows(3)
        .filter(|words| words[0] == "let" && words[2] == "=")
        .map(|words| words[1].to_owned())
        .collect();
    names.into_iter().map(|label| Item {
        label,
        kind: ItemKind::Table,
        detail: "let".to_owned(),
    })
}

fn operators() -> Vec<Item> {
    let shown = OPERATOR_NAMES.iter().filter(|name| !name.starts_with('_'));
    shown
        .map(|name| Item {
            label: (*name).to_owned(),
            kind: ItemKind::Operator,
            detail: String::new(),
        })
        .collect()
}

fn in_an_operator(columns: &[Column], before: &str) -> Vec<Item> {
    let columns = columns.iter().map(|column| Item {
        label: column.name.clone(),
        kind: ItemKind::Column,
        detail: column.ty.name().to_owned(),
    });
    columns
        .chain(functions())
        .chain(lets(before))
        .chain(WORDS.iter().map(|word| keyword(word)))
        .collect()
}

/// Every function that runs.
fn functions() -> impl Iterator<Item = Item> {
    let all = functions::scalars()
        .into_iter()
        .chain(functions::aggregates());
    let all = all.filter(|function| function.implemented);
    let items = all.map(|function| Item {
        label: function.name.to_owned(),
        kind: ItemKind::Function,
        detail: function
            .overloads
            .first()
            .map(ToString::to_string)
            .unwrap_or_default(),
    });
    items.collect::<Vec<_>>().into_iter()
}

fn keyword(word: &str) -> Item {
    Item {
        label: word.to_owned(),
        kind: ItemKind::Keyword,
        detail: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Type;

    struct Tables;

    impl Schema for Tables {
        fn table(&self, name: &str) -> Option<Vec<Column>> {
            let columns = || {
                vec![
                    Column::new("TimeGenerated", Type::DateTime),
                    Column::new("EventName", Type::String),
                    Column::new("Bytes", Type::Long),
                ]
            };
            (name == "AWSCloudTrail").then(columns)
        }

        fn table_names(&self) -> Vec<String> {
            vec!["AWSCloudTrail".to_owned()]
        }
    }

    /// What is offered at `^`, by kind: columns and tables whole, of the rest whether there is any.
    fn offered(text: &str) -> String {
        let at = text.find('^').expect("a cursor");
        let text = text.replace('^', "");
        let completion = complete(&text, at, &Tables);
        let of = |kind: ItemKind| {
            let items = completion.items.iter().filter(|item| item.kind == kind);
            items.map(|item| item.label.clone()).collect::<Vec<_>>()
        };
        let mut said = Vec::new();
        said.extend(of(ItemKind::Table));
        said.extend(of(ItemKind::Column));
        for (kind, name) in [
            (ItemKind::Function, "functions"),
            (ItemKind::Operator, "operators"),
        ] {
            if !of(kind).is_empty() {
                said.push(name.to_owned());
            }
        }
        format!("{}: {}", &text[completion.from..at], said.join(" "))
    }

    #[test]
    fn what_may_stand_where() {
        let columns = "TimeGenerated EventName Bytes functions";
        for (text, expected) in [
            ("^", ": AWSCloudTrail".to_owned()),
            ("AWS^", "AWS: AWSCloudTrail".to_owned()),
            ("AWSCloudTrail | ^", ": operators".to_owned()),
            (
                "AWSCloudTrail | project-a^",
                "project-a: operators".to_owned(),
            ),
            ("AWSCloudTrail | where Ev^", format!("Ev: {columns}")),
            ("AWSCloudTrail | where Bytes-By^", format!("By: {columns}")),
            (
                "AWSCloudTrail | summarize n = count() by EventName | where ^",
                ": EventName n functions".to_owned(),
            ),
            // A call's parenthesis begins no pipe.
            ("AWSCloudTrail | where isnotempty(^", format!(": {columns}")),
            // One inside a query does.
            (
                "AWSCloudTrail | join kind=inner (AWSCloudTrail | project EventName | where ^",
                ": EventName functions".to_owned(),
            ),
            (
                "let T = AWSCloudTrail | project Bytes; T | where ^",
                ": T Bytes functions".to_owned(),
            ),
            ("let T = AWSCloudTrail | where ^", format!(": {columns}")),
            ("let T = AWSCloudTrail; ^", ": T AWSCloudTrail".to_owned()),
            // Behind a mistake, the columns are those before it.
            (
                "AWSCloudTrail | project EventName | where Nothing == 1 | extend x = 1 | where ^",
                ": EventName functions".to_owned(),
            ),
            (
                "AWSCloudTrail | project Bytes | sumarize count() | where ^",
                ": Bytes functions".to_owned(),
            ),
            // So it is behind a statement that is wrong.
            (
                "let T = Nothing | take 1; let U = AWSCloudTrail | project Bytes; U | where ^",
                ": T U Bytes functions".to_owned(),
            ),
            ("Nothing | where ^", ": AWSCloudTrail functions".to_owned()),
            // What stands behind the cursor is no matter.
            (
                "AWSCloudTrail | where ^ == 'x' | nonsense",
                format!(": {columns}"),
            ),
            (
                "AWSCloudTrail | where EventName == \"As^",
                "As: ".to_owned(),
            ),
        ] {
            let offered = offered(text);
            // Names of `let`s stand with the tables, which come first.
            let offered = offered.replace(" T AWSCloudTrail TimeGenerated", " TimeGenerated");
            assert_eq!(offered, expected, "{text}");
        }
    }

    #[test]
    fn what_a_word_means() {
        for (text, expected) in [
            (
                "AWSCloudTrail | where Event^Name == ''",
                Some("EventName: string"),
            ),
            (
                "AWSCloudTrail | where strlen(EventNa^me) > 3",
                Some("EventName: string"),
            ),
            (
                "AWSCloudTrail | where ^strlen(EventName) > 3",
                Some("strlen("),
            ),
            (
                "AWSCloud^Trail | count",
                Some("table AWSCloudTrail\nTimeGenerated: datetime"),
            ),
            ("AWSCloudTrail | where Nothing^ == 1", None),
            ("", None),
        ] {
            let at = text.find('^').unwrap_or_default();
            let hover = hover(&text.replace('^', ""), at, &Tables);
            match (hover, expected) {
                (Some(hover), Some(expected)) => {
                    assert!(hover.text.starts_with(expected), "{text}: {}", hover.text);
                }
                (hover, expected) => assert_eq!(
                    hover.map(|one| one.text),
                    expected.map(str::to_owned),
                    "{text}"
                ),
            }
        }
    }

    #[test]
    fn no_text_and_no_place_breaks_it() {
        let text = "let é = AWSCloudTrail | where ((EventName has 'ü' | \u{0}); é | ";
        for offset in 0..=text.len() + 3 {
            complete(text, offset, &Tables);
            hover(text, offset, &Tables);
        }
    }
}
