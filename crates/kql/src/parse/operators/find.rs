//! `find withsource=x in (tables) where predicate project columns`

use crate::lexer::TokenKind;
use crate::parse::{Parsed, Parser, Reported};
use crate::syntax::{Expr, FindColumn, FindOutput, OperatorKind, Parameter};

pub(super) fn find(p: &mut Parser<'_>, parameters: &mut Vec<Parameter>) -> Parsed<OperatorKind> {
    p.parameters(
        &["withsource", "with_source", "datascope", "kind"],
        parameters,
    )?;
    if p.eat_word("in").is_none() {
        let (predicate, output) = rest(p, Where::Optional)?;
        return Ok(OperatorKind::Find {
            tables: None,
            predicate,
            output,
        });
    }
    let mut tables = Vec::new();
    let read = tables_of(p, &mut tables).and_then(|()| rest(p, Where::Needed));
    let (predicate, output) = match read {
        Ok(read) => read,
        Err(reported) if tables.is_empty() => return Err(reported),
        // The tables that were named can be looked up all the same.
        Err(Reported) => {
            p.cut = true;
            (None, None)
        }
    };
    Ok(OperatorKind::Find {
        tables: Some(tables),
        predicate,
        output,
    })
}

/// Whether `where` must stand before the predicate.
#[derive(PartialEq, Eq)]
enum Where {
    Optional,
    Needed,
}

/// `where predicate project columns`
fn rest(p: &mut Parser<'_>, needs: Where) -> Parsed<(Option<Expr>, Option<FindOutput>)> {
    let explicit = p.eat_word("where").is_some();
    if needs == Where::Needed && !explicit && !at_output(p) {
        return Err(p.expected("`where`"));
    }
    let predicate = match explicit || !at_output(p) {
        true => Some(p.search_predicate()?),
        false => None,
    };
    Ok((predicate, output(p)?))
}

/// `(T, U*)`: names, and no queries.
fn tables_of(p: &mut Parser<'_>, tables: &mut Vec<Expr>) -> Parsed<()> {
    const NAMED: &str =
        "a query is named first: `let Q = T | where a == 1; find in (Q) where b == 2`";
    let open = p.expect(TokenKind::OpenParen)?;
    loop {
        let name = matches!(
            p.kind(),
            TokenKind::Word | TokenKind::OpenBracket | TokenKind::Star
        );
        if !name {
            return Err(p.expected_with("a table's name", NAMED));
        }
        tables.push(p.table_item()?);
        if p.eat(TokenKind::Pipe).is_some() {
            return Err(p.expected_with("`,` or `)` before `|`", NAMED));
        }
        if p.eat(TokenKind::Comma).is_none() {
            return p.close(TokenKind::CloseParen, open).map(|_| ());
        }
    }
}

fn at_output(p: &Parser<'_>) -> bool {
    p.at_word("project")
}

/// `project a, b: type, pack(*)`, `project-smart`, `project-away a, b*`
fn output(p: &mut Parser<'_>) -> Parsed<Option<FindOutput>> {
    if p.eat_word("project").is_none() {
        return Ok(None);
    }
    if p.eat(TokenKind::Minus).is_none() {
        return Ok(Some(FindOutput::Project(p.list(column)?)));
    }
    if p.eat_word("smart").is_some() {
        return Ok(Some(FindOutput::ProjectSmart));
    }
    p.expect_word("away")?;
    Ok(Some(FindOutput::ProjectAway(p.list(Parser::name_pattern)?)))
}

fn column(p: &mut Parser<'_>) -> Parsed<FindColumn> {
    let call = p.ahead(1).kind == TokenKind::OpenParen;
    if p.at_word("pack") || p.at_word("pack_all") && call {
        let start = p.span();
        let all = p.bump().span.len() > "pack".len();
        let open = p.expect(TokenKind::OpenParen)?;
        if p.eat(TokenKind::Star).is_none() && !all {
            return Err(p.expected("`*`"));
        }
        p.close(TokenKind::CloseParen, open)?;
        return Ok(FindColumn::PackAll(p.since(start)));
    }
    let name = p.name("a column's name")?;
    let ty = match p.eat(TokenKind::Colon) {
        Some(_) => Some(p.type_ref()?),
        None => None,
    };
    Ok(FindColumn::Column { name, ty })
}
