//! Calls whose arguments follow rules of their own: `case`, `bag_pack` and its like, and what the checker
//! decides by itself.

use super::build::{call, column, converted, literal};
use super::call::{Arg, stand_in};
use super::holds::holds;
use super::report::{Checked, Reported};
use super::scope::Row;
use super::{Checker, fold};
use crate::checked::Expr;
use crate::codes;
use crate::functions::Function;
use crate::functions::signature::Holds;
use crate::span::Span;
use crate::syntax::{self, Call};
use crate::types::{Type, Value};

impl<'a> Checker<'a> {
    pub(super) fn case(&mut self, args: Vec<Arg>, span: Span) -> Checked<Expr> {
        if args.len() < 3 || args.len().is_multiple_of(2) {
            return Err(self.error_with_help(
                codes::ARGUMENT_COUNT,
                span,
                format!("`case` does not take {} arguments", args.len()),
                "it takes pairs of a predicate and a value, then the value for all else",
            ));
        }
        let last = args.len() - 1;
        let is_predicate = |at: usize| at.is_multiple_of(2) && at != last;
        let mut failed = false;
        let mut values = Vec::with_capacity(args.len());
        for (at, arg) in args.into_iter().enumerate() {
            match arg {
                Arg::Value(value) if is_predicate(at) && value.ty != Type::Bool => {
                    return Err(self.error(
                        codes::ARGUMENT_TYPE,
                        value.span,
                        format!(
                            "`case` expects a `bool` as predicate, found a `{}`",
                            value.ty
                        ),
                    ));
                }
                Arg::Value(value) => values.push(value),
                Arg::Failed(Some(place)) | Arg::Unread(Some(place)) if is_predicate(at) => {
                    self.blame(place);
                    failed = true;
                }
                arg if arg.is_wrong() => failed = true,
                _ => {
                    return Err(self.error(
                        codes::ARGUMENT_TYPE,
                        span,
                        "`case` expects values as arguments",
                    ));
                }
            }
        }
        if failed {
            return Err(Reported);
        }
        let types: Vec<Type> = values
            .iter()
            .enumerate()
            .filter(|(at, _)| !is_predicate(*at))
            .map(|(_, value)| value.ty)
            .collect();
        let ty = self.branches(&types, span)?;
        let values = values
            .into_iter()
            .enumerate()
            .map(|(at, value)| match is_predicate(at) {
                true => value,
                false => converted(value, ty),
            })
            .collect();
        Ok(call("case", values, ty, span))
    }

    pub(super) fn bag_pack(
        &mut self,
        function: &'static Function,
        args: Vec<Arg>,
        span: Span,
    ) -> Checked<Expr> {
        if args.is_empty() || args.len() % 2 == 1 {
            let help = "it takes pairs of a key and a value";
            return Err(self.not_so_many(function, args.len(), span, help));
        }
        let mut failed = false;
        let mut values = Vec::with_capacity(args.len());
        for (at, arg) in args.into_iter().enumerate() {
            match arg {
                Arg::Value(value) if at % 2 == 1 || value.ty == Type::String => values.push(value),
                // What is in a property might be a text.
                Arg::Value(value)
                    if value.ty == Type::Dynamic && holds(&value) == Holds::Anything =>
                {
                    values.push(converted(value, Type::String));
                }
                Arg::Value(value) => {
                    return Err(self.error(
                        codes::ARGUMENT_TYPE,
                        value.span,
                        format!(
                            "`{}` expects a `string` as key, found a `{}`",
                            function.name, value.ty
                        ),
                    ));
                }
                Arg::Failed(Some(place)) | Arg::Unread(Some(place)) if at % 2 == 0 => {
                    self.blame(place);
                    failed = true;
                }
                arg if arg.is_wrong() => failed = true,
                _ => {
                    return Err(self.error(
                        codes::ARGUMENT_TYPE,
                        span,
                        format!("`{}` expects values as arguments", function.name),
                    ));
                }
            }
        }
        if failed {
            return Ok(stand_in(Type::Dynamic, span));
        }
        Ok(call("bag_pack", values, Type::Dynamic, span))
    }

    /// `pack_all()`, `bag_pack_columns(a, b)`: a `bag_pack` of columns under their names.
    pub(super) fn pack_columns(&mut self, found: &'a Call, row: &Row, span: Span) -> Checked<Expr> {
        let mut args = Vec::new();
        let mut pack = |name: &str, expr: Expr| {
            args.push(literal(Value::String(name.to_string()), span));
            args.push(expr);
        };
        if found.name.text == "bag_pack_columns" {
            for arg in &found.args {
                let syntax::ExprKind::Name(name) = &arg.value.kind else {
                    return Err(self.error(
                        codes::COLUMN_EXPECTED,
                        arg.value.span,
                        "`bag_pack_columns` expects the names of columns",
                    ));
                };
                let found = self.column_named(name, row)?;
                pack(&found.name, column(&found.name, found.ty, name.span));
            }
            return Ok(call("bag_pack", args, Type::Dynamic, span));
        }
        for found in row.columns {
            pack(&found.name, column(&found.name, found.ty, span));
        }
        let sparse = match found.args.first() {
            Some(arg) => self.literal_value(&arg.value)? == Value::Bool(true),
            None => false,
        };
        // `pack_all(true)` leaves out what is null or empty.
        let function = match sparse {
            true => "pack_all",
            false => "bag_pack",
        };
        Ok(call(function, args, Type::Dynamic, span))
    }

    /// `column_names_of(T)`: decided here, as an array.
    pub(super) fn column_names_of(&mut self, found: &'a Call, span: Span) -> Checked<Expr> {
        let [table] = found.args.as_slice() else {
            return Err(self.error(
                codes::ARGUMENT_COUNT,
                span,
                "`column_names_of` takes a table",
            ));
        };
        let table = self.tabular(&table.value, &Row::none())?;
        let names: Vec<String> = table
            .columns
            .iter()
            .filter_map(|column| super::data::json(&Value::String(column.name.clone())))
            .collect();
        let json = format!("[{}]", names.join(","));
        Ok(literal(Value::Dynamic(json), span))
    }

    /// `column_ifexists('name', default)`: decided here, by the columns that there are.
    pub(super) fn column_if_exists(
        &mut self,
        found: &'a Call,
        row: &Row,
        span: Span,
    ) -> Checked<Expr> {
        let exists = found.name.text == "iscolumnexists";
        let expected = if exists { 1 } else { 2 };
        if found.args.len() != expected {
            return Err(self.error(
                codes::ARGUMENT_COUNT,
                span,
                format!(
                    "`{}` takes {expected} argument(s), found {}",
                    found.name.text,
                    found.args.len()
                ),
            ));
        }
        let name = self.scalar(&found.args[0].value, &Row::none());
        if name.is_err() && !self.untold {
            self.blame(found.args[0].value.span);
        }
        let name = name?;
        let Some(name) = fold::string(&name).map(str::to_string) else {
            return Err(self.error(
                codes::NOT_CONSTANT,
                found.args[0].value.span,
                format!("`{}` expects a string literal as name", found.name.text),
            ));
        };
        let there = row.column(&name);
        if exists {
            return Ok(literal(Value::Bool(there.is_some()), span));
        }
        match there {
            Some(found) => Ok(column(&found.name, found.ty, span)),
            None => self.scalar(&found.args[1].value, row),
        }
    }
}
