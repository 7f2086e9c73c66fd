//! Calls that fit no overload of their function: which was meant, and what is said of it.
//!
//! In: the overloads with as many parameters as there are arguments, and how each argument fits. Out: the
//! error, which names the argument that is wrong and says what to write in its place. Deliberately not
//! here: the choice of an overload that fits (`call`), how well one does (`fit`).

use super::Checker;
use super::call::Arg;
use super::fit::{close, describe, fit, found};
use super::report::{Reported, diagnostic};
use crate::checked::{Expr, ExprKind};
use crate::codes;
use crate::diagnostic::Severity;
use crate::functions::{Function, Overload, Parameter, ParameterType};
use crate::parse::literal::{datetime_ticks, timespan_ticks};
use crate::span::Span;
use crate::types::{Type, Value};

/// An overload that the arguments do not fit: which of them is the first that does not, and how close
/// each is to its parameter.
pub(super) struct Misfit {
    pub at: usize,
    pub parameter: &'static Parameter,
    pub closeness: Vec<usize>,
    pub overload: &'static Overload,
}

/// The longest text that a message repeats, in characters.
const LONGEST: usize = 40;

impl Checker<'_> {
    /// The argument `at` does not fit its parameter in the overload that was meant.
    pub(super) fn wrong_argument(
        &mut self,
        function: &Function,
        args: &[Arg],
        at: usize,
        parameter: &Parameter,
        span: Span,
    ) -> Reported {
        let (what, place) = match &args[at] {
            Arg::Value(value) => (found(value), value.span),
            Arg::Type(_) => ("a `typeof()`".to_string(), span),
            _ => ("`*`".to_string(), span),
        };
        self.error_with_help(
            codes::ARGUMENT_TYPE,
            place,
            format!(
                "`{}` expects {} as `{}`, found {what}",
                function.name,
                alternatives(&[parameter]),
                parameter.name
            ),
            advice(&args[at], &[parameter])
                .unwrap_or_else(|| format!("it is `{}`", function.overloads[0])),
        )
    }

    /// No overload takes as many arguments; what is shown is that which the first of them fit.
    pub(super) fn wrong_argument_count(
        &mut self,
        function: &Function,
        args: &[Arg],
        span: Span,
    ) -> Reported {
        let fitting = |overload: &&Overload| {
            let pairs = args.iter().zip(&overload.parameters);
            pairs
                .take_while(|(arg, parameter)| fit(arg, parameter).is_some())
                .count()
        };
        // Of several the first.
        let shown = function.overloads.iter().rev().max_by_key(fitting);
        let help = shown.map_or(String::new(), |overload| format!("it is `{overload}`"));
        self.not_so_many(function, args.len(), span, help)
    }

    /// A function does not take so many arguments, and what it takes.
    pub(super) fn not_so_many(
        &mut self,
        function: &Function,
        count: usize,
        span: Span,
        help: impl Into<String>,
    ) -> Reported {
        let plural = if count == 1 { "" } else { "s" };
        self.error_with_help(
            codes::ARGUMENT_COUNT,
            span,
            format!("`{}` does not take {count} argument{plural}", function.name),
            help,
        )
    }

    /// The arguments fit none of several overloads, and which was meant cannot be told from how they do.
    /// Those count in which the most arguments fit before the first that does not.
    pub(super) fn no_overload(
        &mut self,
        function: &Function,
        args: &[Arg],
        misfits: &[Misfit],
        span: Span,
    ) -> Reported {
        let at = misfits.iter().map(|misfit| misfit.at).max().unwrap_or(0);
        let furthest = || misfits.iter().filter(|misfit| misfit.at == at);
        let parameters: Vec<&Parameter> = furthest().map(|misfit| misfit.parameter).collect();
        let types: Vec<String> = args
            .iter()
            .map(|arg| arg.ty().map_or("`*`".to_string(), |ty| format!("`{ty}`")))
            .collect();
        let forms: Vec<String> = furthest()
            .map(|misfit| format!("`{}`", misfit.overload))
            .collect();
        let same_name = parameters.iter().all(|one| one.name == parameters[0].name);
        let message = match &args[at] {
            Arg::Value(value) if at > 0 && same_name => format!(
                "`{}` expects {} as `{}` after {}, found {}",
                function.name,
                alternatives(&parameters),
                parameters[0].name,
                types[..at].join(" and "),
                found(value)
            ),
            _ => format!("`{}` does not take {}", function.name, types.join(" and ")),
        };
        let help = advice(&args[at], &parameters);
        let mut error = diagnostic(codes::ARGUMENT_TYPE, Severity::Error, span, message);
        if let Arg::Value(value) = &args[at] {
            let expected = alternatives(&parameters);
            error.labels = vec![(value.span, format!("expected {expected}"))];
        }
        error.help = Some(help.unwrap_or_else(|| format!("it is {}", forms.join(" or "))));
        self.report(error)
    }
}

/// What the parameters take, each once: ``a `datetime` or a `timespan` ``.
fn alternatives(parameters: &[&Parameter]) -> String {
    let mut words: Vec<String> = Vec::new();
    for class in parameters.iter().flat_map(|parameter| &parameter.types) {
        let word = describe(*class);
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words.join(" or ")
}

/// How a literal is written so that it is of the type that is wanted.
fn advice(arg: &Arg, parameters: &[&Parameter]) -> Option<String> {
    let Arg::Value(Expr {
        kind: ExprKind::Literal(value),
        ..
    }) = arg
    else {
        return None;
    };
    let wanted = |ty: Type| {
        let mut classes = parameters.iter().flat_map(|parameter| &parameter.types);
        classes.any(|class| {
            *class == ParameterType::Exactly(ty)
                || *class == ParameterType::Summable
                    && matches!(ty, Type::DateTime | Type::TimeSpan)
        })
    };
    match value {
        Value::String(text) if text.chars().count() > LONGEST => None,
        Value::String(text) if wanted(Type::TimeSpan) && timespan_ticks(text).is_some() => {
            let unit = text.ends_with(|c: char| c.is_ascii_alphabetic());
            Some(match unit && !text.contains(char::is_whitespace) {
                true => format!("a timespan stands without quotes: `{text}`"),
                false => format!("a timespan is written `timespan({text})`"),
            })
        }
        Value::String(text) if wanted(Type::DateTime) && datetime_ticks(text).is_some() => {
            Some(format!("a point in time is written `datetime({text})`"))
        }
        Value::Long(number) if wanted(Type::TimeSpan) && *number > 0 => Some(format!(
            "a timespan has its unit: `{number}d`, `{number}h`, `{number}m`, `{number}s`"
        )),
        _ => None,
    }
}

/// The overload that was meant, if that can be told: most arguments fit it, and it is ahead of all others
/// by the argument that fits worst, then by the one that fits best.
pub(super) fn nearest(misfits: &[Misfit]) -> Option<&Misfit> {
    let rank = |misfit: &Misfit| {
        let fitting = misfit.closeness.iter().filter(|close| **close > 0).count();
        let worst = misfit.closeness.iter().min().copied().unwrap_or(0);
        let best = misfit.closeness.iter().max().copied().unwrap_or(0);
        (fitting, worst, best)
    };
    let top = misfits.iter().map(rank).max()?;
    let mut first = misfits.iter().filter(|misfit| rank(misfit) == top);
    let found = first.next();
    found.filter(|_| first.next().is_none())
}

/// The forms that count where all take more or fewer arguments than there are: those that take as many as
/// any of them does.
pub(super) fn longest(function: &'static Function) -> impl Iterator<Item = &'static Overload> {
    let most = function.overloads.iter().map(Overload::most).max();
    let longest = move |overload: &&Overload| Some(overload.most()) == most;
    function.overloads.iter().filter(longest)
}

/// The form of a function that the arguments tell is meant, though all take more or fewer of them.
pub(super) fn meant(function: &'static Function, args: &[Arg]) -> Option<&'static Overload> {
    let all: Vec<&'static Overload> = longest(function).collect();
    if let [only] = all.as_slice() {
        return Some(only);
    }
    let near = all.into_iter().filter_map(|overload| {
        let parameters = overload.parameters.iter();
        let closeness = args.iter().zip(parameters.clone());
        Some(Misfit {
            at: 0,
            overload,
            parameter: parameters.clone().next()?,
            closeness: closeness
                .map(|(arg, parameter)| close(arg, parameter))
                .collect(),
        })
    });
    nearest(&near.collect::<Vec<_>>()).map(|misfit| misfit.overload)
}
