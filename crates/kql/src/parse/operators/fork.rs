//! `fork name=(subquery) (subquery) …`

use crate::lexer::TokenKind;
use crate::parse::{Parsed, Parser};
use crate::syntax::{ForkBranch, OperatorKind, Parameter};

pub(super) fn fork(p: &mut Parser<'_>, _: &mut Vec<Parameter>) -> Parsed<OperatorKind> {
    let mut branches = vec![branch(p)?];
    while p.at_kind(TokenKind::OpenParen) || p.ahead(1).kind == TokenKind::Assign {
        branches.push(branch(p)?);
    }
    Ok(OperatorKind::Fork { branches })
}

fn branch(p: &mut Parser<'_>) -> Parsed<ForkBranch> {
    let mut name = None;
    if p.ahead(1).kind == TokenKind::Assign {
        name = Some(p.name("a name")?);
        p.bump();
    }
    Ok(ForkBranch {
        name,
        pipe: p.subquery()?,
    })
}
