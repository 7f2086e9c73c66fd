//! Tabular expressions: a head, then operators after `|`.

use super::cursor::{Anchor, error};
use super::{Parsed, Parser, Reported};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::lexer::TokenKind;
use crate::span::Span;
use crate::syntax::{Expr, ExprKind, Name, Operator, OperatorKind, Pipe, PipeHead};

impl Parser<'_> {
    /// An expression that may be a pipe: where the grammar allows a query.
    pub(super) fn tabular(&mut self) -> Parsed<Expr> {
        self.measured(|parser| parser.nested(Self::tabular_unmeasured))
    }

    fn tabular_unmeasured(&mut self) -> Parsed<Expr> {
        let start = self.span();
        if !self.at_head_operator() {
            let head = self.expr()?;
            return Ok(self.pipe_after(head));
        }
        let anchor = self.anchor();
        let operator = self.operator_or_error(anchor);
        let operators = self.operators();
        let span = self.since(start);
        self.grow(1)?;
        let pipe = Pipe {
            head: PipeHead::Operator(Box::new(operator)),
            operators,
            span,
        };
        Ok(Expr {
            kind: ExprKind::Pipe(Box::new(pipe)),
            span,
        })
    }

    /// The operators after a head; the head itself when there are none.
    pub(super) fn pipe_after(&mut self, head: Expr) -> Expr {
        if !self.at_kind(TokenKind::Pipe) {
            return head;
        }
        let start = head.span;
        let operators = self.operators();
        let span = self.since(start);
        let pipe = Pipe {
            head: PipeHead::Expr(head),
            operators,
            span,
        };
        // A pipe adds a level to the tree; if that is one too many, `grow` has reported it.
        match self.grow(1) {
            Ok(()) => Expr {
                kind: ExprKind::Pipe(Box::new(pipe)),
                span,
            },
            Err(_) => Expr {
                kind: ExprKind::Error,
                span,
            },
        }
    }

    /// The rest of a pipe whose head was not understood.
    pub(super) fn pipe_after_error(&mut self, span: Span) -> Expr {
        let head = Expr {
            kind: ExprKind::Error,
            span,
        };
        self.measured(|parser| Ok(parser.pipe_after(head)))
            .unwrap_or(Expr {
                kind: ExprKind::Error,
                span,
            })
    }

    /// `( operator | operator )`, working on rows that are handed in.
    pub(super) fn subquery(&mut self) -> Parsed<Pipe> {
        let open = self.expect(TokenKind::OpenParen)?;
        let pipe = self.measured(|parser| parser.nested(Self::input_pipe))?;
        self.close(TokenKind::CloseParen, open)?;
        Ok(pipe)
    }

    pub(super) fn input_pipe(&mut self) -> Parsed<Pipe> {
        let start = self.span();
        let anchor = self.anchor();
        let mut operators = vec![self.operator_or_error(anchor)];
        operators.append(&mut self.operators());
        self.grow(1)?;
        Ok(Pipe {
            head: PipeHead::Input,
            operators,
            span: self.since(start),
        })
    }

    fn operators(&mut self) -> Vec<Operator> {
        let mut operators = Vec::new();
        let anchor = self.anchor();
        while self.eat(TokenKind::Pipe).is_some() {
            operators.push(self.operator_or_error(anchor));
        }
        operators
    }

    /// One operator. If text follows that cannot belong to it, that is reported and passed over.
    fn operator_or_error(&mut self, anchor: Anchor) -> Operator {
        let start = self.span();
        self.cut = false;
        let read = self.operator();
        let cut = std::mem::take(&mut self.cut);
        match read {
            Ok(mut operator) => {
                operator.broken = cut;
                if cut {
                    self.fragments += usize::from(self.at_fragment());
                    self.recover(anchor);
                } else if !self.at_end_of_operator() {
                    // A `where` is taken for the condition of a join around it.
                    let item = operator.kind.is_list() && self.at_operand();
                    self.fragments += usize::from(!item && !self.at_word("where"));
                    self.report_after_operator(&operator);
                    self.unread += 1;
                    self.recover(anchor);
                }
                operator
            }
            Err(Reported) => {
                // A comma belongs to the list around it.
                let nothing = self.span() == start && self.at_kind(TokenKind::Comma);
                if !nothing || !self.is_within_brackets() {
                    self.recover(anchor);
                }
                let keyword = Name::new(
                    "",
                    Span {
                        start: start.start,
                        end: start.start,
                    },
                );
                let span = self.since(start);
                Operator {
                    kind: OperatorKind::Error,
                    keyword,
                    parameters: Vec::new(),
                    broken: true,
                    span,
                }
            }
        }
    }

    /// Whether behind an item that makes no sense more stands than a last comma.
    fn at_fragment(&self) -> bool {
        let ends = |kind| {
            matches!(
                kind,
                TokenKind::Pipe
                    | TokenKind::Semicolon
                    | TokenKind::CloseParen
                    | TokenKind::CloseBrace
                    | TokenKind::End
            )
        };
        let comma = self.at_kind(TokenKind::Comma) && ends(self.ahead(1).kind);
        !comma && !ends(self.kind())
    }

    fn at_end_of_operator(&self) -> bool {
        match self.kind() {
            TokenKind::Pipe
            | TokenKind::Semicolon
            | TokenKind::Comma
            | TokenKind::CloseParen
            | TokenKind::CloseBracket
            | TokenKind::CloseBrace
            | TokenKind::End => true,
            // A statement after a missing `;`, which is reported where statements are read.
            TokenKind::Word => {
                matches!(self.word(), "let" | "set" | "declare")
                    && self.ahead(1).kind == TokenKind::Word
            }
            _ => false,
        }
    }

    fn report_after_operator(&mut self, operator: &Operator) {
        let (word, here) = (self.word(), self.span());
        let list = operator.kind.is_list();
        if !super::OPERATOR_NAMES.contains(&word) || list && word == "as" {
            if word == "by" && operator.keyword.text == "count" {
                let help = "to count by groups, write `summarize count() by a`";
                self.expected_with("`|` or `;`", help);
                return;
            }
            match list && self.at_kind(TokenKind::Word) {
                true => self.report_after_item(operator),
                false => {
                    self.expected(match list {
                        true => "`,`, `|` or `;`",
                        false => "`|` or `;`",
                    });
                }
            }
            return;
        }
        self.report(Diagnostic {
            label: "expected `|` before this".to_string(),
            fix: Some(format!("| {word}")),
            ..error(
                codes::MISSING_PIPE,
                format!("expected `|`, found operator `{word}`"),
                here,
            )
        });
    }
}

impl OperatorKind {
    /// Whether the operator ends in a list, so that a comma may be what is missing.
    fn is_list(&self) -> bool {
        matches!(
            self,
            OperatorKind::Project { .. }
                | OperatorKind::Extend { .. }
                | OperatorKind::ProjectAway { .. }
                | OperatorKind::ProjectKeep { .. }
                | OperatorKind::ProjectRename { .. }
                | OperatorKind::ProjectReorder { .. }
                | OperatorKind::Summarize { .. }
                | OperatorKind::Distinct { .. }
                | OperatorKind::Sort { .. }
                | OperatorKind::Print { .. }
                | OperatorKind::Union { .. }
                | OperatorKind::Serialize { .. }
        )
    }
}
