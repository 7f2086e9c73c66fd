//! `union`: tables under each other, their columns put together by name and type.

use std::collections::HashMap;
use std::sync::Arc;

use super::project::wildcard;
use super::value_of;
use crate::check::build::{column, columns_of, literal};
use crate::check::names::UniqueNames;
use crate::check::report::{Checked, Reported, diagnostic};
use crate::check::scope::{Binding, Row};
use crate::check::{Checker, codes, fold};
use crate::checked::{NamedExpr, Op, Rel};
use crate::diagnostic::Severity;
use crate::schema::Column;
use crate::span::Span;
use crate::syntax::{Expr, ExprKind, Operator};
use crate::types::{Type, Value};

/// A table of a union and the name by which `withsource` knows it.
pub(super) struct Leg {
    pub name: String,
    pub rel: Arc<Rel>,
}

impl<'a> Checker<'a> {
    pub(super) fn union(
        &mut self,
        input: Option<Arc<Rel>>,
        tables: &'a [Expr],
        operator: &'a Operator,
    ) -> Checked<Arc<Rel>> {
        let fuzzy = match self.word(operator, "isfuzzy")?.as_deref() {
            None | Some("false") => false,
            Some("true") => true,
            Some(other) => {
                return Err(self.error(
                    codes::OPERATOR_PARAMETER,
                    value_of(operator, "isfuzzy"),
                    format!("expected `true` or `false` as `isfuzzy`, found `{other}`"),
                ));
            }
        };
        let source = self.name_parameter(operator, "withsource")?;
        let inner = match self.word(operator, "kind")?.as_deref() {
            None | Some("outer") => false,
            Some("inner") => true,
            Some(other) => {
                let message = format!("unknown kind of union `{other}`");
                return Err(self.error_with_help(
                    codes::OPERATOR_PARAMETER,
                    value_of(operator, "kind"),
                    message,
                    "one of `outer`, `inner`",
                ));
            }
        };
        let mut legs = Vec::new();
        if let Some(rel) = input {
            legs.push(Leg {
                name: self.leg_name(&rel, 0),
                rel,
            });
        }
        let mut failed = None;
        for table in tables {
            let number = legs.len();
            let found = match fuzzy {
                true => self.fuzzy_legs(table, number),
                false => self.legs(table, number),
            };
            match found {
                Ok(found) => legs.extend(found),
                Err(reported) => failed = Some(reported),
            }
        }
        if let Some(reported) = failed {
            return Err(reported);
        }
        if legs.is_empty() {
            return Err(self.error(
                codes::UNKNOWN_TABLE,
                operator.span,
                "none of the tables of the `union` exists",
            ));
        }
        self.unified(legs, source.as_deref(), inner, operator.span)
    }

    /// The tables that one item of the list stands for.
    pub(super) fn legs(&mut self, table: &'a Expr, number: usize) -> Checked<Vec<Leg>> {
        if let ExprKind::Wildcard(pattern) = &table.kind {
            return self.matching_tables(&pattern.text, pattern.span);
        }
        let rel = self.tabular(table, &Row::none())?;
        let name = match &table.kind {
            ExprKind::Name(name) => match self.scopes.find(&name.text) {
                None => name.text.clone(),
                Some(Binding::Function { body, .. }) if body.view => name.text.clone(),
                _ => self.leg_name(&rel, number),
            },
            _ => self.leg_name(&rel, number),
        };
        Ok(vec![Leg { name, rel }])
    }

    /// What `as` calls it, or its number.
    fn leg_name(&self, rel: &Arc<Rel>, number: usize) -> String {
        match self.relation_names.get(&Arc::as_ptr(rel)) {
            Some(name) => name.clone(),
            None => format!("union_arg{number}"),
        }
    }

    fn matching_tables(&mut self, pattern: &str, span: Span) -> Checked<Vec<Leg>> {
        // Not even counted, once there were too many.
        self.may_match(pattern, 0, 0, span)?;
        let mut legs = Vec::new();
        let mut names = self.schema.table_names();
        names.sort();
        let bound = self.scopes.names().map(|(name, _)| name);
        let every = names.iter().map(String::as_str).chain(bound);
        let (count, letters) = every.fold((0, 0), |(count, letters), name| {
            (count + 1, letters + name.len())
        });
        self.may_match(pattern, letters, count, span)?;
        for name in names {
            if wildcard(pattern, &name) && self.scopes.find(&name).is_none() {
                let rel = self.schema_table(&name, span)?;
                legs.push(Leg { name, rel });
            }
        }
        let views: Vec<(String, Binding<'a>)> = self
            .scopes
            .names()
            .filter(|(name, binding)| {
                matches!(binding, Binding::Function { body, .. } if body.view)
                    && wildcard(pattern, name)
            })
            .map(|(name, binding)| (name.to_string(), binding.clone()))
            .collect();
        for (name, binding) in views {
            if let Binding::Function { body, scope } = binding {
                let called = crate::syntax::Name::new(name.clone(), span);
                let value = self.apply(&called, body, scope, &[], None, &Row::none(), span)?;
                let rel = self.expect_table(value, span)?;
                legs.push(Leg { name, rel });
            }
        }
        match legs.is_empty() {
            true => Err(self.error(
                codes::UNKNOWN_TABLE,
                span,
                format!("no table matches `{pattern}`"),
            )),
            false => Ok(legs),
        }
    }

    /// A leg that looks at a table that does not exist is left out.
    fn fuzzy_legs(&mut self, table: &'a Expr, number: usize) -> Checked<Vec<Leg>> {
        let before = self.diagnostics.len();
        let found = self.legs(table, number);
        let missing = self.diagnostics[before..]
            .iter()
            .all(|found| found.code == codes::UNKNOWN_TABLE);
        match found {
            Ok(legs) => Ok(legs),
            Err(Reported) if missing && self.diagnostics.len() > before => {
                let errors = self.diagnostics.split_off(before);
                for error in errors {
                    let message =
                        format!("{}; this part of the `union` is left out", error.message);
                    let warning = diagnostic(
                        codes::MISSING_FUZZY_TABLE,
                        Severity::Warning,
                        error.primary,
                        message,
                    );
                    self.report(warning);
                }
                Ok(Vec::new())
            }
            Err(Reported) => Err(Reported),
        }
    }

    /// The tables with the same columns each: of one name and several types there are as many
    /// columns, with the type in the name.
    pub(super) fn unified(
        &mut self,
        legs: Vec<Leg>,
        source: Option<&str>,
        inner: bool,
        span: Span,
    ) -> Checked<Arc<Rel>> {
        let mut order: Vec<&str> = Vec::new();
        let mut types: HashMap<&str, Vec<Type>> = HashMap::new();
        for found in legs.iter().flat_map(|leg| &leg.rel.columns) {
            let known = types.entry(&found.name).or_insert_with(|| {
                order.push(&found.name);
                Vec::new()
            });
            if !known.contains(&found.ty) {
                known.push(found.ty);
            }
        }
        let has = |leg: &Leg, name: &str, ty: Type| {
            leg.rel
                .columns
                .iter()
                .any(|found| found.name == name && found.ty == ty)
        };
        let mut names = UniqueNames::default();
        let mut columns: Vec<(String, &str, Type)> = Vec::new();
        for name in order {
            let known = &types[name];
            for ty in known {
                if inner && !legs.iter().all(|leg| has(leg, name, *ty)) {
                    continue;
                }
                let unified = match known.len() {
                    1 => names.add(name),
                    _ => names.add(&format!("{name}_{ty}")),
                };
                columns.push((unified, name, *ty));
            }
        }
        let mut inputs = Vec::with_capacity(legs.len());
        let mut result: Vec<Column> = Vec::new();
        for leg in &legs {
            let mut exprs = Vec::with_capacity(columns.len() + 1);
            if let Some(source) = source {
                exprs.push(NamedExpr {
                    name: source.to_string(),
                    expr: literal(Value::String(leg.name.clone()), span),
                });
            }
            for (unified, name, ty) in &columns {
                exprs.push(NamedExpr {
                    name: unified.clone(),
                    expr: match has(leg, name, *ty) {
                        true => column(name, *ty, span),
                        false => literal(fold::null(*ty), span),
                    },
                });
            }
            result = columns_of(&exprs);
            let unchanged = leg.rel.columns == result && source.is_none();
            inputs.push(match unchanged {
                true => Arc::clone(&leg.rel),
                false => self.projected(&leg.rel, exprs, span)?,
            });
        }
        self.unordered(Op::Union { inputs }, result, span)
    }
}
