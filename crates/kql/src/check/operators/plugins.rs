//! `evaluate`: the plugins whose columns follow from their arguments.
//!
//! Each stands in [`PLUGINS`] with its parameters, in order, and its columns. In the checked query the
//! arguments stand in the same order, those that were left out excepted, the dimensions last.

use std::sync::Arc;

use crate::check::build::{converted, is_constant, literal};
use crate::check::names::UniqueNames;
use crate::check::report::{Checked, Reported};
use crate::check::scope::{Row, Windows};
use crate::check::{Checker, codes, fold, tabular};
use crate::checked::{Expr, ExprKind, Op, PluginArg, Rel};
use crate::schema::Column;
use crate::span::Span;
use crate::syntax::{self, Argument, Call};
use crate::types::{Type, Value as Constant};

/// What a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    /// A value of the row that is no dynamic.
    Value,
    /// A value of the row on an axis: a datetime, timespan or whole number.
    Axis,
    /// A number of the row.
    Number,
    /// A bool of the row.
    Predicate,
    /// Predicates of the row, one or more, with names.
    Predicates,
    /// A place on the axis, the same for all rows.
    Place,
    /// A distance on the axis, the same for all rows.
    Distance,
    /// The same, or `'week'`, `'month'`, `'year'` on an axis of instants.
    Step,
    Count,
    Percentage,
    Dynamic,
    /// Columns by which the rows are cut apart: all further arguments.
    Dimensions,
}

use Takes::*;

struct Plugin {
    name: &'static str,
    /// Parameters; of two lists, the one with as many constants as the call has is meant.
    takes: &'static [&'static [Takes]],
    columns: fn(&Bound, &Rel) -> Vec<Column>,
}

const PLUGINS: &[Plugin] = &[
    Plugin {
        name: "active_users_count",
        takes: &[&[
            Value, Axis, Place, Place, Distance, Distance, Count, Step, Dimensions,
        ]],
        columns: |bound, _| bound.by_axis(&[("dcount", Type::Long)]),
    },
    Plugin {
        name: "activity_counts_metrics",
        takes: &[&[Value, Axis, Place, Place, Step, Dimensions]],
        columns: |bound, _| {
            bound.by_axis(&[
                ("count", Type::Long),
                ("dcount", Type::Long),
                ("new_dcount", Type::Long),
                ("aggregated_dcount", Type::Long),
            ])
        },
    },
    Plugin {
        name: "activity_engagement",
        takes: &[
            &[Value, Axis, Place, Place, Distance, Distance, Dimensions],
            &[Value, Axis, Distance, Distance, Dimensions],
        ],
        columns: |bound, _| {
            bound.by_axis(&[
                ("dcount_activities_inner", Type::Long),
                ("dcount_activities_outer", Type::Long),
                ("activity_ratio", Type::Real),
            ])
        },
    },
    Plugin {
        name: "activity_metrics",
        takes: &[
            &[Value, Axis, Place, Place, Step, Dimensions],
            &[Value, Axis, Step, Dimensions],
        ],
        columns: |bound, _| {
            bound.by_axis(&[
                ("dcount_values", Type::Long),
                ("dcount_newvalues", Type::Long),
                ("retention_rate", Type::Real),
                ("churn_rate", Type::Real),
            ])
        },
    },
    Plugin {
        // The further place is the bin that is looked at alone; a table at the end holds known ids.
        name: "new_activity_metrics",
        takes: &[
            &[Value, Axis, Place, Place, Step, Place, Dimensions],
            &[Value, Axis, Place, Place, Step, Dimensions],
        ],
        columns: |bound, _| {
            let axis = bound.axis();
            let mut columns = vec![
                Column::new(format!("from_{}", axis.name), axis.ty),
                Column::new(format!("to_{}", axis.name), axis.ty),
            ];
            columns.extend(bound.dimensions.iter().cloned());
            columns.extend([
                Column::new("dcount_new_values", Type::Long),
                Column::new("dcount_retained_values", Type::Long),
                Column::new("dcount_churn_values", Type::Long),
                Column::new("retention_rate", Type::Real),
                Column::new("churn_rate", Type::Real),
            ]);
            columns
        },
    },
    Plugin {
        name: "session_count",
        takes: &[&[Value, Axis, Place, Place, Distance, Distance, Dimensions]],
        columns: |bound, _| bound.by_axis(&[("count_sessions", Type::Long)]),
    },
    Plugin {
        name: "sliding_window_counts",
        takes: &[&[Value, Axis, Place, Place, Distance, Distance, Dimensions]],
        columns: |bound, _| bound.by_axis(&[("Count", Type::Long), ("Dcount", Type::Long)]),
    },
    Plugin {
        name: "rolling_percentile",
        takes: &[&[Number, Percentage, Axis, Distance, Count, Dimensions]],
        columns: |bound, _| {
            let value = &bound.named[0];
            let percentage = bound.percentage.as_deref().unwrap_or_default();
            let name = format!(
                "rolling_{}_percentile_{}_{percentage}",
                bound.count, value.name
            );
            bound.by_axis(&[(&name, value.ty)])
        },
    },
    Plugin {
        name: "rows_near",
        takes: &[&[Predicate, Count, Count], &[Predicate, Count]],
        columns: |_, input| input.columns.clone(),
    },
    Plugin {
        name: "sequence_detect",
        takes: &[&[Axis, Distance, Distance, Predicates, Dimensions]],
        columns: |bound, _| {
            let axis = bound.axis();
            let steps = bound.steps.iter();
            let steps = steps.map(|step| Column::new(format!("{step}_{}", axis.name), axis.ty));
            let mut columns = bound.dimensions.clone();
            columns.extend(steps);
            columns.push(Column::new("Duration", distance(axis.ty)));
            columns
        },
    },
    Plugin {
        name: "funnel_sequence_completion",
        takes: &[&[Value, Axis, Place, Place, Distance, Value, Dynamic, Dynamic]],
        columns: |bound, _| {
            let (axis, state) = (bound.axis(), &bound.named[2]);
            vec![
                axis.clone(),
                Column::new(state.name.clone(), Type::String),
                Column::new("Period", distance(axis.ty)),
                Column::new("dcount", Type::Long),
            ]
        },
    },
];

/// What the arguments of a call turned out to be.
#[derive(Default)]
struct Bound {
    args: Vec<Expr>,
    /// The values of the row in order, under the names that columns of them have.
    named: Vec<Column>,
    axis: Option<Column>,
    dimensions: Vec<Column>,
    steps: Vec<String>,
    count: i64,
    percentage: Option<String>,
}

impl Bound {
    fn axis(&self) -> &Column {
        // Every plugin that asks for it has one.
        self.axis.as_ref().unwrap_or(&self.named[0])
    }

    /// The axis, the dimensions, then these.
    fn by_axis(&self, measures: &[(&str, Type)]) -> Vec<Column> {
        let mut columns = vec![self.axis().clone()];
        columns.extend(self.dimensions.iter().cloned());
        columns.extend(measures.iter().map(|(name, ty)| Column::new(*name, *ty)));
        columns
    }
}

/// The type of the difference of two places.
fn distance(axis: Type) -> Type {
    match axis {
        Type::DateTime => Type::TimeSpan,
        ty => ty,
    }
}

/// Whether it says that bins are those of the calendar.
fn is_calendar_step(value: &Expr) -> bool {
    fold::string(value).is_some_and(|name| matches!(name, "week" | "month" | "year"))
}

/// The names of the plugins that stand here.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    PLUGINS.iter().map(|plugin| plugin.name)
}

impl<'a> Checker<'a> {
    /// One of the plugins that stand here; `None` if it is another one.
    pub(super) fn plugin(
        &mut self,
        input: &Arc<Rel>,
        call: &'a Call,
        span: Span,
    ) -> Option<Checked<Arc<Rel>>> {
        let plugin = PLUGINS.iter().find(|known| known.name == call.name.text)?;
        Some(self.bound_plugin(input, plugin, call, span))
    }

    fn bound_plugin(
        &mut self,
        input: &Arc<Rel>,
        plugin: &Plugin,
        call: &'a Call,
        span: Span,
    ) -> Checked<Arc<Rel>> {
        let row = Row {
            windows: Windows::Misplaced,
            ..Row::of(input)
        };
        if !call.unread
            && !plugin
                .takes
                .iter()
                .any(|takes| enough(takes, call.args.len()))
        {
            self.error(
                codes::ARGUMENT_COUNT,
                call.name.span,
                format!(
                    "`{}` does not take {} arguments",
                    plugin.name,
                    call.args.len()
                ),
            );
        }
        let mut values = Vec::with_capacity(call.args.len());
        let mut known = None;
        // Those before the first that is wrong are looked at all the same.
        let mut failed = false;
        for (at, arg) in call.args.iter().enumerate() {
            let last = at + 1 == call.args.len();
            if plugin.name != "new_activity_metrics" || !last {
                let value = self.scalar(&arg.value, &row);
                if value.is_err() && arg.name.is_some() && !self.untold {
                    self.blame(arg.value.span);
                }
                match value {
                    Ok(value) if !failed => values.push(value),
                    value => failed |= value.is_err(),
                }
                continue;
            }
            match self.value(&arg.value, &row) {
                Ok(tabular::Value::Scalar(value)) if !failed => values.push(value),
                Ok(tabular::Value::Table(table)) => known = Some(table),
                value => failed |= value.is_err(),
            }
        }
        let count = call.args.len() - usize::from(known.is_some());
        let Some(takes) = chosen(plugin, &values, count) else {
            return Err(Reported);
        };
        let mut bound = Bound::default();
        let mut rest = call.args.iter().zip(values).peekable();
        for takes in takes {
            match takes {
                Dimensions => {
                    for (arg, value) in rest.by_ref() {
                        let column = self.plugin_column(plugin, arg, &value, &row)?;
                        bound.dimensions.push(column);
                        bound.args.push(value);
                    }
                }
                Predicates => {
                    // A column by itself is a dimension, unless it is given a name.
                    while let Some((arg, value)) = rest.next_if(|(arg, value)| {
                        value.ty == Type::Bool && (arg.name.is_some() || !is_column(value))
                    }) {
                        let name = arg.name.as_ref().map(|name| name.text.clone());
                        let name = name.unwrap_or_else(|| format!("step{}", bound.steps.len()));
                        bound.steps.push(name);
                        bound.args.push(value);
                    }
                }
                takes => {
                    let Some((arg, value)) = rest.next() else {
                        continue;
                    };
                    let column = is_column(&value) && !arg.value.is_name_in_parentheses();
                    if matches!(takes, Value | Axis | Number) && !column {
                        let message = format!("`{}` expects a column here", plugin.name);
                        return Err(self.error(codes::COLUMN_EXPECTED, arg.value.span, message));
                    }
                    let value = self.plugin_argument(plugin, *takes, value, &bound)?;
                    if matches!(takes, Value | Axis | Number) {
                        let name = self.result_name(&arg.value, &row);
                        let column = Column::new(name.unwrap_or_default(), value.ty);
                        if *takes == Axis {
                            bound.axis = Some(column.clone());
                        }
                        bound.named.push(column);
                    }
                    match takes {
                        Count => bound.count = self.whole(&value)?,
                        Percentage => bound.percentage = Some(in_a_name(&arg.value, &value)),
                        _ => {}
                    }
                    bound.args.push(value);
                }
            }
        }
        if failed {
            return Err(Reported);
        }
        let columns = (plugin.columns)(&bound, input);
        let args = bound.args.into_iter().map(PluginArg::Expr);
        let op = Op::Evaluate {
            input: Some(Arc::clone(input)),
            plugin: plugin.name.to_string(),
            args: args.chain(known.map(PluginArg::Rel)).collect(),
        };
        match plugin.name {
            "rows_near" => self.keeping_order(op, columns, input, span),
            _ => self.unordered(op, columns, span),
        }
    }

    fn plugin_argument(
        &mut self,
        plugin: &Plugin,
        takes: Takes,
        value: Expr,
        bound: &Bound,
    ) -> Checked<Expr> {
        let axis = bound.axis.as_ref().map(|axis| axis.ty);
        let whole = |ty: Type| matches!(ty, Type::Int | Type::Long);
        let (fits, expected) = match takes {
            Value => (value.ty != Type::Dynamic, "a value that is no `dynamic`"),
            Axis => (
                whole(value.ty) || matches!(value.ty, Type::DateTime | Type::TimeSpan),
                "a `datetime`, `timespan` or whole number",
            ),
            Number => (
                value.ty.is_numeric() || matches!(value.ty, Type::DateTime | Type::TimeSpan),
                "a number",
            ),
            Predicate => (value.ty == Type::Bool, "a `bool`"),
            Place => (axis_like(axis, value.ty), "a value of the axis"),
            Distance => (
                axis_like(axis.map(distance), value.ty),
                "a distance on the axis",
            ),
            Step => (
                axis_like(axis.map(distance), value.ty)
                    || axis == Some(Type::DateTime) && is_calendar_step(&value),
                "a distance on the axis, or `week`, `month` or `year` on one of instants",
            ),
            Count => (whole(value.ty), "a whole number"),
            Percentage => (value.ty.is_numeric(), "a number"),
            Dynamic => (value.ty == Type::Dynamic, "a `dynamic`"),
            Predicates | Dimensions => (true, ""),
        };
        if !fits {
            let name = plugin.name;
            let message = format!("`{name}` expects {expected}, found a `{}`", value.ty);
            // Of places on the axis the binder asks only that they could be added up.
            let summable =
                value.ty.is_numeric() || matches!(value.ty, Type::DateTime | Type::TimeSpan);
            let at_run =
                matches!(takes, Place | Distance | Step) && summable && is_constant(&value);
            if !at_run {
                return Err(self.error(codes::ARGUMENT_TYPE, value.span, message));
            }
            self.error_at_run(codes::ARGUMENT_TYPE, value.span, message);
        }
        let constant = matches!(
            takes,
            Place | Distance | Step | Count | Percentage | Dynamic
        );
        if constant && !is_constant(&value) {
            return Err(self.error(
                codes::NOT_CONSTANT,
                value.span,
                format!("`{}` expects a constant here", plugin.name),
            ));
        }
        Ok(match (takes, value.ty) {
            (Axis | Place | Distance | Step | Count, Type::Int) => converted(value, Type::Long),
            (Percentage, _) => converted(value, Type::Real),
            _ => value,
        })
    }

    fn plugin_column(
        &mut self,
        plugin: &Plugin,
        arg: &'a Argument,
        value: &Expr,
        row: &Row,
    ) -> Checked<Column> {
        match self.result_name(&arg.value, row) {
            Some(name) if is_column(value) => Ok(Column::new(name, value.ty)),
            _ => Err(self.error(
                codes::COLUMN_EXPECTED,
                value.span,
                format!("`{}` expects columns to the end", plugin.name),
            )),
        }
    }

    fn no_such_argument(&mut self, plugin: &str, arg: &Argument) -> Reported {
        let message = format!("`{plugin}` does not take such an argument");
        self.error(codes::ARGUMENT_TYPE, arg.value.span, message)
    }

    /// The number that a constant is, 0 if only the run can tell.
    fn whole(&mut self, value: &Expr) -> Checked<i64> {
        Ok(match fold::value(value) {
            Some(Constant::Long(number)) => *number,
            Some(Constant::Int(number)) => i64::from(*number),
            _ => 0,
        })
    }

    /// `ipv4_lookup(Lookup, address, network[, more keys …][, return_unmatched])` and
    /// `geo_polygon_lookup(Lookup, shape, longitude, latitude[, return_unmatched][, …])`: the rows of
    /// the input, each beside those of the other table that fit it.
    pub(super) fn lookup_plugin(
        &mut self,
        input: &Arc<Rel>,
        call: &'a Call,
        span: Span,
    ) -> Checked<Arc<Rel>> {
        let name = call.name.text.as_str();
        let is_geo = name.starts_with("geo_");
        let row = Row {
            windows: Windows::Misplaced,
            ..Row::of(input)
        };
        let Some((table, rest)) = call.args.split_first() else {
            return Err(Reported);
        };
        let lookup = self.tabular(&table.value, &Row::none())?;
        let there = Row {
            windows: Windows::Misplaced,
            ..Row::of(&lookup)
        };
        let mut args = vec![PluginArg::Rel(Arc::clone(&lookup))];
        let mut unmatched = None;
        let mut radius = None;
        let mut keep = None;
        let mut keys = Vec::new();
        for (place, arg) in rest.iter().enumerate() {
            let named = arg.name.as_ref().map(|name| name.text.as_str());
            let literal = matches!(arg.value.kind, syntax::ExprKind::Literal(_));
            let constant = named.is_some()
                || match is_geo {
                    true => place >= GEO_COLUMNS,
                    false => literal && place >= IP_COLUMNS,
                };
            if constant {
                let (option, wanted) = match (is_geo, named) {
                    (true, None) => GEO_OPTIONS[(place - GEO_COLUMNS).min(GEO_OPTIONS.len() - 1)],
                    (true, Some(named)) => {
                        match GEO_OPTIONS.iter().find(|(name, _)| *name == named) {
                            Some(option) => *option,
                            None => return Err(self.no_such_argument(name, arg)),
                        }
                    }
                    (false, None | Some("return_unmatched")) => ("return_unmatched", Type::Bool),
                    (false, Some(_)) => return Err(self.no_such_argument(name, arg)),
                };
                if is_geo && !literal {
                    self.scalar(&arg.value, &row)?;
                    let message = format!("`{name}` expects a literal as `{option}`");
                    return Err(self.error(codes::NOT_CONSTANT, arg.value.span, message));
                }
                let value = self.constant(&arg.value, &Row::none())?;
                let number = wanted == Type::Real && value.ty.is_numeric();
                if value.ty != wanted && !number {
                    let found = value.ty;
                    let message =
                        format!("`{name}` expects a `{wanted}` as `{option}`, found a `{found}`");
                    return Err(self.error(codes::ARGUMENT_TYPE, arg.value.span, message));
                }
                match option {
                    "return_unmatched" => unmatched = Some(value),
                    "return_lookup_key" => keep = Some(value),
                    "radius" => radius = Some(value),
                    // It makes the search faster, and changes nothing else.
                    _ => {}
                }
                continue;
            }
            // Of the columns, one is looked for in the other table.
            let in_lookup = if is_geo { place == 0 } else { place == 1 };
            let key = match in_lookup {
                true => self.scalar(&arg.value, &there)?,
                false => self.scalar(&arg.value, &row)?,
            };
            if !in_lookup && !is_column(&key) {
                let message = format!("`{name}` expects a column here");
                return Err(self.error(codes::COLUMN_EXPECTED, arg.value.span, message));
            }
            let expected = match (is_geo, place) {
                (true, 0) => Type::Dynamic,
                (true, _) => Type::Real,
                (false, 0 | 1) => Type::String,
                (false, _) => key.ty,
            };
            let numeric = expected == Type::Real && key.ty.is_numeric();
            if key.ty != expected && !numeric {
                let message = format!("`{name}` expects a `{expected}`, found a `{}`", key.ty);
                return Err(self.error(codes::ARGUMENT_TYPE, arg.value.span, message));
            }
            keys.push(converted(key, expected));
        }
        let wanted = if is_geo { GEO_COLUMNS } else { IP_COLUMNS };
        if keys.len() < wanted || is_geo && keys.len() > wanted {
            return Err(self.error(
                codes::ARGUMENT_COUNT,
                call.name.span,
                format!("`{name}` expects a table and {wanted} columns"),
            ));
        }
        let mut extra = Vec::new();
        for key in &keys[wanted..] {
            let ExprKind::Column(name) = &key.kind else {
                return Err(self.error(codes::COLUMN_EXPECTED, key.span, "expected a column"));
            };
            match there.column(name) {
                Some(column) if column.ty == key.ty => extra.push(name.clone()),
                _ => {
                    let message = format!("the other table has no such column `{name}`");
                    return Err(self.error(codes::UNKNOWN_NAME, key.span, message));
                }
            }
        }
        // Shapes are large: they are part of the result only if it is said so.
        let keep = match (&keep, is_geo) {
            (_, false) => true,
            (Some(keep), true) => fold::value(keep) == Some(&Constant::Bool(true)),
            (None, true) => false,
        };
        let is_key = |column: &&Column| {
            !keep && matches!(&keys[0].kind, ExprKind::Column(key) if *key == column.name)
        };
        let mut names = UniqueNames::default();
        let theirs = lookup.columns.iter().filter(|column| !is_key(column));
        let both = input.columns.iter().chain(theirs);
        let columns = both
            .map(|column| Column::new(names.add(&column.name), column.ty))
            .collect();
        let unmatched = unmatched.unwrap_or_else(|| literal(Constant::Bool(false), span));
        let radius = radius.map(|radius| converted(radius, Type::Real));
        let radius = radius.unwrap_or_else(|| literal(Constant::Real(0.0), span));
        let keep = literal(Constant::Bool(keep), span);
        args.extend([unmatched, radius, keep].map(PluginArg::Expr));
        args.extend(keys.into_iter().map(PluginArg::Expr));
        let op = Op::Evaluate {
            input: Some(Arc::clone(input)),
            plugin: name.to_string(),
            args,
        };
        self.unordered(op, columns, span)
    }
}

/// How many columns stand behind the table, and what may follow those of `geo_polygon_lookup` and its
/// like, in this order or by name.
const GEO_COLUMNS: usize = 3;
const IP_COLUMNS: usize = 2;
const GEO_OPTIONS: [(&str, Type); 4] = [
    ("radius", Type::Real),
    ("return_unmatched", Type::Bool),
    ("lookup_area_radius", Type::Real),
    ("return_lookup_key", Type::Bool),
];

/// The list of parameters that a call means: with the most constants where it has constants.
fn chosen(plugin: &Plugin, values: &[Expr], count: usize) -> Option<&'static [Takes]> {
    let constants = |takes: &&'static [Takes]| {
        takes.iter().zip(values).all(|(takes, value)| {
            !matches!(takes, Place | Distance | Count | Percentage) || is_constant(value)
        })
    };
    let mut lists = plugin
        .takes
        .iter()
        .copied()
        .filter(|takes| enough(takes, count));
    // Where none is right, which argument is wrong is said of the first.
    lists.clone().find(constants).or_else(|| lists.next())
}

/// Whether so many arguments are neither too few nor too many.
fn enough(takes: &[Takes], arguments: usize) -> bool {
    let open = |takes: &&Takes| matches!(takes, Dimensions | Predicates);
    let fixed = takes.iter().filter(|takes| !open(takes)).count();
    match takes.iter().any(|takes| open(&takes)) {
        true => arguments >= fixed,
        false => arguments == fixed,
    }
}

fn is_column(value: &Expr) -> bool {
    matches!(value.kind, ExprKind::Column(_))
}

fn axis_like(axis: Option<Type>, ty: Type) -> bool {
    match axis {
        Some(Type::Int | Type::Long) => matches!(ty, Type::Int | Type::Long),
        Some(axis) => axis == ty,
        None => matches!(ty, Type::Int | Type::Long | Type::TimeSpan),
    }
}

/// A number as it stands in the name of a column.
fn in_a_name(written: &syntax::Expr, value: &Expr) -> String {
    let text = match (&written.kind, fold::value(value)) {
        (syntax::ExprKind::Literal(Constant::Long(number)), _) => number.to_string(),
        (_, Some(Constant::Real(number))) => number.to_string(),
        _ => String::new(),
    };
    text.replace(|c: char| !c.is_alphanumeric(), "_")
}
