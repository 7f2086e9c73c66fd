//! `dynamic(…)`: JSON with single quotes and typed literals, turned into plain compact JSON.

use super::cursor::error;
use super::literal;
use super::{Parsed, Parser, Reported};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::lexer::TokenKind;
use crate::span::Span;
use crate::syntax::{Expr, ExprKind};
use crate::types::{Type, Value};

impl Parser<'_> {
    pub(super) fn dynamic(&mut self) -> Parsed<Expr> {
        let start = self.bump().span;
        let close = self.matching_close(0).map(|ahead| self.place() + ahead);
        let open = self.expect(TokenKind::OpenParen)?;
        let mut json = String::new();
        if let Err(reported) = self.json(&mut json) {
            return self.passed_over(start, close, reported);
        }
        self.close(TokenKind::CloseParen, open)?;
        let value = match json.as_str() {
            "null" => Value::Null(Type::Dynamic),
            _ => Value::Dynamic(json),
        };
        Ok(Expr {
            kind: ExprKind::Literal(value),
            span: self.since(start),
        })
    }

    /// What cannot be read has been reported; what stands behind the bracket at `close` may be read all
    /// the same.
    fn passed_over(
        &mut self,
        start: Span,
        close: Option<usize>,
        reported: Reported,
    ) -> Parsed<Expr> {
        let Some(close) = close else {
            return Err(reported);
        };
        while self.place() <= close {
            self.bump();
        }
        Ok(Expr {
            kind: ExprKind::Error,
            span: self.since(start),
        })
    }

    fn json(&mut self, json: &mut String) -> Parsed<()> {
        match self.kind() {
            TokenKind::OpenBracket => self.nested(|parser| parser.json_array(json)),
            TokenKind::OpenBrace => self.nested(|parser| parser.json_object(json)),
            TokenKind::String | TokenKind::UnterminatedString => {
                let (value, _) = self.string()?;
                push_json_string(json, &value);
                Ok(())
            }
            TokenKind::Minus | TokenKind::Plus => self.json_signed(json),
            TokenKind::Whole | TokenKind::Real | TokenKind::TimeSpan => {
                let token = self.bump();
                let value = literal::number(token.kind, self.text(token.span), "");
                self.push_json_value(json, value)
            }
            TokenKind::Word => self.json_word(json),
            _ => Err(self.expected_json()),
        }
    }

    fn json_array(&mut self, json: &mut String) -> Parsed<()> {
        let open = self.bump().span;
        json.push('[');
        let mut first = true;
        while !self.at_kind(TokenKind::CloseBracket) {
            if !first {
                json.push(',');
            }
            first = false;
            self.json(json)?;
            if self.eat(TokenKind::Comma).is_none() {
                break;
            }
            self.no_trailing_comma(TokenKind::CloseBracket);
        }
        self.close(TokenKind::CloseBracket, open)?;
        json.push(']');
        Ok(())
    }

    fn json_object(&mut self, json: &mut String) -> Parsed<()> {
        let open = self.bump().span;
        json.push('{');
        let mut first = true;
        while !self.at_kind(TokenKind::CloseBrace) {
            if !first {
                json.push(',');
            }
            first = false;
            if !matches!(
                self.kind(),
                TokenKind::String | TokenKind::UnterminatedString
            ) {
                return Err(self.expected("a key in quotes"));
            }
            let key = self.one_string()?;
            push_json_string(json, &key);
            self.expect(TokenKind::Colon)?;
            json.push(':');
            self.json(json)?;
            if self.eat(TokenKind::Comma).is_none() {
                break;
            }
            self.no_trailing_comma(TokenKind::CloseBrace);
        }
        self.close(TokenKind::CloseBrace, open)?;
        json.push('}');
        Ok(())
    }

    fn json_signed(&mut self, json: &mut String) -> Parsed<()> {
        let sign = if self.at_kind(TokenKind::Minus) {
            "-"
        } else {
            ""
        };
        self.bump();
        if !matches!(
            self.kind(),
            TokenKind::Whole | TokenKind::Real | TokenKind::TimeSpan
        ) {
            return Err(self.expected("a number"));
        }
        let token = self.bump();
        let value = literal::number(token.kind, self.text(token.span), sign);
        self.push_json_value(json, value)
    }

    fn json_word(&mut self, json: &mut String) -> Parsed<()> {
        let call = self.ahead(1).kind == TokenKind::OpenParen;
        match self.word() {
            "true" | "True" | "TRUE" if !call => json.push_str("true"),
            "false" | "False" | "FALSE" if !call => json.push_str("false"),
            "null" if !call => json.push_str("null"),
            "dynamic" if call => {
                self.bump();
                let open = self.bump().span;
                self.nested(|parser| parser.json(json))?;
                self.close(TokenKind::CloseParen, open)?;
                return Ok(());
            }
            word if call && literal::type_of_literal(word).is_some() => {
                let literal = self.typed_literal()?;
                let ExprKind::Literal(value) = literal.kind else {
                    return Err(Reported);
                };
                return self.push_json_value(json, Some(value));
            }
            _ => return Err(self.expected_json()),
        }
        self.bump();
        Ok(())
    }

    fn push_json_value(&mut self, json: &mut String, value: Option<Value>) -> Parsed<()> {
        match value {
            Some(Value::Null(_)) => json.push_str("null"),
            Some(Value::Bool(value)) => json.push_str(if value { "true" } else { "false" }),
            Some(Value::Int(value)) => json.push_str(&value.to_string()),
            Some(Value::Long(value)) => json.push_str(&value.to_string()),
            // JSON has no infinity; Kusto writes such numbers as text.
            Some(Value::Real(value)) if value.is_nan() => json.push_str("\"NaN\""),
            Some(Value::Real(value)) if value.is_infinite() => {
                json.push_str(if value > 0.0 {
                    "\"Infinity\""
                } else {
                    "\"-Infinity\""
                });
            }
            Some(Value::Real(value)) => json.push_str(&format!("{value:?}")),
            Some(Value::Decimal(digits)) => push_json_string(json, &digits),
            Some(Value::DateTime(ticks)) => push_json_string(json, &literal::datetime_text(ticks)),
            Some(Value::TimeSpan(ticks)) => push_json_string(json, &literal::timespan_text(ticks)),
            Some(Value::Guid(text) | Value::String(text)) => push_json_string(json, &text),
            Some(Value::Dynamic(text)) => json.push_str(&text),
            None => {
                let end = self.previous_end();
                self.report(error(
                    codes::INVALID_NUMBER,
                    "expected a number of at most 64 bits before this".to_string(),
                    end,
                ));
                return Err(Reported);
            }
        }
        Ok(())
    }

    fn expected_json(&mut self) -> Reported {
        let (found, primary) = (self.found(), self.span());
        self.report(Diagnostic {
            label: "expected a JSON value".to_string(),
            help: Some(
                "for values from expressions use `pack_array(…)` or `bag_pack(…)`".to_string(),
            ),
            ..error(
                codes::INVALID_DYNAMIC,
                format!("expected a JSON value in `dynamic(…)`, found {found}"),
                primary,
            )
        });
        Reported
    }
}

fn push_json_string(json: &mut String, value: &str) {
    json.push('"');
    for c in value.chars() {
        match c {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\n' => json.push_str("\\n"),
            '\r' => json.push_str("\\r"),
            '\t' => json.push_str("\\t"),
            c if c < ' ' => json.push_str(&format!("\\u{:04x}", c as u32)),
            c => json.push(c),
        }
    }
    json.push('"');
}
