//! `find withsource=x in (tables) where predicate project columns`

use crate::lexer::TokenKind;
use crate::parse::{Parsed, Parser};
use crate::syntax::{Expr, FindColumn, FindOutput, OperatorKind, Parameter};

pub(super) fn find(p: &mut Parser<'_>, parameters: &mut Vec<Parameter>) -> Parsed<OperatorKind> {
    p.parameters(
        &["withsource", "with_source", "datascope", "kind"],
        parameters,
    )?;
    let mut tables = None;
    if p.at_word("in") {
        p.bump();
        let open = p.expect(TokenKind::OpenParen)?;
        tables = Some(tables_of(p)?);
        p.close(TokenKind::CloseParen, open)?;
    }
    let explicit = p.eat_word("where").is_some();
    if tables.is_some() && !explicit && !at_output(p) {
        return Err(p.expected("`where`"));
    }
    let predicate = match explicit || !at_output(p) {
        true => Some(p.search_predicate()?),
        false => None,
    };
    Ok(OperatorKind::Find {
        tables,
        predicate,
        output: output(p)?,
    })
}

/// A bracket before a table that is not closed is what is wrong, not the comma that comes instead.
fn tables_of(p: &mut Parser<'_>) -> Parsed<Vec<Expr>> {
    let mut tables = Vec::new();
    loop {
        let (start, said) = (p.span(), p.said());
        let bracket = p.at_kind(TokenKind::OpenParen);
        tables.push(p.table_item()?);
        if bracket && p.said() > said {
            p.widened_to(start);
        }
        if p.eat(TokenKind::Comma).is_none() {
            return Ok(tables);
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
    if matches!(p.word(), "pack" | "pack_all") && p.ahead(1).kind == TokenKind::OpenParen {
        let start = p.bump().span;
        let open = p.expect(TokenKind::OpenParen)?;
        p.eat(TokenKind::Star);
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
