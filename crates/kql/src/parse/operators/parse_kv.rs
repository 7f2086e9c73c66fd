//! `parse-kv expr as (a: long, b: string) with (pair_delimiter=',', kv_delimiter='=')`

use crate::parse::{Parsed, Parser};
use crate::syntax::{OperatorKind, Parameter};

const OPTIONS: [&str; 6] = [
    "pair_delimiter",
    "kv_delimiter",
    "quote",
    "escape",
    "regex",
    "greedy",
];

pub(super) fn parse_kv(p: &mut Parser<'_>, _: &mut Vec<Parameter>) -> Parsed<OperatorKind> {
    let expr = p.expr()?;
    // What is to be parsed can be looked at, whatever follows it.
    let Ok(_) = p.expect_word("as") else {
        return Ok(OperatorKind::ParseKv {
            expr,
            keys: Vec::new(),
            options: Vec::new(),
        });
    };
    let keys = p.row_schema()?.columns;
    let options = match p.at_word("with") {
        true => {
            // Another word ends the list.
            let known = |p: &Parser<'_>| OPTIONS.contains(&p.word());
            p.properties_while(known)?
        }
        false => Vec::new(),
    };
    Ok(OperatorKind::ParseKv {
        expr,
        keys,
        options,
    })
}
