//! Operands: literals, names, calls, paths, parentheses, `datatable`, `externaldata`.

use super::cursor::error;
use super::literal;
use super::{Parsed, Parser, reserved};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::lexer::TokenKind;
use crate::span::Span;
use crate::syntax::{
    Argument, Call, DataTable, Expr, ExprKind, ExternalData, Name, NamePattern, UnaryOp,
};
use crate::types::{Type, Value};

/// Whether a path may end in a wildcard, as in `database('d').T*`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wildcards {
    Allowed,
    Refused,
}

impl Parser<'_> {
    /// A path, perhaps with a sign.
    pub(super) fn operand(&mut self) -> Parsed<Expr> {
        let op = match self.kind() {
            TokenKind::Minus => UnaryOp::Negate,
            TokenKind::Plus => UnaryOp::Plus,
            _ => return self.path(Wildcards::Refused),
        };
        let sign = self.span();
        if let Some(number) = self.signed_number(op)? {
            return Ok(number);
        }
        self.bump();
        let (start, place) = (self.span(), self.place());
        let operand = match self.path(Wildcards::Refused) {
            // What follows may be read all the same.
            Err(super::Reported) if self.place() == place => Expr {
                kind: ExprKind::Error,
                span: start,
            },
            operand => operand?,
        };
        let operand = Box::new(operand);
        self.grow(1)?;
        let span = sign.to(operand.span);
        Ok(Expr {
            kind: ExprKind::Unary { op, operand },
            span,
        })
    }

    /// A sign and a number become one literal: the least `long` could not be read otherwise.
    fn signed_number(&mut self, op: UnaryOp) -> Parsed<Option<Expr>> {
        let number = self.ahead(1);
        let literal = matches!(
            number.kind,
            TokenKind::Whole | TokenKind::Real | TokenKind::TimeSpan
        );
        if !literal || matches!(self.ahead(2).kind, TokenKind::Dot | TokenKind::OpenBracket) {
            return Ok(None);
        }
        let sign = self.bump().span;
        self.bump();
        let text = self.text(number.span);
        let negative = op == UnaryOp::Negate;
        let span = sign.to(number.span);
        match literal::number(number.kind, text, if negative { "-" } else { "" }) {
            Some(value) => Ok(Some(Expr {
                kind: ExprKind::Literal(value),
                span,
            })),
            None => Err(self.bad_number(span)),
        }
    }

    /// A primary expression and what is reached from it by `.name`, `[index]`, `.call(…)`.
    pub(super) fn path(&mut self, wildcards: Wildcards) -> Parsed<Expr> {
        let mut base = self.primary()?;
        loop {
            base = match self.kind() {
                TokenKind::Dot => self.member(base, wildcards)?,
                TokenKind::OpenBracket => self.index(base)?,
                _ => return Ok(base),
            };
            self.grow(1)?;
            if matches!(base.kind, ExprKind::MemberWildcard { .. }) {
                return Ok(base);
            }
        }
    }

    fn member(&mut self, base: Expr, wildcards: Wildcards) -> Parsed<Expr> {
        self.bump();
        let start = base.span;
        let base = Box::new(base);
        if wildcards == Wildcards::Allowed && self.at_wildcard() {
            let pattern = self.name_pattern()?;
            let kind = ExprKind::MemberWildcard { base, pattern };
            return Ok(Expr {
                kind,
                span: self.since(start),
            });
        }
        let name = match self.kind() {
            // `x.['key']`; but `x.[key]` is `x[key]`.
            TokenKind::OpenBracket if self.ahead(1).kind != TokenKind::String => {
                return self.index(*base);
            }
            TokenKind::OpenBracket => self.bracket_name()?,
            TokenKind::Word => {
                let word = self.word();
                let value = matches!(word.to_ascii_lowercase().as_str(), "true" | "false");
                if value || reserved::cannot_be_used(word) {
                    self.keyword_after_dot();
                }
                self.any_word()
            }
            _ => {
                let reported = self.expected("a name after `.`");
                // A further step may be read all the same.
                if !self.at_kind(TokenKind::Dot) {
                    return Err(reported);
                }
                return Ok(Expr {
                    kind: ExprKind::Error,
                    span: self.since(start),
                });
            }
        };
        let kind = if self.at_kind(TokenKind::OpenParen) {
            ExprKind::PathCall {
                base,
                call: self.call(name)?,
            }
        } else {
            ExprKind::Member { base, name }
        };
        Ok(Expr {
            kind,
            span: self.since(start),
        })
    }

    fn index(&mut self, base: Expr) -> Parsed<Expr> {
        let outside = self.anchor();
        let open = self.bump().span;
        let start = self.span();
        // What it would be the index of can be looked at all the same.
        let index = self.expr().unwrap_or(Expr {
            kind: ExprKind::Error,
            span: start,
        });
        let index = Box::new(index);
        if self.close(TokenKind::CloseBracket, open).is_err() {
            self.step_out(outside);
        }
        let span = self.since(base.span);
        Ok(Expr {
            kind: ExprKind::Index {
                base: Box::new(base),
                index,
            },
            span,
        })
    }

    fn primary(&mut self) -> Parsed<Expr> {
        match self.kind() {
            TokenKind::Word => self.word_primary(),
            TokenKind::String | TokenKind::UnterminatedString => {
                let (value, span) = self.string()?;
                Ok(Expr {
                    kind: ExprKind::Literal(Value::String(value)),
                    span,
                })
            }
            TokenKind::Whole | TokenKind::Real | TokenKind::TimeSpan => self.number(),
            TokenKind::Star => {
                let span = self.bump().span;
                // `* 2`: what is to be multiplied is missing.
                if self.at_operand() && !self.is_infix() {
                    self.report(Diagnostic {
                        label: "expected an expression before this".to_string(),
                        ..error(
                            codes::UNEXPECTED,
                            "expected an expression, found `*`".to_string(),
                            span,
                        )
                    });
                    return Err(super::Reported);
                }
                Ok(Expr {
                    kind: ExprKind::Star,
                    span,
                })
            }
            TokenKind::OpenParen => self.parenthesised(),
            TokenKind::OpenBracket => {
                let open = self.span();
                match self.bracket_name() {
                    Ok(name) => self.name_or_call(name),
                    Err(reported) => self.bracketed_value(open, reported),
                }
            }
            _ => Err(self.expected("an expression")),
        }
    }

    fn parenthesised(&mut self) -> Parsed<Expr> {
        let outside = self.anchor();
        let open = self.bump().span;
        let (start, place) = (self.span(), self.place());
        let before = self.unread;
        if self.star_in_parentheses() {
            self.step_out(outside);
            return Ok(Expr {
                kind: ExprKind::Error,
                span: start,
            });
        }
        let mut inner = match self.tabular() {
            Ok(inner) => inner,
            Err(super::Reported) if self.place() == place => Expr {
                kind: ExprKind::Error,
                span: start,
            },
            // What stands before the bracket may be read all the same.
            Err(super::Reported) => self.pipe_after_error(start),
        };
        if inner.is_unread() {
            self.unread = before + 1;
            self.quiet_here();
        }
        let closed = match self.at_kind(TokenKind::Comma) {
            true => Err(self.expected_with("`)`", LISTS)),
            false => self.close(TokenKind::CloseParen, open),
        };
        if closed.is_err() {
            self.step_out(outside);
        }
        inner.span = self.since(open);
        Ok(inner)
    }

    fn word_primary(&mut self) -> Parsed<Expr> {
        let word = self.word();
        let call = self.ahead(1).kind == TokenKind::OpenParen;
        if self.at_hyphened_operator() {
            return Err(self.reserved("an expression"));
        }
        match word {
            "true" | "True" | "TRUE" | "false" | "False" | "FALSE" => {
                let value = Value::Bool(word.eq_ignore_ascii_case("true"));
                let span = self.bump().span;
                Ok(Expr {
                    kind: ExprKind::Literal(value),
                    span,
                })
            }
            "typeof" if call => self.type_of(),
            "dynamic" if call => self.dynamic(),
            "datatable" => self.datatable(),
            "externaldata" | "external_data" if call || self.at_parameters(1) => {
                self.external_data()
            }
            "entity_group" if self.ahead(1).kind == TokenKind::OpenBracket => self.entity_group(),
            _ if call && literal::type_of_literal(word).is_some() => self.typed_literal(),
            "toscalar" | "totable" if !call => {
                self.bump();
                Err(self.expected("`(`"))
            }
            _ if reserved::cannot_be_used(word) && !is_function_word(word, call) => {
                let reported = self.reserved("an expression");
                // `dynamic` begins a literal, and is not taken for a name.
                let name = reserved::is_name_before(self.ahead(1).kind, self.word_ahead(1));
                if word == "dynamic" || !name {
                    return Err(reported);
                }
                let span = self.bump().span;
                Ok(Expr {
                    kind: ExprKind::Error,
                    span,
                })
            }
            _ => {
                let name = self.any_word();
                match self.at_operand_of(&name) {
                    true => self.not_without_parentheses(name),
                    false => self.name_or_call(name),
                }
            }
        }
    }

    fn name_or_call(&mut self, name: Name) -> Parsed<Expr> {
        let span = name.span;
        if !self.at_kind(TokenKind::OpenParen) {
            return Ok(Expr {
                kind: ExprKind::Name(name),
                span,
            });
        }
        let call = self.call(name)?;
        self.grow(1)?;
        Ok(Expr {
            span: call.span,
            kind: ExprKind::Call(call),
        })
    }

    /// `(args)` after a name.
    pub(super) fn call(&mut self, name: Name) -> Parsed<Call> {
        let outside = self.anchor();
        let unread = self.unread;
        let open = self.expect(TokenKind::OpenParen)?;
        let mut args = Vec::new();
        let mut nothing_read = false;
        while !self.at_kind(TokenKind::CloseParen) {
            let (start, place) = (self.span(), self.place());
            let argument = self.argument(&name);
            let nothing = self.place() == place;
            if nothing && args.is_empty() && !self.at_kind(TokenKind::Comma) && argument.is_err() {
                nothing_read = true;
                break;
            }
            args.push(argument.unwrap_or_else(|_| self.missing_argument(start)));
            let first = args.len() == 1 && self.at_kind(TokenKind::Comma);
            if nothing && !first || self.at_kind(TokenKind::CloseParen) {
                break;
            }
            // One argument, and nothing else.
            if takes_pipe(&name) {
                let _: Parsed<Span> = self.close(TokenKind::CloseParen, open);
                break;
            }
            if self.eat(TokenKind::Comma).is_none() {
                let _: Parsed<Span> = self.close(TokenKind::CloseParen, open);
                // Only a comma was forgotten where a further argument begins.
                if !self.at_operand() {
                    break;
                }
            }
            if self.no_trailing_comma(TokenKind::CloseParen) {
                let end = self.previous_end();
                args.push(self.missing_argument(end));
            }
        }
        let doubtful = nothing_read || self.unread > unread;
        match self.close(TokenKind::CloseParen, open) {
            // Where it ends is known, whatever stands in it.
            Ok(_) => self.unread = unread,
            // What was read is a call all the same.
            Err(super::Reported) => self.step_out(outside),
        }
        Ok(Call {
            span: self.since(name.span),
            name,
            args,
            unread: doubtful,
        })
    }

    fn missing_argument(&self, start: Span) -> Argument {
        Argument {
            name: None,
            value: Expr {
                kind: ExprKind::Error,
                span: self.since(start),
            },
        }
    }

    fn argument(&mut self, function: &Name) -> Parsed<Argument> {
        let name = match self.kind() {
            TokenKind::Word if self.ahead(1).kind == TokenKind::Assign => Some(self.any_word()),
            _ => None,
        };
        if name.is_some() {
            self.bump();
        }
        Ok(Argument {
            name,
            value: match takes_pipe(function) {
                true => self.tabular()?,
                false => self.expr()?,
            },
        })
    }

    /// Reports a comma before a closing bracket: whether there is one.
    pub(super) fn no_trailing_comma(&mut self, close: TokenKind) -> bool {
        if !self.at_kind(close) {
            return false;
        }
        let end = self.previous_end();
        let comma = Span {
            start: end.start.saturating_sub(1),
            end: end.end,
        };
        let here = self.span();
        self.report(Diagnostic {
            labels: vec![(
                comma,
                "take this away, or write what follows it".to_string(),
            )],
            ..error(
                codes::TRAILING_COMMA,
                format!(
                    "expected another item after `,`, found {}",
                    close.describe()
                ),
                here,
            )
        });
        true
    }

    pub(super) fn reserved(&mut self, what: &str) -> super::Reported {
        let primary = match self.at_hyphened_operator() {
            true => self.glued_word(),
            false => self.span(),
        };
        let word = self.text(primary);
        self.report(Diagnostic {
            help: Some(format!(
                "if a column of that name is meant, write `['{word}']`"
            )),
            fix: Some(format!("['{word}']")),
            ..error(
                codes::RESERVED_WORD,
                format!("expected {what}, found the keyword `{word}`"),
                primary,
            )
        });
        super::Reported
    }

    // Literals.

    /// One or more adjacent strings, and where they stand.
    pub(super) fn string(&mut self) -> Parsed<(String, Span)> {
        let start = self.span();
        let mut value = String::new();
        loop {
            match self.kind() {
                TokenKind::String => {
                    let token = self.bump();
                    self.decode(token.span, &mut value);
                }
                TokenKind::UnterminatedString => {
                    let diagnostic = self.unterminated();
                    self.report(diagnostic);
                    return Err(super::Reported);
                }
                _ if self.since(start).is_empty() => return Err(self.expected("a string")),
                _ => return Ok((value, self.since(start))),
            }
        }
    }

    /// Just one string: adjacent ones make no key.
    pub(super) fn one_string(&mut self) -> Parsed<String> {
        if self.at_kind(TokenKind::UnterminatedString) {
            let diagnostic = self.unterminated();
            self.report(diagnostic);
            return Err(super::Reported);
        }
        let span = self.expect(TokenKind::String)?;
        let mut value = String::new();
        self.decode(span, &mut value);
        Ok(value)
    }

    /// Appends what the string literal at `span` stands for. A bad escape is reported and stands
    /// for itself.
    fn decode(&mut self, span: Span, value: &mut String) {
        let text = self.text(span);
        if let Err(escape) = literal::decode_string(text, value) {
            let start = span.start as usize + escape.start;
            let sequence = text.get(escape.clone()).unwrap_or("\\").to_string();
            let primary = Span::new(start, start + escape.len());
            self.report(Diagnostic {
                help: Some("write `\\\\` for a backslash, or put `@` before the string".into()),
                ..error(
                    codes::INVALID_ESCAPE,
                    format!("expected an escape such as `\\n`, found `{sequence}`"),
                    primary,
                )
            });
            value.push_str(text);
        }
    }

    fn number(&mut self) -> Parsed<Expr> {
        let token = self.bump();
        match literal::number(token.kind, self.text(token.span), "") {
            Some(value) => Ok(Expr {
                kind: ExprKind::Literal(value),
                span: token.span,
            }),
            None => Err(self.bad_number(token.span)),
        }
    }

    fn bad_number(&mut self, primary: Span) -> super::Reported {
        let text = self.text(primary);
        self.report(error(
            codes::INVALID_NUMBER,
            format!("expected a number of at most 64 bits, found `{text}`"),
            primary,
        ));
        super::Reported
    }

    /// `datetime(2024-01-01)` and the like: raw text up to the closing parenthesis.
    pub(super) fn typed_literal(&mut self) -> Parsed<Expr> {
        let name = self.any_word();
        let ty = literal::type_of_literal(&name.text).unwrap_or(Type::String);
        let open = self.bump().span;
        while !matches!(self.kind(), TokenKind::CloseParen | TokenKind::End) {
            self.bump();
        }
        let inner = Span {
            start: open.end,
            end: self.span().start,
        };
        self.close(TokenKind::CloseParen, open)?;
        let span = self.since(name.span);
        let text = self.text(inner).trim();
        // With nothing in it, it is the null of the type.
        let value = match text.is_empty() {
            true => Some(Value::Null(ty)),
            false => literal::typed(ty, text),
        };
        let Some(value) = value else {
            self.report(Diagnostic {
                label: format!("not a `{ty}`"),
                help: Some(format!("to convert a value, use `to{ty}(…)`")),
                ..error(
                    codes::INVALID_LITERAL,
                    format!("expected a `{ty}` literal, found `{}`", shorten(text)),
                    inner,
                )
            });
            return Ok(Expr {
                kind: ExprKind::Literal(Value::Null(ty)),
                span,
            });
        };
        Ok(Expr {
            kind: ExprKind::Literal(value),
            span,
        })
    }

    fn type_of(&mut self) -> Parsed<Expr> {
        let start = self.bump().span;
        let row = self.ahead(1).kind == TokenKind::Star
            || self.ahead(2).kind == TokenKind::Colon
            || self.ahead(1).kind == TokenKind::OpenBracket;
        let kind = if row {
            ExprKind::TypeOfRow(self.row_schema()?)
        } else {
            let open = self.expect(TokenKind::OpenParen)?;
            let ty = self.type_in_typeof()?;
            self.close(TokenKind::CloseParen, open)?;
            ExprKind::TypeOf(ty)
        };
        Ok(Expr {
            kind,
            span: self.since(start),
        })
    }

    // Sources with a syntax of their own.

    fn datatable(&mut self) -> Parsed<Expr> {
        let start = self.bump().span;
        let parameters = self.all_parameters()?;
        let schema = self.row_schema()?;
        let open = self.expect(TokenKind::OpenBracket)?;
        // A comma may stand before the first value as well as after the last.
        self.eat(TokenKind::Comma);
        let mut values = Vec::new();
        while !self.at_kind(TokenKind::CloseBracket) {
            values.push(self.cell()?);
            if self.eat(TokenKind::Comma).is_none() {
                break;
            }
        }
        self.close(TokenKind::CloseBracket, open)?;
        let kind = ExprKind::DataTable(DataTable {
            parameters,
            schema,
            values,
        });
        Ok(Expr {
            kind,
            span: self.since(start),
        })
    }

    /// A literal, and nothing else: what follows it does not belong to it.
    fn cell(&mut self) -> Parsed<Expr> {
        match self.kind() {
            TokenKind::Minus | TokenKind::Plus if self.glued(1) => {
                let op = match self.at_kind(TokenKind::Minus) {
                    true => UnaryOp::Negate,
                    false => UnaryOp::Plus,
                };
                if let Some(number) = self.signed_number(op)? {
                    return Ok(number);
                }
            }
            TokenKind::String
            | TokenKind::UnterminatedString
            | TokenKind::Whole
            | TokenKind::Real
            | TokenKind::TimeSpan => return self.primary(),
            TokenKind::Word if self.at_literal_word() => return self.primary(),
            _ => {}
        }
        let here = self.span();
        let found = self.found();
        self.report(Diagnostic {
            help: Some("a missing value is written with its type: `long(null)`".to_string()),
            ..error(
                codes::UNEXPECTED,
                format!("expected a literal or `]` in `datatable`, found {found}"),
                here,
            )
        });
        Err(super::Reported)
    }

    /// `true`, or the beginning of `long(…)`, `dynamic(…)` and their like.
    pub(super) fn at_literal_word(&self) -> bool {
        let word = self.word();
        let call = self.ahead(1).kind == TokenKind::OpenParen;
        match word {
            "true" | "True" | "TRUE" | "false" | "False" | "FALSE" => true,
            "typeof" | "dynamic" => call,
            _ => call && literal::type_of_literal(word).is_some(),
        }
    }

    fn external_data(&mut self) -> Parsed<Expr> {
        let start = self.bump().span;
        let parameters = self.all_parameters()?;
        let schema = self.row_schema()?;
        let open = self.expect(TokenKind::OpenBracket)?;
        let mut uris = Vec::new();
        while !self.at_kind(TokenKind::CloseBracket) {
            uris.push(self.expr()?);
            if self.eat(TokenKind::Comma).is_none() {
                break;
            }
        }
        self.close(TokenKind::CloseBracket, open)?;
        let properties = match self.at_word("with") {
            true => self.with_properties()?,
            false => Vec::new(),
        };
        let kind = ExprKind::ExternalData(ExternalData {
            parameters,
            schema,
            uris,
            properties,
        });
        Ok(Expr {
            kind,
            span: self.since(start),
        })
    }

    /// `entity_group [a, b]` becomes a call of that name.
    fn entity_group(&mut self) -> Parsed<Expr> {
        let name = self.any_word();
        let open = self.expect(TokenKind::OpenBracket)?;
        let items = self.table_list()?;
        self.close(TokenKind::CloseBracket, open)?;
        let args = items
            .into_iter()
            .map(|value| Argument { name: None, value })
            .collect();
        let span = self.since(name.span);
        Ok(Expr {
            kind: ExprKind::Call(Call {
                name,
                args,
                span,
                unread: false,
            }),
            span,
        })
    }

    // Lists of tables.

    /// `A, B*, database('d').C, (D | take 1)`
    pub(super) fn table_list(&mut self) -> Parsed<Vec<Expr>> {
        let mut tables = vec![self.table_item()?];
        while self.eat(TokenKind::Comma).is_some() {
            tables.push(self.table_item()?);
        }
        Ok(tables)
    }

    pub(super) fn table_item(&mut self) -> Parsed<Expr> {
        self.measured(|parser| {
            if parser.at_wildcard() {
                let pattern: NamePattern = parser.name_pattern()?;
                let span = pattern.span;
                return Ok(Expr {
                    kind: ExprKind::Wildcard(pattern),
                    span,
                });
            }
            parser.nested(|parser| parser.path(Wildcards::Allowed))
        })
    }

    /// A column or path before an opening parenthesis that is not a call's.
    pub(super) fn partition_key(&mut self) -> Parsed<Expr> {
        if reserved::cannot_be_used(self.word()) {
            return Err(self.reserved("a column's name"));
        }
        let name = self.name("a column's name")?;
        let span = name.span;
        let mut key = Expr {
            kind: ExprKind::Name(name),
            span,
        };
        while self.eat(TokenKind::Dot).is_some() {
            let name = self.name("a name after `.`")?;
            self.grow(1)?;
            let base = Box::new(key);
            key = Expr {
                kind: ExprKind::Member { base, name },
                span: self.since(span),
            };
        }
        Ok(key)
    }

    /// A table, call or parenthesised query: the right side of a join and the like.
    pub(super) fn table_operand(&mut self) -> Parsed<Expr> {
        self.measured(|parser| parser.nested(|parser| parser.path(Wildcards::Refused)))
    }
}

/// Where items stand in parentheses that hold one value.
const LISTS: &str = "several values stand in `in ('a', 'b')`, several words in `has_any ('a', 'b')`, \
    an array is `dynamic(['a', 'b'])`";

/// At most 60 characters of a text, for a message.
fn shorten(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_string(),
    }
}

/// Whether a reserved word is also the name of a function that is called here.
fn is_function_word(word: &str, call: bool) -> bool {
    call && matches!(
        word,
        "materialize" | "toscalar" | "totable" | "has_any" | "has_all"
    )
}

/// Functions whose only argument may be a pipe without parentheses of its own.
fn takes_pipe(function: &Name) -> bool {
    matches!(
        function.text.as_str(),
        "toscalar" | "totable" | "materialize"
    )
}
