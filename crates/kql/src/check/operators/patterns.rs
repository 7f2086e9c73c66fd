//! What finds patterns in rows: `reduce`, and the plugins `autocluster`, `basket`, `diffpatterns`.

use std::sync::Arc;

use crate::check::build::{converted, literal};
use crate::check::names::UniqueNames;
use crate::check::report::Checked;
use crate::check::scope::Row;
use crate::check::{Checker, codes, fold};
use crate::checked::{Expr, ExprKind, PluginArg, Rel};
use crate::schema::Column;
use crate::span::Span;
use crate::syntax::{self, Argument, Call, Operator, Parameter};
use crate::types::{Type, Value};

/// A parameter that stands for itself.
const DEFAULT: &str = "~";

/// A parameter of a plugin.
enum Takes {
    /// A number, with its value if it is left out and the least and greatest that it may be.
    Number(f64, f64, f64),
    /// A column of numbers that says how often each row counts.
    Weight,
}

const AUTOCLUSTER: &[Takes] = &[
    Takes::Number(0.5, 0.0, 1.0),
    Takes::Weight,
    Takes::Number(25.0, 1.0, 1e6),
];
const BASKET: &[Takes] = &[
    Takes::Number(0.05, 0.0, 1.0),
    Takes::Weight,
    Takes::Number(5.0, 1.0, 1e6),
];
const DIFFPATTERNS: &[Takes] = &[
    Takes::Weight,
    Takes::Number(0.05, 0.0, 1.0),
    Takes::Number(1e6, 1.0, 1e6),
];

impl<'a> Checker<'a> {
    /// In the checked query: for `diffpatterns` the split and its two values; then the parameters in
    /// order, the weight of a row among them; then a wildcard for each column.
    pub(super) fn patterns(
        &mut self,
        input: &Arc<Rel>,
        plugin: &'a Call,
        span: Span,
    ) -> Checked<Arc<Rel>> {
        let name = plugin.name.text.as_str();
        let long = |name: &str| Column::new(name, Type::Long);
        let real = |name: &str| Column::new(name, Type::Real);
        let (takes, mut columns) = match name {
            "diffpatterns" => {
                let counts = ["SegmentId", "CountA", "CountB"].map(long).into_iter();
                let percents = ["PercentA", "PercentB", "PercentDiffAB"].map(real);
                (DIFFPATTERNS, counts.chain(percents).collect())
            }
            "basket" => (
                BASKET,
                vec![long("SegmentId"), long("Count"), real("Percent")],
            ),
            _ => (
                AUTOCLUSTER,
                vec![long("SegmentId"), long("Count"), real("Percent")],
            ),
        };
        let mut given = plugin.args.as_slice();
        let mut args = Vec::new();
        if name == "diffpatterns" {
            let [split, a, b, rest @ ..] = given else {
                return Err(self.error(
                    codes::ARGUMENT_COUNT,
                    plugin.span,
                    "`diffpatterns` takes a column and two of its values",
                ));
            };
            given = rest;
            let row = Row::of(input);
            let split = self.scalar(&split.value, &row)?;
            args.push(PluginArg::Expr(converted(split, Type::String)));
            for value in [a, b] {
                let span = value.value.span;
                let value = self.constant(&value.value, &Row::none())?;
                if !matches!(value.ty, Type::String | Type::Dynamic) {
                    return Err(self.error(
                        codes::ARGUMENT_TYPE,
                        span,
                        format!(
                            "`diffpatterns` expects the two values as texts, found a `{}`",
                            value.ty
                        ),
                    ));
                }
                args.push(PluginArg::Expr(converted(value, Type::String)));
            }
        }
        for takes in takes {
            let arg = given.first();
            given = given.get(1..).unwrap_or_default();
            args.push(PluginArg::Expr(match takes {
                Takes::Weight => self.weight(input, arg, span)?,
                Takes::Number(default, least, most) => {
                    self.number(name, arg, *default, *least..=*most, span)?
                }
            }));
        }
        let wildcards = self.wildcards(given)?;
        let mut names = UniqueNames::default();
        columns
            .iter()
            .for_each(|column| names.reserve(&column.name));
        for own in &input.columns {
            let wildcard = wildcards.iter().find(|value| value.ty() == own.ty);
            let wildcard = wildcard.cloned().unwrap_or_else(|| match own.ty {
                Type::String => Value::String(String::new()),
                ty => fold::null(ty),
            });
            args.push(PluginArg::Expr(literal(wildcard, span)));
            columns.push(Column::new(names.add(&own.name), own.ty));
        }
        self.simple_plugin(input, name, args, columns, span)
    }

    fn weight(&mut self, input: &Rel, arg: Option<&'a Argument>, span: Span) -> Checked<Expr> {
        match arg {
            Some(arg) if !is_default(arg) => {
                let weight = self.scalar(&arg.value, &Row::of(input))?;
                let column = matches!(weight.kind, ExprKind::Column(_));
                if !column {
                    let message = "a weight is a column";
                    return Err(self.error(codes::COLUMN_EXPECTED, arg.value.span, message));
                }
                match weight.ty.is_numeric() {
                    true => Ok(converted(weight, Type::Real)),
                    false => Err(self.error(
                        codes::ARGUMENT_TYPE,
                        arg.value.span,
                        format!("a weight is a number, found a `{}`", weight.ty),
                    )),
                }
            }
            _ => Ok(literal(Value::Real(1.0), span)),
        }
    }

    fn number(
        &mut self,
        plugin: &str,
        arg: Option<&'a Argument>,
        default: f64,
        range: std::ops::RangeInclusive<f64>,
        span: Span,
    ) -> Checked<Expr> {
        let Some(arg) = arg.filter(|arg| !is_default(arg)) else {
            return Ok(literal(Value::Real(default), span));
        };
        let number = self.constant(&arg.value, &Row::none());
        if number.is_err() && !self.untold {
            self.blame(arg.value.span);
        }
        let number = number?;
        if !number.ty.is_numeric() {
            return Err(self.error(
                codes::ARGUMENT_TYPE,
                number.span,
                format!("`{plugin}` expects a number, found a `{}`", number.ty),
            ));
        }
        let number = converted(number, Type::Real);
        match fold::value(&number) {
            Some(Value::Real(value)) if !range.contains(value) => {
                let (least, most) = (range.start(), range.end());
                let message =
                    format!("`{plugin}` expects a number from {least} to {most}, found {value}");
                self.error_at_run(codes::ARGUMENT_TYPE, number.span, message);
                Ok(number)
            }
            _ => Ok(number),
        }
    }

    fn wildcards(&mut self, args: &'a [Argument]) -> Checked<Vec<Value>> {
        let mut wildcards = Vec::with_capacity(args.len());
        for arg in args.iter().filter(|arg| !is_default(arg)) {
            let value = self.constant(&arg.value, &Row::none())?;
            match fold::value(&value) {
                Some(value) => wildcards.push(value.clone()),
                None => {
                    return Err(self.error(
                        codes::NOT_CONSTANT,
                        arg.value.span,
                        "expected a literal as wildcard",
                    ));
                }
            }
        }
        Ok(wildcards)
    }

    /// In the checked query: the text, the threshold, the characters that are letters too.
    pub(super) fn reduce(
        &mut self,
        input: &Arc<Rel>,
        by: &'a syntax::Expr,
        options: &'a [Parameter],
        operator: &'a Operator,
    ) -> Checked<Arc<Rel>> {
        let text = self.scalar(by, &Row::of(input))?;
        if text.ty != Type::String {
            return Err(self.error(
                codes::WRONG_TYPE,
                by.span,
                format!("expected a `string` to reduce by, found a `{}`", text.ty),
            ));
        }
        let with_rows = match self.word(operator, "kind")?.as_deref() {
            None | Some("summary") => false,
            Some("source") => true,
            Some(other) => {
                let message = format!("unknown kind of `reduce` `{other}`");
                return Err(self.error_with_help(
                    codes::OPERATOR_PARAMETER,
                    operator.keyword.span,
                    message,
                    "one of `source`, `summary`",
                ));
            }
        };
        let (mut threshold, mut characters) = (0.1, String::new());
        for option in options {
            match (option.name.text.as_str(), self.property(option)?) {
                ("threshold", Value::Real(part)) => threshold = part,
                ("threshold", Value::Long(part)) => threshold = part as f64,
                ("characters", Value::String(text)) => characters = text,
                (name @ ("threshold" | "characters"), _) => {
                    let wanted = if name == "threshold" {
                        "a number"
                    } else {
                        "a string"
                    };
                    return Err(self.error(
                        codes::OPERATOR_PARAMETER,
                        option.value.span,
                        format!("`reduce` expects {wanted} as `{name}`"),
                    ));
                }
                (name, _) => {
                    return Err(self.error_with_help(
                        codes::OPERATOR_PARAMETER,
                        option.span,
                        format!("unknown option `{name}` of `reduce`"),
                        "the options are `threshold`, a number, and `characters`, a string",
                    ));
                }
            }
        }
        let span = operator.span;
        let args = vec![
            PluginArg::Expr(text),
            PluginArg::Expr(literal(Value::Real(threshold), span)),
            PluginArg::Expr(literal(Value::String(characters), span)),
        ];
        let mut names = UniqueNames::default();
        let mut columns = Vec::new();
        if with_rows {
            columns.clone_from(&input.columns);
            columns
                .iter()
                .for_each(|column| names.reserve(&column.name));
        }
        for (name, ty) in [
            ("Pattern", Type::String),
            ("Count", Type::Long),
            ("Representative", Type::String),
        ] {
            columns.push(Column::new(names.add(name), ty));
        }
        let kind = if with_rows { "reduce_rows" } else { "reduce" };
        self.simple_plugin(input, kind, args, columns, span)
    }
}

fn is_default(arg: &Argument) -> bool {
    matches!(&arg.value.kind, syntax::ExprKind::Literal(Value::String(text)) if text == DEFAULT)
}
