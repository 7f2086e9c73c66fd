//! Pipes and tabular operators.

use super::{
    Call, ColumnDecl, Expr, FunctionBody, Name, NamePattern, NamedExpr, Param, RowSchema, TypeRef,
};
use crate::span::Span;

/// `head | operator | operator`
#[derive(Clone, Debug, PartialEq)]
pub struct Pipe {
    pub head: PipeHead,
    pub operators: Vec<Operator>,
    pub span: Span,
}

impl Pipe {
    /// Whether one of its operators could not be read.
    pub fn is_broken(&self) -> bool {
        self.operators.iter().any(|operator| operator.broken)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum PipeHead {
    /// A table, `datatable`, a call, a parenthesised pipe …
    Expr(Expr),
    /// An operator that needs no input: `print`, `range`, `union`, `find`, `search`, `evaluate` …
    Operator(Box<Operator>),
    /// Nothing is written: the rows are handed in by the operator around it (`mv-apply`,
    /// `partition`, `fork`, `facet`), and the first of `operators` works on them.
    Input,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Operator {
    pub kind: OperatorKind,
    /// The keyword as written: `where` or `filter`, `sort` or `order`, `mv-expand` or `mvexpand`.
    pub keyword: Name,
    /// `kind=inner`, `hint.strategy=shuffle`, `isfuzzy=true`, `withsource=x` …, in order, wherever
    /// in the operator they stood.
    pub parameters: Vec<Parameter>,
    /// Whether some of it could not be read: what was is worth looking at, and no more.
    pub broken: bool,
    pub span: Span,
}

impl Operator {
    /// The last parameter of that name (Kusto takes the last).
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters
            .iter()
            .rev()
            .find(|parameter| parameter.name.text == name)
    }
}

/// `name = value`. A bare word is an `ExprKind::Name`.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// With its dots: `hint.strategy`.
    pub name: Name,
    pub value: Expr,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum OperatorKind {
    /// `where`, `filter`
    Where {
        predicate: Expr,
    },
    Project {
        items: Vec<NamedExpr>,
    },
    Extend {
        items: Vec<NamedExpr>,
    },
    ProjectAway {
        columns: Vec<NamePattern>,
    },
    ProjectKeep {
        columns: Vec<NamePattern>,
    },
    /// `new = old`
    /// `project-by-names dynamic([…]), 'pattern*'`
    ProjectByNames {
        names: Vec<Expr>,
    },
    ProjectRename {
        items: Vec<NamedExpr>,
    },
    ProjectReorder {
        items: Vec<ReorderItem>,
    },
    /// `by` is `None` when the word is not written.
    Summarize {
        aggregates: Vec<NamedExpr>,
        by: Option<Vec<NamedExpr>>,
    },
    /// `distinct *` has the one item `Star`.
    Distinct {
        items: Vec<NamedExpr>,
    },
    /// `sort by`, `order by`
    Sort {
        keys: Vec<SortKey>,
    },
    /// `take`, `limit`
    Take {
        count: Expr,
    },
    Top {
        count: Expr,
        keys: Vec<SortKey>,
    },
    TopNested {
        levels: Vec<TopNestedLevel>,
    },
    TopHitters {
        count: Expr,
        of: Expr,
        by: Option<Expr>,
    },
    /// `count`, `count as name`
    Count {
        name: Option<Name>,
    },
    /// The kind is the parameter `kind`.
    Join {
        right: Expr,
        condition: Option<JoinCondition>,
    },
    Lookup {
        right: Expr,
        condition: Option<JoinCondition>,
    },
    /// `tables` may hold `Wildcard`s.
    Union {
        tables: Vec<Expr>,
    },
    Find {
        tables: Option<Vec<Expr>>,
        predicate: Option<Expr>,
        output: Option<FindOutput>,
    },
    Search {
        tables: Option<Vec<Expr>>,
        predicate: Expr,
    },
    MvExpand {
        items: Vec<MvItem>,
        limit: Option<Expr>,
    },
    /// `mv-apply … on (subquery)`, where the subquery begins at `PipeHead::Input`.
    MvApply {
        items: Vec<MvItem>,
        limit: Option<Expr>,
        subquery: Pipe,
    },
    Parse {
        expr: Expr,
        pattern: Vec<ParsePart>,
    },
    ParseWhere {
        expr: Expr,
        pattern: Vec<ParsePart>,
    },
    /// `parse-kv expr as (columns) with (options)`
    ParseKv {
        expr: Expr,
        keys: Vec<ColumnDecl>,
        options: Vec<Parameter>,
    },
    MakeSeries {
        aggregates: Vec<SeriesAggregate>,
        on: NamedExpr,
        range: SeriesRange,
        by: Option<Vec<NamedExpr>>,
    },
    Scan {
        order_by: Vec<SortKey>,
        partition_by: Vec<Expr>,
        declared: Vec<Param>,
        steps: Vec<ScanStep>,
    },
    Partition {
        by: Expr,
        body: PartitionBody,
    },
    Sample {
        count: Expr,
    },
    SampleDistinct {
        count: Expr,
        of: NamedExpr,
    },
    Serialize {
        items: Vec<NamedExpr>,
    },
    /// `evaluate plugin(args) : (schema)`
    Evaluate {
        call: Call,
        schema: Option<RowSchema>,
    },
    /// `invoke f(args)`: a `Call` or `PathCall`.
    Invoke {
        function: Expr,
    },
    /// Without a chart the form is `render with (…)`.
    Render {
        chart: Option<Name>,
        properties: Vec<Parameter>,
    },
    As {
        name: Name,
    },
    Consume,
    GetSchema,
    Reduce {
        by: Expr,
        options: Vec<Parameter>,
    },
    Fork {
        branches: Vec<ForkBranch>,
    },
    Facet {
        by: Vec<Expr>,
        with: Option<Pipe>,
    },
    Print {
        items: Vec<NamedExpr>,
    },
    /// `range name from … to … step …`
    Range {
        name: Name,
        from: Expr,
        to: Expr,
        step: Expr,
    },
    AssertSchema {
        schema: RowSchema,
    },
    MakeGraph(MakeGraph),
    GraphMatch(GraphMatch),
    GraphShortestPaths(GraphMatch),
    GraphToTable {
        outputs: Vec<GraphOutput>,
    },
    GraphMarkComponents,
    GraphWhereNodes {
        predicate: Expr,
    },
    GraphWhereEdges {
        predicate: Expr,
    },
    /// `macro-expand kind=… entity_group as x (subquery)`
    MacroExpand {
        group: Expr,
        name: Name,
        statements: FunctionBody,
    },
    /// A construct of the language that has no shape of its own here; its text is passed over. The
    /// keyword says which.
    Other,
    /// After `|` stood no operator. It has been reported.
    Error,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Asc,
    Desc,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nulls {
    First,
    Last,
}

/// What is not written is `None`: the checker knows the defaults.
#[derive(Clone, Debug, PartialEq)]
pub struct SortKey {
    pub expr: NamedExpr,
    pub order: Option<Order>,
    pub nulls: Option<Nulls>,
}

/// `column`, `pattern*`, with `asc`, `desc`, `granny-asc` or `granny-desc`
#[derive(Clone, Debug, PartialEq)]
pub struct ReorderItem {
    pub column: NamePattern,
    pub order: Option<Order>,
    /// `granny-…`: by the number in the name.
    pub granny: bool,
}

/// `count of expr with others = x by aggregate desc`
#[derive(Clone, Debug, PartialEq)]
pub struct TopNestedLevel {
    pub count: Option<Expr>,
    pub of: NamedExpr,
    pub others: Option<Expr>,
    pub by: NamedExpr,
    pub order: Option<Order>,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum JoinCondition {
    /// `on a, $left.b == $right.c`
    On(Vec<Expr>),
    /// `where predicate` (the engine refuses it, the grammar has it)
    Where(Expr),
}

#[derive(Clone, Debug, PartialEq)]
pub enum FindOutput {
    Project(Vec<FindColumn>),
    ProjectSmart,
    ProjectAway(Vec<NamePattern>),
}

#[derive(Clone, Debug, PartialEq)]
pub enum FindColumn {
    Column {
        name: Name,
        ty: Option<TypeRef>,
    },
    /// `pack(*)`
    PackAll(Span),
}

/// `name = expr to typeof(type)`
#[derive(Clone, Debug, PartialEq)]
pub struct MvItem {
    pub expr: NamedExpr,
    pub to: Option<TypeRef>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ParsePart {
    /// `*`
    Star(Span),
    /// Adjacent literals have become one.
    Text { value: String, span: Span },
    /// `name` or `name: type`
    Column { name: Name, ty: Option<TypeRef> },
}

#[derive(Clone, Debug, PartialEq)]
pub struct SeriesAggregate {
    pub expr: NamedExpr,
    pub default: Option<Expr>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum SeriesRange {
    /// `from a to b step c`, from and to optional
    FromToStep {
        from: Option<Expr>,
        to: Option<Expr>,
        step: Expr,
    },
    /// `in range(start, stop, step)`: both ends are bins of the series.
    InRange { start: Expr, stop: Expr, step: Expr },
}

/// `step name optional output=all: condition => a = x, b = y;`
#[derive(Clone, Debug, PartialEq)]
pub struct ScanStep {
    pub name: Name,
    pub optional: bool,
    /// `all`, `last` or `none`
    pub output: Option<Name>,
    pub condition: Expr,
    pub assignments: Vec<NamedExpr>,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum PartitionBody {
    /// `( operators )`, beginning at `PipeHead::Input`.
    Subquery(Pipe),
    /// `{ query }`, with `toscalar(column)` for the partition's value.
    Query(Expr),
}

#[derive(Clone, Debug, PartialEq)]
pub struct ForkBranch {
    pub name: Option<Name>,
    pub pipe: Pipe,
}

/// `make-graph source --> target with nodes on id`
#[derive(Clone, Debug, PartialEq)]
pub struct MakeGraph {
    pub source: Expr,
    /// `--` stands between the two and not `-->`.
    pub undirected: bool,
    pub target: Expr,
    /// `with nodes on id, more on id2`
    pub nodes: Vec<GraphNodes>,
    /// `with_node_id = name`
    pub node_id: Option<Name>,
    /// `partitioned-by key ( operators )`
    pub partition: Option<(Expr, Pipe)>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct GraphNodes {
    pub table: Expr,
    pub id: Expr,
}

/// `graph-match pattern, pattern where … project …`
#[derive(Clone, Debug, PartialEq)]
pub struct GraphMatch {
    pub patterns: Vec<Vec<GraphPatternPart>>,
    pub predicate: Option<Expr>,
    pub project: Option<Vec<NamedExpr>>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum GraphPatternPart {
    /// `(name)` or `()`
    Node { name: Option<Name>, span: Span },
    /// `-[name]->`, `<-[name]-`, `-[name*1..3]-`, `-->`, `<--`, `--`
    Edge {
        name: Option<Name>,
        direction: EdgeDirection,
        /// Of a variable length edge: least and most hops.
        hops: Option<Box<(Expr, Expr)>>,
        span: Span,
    },
}

/// Which way an edge of a pattern points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EdgeDirection {
    Forward,
    Backward,
    Any,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GraphPart {
    Nodes,
    Edges,
}

/// `nodes as N with_node_id = x`
#[derive(Clone, Debug, PartialEq)]
pub struct GraphOutput {
    pub part: GraphPart,
    pub name: Option<Name>,
    pub parameters: Vec<Parameter>,
}
