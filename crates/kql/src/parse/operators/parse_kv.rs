//! `parse-kv expr as (a: long, b: string) with (pair_delimiter=',', kv_delimiter='=')`

use crate::parse::{Parsed, Parser};
use crate::syntax::{OperatorKind, Parameter};

pub(super) fn parse_kv(p: &mut Parser<'_>, _: &mut Vec<Parameter>) -> Parsed<OperatorKind> {
    let expr = p.expr()?;
    p.expect_word("as")?;
    let keys = p.row_schema()?.columns;
    let options = match p.at_word("with") {
        true => p.with_properties()?,
        false => Vec::new(),
    };
    Ok(OperatorKind::ParseKv {
        expr,
        keys,
        options,
    })
}
