//! `union isfuzzy=true T1, T*, (T2 | take 1)`

use crate::parse::{Parsed, Parser};
use crate::syntax::{OperatorKind, Parameter};

pub(super) fn union(p: &mut Parser<'_>, parameters: &mut Vec<Parameter>) -> Parsed<OperatorKind> {
    parameters.append(&mut p.all_parameters()?);
    Ok(OperatorKind::Union {
        tables: p.table_list()?,
    })
}
