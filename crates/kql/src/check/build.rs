//! Making the nodes of a checked query, with their limits.

use std::rc::Rc;
use std::sync::Arc;

use super::scope::{Binding, ScalarBinding};
use super::{Checked, Checker};
use crate::checked::{Expr, ExprKind, GraphStep, MvExpand, NamedExpr, Op, PluginArg, Rel};
use crate::limits::{
    COLUMNS_IN_ALL_MAX, COLUMNS_IN_PLACE_MAX, COLUMNS_MAX, EXPRESSION_DEPTH_MAX,
    EXPRESSION_NODES_MAX, RELATION_DEPTH_MAX, RELATIONS_IN_PLACE_MAX, RELATIONS_MAX,
    TEXT_BYTES_OF_A_NODE,
};
use crate::schema::Column;
use crate::span::Span;
use crate::types::{Type, Value};

pub(super) fn literal(value: Value, span: Span) -> Expr {
    Expr {
        ty: value.ty(),
        kind: ExprKind::Literal(value),
        span,
    }
}

pub(super) fn column(name: &str, ty: Type, span: Span) -> Expr {
    Expr {
        kind: ExprKind::Column(name.to_string()),
        ty,
        span,
    }
}

pub(super) fn call(function: &'static str, args: Vec<Expr>, ty: Type, span: Span) -> Expr {
    Expr {
        kind: ExprKind::Call { function, args },
        ty,
        span,
    }
}

/// Columns passed through under their own names.
pub(super) fn pass_through(columns: &[Column], span: Span) -> Vec<NamedExpr> {
    columns
        .iter()
        .map(|column| NamedExpr {
            name: column.name.clone(),
            expr: self::column(&column.name, column.ty, span),
        })
        .collect()
}

pub(super) fn columns_of(exprs: &[NamedExpr]) -> Vec<Column> {
    exprs
        .iter()
        .map(|named| Column::new(named.name.clone(), named.expr.ty))
        .collect()
}

/// The function that converts to a type.
pub(super) fn conversion(ty: Type) -> &'static str {
    match ty {
        Type::Bool => "tobool",
        Type::Int => "toint",
        Type::Long => "tolong",
        Type::Real => "todouble",
        Type::Decimal => "todecimal",
        Type::String => "tostring",
        Type::DateTime => "todatetime",
        Type::TimeSpan => "totimespan",
        Type::Guid => "toguid",
        Type::Dynamic => "parse_json",
    }
}

/// `expr` as a value of that type.
pub(super) fn converted(expr: Expr, ty: Type) -> Expr {
    if expr.ty == ty {
        return expr;
    }
    let span = expr.span;
    if let ExprKind::Literal(value) = &expr.kind
        && let Some(value) = super::fold::converted(value, ty)
    {
        return literal(value, span);
    }
    match ty {
        // There is no function for it, but the only element of an array is a dynamic.
        Type::Dynamic => Expr {
            kind: ExprKind::Index {
                base: Box::new(call("pack_array", vec![expr], Type::Dynamic, span)),
                index: Box::new(literal(Value::Long(0), span)),
            },
            ty,
            span,
        },
        _ => call(conversion(ty), vec![expr], ty, span),
    }
}

/// The expressions right below one.
pub(super) fn children(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::Literal(_) | ExprKind::Column(_) | ExprKind::ToScalar(_) => Vec::new(),
        ExprKind::Call { args, .. } | ExprKind::Window { args, .. } => args.iter().collect(),
        ExprKind::Member { base, .. } => vec![base],
        ExprKind::Index { base, index } => vec![base, index],
        ExprKind::InRel { needle, .. } => vec![needle],
    }
}

/// Depth and number of nodes.
pub(super) fn measure(expr: &Expr) -> (usize, usize) {
    let mut depth = 0;
    let mut nodes = 0;
    let mut open = vec![(expr, 1)];
    while let Some((expr, level)) = open.pop() {
        depth = depth.max(level);
        nodes += 1 + text_of(expr) / TEXT_BYTES_OF_A_NODE;
        open.extend(children(expr).into_iter().map(|child| (child, level + 1)));
    }
    (depth, nodes)
}

/// How many bytes of text a literal has.
fn text_of(expr: &Expr) -> usize {
    match &expr.kind {
        ExprKind::Literal(Value::String(text) | Value::Dynamic(text)) => text.len(),
        _ => 0,
    }
}

/// Whether any node of the expression is such.
pub(super) fn any(expr: &Expr, is: impl Fn(&ExprKind) -> bool) -> bool {
    let mut open = vec![expr];
    while let Some(expr) = open.pop() {
        if is(&expr.kind) {
            return true;
        }
        open.extend(children(expr));
    }
    false
}

/// The value is the same for every row.
pub(super) fn is_constant(expr: &Expr) -> bool {
    !any(expr, |kind| {
        matches!(kind, ExprKind::Column(_) | ExprKind::Window { .. })
    })
}

/// How large a relation is as a tree, in which what is used twice stands twice.
#[derive(Clone, Copy, Default)]
pub(super) struct Size {
    /// The most operators upon each other.
    depth: usize,
    operators: usize,
    /// The columns of all operators.
    columns: usize,
    /// How often the rows of the operator around a subquery are used.
    contexts: usize,
}

impl Size {
    fn add(&mut self, other: Size, times: usize) {
        let sum = |sum: usize, term: usize| sum.saturating_add(term.saturating_mul(times));
        self.depth = self.depth.max(other.depth);
        self.operators = sum(self.operators, other.operators);
        self.columns = sum(self.columns, other.columns);
        self.contexts = sum(self.contexts, other.contexts);
    }
}

impl Checker<'_> {
    /// A relation whose rows keep the order of `input`.
    pub(super) fn keeping_order(
        &mut self,
        op: Op,
        columns: Vec<Column>,
        input: &Arc<Rel>,
        span: Span,
    ) -> Checked<Arc<Rel>> {
        self.relation(op, columns, input.serialized, span)
    }

    pub(super) fn unordered(
        &mut self,
        op: Op,
        columns: Vec<Column>,
        span: Span,
    ) -> Checked<Arc<Rel>> {
        self.relation(op, columns, false, span)
    }

    pub(super) fn ordered(
        &mut self,
        op: Op,
        columns: Vec<Column>,
        span: Span,
    ) -> Checked<Arc<Rel>> {
        self.relation(op, columns, true, span)
    }

    fn relation(
        &mut self,
        op: Op,
        columns: Vec<Column>,
        serialized: bool,
        span: Span,
    ) -> Checked<Arc<Rel>> {
        let size = self.size(&op, columns.len());
        self.columns += columns.len();
        let limits = [
            (size.depth, RELATION_DEPTH_MAX, "operators upon each other"),
            (self.relation_sizes.len() + 1, RELATIONS_MAX, "operators"),
            (
                size.operators,
                RELATIONS_IN_PLACE_MAX,
                "operators with every table in place",
            ),
            (columns.len(), COLUMNS_MAX, "columns of one table"),
            (self.columns, COLUMNS_IN_ALL_MAX, "columns of all operators"),
            (
                size.columns,
                COLUMNS_IN_PLACE_MAX,
                "columns with every table in place",
            ),
        ];
        for (reached, limit, what) in limits {
            if reached > limit {
                return Err(self.limit_reached(span, what, limit));
            }
        }
        let rel = Arc::new(Rel {
            op,
            columns,
            serialized,
            span,
        });
        self.relation_sizes.insert(Arc::as_ptr(&rel), size);
        self.kept.push(Arc::clone(&rel));
        Ok(rel)
    }

    /// The same relation once more, to have a name of its own.
    pub(super) fn once_more(&mut self, rel: &Arc<Rel>, span: Span) -> Checked<Arc<Rel>> {
        let size = self.size_of(rel);
        self.columns += rel.columns.len();
        if self.columns > COLUMNS_IN_ALL_MAX {
            return Err(self.limit_reached(span, "columns of all operators", COLUMNS_IN_ALL_MAX));
        }
        let copy = Arc::new(Rel::clone(rel));
        self.relation_sizes.insert(Arc::as_ptr(&copy), size);
        self.kept.push(Arc::clone(&copy));
        Ok(copy)
    }

    fn size_of(&self, rel: &Arc<Rel>) -> Size {
        let size = self.relation_sizes.get(&Arc::as_ptr(rel));
        size.copied().unwrap_or_default()
    }

    /// How large a relation is that consists of such an operation.
    fn size(&self, op: &Op, columns: usize) -> Size {
        let mut whole = Size::default();
        for rel in relations(op) {
            whole.add(self.size_of(rel), 1);
        }
        whole.depth += 1;
        whole.operators = whole.operators.saturating_add(1);
        whole.columns = whole.columns.saturating_add(columns);
        match op {
            Op::Context => whole.contexts = 1,
            Op::MvApply {
                expand: MvExpand { input, .. },
                subquery,
            }
            | Op::Partition {
                input, subquery, ..
            } => {
                // Wherever the subquery has its context, all of the input stands.
                let inner = self.size_of(subquery).contexts;
                whole.contexts -= inner.min(whole.contexts);
                whole.add(self.size_of(input), inner.saturating_sub(1));
            }
            _ => {}
        }
        whole
    }

    /// `input` with other columns.
    pub(super) fn projected(
        &mut self,
        input: &Arc<Rel>,
        exprs: Vec<NamedExpr>,
        span: Span,
    ) -> Checked<Arc<Rel>> {
        let columns = columns_of(&exprs);
        let op = Op::Project {
            input: Arc::clone(input),
            exprs,
        };
        self.keeping_order(op, columns, input, span)
    }

    pub(super) fn scalar_binding<'b>(&self, expr: Expr) -> Binding<'b> {
        let (depth, nodes) = measure(&expr);
        Binding::Scalar(Rc::new(ScalarBinding {
            of_row: !is_constant(&expr),
            expr,
            depth,
            nodes,
        }))
    }

    /// A bound scalar, put in place of its name.
    pub(super) fn put_in_place(&mut self, scalar: &ScalarBinding, span: Span) -> Checked<Expr> {
        if self.expression_depth + scalar.depth > EXPRESSION_DEPTH_MAX {
            return Err(self.limit_reached(
                span,
                "levels of nested expressions",
                EXPRESSION_DEPTH_MAX,
            ));
        }
        self.expression_nodes += scalar.nodes;
        if self.expression_nodes > EXPRESSION_NODES_MAX {
            return Err(self.limit_reached(span, "parts of expressions", EXPRESSION_NODES_MAX));
        }
        let mut expr = scalar.expr.clone();
        expr.span = span;
        Ok(expr)
    }
}

/// The relations right below an operation, those in its expressions included.
fn relations(op: &Op) -> Vec<&Arc<Rel>> {
    let mut found = Vec::new();
    let mut exprs: Vec<&Expr> = Vec::new();
    match op {
        Op::Table { .. }
        | Op::Watchlist { .. }
        | Op::DataTable { .. }
        | Op::ExternalData { .. }
        | Op::Context => {}
        Op::Print { exprs: list } => exprs.extend(named(list)),
        Op::Range { from, to, step } => exprs.extend([from, to, step]),
        Op::Filter { input, predicate } => {
            found.push(input);
            exprs.push(predicate);
        }
        Op::Project { input, exprs: list } => {
            found.push(input);
            exprs.extend(named(list));
        }
        Op::Summarize {
            input,
            by,
            aggregates,
        } => {
            found.push(input);
            exprs.extend(named(by));
            exprs.extend(aggregates.iter().flat_map(|aggregate| &aggregate.args));
        }
        Op::Sort { input, keys } => {
            found.push(input);
            exprs.extend(keys.iter().map(|key| &key.expr));
        }
        Op::Top { input, count, keys } => {
            found.push(input);
            exprs.push(count);
            exprs.extend(keys.iter().map(|key| &key.expr));
        }
        Op::Take { input, count } | Op::Sample { input, count } => {
            found.push(input);
            exprs.push(count);
        }
        Op::SampleDistinct { input, count, of } => {
            found.push(input);
            exprs.extend([count, &of.expr]);
        }
        Op::Distinct { input }
        | Op::Serialize { input }
        | Op::Materialize { input }
        | Op::GetSchema { input } => found.push(input),
        Op::Join(join) => {
            found.extend([&join.left, &join.right]);
            exprs.extend(join.on.iter().flat_map(|(left, right)| [left, right]));
        }
        Op::Union { inputs } => found.extend(inputs),
        Op::MvExpand(expand) => mv_expand(expand, &mut found, &mut exprs),
        Op::MvApply { expand, subquery } => {
            mv_expand(expand, &mut found, &mut exprs);
            found.push(subquery);
        }
        Op::Parse(parse) => {
            found.push(&parse.input);
            exprs.push(&parse.expr);
        }
        Op::ParseKv(parse) => {
            found.push(&parse.input);
            exprs.push(&parse.expr);
        }
        Op::MakeSeries(series) => {
            found.push(&series.input);
            exprs.extend(named(&series.by));
            exprs.push(&series.on.expr);
            exprs.extend(series.aggregates.iter().flat_map(|found| &found.args));
            exprs.extend(series.from.iter().chain(&series.to).chain([&series.step]));
        }
        Op::TopNested { input, levels } => {
            found.push(input);
            for level in levels {
                exprs.extend(level.count.iter().chain([&level.of.expr]));
                exprs.extend(level.aggregates.iter().flat_map(|found| &found.args));
            }
        }
        Op::Scan(scan) => {
            found.push(&scan.input);
            for step in &scan.steps {
                exprs.push(&step.condition);
                exprs.extend(named(&step.assignments));
            }
        }
        Op::Partition {
            input, subquery, ..
        } => found.extend([input, subquery]),
        Op::Graph(graph) => {
            found.push(&graph.edges);
            found.extend(graph.nodes.iter().map(|(table, _)| table));
            for step in &graph.steps {
                match step {
                    GraphStep::KeepNodes(expr) | GraphStep::KeepEdges(expr) => exprs.push(expr),
                    GraphStep::MarkComponents { .. } => {}
                }
            }
        }
        Op::GraphMatch(matched) => {
            found.push(&matched.graph);
            exprs.extend(&matched.predicate);
            exprs.extend(named(&matched.output));
            exprs.extend(matched.lists.iter().map(|list| &list.expr));
        }
        Op::GraphToTable { graph, .. } => found.push(graph),
        Op::Evaluate { input, args, .. } => {
            found.extend(input);
            for arg in args {
                match arg {
                    PluginArg::Expr(expr) => exprs.push(expr),
                    PluginArg::Rel(rel) => found.push(rel),
                }
            }
        }
    }
    while let Some(expr) = exprs.pop() {
        if let ExprKind::ToScalar(rel) | ExprKind::InRel { rel, .. } = &expr.kind {
            found.push(rel);
        }
        exprs.extend(children(expr));
    }
    found
}

fn named(list: &[NamedExpr]) -> impl Iterator<Item = &Expr> {
    list.iter().map(|named| &named.expr)
}

fn mv_expand<'e>(expand: &'e MvExpand, found: &mut Vec<&'e Arc<Rel>>, exprs: &mut Vec<&'e Expr>) {
    found.push(&expand.input);
    exprs.extend(expand.items.iter().map(|item| &item.expr));
}

/// A finite real as JSON: always with a point, so that it stays a real.
pub(super) fn real_json(number: f64) -> String {
    match number.fract() == 0.0 && number.abs() < 1e15 {
        true => format!("{number:.1}"),
        false => number.to_string(),
    }
}
