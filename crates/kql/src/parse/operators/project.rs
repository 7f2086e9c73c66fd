//! `project`, `extend`, `project-away`, `project-keep`, `project-rename`, `project-reorder`,
//! `project-by-names`

use crate::lexer::TokenKind;
use crate::parse::{Parsed, Parser};
use crate::syntax::{OperatorKind, Order, Parameter, ReorderItem};

pub(super) fn project(p: &mut Parser<'_>, _: &mut Vec<Parameter>) -> Parsed<OperatorKind> {
    Ok(OperatorKind::Project {
        items: p.list_or_none(Parser::named_expr)?,
    })
}

pub(super) fn extend(p: &mut Parser<'_>, _: &mut Vec<Parameter>) -> Parsed<OperatorKind> {
    Ok(OperatorKind::Extend {
        items: p.named_exprs()?,
    })
}

pub(super) fn project_away(p: &mut Parser<'_>, _: &mut Vec<Parameter>) -> Parsed<OperatorKind> {
    Ok(OperatorKind::ProjectAway {
        columns: p.list_or_none(Parser::name_pattern)?,
    })
}

pub(super) fn project_keep(p: &mut Parser<'_>, _: &mut Vec<Parameter>) -> Parsed<OperatorKind> {
    Ok(OperatorKind::ProjectKeep {
        columns: p.list_or_none(Parser::name_pattern)?,
    })
}

pub(super) fn project_by_names(p: &mut Parser<'_>, _: &mut Vec<Parameter>) -> Parsed<OperatorKind> {
    Ok(OperatorKind::ProjectByNames {
        names: p.list(Parser::expr)?,
    })
}

pub(super) fn project_rename(p: &mut Parser<'_>, _: &mut Vec<Parameter>) -> Parsed<OperatorKind> {
    Ok(OperatorKind::ProjectRename {
        items: p.list_or_none(Parser::named_expr)?,
    })
}

pub(super) fn project_reorder(p: &mut Parser<'_>, _: &mut Vec<Parameter>) -> Parsed<OperatorKind> {
    Ok(OperatorKind::ProjectReorder {
        items: p.list_or_none(reorder_item)?,
    })
}

/// `column`, `pattern* desc`, `column granny-asc`
fn reorder_item(p: &mut Parser<'_>) -> Parsed<ReorderItem> {
    let column = p.name_pattern()?;
    if !p.at_word("granny") || p.ahead(1).kind != TokenKind::Minus {
        return Ok(ReorderItem {
            column,
            order: p.order(),
            granny: false,
        });
    }
    p.bump();
    p.bump();
    match p.order() {
        Some(order @ (Order::Asc | Order::Desc)) => Ok(ReorderItem {
            column,
            order: Some(order),
            granny: true,
        }),
        None => Err(p.expected("`asc` or `desc`")),
    }
}
