//! Slips whose meaning is plain: what to write is said with the words of the query, and the rest is read
//! as if it had been written.

use super::cursor::error;
use super::{OPERATOR_NAMES, Parsed, Parser, reserved};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::functions;
use crate::lexer::TokenKind;
use crate::span::Span;
use crate::syntax::{
    Argument, Call, Expr, ExprKind, FunctionBody, LetValue, Name, Operator, OperatorKind,
    Statement, StatementKind, UnaryOp,
};

/// Words that may follow a column's name.
const AFTER_A_NAME: [&str; 12] = [
    "asc", "desc", "nulls", "granny", "by", "on", "of", "with", "from", "to", "step", "in",
];

impl Parser<'_> {
    /// Whether what `not` is to turn round follows it without parentheses.
    pub(super) fn at_operand_of(&self, name: &Name) -> bool {
        let word = self.word();
        name.text == "not"
            && self.at_operand()
            && !matches!(
                self.kind(),
                TokenKind::OpenParen | TokenKind::OpenBracket | TokenKind::BangWord
            )
            && !self.is_infix()
            && !AFTER_A_NAME.contains(&word)
            && !OPERATOR_NAMES.contains(&word)
    }

    /// `not a == 1`, read as `not(a == 1)`.
    pub(super) fn not_without_parentheses(&mut self, name: Name) -> Parsed<Expr> {
        let (found, start) = (self.found(), self.span());
        let operand = self.comparison();
        let inner = self.text(self.since(start));
        let whole = self.since(name.span);
        let short = inner.len() <= LONGEST;
        self.report_elsewhere(Diagnostic {
            label: "a function wants its argument in parentheses".to_string(),
            help: Some(format!(
                "`not` is a function: write `not({})`",
                if short { inner } else { "…" }
            )),
            fix: (operand.is_ok() && short).then(|| format!("not({inner})")),
            ..error(
                codes::UNEXPECTED,
                format!("expected `(` after `not`, found {found}"),
                whole,
            )
        });
        let argument = Argument {
            name: None,
            value: operand?,
        };
        self.grow(1)?;
        Ok(Expr {
            kind: ExprKind::Call(Call {
                name,
                args: vec![argument],
                unread: false,
                span: whole,
            }),
            span: whole,
        })
    }

    /// `let f(a: long) = { … }`, read as `let f = (a: long) { … }`.
    pub(super) fn function_without_equals(&mut self, name: &Name) -> Parsed<LetValue> {
        let open = self.span();
        let close = self.matching_close(0);
        let end = close.map_or(open, |close| self.ahead(close).span);
        let params = self.text(open.to(end));
        let after = close.map(|close| self.ahead(close + 1));
        let assigned = after.is_some_and(|token| token.kind == TokenKind::Assign);
        let body = close.map(|close| self.ahead(close + 1 + usize::from(assigned)).kind);
        let primary = match after.filter(|_| assigned) {
            Some(assign) => open.to(assign.span),
            None => open.to(end),
        };
        let short = close.is_some() && params.len() <= LONGEST;
        let shown = if short { params } else { "(a: long)" };
        let mended = short && body == Some(TokenKind::OpenBrace);
        self.report(Diagnostic {
            label: "the parameters belong behind the `=`".to_string(),
            help: Some(format!(
                "a function is written `let {} = {shown} {{ … }}`",
                name.text
            )),
            fix: mended.then(|| format!("= {params}")),
            ..error(
                codes::UNEXPECTED,
                format!("expected `=` after `{}`, found `(`", name.text),
                primary,
            )
        });
        let params = self.params()?;
        self.eat(TokenKind::Assign);
        let statements = match self.at_kind(TokenKind::OpenBrace) {
            true => self.body()?,
            false => {
                let query = self.tabular()?;
                vec![Statement {
                    span: query.span,
                    kind: StatementKind::Query(query),
                }]
            }
        };
        Ok(LetValue::Function(FunctionBody {
            view: false,
            params,
            statements,
            span: self.since(open),
        }))
    }

    /// Whether an operand may begin here.
    pub(super) fn at_operand(&self) -> bool {
        if self.at_kind(TokenKind::Word) {
            if self.at_hyphened_operator() {
                return false;
            }
            let word = self.word();
            let call = self.ahead(1).kind == TokenKind::OpenParen;
            let next = self.ahead(1);
            // A keyword that can only be meant as a name.
            let name = word != "dynamic" && next.kind != TokenKind::Pipe;
            return call
                || !reserved::cannot_be_used(word)
                || name && reserved::is_name_before(next.kind, self.word_ahead(1));
        }
        matches!(
            self.kind(),
            TokenKind::String
                | TokenKind::Whole
                | TokenKind::Real
                | TokenKind::TimeSpan
                | TokenKind::OpenParen
                | TokenKind::OpenBracket
        )
    }

    /// What stands in brackets and is no name has been reported; it is read like the index that it would
    /// be elsewhere, so that what follows it can be read.
    pub(super) fn bracketed_value(
        &mut self,
        open: Span,
        reported: super::Reported,
    ) -> Parsed<Expr> {
        if !self.at_operand() {
            return Err(reported);
        }
        let outside = self.anchor();
        let read = self.expr();
        if self.eat(TokenKind::CloseBracket).is_none() {
            if read.is_ok() {
                self.expected("`]`");
            }
            self.step_out(outside);
        }
        // One value, whatever it is: how many there are around it is known.
        let span = self.since(open);
        let operand = Box::new(Expr {
            kind: ExprKind::Error,
            span,
        });
        let op = UnaryOp::Plus;
        Ok(Expr {
            kind: ExprKind::Unary { op, operand },
            span,
        })
    }

    /// Reports a star behind `(` of which nothing is said, as `* has 'x'` does: it multiplies, between two
    /// values that are missing, and the bracket is not closed before it.
    pub(super) fn star_in_parentheses(&mut self) -> bool {
        let compared = match self.ahead(1).kind {
            TokenKind::Word => reserved::stands_behind_values(self.word_ahead(1)),
            kind => reserved::compares(kind),
        };
        let star = self.at_kind(TokenKind::Star) && !compared;
        if star {
            self.expected("an expression");
        }
        star
    }

    /// `x.title`: what stands behind the dot is a keyword, and can only be meant as a name.
    pub(super) fn keyword_after_dot(&mut self) {
        let (word, place) = (self.word(), self.span());
        self.report(Diagnostic {
            help: Some(format!("write `['{word}']` behind the dot")),
            fix: Some(format!("['{word}']")),
            ..error(
                codes::RESERVED_WORD,
                format!("expected a name after `.`, found the keyword `{word}`"),
                place,
            )
        });
    }

    /// A further item of an operator's list, where a comma is missing, or a name behind its value.
    pub(super) fn report_after_item(&mut self, operator: &Operator) {
        let (before, here) = (self.previous(), self.span());
        let usual = self.help();
        let mut fix = None;
        let help = if self.at_word("as") {
            let (old, new) = (self.text(before), self.word_ahead(1));
            Some(match old.ends_with(|c: char| c.is_alphanumeric()) {
                _ if new.is_empty() => "a column is named in front: `name = value`".to_string(),
                true => format!("a column is named in front: `{new} = {old}`"),
                false => format!("a column is named in front: `{new} = …`"),
            })
        } else if usual.is_some() || !self.at_operand() {
            usual
        } else {
            fix = Some(format!(", {}", self.text(here)));
            let word = |place: Span| self.text(place).starts_with(|c: char| c.is_alphabetic());
            let named = matches!(
                operator.kind,
                OperatorKind::Project { .. } | OperatorKind::Extend { .. }
            );
            let both = word(before) && word(here) && here.len() + before.len() <= LONGEST;
            let (a, b) = (self.text(before), self.text(here));
            Some(match both {
                true if named => {
                    format!("for two columns write `{a}, {b}`, for a new name `{b} = {a}`")
                }
                true => format!("a comma stands between two of them: `{a}, {b}`"),
                false => "a comma stands before a further one".to_string(),
            })
        };
        let found = self.found();
        self.report(Diagnostic {
            label: "expected `,`, `|` or `;` before this".to_string(),
            help,
            fix,
            ..error(
                codes::UNEXPECTED,
                format!("expected `,`, `|` or `;`, found {found}"),
                here,
            )
        });
    }

    /// What is to be said of a function's name after which something else than `(` stands.
    pub(super) fn forgotten_call(&self, name: &str) -> Option<String> {
        let known = functions::scalar(name).is_some() || functions::aggregate(name).is_some();
        let operand = self.at_operand() && !OPERATOR_NAMES.contains(&self.word());
        (known && operand && !self.at_kind(TokenKind::OpenParen))
            .then(|| format!("`{name}` is a function: `{name}(…)`"))
    }
}

/// Bytes of the query that are repeated in a message.
const LONGEST: usize = 60;
