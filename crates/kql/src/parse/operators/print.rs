//! `print a, name = b`

use crate::parse::{Parsed, Parser};
use crate::syntax::{OperatorKind, Parameter};

pub(super) fn print(p: &mut Parser<'_>, _: &mut Vec<Parameter>) -> Parsed<OperatorKind> {
    Ok(OperatorKind::Print {
        items: p.named_exprs()?,
    })
}
