//! Aggregates: their arguments, their columns, and expressions over them.

use super::build::{column, converted, literal};
use super::call::{Arg, adapted, promoted};
use super::report::{Checked, Reported};
use super::scope::{Binding, Row, Windows};
use super::{Checker, suggest};
use crate::checked::{Expr, ExprKind, NamedAggregate};
use crate::codes;
use crate::functions::{self, ColumnName, Function, Return};
use crate::limits::LEGACY_LIST_LIMIT;
use crate::schema::Column;
use crate::span::Span;
use crate::syntax::{self, Argument, Call};
use crate::types::{Type, Value};

/// Where aggregates may stand: what they look at, and those that were met so far.
#[derive(Clone, Debug)]
pub(super) struct Sink {
    pub columns: Vec<Column>,
    /// Columns that are keys, and so not part of what `*` means.
    pub keys: Vec<String>,
    pub found: Vec<NamedAggregate>,
}

/// The columns of one aggregate: what each is called, if it is given no name, and its type.
pub(super) struct Outputs {
    /// The names by which expressions refer to them until they get their own.
    pub hidden: Vec<String>,
    pub names: Vec<Option<String>>,
    pub types: Vec<Type>,
}

impl<'a> Checker<'a> {
    /// The call, if the expression is just a call of an aggregate.
    pub(super) fn direct_aggregate(&self, expr: &'a syntax::Expr) -> Option<&'a Call> {
        match &expr.kind {
            syntax::ExprKind::Call(call)
                if functions::aggregate(&call.name.text).is_some()
                    && !self.is_own_function(&call.name.text) =>
            {
                Some(call)
            }
            _ => None,
        }
    }

    fn is_own_function(&self, name: &str) -> bool {
        matches!(
            self.scopes.find(name),
            Some(Binding::Function { .. } | Binding::Failed)
        )
    }

    /// An aggregate inside an expression: its column.
    pub(super) fn aggregate_in_expression(
        &mut self,
        call: &'a Call,
        row: &Row,
        span: Span,
    ) -> Checked<Expr> {
        let outputs = self.aggregate(call, row, span)?;
        match (outputs.hidden.first(), outputs.types.first()) {
            (Some(name), Some(ty)) => Ok(column(name, *ty, span)),
            _ => Err(Reported),
        }
    }

    /// Notes an aggregate in the sink.
    pub(super) fn aggregate(&mut self, call: &'a Call, row: &Row, span: Span) -> Checked<Outputs> {
        let Some(function) = functions::aggregate(&call.name.text) else {
            return Err(self.unknown_aggregate(call));
        };
        if !function.implemented {
            return Err(self.unsupported(
                codes::UNSUPPORTED_FUNCTION,
                call.name.span,
                format!("the aggregate `{}` is not supported", call.name.text),
            ));
        }
        // Aggregates do not stand in each other, and look at the input's rows.
        let Some(sink) = self.aggregates.take() else {
            return Err(self.unknown_function(&call.name, span));
        };
        let inside = Row {
            columns: &sink.columns,
            right: None,
            steps: row.steps,
            windows: Windows::Misplaced,
            exists: true,
        };
        let made = self.aggregate_call(function, call, &inside, &sink.keys, span);
        self.aggregates = Some(sink);
        let (aggregate, names) = made?;
        self.note(aggregate, names).ok_or(Reported)
    }

    /// Adds an aggregate to the sink, if there is one.
    pub(super) fn note(
        &mut self,
        mut aggregate: NamedAggregate,
        names: Vec<Option<String>>,
    ) -> Option<Outputs> {
        let sink = self.aggregates.as_mut()?;
        let first: usize = sink.found.iter().map(|found| found.names.len()).sum();
        aggregate.names = (0..names.len())
            .map(|at| format!("$aggregate{}", first + at))
            .collect();
        let outputs = Outputs {
            hidden: aggregate.names.clone(),
            names,
            types: aggregate.types.clone(),
        };
        sink.found.push(aggregate);
        Some(outputs)
    }

    fn unknown_aggregate(&mut self, call: &Call) -> Reported {
        if self.is_full() {
            return Reported;
        }
        let known = functions::aggregates().into_iter().map(|found| found.name);
        let meant = suggest::nearest(&call.name.text, known).map(str::to_string);
        self.unknown(
            codes::UNKNOWN_FUNCTION,
            call.name.span,
            format!("unknown aggregate `{}`", call.name.text),
            meant,
            None,
        )
    }

    fn aggregate_call(
        &mut self,
        function: &'static Function,
        call: &'a Call,
        row: &Row,
        keys: &[String],
        span: Span,
    ) -> Checked<(NamedAggregate, Vec<Option<String>>)> {
        match function.canonical {
            "arg_max" | "arg_min" | "take_any" => {
                return self.picking(function, call, row, keys, span);
            }
            _ => {}
        }
        let args = self.arguments(call, row);
        let chosen = self.choose(function, &args, span)?;
        if args.iter().any(Arg::is_wrong) {
            return Err(Reported);
        }
        let mut values: Vec<Expr> = args
            .into_iter()
            .zip(&chosen.parameters)
            .filter_map(|(arg, parameter)| match arg {
                Arg::Value(value) => Some(adapted(value, parameter, None)),
                _ => None,
            })
            .collect();
        let first = call
            .args
            .first()
            .and_then(|arg| self.result_name(&arg.value, row));
        if let (Some(value), "percentile" | "percentiles" | "percentilew" | "percentilesw") =
            (values.first_mut(), function.canonical)
        {
            let ty = match value.ty {
                Type::Decimal => Type::Real,
                ty => promoted(ty),
            };
            *value = converted(value.clone(), ty);
        }
        let of_value = values.first().map_or(Type::Long, |value| value.ty);
        let (names, types) = match (function.canonical, chosen.result) {
            ("percentile" | "percentiles", _) => {
                percentile_columns(&first.unwrap_or_default(), call, &values, 1, of_value)
            }
            ("percentilew" | "percentilesw", _) => {
                percentile_columns(&first.unwrap_or_default(), call, &values, 2, of_value)
            }
            ("percentiles_array", _) => {
                let name = format!("percentiles_{}", first.unwrap_or_default());
                (vec![Some(name)], vec![Type::Dynamic])
            }
            ("percentilesw_array", _) => {
                let name = format!("percentiles_{}", first.unwrap_or_default());
                (vec![Some(name)], vec![Type::Dynamic])
            }
            (_, result) => {
                let ty = match result {
                    Return::Type(ty) => ty,
                    Return::Promoted => promoted(of_value),
                    _ => of_value,
                };
                if result == Return::Promoted {
                    values[0] = converted(values[0].clone(), ty);
                }
                let name = match function.column {
                    ColumnName::FirstArgument => first,
                    ColumnName::Prefixed(prefix) => {
                        Some(format!("{prefix}_{}", first.unwrap_or_default()))
                    }
                    ColumnName::Fixed(name) => Some(name.to_string()),
                    _ => None,
                };
                (vec![name], vec![ty])
            }
        };
        if matches!(function.name, "makeset" | "makelist") && values.len() == 1 {
            values.push(literal(Value::Long(LEGACY_LIST_LIMIT), span));
        }
        let aggregate = NamedAggregate {
            names: Vec::new(),
            function: function.canonical,
            args: values,
            types,
            span,
        };
        Ok((aggregate, names))
    }

    /// `arg_max(x, a, *)`, `take_any(a, *)`: what they pick becomes a column each.
    fn picking(
        &mut self,
        function: &'static Function,
        call: &'a Call,
        row: &Row,
        keys: &[String],
        span: Span,
    ) -> Checked<(NamedAggregate, Vec<Option<String>>)> {
        let by_value = function.canonical != "take_any";
        let legacy = function.name != function.canonical;
        if call.args.is_empty() {
            return Err(self.error_with_help(
                codes::ARGUMENT_COUNT,
                span,
                format!("`{}` needs an argument", function.name),
                format!("it is `{}`", function.overloads[0]),
            ));
        }
        let star = call.args.iter().any(is_star);
        let primary = self.argument_name(&call.args[0], row);
        let unnamed = match function.canonical {
            "arg_max" => "max",
            "arg_min" => "min",
            _ => "any",
        };
        let mut taken: Vec<String> = match by_value {
            true => Vec::new(),
            false => keys.to_vec(),
        };
        let mut args: Vec<Expr> = Vec::new();
        let mut names = Vec::new();
        for (at, arg) in call.args.iter().enumerate() {
            if is_star(arg) {
                for found in row.columns {
                    let known = taken.contains(&found.name) || keys.contains(&found.name);
                    if !known {
                        taken.push(found.name.clone());
                        args.push(column(&found.name, found.ty, span));
                        names.push(Some(found.name.clone()));
                    }
                }
                continue;
            }
            let value = self.scalar(&arg.value, row)?;
            if by_value && at == 0 && matches!(value.ty, Type::Dynamic | Type::Guid) {
                return Err(self.error(
                    codes::ARGUMENT_TYPE,
                    value.span,
                    format!(
                        "`{}` expects a number, `datetime`, `timespan`, `string` or `bool`, \
                         found a `{}`",
                        function.name, value.ty
                    ),
                ));
            }
            let own = match &value.kind {
                ExprKind::Column(name) => Some(name.clone()),
                _ => None,
            };
            if let Some(own) = &own {
                let repeated = taken.contains(own) || (by_value && keys.contains(own));
                if star && repeated && at > 0 {
                    continue;
                }
                taken.push(own.clone());
            }
            let name = self
                .argument_name(arg, row)
                .unwrap_or_else(|| match (by_value, at) {
                    (true, 0) => format!("{unnamed}_"),
                    (true, _) if legacy => format!("arg{at}"),
                    (true, _) => {
                        format!("{unnamed}_{}_arg{at}", primary.clone().unwrap_or_default())
                    }
                    (false, _) if legacy && call.args.len() == 1 => String::new(),
                    (false, _) if legacy => format!("arg{at}"),
                    (false, _) => format!("any_arg{at}"),
                });
            args.push(value);
            names.push(Some(name));
        }
        if legacy {
            let primary = primary.unwrap_or_default();
            for (at, name) in names.iter_mut().enumerate() {
                let own = name.take().unwrap_or_default();
                *name = Some(match (by_value, at) {
                    (false, _) => format!("any_{own}"),
                    (true, 0) => format!("{unnamed}_{primary}"),
                    (true, _) => format!("{unnamed}_{primary}_{own}"),
                });
            }
        }
        let aggregate = NamedAggregate {
            names: Vec::new(),
            function: function.canonical,
            types: args.iter().map(|arg| arg.ty).collect(),
            args,
            span,
        };
        Ok((aggregate, names))
    }

    fn argument_name(&self, arg: &'a Argument, row: &Row) -> Option<String> {
        match &arg.name {
            Some(name) => Some(name.text.clone()),
            None => self.result_name(&arg.value, row),
        }
    }
}

fn is_star(arg: &Argument) -> bool {
    matches!(arg.value.kind, syntax::ExprKind::Star)
}

/// `percentile_x_95_5` for each percentile asked for, which stand from `first` on. Only of a number as it
/// is written, or of the name of one, the column's name tells which it is.
fn percentile_columns(
    name: &str,
    call: &Call,
    values: &[Expr],
    first: usize,
    ty: Type,
) -> (Vec<Option<String>>, Vec<Type>) {
    let names: Vec<Option<String>> = values
        .iter()
        .zip(&call.args)
        .skip(first)
        .map(|(value, arg)| {
            let written = matches!(
                arg.value.kind,
                syntax::ExprKind::Literal(_) | syntax::ExprKind::Name(_)
            );
            let text = match &value.kind {
                _ if !written => String::new(),
                ExprKind::Literal(Value::Real(number)) => number.to_string(),
                ExprKind::Literal(Value::Decimal(text)) => text.clone(),
                ExprKind::Literal(value) => super::data::json(value).unwrap_or_default(),
                _ => String::new(),
            };
            let text: String = text
                .chars()
                .map(|c| if c.is_alphanumeric() { c } else { '_' })
                .collect();
            Some(format!("percentile_{name}_{text}"))
        })
        .collect();
    let types = vec![ty; names.len()];
    (names, types)
}
