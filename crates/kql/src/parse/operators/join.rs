//! `join kind=inner (table) on keys`, `lookup (table) on keys`

use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::parse::cursor::error;
use crate::parse::{Parsed, Parser};
use crate::syntax::{Expr, JoinCondition, OperatorKind, Parameter};

pub(super) fn join(p: &mut Parser<'_>, parameters: &mut Vec<Parameter>) -> Parsed<OperatorKind> {
    let keyword = p.previous();
    let fragments = p.fragments;
    let right = right(p, parameters);
    // Its bracket ends where text stands that belongs to nothing, and no `on` follows.
    let cut_short = p.fragments > fragments;
    let condition = match right.is_ok() {
        true => condition(p)?,
        false => None,
    };
    if condition.is_none() || cut_short {
        p.report_elsewhere(Diagnostic {
            help: Some("write `join kind=inner (T) on a, b`".to_string()),
            ..error(
                codes::JOIN_CONDITION,
                "expected a table and `on` with columns after `join`".to_string(),
                keyword,
            )
        });
    }
    Ok(OperatorKind::Join {
        right: right?,
        condition,
    })
}

pub(super) fn lookup(p: &mut Parser<'_>, parameters: &mut Vec<Parameter>) -> Parsed<OperatorKind> {
    let right = right(p, parameters)?;
    match condition(p)? {
        Some(condition) => Ok(OperatorKind::Lookup {
            right,
            condition: Some(condition),
        }),
        None => Err(p.expected("`on` and the columns to look up by")),
    }
}

fn right(p: &mut Parser<'_>, parameters: &mut Vec<Parameter>) -> Parsed<Expr> {
    parameters.append(&mut p.all_parameters()?);
    p.table_operand()
}

fn condition(p: &mut Parser<'_>) -> Parsed<Option<JoinCondition>> {
    Ok(if p.eat_word("on").is_some() {
        Some(JoinCondition::On(p.open_list(Parser::expr)?))
    } else if p.eat_word("where").is_some() {
        Some(JoinCondition::Where(p.expr()?))
    } else {
        None
    })
}
