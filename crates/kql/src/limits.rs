//! The limits of the language crate. Query text is as hostile as any input: each limit is reported
//! when it is hit.

/// Longest query in bytes. The largest Sentinel rules have some 30 KB; what is larger is data.
pub const QUERY_BYTES_MAX: usize = 1 << 20;

/// How deep parentheses, calls, subqueries and dynamic literals may nest. Parsing one level takes
/// less than 8 KiB of stack in a debug build, and all levels must fit into half of the 2 MiB of a
/// spawned thread.
pub const NESTING_MAX: u32 = 100;

/// How high an expression's tree may grow, long chains of operators included (`and` and `or` are
/// balanced, so theirs may have any length): whoever walks the tree recurses that deep.
pub const EXPRESSION_HEIGHT_MAX: u32 = 250;

/// After so many problems in one query the rest is not worth reading.
pub const DIAGNOSTICS_MAX: usize = 50;
