//! Names and what is built of them: patterns, types, schemas, parameters, named expressions, keys.

use super::cursor::error;
use super::{Parsed, Parser, literal, reserved};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::lexer::TokenKind;
use crate::span::Span;
use crate::syntax::{
    ColumnDecl, Expr, ExprKind, Name, NamePattern, NamedExpr, Nulls, Order, Param, ParamType,
    Parameter, RowSchema, SortKey, TypeRef,
};
use crate::types::{Type, Value};

/// What may follow `hint.`.
pub(crate) const HINTS: &[&str] = &[
    "concurrency",
    "distribution",
    "materialized",
    "num_partitions",
    "pass_filters",
    "pass_filters_column",
    "progressive_top",
    "remote",
    "shufflekey",
    "spread",
    "strategy",
];

/// Parameters that give a column its name.
const NAMING: [&str; 4] = [
    "withsource",
    "with_source",
    "with_itemindex",
    "with_match_id",
];

impl Parser<'_> {
    /// The word here, whatever it is.
    pub(super) fn any_word(&mut self) -> Name {
        let span = self.bump().span;
        Name::new(self.text(span), span)
    }

    /// A word or `['…']` that is declared or referred to.
    pub(super) fn name(&mut self, what: &str) -> Parsed<Name> {
        match self.kind() {
            TokenKind::Word => Ok(self.any_word()),
            TokenKind::OpenBracket => self.bracket_name(),
            _ => Err(self.expected(what)),
        }
    }

    /// The name that a column is given.
    pub(super) fn column_name(&mut self) -> Parsed<Name> {
        if reserved::cannot_be_given(self.word()) {
            return Err(self.reserved("a column's name"));
        }
        self.name("a column's name")
    }

    /// The name that a `let` binds.
    pub(super) fn bound_name(&mut self) -> Parsed<Name> {
        if reserved::cannot_be_bound(self.word()) {
            return Err(self.reserved("a name"));
        }
        self.name("a name")
    }

    /// `['a b']`
    pub(super) fn bracket_name(&mut self) -> Parsed<Name> {
        let open = self.expect(TokenKind::OpenBracket)?;
        if !matches!(
            self.kind(),
            TokenKind::String | TokenKind::UnterminatedString
        ) {
            return Err(self.expected("a name in quotes, as in `['a b']`"));
        }
        let (text, _) = self.string()?;
        if self.at_kind(TokenKind::Comma) {
            return Err(self.expected_with("`]`", "an array is written `dynamic(['a', 'b'])`"));
        }
        self.close(TokenKind::CloseBracket, open)?;
        Ok(Name::new(text, self.since(open)))
    }

    /// Whether a name with a `*` in it begins here.
    pub(super) fn at_wildcard(&self) -> bool {
        if self.at_kind(TokenKind::Star) {
            return true;
        }
        let mut ahead = 0;
        while matches!(self.ahead(ahead).kind, TokenKind::Word | TokenKind::Whole) {
            ahead += 1;
            if !self.glued(ahead) {
                return false;
            }
            if self.ahead(ahead).kind == TokenKind::Star {
                return true;
            }
        }
        false
    }

    /// A name in which `*` may stand for any text.
    pub(super) fn name_pattern(&mut self) -> Parsed<NamePattern> {
        if self.at_kind(TokenKind::OpenBracket) {
            let name = self.bracket_name()?;
            return Ok(NamePattern {
                text: name.text,
                wild: false,
                span: name.span,
            });
        }
        let start = self.span();
        if !matches!(self.kind(), TokenKind::Word | TokenKind::Star) {
            return Err(self.expected("a column's name, `*` allowed"));
        }
        let mut wild = false;
        let part = |kind| {
            matches!(
                kind,
                TokenKind::Word | TokenKind::Star | TokenKind::Whole | TokenKind::TimeSpan
            )
        };
        loop {
            wild |= self.at_kind(TokenKind::Star);
            self.bump();
            if !part(self.kind()) || !self.glued(0) {
                break;
            }
        }
        let span = self.since(start);
        Ok(NamePattern {
            text: self.text(span).to_string(),
            wild,
            span,
        })
    }

    /// Items separated by commas, at least one.
    pub(super) fn list<T>(&mut self, item: fn(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        let mut items = vec![item(self)?];
        while self.eat(TokenKind::Comma).is_some() {
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// Items separated by commas, perhaps none.
    pub(super) fn list_or_none<T>(&mut self, item: fn(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        match self.kind() {
            TokenKind::Pipe
            | TokenKind::Semicolon
            | TokenKind::CloseParen
            | TokenKind::CloseBrace
            | TokenKind::End => Ok(Vec::new()),
            _ => self.open_list(item),
        }
    }

    /// The items of an operator's list as far as they can be read: where a further one makes no sense,
    /// the operator is broken, and those before it can be looked at all the same.
    pub(super) fn open_list<T>(&mut self, item: fn(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        let mut items = vec![item(self)?];
        while self.eat(TokenKind::Comma).is_some() {
            match item(self) {
                Ok(item) => items.push(item),
                Err(super::Reported) => {
                    self.cut = true;
                    break;
                }
            }
        }
        Ok(items)
    }

    /// `a = expr`, `(a, b) = expr` or `expr`.
    pub(super) fn named_expr(&mut self) -> Parsed<NamedExpr> {
        let start = self.span();
        let (names, tuple) = self.assigned_names()?;
        let expr = self.expr()?;
        Ok(NamedExpr {
            names,
            tuple,
            expr,
            span: self.since(start),
        })
    }

    pub(super) fn named_exprs(&mut self) -> Parsed<Vec<NamedExpr>> {
        self.open_list(Self::named_expr)
    }

    /// The names before an `=`, if there is one, and whether they stand in parentheses.
    fn assigned_names(&mut self) -> Parsed<(Vec<Name>, bool)> {
        match self.kind() {
            TokenKind::Word if self.ahead(1).kind == TokenKind::Assign => {}
            TokenKind::OpenBracket
                if self
                    .matching_close(0)
                    .is_some_and(|close| self.ahead(close + 1).kind == TokenKind::Assign) => {}
            TokenKind::OpenParen if self.at_tuple() => {
                let open = self.bump().span;
                let names = self.list(Self::column_name)?;
                self.close(TokenKind::CloseParen, open)?;
                self.expect(TokenKind::Assign)?;
                return Ok((names, true));
            }
            _ => return Ok((Vec::new(), false)),
        }
        let name = self.column_name()?;
        self.expect(TokenKind::Assign)?;
        Ok((vec![name], false))
    }

    /// `(a, b) =`
    fn at_tuple(&self) -> bool {
        let inside = |kind| {
            matches!(
                kind,
                TokenKind::Word
                    | TokenKind::Comma
                    | TokenKind::OpenBracket
                    | TokenKind::CloseBracket
                    | TokenKind::String
            )
        };
        let mut ahead = 1;
        while inside(self.ahead(ahead).kind) {
            ahead += 1;
        }
        self.ahead(ahead).kind == TokenKind::CloseParen
            && self.ahead(ahead + 1).kind == TokenKind::Assign
    }

    /// `expr asc nulls first`
    pub(super) fn sort_key(&mut self) -> Parsed<SortKey> {
        let expr = self.named_expr()?;
        let order = self.order();
        let mut nulls = None;
        if self.eat_word("nulls").is_some() {
            nulls = Some(match self.word() {
                "first" => Nulls::First,
                "last" => Nulls::Last,
                _ => return Err(self.expected("`first` or `last`")),
            });
            self.bump();
        }
        Ok(SortKey { expr, order, nulls })
    }

    pub(super) fn order(&mut self) -> Option<Order> {
        let order = match self.word() {
            "asc" => Order::Asc,
            "desc" => Order::Desc,
            _ => return None,
        };
        self.bump();
        Some(order)
    }

    // Types.

    pub(super) fn type_ref(&mut self) -> Parsed<TypeRef> {
        if !self.at_kind(TokenKind::Word) {
            return Err(self.expected("a type"));
        }
        // `long(` begins a value.
        let value = self.ahead(1).kind == TokenKind::OpenParen
            && literal::type_of_literal(self.word()).is_some();
        if value {
            return Err(self.expected("a type and no value"));
        }
        let name = self.any_word();
        let ty = Type::from_name(&name.text);
        if ty.is_none() {
            let names: Vec<String> = Type::ALL
                .iter()
                .map(|ty| format!("`{}`", ty.name()))
                .collect();
            self.report(Diagnostic {
                help: Some(format!("the types are {}", names.join(", "))),
                ..error(
                    codes::UNKNOWN_TYPE,
                    format!("expected a type, found `{}`", name.text),
                    name.span,
                )
            });
        }
        Ok(TypeRef {
            ty,
            span: name.span,
        })
    }

    /// The type in `typeof(…)`; a name behind which something else stands than `)` is a column's.
    pub(super) fn type_in_typeof(&mut self) -> Parsed<TypeRef> {
        let column = self.at_kind(TokenKind::Word)
            && Type::from_name(self.word()).is_none()
            && self.ahead(1).kind != TokenKind::CloseParen;
        if column {
            self.bump();
            return Err(self.expected_with("`:`", "as in `typeof(long)` or `typeof(a: long)`"));
        }
        self.type_ref()
    }

    pub(super) fn column_decl(&mut self) -> Parsed<ColumnDecl> {
        if self.at_kind(TokenKind::OpenBracket) && self.ahead(1).kind != TokenKind::String {
            return Err(self.expected("a column's name"));
        }
        let name = self.column_name()?;
        self.expect(TokenKind::Colon)?;
        if self.at_kind(TokenKind::OpenParen) {
            self.report(Diagnostic {
                help: Some("a column is declared as `name: type`".to_string()),
                ..error(
                    codes::UNEXPECTED,
                    format!("expected a column's type, found `(` behind `{}`", name.text),
                    name.span,
                )
            });
            return Err(super::Reported);
        }
        Ok(ColumnDecl {
            name,
            ty: self.type_ref()?,
        })
    }

    /// `(*, a: long, b: string)` of a plugin: the star stands first, and a comma behind it may be missing.
    pub(super) fn schema_of_plugin(&mut self) -> Parsed<RowSchema> {
        let open = self.expect(TokenKind::OpenParen)?;
        let star = self.eat(TokenKind::Star).is_some();
        let schema = self.columns_of_schema(open, |_| false)?;
        Ok(RowSchema {
            open: star,
            ..schema
        })
    }

    /// `(a: long, b: string, *)`
    pub(super) fn row_schema(&mut self) -> Parsed<RowSchema> {
        let open = self.expect(TokenKind::OpenParen)?;
        self.columns_of_schema(open, |parser| parser.eat(TokenKind::Star).is_some())
    }

    /// The columns up to the bracket; `star` takes one where a column may stand.
    fn columns_of_schema(
        &mut self,
        open: Span,
        star: impl Fn(&mut Self) -> bool,
    ) -> Parsed<RowSchema> {
        let mut columns = Vec::new();
        let mut is_open = false;
        // A comma may stand before the first column as well as after the last.
        self.eat(TokenKind::Comma);
        while !self.at_kind(TokenKind::CloseParen) {
            match star(self) {
                true => is_open = true,
                false => columns.push(self.column_decl()?),
            }
            if self.eat(TokenKind::Comma).is_none() {
                break;
            }
        }
        self.close(TokenKind::CloseParen, open)?;
        Ok(RowSchema {
            columns,
            open: is_open,
            span: self.since(open),
        })
    }

    /// `name: type = default`, or `name: (columns)`.
    pub(super) fn param(&mut self) -> Parsed<Param> {
        self.param_with(Self::default_value)
    }

    /// The same, where the default is read in a way of its own.
    pub(super) fn param_with(&mut self, default: fn(&mut Self) -> Parsed<Expr>) -> Parsed<Param> {
        if reserved::cannot_be_given(self.word()) {
            return Err(self.reserved("a parameter's name"));
        }
        let name = self.name("a parameter's name")?;
        let start = name.span;
        if !self.at_kind(TokenKind::Colon) {
            return Err(self.expected_with("`:`", "a parameter has a type: `a: long`"));
        }
        self.expect(TokenKind::Colon)?;
        let ty = match self.kind() {
            TokenKind::OpenParen => ParamType::Tabular(self.row_schema()?),
            _ => ParamType::Scalar(self.type_ref()?),
        };
        let default = match self.eat(TokenKind::Assign) {
            Some(_) => Some(default(self)?),
            None => None,
        };
        Ok(Param {
            name,
            ty,
            default,
            span: self.since(start),
        })
    }

    /// A literal, and nothing that is made of several.
    fn default_value(&mut self) -> Parsed<Expr> {
        let word = self.word();
        let literal = !self.at_kind(TokenKind::Word)
            || self.ahead(1).kind == TokenKind::OpenParen
                && (word == "dynamic" || literal::type_of_literal(word).is_some())
            || matches!(
                word.to_ascii_lowercase().as_str(),
                "true" | "false" | "null"
            );
        match literal {
            true => self.operand(),
            false => Err(self.expected_with(
                "a literal as the default",
                "a default is written out, as in `a: long = 1`; what is to be computed is passed in",
            )),
        }
    }

    // Parameters of operators.

    /// The parameters here whose names are in `known` or begin with `hint.`.
    pub(super) fn parameters(
        &mut self,
        known: &[&str],
        parameters: &mut Vec<Parameter>,
    ) -> Parsed<()> {
        self.hint_with_value()?;
        while let Some(length) = self.parameter_name_length(0) {
            let word = self.word();
            let hint = word == "hint" && length > 1 && HINTS.contains(&self.word_ahead(2));
            if !hint && !known.contains(&word) {
                break;
            }
            parameters.push(self.parameter(length)?);
        }
        Ok(())
    }

    /// `hint.strategy` and its like have a value.
    fn hint_with_value(&mut self) -> Parsed<()> {
        let hint = self.at_word("hint")
            && self.ahead(1).kind == TokenKind::Dot
            && HINTS.contains(&self.word_ahead(2));
        if !hint || self.ahead(3).kind == TokenKind::Assign {
            return Ok(());
        }
        for _ in 0..3 {
            self.bump();
        }
        self.expect(TokenKind::Assign).map(|_| ())
    }

    /// All parameters here, where nothing else could begin with a name and `=`.
    pub(super) fn all_parameters(&mut self) -> Parsed<Vec<Parameter>> {
        let mut parameters = Vec::new();
        while let Some(length) = self.parameter_name_length(0) {
            parameters.push(self.parameter(length)?);
        }
        Ok(parameters)
    }

    pub(super) fn at_parameters(&self, ahead: usize) -> bool {
        self.parameter_name_length(ahead).is_some()
    }

    /// The tokens of `name` or `hint.name`, if `=` comes after.
    fn parameter_name_length(&self, ahead: usize) -> Option<usize> {
        let mut length = 0;
        loop {
            if self.ahead(ahead + length).kind != TokenKind::Word {
                return None;
            }
            length += 1;
            match self.ahead(ahead + length).kind {
                TokenKind::Assign => return Some(length),
                TokenKind::Dot => length += 1,
                _ => return None,
            }
        }
    }

    fn parameter(&mut self, name_length: usize) -> Parsed<Parameter> {
        let start = self.span();
        for _ in 0..name_length {
            self.bump();
        }
        let span = self.since(start);
        let name = Name::new(self.text(span), span);
        self.expect(TokenKind::Assign)?;
        let number = matches!(self.kind(), TokenKind::Whole | TokenKind::Real);
        if name.text == "kind" && (number || self.at_kind(TokenKind::OpenParen)) {
            self.expected("a kind");
            if number {
                self.bump();
            }
            return Ok(Parameter {
                name,
                value: Expr {
                    kind: ExprKind::Error,
                    span: self.span(),
                },
                span: self.since(start),
            });
        }
        let names = NAMING.contains(&name.text.as_str());
        let wrong = [TokenKind::Minus, TokenKind::Plus, TokenKind::OpenParen];
        if names && wrong.contains(&self.kind()) {
            return Err(self.expected("a name"));
        }
        let value = self.parameter_value()?;
        Ok(Parameter {
            name,
            value,
            span: self.since(start),
        })
    }

    /// A literal, a word, a string, or `(a, b)`.
    fn parameter_value(&mut self) -> Parsed<Expr> {
        let start = self.span();
        if let Some(open) = self.eat(TokenKind::OpenParen) {
            let names = self.list(|parser| parser.name("a name"))?;
            self.close(TokenKind::CloseParen, open)?;
            return Ok(Expr {
                kind: ExprKind::Names(names),
                span: self.since(start),
            });
        }
        // A word is taken as it is: `hint.remote=left (T)` is no call.
        if self.at_word("by") {
            return Err(self.expected("a value"));
        }
        let plain = self.at_kind(TokenKind::Word)
            && !(self.ahead(1).kind == TokenKind::OpenParen
                && self.glued(1)
                && literal::type_of_literal(self.word()).is_some());
        if !plain {
            return self.measured(|parser| parser.nested(|parser| parser.operand()));
        }
        let name = self.any_word();
        let span = name.span;
        let kind = match name.text.as_str() {
            "true" => ExprKind::Literal(Value::Bool(true)),
            "false" => ExprKind::Literal(Value::Bool(false)),
            _ => ExprKind::Name(name),
        };
        Ok(Expr { kind, span })
    }

    /// `name = literal`, without parentheses.
    pub(super) fn literal_property(&mut self) -> Parsed<Parameter> {
        if self.ahead(1).kind == TokenKind::Assign && self.ahead(2).kind == TokenKind::OpenParen {
            self.bump();
            self.bump();
            return Err(self.expected("a literal"));
        }
        let start = self.span();
        let name = self.name("a property's name")?;
        self.expect(TokenKind::Assign)?;
        let value = match self.at_kind(TokenKind::Word) && !self.at_literal_word() {
            true => {
                let word = self.any_word();
                Expr {
                    span: word.span,
                    kind: ExprKind::Name(word),
                }
            }
            false => self.operand()?,
        };
        Ok(Parameter {
            name,
            value,
            span: self.since(start),
        })
    }

    /// `with (name = value, …)`
    pub(super) fn with_properties(&mut self) -> Parsed<Vec<Parameter>> {
        self.properties_while(|_| true)
    }

    /// The same, of properties that begin as `known` says.
    pub(super) fn properties_while(&mut self, known: fn(&Self) -> bool) -> Parsed<Vec<Parameter>> {
        self.expect_word("with")?;
        let open = self.expect(TokenKind::OpenParen)?;
        let mut properties = Vec::new();
        while !self.at_kind(TokenKind::CloseParen) && known(self) {
            properties.push(self.literal_property()?);
            if self.eat(TokenKind::Comma).is_none() {
                break;
            }
        }
        self.close(TokenKind::CloseParen, open)?;
        Ok(properties)
    }

    /// `name = value`, where the value is an expression.
    pub(super) fn property(&mut self) -> Parsed<Parameter> {
        let start = self.span();
        let name = self.name("a property's name")?;
        self.expect(TokenKind::Assign)?;
        let value = self.expr()?;
        Ok(Parameter {
            name,
            value,
            span: self.since(start),
        })
    }
}
