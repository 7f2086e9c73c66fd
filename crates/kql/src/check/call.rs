//! Calls of the language's scalar functions: which overload, what becomes of the arguments, which
//! type results.

use super::build::{call, column, converted, is_constant, literal};
use super::fit::{close, describe, fit, is_taken_as_text, layout};
use super::holds::example;
use super::misfit::{Misfit, longest, meant, nearest};
use super::operands::widest;
use super::report::{Checked, Reported};
use super::scope::{Binding, Row};
use super::{Checker, fold, suggest};
use crate::checked::{Expr, ExprKind};
use crate::codes;
use crate::functions::signature::{Holds, Needs};
use crate::functions::{self, Function, Overload, Parameter, ParameterType, Return};
use crate::habits;
use crate::span::Span;
use crate::syntax::{self, Call, Name};
use crate::types::{Type, Value};
use crate::unsupported;

const DATE_PARTS: [&str; 13] = [
    "year",
    "quarter",
    "month",
    "week",
    "week_of_year",
    "day",
    "dayofyear",
    "hour",
    "minute",
    "second",
    "millisecond",
    "microsecond",
    "nanosecond",
];

/// What stands as an argument.
#[derive(Clone, Debug)]
pub(super) enum Arg {
    Value(Expr),
    Type(Type),
    Star,
    /// Something is wrong with it, and has been reported; where it stands, if it has no type.
    Failed(Option<Span>),
    /// There may be more or fewer arguments; the same of this one, if something is wrong with it too.
    Unread(Option<Span>),
}

impl Arg {
    /// Whether something is wrong with it.
    pub(super) fn is_wrong(&self) -> bool {
        matches!(self, Arg::Failed(_) | Arg::Unread(_))
    }

    pub(super) fn ty(&self) -> Option<Type> {
        match self {
            Arg::Value(expr) => Some(expr.ty),
            _ => None,
        }
    }
}

/// A chosen overload: the parameter that each argument is for, and the type of the result.
pub(super) struct Chosen<'f> {
    pub parameters: Vec<&'f Parameter>,
    pub result: Return,
    pub holds: Holds,
}

impl<'a> Checker<'a> {
    pub(super) fn call(&mut self, found: &'a Call, row: &Row, span: Span) -> Checked<Expr> {
        let name = &found.name;
        match self.scopes.find(&name.text).cloned() {
            Some(Binding::Failed) => return Err(Reported),
            Some(Binding::Function { body, scope }) => {
                let value = self.apply(name, body, scope, &found.args, None, row, span)?;
                return self.expect_scalar(value, span);
            }
            _ => {}
        }
        if let Some(found) = self.graph_call(found, row, span) {
            return found;
        }
        if self.aggregates.is_some() && functions::aggregate(&name.text).is_some() {
            return self.aggregate_in_expression(found, row, span);
        }
        match name.text.as_str() {
            "toscalar" => return self.first_cell(found, span),
            "materialize" => {
                let value = self.materialize(found, row, span)?;
                if found.unread {
                    return Err(Reported);
                }
                return self.expect_scalar(value, span);
            }
            "column_ifexists" | "columnifexists" | "iscolumnexists" => {
                return self.column_if_exists(found, row, span);
            }
            "column_names_of" => return self.column_names_of(found, span),
            "bin_auto" => return self.bin_auto(found, row, span),
            "ingestion_time" if found.args.is_empty() => {
                return Ok(self.ingestion_time(row, span));
            }
            "pack_all" | "bag_pack_columns" => return self.pack_columns(found, row, span),
            _ => {}
        }
        let Some(function) = functions::scalar(&name.text) else {
            return Err(self.unknown_function(name, span));
        };
        if !function.implemented {
            return Err(self.unsupported_with_help(
                codes::UNSUPPORTED_FUNCTION,
                name.span,
                format!("the function `{}` is not supported", name.text),
                unsupported::function(&name.text),
            ));
        }
        let args = self.arguments(found, row);
        if functions::is_window(function.canonical) {
            let first = found.args.first().map(|arg| &arg.value);
            let few = found.args.len() <= function.overloads[0].parameters.len();
            if let Some(first) = first.filter(|first| few && first.is_name_in_parentheses()) {
                let message = format!("`{}` expects a column", name.text);
                return Err(self.error(codes::COLUMN_EXPECTED, first.span, message));
            }
            return self.window(function, name, args, row, span);
        }
        // Parentheses around the call do not belong to it.
        self.apply_function(function, args, row, found.span)
    }

    /// A call whose arguments are bound.
    pub(super) fn apply_function(
        &mut self,
        function: &'static Function,
        args: Vec<Arg>,
        row: &Row,
        span: Span,
    ) -> Checked<Expr> {
        match function.canonical {
            "case" => return self.case(args, span),
            "bag_pack" => {
                let made = self.bag_pack(function, args, span);
                return made.or_else(|Reported| Ok(literal(example(Holds::Bag), span)));
            }
            _ => {}
        }
        let failed = args.iter().any(Arg::is_wrong);
        let chosen = match self.choose(function, &args, span) {
            Ok(chosen) => chosen,
            Err(reported) => {
                let meant = self.meant.take().and_then(|meant| match meant.result {
                    Return::Type(Type::Dynamic) => Some(literal(example(meant.holds), span)),
                    Return::Type(ty) => Some(stand_in(ty, span)),
                    _ => None,
                });
                let settled = || settled_among(function, Some(&args), span);
                return meant.or_else(settled).ok_or(reported);
            }
        };
        let (parameters, result) = (chosen.parameters, chosen.result);
        if failed {
            let first = args.first().and_then(Arg::ty);
            return match (result, first) {
                (Return::Type(Type::Dynamic), _) => Ok(literal(example(chosen.holds), span)),
                (Return::Type(ty), _) => Ok(stand_in(ty, span)),
                (Return::Same, Some(ty)) => Ok(stand_in(ty, span)),
                (Return::Promoted, Some(ty)) => Ok(stand_in(promoted(ty), span)),
                (Return::Common | Return::CommonNonDynamic, _) => {
                    let good = args.iter().zip(&parameters).filter(|(_, parameter)| {
                        matches!(
                            parameter.types.as_slice(),
                            [ParameterType::Common
                                | ParameterType::CommonOrderable
                                | ParameterType::CommonOrDynamic]
                        )
                    });
                    let types: Vec<Type> = good.filter_map(|(arg, _)| arg.ty()).collect();
                    match branch_type(&types) {
                        Ok(ty) if !types.is_empty() => Ok(stand_in(ty, span)),
                        _ => Err(Reported),
                    }
                }
                _ => settled(function, span).ok_or(Reported),
            };
        }
        let common = self.common_type(&parameters, &args, result, span)?;
        let mut type_argument = None;
        let mut values = Vec::with_capacity(args.len());
        for (arg, parameter) in args.into_iter().zip(&parameters) {
            match arg {
                Arg::Value(value) => values.push(adapted(value, parameter, common)),
                Arg::Type(ty) => type_argument = Some(ty),
                Arg::Star => values.extend(
                    row.columns
                        .iter()
                        .map(|found| column(&found.name, found.ty, span)),
                ),
                Arg::Failed(_) | Arg::Unread(_) => return Err(Reported),
            }
        }
        let numbers = values
            .iter()
            .map(|value| value.ty)
            .reduce(|a, b| widest(a, b).unwrap_or(a));
        let ty = match result {
            Return::Type(ty) => ty,
            Return::Same => values.first().map_or(Type::Dynamic, |value| value.ty),
            Return::Second => values.get(1).map_or(Type::Dynamic, |value| value.ty),
            Return::Promoted => promoted(values.first().map_or(Type::Long, |value| value.ty)),
            Return::Widest => {
                let ty = promoted(numbers.unwrap_or(Type::Long));
                values = values
                    .into_iter()
                    .map(|value| converted(value, ty))
                    .collect();
                ty
            }
            Return::Common | Return::CommonNonDynamic => common.unwrap_or(Type::Dynamic),
            Return::TypeOf => Type::String,
            Return::Columns | Return::Tabular => Type::Dynamic,
        };
        let said = match function.canonical {
            "ago" => {
                self.note_ago(&values);
                Ok(())
            }
            "strcat" => match fold::strcat(&values) {
                Some(value) => return Ok(literal(value, span)),
                None => Ok(()),
            },
            "datetime_diff" | "datetime_add" | "datetime_part" => self.date_part(values.first()),
            "format_datetime" => self.time_format(values.get(1), "dfFhHmMsty"),
            "format_timespan" => self.time_format(values.get(1), "dfFhHms"),
            "countof" => self.one_of(values.get(2), &["normal", "regex"]),
            "extract_all" => self.capture_groups(values.first()),
            _ => Ok(()),
        };
        // What it yields is known, though it refuses the value.
        if said.is_err() {
            return Ok(stand_in(ty, span));
        }
        let result = call(function.canonical, values, ty, span);
        Ok(match type_argument {
            Some(ty) => converted(result, ty),
            None => result,
        })
    }

    pub(super) fn arguments(&mut self, call: &'a Call, row: &Row) -> Vec<Arg> {
        let mut args: Vec<Arg> = call
            .args
            .iter()
            .map(|arg| match &arg.value.kind {
                syntax::ExprKind::Star => Arg::Star,
                syntax::ExprKind::TypeOf(ty) => ty.ty.map_or(Arg::Failed(None), Arg::Type),
                _ => match self.scalar(&arg.value, row) {
                    // In parentheses, it begins with the first of them.
                    Ok(value) => Arg::Value(Expr {
                        span: arg.value.span,
                        ..value
                    }),
                    Err(Reported) => Arg::Failed(Some(arg.value.span).filter(|_| !self.untold)),
                },
            })
            .collect();
        if let (true, Some(last)) = (call.unread, args.last_mut()) {
            *last = Arg::Unread(match last {
                Arg::Failed(place) => *place,
                _ => None,
            });
        }
        self.untold = false;
        args
    }

    pub(super) fn unknown_function(&mut self, name: &Name, span: Span) -> Reported {
        if self.is_full() {
            return Reported;
        }
        if functions::aggregate(&name.text).is_some() {
            return self.error_with_help(
                codes::MISPLACED_AGGREGATE,
                span,
                format!("the aggregate `{}` cannot be used here", name.text),
                "aggregates stand in `summarize` and `make-series`",
            );
        }
        if self.applied.contains(&name.text) {
            return self.error_with_help(
                codes::RECURSION,
                name.span,
                format!("`{}` calls itself", name.text),
                "the body of a function is put in place of the call, so it cannot be recursive",
            );
        }
        if let Some(help) = habits::function(&name.text) {
            let message = format!("unknown function `{}`", name.text);
            return self.error_with_help(codes::UNKNOWN_FUNCTION, name.span, message, help);
        }
        let own = self
            .scopes
            .names()
            .filter(|(_, binding)| matches!(binding, Binding::Function { .. }))
            .map(|(name, _)| name);
        let known = functions::scalars().into_iter().map(|found| found.name);
        let meant = suggest::nearest(&name.text, own.chain(known)).map(str::to_string);
        self.unknown(
            codes::UNKNOWN_FUNCTION,
            name.span,
            format!("unknown function `{}`", name.text),
            meant,
            None,
        )
    }

    /// The overload that fits best; that all take too few or too many arguments, or which argument
    /// is of the wrong type, is reported.
    pub(super) fn choose(
        &mut self,
        function: &'static Function,
        args: &[Arg],
        span: Span,
    ) -> Checked<Chosen<'static>> {
        let mut best: Option<(usize, &'static Overload, Vec<&'static Parameter>)> = None;
        let mut misfits: Vec<Misfit> = Vec::new();
        for overload in &function.overloads {
            let Some(parameters) = layout(overload, args) else {
                continue;
            };
            let mut total = 0;
            let mut closeness = Vec::with_capacity(args.len());
            let mut wrong = None;
            for (at, (arg, parameter)) in args.iter().zip(&parameters).enumerate() {
                closeness.push(close(arg, parameter));
                match fit(arg, parameter) {
                    Some(cost) => total += cost,
                    None => wrong = wrong.or(Some((at, *parameter))),
                }
            }
            match wrong {
                None if best.as_ref().is_none_or(|(cost, ..)| total < *cost) => {
                    best = Some((total, overload, parameters));
                }
                Some((at, parameter)) => misfits.push(Misfit {
                    at,
                    parameter,
                    closeness,
                    overload,
                }),
                _ => {}
            }
        }
        let several = misfits.len() > 1;
        let misfit = nearest(&misfits);
        self.meant = misfit.map(|misfit| misfit.overload);
        if best.is_none() && several && misfit.is_none() {
            if args.iter().any(Arg::is_wrong) {
                return Err(Reported);
            }
            return Err(self.no_overload(function, args, &misfits, span));
        }
        match (best, misfit.map(|misfit| (misfit.at, misfit.parameter))) {
            (Some((_, overload, parameters)), _) => {
                self.blame_arguments(&parameters, args);
                self.needs(function, &parameters, args)?;
                Ok(Chosen {
                    parameters,
                    result: overload.result,
                    holds: overload.holds,
                })
            }
            (None, Some((at, parameter))) => {
                Err(self.wrong_argument(function, args, at, parameter, span))
            }
            // There may be more of them than could be read, but never fewer.
            (None, None)
                if args.iter().any(|arg| matches!(arg, Arg::Unread(_)))
                    && function
                        .overloads
                        .iter()
                        .any(|overload| args.len() <= overload.most()) =>
            {
                self.untold = true;
                Err(Reported)
            }
            // Which form was meant cannot be told.
            (None, None) if args.iter().any(Arg::is_wrong) && meant(function, args).is_none() => {
                self.untold = true;
                Err(Reported)
            }
            (None, None) => {
                self.meant = meant(function, args);
                Err(self.wrong_argument_count(function, args, span))
            }
        }
    }

    /// What has no type is of the wrong type where one is wanted: what is wrong within such an argument
    /// is said of the argument.
    fn blame_arguments(&mut self, parameters: &[&Parameter], args: &[Arg]) {
        let typed = |class: &ParameterType| matches!(class, ParameterType::Exactly(_));
        for (arg, parameter) in args.iter().zip(parameters) {
            let (Arg::Failed(Some(place)) | Arg::Unread(Some(place))) = arg else {
                continue;
            };
            // Where a dynamic will do as well, the binder keeps quiet.
            let or_dynamic = [Type::String, Type::Dynamic].map(ParameterType::Exactly);
            if parameter.types.iter().all(typed) && parameter.types != or_dynamic {
                self.blame(*place);
            }
        }
    }

    fn needs(
        &mut self,
        function: &Function,
        parameters: &[&Parameter],
        args: &[Arg],
    ) -> Checked<()> {
        for (arg, parameter) in args.iter().zip(parameters) {
            let Arg::Value(value) = arg else { continue };
            let is_column = matches!(value.kind, ExprKind::Column(_));
            if function.canonical == "estimate_data_size" && !is_column {
                let message = format!("`{}` expects columns", function.name);
                return Err(self.error(codes::COLUMN_EXPECTED, value.span, message));
            }
            let (fits, what) = match parameter.needs {
                Needs::Constant => (is_constant(value), "a constant"),
                Needs::Literal => (fold::value(value).is_some(), "a literal"),
                _ => continue,
            };
            if !fits {
                return Err(self.error(
                    codes::NOT_CONSTANT,
                    value.span,
                    format!("`{}` expects {what} as `{}`", function.name, parameter.name),
                ));
            }
        }
        Ok(())
    }

    /// The common type of the arguments that must have one.
    fn common_type(
        &mut self,
        parameters: &[&Parameter],
        args: &[Arg],
        result: Return,
        span: Span,
    ) -> Checked<Option<Type>> {
        let asks = |parameter: &Parameter| {
            parameter.types.iter().any(|class| {
                matches!(
                    class,
                    ParameterType::Common
                        | ParameterType::CommonOrderable
                        | ParameterType::CommonOrDynamic
                )
            })
        };
        let types: Vec<Type> = args
            .iter()
            .zip(parameters)
            .filter(|(_, parameter)| asks(parameter))
            .filter_map(|(arg, _)| arg.ty())
            .collect();
        if types.is_empty() {
            return Ok(None);
        }
        if result == Return::CommonNonDynamic {
            return self.branches(&types, span).map(Some);
        }
        let orderable = parameters
            .iter()
            .any(|parameter| parameter.types.contains(&ParameterType::CommonOrderable));
        if orderable {
            let values = args.iter().filter_map(|arg| match arg {
                Arg::Value(value) => Some(value),
                _ => None,
            });
            let mut odd = values.filter(|value| matches!(value.ty, Type::Dynamic | Type::Guid));
            if let Some(value) = odd.next() {
                return Err(self.error(
                    codes::ARGUMENT_TYPE,
                    value.span,
                    format!(
                        "expected {}, found a `{}`",
                        describe(ParameterType::Orderable),
                        value.ty
                    ),
                ));
            }
        }
        let mut common = types[0];
        for ty in &types[1..] {
            // What is chosen by size may be of any numeric type, what is chosen else may not.
            common = match widest(common, *ty) {
                Some(wider) if orderable || wider.is_integer() => wider,
                _ if common == *ty => common,
                _ => {
                    return Err(self.error(
                        codes::ARGUMENT_TYPE,
                        span,
                        format!("the arguments must be of one type, found `{common}` and `{ty}`"),
                    ));
                }
            };
        }
        Ok(Some(common))
    }

    pub(super) fn branches(&mut self, types: &[Type], span: Span) -> Checked<Type> {
        // Where something is wrong inside, what it would be of is a guess.
        let inside = |place: Span| place.start > span.start && place.end <= span.end;
        let wrong = self.diagnostics.iter().any(|found| inside(found.primary));
        if wrong && branch_type(types).is_err() {
            return Err(Reported);
        }
        // The binder makes a real of numbers and a dynamic of all else; the engine refuses it.
        branch_type(types).or_else(|(one, other)| {
            let message = format!("the branches must be of one type, found `{one}` and `{other}`");
            self.error_at_run(codes::ARGUMENT_TYPE, span, message);
            self.help_at_run("convert one of them, for example with `todouble()` or `tostring()`");
            Ok(match types.iter().all(|ty| ty.is_numeric()) {
                true => Type::Real,
                false => Type::Dynamic,
            })
        })
    }

    fn date_part(&mut self, part: Option<&Expr>) -> Checked<()> {
        let Some((expr, part)) = part.and_then(|expr| Some((expr, fold::string(expr)?))) else {
            return Ok(());
        };
        let lower = part.to_lowercase();
        if DATE_PARTS.contains(&lower.as_str()) || DATE_PARTS.contains(&lower.trim_end_matches('s'))
        {
            return Ok(());
        }
        let parts: Vec<String> = DATE_PARTS.iter().map(|part| format!("`{part}`")).collect();
        Err(self.error_with_help(
            codes::VALUE_OUT_OF_RANGE,
            expr.span,
            format!("`{part}` is no part of a date"),
            format!("one of {}", parts.join(", ")),
        ))
    }

    /// The letters and marks of which a format may be made.
    fn time_format(&mut self, format: Option<&Expr>, letters: &str) -> Checked<()> {
        let Some((expr, text)) = format.and_then(|expr| Some((expr, fold::string(expr)?))) else {
            return Ok(());
        };
        let odd = text
            .chars()
            .find(|c| !letters.contains(*c) && !" /-:,._[]".contains(*c));
        match odd {
            None => Ok(()),
            Some(odd) => {
                let message = format!("a format cannot contain `{odd}`");
                let reported = self.error_at_run(codes::VALUE_OUT_OF_RANGE, expr.span, message);
                self.help_at_run(
                    "a format is made of letters such as `yyyy`, `MM`, `dd`, `HH`, `mm`, `ss`, `fff` \
                     and of the marks ` /-:,._[]`",
                );
                Err(reported)
            }
        }
    }

    fn one_of(&mut self, value: Option<&Expr>, allowed: &[&str]) -> Checked<()> {
        let Some((expr, text)) = value.and_then(|expr| Some((expr, fold::string(expr)?))) else {
            return Ok(());
        };
        if allowed.contains(&text) {
            return Ok(());
        }
        let allowed: Vec<String> = allowed.iter().map(|word| format!("`{word}`")).collect();
        Err(self.error(
            codes::VALUE_OUT_OF_RANGE,
            expr.span,
            format!("expected one of {}, found `{text}`", allowed.join(", ")),
        ))
    }

    /// `extract_all` yields what is captured, so something must be.
    fn capture_groups(&mut self, regex: Option<&Expr>) -> Checked<()> {
        let Some((expr, text)) = regex.and_then(|expr| Some((expr, fold::string(expr)?))) else {
            return Ok(());
        };
        let mut groups = 0;
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '\\' => {
                    chars.next();
                }
                '(' => {
                    let mut ahead = chars.clone();
                    let plain = ahead.next() != Some('?');
                    let named = matches!(ahead.next(), Some('P' | '<'));
                    groups += usize::from(plain || named);
                }
                _ => {}
            }
        }
        match groups {
            0 => Err(self.error_with_help(
                codes::VALUE_OUT_OF_RANGE,
                expr.span,
                "`extract_all` needs a regular expression with a capture group",
                "put what is to be extracted in parentheses",
            )),
            _ => Ok(()),
        }
    }

    /// `series_stats(x)` and its like yield several columns; elsewhere the call is one array of
    /// them. What the columns of a call are: the end of the name, and the type.
    pub(super) fn column_parts(&self, canonical: &str, arrays: usize) -> Vec<(&'static str, Type)> {
        use Type::{Dynamic, Long, Real};
        match canonical {
            "series_stats" => vec![
                ("min", Real),
                ("min_idx", Long),
                ("max", Real),
                ("max_idx", Long),
                ("avg", Real),
                ("stdev", Real),
                ("variance", Real),
            ],
            "series_fit_line" => vec![
                ("rsquare", Real),
                ("slope", Real),
                ("variance", Real),
                ("rvariance", Real),
                ("interception", Real),
                ("line_fit", Dynamic),
            ],
            "series_decompose" => vec![
                ("baseline", Dynamic),
                ("seasonal", Dynamic),
                ("trend", Dynamic),
                ("residual", Dynamic),
            ],
            "series_decompose_anomalies" => vec![
                ("ad_flag", Dynamic),
                ("ad_score", Dynamic),
                ("baseline", Dynamic),
            ],
            "series_decompose_forecast" => vec![
                ("baseline", Dynamic),
                ("seasonal", Dynamic),
                ("trend", Dynamic),
                ("residual", Dynamic),
            ],
            "series_fit_2lines" => vec![
                ("rsquare", Real),
                ("split_idx", Long),
                ("variance", Real),
                ("rvariance", Real),
                ("line_fit", Dynamic),
                ("right_rsquare", Real),
                ("right_slope", Real),
                ("right_interception", Real),
                ("right_variance", Real),
                ("right_rvariance", Real),
                ("left_rsquare", Real),
                ("left_slope", Real),
                ("left_interception", Real),
                ("left_variance", Real),
                ("left_rvariance", Real),
            ],
            "series_fit_poly" => vec![
                ("rsquare", Real),
                ("coefficients", Dynamic),
                ("variance", Real),
                ("rvariance", Real),
                ("poly_fit", Dynamic),
            ],
            "series_periods_detect" | "series_periods_validate" => {
                vec![("periods", Dynamic), ("scores", Dynamic)]
            }
            "series_fft" | "series_ifft" => vec![("real", Dynamic), ("imag", Dynamic)],
            "array_sort_asc" | "array_sort_desc" => vec![("sorted", Dynamic); arrays],
            _ => Vec::new(),
        }
    }

    /// One of the columns of such a call.
    pub(super) fn column_part(&self, call: &Expr, at: usize, of: usize, ty: Type) -> Expr {
        if of == 1 {
            return call.clone();
        }
        let part = Expr {
            kind: ExprKind::Index {
                base: Box::new(call.clone()),
                index: Box::new(literal(Value::Long(at as i64), call.span)),
            },
            ty: Type::Dynamic,
            span: call.span,
        };
        converted(part, ty)
    }
}

/// Stands for a value with which something is wrong, where its type is known all the same: what is
/// around it can go on.
pub(super) fn stand_in(ty: Type, span: Span) -> Expr {
    literal(fold::null(ty), span)
}

/// Stands for a call whose type and content are the same, whatever its arguments are.
pub(super) fn settled(function: &'static Function, span: Span) -> Option<Expr> {
    settled_among(function, None, span)
}

/// The same; of forms that take as many arguments as there are, only those count.
fn settled_among(function: &'static Function, args: Option<&[Arg]>, span: Span) -> Option<Expr> {
    let takes =
        |overload: &&'static Overload| args.is_some_and(|args| layout(overload, args).is_some());
    let mut overloads: Vec<&'static Overload> = function.overloads.iter().filter(takes).collect();
    if overloads.is_empty() {
        overloads = match args {
            Some(_) => longest(function).collect(),
            None => function.overloads.iter().collect(),
        };
    }
    let first = overloads.first()?;
    let Return::Type(ty) = first.result else {
        return None;
    };
    if overloads
        .iter()
        .any(|overload| overload.result != first.result)
    {
        return None;
    }
    let alike = overloads
        .iter()
        .all(|overload| overload.holds == first.holds);
    Some(match ty {
        Type::Dynamic if alike => literal(example(first.holds), span),
        ty => stand_in(ty, span),
    })
}

/// Int becomes long.
pub(super) fn promoted(ty: Type) -> Type {
    match ty {
        Type::Int => Type::Long,
        ty => ty,
    }
}

/// The type of a choice between values: the one type that there is, an int becoming a long where it
/// must. A dynamic counts only where there is nothing else. `Err` has the two that do not go
/// together.
fn branch_type(types: &[Type]) -> Result<Type, (Type, Type)> {
    let mut common = None;
    for ty in types.iter().copied().filter(|ty| *ty != Type::Dynamic) {
        common = match common {
            None => Some(ty),
            Some(other) if other == ty => Some(ty),
            Some(other) if other.is_integer() && ty.is_integer() => Some(Type::Long),
            Some(other) => return Err((other, ty)),
        };
    }
    Ok(common.unwrap_or(Type::Dynamic))
}

/// An argument as the parameter wants it.
pub(super) fn adapted(value: Expr, parameter: &Parameter, common: Option<Type>) -> Expr {
    match parameter.types.as_slice() {
        [ParameterType::Exactly(ty)] => converted(value, *ty),
        [
            ParameterType::Common | ParameterType::CommonOrderable | ParameterType::CommonOrDynamic,
        ] => match common {
            Some(ty) => converted(value, ty),
            None => value,
        },
        _ if is_taken_as_text(&value, parameter) => converted(value, Type::String),
        _ => value,
    }
}
