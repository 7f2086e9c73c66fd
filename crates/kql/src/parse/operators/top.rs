//! `top n by key`, `top-nested …`, `top-hitters n of expr by expr`

use crate::lexer::TokenKind;
use crate::parse::{Parsed, Parser};
use crate::syntax::{OperatorKind, Parameter, TopNestedLevel};

pub(super) fn top(p: &mut Parser<'_>, parameters: &mut Vec<Parameter>) -> Parsed<OperatorKind> {
    p.parameters(&[], parameters)?;
    let count = p.expr()?;
    p.parameters(&[], parameters)?;
    if !p.at_word("by") {
        return Err(p.expected_with("`by`", "as in `top 10 by a desc`"));
    }
    p.expect_word("by")?;
    let keys = vec![p.sort_key()?];
    if p.at_kind(TokenKind::Comma) {
        p.fragments += 1;
        return Err(p.expected_with(
            "`|` or `;`",
            "`top` orders by one expression; by several: `sort by a, b | take 5`",
        ));
    }
    Ok(OperatorKind::Top { count, keys })
}

/// `[n] of expr [with others = value] by aggregate [asc], top-nested …`
pub(super) fn top_nested(p: &mut Parser<'_>, _: &mut Vec<Parameter>) -> Parsed<OperatorKind> {
    let mut levels = vec![level(p)?];
    while p.eat(TokenKind::Comma).is_some() {
        if !(p.at_word("top") && p.word_ahead(2) == "nested") {
            return Err(p.expected("`top-nested` and the next level"));
        }
        p.expect_word("top")?;
        p.expect(TokenKind::Minus)?;
        p.expect_word("nested")?;
        levels.push(level(p)?);
    }
    Ok(OperatorKind::TopNested { levels })
}

fn level(p: &mut Parser<'_>) -> Parsed<TopNestedLevel> {
    let start = p.span();
    let count = if p.at_word("of") {
        None
    } else {
        Some(p.expr()?)
    };
    p.expect_word("of")?;
    let of = p.named_expr()?;
    let mut others = None;
    if p.eat_word("with").is_some() {
        p.expect_word("others")?;
        p.expect(TokenKind::Assign)?;
        others = Some(p.expr()?);
    }
    p.expect_word("by")?;
    let by = p.named_expr()?;
    let order = p.order();
    Ok(TopNestedLevel {
        count,
        of,
        others,
        by,
        order,
        span: p.since(start),
    })
}

pub(super) fn top_hitters(p: &mut Parser<'_>, _: &mut Vec<Parameter>) -> Parsed<OperatorKind> {
    let count = p.expr()?;
    p.expect_word("of")?;
    let of = p.expr()?;
    let by = match p.eat_word("by") {
        Some(_) => Some(p.expr()?),
        None => None,
    };
    Ok(OperatorKind::TopHitters { count, of, by })
}
