//! How much is kept, sent and waited for, each with its unit and its reason.
//!
//! Alerts are made of logs that an attacker wrote into, and destinations are other people's
//! machines: neither bounds anything. Reaching a limit is counted and reported.

use std::time::Duration;

/// Sinks in one configuration: each has a thread of its own.
pub const SINKS_MAX: usize = 64;
/// Characters of a sink's name, which names a file as well.
pub const NAME_CHARS_MAX: usize = 64;
/// Rules that one sink's `only` or `except` lists.
pub const RULES_LISTED_MAX: usize = 10_000;
/// Bytes of a secret or a secret address: the longest that any service gives out are under 1,000.
pub const SECRET_BYTES_MAX: u64 = 8 << 10;
/// Bytes of a file of certificates: all public authorities together have some 250,000.
pub const CERTIFICATES_BYTES_MAX: u64 = 4 << 20;
/// Bytes of a secret that signs, at least: shorter ones can be guessed.
pub const SIGNING_SECRET_BYTES_MIN: usize = 16;

/// Bytes of one alert in the queue, about what receivers of webhooks take. Of a longer one the
/// row, the custom details and the long lists are left out, which its key `cut` says.
pub const ALERT_BYTES_MAX: usize = 1 << 20;
/// Characters of each text, and entries of each list, of an alert that was too long.
pub const CUT_TEXT_CHARS_MAX: usize = 2_000;
pub const CUT_LIST_MAX: usize = 100;

/// Bytes of one file of the queue: files are the unit in which delivered alerts go.
pub const SEGMENT_BYTES_MAX: u64 = 8 << 20;
/// Bytes that may wait, some hundred thousand alerts. Beyond, the sink that is furthest behind
/// misses the oldest, which its state counts as `dropped`: one dead destination must neither fill
/// the disk nor hold up the others, and the lake has the alerts still.
pub const QUEUE_BYTES_MAX: u64 = 512 << 20;
/// Alerts whose ids are remembered so that each is queued once: 16 bytes each, in memory and on
/// disk. Beyond, the older half is forgotten.
pub const KNOWN_MAX: usize = 1_000_000;
/// Bytes of the queue that are read and parsed at once.
pub const READ_BYTES_MAX: u64 = 4 << 20;

/// Alerts that are written to a file at once.
pub const FILE_BATCH_MAX: usize = 1_000;

/// Bytes of one syslog message: what receivers take before they cut (`rsyslog` 8 kB). A longer
/// alert goes without its row, its description and its long lists.
pub const SYSLOG_BYTES_MAX: usize = 8_000;
/// Messages in one connection.
pub const SYSLOG_BATCH_MAX: usize = 100;
/// The time that a receiver has to close a connection that was closed towards it.
pub const SYSLOG_END_TIMEOUT: Duration = Duration::from_secs(2);

/// The time in which a connection must stand.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The time that one request may take from beginning to end.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// Bytes of an answer's body that are read: it explains a refusal and nothing else.
pub const ANSWER_BYTES_MAX: u64 = 4 << 10;
/// Characters of such an explanation that are kept.
pub const EXPLANATION_CHARS_MAX: usize = 200;

/// The pause after the first failure; each further failure doubles it.
pub const PAUSE_FIRST: Duration = Duration::from_secs(1);
/// The longest pause that doubling leads to: a destination that comes back is seen within minutes.
pub const PAUSE_MAX: Duration = Duration::from_secs(300);
/// The longest pause that a destination may ask for by `Retry-After`.
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(3600);
/// How often a destination may refuse one document before that is put aside, so that it does not
/// hold up all that come after it.
pub const REFUSALS_MAX: u32 = 3;
/// Bytes of documents that are put aside for one sink. Beyond, they are counted and no longer kept.
pub const ASIDE_BYTES_MAX: u64 = 64 << 20;
