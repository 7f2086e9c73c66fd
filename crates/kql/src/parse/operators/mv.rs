//! `mv-expand items limit n` and `mv-apply items on (subquery)`, with their older spellings

use crate::lexer::TokenKind;
use crate::parse::{Parsed, Parser};
use crate::syntax::{Expr, MvItem, OperatorKind, Parameter, TypeRef};

const PARAMETERS: &[&str] = &["kind", "bagexpansion", "with_itemindex", "id"];

const SUBQUERY: &str =
    "what is done with the items stands in parentheses: `on (summarize count())`";

pub(super) fn mv_expand(
    p: &mut Parser<'_>,
    parameters: &mut Vec<Parameter>,
) -> Parsed<OperatorKind> {
    p.parameters(PARAMETERS, parameters)?;
    let items = p.list(item)?;
    Ok(OperatorKind::MvExpand {
        items,
        limit: limit(p)?,
    })
}

pub(super) fn mv_apply(
    p: &mut Parser<'_>,
    parameters: &mut Vec<Parameter>,
) -> Parsed<OperatorKind> {
    p.parameters(PARAMETERS, parameters)?;
    let items = p.list(|p| match p.at_word("on") {
        true => Err(p.expected_with("another item", SUBQUERY)),
        false => item(p),
    })?;
    let limit = limit(p)?;
    p.parameters(PARAMETERS, parameters)?;
    if p.at_word("on") && p.ahead(1).kind == TokenKind::Comma {
        return Err(p.expected_with("`on (`", SUBQUERY));
    }
    p.expect_word("on")?;
    Ok(OperatorKind::MvApply {
        items,
        limit,
        subquery: p.subquery()?,
    })
}

/// `name = expr to typeof(type)`
fn item(p: &mut Parser<'_>) -> Parsed<MvItem> {
    let expr = p.named_expr()?;
    let to = match p.eat_word("to") {
        Some(_) => Some(target(p)?),
        None => None,
    };
    Ok(MvItem { expr, to })
}

fn target(p: &mut Parser<'_>) -> Parsed<TypeRef> {
    if p.ahead(1).kind != TokenKind::OpenParen {
        return Err(p.expected("`typeof(` and a type"));
    }
    p.expect_word("typeof")?;
    let open = p.expect(TokenKind::OpenParen)?;
    let ty = p.type_in_typeof()?;
    p.close(TokenKind::CloseParen, open)?;
    Ok(ty)
}

fn limit(p: &mut Parser<'_>) -> Parsed<Option<Expr>> {
    match p.eat_word("limit") {
        Some(_) => p.expr().map(Some),
        None => Ok(None),
    }
}
