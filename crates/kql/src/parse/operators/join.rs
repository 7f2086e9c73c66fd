//! `join kind=inner (table) on keys`, `lookup (table) on keys`

use crate::parse::{Parsed, Parser};
use crate::syntax::{Expr, JoinCondition, OperatorKind, Parameter};

pub(super) fn join(p: &mut Parser<'_>, parameters: &mut Vec<Parameter>) -> Parsed<OperatorKind> {
    let (right, condition) = join_like(p, parameters)?;
    Ok(OperatorKind::Join { right, condition })
}

pub(super) fn lookup(p: &mut Parser<'_>, parameters: &mut Vec<Parameter>) -> Parsed<OperatorKind> {
    let (right, condition) = join_like(p, parameters)?;
    Ok(OperatorKind::Lookup { right, condition })
}

fn join_like(
    p: &mut Parser<'_>,
    parameters: &mut Vec<Parameter>,
) -> Parsed<(Expr, Option<JoinCondition>)> {
    parameters.append(&mut p.all_parameters()?);
    let right = p.table_operand()?;
    let condition = if p.eat_word("on").is_some() {
        Some(JoinCondition::On(p.list(Parser::expr)?))
    } else if p.eat_word("where").is_some() {
        Some(JoinCondition::Where(p.expr()?))
    } else {
        None
    };
    Ok((right, condition))
}
