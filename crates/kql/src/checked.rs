//! The checked query: what the checker makes of the syntax tree, and all that the engine sees.
//!
//! Every name is bound, every expression typed, every default spelt out. `let` is gone: scalars,
//! tabulars and user functions stand where they are used; a tabular that is used twice is the same
//! `Arc<Rel>` twice. Column names within one `Rel` are unique, so expressions name columns by name.
//! Operators that only rearrange columns (`project`, `extend`, `project-away`, `project-rename`,
//! `project-reorder`, `project-keep`) have all become [`Op::Project`].

use std::sync::Arc;

use crate::schema::Column;
use crate::span::Span;
use crate::types::{Type, Value};

#[derive(Clone, Debug)]
pub struct CheckedQuery {
    pub root: Arc<Rel>,
    /// Every table the query reads, sorted, without duplicates.
    pub tables: Vec<String>,
    /// Every URI that its `externaldata` operators name.
    pub external_uris: Vec<String>,
    /// `render` instructions at the end: kind, then properties. The rows do not depend on them.
    pub render: Option<Render>,
    /// What the query asks of time: every constant argument of `ago`, in ticks.
    pub ago_ticks: Vec<i64>,
}

#[derive(Clone, Debug)]
pub struct Render {
    pub kind: String,
    pub properties: Vec<(String, Value)>,
}

/// A tabular expression and the columns that it yields.
#[derive(Clone, Debug)]
pub struct Rel {
    pub op: Op,
    pub columns: Vec<Column>,
    /// The rows come in a defined order (after `sort`, `top`, `serialize`, `range` …), as far as
    /// Kusto keeps one: window functions rely on it.
    pub serialized: bool,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum Op {
    /// A table of the catalogue.
    Table {
        name: String,
    },
    /// `_GetWatchlist('alias')`.
    Watchlist {
        alias: String,
    },
    /// `datatable`: literals, already converted to the columns' types.
    DataTable {
        rows: Vec<Vec<Value>>,
    },
    /// `externaldata`; the columns are the `Rel`'s. Property names are lower case.
    ExternalData {
        uris: Vec<String>,
        properties: Vec<(String, Value)>,
    },
    /// `print`: one row.
    Print {
        exprs: Vec<NamedExpr>,
    },
    /// `range x from a to b step c`: one column.
    Range {
        from: Expr,
        to: Expr,
        step: Expr,
    },
    /// Inside the subquery of `mv-apply`, `partition` or `toscalar`-like contexts: the rows that the
    /// outer operator hands in.
    Context,

    Filter {
        input: Arc<Rel>,
        predicate: Expr,
    },
    /// All output columns in order.
    Project {
        input: Arc<Rel>,
        exprs: Vec<NamedExpr>,
    },
    /// All distinct rows of the input (a `Project` below picks the columns).
    Distinct {
        input: Arc<Rel>,
    },
    /// Output: the `by` columns, then those of the aggregates. Expressions over aggregates are a
    /// `Project` above. `by` empty: exactly one row.
    Summarize {
        input: Arc<Rel>,
        by: Vec<NamedExpr>,
        aggregates: Vec<NamedAggregate>,
    },
    Sort {
        input: Arc<Rel>,
        keys: Vec<SortKey>,
    },
    /// `take`/`limit`.
    Take {
        input: Arc<Rel>,
        count: Expr,
    },
    Top {
        input: Arc<Rel>,
        count: Expr,
        keys: Vec<SortKey>,
    },
    /// `sample n`.
    Sample {
        input: Arc<Rel>,
        count: Expr,
    },
    /// `sample-distinct n of expr`.
    SampleDistinct {
        input: Arc<Rel>,
        count: Expr,
        of: NamedExpr,
    },
    Serialize {
        input: Arc<Rel>,
    },
    Join(Join),
    /// The inputs already have the same columns in the same order and types.
    Union {
        inputs: Vec<Arc<Rel>>,
    },
    MvExpand(MvExpand),
    /// The columns: those of the input that the subquery does not yield, with the values of the
    /// outer row, and all of the subquery by name (its `Context` has the expanded columns).
    MvApply {
        expand: MvExpand,
        subquery: Arc<Rel>,
    },
    Parse(Parse),
    ParseKv(ParseKv),
    MakeSeries(MakeSeries),
    TopNested {
        input: Arc<Rel>,
        levels: Vec<TopNestedLevel>,
    },
    Scan(Scan),
    /// `partition by column (subquery)` and `partition by column { query }`; `subquery` reads
    /// [`Op::Context`].
    Partition {
        input: Arc<Rel>,
        by: String,
        context: PartitionContext,
        subquery: Arc<Rel>,
    },
    /// `evaluate plugin(args)` whose output columns are known before it runs.
    Evaluate {
        input: Option<Arc<Rel>>,
        plugin: String,
        args: Vec<PluginArg>,
    },
    /// A graph, which is no table: its `Rel` has no columns, and only graph operators read it.
    Graph(Graph),
    /// `graph-match` and `graph-shortest-paths`.
    GraphMatch(GraphMatch),
    /// `graph-to-table`: the nodes or the edges, with the hashes of ids under these names in front.
    GraphToTable {
        graph: Arc<Rel>,
        part: GraphPart,
        ids: Vec<(GraphId, String)>,
    },
    /// `materialize(…)`: run once, however often the same `Arc` is used.
    Materialize {
        input: Arc<Rel>,
    },
    /// `getschema`.
    GetSchema {
        input: Arc<Rel>,
    },
}

/// What [`Op::Context`] is inside a `partition`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartitionContext {
    /// The rows of the value.
    Rows,
    /// One row with the value alone.
    Value,
}

#[derive(Clone, Debug)]
pub struct NamedExpr {
    pub name: String,
    pub expr: Expr,
}

#[derive(Clone, Debug)]
pub struct Expr {
    pub kind: ExprKind,
    pub ty: Type,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum ExprKind {
    Literal(Value),
    /// A column of the input (of its own side, in the `on` of a join).
    Column(String),
    /// A scalar function or operator by its canonical name.
    ///
    /// Operators: `+ - * / %` (binary), `negate`, `== != < <= > >=`, `=~ !~`, `and or`, `not`,
    /// `in !in in~ !in~ has_any has_all` (needle, then the items; a single dynamic item is a list),
    /// `between !between` (value, low, high), `contains !contains contains_cs !contains_cs
    /// has !has has_cs !has_cs hasprefix … startswith … endswith … (each with ! and _cs forms)`,
    /// `matches regex`. Aliases are resolved (`pack` is `bag_pack`, `todynamic` is `parse_json`,
    /// `iif` is `iff`, `toreal` is `todouble`, `<>` is `!=` …): see `functions`.
    ///
    /// An int argument for a parameter that asks for a long, real or decimal comes wrapped in
    /// `tolong`, `todouble`, `todecimal`; the branches of `iff`, `case`, `coalesce`, `max_of`,
    /// `min_of` have one type (that of the call). A parameter of type `string` never gets a dynamic;
    /// one of class `scalar` gets whatever there is.
    ///
    /// Functions of several values (`series_stats`, `series_fit_line` …) yield one array of them, as
    /// does `array_sort_asc` of more than one array (of one it yields the sorted array itself); the
    /// columns are made by `Index` and conversions. `bag_pack_columns` and `pack_all()` have become
    /// `bag_pack`; `pack_all(true)` is `pack_all` with pairs of keys and values, of which those with
    /// a null or empty value are left out. `column_ifexists` has been decided.
    ///
    /// Arithmetic and comparisons of two numeric types come with both sides widened to the same
    /// type by the functions `toint`, `tolong`, `todouble`, `todecimal`. A dynamic operand is left
    /// as it is: the function sees its type.
    Call {
        function: &'static str,
        args: Vec<Expr>,
    },
    /// `base.key` or `base['key']`; `base` is dynamic.
    Member {
        base: Box<Expr>,
        key: String,
    },
    /// `base[index]`, the index an integer (negative: from the end) or a string known only at run
    /// time; `base` is dynamic.
    Index {
        base: Box<Expr>,
        index: Box<Expr>,
    },
    /// A window function over the serialized input (`prev` and `next` with all three arguments): `row_number`, `row_cumsum`, `prev`, `next`,
    /// `row_rank_dense`, `row_rank_min`, `row_window_session`.
    Window {
        function: &'static str,
        args: Vec<Expr>,
    },
    /// `toscalar(…)`: first column of the first row.
    ToScalar(Arc<Rel>),
    /// `x in (T | project c)`: `function` is `in`, `!in`, `in~`, `!in~`, `has_any` or `has_all`.
    InRel {
        function: &'static str,
        needle: Box<Expr>,
        rel: Arc<Rel>,
    },
}

/// One aggregate call and the columns that it yields: one, but for `arg_max(x, a, b)` and its like,
/// where `names` are those of `x, a, b` in order (a `*` is spelt out).
#[derive(Clone, Debug)]
pub struct NamedAggregate {
    pub names: Vec<String>,
    /// Canonical name: `count`, `countif`, `sum`, `sumif`, `avg`, `min`, `max`, `dcount`, `arg_max`,
    /// `make_set`, `make_list`, `take_any`, `percentile`, …
    pub function: &'static str,
    pub args: Vec<Expr>,
    pub types: Vec<Type>,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct SortKey {
    pub expr: Expr,
    pub descending: bool,
    pub nulls_first: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinKind {
    InnerUnique,
    Inner,
    LeftOuter,
    RightOuter,
    FullOuter,
    LeftSemi,
    RightSemi,
    LeftAnti,
    RightAnti,
}

/// `join` and `lookup`. Keys match null with null.
#[derive(Clone, Debug)]
pub struct Join {
    pub kind: JoinKind,
    pub left: Arc<Rel>,
    pub right: Arc<Rel>,
    /// Pairs of equal type: an expression over the left and one over the right.
    pub on: Vec<(Expr, Expr)>,
    /// Each output column, in the order of the `Rel`'s columns.
    pub output: Vec<JoinColumn>,
}

#[derive(Clone, Debug)]
pub struct JoinColumn {
    pub side: Side,
    /// The column's name on its side.
    pub source: String,
    /// Its name in the output.
    pub name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Left,
    Right,
}

/// The input's columns are kept; each item's column is replaced, or appended when new.
#[derive(Clone, Debug)]
pub struct MvExpand {
    pub input: Arc<Rel>,
    pub items: Vec<MvExpandItem>,
    /// `with_itemindex=name`.
    pub index: Option<String>,
    /// `limit n`; 128 for the legacy `mvexpand`.
    pub limit: Option<u64>,
    /// `kind=array` (`bagexpansion=array`): a bag's pair becomes `["key", value]`, not a bag.
    pub bag_as_array: bool,
}

#[derive(Clone, Debug)]
pub struct MvExpandItem {
    /// The output column.
    pub name: String,
    /// What is expanded: a dynamic.
    pub expr: Expr,
    /// The type of the output column: dynamic, or that of `to typeof(…)`.
    pub ty: Type,
}

/// `parse` and `parse-where`.
#[derive(Clone, Debug)]
pub struct Parse {
    pub input: Arc<Rel>,
    pub kind: ParseKind,
    pub expr: Expr,
    pub pattern: Vec<ParseItem>,
    /// `parse-where`: rows that do not match are dropped.
    pub only_matches: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParseKind {
    Simple,
    Relaxed,
    /// With the flags as written (`U`, `m`, `s` …).
    Regex(String),
}

#[derive(Clone, Debug)]
pub enum ParseItem {
    Text(String),
    Star,
    Column { name: String, ty: Type },
}

#[derive(Clone, Debug)]
pub struct ParseKv {
    pub input: Arc<Rel>,
    pub expr: Expr,
    /// The columns to extract, in order.
    pub keys: Vec<Column>,
    pub pair_delimiter: Option<String>,
    pub kv_delimiter: Option<String>,
    /// Opening and closing quotes.
    pub quotes: Vec<(String, String)>,
    pub escape: Option<String>,
    pub greedy: bool,
    pub regex: Option<String>,
}

/// The columns: `by`, the aggregates (dynamic arrays), then `on` (a dynamic array).
#[derive(Clone, Debug)]
pub struct MakeSeries {
    pub input: Arc<Rel>,
    pub aggregates: Vec<NamedAggregate>,
    /// The `default=` of each aggregate.
    pub defaults: Vec<Value>,
    pub on: NamedExpr,
    pub from: Option<Expr>,
    pub to: Option<Expr>,
    pub step: Expr,
    pub by: Vec<NamedExpr>,
    /// `kind=nonempty`.
    pub nonempty: bool,
}

#[derive(Clone, Debug)]
pub struct TopNestedLevel {
    /// `None`: all values.
    pub count: Option<Expr>,
    pub of: NamedExpr,
    /// `with others = value`.
    pub others: Option<Value>,
    pub aggregates: Vec<NamedAggregate>,
    /// What the values are ordered by: an expression over the aggregates.
    pub measure: NamedExpr,
    pub descending: bool,
}

#[derive(Clone, Debug)]
pub struct Scan {
    pub input: Arc<Rel>,
    pub match_id: Option<String>,
    pub declared: Vec<(Column, Value)>,
    pub steps: Vec<ScanStep>,
}

/// In `condition` and `assignments`, a column named `step.column` is that step's state. (A variable
/// named without its step is its declared value and has been put in place.)
#[derive(Clone, Debug)]
pub struct ScanStep {
    pub name: String,
    pub optional: bool,
    pub output: ScanOutput,
    pub condition: Expr,
    pub assignments: Vec<NamedExpr>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScanOutput {
    All,
    Last,
    None,
}

/// `make-graph`, and what the graph operators after it change.
#[derive(Clone, Debug)]
pub struct Graph {
    pub edges: Arc<Rel>,
    /// The columns of the edges that hold the ids of the nodes.
    pub source: String,
    pub target: String,
    /// Tables of nodes, each with the column of the id. Their columns by name are those of a node.
    pub nodes: Vec<(Arc<Rel>, String)>,
    /// The columns of a node: of the tables, or the id alone, or none.
    pub node_columns: Vec<Column>,
    /// Those that hold the id where a node is in none of the tables.
    pub ids: Vec<String>,
    /// A column of edges and nodes by which the graph is cut into graphs of their own.
    pub partition: Option<String>,
    pub steps: Vec<GraphStep>,
}

#[derive(Clone, Debug)]
pub enum GraphStep {
    /// A new column of the nodes: the number of the component.
    MarkComponents {
        column: String,
        strong: bool,
    },
    KeepNodes(Expr),
    KeepEdges(Expr),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GraphPart {
    Nodes,
    Edges,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GraphId {
    Node,
    Source,
    Target,
}

/// A pattern to be found in a graph. In `predicate` and `output`, a column named `variable.column` is
/// that of the node or edge that the variable stands for; `variable.$id`, `variable.$in` and
/// `variable.$out` are a node's id and degrees; a column named by one of `lists` is made of a path.
#[derive(Clone, Debug)]
pub struct GraphMatch {
    pub graph: Arc<Rel>,
    pub variables: Vec<GraphVariable>,
    /// Sequences of a node, an edge, a node and so on, each a place in `variables`.
    pub patterns: Vec<Vec<usize>>,
    pub predicate: Option<Expr>,
    pub lists: Vec<PathList>,
    pub output: Vec<NamedExpr>,
    pub kind: MatchKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatchKind {
    /// Edges may be passed several times.
    AllCycles,
    /// No edge is passed twice: the default.
    UniqueEdges,
    /// No node is passed twice.
    NoCycles,
    /// For a first and a last node one of the shortest paths, or all of them.
    ShortestAny,
    ShortestAll,
}

#[derive(Clone, Debug)]
pub struct GraphVariable {
    pub name: String,
    pub kind: GraphVariableKind,
}

#[derive(Clone, Debug)]
pub enum GraphVariableKind {
    Node,
    Edge(EdgeDirection),
    /// Several edges: how many at least and at most.
    Path {
        direction: EdgeDirection,
        least: Expr,
        most: Expr,
    },
}

pub use crate::syntax::EdgeDirection;

/// `map(path, expr)`, `all(path, expr)`, `any(path, expr)`: an expression over each edge of a path,
/// or over each node within it.
#[derive(Clone, Debug)]
pub struct PathList {
    /// The column that stands for it.
    pub column: String,
    pub kind: PathListKind,
    /// A place in the variables.
    pub variable: usize,
    /// Over the nodes between the edges, not over the edges.
    pub of_nodes: bool,
    /// Over the columns of an edge or node, `$id`, `$in` and `$out` of a node among them.
    pub expr: Expr,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathListKind {
    Map,
    All,
    Any,
}

#[derive(Clone, Debug)]
pub enum PluginArg {
    Expr(Expr),
    Rel(Arc<Rel>),
}
