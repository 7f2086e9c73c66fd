//! Statements and the bodies of functions.

use super::cursor::error;
use super::{Parsed, Parser, reserved};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::lexer::TokenKind;
use crate::span::Span;
use crate::syntax::{
    FunctionBody, LetValue, Param, Pattern, PatternCase, Statement, StatementKind,
};

impl Parser<'_> {
    /// The whole text.
    pub(super) fn query(&mut self) -> Vec<Statement> {
        let mut statements = Vec::new();
        if self.at_kind(TokenKind::Dot) {
            self.management_command();
            return statements;
        }
        loop {
            self.statements(&mut statements);
            if self.at_kind(TokenKind::End) {
                return statements;
            }
            // A closing bracket that nothing opened.
            self.expected("`|`, `;` or the end of the query");
            self.bump();
            let anchor = self.anchor();
            self.recover(anchor);
            self.continue_pipe(&mut statements);
            self.eat(TokenKind::Semicolon);
        }
    }

    /// Statements up to the end or a closing bracket.
    fn statements(&mut self, statements: &mut Vec<Statement>) {
        while !self.at_end_of_body() {
            let place = self.place();
            statements.push(self.statement());
            if self.eat(TokenKind::Semicolon).is_some() || self.at_end_of_body() {
                continue;
            }
            if self.place() == place {
                // Nothing was understood here: never stand still.
                self.bump();
                continue;
            }
            self.missing_semicolon();
        }
    }

    pub(super) fn statements_to_close(&mut self) -> Vec<Statement> {
        let mut statements = Vec::new();
        self.statements(&mut statements);
        statements
    }

    fn at_end_of_body(&self) -> bool {
        matches!(
            self.kind(),
            TokenKind::End
                | TokenKind::CloseParen
                | TokenKind::CloseBracket
                | TokenKind::CloseBrace
        )
    }

    fn statement(&mut self) -> Statement {
        let start = self.span();
        let anchor = self.anchor();
        let kind = self.statement_kind().unwrap_or_else(|_| {
            self.recover(anchor);
            let span = self.since(start);
            StatementKind::Query(self.pipe_after_error(span))
        });
        Statement {
            kind,
            span: self.since(start),
        }
    }

    fn statement_kind(&mut self) -> Parsed<StatementKind> {
        let named =
            self.ahead(1).kind == TokenKind::Word || self.ahead(1).kind == TokenKind::OpenBracket;
        match self.word() {
            "let" if named || self.ahead(1).kind == TokenKind::Assign => self.let_statement(),
            "set" => self.set_statement(),
            "declare" if self.word_ahead(1) == "query_parameters" => {
                self.bump();
                self.bump();
                Ok(StatementKind::DeclareQueryParameters {
                    params: self.params()?,
                })
            }
            "declare" if self.word_ahead(1) == "pattern" => {
                self.bump();
                self.bump();
                let name = self.name("the pattern's name")?;
                let pattern = match self.eat(TokenKind::Assign) {
                    Some(_) => self.pattern()?,
                    None => Pattern::default(),
                };
                Ok(StatementKind::DeclarePattern { name, pattern })
            }
            "alias" if self.word_ahead(1) == "database" => {
                self.bump();
                self.bump();
                let name = self.name("the alias")?;
                self.expect(TokenKind::Assign)?;
                Ok(StatementKind::Alias {
                    name,
                    value: self.expr()?,
                })
            }
            "restrict" if self.word_ahead(1) == "access" => {
                self.bump();
                self.bump();
                self.expect_word("to")?;
                let open = self.expect(TokenKind::OpenParen)?;
                let entities = self.table_list()?;
                self.close(TokenKind::CloseParen, open)?;
                Ok(StatementKind::Restrict { entities })
            }
            _ => Ok(StatementKind::Query(self.tabular()?)),
        }
    }

    /// `(a: string)[b: string] { ('x').['y'] = { body }; … }`
    fn pattern(&mut self) -> Parsed<Pattern> {
        let params = self.params()?;
        let path = match self.eat(TokenKind::OpenBracket) {
            Some(open) => {
                let path = self.param()?;
                self.close(TokenKind::CloseBracket, open)?;
                Some(path)
            }
            None => None,
        };
        let open = self.expect(TokenKind::OpenBrace)?;
        let mut cases = Vec::new();
        while self.at_kind(TokenKind::OpenParen) {
            cases.push(self.pattern_case()?);
            while self.eat(TokenKind::Semicolon).is_some() {}
        }
        self.close(TokenKind::CloseBrace, open)?;
        Ok(Pattern {
            params,
            path,
            cases,
        })
    }

    fn pattern_case(&mut self) -> Parsed<PatternCase> {
        let start = self.span();
        let open = self.expect(TokenKind::OpenParen)?;
        let values = self.list(Parser::expr)?;
        self.close(TokenKind::CloseParen, open)?;
        let path = match self.eat(TokenKind::Dot) {
            Some(_) => {
                let open = self.expect(TokenKind::OpenBracket)?;
                let path = self.expr()?;
                self.close(TokenKind::CloseBracket, open)?;
                Some(path)
            }
            None => None,
        };
        self.expect(TokenKind::Assign)?;
        let statements = self.body()?;
        Ok(PatternCase {
            values,
            path,
            body: FunctionBody {
                view: false,
                params: Vec::new(),
                statements,
                span: self.since(start),
            },
        })
    }

    fn let_statement(&mut self) -> Parsed<StatementKind> {
        self.bump();
        let name = self.bound_name()?;
        if self.at_kind(TokenKind::OpenParen) {
            let value = self.nested(|parser| parser.function_without_equals(&name))?;
            return Ok(StatementKind::Let { name, value });
        }
        self.expect(TokenKind::Assign)?;
        let value = if self.at_function() {
            LetValue::Function(self.nested(Self::function)?)
        } else {
            LetValue::Expr(self.tabular()?)
        };
        Ok(StatementKind::Let { name, value })
    }

    /// `(…) {` or `view (…) {`; a parameter with its colon says as much as the body, and so do
    /// parentheses with nothing in them.
    fn at_function(&self) -> bool {
        let open = usize::from(self.at_word("view"));
        if self.ahead(open).kind != TokenKind::OpenParen {
            return false;
        }
        let parameter = self.ahead(open + 1).kind == TokenKind::Word
            && self.ahead(open + 2).kind == TokenKind::Colon;
        let nothing = self.ahead(open + 1).kind == TokenKind::CloseParen;
        let body = |close| self.ahead(close + 1).kind == TokenKind::OpenBrace;
        parameter || nothing || self.matching_close(open).is_some_and(body)
    }

    fn function(&mut self) -> Parsed<FunctionBody> {
        let start = self.span();
        let view = self.eat_word("view").is_some();
        let untyped = self.ahead(1).kind == TokenKind::Word
            && !matches!(self.ahead(2).kind, TokenKind::Colon | TokenKind::End);
        if untyped {
            self.bump();
            let what = "a parameter with its type";
            return Err(self.expected_with(what, "a parameter has a type: `a: long`"));
        }
        let params = self.params()?;
        let statements = self.body()?;
        Ok(FunctionBody {
            view,
            params,
            statements,
            span: self.since(start),
        })
    }

    /// `{ let …; expression }`
    pub(super) fn body(&mut self) -> Parsed<Vec<Statement>> {
        let open = self.expect(TokenKind::OpenBrace)?;
        let mut statements = Vec::new();
        self.statements(&mut statements);
        let close = self.close(TokenKind::CloseBrace, open)?;
        if !matches!(
            statements.last(),
            Some(Statement {
                kind: StatementKind::Query(_),
                ..
            })
        ) {
            self.report(Diagnostic {
                label: "expected an expression before this".to_string(),
                ..error(
                    codes::EMPTY_FUNCTION,
                    "the function's body does not end with an expression".to_string(),
                    close,
                )
            });
        }
        Ok(statements)
    }

    /// `(a: long, b: string = 'x', T: (c: long, *))`
    pub(super) fn params(&mut self) -> Parsed<Vec<Param>> {
        let open = self.expect(TokenKind::OpenParen)?;
        let mut params = Vec::new();
        while !self.at_kind(TokenKind::CloseParen) {
            params.push(self.param()?);
            if self.eat(TokenKind::Comma).is_none() {
                break;
            }
        }
        self.close(TokenKind::CloseParen, open)?;
        Ok(params)
    }

    fn set_statement(&mut self) -> Parsed<StatementKind> {
        self.bump();
        if reserved::cannot_be_bound(self.word()) {
            return Err(self.reserved("an option"));
        }
        let name = self.name("an option")?;
        let value = match self.eat(TokenKind::Assign) {
            Some(_) => Some(self.expr()?),
            None => None,
        };
        Ok(StatementKind::Set { name, value })
    }

    fn missing_semicolon(&mut self) {
        let here = self.span();
        let end = self.previous_end();
        let found = self.found();
        let help = self
            .begins_like_sql()
            .then(|| "a query begins with its table: `T | where a == 1 | project b`".to_string());
        self.report(Diagnostic {
            label: "expected `;` or `|`".to_string(),
            help,
            fix: Some(";".to_string()),
            labels: vec![(here, "the next statement would begin here".to_string())],
            ..error(
                codes::MISSING_SEMICOLON,
                format!("expected `;` or `|` after this statement, found {found}"),
                end,
            )
        });
    }

    fn begins_like_sql(&self) -> bool {
        self.first_word().eq_ignore_ascii_case("select")
    }

    fn management_command(&mut self) {
        let primary = Span {
            start: self.span().start,
            end: self.ahead(1).span.end,
        };
        self.report(Diagnostic {
            help: Some("write a query, such as `AWSCloudTrail | take 10`".to_string()),
            ..error(
                codes::MANAGEMENT_COMMAND,
                "expected a query, found a management command".to_string(),
                primary,
            )
        });
        while self.kind() != TokenKind::End {
            self.bump();
        }
    }

    /// After a stray bracket, operators may still follow: they go on with the last statement's pipe.
    fn continue_pipe(&mut self, statements: &mut Vec<Statement>) {
        if !self.at_kind(TokenKind::Pipe) {
            return;
        }
        let start = self.span();
        let query = self.pipe_after_error(Span {
            start: start.start,
            end: start.start,
        });
        statements.push(Statement {
            kind: StatementKind::Query(query),
            span: self.since(start),
        });
    }
}
