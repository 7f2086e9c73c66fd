//! The limits of reading: each with its unit and its reason.
//!
//! Logs are written by attackers too. Each limit bounds memory or work per file; hitting one is a named
//! problem of that file, never silent, and reading goes on where it can.

/// The largest record that is read, in bytes of JSON. CloudTrail caps records at 256 KB, or 1 MB where a
/// trail is enriched; a larger one is passed over without being held (problem `record-too-large`).
pub const MAX_RECORD_BYTES: usize = 4 << 20;

/// The deepest nesting inside a record, in brackets. Real records stay under 30; consumers parse the JSON
/// text again, some of them recursively (problem `record-too-deep`).
pub const MAX_DEPTH: usize = 256;

/// The largest file that is inflated at once, in inflated bytes. Trail files hold some 50 MB at most;
/// larger ones are inflated in pieces.
pub const WHOLE_INFLATED_BYTES: usize = 64 << 20;

/// The largest file that is read at all, in inflated bytes. A gigabyte of gzip bombs inflates to a terabyte;
/// a month of JSON lines in one file stays under this (problem `file-too-large`, what came before is kept).
pub const MAX_INFLATED_BYTES: u64 = 64 << 30;

/// From how many inflated bytes on the ratio of a gzip file counts.
pub const BOMB_INFLATED_BYTES: u64 = 256 << 20;

/// How many times a gzip file may grow: real logs reach 10 to 100 times, a bomb 1,000
/// (problem `gzip-bomb`, what came before is kept).
pub const BOMB_RATIO: u64 = 400;

/// How many bytes may be looked at again to find the next record after broken ones, for each byte read; so
/// that a file made of broken records costs no more than some passes (then whole stretches are passed over).
pub const RESCAN_FACTOR: u64 = 8;

/// How much JSON is indexed at once, in bytes: text and index stay in the second-level cache.
pub const WINDOW_BYTES: usize = 192 << 10;

/// How many rows a batch holds: what DataFusion works with, and few enough to stay in cache.
pub const BATCH_ROWS: usize = 8192;

/// How many bytes of text a batch holds before it is closed early, so that records full of long
/// parameters do not make a batch of gigabytes.
pub const BATCH_BYTES: usize = 32 << 20;

/// How many identities of dropped records a batch holds before it is handed over without waiting for rows.
pub const BATCH_PASSED_OVER: usize = 64 << 10;

/// How many distinct accounts and regions a report lists; a forged file could name millions
/// (problem `too-many-accounts` or `too-many-regions`).
pub const MAX_LISTED: usize = 100_000;

/// How many wrappers (EventBridge, LookupEvents) may stand around one record.
pub const MAX_WRAPPERS: usize = 4;

/// The longest excerpt of input in a problem's example, in bytes.
pub const MAX_EXAMPLE_BYTES: usize = 160;
