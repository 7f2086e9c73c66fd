//! `range name from a to b step c`

use crate::parse::{Parsed, Parser};
use crate::syntax::{OperatorKind, Parameter};

pub(super) fn range(p: &mut Parser<'_>, _: &mut Vec<Parameter>) -> Parsed<OperatorKind> {
    let name = p.bound_name()?;
    p.expect_word("from")?;
    let from = p.expr()?;
    p.expect_word("to")?;
    let to = p.expr()?;
    p.expect_word("step")?;
    Ok(OperatorKind::Range {
        name,
        from,
        to,
        step: p.expr()?,
    })
}
