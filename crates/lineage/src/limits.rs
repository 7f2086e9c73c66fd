//! How much is remembered of one credential, so that memory follows the number of credentials and
//! never what an attacker writes into one of them.

/// Sources that are listed for one credential: the earliest by first use.
pub const SOURCES_MAX: usize = 32;
/// User agents that are listed for one credential: the earliest by first use.
pub const USER_AGENTS_MAX: usize = 16;
/// Seconds that a revocation may take to reach every endpoint of AWS.
pub const PROPAGATION_S: i64 = 60;

/// Siblings alike that a picture shows before it folds the others into one row.
pub const SIMILAR_SHOWN: usize = 2;
/// Siblings that a folded row stands for at least: a row that hides one or two saves nothing.
pub const SIMILAR_FOLDED_MIN: usize = 3;
/// Columns that the tree needs at least; on a narrower terminal its lines wrap.
pub const TREE_WIDTH_MIN: usize = 40;
/// Levels that the tree indents; deeper rows carry their depth as a number, so that a chain of a
/// thousand hops still fits on a screen.
pub const TREE_LEVELS_DRAWN: usize = 8;
/// Changes of one credential that the timeline follows: a key that is switched on and off all day has
/// more of them than pixels.
pub const CHANGES_DRAWN: usize = 256;
/// Columns of text that a cell of the report holds; a user agent may be a megabyte.
pub const REPORT_TEXT: usize = 160;
/// Entries of one list of the report, so that a page can be read.
pub const REPORT_LISTED: usize = 200;
