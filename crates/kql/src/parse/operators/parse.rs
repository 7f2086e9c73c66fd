//! `parse kind=regex flags=i expr with pattern`, `parse-where …`

use crate::lexer::TokenKind;
use crate::parse::{Parsed, Parser, Reported};
use crate::syntax::{Expr, OperatorKind, Parameter, ParsePart};

pub(super) fn parse(p: &mut Parser<'_>, parameters: &mut Vec<Parameter>) -> Parsed<OperatorKind> {
    let (expr, pattern) = parse_like(p, parameters)?;
    Ok(OperatorKind::Parse { expr, pattern })
}

pub(super) fn parse_where(
    p: &mut Parser<'_>,
    parameters: &mut Vec<Parameter>,
) -> Parsed<OperatorKind> {
    let (expr, pattern) = parse_like(p, parameters)?;
    Ok(OperatorKind::ParseWhere { expr, pattern })
}

fn parse_like(
    p: &mut Parser<'_>,
    parameters: &mut Vec<Parameter>,
) -> Parsed<(Expr, Vec<ParsePart>)> {
    p.parameters(&["kind", "flags"], parameters)?;
    let expr = p.expr()?;
    let mut pattern = Vec::new();
    // What is to be parsed can be looked at, whatever follows it.
    if p.expect_word("with").is_err() {
        p.cut = true;
        return Ok((expr, pattern));
    }
    while at_part(p) {
        match part(p) {
            Ok(part) => pattern.push(part),
            Err(Reported) => {
                p.cut = true;
                pattern.clear();
                break;
            }
        }
    }
    Ok((expr, pattern))
}

fn at_part(p: &Parser<'_>) -> bool {
    matches!(
        p.kind(),
        TokenKind::Star
            | TokenKind::String
            | TokenKind::UnterminatedString
            | TokenKind::Word
            | TokenKind::OpenBracket
    )
}

/// `*`, `'text'`, `column` or `column: type`
fn part(p: &mut Parser<'_>) -> Parsed<ParsePart> {
    match p.kind() {
        TokenKind::Star => Ok(ParsePart::Star(p.bump().span)),
        TokenKind::String | TokenKind::UnterminatedString => {
            let (value, span) = p.string()?;
            Ok(ParsePart::Text { value, span })
        }
        TokenKind::Word | TokenKind::OpenBracket => {
            let name = p.column_name()?;
            let ty = match p.eat(TokenKind::Colon) {
                Some(_) => Some(p.type_ref()?),
                None => None,
            };
            Ok(ParsePart::Column { name, ty })
        }
        _ => Err(p.expected("`*`, a string or a column's name")),
    }
}
