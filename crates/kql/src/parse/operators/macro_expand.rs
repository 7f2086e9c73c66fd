//! `macro-expand isfuzzy=true entity_group [a, b] as name (query)`

use crate::lexer::TokenKind;
use crate::parse::{Parsed, Parser};
use crate::syntax::{FunctionBody, OperatorKind, Parameter};

pub(super) fn macro_expand(
    p: &mut Parser<'_>,
    parameters: &mut Vec<Parameter>,
) -> Parsed<OperatorKind> {
    parameters.append(&mut p.all_parameters()?);
    let group = p.table_operand()?;
    p.expect_word("as")?;
    let name = p.name("a name")?;
    let open = p.expect(TokenKind::OpenParen)?;
    let start = p.span();
    let statements = p.nested(|p| Ok(p.statements_to_close()))?;
    let statements = FunctionBody {
        view: false,
        params: Vec::new(),
        statements,
        span: p.since(start),
    };
    p.close(TokenKind::CloseParen, open)?;
    Ok(OperatorKind::MacroExpand {
        group,
        name,
        statements,
    })
}
