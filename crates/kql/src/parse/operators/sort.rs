//! `sort by keys`, `order by keys`

use crate::parse::{Parsed, Parser};
use crate::syntax::{OperatorKind, Parameter};

pub(super) fn sort(p: &mut Parser<'_>, parameters: &mut Vec<Parameter>) -> Parsed<OperatorKind> {
    p.parameters(&[], parameters)?;
    p.expect_word("by")?;
    Ok(OperatorKind::Sort {
        keys: p.open_list(Parser::sort_key)?,
    })
}
