//! `scan with_match_id=m declare (a: long = 0) with (step s: condition => a = 1; …)`

use crate::lexer::TokenKind;
use crate::parse::{Parsed, Parser};
use crate::syntax::{Expr, ExprKind, NamedExpr, OperatorKind, Param, Parameter, ScanStep};

pub(super) fn scan(p: &mut Parser<'_>, parameters: &mut Vec<Parameter>) -> Parsed<OperatorKind> {
    p.parameters(&["kind", "with_match_id"], parameters)?;
    if p.eat_word("with_match_id").is_some() {
        return Err(p.expected_with("`=`", "as in `with_match_id=session`"));
    }
    let mut order_by = Vec::new();
    if p.eat_word("order").is_some() {
        p.expect_word("by")?;
        order_by = p.list(Parser::sort_key)?;
    }
    let mut partition_by = Vec::new();
    if p.eat_word("partition").is_some() {
        p.expect_word("by")?;
        partition_by = p.list(Parser::expr)?;
    }
    let declared = match p.eat_word("declare") {
        Some(_) => declarations(p)?,
        None => Vec::new(),
    };
    p.expect_word("with")?;
    let open = p.expect(TokenKind::OpenParen)?;
    let mut steps = Vec::new();
    if !p.at_word("step") && !p.at_kind(TokenKind::CloseParen) {
        return Err(p.expected("`step`"));
    }
    while p.at_word("step") {
        steps.push(step(p)?);
    }
    p.close(TokenKind::CloseParen, open)?;
    Ok(OperatorKind::Scan {
        order_by,
        partition_by,
        declared,
        steps,
    })
}

/// `(a: long = 0, b: string)`
fn declarations(p: &mut Parser<'_>) -> Parsed<Vec<Param>> {
    let open = p.expect(TokenKind::OpenParen)?;
    let declared = match p.kind() {
        TokenKind::CloseParen => Vec::new(),
        _ => p.list(|p| p.param_with(default))?,
    };
    p.close(TokenKind::CloseParen, open)?;
    Ok(declared)
}

/// A literal; a name in its place is left to the check.
fn default(p: &mut Parser<'_>) -> Parsed<Expr> {
    if p.at_kind(TokenKind::OpenParen) {
        return Err(p.expected("a literal as the default"));
    }
    if !p.at_kind(TokenKind::Word) || p.at_literal_word() {
        return p.operand();
    }
    let name = p.any_word();
    Ok(Expr {
        span: name.span,
        kind: ExprKind::Name(name),
    })
}

/// `step name optional output=last: condition => a = 1, b = 2;`
fn step(p: &mut Parser<'_>) -> Parsed<ScanStep> {
    let start = p.expect_word("step")?;
    let name = p.name("the step's name")?;
    let optional = p.eat_word("optional").is_some();
    let mut output = None;
    if p.eat_word("output").is_some() {
        p.expect(TokenKind::Assign)?;
        output = Some(p.name("`all`, `last` or `none`")?);
    }
    p.expect(TokenKind::Colon)?;
    let condition = p.expr()?;
    let assignments: Vec<NamedExpr> = match p.eat(TokenKind::FatArrow) {
        Some(_) => p.open_list(assignment)?,
        None => Vec::new(),
    };
    p.expect(TokenKind::Semicolon)?;
    Ok(ScanStep {
        name,
        optional,
        output,
        condition,
        assignments,
        span: p.since(start),
    })
}

const ASSIGNED: &str = "a step sets variables: `=> variable = value`";

/// `a = 1`
fn assignment(p: &mut Parser<'_>) -> Parsed<NamedExpr> {
    match p.kind() {
        TokenKind::Word if p.ahead(1).kind != TokenKind::Assign => {
            p.bump();
            return Err(p.expected_with("`=`", ASSIGNED));
        }
        TokenKind::Word | TokenKind::OpenBracket => {}
        _ => return Err(p.expected_with("a variable's name", ASSIGNED)),
    }
    let assigned = p.named_expr()?;
    if assigned.names.is_empty() {
        return Err(p.expected_with("`=`", ASSIGNED));
    }
    Ok(assigned)
}
