//! `evaluate plugin(args) : (schema)`, `invoke function(args)`

use crate::lexer::TokenKind;
use crate::parse::{Parsed, Parser};
use crate::syntax::{Call, ExprKind, OperatorKind, Parameter};

pub(super) fn evaluate(
    p: &mut Parser<'_>,
    parameters: &mut Vec<Parameter>,
) -> Parsed<OperatorKind> {
    p.parameters(&[], parameters)?;
    let name = p.name("a plugin's name")?;
    if !p.at_kind(TokenKind::OpenParen) {
        // Whether there is such a plugin can be told.
        p.expected("`(`");
        p.cut = true;
        let call = Call {
            span: name.span,
            name,
            args: Vec::new(),
            unread: true,
        };
        return Ok(OperatorKind::Evaluate { call, schema: None });
    }
    let mut call = p.call(name)?;
    let mut schema = None;
    if p.eat(TokenKind::Colon).is_some() {
        // The call can be looked at although its columns cannot be read.
        schema = p.schema_of_plugin().ok();
        call.unread |= schema.is_none();
    }
    Ok(OperatorKind::Evaluate { call, schema })
}

pub(super) fn invoke(p: &mut Parser<'_>, _: &mut Vec<Parameter>) -> Parsed<OperatorKind> {
    let start = p.span();
    let function = p.table_operand()?;
    if !matches!(function.kind, ExprKind::Call(_) | ExprKind::PathCall { .. }) {
        let reported = p.expected_with("`(` and the function's arguments", "as in `invoke f()`");
        p.blame(start);
        return Err(reported);
    }
    Ok(OperatorKind::Invoke { function })
}
