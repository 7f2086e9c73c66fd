//! Query text to tokens. Never fails: what it cannot read becomes a token that the parser reports
//! if it ever looks at it (within `datetime(…)` anything may stand).
//!
//! Keywords are not known here: nearly every word of KQL may also be a column's name, so the parser
//! decides by place. Comments and spacing are the gaps between the tokens.

use crate::span::Span;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    pub kind: TokenKind,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A word; may begin with digits (`4x4`) or `$`, which nothing else in it may be.
    Word,
    /// `!in`, `!has_cs`: the mark and the word glued together.
    BangWord,
    /// A whole number, decimal or `0x…`.
    Whole,
    Real,
    /// A number with a unit: `1d`, `2.5h`.
    TimeSpan,
    /// Any of `'…'`, `"…"`, `@'…'`, `h'…'`, triple backticks and triple tildes.
    String,
    UnterminatedString,
    Unknown,

    OpenParen,
    CloseParen,
    OpenBracket,
    CloseBracket,
    OpenBrace,
    CloseBrace,
    Comma,
    Semicolon,
    Colon,
    Dot,
    DotDot,
    Pipe,
    Assign,
    FatArrow,
    EqualEqual,
    NotEqual,
    EqualTilde,
    NotTilde,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Plus,
    Minus,
    Star,
    Slash,
    Percent,
    Tilde,
    /// The end of the text; always the last token.
    End,
}

/// The tokens of a text, `End` last.
pub fn lex(text: &str) -> Vec<Token> {
    let mut lexer = Lexer { text, at: 0 };
    let mut tokens = Vec::with_capacity(text.len() / 5 + 1);
    loop {
        lexer.skip_trivia();
        let start = lexer.at;
        let kind = lexer.token();
        tokens.push(Token {
            kind,
            span: Span::new(start, lexer.at),
        });
        if kind == TokenKind::End {
            return tokens;
        }
    }
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn starts_with(&self, prefix: &str) -> bool {
        self.rest().starts_with(prefix)
    }

    fn skip_while(&mut self, accept: impl Fn(char) -> bool) {
        let rest = self.rest();
        self.at += rest.find(|c| !accept(c)).unwrap_or(rest.len());
    }

    fn skip_trivia(&mut self) {
        loop {
            let before = self.at;
            self.skip_while(is_space);
            if self.starts_with("//") {
                self.skip_while(|c| c != '\n' && c != '\r');
            }
            if self.at == before {
                return;
            }
        }
    }

    fn token(&mut self) -> TokenKind {
        let Some(first) = self.peek() else {
            return TokenKind::End;
        };
        if let Some(kind) = self.string() {
            return kind;
        }
        if first.is_ascii_digit() {
            return self.number();
        }
        if is_word_start(first) {
            self.at += first.len_utf8();
            self.skip_while(is_word_continue);
            return TokenKind::Word;
        }
        if first == '!' && self.rest()[1..].starts_with(|c: char| c.is_ascii_alphabetic()) {
            self.at += 1;
            self.skip_while(is_word_continue);
            return TokenKind::BangWord;
        }
        for (text, kind) in PUNCTUATION {
            if self.starts_with(text) {
                self.at += text.len();
                return *kind;
            }
        }
        self.at += first.len_utf8();
        TokenKind::Unknown
    }

    /// A string in any of its forms, if one begins here.
    fn string(&mut self) -> Option<TokenKind> {
        let rest = self.rest();
        let hidden = rest.strip_prefix(['h', 'H']).unwrap_or(rest);
        let verbatim = hidden.strip_prefix('@');
        let body = verbatim.unwrap_or(hidden);
        for fence in ["```", "~~~"] {
            if verbatim.is_none() && body.starts_with(fence) {
                self.at = self.text.len() - body.len() + fence.len();
                return Some(match self.rest().find(fence) {
                    Some(end) => {
                        self.at += end + fence.len();
                        TokenKind::String
                    }
                    None => {
                        self.at = self.text.len();
                        TokenKind::UnterminatedString
                    }
                });
            }
        }
        let quote = body.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
        self.at = self.text.len() - body.len() + 1;
        Some(if verbatim.is_some() {
            self.verbatim(quote)
        } else {
            self.quoted(quote)
        })
    }

    /// After the opening quote of a string in which the quote is doubled to stand for itself.
    fn verbatim(&mut self, quote: char) -> TokenKind {
        loop {
            self.skip_while(|c| c != quote && c != '\n' && c != '\r');
            if self.peek() != Some(quote) {
                return TokenKind::UnterminatedString;
            }
            self.at += 1;
            if self.peek() != Some(quote) {
                return TokenKind::String;
            }
            self.at += 1;
        }
    }

    /// After the opening quote of a string with escapes.
    fn quoted(&mut self, quote: char) -> TokenKind {
        loop {
            self.skip_while(|c| c != quote && c != '\\' && c != '\n' && c != '\r');
            match self.peek() {
                Some('\\') => {
                    self.at += 1;
                    match self.peek() {
                        Some(c) if c != '\n' && c != '\r' => self.at += c.len_utf8(),
                        _ => return TokenKind::UnterminatedString,
                    }
                }
                Some(c) if c == quote => {
                    self.at += 1;
                    return TokenKind::String;
                }
                _ => return TokenKind::UnterminatedString,
            }
        }
    }

    /// A number, or a word that begins with digits.
    fn number(&mut self) -> TokenKind {
        let start = self.at;
        let hex = self
            .rest()
            .strip_prefix("0x")
            .or_else(|| self.rest().strip_prefix("0X"));
        if hex.is_some_and(|digits| digits.starts_with(|c: char| c.is_ascii_hexdigit())) {
            self.at += 2;
            self.skip_while(|c| c.is_ascii_hexdigit());
            return self.whole_or_word();
        }
        self.skip_while(|c| c.is_ascii_digit());
        let mut kind = TokenKind::Whole;
        let whole = self.at;
        if self.peek() == Some('.') && !self.starts_with("..") {
            self.at += 1;
            self.skip_while(|c| c.is_ascii_digit());
            kind = TokenKind::Real;
        }
        let exponent = self.exponent_len();
        if exponent > 0 {
            self.at += exponent;
            kind = TokenKind::Real;
        }
        let suffix = self.at;
        self.skip_while(is_word_continue);
        let unit = &self.text[suffix..self.at];
        if unit.is_empty() {
            return kind;
        }
        if exponent == 0 && is_time_unit(unit) {
            return TokenKind::TimeSpan;
        }
        if self.text[start..self.at].chars().all(is_word_continue) {
            return TokenKind::Word;
        }
        // `2.5x` is no number: a path from `2` to a name that begins with a digit.
        self.at = whole;
        TokenKind::Whole
    }

    fn whole_or_word(&mut self) -> TokenKind {
        if self.peek().is_some_and(is_word_continue) {
            self.skip_while(is_word_continue);
            return TokenKind::Word;
        }
        TokenKind::Whole
    }

    /// The length of `e5`, `E-3` here, or 0. `1e5x` is a word, but `1e-5x` could not be one.
    fn exponent_len(&self) -> usize {
        let Some(after) = self.rest().strip_prefix(['e', 'E']) else {
            return 0;
        };
        let digits = after.strip_prefix(['+', '-']).unwrap_or(after);
        let count = digits.bytes().take_while(u8::is_ascii_digit).count();
        let glued = digits[count..].starts_with(is_word_continue);
        if count == 0 || (glued && digits.len() == after.len()) {
            return 0;
        }
        1 + (after.len() - digits.len()) + count
    }
}

/// Longer ones first.
const PUNCTUATION: &[(&str, TokenKind)] = &[
    ("==", TokenKind::EqualEqual),
    ("=~", TokenKind::EqualTilde),
    ("=>", TokenKind::FatArrow),
    ("!=", TokenKind::NotEqual),
    ("<>", TokenKind::NotEqual),
    ("!~", TokenKind::NotTilde),
    ("<=", TokenKind::LessOrEqual),
    (">=", TokenKind::GreaterOrEqual),
    ("..", TokenKind::DotDot),
    ("(", TokenKind::OpenParen),
    (")", TokenKind::CloseParen),
    ("[", TokenKind::OpenBracket),
    ("]", TokenKind::CloseBracket),
    ("{", TokenKind::OpenBrace),
    ("}", TokenKind::CloseBrace),
    (",", TokenKind::Comma),
    (";", TokenKind::Semicolon),
    (":", TokenKind::Colon),
    (".", TokenKind::Dot),
    ("|", TokenKind::Pipe),
    ("=", TokenKind::Assign),
    ("<", TokenKind::Less),
    (">", TokenKind::Greater),
    ("+", TokenKind::Plus),
    ("-", TokenKind::Minus),
    ("*", TokenKind::Star),
    ("/", TokenKind::Slash),
    ("%", TokenKind::Percent),
    ("~", TokenKind::Tilde),
];

/// Whether a suffix makes a timespan of a number.
pub fn is_time_unit(unit: &str) -> bool {
    ticks_per_unit(unit).is_some()
}

/// How many ticks of 100 ns a unit has; a nanosecond has a hundredth.
pub fn ticks_per_unit(unit: &str) -> Option<f64> {
    Some(match unit {
        "d" | "day" | "days" => 864_000_000_000.0,
        "h" | "hr" | "hrs" | "hour" | "hours" => 36_000_000_000.0,
        "m" | "min" | "minute" | "minutes" => 600_000_000.0,
        "s" | "sec" | "second" | "seconds" => 10_000_000.0,
        "ms" | "milli" | "millis" | "millisecond" | "milliseconds" => 10_000.0,
        "micro" | "micros" | "microsecond" | "microseconds" => 10.0,
        "nano" | "nanos" | "nanosecond" | "nanoseconds" => 0.01,
        "tick" | "ticks" => 1.0,
        _ => return None,
    })
}

fn is_space(c: char) -> bool {
    // A byte order mark is no space to Unicode, but stands at the head of many files.
    c.is_whitespace() || c == '\u{feff}'
}

fn is_word_start(c: char) -> bool {
    c == '_' || c == '$' || unicode_ident::is_xid_start(c)
}

fn is_word_continue(c: char) -> bool {
    c == '_' || unicode_ident::is_xid_continue(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(TokenKind, &str)]) {
        let found: Vec<_> = lex(text)
            .into_iter()
            .filter(|token| token.kind != TokenKind::End)
            .map(|token| (token.kind, token.span.text(text)))
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn numbers_and_words_that_look_like_them() {
        use TokenKind::*;
        check(
            "1 0xfF 1.5 1. 1e5 1.e-3",
            &[
                (Whole, "1"),
                (Whole, "0xfF"),
                (Real, "1.5"),
                (Real, "1."),
                (Real, "1e5"),
                (Real, "1.e-3"),
            ],
        );
        check("1..5", &[(Whole, "1"), (DotDot, ".."), (Whole, "5")]);
        check(
            "1d 2.5h 3secs 4x4 1e5x",
            &[
                (TimeSpan, "1d"),
                (TimeSpan, "2.5h"),
                (Word, "3secs"),
                (Word, "4x4"),
                (Word, "1e5x"),
            ],
        );
    }

    #[test]
    fn strings() {
        use TokenKind::*;
        check(
            r#"'a\'b' "x" @'\' h@"y""z" H'q'"#,
            &[
                (String, r"'a\'b'"),
                (String, r#""x""#),
                (String, r"@'\'"),
                (String, r#"h@"y""z""#),
                (String, "H'q'"),
            ],
        );
        check("```a\n'b```", &[(String, "```a\n'b```")]);
        check("'a\nb", &[(UnterminatedString, "'a"), (Word, "b")]);
        check("'a\\", &[(UnterminatedString, "'a\\")]);
    }

    #[test]
    fn comments_are_gaps() {
        use TokenKind::*;
        check("a // b | c\n| d", &[(Word, "a"), (Pipe, "|"), (Word, "d")]);
        check("'http://x'", &[(String, "'http://x'")]);
    }

    #[test]
    fn negated_words() {
        use TokenKind::*;
        check(
            "a !in~ (b) !~ c != d",
            &[
                (Word, "a"),
                (BangWord, "!in"),
                (Tilde, "~"),
                (OpenParen, "("),
                (Word, "b"),
                (CloseParen, ")"),
                (NotTilde, "!~"),
                (Word, "c"),
                (NotEqual, "!="),
                (Word, "d"),
            ],
        );
    }
}
