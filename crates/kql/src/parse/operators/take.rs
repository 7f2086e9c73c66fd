//! `take n`, `limit n`

use crate::parse::{Parsed, Parser};
use crate::syntax::{OperatorKind, Parameter};

pub(super) fn take(p: &mut Parser<'_>, parameters: &mut Vec<Parameter>) -> Parsed<OperatorKind> {
    p.parameters(&[], parameters)?;
    Ok(OperatorKind::Take { count: p.expr()? })
}
