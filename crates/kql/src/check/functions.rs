//! The query's own functions: a call becomes the body with the arguments in place.

use std::sync::Arc;

use super::build::{converted, literal};
use super::call::stand_in;
use super::report::{Checked, Reported};
use super::scope::{Binding, Mark, Row};
use super::tabular::Value;
use super::{Checker, fold};
use crate::checked::{Expr, Rel};
use crate::codes;
use crate::limits::{CALL_DEPTH_MAX, CALLS_MAX};
use crate::span::Span;
use crate::syntax::{Argument, FunctionBody, Name, Param, ParamType, RowSchema, StatementKind};
use crate::types::Type;

impl<'a> Checker<'a> {
    /// A call; `input` is what `invoke` hands to the first parameter.
    #[expect(clippy::too_many_arguments, reason = "they are the parts of one call")]
    pub(super) fn apply(
        &mut self,
        name: &Name,
        body: &'a FunctionBody,
        scope: Mark,
        args: &'a [Argument],
        input: Option<Arc<Rel>>,
        row: &Row,
        span: Span,
    ) -> Checked<Value> {
        if self.call_depth >= CALL_DEPTH_MAX {
            return Err(self.limit_reached(span, "calls inside each other", CALL_DEPTH_MAX));
        }
        self.calls += 1;
        if self.calls > CALLS_MAX {
            return Err(self.limit_reached(span, "calls of its own functions", CALLS_MAX));
        }
        let bound = self.bind_parameters(name, body, args, input, row, span);
        let (bindings, failed) = match bound {
            Ok(bindings) => (bindings, None),
            // The body is looked at all the same: its own mistakes are worth saying.
            Err(reported) => (self.without_arguments(body), Some(reported)),
        };
        let aggregates = self.aggregates.take();
        let outer = self.scopes.enter(scope);
        self.call_depth += 1;
        self.applied.push(name.text.clone());
        let result = self.body(body, bindings);
        self.applied.pop();
        self.call_depth -= 1;
        self.scopes.leave(outer);
        self.aggregates = aggregates;
        match failed {
            Some(reported) => Err(reported),
            None => result,
        }
    }

    /// Nulls for scalars; what reads a table says nothing.
    fn without_arguments(&self, body: &'a FunctionBody) -> Vec<(&'a Param, Option<Binding<'a>>)> {
        let placeholder = |param: &'a Param| match &param.ty {
            ParamType::Scalar(ty) => match ty.ty {
                Some(ty) => self.scalar_binding(literal(fold::null(ty), param.span)),
                None => Binding::Failed,
            },
            ParamType::Tabular(_) => Binding::Failed,
        };
        let params = body.params.iter();
        params
            .map(|param| (param, Some(placeholder(param))))
            .collect()
    }

    pub(super) fn body(
        &mut self,
        body: &'a FunctionBody,
        bindings: Vec<(&'a Param, Option<Binding<'a>>)>,
    ) -> Checked<Value> {
        for (param, binding) in bindings {
            let binding = match binding {
                Some(binding) => binding,
                None => self.default_value(param),
            };
            self.scopes.declare(&param.name.text, binding);
        }
        let mut result = None;
        for statement in &body.statements {
            match &statement.kind {
                StatementKind::Query(expr) => result = Some(self.value(expr, &Row::none())),
                _ => {
                    self.statement(statement);
                }
            }
        }
        match result {
            Some(result) => result,
            None => Err(self.error(
                codes::NO_QUERY,
                body.span,
                "the function yields nothing: its body has no expression",
            )),
        }
    }

    fn default_value(&mut self, param: &'a Param) -> Binding<'a> {
        let (Some(default), ParamType::Scalar(ty)) = (&param.default, &param.ty) else {
            return Binding::Failed;
        };
        match (self.scalar(default, &Row::none()), ty.ty) {
            (Ok(value), Some(ty)) => match self.as_parameter(param, value, ty) {
                Ok(value) => self.scalar_binding(value),
                Err(Reported) => Binding::Failed,
            },
            _ => Binding::Failed,
        }
    }

    /// The value for each parameter; `None` where the default is to be taken.
    fn bind_parameters(
        &mut self,
        name: &Name,
        body: &'a FunctionBody,
        args: &'a [Argument],
        input: Option<Arc<Rel>>,
        row: &Row,
        span: Span,
    ) -> Checked<Vec<(&'a Param, Option<Binding<'a>>)>> {
        let mut bound: Vec<(&'a Param, Option<Binding<'a>>)> =
            body.params.iter().map(|param| (param, None)).collect();
        let mut next = 0;
        if let Some(input) = input {
            let Some((param, slot)) = bound.first_mut() else {
                return Err(self.error(
                    codes::ARGUMENT_COUNT,
                    span,
                    format!("`{}` takes no table to be invoked on", name.text),
                ));
            };
            let ParamType::Tabular(schema) = &param.ty else {
                return Err(self.error(
                    codes::TABULAR_EXPECTED,
                    span,
                    format!("the first parameter of `{}` is no table", name.text),
                ));
            };
            *slot = Some(Binding::Table(Arc::clone(&input)));
            next = 1;
            self.required_columns(schema, &input, span)?;
        }
        let mut failed = None;
        for arg in args {
            let at = match &arg.name {
                Some(named) => bound
                    .iter()
                    .position(|(param, _)| param.name.text == named.text),
                None => Some(next).filter(|at| *at < bound.len()),
            };
            let Some(at) = at else {
                return Err(self.argument_count(name, body, args.len(), span));
            };
            next += 1;
            match self.argument(bound[at].0, arg, row) {
                Ok(binding) => bound[at].1 = Some(binding),
                Err(reported) => failed = Some(reported),
            }
        }
        if let Some(reported) = failed {
            return Err(reported);
        }
        match bound
            .iter()
            .all(|(param, binding)| binding.is_some() || param.default.is_some())
        {
            true => Ok(bound),
            false => Err(self.argument_count(name, body, args.len(), span)),
        }
    }

    fn argument_count(
        &mut self,
        name: &Name,
        body: &FunctionBody,
        found: usize,
        span: Span,
    ) -> Reported {
        let params: Vec<&str> = body
            .params
            .iter()
            .map(|param| param.name.text.as_str())
            .collect();
        self.error_with_help(
            codes::ARGUMENT_COUNT,
            span,
            format!("`{}` does not take {found} argument(s)", name.text),
            format!("it is `{}({})`", name.text, params.join(", ")),
        )
    }

    fn argument(&mut self, param: &'a Param, arg: &'a Argument, row: &Row) -> Checked<Binding<'a>> {
        match &param.ty {
            ParamType::Scalar(ty) => {
                let value = self.scalar(&arg.value, row)?;
                let ty = ty.ty.ok_or(Reported)?;
                // Whether it can be converted only a run would say.
                let value = match parameter_takes(ty, value.ty) {
                    true => converted(value, ty),
                    false => {
                        let message = wrong_parameter(param, ty, value.ty);
                        self.error_at_run(codes::ARGUMENT_TYPE, value.span, message);
                        stand_in(ty, value.span)
                    }
                };
                Ok(self.scalar_binding(value))
            }
            ParamType::Tabular(schema) => {
                let rel = self.tabular(&arg.value, row)?;
                self.required_columns(schema, &rel, arg.value.span)?;
                Ok(Binding::Table(rel))
            }
        }
    }

    /// A value for a parameter of that type; numbers and dynamics are converted.
    fn as_parameter(&mut self, param: &Param, value: Expr, ty: Type) -> Checked<Expr> {
        match parameter_takes(ty, value.ty) {
            true => Ok(converted(value, ty)),
            false => {
                let message = wrong_parameter(param, ty, value.ty);
                Err(self.error(codes::ARGUMENT_TYPE, value.span, message))
            }
        }
    }

    fn required_columns(&mut self, schema: &RowSchema, rel: &Rel, span: Span) -> Checked<()> {
        for wanted in &schema.columns {
            let found = rel
                .columns
                .iter()
                .find(|column| column.name == wanted.name.text);
            let message = match (found, wanted.ty.ty) {
                (None, _) => format!("the table has no column `{}`", wanted.name.text),
                (Some(found), Some(ty)) if found.ty != ty => format!(
                    "the column `{}` must be a `{ty}`, found a `{}`",
                    wanted.name.text, found.ty
                ),
                _ => continue,
            };
            return Err(self.error(codes::MISSING_COLUMNS, span, message));
        }
        Ok(())
    }

    /// A parameter of the query: what the options say, else its default.
    pub(super) fn query_parameter(&mut self, param: &'a Param, ty: Option<Type>) -> Checked<Expr> {
        let ty = ty.ok_or(Reported)?;
        if let Some(value) = self.options.parameters.get(&param.name.text) {
            let value = literal(value.clone(), param.span);
            return self.as_parameter(param, value, ty);
        }
        match &param.default {
            Some(default) => {
                let value = self.scalar(default, &Row::none())?;
                let value = self.as_parameter(param, value, ty)?;
                match fold::value(&value) {
                    Some(_) => Ok(value),
                    None => Err(self.error(
                        codes::NOT_CONSTANT,
                        default.span,
                        "the default of a query parameter is a literal",
                    )),
                }
            }
            None => Err(self.error(
                codes::QUERY_PARAMETER,
                param.span,
                format!("the query parameter `{}` has no value", param.name.text),
            )),
        }
    }
}

fn parameter_takes(wanted: Type, found: Type) -> bool {
    found == wanted
        || found == Type::Dynamic
        || wanted == Type::Dynamic
        || (found.is_numeric() && wanted.is_numeric())
}

fn wrong_parameter(param: &Param, wanted: Type, found: Type) -> String {
    let name = &param.name.text;
    format!("the parameter `{name}` is a `{wanted}`, found a `{found}`")
}
