//! `union isfuzzy=true T1, T*, (T2 | take 1)`

use crate::parse::{Parsed, Parser};
use crate::syntax::{OperatorKind, Parameter};

/// What makes a table, and stands in parentheses here.
const BARE: [&str; 3] = ["datatable", "externaldata", "external_data"];

pub(super) fn union(p: &mut Parser<'_>, parameters: &mut Vec<Parameter>) -> Parsed<OperatorKind> {
    parameters.append(&mut p.all_parameters()?);
    if BARE.contains(&p.word()) {
        return Err(p.expected_with(
            "a table",
            "put it in parentheses: `union (datatable(a: long) [1])`",
        ));
    }
    Ok(OperatorKind::Union {
        tables: p.table_list()?,
    })
}
