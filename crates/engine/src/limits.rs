//! Every limit of the engine, by name, with unit and reason. Hitting one is an error that names it,
//! but for those that Kusto itself applies silently, which say so.

/// Bytes of memory that the operators of one engine may hold before they spill (joins, sorts,
/// aggregates), unless the options say otherwise.
pub const MEMORY_BYTES_DEFAULT: usize = 1 << 30;

/// Rows a batch: DataFusion's own default, small enough that wide rows stay in cache.
pub const BATCH_ROWS: usize = 8192;

/// Elements of one `make_list` or `make_set`: Kusto's own silent limit.
pub const COLLECTION_ELEMENTS_MAX: i64 = 1_048_576;

/// Rows that one `mv-expand` may make of one row: Kusto's own silent limit.
pub const EXPANDED_ROWS_MAX: u64 = 2_147_483_647;

/// Rows of one `range`: more is a slip of the pen (a step of ticks over years), and they are
/// made in one batch.
pub const RANGE_ROWS_MAX: i64 = 10_000_000;

/// Rows that an operator which runs outside the plan (`scan`, `make-series`, `top-nested`,
/// plugins) may hold in memory.
pub const STAGE_ROWS_MAX: usize = 5_000_000;

/// Elements of one series of `make-series`: Kusto's own limit.
pub const SERIES_POINTS_MAX: i64 = 1_048_576;

/// Values that a `toscalar` list or the right side of an `in (tabular)` may have.
pub const IN_VALUES_MAX: usize = 1_000_000;

/// Rows of a table that a condition leaves up to which they are kept in memory, some 300 bytes each;
/// with more the condition is tested whenever the table is read.
pub const KEPT_ROWS_MAX: usize = 400_000;

/// Bytes of rows that a query uses several times and that are kept for it: what is larger is run again
/// for each use. A rule has a handful of such parts at most, and two rules run at a time.
pub const SHARED_BYTES_MAX: usize = 96 << 20;

/// Cells up to which reference data becomes literals of the plan (which can travel); above, a
/// table in memory (which cannot).
pub const LITERAL_CELLS_MAX: usize = 50_000;

/// How deep operators may be nested before lowering refuses: it walks recursively.
pub const OPERATOR_DEPTH_MAX: usize = 512;

/// Bytes of stack for lowering and optimising: both recurse as deep as the query is. Only what is
/// touched becomes memory.
pub const PLANNING_STACK_BYTES: usize = 1 << 30;

/// Bytes of stack of a thread that runs plans: expressions are evaluated recursively.
pub const WORKER_STACK_BYTES: usize = 64 << 20;

/// Columns that the data may ask for (`bag_unpack`, `pivot`): a table that nobody can read.
pub const STAGE_COLUMNS_MAX: usize = 1000;

/// Values that `top-nested … with others` may choose: each is part of a condition of the plan.
pub const TOP_NESTED_OTHERS_MAX: usize = 10_000;

/// Values of `partition by column { query }`, each of which is a query of its own: Kusto's own limit.
pub const PARTITION_QUERIES_MAX: usize = 64;

/// Combinations that `basket`, `autocluster` and `diffpatterns` may find before they give up: a
/// threshold too low finds millions.
pub const PATTERN_SEGMENTS_MAX: usize = 100_000;

/// Patterns that `autocluster` and `diffpatterns` show: as many as somebody reads.
pub const PATTERNS_SHOWN_MAX: usize = 20;

/// Matches of a graph pattern that are held at once.
pub const GRAPH_MATCHES_MAX: usize = 5_000_000;

/// Edges that are walked to find the matches of a pattern: paths grow exponentially with their length.
pub const GRAPH_STEPS_MAX: u64 = 500_000_000;

/// Steps that `sequence_detect` follows: each event of a step goes on with each of the next that is soon
/// enough, so that they multiply.
pub const SEQUENCE_STEPS_MAX: usize = 100_000_000;

/// Nodes and edges of a graph.
pub const GRAPH_ELEMENTS_MAX: usize = 20_000_000;

/// Operators of one query whose columns only the data tells: each is a run of what stands before it.
pub const OPEN_STAGES_MAX: usize = 16;
