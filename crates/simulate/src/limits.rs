//! The crate's limits, each with its unit and its reason.

/// Accounts in one organisation: the pattern of made-up account numbers has 1,000.
pub const ACCOUNTS_MAX: u32 = 900;

/// Events wanted in one file: what real trails of this size deliver, and small enough to hold many.
pub const FILE_EVENTS_TARGET: u64 = 2_400;
