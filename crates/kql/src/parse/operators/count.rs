//! `count`, `count as name`

use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::lexer::TokenKind;
use crate::parse::cursor::error;
use crate::parse::{Parsed, Parser, Reported};
use crate::syntax::{OperatorKind, Parameter};

pub(super) fn count(p: &mut Parser<'_>, _: &mut Vec<Parameter>) -> Parsed<OperatorKind> {
    if p.at_kind(TokenKind::OpenParen) {
        let place = p.previous();
        p.report(Diagnostic {
            help: Some(
                "to count rows, write `count`; by groups, `summarize count() by a`".to_string(),
            ),
            ..error(
                codes::UNEXPECTED,
                "expected an operator, found the aggregate `count`".to_string(),
                place,
            )
        });
        return Err(Reported);
    }
    let name = match p.eat_word("as") {
        Some(_) => Some(p.bound_name()?),
        None => None,
    };
    Ok(OperatorKind::Count { name })
}
