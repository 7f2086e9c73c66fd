//! `serialize`, `serialize name = expr, …`

use crate::lexer::TokenKind;
use crate::parse::{Parsed, Parser};
use crate::syntax::{OperatorKind, Parameter};

pub(super) fn serialize(
    p: &mut Parser<'_>,
    parameters: &mut Vec<Parameter>,
) -> Parsed<OperatorKind> {
    p.parameters(&[], parameters)?;
    let empty = matches!(
        p.kind(),
        TokenKind::Pipe | TokenKind::Semicolon | TokenKind::CloseParen | TokenKind::CloseBrace
    ) || matches!(p.kind(), TokenKind::End | TokenKind::Comma);
    let items = if empty { Vec::new() } else { p.named_exprs()? };
    Ok(OperatorKind::Serialize { items })
}
