//! `reduce by expr with threshold=0.1, characters='-'`

use crate::parse::{Parsed, Parser};
use crate::syntax::{OperatorKind, Parameter};

pub(super) fn reduce(p: &mut Parser<'_>, parameters: &mut Vec<Parameter>) -> Parsed<OperatorKind> {
    p.parameters(&["kind"], parameters)?;
    p.expect_word("by")?;
    let by = p.expr()?;
    let options = match p.eat_word("with") {
        Some(_) if matches!(p.word(), "threshold" | "characters") => {
            p.list(Parser::literal_property)?
        }
        Some(_) => return Err(p.expected("`threshold` or `characters`")),
        None => Vec::new(),
    };
    Ok(OperatorKind::Reduce { by, options })
}
