//! The query's own patterns: a use becomes the body of the case whose values it names.

use std::sync::Arc;

use super::build::literal;
use super::report::{Checked, Reported};
use super::scope::{Binding, Row};
use super::{Checker, fold};
use crate::checked::Rel;
use crate::codes;
use crate::limits::CALL_DEPTH_MAX;
use crate::span::Span;
use crate::syntax::{self, Call, Param};
use crate::types::Value;

impl<'a> Checker<'a> {
    /// The table of `p('x')` or `p('x').y`, if `p` is a pattern.
    pub(super) fn pattern_use(&mut self, expr: &'a syntax::Expr) -> Option<Checked<Arc<Rel>>> {
        let (call, path) = match &expr.kind {
            syntax::ExprKind::Call(call) => (call, None),
            syntax::ExprKind::Member { base, name } => match &base.kind {
                syntax::ExprKind::Call(call) => (call, Some(name.text.as_str())),
                _ => return None,
            },
            _ => return None,
        };
        let known = self.patterns.contains_key(call.name.text.as_str());
        known.then(|| self.matched_pattern(call, path, expr.span))
    }

    fn matched_pattern(
        &mut self,
        call: &'a Call,
        path: Option<&str>,
        span: Span,
    ) -> Checked<Arc<Rel>> {
        let Some((pattern, mark)) = self.patterns.get(call.name.text.as_str()).copied() else {
            return Err(self.unknown_function(&call.name, span));
        };
        if self.call_depth >= CALL_DEPTH_MAX {
            return Err(self.limit_reached(span, "calls inside each other", CALL_DEPTH_MAX));
        }
        let mut values = Vec::with_capacity(call.args.len());
        for arg in &call.args {
            values.push(self.literal_of(&arg.value)?);
        }
        let mut found = None;
        for case in &pattern.cases {
            let mut wanted = Vec::with_capacity(case.values.len());
            for value in &case.values {
                wanted.push(self.literal_of(value)?);
            }
            let wanted_path = match &case.path {
                Some(path) => Some(self.literal_of(path)?),
                None => None,
            };
            let same_path = match (&wanted_path, path) {
                (Some(Value::String(wanted)), Some(path)) => wanted == path,
                (None, None) => true,
                _ => false,
            };
            if wanted == values && same_path {
                found = Some(case);
            }
        }
        let Some(case) = found else {
            return Err(self.error(
                codes::ARGUMENT_TYPE,
                call.name.span,
                format!(
                    "the pattern `{}` has no case for these values",
                    call.name.text
                ),
            ));
        };
        let path = path.map(|path| Value::String(path.to_string()));
        let bindings: Vec<(&'a Param, Option<Binding<'a>>)> = pattern
            .params
            .iter()
            .chain(&pattern.path)
            .zip(values.into_iter().chain(path))
            .map(|(param, value)| (param, Some(self.scalar_binding(literal(value, span)))))
            .collect();
        let outer = self.scopes.enter(mark);
        self.call_depth += 1;
        let result = self.body(&case.body, bindings);
        self.call_depth -= 1;
        self.scopes.leave(outer);
        let value = result?;
        self.expect_table(value, span)
    }

    fn literal_of(&mut self, expr: &'a syntax::Expr) -> Checked<Value> {
        let value = self.constant(expr, &Row::none())?;
        match fold::value(&value) {
            Some(value) => Ok(value.clone()),
            None => {
                self.error(
                    codes::NOT_CONSTANT,
                    expr.span,
                    "a pattern is chosen by literals",
                );
                Err(Reported)
            }
        }
    }
}
