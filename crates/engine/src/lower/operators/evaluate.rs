//! `evaluate plugin(…)`: the rows that a plugin works on are brought to `stages`, and what it yields
//! becomes a table.

use keyline_kql::checked::{Expr, ExprKind, PluginArg, Rel};
use keyline_kql::schema::Column;
use keyline_kql::types::{Type, Value};
use std::collections::HashSet;
use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::functions::network::Network;
use crate::limits::STAGE_ROWS_MAX;
use crate::lower::Lowerer;
use crate::lower::relation::{Relation, column};
use crate::rows;
use crate::stages::activity::{self, Cohort, Measures, Window};
use crate::stages::axis::{self, Slice, Step};
use crate::stages::{
    Row, funnel, geo_lookup, ip_lookup, near, patterns, reduce, rolling, sequence,
};

impl Lowerer<'_> {
    pub(crate) fn evaluate_plugin(
        &mut self,
        input: Option<&Arc<Rel>>,
        plugin: &str,
        args: &[PluginArg],
        rel: &Arc<Rel>,
    ) -> Result<Relation> {
        let Some(input) = input else {
            return Err(Error::unsupported(format!(
                "the plugin `{plugin}` without rows"
            )));
        };
        let found = match plugin {
            "narrow" => self.narrow_rows(input)?,
            "basket" | "autocluster" | "diffpatterns" => self.patterns(input, plugin, args)?,
            "reduce" | "reduce_rows" => self.reduce(input, plugin, args)?,
            "ipv4_lookup" | "ipv6_lookup" => self.ip_lookup(input, plugin, args)?,
            "geo_polygon_lookup" | "geo_line_lookup" => self.geo_lookup(input, plugin, args)?,
            "rows_near" => self.rows_near(input, args)?,
            "rolling_percentile" => self.rolling_percentile(input, args, rel)?,
            "sequence_detect" => self.sequence_detect(input, args)?,
            "funnel_sequence_completion" => self.funnel(input, args)?,
            _ => self.activity(input, plugin, args)?,
        };
        let mut relation = self.datatable(&found, &rel.columns)?;
        relation.sorted = rel.serialized;
        Ok(relation)
    }

    /// The rows of the input: some of its columns, then the values of expressions over it.
    fn plugin_rows(
        &mut self,
        input: &Arc<Rel>,
        columns: &[Column],
        exprs: &[&Expr],
    ) -> Result<Vec<Row>> {
        let mut relation = self.rel(input)?;
        self.refuse_ticks(&relation, "a plugin")?;
        let mut output: Vec<_> = columns
            .iter()
            .map(|c| (c.clone(), column(&c.name)))
            .collect();
        for (place, expr) in exprs.iter().enumerate() {
            let value = self.expr(&mut relation, expr)?;
            output.push((Column::new(format!("__argument{place}"), expr.ty), value));
        }
        relation.project(output)?;
        self.rows(&relation, STAGE_ROWS_MAX)
    }

    /// A row for each cell: the number of its row, the name of its column, its text.
    fn narrow_rows(&mut self, input: &Arc<Rel>) -> Result<Vec<Row>> {
        let mut cells = Vec::new();
        let rows = self.plugin_rows(input, &own(input), &[])?;
        for (number, row) in rows.into_iter().enumerate() {
            for (c, value) in input.columns.iter().zip(row) {
                cells.push(vec![
                    Value::Long(i64::try_from(number).unwrap_or(i64::MAX)),
                    Value::String(c.name.clone()),
                    Value::String(rows::text(&value).unwrap_or_default()),
                ]);
            }
        }
        Ok(cells)
    }

    /// The plugins over (id, axis[, start, end], … distances, dimensions …).
    fn activity(&mut self, input: &Arc<Rel>, plugin: &str, args: &[PluginArg]) -> Result<Vec<Row>> {
        let (known, args) = match args.split_last() {
            Some((PluginArg::Rel(known), rest)) => (Some(known), rest),
            _ => (None, args),
        };
        let exprs = exprs_of(args)?;
        // How many constants there are after the two columns.
        let constants = match plugin {
            "new_activity_metrics" if is_place(&exprs, 5) => 4,
            "active_users_count" => 6,
            "session_count" | "sliding_window_counts" => 4,
            "activity_counts_metrics" | "new_activity_metrics" => 3,
            "activity_engagement" if is_place(&exprs, 3) && is_place(&exprs, 5) => 4,
            "activity_engagement" => 2,
            "activity_metrics" if is_place(&exprs, 3) && is_place(&exprs, 4) => 3,
            "activity_metrics" => 1,
            _ => return Err(Error::unsupported(format!("the plugin `{plugin}`"))),
        };
        let mut given = Vec::new();
        let mut steps = Vec::new();
        for expr in exprs.iter().skip(2).take(constants) {
            let step = self.step(expr)?;
            given.push(match step {
                Step::Of(place) => place,
                _ => 0,
            });
            steps.push(step);
        }
        let mut columns = exprs[..2].to_vec();
        columns.extend(exprs.iter().skip(2 + constants));
        let ty = exprs[1].ty;
        let mut ids = axis::Ids::default();
        let slices = axis::slices(self.plugin_rows(input, &[], &columns)?, &mut ids);
        let cohort = Cohort {
            only: given.get(3).copied(),
            known: match known {
                Some(known) => self.known_ids(known, exprs[0], &mut ids)?,
                None => HashSet::new(),
            },
        };
        let mut found = Vec::new();
        for slice in &slices {
            let window = |step: usize| Window {
                start: given[0],
                end: given[1],
                step: steps[step],
            };
            let measures: Measures = match (plugin, given.len()) {
                ("activity_counts_metrics", _) => activity::counts_metrics(slice, window(2)),
                ("activity_engagement", 4) => activity::engagement(slice, window(2), given[3]),
                ("activity_engagement", _) => {
                    activity::engagement(slice, Window::of(slice, steps[0]), given[1])
                }
                ("activity_metrics", 3) => activity::metrics(slice, window(2)),
                ("activity_metrics", _) => activity::metrics(slice, Window::of(slice, steps[0])),
                ("session_count", _) => activity::sessions(slice, window(2), given[3]),
                ("sliding_window_counts", _) => activity::sliding(slice, window(3), given[2]),
                ("active_users_count", _) => {
                    let periods = usize::try_from(given[4]).unwrap_or(0);
                    activity::active_users(slice, window(5), given[2], given[3], periods)
                }
                _ => {
                    found.extend(new_activity(slice, window(2), &cohort, ty));
                    continue;
                }
            };
            for (bin, values) in measures {
                let mut row = vec![axis::value(ty, bin)];
                row.extend(slice.dimensions.iter().cloned().chain(values));
                found.push(row);
            }
        }
        Ok(found)
    }

    /// The ids of a table: its column of the same name as that of the ids, or its first.
    fn known_ids(
        &mut self,
        known: &Arc<Rel>,
        id: &Expr,
        ids: &mut axis::Ids,
    ) -> Result<HashSet<u32>> {
        let named = known
            .columns
            .iter()
            .find(|c| column_of(id) == Some(c.name.as_str()));
        let Some(column) = named.or(known.columns.first()) else {
            return Ok(HashSet::new());
        };
        let rows = self.plugin_rows(known, std::slice::from_ref(column), &[])?;
        let texts = rows.iter().filter_map(|row| rows::text(&row[0]));
        Ok(texts.map(|text| ids.number(text)).collect())
    }

    /// The arguments: for `diffpatterns` the split and its two values, then two numbers and the
    /// weight of a row, then a wildcard for each column.
    fn patterns(&mut self, input: &Arc<Rel>, plugin: &str, args: &[PluginArg]) -> Result<Vec<Row>> {
        let exprs = exprs_of(args)?;
        let of_rows: Vec<&Expr> = match plugin {
            "diffpatterns" => vec![exprs[3], exprs[0]],
            _ => vec![exprs[1]],
        };
        let (first, second) = match plugin {
            "diffpatterns" => (exprs[4], exprs[5]),
            _ => (exprs[0], exprs[2]),
        };
        let (first, second) = (self.real(first)?, self.real(second)?);
        let columns = input.columns.len();
        let mut wildcards = Vec::with_capacity(columns);
        for expr in &exprs[exprs.len() - columns..] {
            wildcards.push(self.constant(expr)?);
        }
        let rows = self.plugin_rows(input, &own(input), &of_rows)?;
        // What the rows are split by is no pattern.
        let split = (plugin == "diffpatterns")
            .then(|| column_of(exprs[0]))
            .flatten();
        let left_out = input
            .columns
            .iter()
            .position(|c| split == Some(c.name.as_str()));
        let items = patterns::Items::of(&rows, columns, wildcards, left_out);
        match plugin {
            "basket" => patterns::basket(&items, first, second as usize),
            "autocluster" => patterns::autocluster(&items, first),
            _ => {
                let (a, b) = (self.constant(exprs[1])?, self.constant(exprs[2])?);
                let side = |row: &Row| match &row[columns + 1] {
                    value if *value == a => Some(patterns::Side::A),
                    value if *value == b => Some(patterns::Side::B),
                    _ => None,
                };
                let sides: Vec<_> = rows.iter().map(side).collect();
                patterns::diffpatterns(&items, &sides, first, second as usize)
            }
        }
    }

    /// The arguments: the text, the threshold, characters that are letters too.
    fn reduce(&mut self, input: &Arc<Rel>, kind: &str, args: &[PluginArg]) -> Result<Vec<Row>> {
        let exprs = exprs_of(args)?;
        let threshold = self.real(exprs[1])?;
        let letters = match self.constant(exprs[2])? {
            Value::String(text) => text,
            _ => String::new(),
        };
        let columns = match kind {
            "reduce" => Vec::new(),
            _ => own(input),
        };
        let rows = self.plugin_rows(input, &columns, &exprs[..1])?;
        Ok(reduce::reduce(rows, threshold, &letters, kind == "reduce"))
    }

    fn rows_near(&mut self, input: &Arc<Rel>, args: &[PluginArg]) -> Result<Vec<Row>> {
        let exprs = exprs_of(args)?;
        let before = self.count(exprs[1])?;
        let after = match exprs.get(2) {
            Some(after) => self.count(after)?,
            None => before,
        };
        let rows = self.plugin_rows(input, &own(input), &exprs[..1])?;
        Ok(near::rows_near(rows, before, after))
    }

    fn rolling_percentile(
        &mut self,
        input: &Arc<Rel>,
        args: &[PluginArg],
        rel: &Arc<Rel>,
    ) -> Result<Vec<Row>> {
        let exprs = exprs_of(args)?;
        let percentage = self.real(exprs[1])?;
        let step = self.axis_place(exprs[3])?;
        let bins = self.count(exprs[4])?;
        let mut columns = vec![exprs[0], exprs[2]];
        columns.extend(&exprs[5..]);
        let rows = self.plugin_rows(input, &[], &columns)?;
        let ty = rel.columns.last().map_or(exprs[0].ty, |c| c.ty);
        Ok(rolling::percentile(
            rows,
            percentage,
            step,
            bins,
            ty,
            exprs[2].ty,
        ))
    }

    fn sequence_detect(&mut self, input: &Arc<Rel>, args: &[PluginArg]) -> Result<Vec<Row>> {
        let exprs = exprs_of(args)?;
        let (step, span) = (self.axis_place(exprs[1])?, self.axis_place(exprs[2])?);
        let steps = exprs[3..].iter().take_while(|expr| is_step(expr)).count();
        let mut columns = vec![exprs[0]];
        columns.extend(&exprs[3..]);
        let rows = self.plugin_rows(input, &[], &columns)?;
        sequence::detect(rows, steps, step, span, exprs[0].ty)
    }

    fn funnel(&mut self, input: &Arc<Rel>, args: &[PluginArg]) -> Result<Vec<Row>> {
        let exprs = exprs_of(args)?;
        let window = Window {
            start: self.axis_place(exprs[2])?,
            end: self.axis_place(exprs[3])?,
            step: Step::Of(self.axis_place(exprs[4])?),
        };
        let mut lists = Vec::new();
        for expr in &exprs[6..8] {
            let Value::Dynamic(json) = self.constant(expr)? else {
                let message = "an array was expected";
                return Err(Error::new(ErrorKind::Invalid, message).at(expr.span));
            };
            let items = crate::lists::split(&json);
            let texts = items.map(|item| crate::functions::json::text_of(item).into_owned());
            lists.push(texts.collect::<Vec<String>>());
        }
        let axis = exprs[1].ty;
        let periods = lists[1].iter().filter_map(|text| match axis {
            Type::DateTime | Type::TimeSpan => crate::functions::parse_timespan(text),
            _ => text.parse().ok(),
        });
        let periods: Vec<i64> = periods.collect();
        let rows = self.plugin_rows(input, &[], &[exprs[0], exprs[1], exprs[5]])?;
        Ok(funnel::completion(rows, window, &lists[0], &periods, axis))
    }

    /// The arguments are: table, whether rows without a match stay, radius, whether the key stays,
    /// address, network, keys.
    fn ip_lookup(
        &mut self,
        input: &Arc<Rel>,
        plugin: &str,
        args: &[PluginArg],
    ) -> Result<Vec<Row>> {
        let (lookup, exprs) = table_and_exprs(args)?;
        let unmatched = self.constant(exprs[0])? == Value::Bool(true);
        let version = match plugin {
            "ipv4_lookup" => Network::V4,
            _ => Network::V6,
        };
        let width = lookup.columns.len();
        let keys = exprs[5..].to_vec();
        let mut right_exprs = vec![exprs[4]];
        right_exprs.extend(&keys);
        let mut left_exprs = vec![exprs[3]];
        left_exprs.extend(&keys);
        let right = self.plugin_rows(lookup, &own(lookup), &right_exprs)?;
        let left = self.plugin_rows(input, &own(input), &left_exprs)?;
        let networks = ip_lookup::Networks::of(version, right.iter().map(|row| &row[width]));
        let columns = input.columns.len();
        let same = |row: &Row, other: &Row| {
            let own = row[columns + 1..].iter().map(rows::text);
            own.eq(other[width + 1..].iter().map(rows::text))
        };
        let mut fits: Vec<Vec<usize>> = Vec::with_capacity(left.len());
        for row in &left {
            let mut held = networks.holding(&row[columns]);
            held.retain(|at| same(row, &right[*at]));
            fits.push(held);
        }
        Ok(joined(
            left,
            columns,
            right,
            &lookup.columns,
            unmatched,
            fits,
        ))
    }

    /// The arguments are: table, whether rows without a match stay, radius, whether the key stays,
    /// shape, longitude, latitude.
    fn geo_lookup(
        &mut self,
        input: &Arc<Rel>,
        plugin: &str,
        args: &[PluginArg],
    ) -> Result<Vec<Row>> {
        let (lookup, exprs) = table_and_exprs(args)?;
        let unmatched = self.constant(exprs[0])? == Value::Bool(true);
        let radius = self.real(exprs[1])?;
        let (width, columns) = (lookup.columns.len(), input.columns.len());
        let mut right = self.plugin_rows(lookup, &own(lookup), &[exprs[3]])?;
        let left = self.plugin_rows(input, &own(input), &exprs[4..6])?;
        let shapes = geo_lookup::Shapes::of(plugin, right.iter().map(|row| &row[width]), radius);
        let near = |row: &Row| shapes.near(&row[columns], &row[columns + 1]);
        let fits = left.iter().map(near).collect();
        let mut kept = lookup.columns.clone();
        let keeps_key = self.constant(exprs[2])? == Value::Bool(true);
        if let (false, ExprKind::Column(key)) = (keeps_key, &exprs[3].kind)
            && let Some(place) = kept.iter().position(|c| c.name == *key)
        {
            kept.remove(place);
            right.iter_mut().for_each(|row| {
                row.remove(place);
            });
        }
        Ok(joined(left, columns, right, &kept, unmatched, fits))
    }

    /// A place or a distance on the axis that no row changes.
    fn axis_place(&mut self, expr: &Expr) -> Result<i64> {
        let value = self.constant(expr)?;
        axis::place(&value).ok_or_else(|| {
            let message = format!("a value of the axis was expected, found a `{}`", value.ty());
            Error::new(ErrorKind::Invalid, message).at(expr.span)
        })
    }

    /// A place, a distance, or the name of a step of the calendar.
    fn step(&mut self, expr: &Expr) -> Result<Step> {
        match self.constant(expr)? {
            Value::String(name) if Step::named(&name).is_some() => {
                Ok(Step::named(&name).unwrap_or(Step::Week))
            }
            _ => self.axis_place(expr).map(Step::Of),
        }
    }

    fn real(&mut self, expr: &Expr) -> Result<f64> {
        match self.constant(expr)? {
            Value::Real(number) => Ok(number),
            Value::Long(number) => Ok(number as f64),
            Value::Int(number) => Ok(f64::from(number)),
            value => {
                let message = format!("a number was expected, found a `{}`", value.ty());
                Err(Error::new(ErrorKind::Invalid, message).at(expr.span))
            }
        }
    }
}

/// Rows beside the rows that fit them, without the values of the arguments.
fn joined(
    mut left: Vec<Row>,
    left_width: usize,
    mut right: Vec<Row>,
    right_columns: &[Column],
    unmatched: bool,
    fits: Vec<Vec<usize>>,
) -> Vec<Row> {
    left.iter_mut().for_each(|row| row.truncate(left_width));
    right
        .iter_mut()
        .for_each(|row| row.truncate(right_columns.len()));
    let absent: Row = right_columns
        .iter()
        .map(|c| crate::stages::graph::parts::absent(c.ty))
        .collect();
    ip_lookup::beside(left, &right, &absent, unmatched, fits)
}

fn new_activity(slice: &Slice, window: Window, cohort: &Cohort, ty: Type) -> Vec<Row> {
    let found = activity::new_metrics(slice, window, cohort).into_iter();
    found
        .map(|(from, to, values)| {
            let mut row = vec![axis::value(ty, from), axis::value(ty, to)];
            row.extend(slice.dimensions.iter().cloned().chain(values));
            row
        })
        .collect()
}

fn own(rel: &Rel) -> Vec<Column> {
    rel.columns.clone()
}

fn exprs_of(args: &[PluginArg]) -> Result<Vec<&Expr>> {
    args.iter()
        .map(|arg| match arg {
            PluginArg::Expr(expr) => Ok(expr),
            PluginArg::Rel(_) => Err(Error::unsupported("a table as an argument of this plugin")),
        })
        .collect()
}

/// The column that an expression is, or is the conversion of.
fn column_of(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Column(name) => Some(name),
        ExprKind::Call { args, .. } => args.first().and_then(column_of),
        _ => None,
    }
}

fn table_and_exprs(args: &[PluginArg]) -> Result<(&Arc<Rel>, Vec<&Expr>)> {
    match args.split_first() {
        Some((PluginArg::Rel(table), rest)) => Ok((table, exprs_of(rest)?)),
        _ => Err(Error::new(ErrorKind::Invalid, "a table is missing")),
    }
}

/// Whether there is such an argument, and it is a constant.
fn is_place(exprs: &[&Expr], place: usize) -> bool {
    exprs.get(place).is_some_and(|expr| !reads_a_column(expr))
}

/// A step of a sequence is a predicate; a dimension is a column.
fn is_step(expr: &Expr) -> bool {
    expr.ty == Type::Bool && !matches!(expr.kind, ExprKind::Column(_))
}

fn reads_a_column(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Column(_) => true,
        ExprKind::Call { args, .. } | ExprKind::Window { args, .. } => {
            args.iter().any(reads_a_column)
        }
        ExprKind::Member { base, .. } => reads_a_column(base),
        ExprKind::Index { base, index } => reads_a_column(base) || reads_a_column(index),
        ExprKind::InRel { needle, .. } => reads_a_column(needle),
        ExprKind::Literal(_) | ExprKind::ToScalar(_) => false,
    }
}
