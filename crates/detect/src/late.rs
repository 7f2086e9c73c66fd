//! A query that carries where its rows come from instead of what nobody computes with.
//!
//! In: a checked query and the uses of event tables whose rows can be found again in the logs. Out: the
//! same query with fewer columns: those of such a use that are only handed on to the result are replaced by
//! one number, the row's place, and a recipe says how the result's columns are made of what comes out. A
//! join of all events with others then moves a few narrow columns about, and only the rows that are left
//! at the end are looked up. What an operator compares, computes with or counts stays as it is.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use keyline_engine::lower::Live;
use keyline_kql::checked::*;
use keyline_kql::schema::Column;
use keyline_kql::types::Type;
use keyline_lake::ROW;

use crate::relations::{EVENT_ID, TIME};
use crate::relations::{children, exprs, inner_relations, inputs};

/// A query with places in it.
pub struct Late {
    pub query: CheckedQuery,
    /// How each column of the original result is made.
    pub outputs: Vec<Output>,
    /// Each use that was narrowed: as it was and as it is.
    pub uses: Vec<(Arc<Rel>, Arc<Rel>)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// This column of the new result.
    Here(usize),
    /// A column of the event whose place is in this column.
    At { place: usize, column: String },
}

impl Late {
    /// A use of a table as it was in the original query.
    pub fn as_it_was<'a>(&'a self, table: &'a Arc<Rel>) -> &'a Arc<Rel> {
        let narrowed = self
            .uses
            .iter()
            .find(|(_, after)| Arc::ptr_eq(after, table));
        narrowed.map_or(table, |(before, _)| before)
    }
}

/// The query with places; `None` where that spares nothing.
pub fn late(query: &CheckedQuery, can_find: &dyn Fn(&Arc<Rel>) -> bool) -> Option<Late> {
    let mut values = Values::default();
    values.visit(&query.root, HashSet::new());
    let mut narrowing = Narrowing {
        live: Live::of(&query.root),
        values: values.of,
        can_find,
        made: HashMap::new(),
        uses: Vec::new(),
        names: 0,
    };
    let root = narrowing.rel(&query.root);
    if narrowing.uses.is_empty() {
        return None;
    }
    let place_of = |name: &str| root.rel.columns.iter().position(|c| c.name == name);
    let outputs = query
        .root
        .columns
        .iter()
        .map(|c| match root.late.get(&c.name) {
            None => place_of(&c.name).map(Output::Here),
            Some(late) => Some(Output::At {
                place: place_of(&late.place)?,
                column: late.column.clone(),
            }),
        });
    let outputs = outputs.collect::<Option<Vec<Output>>>()?;
    Some(Late {
        outputs,
        uses: narrowing.uses,
        query: CheckedQuery {
            root: root.rel,
            ..query.clone()
        },
    })
}

/// Of each relation the columns whose values somebody above computes with.
#[derive(Default)]
struct Values {
    of: HashMap<*const Rel, HashSet<String>>,
}

impl Values {
    fn visit(&mut self, rel: &Arc<Rel>, names: HashSet<String>) {
        let first = !self.of.contains_key(&Arc::as_ptr(rel));
        let known = self.of.entry(Arc::as_ptr(rel)).or_default();
        let before = known.len();
        known.extend(names);
        if !first && known.len() == before {
            return;
        }
        let values = known.clone();
        for expr in exprs(rel) {
            let mut inner = Vec::new();
            inner_relations(expr, &mut inner);
            for rel in inner {
                self.all(&rel);
            }
        }
        self.below(rel, values);
    }

    fn all(&mut self, rel: &Arc<Rel>) {
        self.visit(rel, rel.columns.iter().map(|c| c.name.clone()).collect());
    }

    fn below(&mut self, rel: &Arc<Rel>, mut values: HashSet<String>) {
        match &rel.op {
            Op::Filter { input, predicate } => {
                named_in(predicate, &mut values);
                self.visit(input, values);
            }
            Op::Project { input, exprs } => {
                let mut below = HashSet::new();
                for named in exprs {
                    match &named.expr.kind {
                        // Handed on only.
                        ExprKind::Column(_) if !values.contains(&named.name) => {}
                        _ => named_in(&named.expr, &mut below),
                    }
                }
                self.visit(input, below);
            }
            Op::Summarize {
                input,
                by,
                aggregates,
            } => {
                let mut below = HashSet::new();
                by.iter().for_each(|key| named_in(&key.expr, &mut below));
                for aggregate in aggregates {
                    for (place, arg) in aggregate.args.iter().enumerate() {
                        let handed_on = picks_row(aggregate)
                            && place > 0
                            && matches!(arg.kind, ExprKind::Column(_))
                            && !values.contains(&aggregate.names[place]);
                        if !handed_on {
                            named_in(arg, &mut below);
                        }
                    }
                }
                self.visit(input, below);
            }
            Op::Sort { input, keys } | Op::Top { input, keys, .. } => {
                keys.iter().for_each(|key| named_in(&key.expr, &mut values));
                self.visit(input, values);
            }
            Op::Take { input, .. } | Op::Serialize { input } | Op::Materialize { input } => {
                self.visit(input, values);
            }
            Op::Join(join) => {
                let (mut left, mut right) = (HashSet::new(), HashSet::new());
                for (l, r) in &join.on {
                    named_in(l, &mut left);
                    named_in(r, &mut right);
                }
                for output in join.output.iter().filter(|o| values.contains(&o.name)) {
                    match output.side {
                        Side::Left => left.insert(output.source.clone()),
                        Side::Right => right.insert(output.source.clone()),
                    };
                }
                self.visit(&join.left, left);
                self.visit(&join.right, right);
            }
            Op::MvExpand(expand) => {
                let own = |name: &String| !expand.input.columns.iter().any(|c| c.name == *name);
                values.retain(|name| !own(name));
                expand
                    .items
                    .iter()
                    .for_each(|item| named_in(&item.expr, &mut values));
                self.visit(&expand.input, values);
            }
            // What looks at whole rows, or what is too seldom to be told apart.
            _ => inputs(rel).iter().for_each(|input| self.all(input)),
        }
    }
}

/// Whether an aggregate gives columns of one row: `arg_max(x, a, b)` and its like.
fn picks_row(aggregate: &NamedAggregate) -> bool {
    matches!(aggregate.function, "arg_max" | "arg_min")
        && aggregate.names.len() == aggregate.args.len()
}

fn named_in(expr: &Expr, names: &mut HashSet<String>) {
    if let ExprKind::Column(name) = &expr.kind {
        names.insert(name.clone());
    }
    children(expr)
        .into_iter()
        .for_each(|child| named_in(child, names));
}

/// A column that is not there any more.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct LateColumn {
    /// The column with the place of its event.
    place: String,
    /// Its name in the event.
    column: String,
}

/// A narrowed relation, and which of its columns are late.
#[derive(Clone)]
struct Narrow {
    rel: Arc<Rel>,
    late: HashMap<String, LateColumn>,
}

struct Narrowing<'a> {
    live: Live,
    values: HashMap<*const Rel, HashSet<String>>,
    can_find: &'a dyn Fn(&Arc<Rel>) -> bool,
    made: HashMap<*const Rel, Narrow>,
    uses: Vec<(Arc<Rel>, Arc<Rel>)>,
    names: usize,
}

impl Narrowing<'_> {
    fn rel(&mut self, rel: &Arc<Rel>) -> Narrow {
        if let Some(made) = self.made.get(&Arc::as_ptr(rel)) {
            return made.clone();
        }
        let made = self.narrow(rel);
        self.made.insert(Arc::as_ptr(rel), made.clone());
        made
    }

    fn fresh(&mut self) -> String {
        self.names += 1;
        format!("{ROW}{}", self.names)
    }

    fn narrow(&mut self, rel: &Arc<Rel>) -> Narrow {
        match &rel.op {
            Op::Table { .. } => self.table(rel),
            Op::Filter { input, .. }
            | Op::Sort { input, .. }
            | Op::Take { input, .. }
            | Op::Top { input, .. }
            | Op::Serialize { input }
            | Op::Materialize { input } => {
                let input = self.rel(input);
                let mut op = rel.op.clone();
                if let Op::Filter { input: own, .. }
                | Op::Sort { input: own, .. }
                | Op::Take { input: own, .. }
                | Op::Top { input: own, .. }
                | Op::Serialize { input: own }
                | Op::Materialize { input: own } = &mut op
                {
                    *own = input.rel.clone();
                }
                let columns = input.rel.columns.clone();
                with(rel, op, columns, input.late)
            }
            Op::Project { input, exprs } => self.project(rel, input, exprs),
            Op::Summarize {
                input,
                by,
                aggregates,
            } => self.summarize(rel, input, by, aggregates),
            Op::Join(join) => self.join(rel, join),
            Op::MvExpand(expand) => {
                let input = self.rel(&expand.input);
                let own: HashSet<&str> = expand
                    .items
                    .iter()
                    .map(|item| item.name.as_str())
                    .chain(expand.index.as_deref())
                    .collect();
                let mut late = input.late;
                late.retain(|name, _| !own.contains(name.as_str()));
                let columns: Vec<Column> = rel
                    .columns
                    .iter()
                    .filter(|c| {
                        own.contains(c.name.as_str())
                            || input.rel.columns.iter().any(|i| i.name == c.name)
                    })
                    .cloned()
                    .chain(places(&input.rel.columns, &rel.columns))
                    .collect();
                let mut expand = expand.clone();
                expand.input = input.rel;
                with(rel, Op::MvExpand(expand), columns, late)
            }
            _ => self.whole(rel),
        }
    }

    /// An operator that looks at all columns of its inputs, so that none of them is late.
    fn whole(&mut self, rel: &Arc<Rel>) -> Narrow {
        let mut op = rel.op.clone();
        match &mut op {
            Op::Distinct { input }
            | Op::Sample { input, .. }
            | Op::SampleDistinct { input, .. }
            | Op::TopNested { input, .. } => *input = self.rel(input).rel,
            Op::Union { inputs } => {
                for input in inputs {
                    *input = self.rel(input).rel;
                }
            }
            Op::Parse(parse) => parse.input = self.rel(&parse.input).rel,
            Op::ParseKv(parse) => parse.input = self.rel(&parse.input).rel,
            // The rest stays as it is, down to its tables.
            _ => {}
        }
        with(rel, op, rel.columns.clone(), HashMap::new())
    }

    fn table(&mut self, rel: &Arc<Rel>) -> Narrow {
        let same = Narrow {
            rel: rel.clone(),
            late: HashMap::new(),
        };
        if !(self.can_find)(rel) {
            return same;
        }
        let none = HashSet::new();
        let values = self.values.get(&Arc::as_ptr(rel)).unwrap_or(&none);
        let stays = |c: &&Column| values.contains(&c.name) || c.name == TIME || c.name == EVENT_ID;
        let late: HashMap<String, LateColumn> = rel
            .columns
            .iter()
            .filter(|c| !stays(c) && self.live.reads(rel, &c.name))
            .map(|c| {
                let late = LateColumn {
                    place: ROW.to_string(),
                    column: c.name.clone(),
                };
                (c.name.clone(), late)
            })
            .collect();
        if late.len() < 2 {
            return same;
        }
        let mut columns: Vec<Column> = rel.columns.iter().filter(stays).cloned().collect();
        columns.push(Column::new(ROW, Type::Long));
        let made = with(rel, rel.op.clone(), columns, late);
        self.uses.push((rel.clone(), made.rel.clone()));
        made
    }

    fn project(&mut self, rel: &Arc<Rel>, input: &Arc<Rel>, exprs: &[NamedExpr]) -> Narrow {
        let input = self.rel(input);
        let mut late = HashMap::new();
        let mut kept = Vec::new();
        let mut columns = Vec::new();
        for (named, column) in exprs.iter().zip(&rel.columns) {
            if let ExprKind::Column(name) = &named.expr.kind
                && let Some(of) = input.late.get(name)
            {
                late.insert(named.name.clone(), of.clone());
                continue;
            }
            if !self.computable(&named.expr, &input) {
                // Nobody reads it, or it would have been a value below.
                continue;
            }
            kept.push(named.clone());
            columns.push(column.clone());
        }
        for place in distinct_places(&late) {
            let ty = Type::Long;
            kept.push(NamedExpr {
                name: place.clone(),
                expr: Expr {
                    kind: ExprKind::Column(place.clone()),
                    ty,
                    span: rel.span,
                },
            });
            columns.push(Column::new(place, ty));
        }
        let op = Op::Project {
            input: input.rel,
            exprs: kept,
        };
        with(rel, op, columns, late)
    }

    /// Whether all columns that an expression names are there.
    fn computable(&self, expr: &Expr, input: &Narrow) -> bool {
        let mut names = HashSet::new();
        named_in(expr, &mut names);
        names
            .iter()
            .all(|name| input.rel.columns.iter().any(|c| c.name == *name))
    }

    fn summarize(
        &mut self,
        rel: &Arc<Rel>,
        input: &Arc<Rel>,
        by: &[NamedExpr],
        aggregates: &[NamedAggregate],
    ) -> Narrow {
        let input = self.rel(input);
        let mut late = HashMap::new();
        let mut columns: Vec<Column> = rel.columns[..by.len()].to_vec();
        let mut kept = Vec::new();
        for aggregate in aggregates {
            let mut one = aggregate.clone();
            if picks_row(aggregate) {
                let mut picked: HashMap<String, LateColumn> = HashMap::new();
                let parts = aggregate.args.iter().zip(&aggregate.names);
                let (mut args, mut names, mut types) = (Vec::new(), Vec::new(), Vec::new());
                for ((arg, name), ty) in parts.zip(&aggregate.types) {
                    if let ExprKind::Column(source) = &arg.kind
                        && let Some(of) = input.late.get(source)
                    {
                        picked.insert(name.clone(), of.clone());
                        continue;
                    }
                    args.push(arg.clone());
                    names.push(name.clone());
                    types.push(*ty);
                }
                // Two aggregates may pick different rows of one use.
                let mut renamed = HashMap::new();
                for place in distinct_places(&picked) {
                    let name = self.fresh();
                    args.push(Expr {
                        kind: ExprKind::Column(place.clone()),
                        ty: Type::Long,
                        span: rel.span,
                    });
                    names.push(name.clone());
                    types.push(Type::Long);
                    renamed.insert(place, name);
                }
                for (name, of) in picked {
                    let place = renamed[&of.place].clone();
                    let column = of.column;
                    late.insert(name, LateColumn { place, column });
                }
                (one.args, one.names, one.types) = (args, names, types);
            }
            let made = one.names.iter().zip(&one.types);
            columns.extend(made.map(|(name, ty)| Column::new(name, *ty)));
            kept.push(one);
        }
        let op = Op::Summarize {
            input: input.rel,
            by: by.to_vec(),
            aggregates: kept,
        };
        with(rel, op, columns, late)
    }

    fn join(&mut self, rel: &Arc<Rel>, join: &Join) -> Narrow {
        let (left, right) = (self.rel(&join.left), self.rel(&join.right));
        let mut late = HashMap::new();
        let mut outputs = Vec::new();
        let mut columns = Vec::new();
        let mut renamed: HashMap<(bool, String), String> = HashMap::new();
        for (output, column) in join.output.iter().zip(&rel.columns) {
            let is_left = output.side == Side::Left;
            let side = if is_left { &left } else { &right };
            if let Some(of) = side.late.get(&output.source) {
                let key = (is_left, of.place.clone());
                let place = match renamed.get(&key) {
                    Some(place) => place.clone(),
                    None => {
                        let place = self.fresh();
                        outputs.push(JoinColumn {
                            side: output.side,
                            source: of.place.clone(),
                            name: place.clone(),
                        });
                        columns.push(Column::new(&place, Type::Long));
                        renamed.insert(key, place.clone());
                        place
                    }
                };
                let of = LateColumn {
                    place,
                    column: of.column.clone(),
                };
                late.insert(output.name.clone(), of);
                continue;
            }
            // What is not there on its side is read by nobody.
            if side.rel.columns.iter().any(|c| c.name == output.source) {
                outputs.push(output.clone());
                columns.push(column.clone());
            }
        }
        let op = Op::Join(Join {
            kind: join.kind,
            left: left.rel,
            right: right.rel,
            on: join.on.clone(),
            output: outputs,
        });
        with(rel, op, columns, late)
    }
}

fn with(rel: &Arc<Rel>, op: Op, columns: Vec<Column>, late: HashMap<String, LateColumn>) -> Narrow {
    let rel = Arc::new(Rel {
        op,
        columns,
        serialized: rel.serialized,
        span: rel.span,
    });
    Narrow { rel, late }
}

/// The columns with places that an input has beyond those of the operator.
fn places<'a>(input: &'a [Column], own: &'a [Column]) -> impl Iterator<Item = Column> + 'a {
    let is_place = |c: &&Column| c.name.starts_with(ROW) && !own.iter().any(|o| o.name == c.name);
    input.iter().filter(is_place).cloned()
}

fn distinct_places(late: &HashMap<String, LateColumn>) -> Vec<String> {
    let mut places: Vec<String> = late.values().map(|of| of.place.clone()).collect();
    places.sort();
    places.dedup();
    places
}
