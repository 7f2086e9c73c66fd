//! `summarize aggregates by keys`

use crate::parse::{Parsed, Parser};
use crate::syntax::{OperatorKind, Parameter};

pub(super) fn summarize(
    p: &mut Parser<'_>,
    parameters: &mut Vec<Parameter>,
) -> Parsed<OperatorKind> {
    p.parameters(&[], parameters)?;
    let aggregates = match p.at_word("by") {
        true => Vec::new(),
        false => p.list_or_none(Parser::named_expr)?,
    };
    let by = match p.eat_word("by") {
        Some(_) => Some(p.named_exprs()?),
        None => None,
    };
    Ok(OperatorKind::Summarize { aggregates, by })
}
