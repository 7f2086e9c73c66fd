//! `render timechart with (title='…')`

use crate::lexer::TokenKind;
use crate::parse::{Parsed, Parser, Reported};
use crate::syntax::{OperatorKind, Parameter};

pub(super) fn render(p: &mut Parser<'_>, parameters: &mut Vec<Parameter>) -> Parsed<OperatorKind> {
    if !p.at_kind(TokenKind::Word) || p.at_word("with") {
        return Err(p.expected("a kind of chart"));
    }
    let chart = Some(p.any_word());
    // The older form has no `with` and no parentheses.
    parameters.append(&mut p.all_parameters()?);
    let properties = match p.at_word("with") {
        true => with(p).unwrap_or_else(|Reported| {
            // Which chart it is can be looked at all the same.
            p.cut = true;
            Vec::new()
        }),
        false => Vec::new(),
    };
    Ok(OperatorKind::Render { chart, properties })
}

/// `with (title='x', series=a, b, ysplit=axes)`: a value may be a list of names.
fn with(p: &mut Parser<'_>) -> Parsed<Vec<Parameter>> {
    p.expect_word("with")?;
    let open = p.expect(TokenKind::OpenParen)?;
    let mut properties: Vec<Parameter> = Vec::new();
    while !p.at_kind(TokenKind::CloseParen) {
        if p.ahead(1).kind == TokenKind::Assign || properties.is_empty() {
            properties.push(p.property()?);
        } else {
            let more = p.expr()?;
            if let Some(last) = properties.last_mut() {
                last.extend_list(more);
            }
        }
        if p.eat(TokenKind::Comma).is_none() {
            break;
        }
    }
    p.close(TokenKind::CloseParen, open)?;
    Ok(properties)
}

impl Parameter {
    /// A further name in a list of names.
    fn extend_list(&mut self, more: crate::syntax::Expr) {
        use crate::syntax::ExprKind;
        self.span = self.span.to(more.span);
        let ExprKind::Name(name) = more.kind else {
            return;
        };
        let before = std::mem::replace(&mut self.value.kind, ExprKind::Error);
        self.value.span = self.value.span.to(more.span);
        self.value.kind = match before {
            ExprKind::Name(first) => ExprKind::Names(vec![first, name]),
            ExprKind::Names(mut names) => {
                names.push(name);
                ExprKind::Names(names)
            }
            other => other,
        };
    }
}
