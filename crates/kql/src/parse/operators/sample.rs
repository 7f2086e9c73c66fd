//! `sample n`, `sample-distinct n of expr`

use crate::parse::{Parsed, Parser};
use crate::syntax::{OperatorKind, Parameter};

pub(super) fn sample(p: &mut Parser<'_>, parameters: &mut Vec<Parameter>) -> Parsed<OperatorKind> {
    p.parameters(&[], parameters)?;
    Ok(OperatorKind::Sample { count: p.expr()? })
}

pub(super) fn sample_distinct(
    p: &mut Parser<'_>,
    parameters: &mut Vec<Parameter>,
) -> Parsed<OperatorKind> {
    p.parameters(&[], parameters)?;
    let count = p.expr()?;
    p.expect_word("of")?;
    Ok(OperatorKind::SampleDistinct {
        count,
        of: p.named_expr()?,
    })
}
