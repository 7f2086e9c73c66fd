//! The limits of the tables, each with its unit and its reason.
//!
//! Reaching one is a named problem of the coverage or a clear error, never silence.

/// Batches that wait between a reader and the query, for each thread: enough that neither starves,
/// few enough that memory does not grow with the input.
pub const QUEUED_BATCHES: usize = 2;

/// The share of `--memory` that finding duplicates may use before it spills, as a divisor.
pub const IDENTITIES_MEMORY_SHARE: u64 = 4;

/// Bytes of memory that finding duplicates always has: below this, spilling costs more than it saves.
pub const IDENTITIES_BYTES_MIN: u64 = 8 << 20;

/// Spilled runs of one shard before they are merged: each is asked for each event.
pub const IDENTITY_RUNS_MAX: usize = 6;

/// Addenda that are applied. AWS sends them after an outage; a file of millions is forged, and each
/// is held in memory with its row (problem `too-many-addenda`; the rest stay rows of their own).
pub const ADDENDA_MAX: usize = 10_000;

/// Values of one list that are looked for while reading; with more, every record is built instead. Lists
/// of addresses have some thousands, and looking one up costs the same whatever their number.
pub const PREFILTER_VALUES_MAX: usize = 50_000;

/// Texts of one list that are searched for while reading, one after the other.
pub const PREFILTER_SEARCHES_MAX: usize = 64;

/// Conjunctions of a prefilter. Past this many, testing them costs more than building the rows.
pub const PREFILTER_CONJUNCTIONS_MAX: usize = 256;

/// Nesting of a filter that is looked through for the prefilter; what is deeper is simply kept.
pub const FILTER_DEPTH_MAX: usize = 64;

/// Gaps listed in the coverage; the rest are counted in a problem.
pub const GAPS_MAX: usize = 1_000;

/// Days between the first and the last delivery that are looked at for gaps: a century.
pub const GAP_DAYS_MAX: i32 = 36_525;

/// How far beyond the wall clock an event may be dated, in microseconds: a day.
pub const HORIZON_US: i64 = 86_400_000_000;

/// Rows of a Parquet row group: enough that dictionaries pay, few enough that a row group covers a
/// short time and that a thread's encoders stay under 64 MiB.
pub const ROW_GROUP_ROWS: usize = 131_072;

/// Bytes of a Parquet file that wait to be written.
pub const PARQUET_BUFFER_BYTES: usize = 1 << 20;

/// Rows of a row group of events that mint or change credentials. They are an eighth of all or fewer, so that a group
/// as large as the others would cover a long time; few enough, too, that both threads have some of them to read.
pub const DEED_GROUP_ROWS: usize = 32_768;

/// Rows that are read before they are written to Parquet: few enough that they are still in cache then.
pub const WRITE_BATCH_ROWS: usize = 2_048;

/// Rows of a page of a Parquet column, after which it is closed at the end of a batch: what a query skips or
/// reads as one, and a page's keys stay in cache.
pub const PAGE_ROWS: usize = 16_384;

/// Bytes of text of a page without a dictionary.
pub const PAGE_BYTES: usize = 512 << 10;

/// Bytes of a column's dictionary in one row group before values are written as they are: what fits
/// into cache, and what other writers do.
pub const DICTIONARY_BYTES_MAX: u64 = 1 << 20;

/// Bytes of a dictionary from which on it has to be smaller than half of the text that it stands for.
pub const DICTIONARY_TRIED_BYTES: u64 = 64 << 10;

/// The share of `--memory` that a cut may hold before it is spilled, as a divisor.
pub const CUT_MEMORY_SHARE: u64 = 2;

/// Rows of a batch of a cut, which is the grain of its time index.
pub const CUT_BATCH_ROWS: usize = 8_192;

/// Distinct sets of needs that rows of a cut are told apart by; a row of one more is handed to everybody.
pub const CUT_SETS_MAX: usize = 65_536;

/// Conjunctions that the needs of a cut may have together; with more, every row is gathered.
pub const CUT_CONJUNCTIONS_MAX: usize = 4_096;

/// Ids in one cell of the column `Path`: real chains have a handful, and a made-up one of a hundred thousand hops
/// would make ten thousand million of them.
pub const PATH_IDS_MAX: usize = 64;

/// Bytes of log files in one batch of an ingest: what is done again after a crash, and what one commit adds. Some
/// million events, so that a table is not made of crumbs.
pub const BATCH_BYTES: u64 = 256 << 20;

/// Files in one batch of an ingest, for the list of them is one small file.
pub const BATCH_FILES: usize = 10_000;

/// Days that one thread of an ingest has row groups under way for.
pub const OPEN_DAYS_MAX: usize = 32;

/// Files that an ingest has open for writing before it closes those that it can: a process may have a thousand.
pub const OPEN_FILES_MAX: usize = 256;

/// Bytes of such a file that wait to be written.
pub const DAY_FILE_BUFFER_BYTES: usize = 64 << 10;

/// Accounts, and regions, that the log of a table lists for one file.
pub const LISTED_MAX: usize = 1_000;

/// Commits after which the log of a table is summed up in a checkpoint, so that opening stays quick.
pub const CHECKPOINT_COMMITS: u64 = 50;

/// Attempts to commit on top of what others commit meanwhile.
pub const COMMIT_RETRIES_MAX: usize = 50;

/// Seconds that a writer waits for another one's batch, where nobody can know whether that one is still alive.
pub const OTHER_WRITER_SECONDS: u64 = 60;

/// Bytes of a file that a compaction makes; a day of more has several.
pub const COMPACTED_BYTES_MAX: u64 = 512 << 20;

/// Rows of a file that a compaction makes.
pub const COMPACTED_ROWS_MAX: u64 = 4_000_000;

/// Bytes of memory that a row takes while it is sorted, about.
pub const SORTED_ROW_BYTES: u64 = 4_096;

/// Hours that files stay for at least after nothing names them any more: longer than anybody reads or writes.
pub const VACUUM_HOURS_MIN: u32 = 24;

/// Days that one commit of a compaction puts other files in the place of: what is done again after a crash.
pub const COMPACTED_DAYS_MAX: usize = 32;

/// Bytes of what the footers of Parquet files say, remembered for the scans to come.
pub const FILE_STATISTICS_BYTES: usize = 32 << 20;
