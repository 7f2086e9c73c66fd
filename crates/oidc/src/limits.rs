//! How much is read, remembered and waited for, each with its unit and its reason.
//!
//! The provider is the operator's, but its answers cross networks, and whatever comes with a browser is a stranger's.

use std::time::Duration;

/// Bytes of one answer of the provider: key sets and tokens with hundreds of groups are a tenth of it.
pub const ANSWER_BYTES_MAX: u64 = 512 << 10;
/// Bytes of an identity token.
pub const TOKEN_BYTES_MAX: usize = 128 << 10;
/// Bytes of what a browser brings back behind the `?`: codes of some providers have two thousand.
pub const QUERY_BYTES_MAX: usize = 16 << 10;
/// Bytes of an address.
pub const ADDRESS_BYTES_MAX: usize = 2_000;
/// Keys of one set that are looked at; providers have two to ten.
pub const KEYS_MAX: usize = 64;
/// Bytes of a subject (as the standard has it), of a name and of a group.
pub const TEXT_BYTES_MAX: usize = 255;
/// Groups of a person that are looked at.
pub const GROUPS_MAX: usize = 2_000;

/// How long the provider may take to answer.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// How long reaching it may take.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Seconds in which a person signs in at the provider.
pub const FLOW_SECONDS: u64 = 600;
/// Seconds that two clocks may differ by.
pub const SKEW_SECONDS: u64 = 60;
/// Seconds that a token may be old: it was made when its code was exchanged, a moment ago.
pub const TOKEN_AGE_SECONDS: u64 = 600;
/// Seconds for which what the provider says of itself, and its keys, are believed without asking again: a key that it
/// takes back opens nothing after that.
pub const KNOWN_SECONDS: u64 = 3_600;
/// Seconds between two questions for new keys, where a token names one that is not known: tokens with made-up keys
/// shall not make this server hammer the provider.
pub const KEYS_AGAIN_SECONDS: u64 = 60;
/// Seconds for which a provider that did not answer is left alone.
pub const FAILED_SECONDS: u64 = 10;
/// Sign-ins that are remembered as done, so that none is done twice; beyond, the one that began first is forgotten.
pub const SPENT_MAX: usize = 4_096;
