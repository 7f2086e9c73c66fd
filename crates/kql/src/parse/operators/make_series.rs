//! `make-series aggregates default=x on axis from a to b step c by keys`

use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::lexer::TokenKind;
use crate::parse::cursor::error;
use crate::parse::{Parsed, Parser, Reported};
use crate::syntax::{Expr, OperatorKind, Parameter, SeriesAggregate, SeriesRange};

pub(super) fn make_series(
    p: &mut Parser<'_>,
    parameters: &mut Vec<Parameter>,
) -> Parsed<OperatorKind> {
    p.parameters(&["kind"], parameters)?;
    let aggregates = p.list(aggregate)?;
    p.expect_word("on")?;
    let on = p.named_expr()?;
    let range = match p.at_word("in") {
        true => in_range(p)?,
        false => from_to_step(p)?,
    };
    let by = match p.eat_word("by") {
        Some(_) => Some(p.named_exprs()?),
        None => None,
    };
    Ok(OperatorKind::MakeSeries {
        aggregates,
        on,
        range,
        by,
    })
}

fn aggregate(p: &mut Parser<'_>) -> Parsed<SeriesAggregate> {
    let expr = p.named_expr()?;
    let mut default = None;
    if p.eat_word("default").is_some() {
        p.expect(TokenKind::Assign)?;
        default = Some(p.expr()?);
    }
    Ok(SeriesAggregate { expr, default })
}

fn from_to_step(p: &mut Parser<'_>) -> Parsed<SeriesRange> {
    let from = match p.eat_word("from") {
        Some(_) => Some(p.expr()?),
        None => None,
    };
    let to = match p.eat_word("to") {
        Some(_) => Some(p.expr()?),
        None => None,
    };
    p.expect_word("step")?;
    Ok(SeriesRange::FromToStep {
        from,
        to,
        step: p.expr()?,
    })
}

/// `in range(start, stop, step)`
fn in_range(p: &mut Parser<'_>) -> Parsed<SeriesRange> {
    p.expect_word("in")?;
    p.expect_word("range")?;
    let open = p.expect(TokenKind::OpenParen)?;
    let place = p.span();
    let items = p.list(Parser::expr)?;
    p.close(TokenKind::CloseParen, open)?;
    let count = items.len();
    let Ok([start, stop, step]) = <[Expr; 3]>::try_from(items) else {
        let all = p.since(place);
        p.report_elsewhere(Diagnostic {
            help: Some("as in `in range(start, stop, step)`".to_string()),
            ..error(
                codes::ARGUMENT_COUNT,
                format!("`range` takes 3 values, found {count}"),
                all,
            )
        });
        return Err(Reported);
    };
    Ok(SeriesRange::InRange { start, stop, step })
}
