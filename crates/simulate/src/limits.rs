//! The crate's limits, each with its unit and its reason.

/// Accounts in one organisation: the pattern of made-up account numbers has 1,000.
pub const ACCOUNTS_MAX: u32 = 900;

/// Days of one run: ten years. Each has its list of files in memory before the first is written.
pub const DAYS_MAX: u32 = 3_660;

/// Events of one run: more than any disk takes, and few enough to be reckoned with.
pub const EVENTS_MAX: u64 = 1_000_000_000_000;

/// Events wanted in one file: what real trails of this size deliver, and small enough to hold many.
pub const FILE_EVENTS_TARGET: u64 = 2_400;
