//! What a query sets (`set name = value`) that changes what it means, and what its environment knows.

use super::build::{column, converted, literal};
use super::call::Arg;
use super::report::Checked;
use super::scope::Row;
use super::{Checker, fold};
use crate::checked::Expr;
use crate::codes;
use crate::functions;
use crate::span::Span;
use crate::syntax::{self, Call, Name};
use crate::types::{Type, Value};

/// The settings by which `bin_auto` bins.
const BIN_SIZE: &str = "query_bin_auto_size";
const BIN_AT: &str = "query_bin_auto_at";

/// When an event came into a table is not in it; its own time is.
const EVENT_TIME: &str = "TimeGenerated";

impl<'a> Checker<'a> {
    /// Client options such as `set notruncation` do not change what a query means here.
    pub(super) fn set(&mut self, name: &'a Name, value: Option<&'a syntax::Expr>) {
        if matches!(name.text.as_str(), BIN_SIZE | BIN_AT)
            && let Some(value) = value
            && let Ok(value) = self.constant(value, &Row::none())
        {
            self.settings.insert(&name.text, value);
        }
    }

    /// `bin_auto(x)`: `bin` or `bin_at` with what the query has set.
    pub(super) fn bin_auto(&mut self, found: &'a Call, row: &Row, span: Span) -> Checked<Expr> {
        let [value] = found.args.as_slice() else {
            return Err(self.error(
                codes::ARGUMENT_COUNT,
                span,
                format!("`bin_auto` takes 1 argument, found {}", found.args.len()),
            ));
        };
        let value = self.scalar(&value.value, row)?;
        let time = matches!(value.ty, Type::DateTime | Type::TimeSpan);
        let size = match self.settings.get(BIN_SIZE) {
            Some(size) => size.clone(),
            None if time => {
                return Err(self.error_with_help(
                    codes::NOT_CONSTANT,
                    span,
                    format!("`bin_auto` of a `{}` needs a size", value.ty),
                    format!("say `set {BIN_SIZE} = 1h;` before the query"),
                ));
            }
            None => literal(Value::Long(1), span),
        };
        let (name, mut args) = ("bin", vec![value, size]);
        let name = match self.settings.get(BIN_AT) {
            Some(at) => {
                args.push(at.clone());
                "bin_at"
            }
            None => name,
        };
        let function = functions::scalar(name).expect("it is in the table");
        let args = args.into_iter().map(Arg::Value).collect();
        self.apply_function(function, args, row, span)
    }

    /// `ingestion_time()`: the time of the event, for rows that have one.
    pub(super) fn ingestion_time(&self, row: &Row, span: Span) -> Expr {
        match row.column(EVENT_TIME) {
            Some(found) if found.ty == Type::DateTime => column(EVENT_TIME, found.ty, span),
            _ => converted(literal(fold::null(Type::DateTime), span), Type::DateTime),
        }
    }
}
