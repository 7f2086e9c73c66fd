//! Binary operators, by precedence.
//!
//! From loose to tight: `or`, `and`, equality (with `in` and `between`), order, `+ -`, `* / %`,
//! string operators (`has`, `contains`, `=~` …), sign. Comparisons of any kind do not chain.

use super::cursor::error;
use super::{Parsed, Parser};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::lexer::TokenKind;
use crate::span::Span;
use crate::syntax::{BinaryOp, Expr, ExprKind, ListOp};

/// How tightly an operator binds; higher is tighter.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    Or,
    And,
    Equality,
    Order,
    Sum,
    Product,
    Text,
}

/// An operator found after an operand.
#[derive(Clone, Copy)]
enum Infix {
    Binary(BinaryOp),
    List(ListOp),
    Between { negated: bool },
}

/// Longer chains of `and` and `or` become balanced trees.
const CHAIN_LEFT_MAX: usize = 16;

impl Parser<'_> {
    /// A scalar expression.
    pub(super) fn expr(&mut self) -> Parsed<Expr> {
        self.measured(|parser| parser.nested(|parser| parser.binary(Binding::Or)))
    }

    /// A scalar expression without `and` and `or`.
    pub(super) fn comparison(&mut self) -> Parsed<Expr> {
        self.measured(|parser| parser.nested(|parser| parser.binary(Binding::Equality)))
    }

    fn binary(&mut self, loosest: Binding) -> Parsed<Expr> {
        let mut left = self.operand()?;
        // The tightest operator that may still follow: after `a == b` no further equality.
        let mut tightest = None;
        while let Some((infix, binding, tokens)) = self.infix() {
            if binding < loosest {
                break;
            }
            if tightest.is_some_and(|last| binding > last || (binding == last && !last.chains())) {
                // What stands before it is read.
                self.chained(infix);
                return Ok(left);
            }
            if matches!(left.kind, ExprKind::Star)
                && binding >= Binding::Sum
                && binding < Binding::Text
            {
                return Err(self.expected("a comparison with the star"));
            }
            tightest = Some(binding);
            if matches!(infix, Infix::Binary(BinaryOp::And | BinaryOp::Or)) {
                left = self.junction(left, infix, binding)?;
                continue;
            }
            let op_span = self.bump_operator(tokens);
            left = self.infix_right(left, infix, op_span, binding)?;
        }
        Ok(left)
    }

    /// `and` and `or`: all operands of one chain are read before the tree is built.
    fn junction(&mut self, first: Expr, infix: Infix, binding: Binding) -> Parsed<Expr> {
        let Infix::Binary(op) = infix else {
            return Ok(first);
        };
        let tighter = binding.tighter().unwrap_or(binding);
        let mut operands = vec![(first, Span::default())];
        while self.at_word(op.text()) {
            let op_span = self.bump().span;
            let operand = self.measured(|parser| parser.binary(tighter))?;
            operands.push((operand, op_span));
        }
        let levels = match operands.len() {
            count if count > CHAIN_LEFT_MAX => count.ilog2() + 1,
            count => count as u32 - 1,
        };
        self.grow(levels)?;
        Ok(join_operands(op, operands))
    }

    fn infix_right(
        &mut self,
        left: Expr,
        infix: Infix,
        op_span: Span,
        binding: Binding,
    ) -> Parsed<Expr> {
        let kind = match infix {
            Infix::Binary(op) => {
                let (start, place) = (self.span(), self.place());
                let right = self.measured(|parser| match binding.tighter() {
                    // A star is an operand on the left only, as in `* has 'x'`.
                    _ if parser.at_kind(TokenKind::Star) => Err(parser.expected("an expression")),
                    Some(tighter) => parser.binary(tighter),
                    None => parser.operand(),
                });
                let right = match right {
                    // Nothing is there; what follows may be read all the same.
                    Err(super::Reported) if self.place() == place => Expr {
                        kind: ExprKind::Error,
                        span: start,
                    },
                    right => right?,
                };
                ExprKind::Binary {
                    op,
                    op_span,
                    left: Box::new(left),
                    right: Box::new(right),
                }
            }
            Infix::List(op) => {
                let items = self.list_items()?;
                let needle = Box::new(left);
                self.grow(1)?;
                let span = self.since(needle.span);
                return Ok(Expr {
                    kind: ExprKind::List {
                        op,
                        op_span,
                        needle,
                        items,
                    },
                    span,
                });
            }
            Infix::Between { negated } => self.between(left, negated)?,
        };
        self.grow(1)?;
        let span = self.since(match &kind {
            ExprKind::Binary { left, .. } => left.span,
            ExprKind::Between { value, .. } => value.span,
            _ => op_span,
        });
        Ok(Expr { kind, span })
    }

    /// `(a, b)` or `(T | project c)`
    fn list_items(&mut self) -> Parsed<Vec<Expr>> {
        let open = self.expect(TokenKind::OpenParen)?;
        let mut items = Vec::new();
        loop {
            items.push(self.tabular()?);
            if self.eat(TokenKind::Comma).is_none() {
                if self.at_kind(TokenKind::CloseParen) {
                    break;
                }
                let missing = self.close(TokenKind::CloseParen, open);
                // Only a comma was forgotten where a further item begins.
                if !self.at_operand() {
                    return missing.map(|_| items);
                }
                continue;
            }
            self.no_trailing_comma(TokenKind::CloseParen);
            if self.at_kind(TokenKind::CloseParen) {
                break;
            }
        }
        self.close(TokenKind::CloseParen, open)?;
        Ok(items)
    }

    /// `(low .. high)`
    fn between(&mut self, value: Expr, negated: bool) -> Parsed<ExprKind> {
        let open = self.expect(TokenKind::OpenParen)?;
        let low = self.expr()?;
        if !self.at_kind(TokenKind::DotDot) {
            return Err(self.expected_with("`..`", "the bounds are `(low .. high)`"));
        }
        self.expect(TokenKind::DotDot)?;
        let high = self.expr()?;
        self.close(TokenKind::CloseParen, open)?;
        Ok(ExprKind::Between {
            negated,
            value: Box::new(value),
            low: Box::new(low),
            high: Box::new(high),
        })
    }

    fn bump_operator(&mut self, tokens: usize) -> Span {
        let start = self.span();
        for _ in 0..tokens {
            self.bump();
        }
        self.since(start)
    }

    /// Whether a binary operator stands here.
    pub(super) fn is_infix(&self) -> bool {
        self.infix().is_some()
    }

    /// The binary operator here, how it binds, and of how many tokens it is made.
    fn infix(&self) -> Option<(Infix, Binding, usize)> {
        let binary = |op, binding| Some((Infix::Binary(op), binding, 1));
        match self.kind() {
            TokenKind::EqualEqual => binary(BinaryOp::Equal, Binding::Equality),
            TokenKind::NotEqual => binary(BinaryOp::NotEqual, Binding::Equality),
            TokenKind::Less => binary(BinaryOp::Less, Binding::Order),
            TokenKind::LessOrEqual => binary(BinaryOp::LessOrEqual, Binding::Order),
            TokenKind::Greater => binary(BinaryOp::Greater, Binding::Order),
            TokenKind::GreaterOrEqual => binary(BinaryOp::GreaterOrEqual, Binding::Order),
            TokenKind::Plus => binary(BinaryOp::Add, Binding::Sum),
            TokenKind::Minus => binary(BinaryOp::Subtract, Binding::Sum),
            TokenKind::Star => binary(BinaryOp::Multiply, Binding::Product),
            TokenKind::Slash => binary(BinaryOp::Divide, Binding::Product),
            TokenKind::Percent => binary(BinaryOp::Modulo, Binding::Product),
            TokenKind::EqualTilde => binary(BinaryOp::EqualTilde, Binding::Text),
            TokenKind::NotTilde => binary(BinaryOp::NotEqualTilde, Binding::Text),
            TokenKind::Colon => binary(BinaryOp::Colon, Binding::Text),
            TokenKind::Word | TokenKind::BangWord => self.word_infix(),
            _ => None,
        }
    }

    fn word_infix(&self) -> Option<(Infix, Binding, usize)> {
        let word = self.text(self.span());
        let tilde = self.ahead(1).kind == TokenKind::Tilde && self.glued(1);
        let list = |op, tokens| Some((Infix::List(op), Binding::Equality, tokens));
        match word {
            "and" => Some((Infix::Binary(BinaryOp::And), Binding::And, 1)),
            "or" => Some((Infix::Binary(BinaryOp::Or), Binding::Or, 1)),
            "in" if tilde => list(ListOp::InTilde, 2),
            "!in" if tilde => list(ListOp::NotInTilde, 2),
            // `make-series … on x in range(…)` is the operator's own `in`.
            "in" if self.word_ahead(1) == "range" => None,
            "in" => list(ListOp::In, 1),
            "!in" => list(ListOp::NotIn, 1),
            "has_any" => list(ListOp::HasAny, 1),
            "has_all" => list(ListOp::HasAll, 1),
            "between" => Some((Infix::Between { negated: false }, Binding::Equality, 1)),
            "!between" => Some((Infix::Between { negated: true }, Binding::Equality, 1)),
            "matches" if self.word_ahead(1) == "regex" => {
                Some((Infix::Binary(BinaryOp::MatchesRegex), Binding::Text, 2))
            }
            _ => {
                let op = text_operator(word)?;
                Some((Infix::Binary(op), Binding::Text, 1))
            }
        }
    }

    fn chained(&mut self, infix: Infix) {
        let text = match infix {
            Infix::Binary(op) => op.text(),
            Infix::List(op) => op.text(),
            Infix::Between { negated: false } => "between",
            Infix::Between { negated: true } => "!between",
        };
        let here = self.span();
        self.report(Diagnostic {
            label: "a second comparison".to_string(),
            help: Some("join them with `and`, or put one into parentheses".to_string()),
            ..error(
                codes::CHAINED_COMPARISON,
                format!("expected the end of the comparison, found `{text}`"),
                here,
            )
        });
    }
}

impl Binding {
    fn chains(self) -> bool {
        !matches!(self, Binding::Equality | Binding::Order | Binding::Text)
    }

    /// The least binding that the right operand may have, of `a == b < c` that of `b < c`; `None`
    /// when it must be a single operand.
    fn tighter(self) -> Option<Binding> {
        Some(match self {
            Binding::Or => Binding::And,
            Binding::And => Binding::Equality,
            Binding::Equality => Binding::Order,
            Binding::Order => Binding::Sum,
            Binding::Sum => Binding::Product,
            Binding::Product => Binding::Text,
            Binding::Text => return None,
        })
    }
}

/// `has`, `!contains_cs` and their like, by their only spelling.
fn text_operator(word: &str) -> Option<BinaryOp> {
    let first = BinaryOp::Has as usize;
    let last = BinaryOp::NotLikeCs as usize;
    BinaryOp::ALL[first..=last]
        .iter()
        .copied()
        .find(|op| op.text() == word)
}

/// A tree of `op` over the operands in their order: left-deep when short, balanced when long.
fn join_operands(op: BinaryOp, operands: Vec<(Expr, Span)>) -> Expr {
    let binary = |left: Expr, right: Expr, op_span| {
        let span = left.span.to(right.span);
        let (left, right) = (Box::new(left), Box::new(right));
        Expr {
            kind: ExprKind::Binary {
                op,
                op_span,
                left,
                right,
            },
            span,
        }
    };
    if operands.len() <= CHAIN_LEFT_MAX {
        let mut operands = operands.into_iter();
        let Some((first, _)) = operands.next() else {
            return Expr {
                kind: ExprKind::Error,
                span: Span::default(),
            };
        };
        return operands.fold(first, |left, (right, op_span)| binary(left, right, op_span));
    }
    // Neighbours are joined in rounds; the operator before the right one joins a pair.
    let mut round = operands;
    while round.len() > 1 {
        let mut next = Vec::with_capacity(round.len() / 2 + 1);
        let mut items = round.into_iter();
        while let Some((left, before)) = items.next() {
            next.push(match items.next() {
                Some((right, op_span)) => (binary(left, right, op_span), before),
                None => (left, before),
            });
        }
        round = next;
    }
    round.pop().map_or(
        Expr {
            kind: ExprKind::Error,
            span: Span::default(),
        },
        |(expr, _)| expr,
    )
}
