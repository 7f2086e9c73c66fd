//! How much is remembered of one credential, so that memory follows the number of credentials and
//! never what an attacker writes into one of them.

/// Sources that are listed for one credential: the earliest by first use.
pub const SOURCES_MAX: usize = 32;
/// Sources that are kept for one credential with exact counts. Where there are more, those with the smallest
/// hashes are kept, whatever their order, and the credential says that there are more.
pub const SOURCES_KEPT: usize = 256;
/// User agents that are listed for one credential: the earliest by first use.
pub const USER_AGENTS_MAX: usize = 16;
/// User agents that are kept for one credential; beyond them as with sources.
pub const USER_AGENTS_KEPT: usize = 64;
/// Stretches of time by which the calls of one credential are told apart: enough for a picture and for a use
/// between two changes, 768 bytes for one that was used at many times and none for one that was used once.
pub const STRETCHES_KEPT: usize = 32;
/// The same of a long-term key: those are few and used for months. Over a month a use is told from another four
/// minutes away; 12 kilobytes for one that was used all the time.
pub const STRETCHES_OF_KEYS: usize = 512;
/// Accounts that are listed as those in which one credential was used.
pub const ACCOUNTS_KEPT: usize = 64;
/// Creation times of forward-access sessions that are told apart for one principal: nearly every call of a
/// service on somebody's behalf has one of its own. Later ones are counted together.
pub const FORWARDED_KEPT: usize = 256;
/// Candidates for the parent of one credential that are listed; all of them divide its confidence.
pub const CANDIDATES_MAX: usize = 16;
/// Statements of one policy document that are read; AWS allows documents of 10 KB.
pub const STATEMENTS_MAX: usize = 256;
/// Patterns of one production asset list that are compared with every resource.
pub const ASSETS_MAX: usize = 10_000;
/// Seconds that a revocation may take to reach every endpoint of AWS.
pub const PROPAGATION_S: i64 = 60;
/// Seconds after a revocation of sessions by their age in which another session of the same power is an alarm: so
/// soon the door may be the one that the thief came in by. Later ones are the days that follow.
pub const AFTER_REVOCATION_S: i64 = 24 * 60 * 60;
/// Seconds by which the clocks of two endpoints may differ when they write down one minting.
pub const CLOCKS_S: i64 = 1;
/// Seconds that the access token of a program lives on when it can be renewed no more.
pub const ACCESS_TOKEN_S: i64 = 60 * 60;
/// Units above an account that are followed; AWS nests them five deep below the root.
pub const UNITS_ABOVE: usize = 8;
/// Seconds within which a sign-in URL must be used after it was asked for.
pub const SIGN_IN_URL_S: i64 = 15 * 60;
/// Requests for a sign-in URL that a login to the console is compared with, the latest first: whoever signs in
/// a thousand times in those minutes must not cost a million comparisons.
pub const SIGN_IN_URLS_MAX: usize = 64;
/// Seconds between a call of the access portal and the minting that it causes.
pub const PORTAL_S: i64 = 2;

/// Times that the minting events are gone through for what a tree minted before its forest is first built: a pass
/// follows a chain as far as its links stand in order of time.
pub const OUTLINE_PASSES: usize = 16;
/// Times that rows are read for one tree, which turn out to bring others into play; after that all is read. Real
/// trees take two or three.
pub const ABOUT_ROUNDS: usize = 12;

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
/// Columns of text that a line of prose of the report holds: what people wrote, or a rule says.
pub const REPORT_PROSE: usize = 2_000;
/// Entries of one list of the report, so that a page can be read.
pub const REPORT_LISTED: usize = 200;
/// Ancestors among which the owner of a new key is looked for: who makes a backup key does so after a
/// few hops, and a made-up chain of a million must not cost a look each.
pub const OWNERS_ABOVE: usize = 64;
