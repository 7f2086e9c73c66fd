//! `partition hint.strategy=native by key (subquery)`, `partition by key { query }`

use crate::lexer::TokenKind;
use crate::parse::{Parsed, Parser};
use crate::syntax::{OperatorKind, Parameter, PartitionBody};

pub(super) fn partition(
    p: &mut Parser<'_>,
    parameters: &mut Vec<Parameter>,
) -> Parsed<OperatorKind> {
    p.parameters(&[], parameters)?;
    p.expect_word("by")?;
    // Not a call: `by key (subquery)`.
    let by = p.partition_key()?;
    let body = match p.kind() {
        TokenKind::OpenParen => PartitionBody::Subquery(p.subquery()?),
        TokenKind::OpenBrace => {
            let open = p.bump().span;
            let query = p.tabular()?;
            p.close(TokenKind::CloseBrace, open)?;
            PartitionBody::Query(query)
        }
        _ => return Err(p.expected("`(` and the subquery")),
    };
    Ok(OperatorKind::Partition { by, body })
}
