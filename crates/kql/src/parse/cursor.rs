//! The parser's place in the tokens: looking ahead, moving on, reporting, taking up again after an
//! error, and the two depth limits.

use crate::codes;
use crate::diagnostic::{Diagnostic, Severity};
use crate::habits;
use crate::lexer::{Token, TokenKind};
use crate::limits::{DIAGNOSTICS_MAX, EXPRESSION_HEIGHT_MAX, NESTING_MAX};
use crate::span::Span;

/// The problem has been reported; whoever gets this passes it on or takes up again.
#[derive(Debug)]
pub(crate) struct Reported;

pub(crate) type Parsed<T> = Result<T, Reported>;

pub(crate) struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    /// For each opening bracket the place of the closing one, otherwise 0.
    closes: Vec<u32>,
    at: usize,
    diagnostics: Vec<Diagnostic>,
    /// The token at which the last error was reported: a second one there would be noise.
    last_error_at: Option<usize>,
    /// Brackets opened and not yet closed.
    open: u32,
    nesting: u32,
    /// The greatest height among the expressions read since the innermost frame began.
    height: u32,
    /// How many brackets with an expression that could not be read there were.
    pub(super) unread: usize,
    /// How many operators have text behind them that belongs to nothing: a bracket around them ends before
    /// it.
    pub(super) fragments: usize,
    /// Whether the list of the operator that is being read was cut short.
    pub(super) cut: bool,
    /// Within the predicate of `search`, where `column : term` is a comparison.
    pub(super) in_search: bool,
}

/// Where to take up again, see [`Parser::recover`].
#[derive(Clone, Copy)]
pub(super) struct Anchor {
    open: u32,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str, tokens: Vec<Token>) -> Parser<'a> {
        Parser {
            text,
            closes: closing_brackets(&tokens),
            tokens,
            at: 0,
            diagnostics: Vec::new(),
            last_error_at: None,
            open: 0,
            nesting: 0,
            height: 0,
            unread: 0,
            fragments: 0,
            cut: false,
            in_search: false,
        }
    }

    pub(super) fn into_diagnostics(self) -> Vec<Diagnostic> {
        let mut diagnostics = self.diagnostics;
        diagnostics.sort_by_key(|diagnostic| diagnostic.primary.start);
        diagnostics
    }

    // Looking.

    pub(super) fn token(&self) -> Token {
        self.tokens[self.at]
    }

    pub(super) fn kind(&self) -> TokenKind {
        self.token().kind
    }

    pub(super) fn span(&self) -> Span {
        self.token().span
    }

    /// The token `ahead` further on; `End` beyond the end.
    pub(super) fn ahead(&self, ahead: usize) -> Token {
        self.tokens[(self.at + ahead).min(self.tokens.len() - 1)]
    }

    pub(super) fn text(&self, span: Span) -> &'a str {
        span.text(self.text)
    }

    /// The text of the token here if it is a word, otherwise the empty string.
    pub(super) fn word(&self) -> &'a str {
        self.word_ahead(0)
    }

    pub(super) fn word_ahead(&self, ahead: usize) -> &'a str {
        let token = self.ahead(ahead);
        if token.kind == TokenKind::Word {
            self.text(token.span)
        } else {
            ""
        }
    }

    /// The text of the query's first token.
    pub(super) fn first_word(&self) -> &'a str {
        self.text(self.tokens[0].span)
    }

    pub(super) fn at_kind(&self, kind: TokenKind) -> bool {
        self.kind() == kind
    }

    pub(super) fn at_word(&self, word: &str) -> bool {
        self.word() == word
    }

    /// Whether the token `ahead` further on directly follows the one before it, without space.
    pub(super) fn glued(&self, ahead: usize) -> bool {
        let token = self.ahead(ahead);
        self.at + ahead > 0
            && token.kind != TokenKind::End
            && self.tokens[self.at + ahead - 1].span.end == token.span.start
    }

    /// The end of what has been read so far.
    pub(super) fn previous_end(&self) -> Span {
        let end = if self.at == 0 {
            0
        } else {
            self.tokens[self.at - 1].span.end
        };
        Span { start: end, end }
    }

    /// Where the token before this one stands.
    pub(super) fn previous(&self) -> Span {
        self.tokens[self.at.saturating_sub(1)].span
    }

    /// From `start` to the end of what has been read.
    pub(super) fn since(&self, start: Span) -> Span {
        Span {
            start: start.start,
            end: self.previous_end().end.max(start.start),
        }
    }

    /// The place in the tokens: equal places mean that nothing was read between.
    pub(super) fn place(&self) -> usize {
        self.at
    }

    /// How many tokens further on the bracket that opens `ahead` of here is closed.
    pub(super) fn matching_close(&self, ahead: usize) -> Option<usize> {
        let close = *self.closes.get(self.at + ahead)?;
        (close != 0).then(|| close as usize - self.at)
    }

    // Moving.

    pub(super) fn bump(&mut self) -> Token {
        let token = self.token();
        match token.kind {
            TokenKind::OpenParen | TokenKind::OpenBracket | TokenKind::OpenBrace => self.open += 1,
            TokenKind::CloseParen | TokenKind::CloseBracket | TokenKind::CloseBrace => {
                self.open = self.open.saturating_sub(1);
            }
            _ => {}
        }
        if token.kind != TokenKind::End {
            self.at += 1;
        }
        token
    }

    pub(super) fn eat(&mut self, kind: TokenKind) -> Option<Span> {
        self.at_kind(kind).then(|| self.bump().span)
    }

    pub(super) fn eat_word(&mut self, word: &str) -> Option<Span> {
        self.at_word(word).then(|| self.bump().span)
    }

    pub(super) fn expect(&mut self, kind: TokenKind) -> Parsed<Span> {
        match self.eat(kind) {
            Some(span) => Ok(span),
            None => Err(self.expected(kind.describe())),
        }
    }

    pub(super) fn expect_word(&mut self, word: &str) -> Parsed<Span> {
        match self.eat_word(word) {
            Some(span) => Ok(span),
            None => Err(self.expected(&format!("`{word}`"))),
        }
    }

    /// The closing bracket of the one at `open`, after a list.
    pub(super) fn close(&mut self, kind: TokenKind, open: Span) -> Parsed<Span> {
        if let Some(span) = self.eat(kind) {
            return Ok(span);
        }
        let what = kind.describe();
        if matches!(self.kind(), TokenKind::End | TokenKind::Semicolon) {
            let primary = self.span();
            self.report(Diagnostic {
                label: format!("expected {what}"),
                labels: vec![(open, "opened here".to_string())],
                ..error(
                    codes::UNCLOSED,
                    format!("bracket is not closed: expected {what}"),
                    primary,
                )
            });
            return Err(Reported);
        }
        Err(self.expected(&format!("`,` or {what}")))
    }

    // Reporting.

    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        let repeated = self.last_error_at == Some(self.at);
        self.last_error_at = Some(self.at);
        // One more than the limit, so that the caller knows that there were more.
        if !repeated && self.diagnostics.len() <= DIAGNOSTICS_MAX {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Says something of another place than here.
    pub(super) fn report_elsewhere(&mut self, diagnostic: Diagnostic) {
        if self.diagnostics.len() <= DIAGNOSTICS_MAX {
            self.diagnostics.push(diagnostic);
        }
    }

    /// What was said last is wrong with all that was read since `start`.
    pub(super) fn widened_to(&mut self, start: Span) -> Reported {
        if let Some(last) = self.diagnostics.last_mut() {
            last.primary = start.to(last.primary);
        }
        Reported
    }

    /// What was said last is said of the place where the thing began that is wrong.
    pub(super) fn blame(&mut self, start: Span) {
        if let Some(last) = self
            .diagnostics
            .last_mut()
            .filter(|last| last.primary.start >= start.start)
        {
            last.primary = start;
        }
    }

    /// How much has been said.
    pub(super) fn said(&self) -> usize {
        self.diagnostics.len()
    }

    /// What is wrong here has been said.
    pub(super) fn quiet_here(&mut self) {
        self.last_error_at = Some(self.at);
    }

    /// "expected …, found …" at the token here, with the help that fits the place.
    pub(super) fn expected_with(&mut self, what: &str, help: &str) -> Reported {
        self.expected_or(what, Some(help.to_string()))
    }

    /// "expected …, found …" at the token here.
    pub(super) fn expected(&mut self, what: &str) -> Reported {
        self.expected_or(what, None)
    }

    fn expected_or(&mut self, what: &str, help: Option<String>) -> Reported {
        let token = self.token();
        let found = self.found();
        let diagnostic = match token.kind {
            TokenKind::Unknown => self.unknown_character(),
            TokenKind::UnterminatedString => self.unterminated(),
            _ => Diagnostic {
                label: format!("expected {what}"),
                help: help.or_else(|| self.help()),
                ..error(
                    codes::UNEXPECTED,
                    format!("expected {what}, found {found}"),
                    token.span,
                )
            },
        };
        self.report(diagnostic);
        Reported
    }

    /// What stands here, for a message.
    pub(super) fn found(&self) -> String {
        match self.kind() {
            TokenKind::End => "the end of the query".to_string(),
            TokenKind::String => "a string".to_string(),
            _ => self.found_text(self.span()),
        }
    }

    /// A piece of the query for a message, at most 40 characters of it.
    pub(super) fn found_text(&self, span: Span) -> String {
        let text = self.text(span);
        match text.char_indices().nth(40) {
            Some((end, _)) => format!("`{}…`", &text[..end]),
            None => format!("`{text}`"),
        }
    }

    /// `where a = 1` is the commonest slip of all, and has a message of its own.
    pub(super) fn no_assignment(&mut self, before: &crate::syntax::Expr) -> Parsed<()> {
        if !self.at_kind(TokenKind::Assign) {
            return Ok(());
        }
        // Of a name, all that stands before the `=` is one with it.
        let (primary, fix) = match before.kind {
            crate::syntax::ExprKind::Name(_) => (
                before.span.to(self.span()),
                format!("{} ==", self.text(before.span)),
            ),
            _ => (self.span(), "==".to_string()),
        };
        self.report(Diagnostic {
            label: "this gives a name".to_string(),
            labels: vec![(before.span, "compared with what follows?".to_string())],
            help: Some("to compare, write `==`, or `=~` regardless of case".to_string()),
            fix: Some(fix),
            ..error(
                codes::ASSIGNMENT_FOR_EQUALITY,
                "expected a comparison, found `=`".to_string(),
                primary,
            )
        });
        Err(Reported)
    }

    /// A hint for mistakes that are often made at such a place.
    pub(super) fn help(&self) -> Option<String> {
        let word = self.word();
        let lower = word.to_ascii_lowercase();
        if lower != word && KEYWORDS.contains(&lower.as_str()) {
            return Some(format!("keywords are in lower case: `{lower}`"));
        }
        let before = match self.at {
            0 => "",
            at => self.text(self.tokens[at - 1].span),
        };
        if matches!(before, "in" | "!in" | "~" | "has_any" | "has_all") {
            let operator = if before == "~" { "in~" } else { before };
            return Some(format!(
                "the items stand in parentheses: `{operator} (1, 2)`"
            ));
        }
        if before == "between" || before == "!between" {
            return Some("the bounds stand in parentheses: `between (1 .. 2)`".to_string());
        }
        if self.at_kind(TokenKind::Assign) {
            return Some("to compare, write `==`".to_string());
        }
        let unit = match before.ends_with(|c: char| c.is_ascii_digit()) {
            true => habits::unit(word),
            false => None,
        };
        if let Some(help) = unit.or_else(|| habits::after_operand(word)) {
            return Some(help.to_string());
        }
        // `10.0.0.1` is read as a number, and then makes no sense.
        if before == "." && self.at_kind(TokenKind::Real) {
            return Some("an address is a text, in quotes: `'192.0.2.1'`".to_string());
        }
        if let Some(help) = self.forgotten_call(before) {
            return Some(help);
        }
        if self.at > 0 && super::OPERATOR_NAMES.contains(&word) {
            return Some(format!("operators are joined by `|`: `| {word}`"));
        }
        None
    }

    fn unknown_character(&self) -> Diagnostic {
        let text = self.text(self.span());
        let help = habits::character(text).map(str::to_string);
        let message = format!("unknown character `{}`", text.escape_debug());
        Diagnostic {
            help,
            ..error(codes::UNKNOWN_CHARACTER, message, self.span())
        }
    }

    pub(super) fn unterminated(&self) -> Diagnostic {
        let text = self.text(self.span());
        let quote = text
            .trim_start_matches(['h', 'H', '@'])
            .chars()
            .next()
            .unwrap_or('\'');
        Diagnostic {
            label: "begins here".to_string(),
            help: Some("text over several lines is written between triple backticks".to_string()),
            ..error(
                codes::UNTERMINATED_STRING,
                format!("expected `{quote}` at the end of the string, found the end of the line"),
                self.span(),
            )
        }
    }

    // Taking up again.

    pub(super) fn anchor(&self) -> Anchor {
        Anchor { open: self.open }
    }

    pub(super) fn is_within_brackets(&self) -> bool {
        self.open > 0
    }

    /// Leaves brackets that were never closed.
    pub(super) fn step_out(&mut self, anchor: Anchor) {
        self.open = anchor.open;
        self.quiet_here();
    }

    /// Skips to the next `|`, `;` or closing bracket that belongs to the text in which `anchor` was
    /// taken.
    pub(super) fn recover(&mut self, anchor: Anchor) {
        loop {
            match self.kind() {
                TokenKind::End => return,
                TokenKind::Pipe | TokenKind::Semicolon => {
                    self.open = anchor.open;
                    return;
                }
                TokenKind::CloseParen | TokenKind::CloseBracket | TokenKind::CloseBrace
                    if self.open <= anchor.open =>
                {
                    return;
                }
                _ => {
                    self.bump();
                }
            }
        }
    }

    /// Passes over text, brackets in pairs, up to `;`, a closing bracket or one of `stops`.
    pub(super) fn skip_balanced(&mut self, stops: &[TokenKind]) {
        loop {
            match self.kind() {
                TokenKind::OpenParen | TokenKind::OpenBracket | TokenKind::OpenBrace => {
                    let Some(close) = self.matching_close(0) else {
                        return;
                    };
                    for _ in 0..=close {
                        self.bump();
                    }
                }
                TokenKind::Semicolon
                | TokenKind::CloseParen
                | TokenKind::CloseBracket
                | TokenKind::CloseBrace
                | TokenKind::End => return,
                kind if stops.contains(&kind) => return,
                _ => {
                    self.bump();
                }
            }
        }
    }

    // Depth.

    /// Runs a parsing function one level deeper.
    pub(super) fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.nesting >= NESTING_MAX {
            return Err(self.too_deep("parentheses, calls or subqueries are nested too deeply"));
        }
        self.nesting += 1;
        let result = parse(self);
        self.nesting -= 1;
        result
    }

    /// Runs a function that reads one expression: its height counts from zero, and then together
    /// with those of its siblings.
    pub(super) fn measured<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        let siblings = std::mem::take(&mut self.height);
        let result = parse(self);
        self.height = self.height.max(siblings);
        result
    }

    /// The expression being read has got `levels` more above all that was read of it.
    pub(super) fn grow(&mut self, levels: u32) -> Parsed<()> {
        self.height += levels;
        if self.height > EXPRESSION_HEIGHT_MAX {
            return Err(self.too_deep(&format!(
                "the expression has more than {EXPRESSION_HEIGHT_MAX} operations on each other"
            )));
        }
        Ok(())
    }

    fn too_deep(&mut self, message: &str) -> Reported {
        let primary = self.span();
        self.report(Diagnostic {
            help: Some("split it with `let` or `extend`".to_string()),
            ..error(codes::TOO_DEEP, message.to_string(), primary)
        });
        // What follows would run into the limit again and again.
        while self.kind() != TokenKind::End {
            self.bump();
        }
        self.last_error_at = Some(self.at);
        Reported
    }
}

fn closing_brackets(tokens: &[Token]) -> Vec<u32> {
    let mut closes = vec![0; tokens.len()];
    let mut open = Vec::new();
    for (place, token) in tokens.iter().enumerate() {
        match token.kind {
            TokenKind::OpenParen | TokenKind::OpenBracket | TokenKind::OpenBrace => {
                open.push(place);
            }
            TokenKind::CloseParen | TokenKind::CloseBracket | TokenKind::CloseBrace => {
                if let Some(partner) = open.pop() {
                    closes[partner] = place as u32;
                }
            }
            _ => {}
        }
    }
    closes
}

pub(super) fn error(code: &'static str, message: String, primary: Span) -> Diagnostic {
    Diagnostic {
        code,
        severity: Severity::Error,
        message,
        primary,
        label: String::new(),
        labels: Vec::new(),
        help: None,
        fix: None,
    }
}

/// Words that people write in upper case.
const KEYWORDS: &[&str] = &[
    "and",
    "or",
    "not",
    "in",
    "between",
    "has",
    "contains",
    "startswith",
    "endswith",
    "by",
    "on",
    "asc",
    "desc",
    "with",
    "to",
    "from",
    "step",
    "let",
    "matches",
    "regex",
    "of",
    "as",
];

impl TokenKind {
    /// The token's name in a message.
    pub(super) fn describe(self) -> &'static str {
        match self {
            TokenKind::OpenParen => "`(`",
            TokenKind::CloseParen => "`)`",
            TokenKind::OpenBracket => "`[`",
            TokenKind::CloseBracket => "`]`",
            TokenKind::OpenBrace => "`{`",
            TokenKind::CloseBrace => "`}`",
            TokenKind::Comma => "`,`",
            TokenKind::Semicolon => "`;`",
            TokenKind::Colon => "`:`",
            TokenKind::DotDot => "`..`",
            TokenKind::Assign => "`=`",
            TokenKind::FatArrow => "`=>`",
            TokenKind::Greater => "`>`",
            TokenKind::Minus => "`-`",
            TokenKind::String => "a string",
            TokenKind::Word => "a name",
            TokenKind::Whole => "a whole number",
            TokenKind::End => "the end of the query",
            _ => "something else",
        }
    }
}
