//! How much is remembered of one credential, so that memory follows the number of credentials and
//! never what an attacker writes into one of them.

/// Sources that are listed for one credential: the earliest by first use.
pub const SOURCES_MAX: usize = 32;
/// User agents that are listed for one credential: the earliest by first use.
pub const USER_AGENTS_MAX: usize = 16;
/// Seconds that a revocation may take to reach every endpoint of AWS.
pub const PROPAGATION_S: i64 = 60;
