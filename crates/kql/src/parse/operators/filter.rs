//! `where predicate`, `filter predicate`

use crate::parse::{Parsed, Parser};
use crate::syntax::{OperatorKind, Parameter};

pub(super) fn filter(p: &mut Parser<'_>, parameters: &mut Vec<Parameter>) -> Parsed<OperatorKind> {
    p.parameters(&[], parameters)?;
    let predicate = p.expr()?;
    p.no_assignment(&predicate)?;
    Ok(OperatorKind::Where { predicate })
}
