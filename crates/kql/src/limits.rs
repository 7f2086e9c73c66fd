//! The limits of the language crate. Query text is as hostile as any input: each limit is reported
//! when it is hit.

/// Longest query in bytes. The largest Sentinel rules have some 30 KB; what is larger is data.
pub const QUERY_BYTES_MAX: usize = 1 << 20;

/// How many levels deep the parser may recurse: a parenthesis or call takes two, a subquery three.
/// One level takes less than 8 KiB of stack in a debug build, and all must fit into the half of the
/// 2 MiB that a spawned thread has.
pub const NESTING_MAX: u32 = 128;

/// How high an expression's tree may grow, long chains of operators included (`and` and `or` are
/// balanced, so theirs may have any length): whoever walks the tree recurses that deep.
pub const EXPRESSION_HEIGHT_MAX: u32 = 250;

/// After so many problems in one query the rest is not worth reading.
pub const DIAGNOSTICS_MAX: usize = 50;

/// How deep expressions may nest after `let` and functions have been put in place. A level costs
/// stack in the checker and in all that walks a checked query.
pub const EXPRESSION_DEPTH_MAX: usize = 400;

/// How many nodes the expressions of a checked query may have together: `let` bindings that double
/// each other grow without bound.
pub const EXPRESSION_NODES_MAX: usize = 500_000;

/// So many bytes of a text that a `let` binds count as one node more, wherever the text is used: each use
/// has a copy of its own.
pub const TEXT_BYTES_OF_A_NODE: usize = 64;

/// How long a text may get that `strcat` of literals is folded into; texts that double each other grow
/// without bound. The longest of the corpora is an address with 200 bytes.
pub const FOLDED_TEXT_BYTES_MAX: usize = 1 << 16;

/// How many tabular operators may follow each other, `let` and functions in place.
pub const RELATION_DEPTH_MAX: usize = 400;

/// How many tabular operators a checked query may have.
pub const RELATIONS_MAX: usize = 5_000;

/// How many tabular operators a checked query may have when each use of a `let` counts with all that
/// stands below it: plans are trees, so tables that double each other are planned that often. The
/// largest query of the corpora has some 1,800.
pub const RELATIONS_IN_PLACE_MAX: usize = 10_000;

/// How many columns a table may have: joins of a table with itself double them. The widest of the
/// corpora has some 500.
pub const COLUMNS_MAX: usize = 5_000;

/// How many columns the operators of a checked query may have together: each keeps a list of its own.
/// The corpora reach 18,000.
pub const COLUMNS_IN_ALL_MAX: usize = 500_000;

/// The same when each use of a `let` counts with all that stands below it. The corpora reach
/// 215,000.
pub const COLUMNS_IN_PLACE_MAX: usize = 1_000_000;

/// How many letters of patterns (`a*`) and of the names that they are compared with a query may have, each
/// pattern counted once for each name: some tenths of a second. A hundred patterns over the widest table
/// come to a few millions.
pub const PATTERN_LETTERS_MAX: usize = 1 << 25;

/// How many calls of the query's own functions may be put in place of each other.
pub const CALL_DEPTH_MAX: usize = 64;

/// How many calls of the query's own functions there may be in all.
pub const CALLS_MAX: usize = 2_000;

/// How many sketches `dcount_intersect` takes: each further one doubles the unions that are counted.
pub const INTERSECTED_SKETCHES_MAX: usize = 7;

/// Rows kept by the legacy `mvexpand` where no `limit` is written (Kusto's default).
pub const LEGACY_MVEXPAND_LIMIT: u64 = 128;

/// How often a completion checks what stands before the cursor, when something is wrong there: a few
/// operators and statements back are what somebody is typing at.
pub const COMPLETION_TRIES_MAX: usize = 24;

/// Elements kept by the legacy `makeset` and `makelist` (Kusto's default).
pub const LEGACY_LIST_LIMIT: i64 = 128;
