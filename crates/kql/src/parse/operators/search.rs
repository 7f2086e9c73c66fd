//! `search kind=case_sensitive in (tables) predicate`

use crate::lexer::TokenKind;
use crate::parse::{Parsed, Parser};
use crate::syntax::{Expr, ExprKind, OperatorKind, Parameter};

pub(super) fn search(p: &mut Parser<'_>, parameters: &mut Vec<Parameter>) -> Parsed<OperatorKind> {
    p.parameters(&["kind", "withsource", "with_source"], parameters)?;
    let mut tables = None;
    if p.at_word("in") {
        p.bump();
        let open = p.expect(TokenKind::OpenParen)?;
        tables = Some(p.table_list()?);
        p.close(TokenKind::CloseParen, open)?;
    }
    p.parameters(&["kind"], parameters)?;
    Ok(OperatorKind::Search {
        tables,
        predicate: match everything(p) {
            Some(star) => star,
            None => p.search_predicate()?,
        },
    })
}

/// `search *`, where the star is not what something is said of, as in `search * has 'a'`.
fn everything(p: &mut Parser<'_>) -> Option<Expr> {
    let ends = matches!(
        p.ahead(1).kind,
        TokenKind::Pipe
            | TokenKind::Semicolon
            | TokenKind::CloseParen
            | TokenKind::End
            | TokenKind::Whole
            | TokenKind::String
    );
    let star = p.at_kind(TokenKind::Star) && ends;
    star.then(|| Expr {
        kind: ExprKind::Star,
        span: p.bump().span,
    })
}

impl Parser<'_> {
    /// A predicate in which bare strings and `column : term` are conditions.
    pub(super) fn search_predicate(&mut self) -> Parsed<Expr> {
        let outside = std::mem::replace(&mut self.in_search, true);
        let predicate = self.expr();
        self.in_search = outside;
        predicate
    }
}
