//! `count`, `count as name`

use crate::parse::{Parsed, Parser};
use crate::syntax::{OperatorKind, Parameter};

pub(super) fn count(p: &mut Parser<'_>, _: &mut Vec<Parameter>) -> Parsed<OperatorKind> {
    let name = match p.eat_word("as") {
        Some(_) => Some(p.bound_name()?),
        None => None,
    };
    Ok(OperatorKind::Count { name })
}
