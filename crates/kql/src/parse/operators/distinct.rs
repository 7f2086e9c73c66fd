//! `distinct columns`, `distinct *`

use crate::parse::{Parsed, Parser};
use crate::syntax::{OperatorKind, Parameter};

pub(super) fn distinct(
    p: &mut Parser<'_>,
    parameters: &mut Vec<Parameter>,
) -> Parsed<OperatorKind> {
    p.parameters(&[], parameters)?;
    Ok(OperatorKind::Distinct {
        items: p.named_exprs()?,
    })
}
