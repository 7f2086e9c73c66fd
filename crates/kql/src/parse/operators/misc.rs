//! Operators with next to nothing behind their name: `as`, `consume`, `getschema`, `assert-schema`;
//! and those whose text is passed over because nothing here gives them a shape

use crate::lexer::TokenKind;
use crate::parse::{Parsed, Parser};
use crate::syntax::{OperatorKind, Parameter};

pub(super) fn as_name(p: &mut Parser<'_>, parameters: &mut Vec<Parameter>) -> Parsed<OperatorKind> {
    p.parameters(&[], parameters)?;
    Ok(OperatorKind::As {
        name: p.bound_name()?,
    })
}

pub(super) fn consume(p: &mut Parser<'_>, parameters: &mut Vec<Parameter>) -> Parsed<OperatorKind> {
    parameters.append(&mut p.all_parameters()?);
    Ok(OperatorKind::Consume)
}

pub(super) fn get_schema(
    p: &mut Parser<'_>,
    parameters: &mut Vec<Parameter>,
) -> Parsed<OperatorKind> {
    parameters.append(&mut p.all_parameters()?);
    Ok(OperatorKind::GetSchema)
}

pub(super) fn assert_schema(p: &mut Parser<'_>, _: &mut Vec<Parameter>) -> Parsed<OperatorKind> {
    Ok(OperatorKind::AssertSchema {
        schema: p.row_schema()?,
    })
}

/// To the end of the operator, brackets in pairs.
pub(super) fn other(p: &mut Parser<'_>, _: &mut Vec<Parameter>) -> Parsed<OperatorKind> {
    p.skip_balanced(&[TokenKind::Pipe]);
    Ok(OperatorKind::Other)
}
