//! `facet by columns with (subquery)`

use crate::lexer::TokenKind;
use crate::parse::{Parsed, Parser};
use crate::syntax::{OperatorKind, Parameter};

pub(super) fn facet(p: &mut Parser<'_>, _: &mut Vec<Parameter>) -> Parsed<OperatorKind> {
    p.expect_word("by")?;
    let by = p.list(Parser::expr)?;
    let with = match p.eat_word("with") {
        // One operator needs no parentheses.
        Some(_) if p.at_kind(TokenKind::OpenParen) => Some(p.subquery()?),
        Some(_) => Some(p.input_pipe()?),
        None => None,
    };
    Ok(OperatorKind::Facet { by, with })
}
