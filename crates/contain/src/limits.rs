//! How much a plan holds, and what AWS allows: each with its unit and its reason.
//!
//! A lineage is made of logs that an attacker wrote into: names and numbers in it bound nothing.

/// The longest inline policies of one user together, in characters: AWS refuses more.
pub const USER_POLICIES_CHARS_MAX: usize = 2_048;
/// The longest document of a denial by session names, in characters. The inline policies of a role may have
/// 10,240 together; half is left to the role's own. Beyond, all older sessions are revoked instead.
pub const SESSION_DENY_CHARS_MAX: usize = 5_120;
/// The longest service control policy, in characters: AWS refuses more. Beyond, there are several.
pub const ORG_POLICY_CHARS_MAX: usize = 5_120;
/// Legitimate sessions that one step lists by id; more are counted.
pub const BREAKS_LISTED_MAX: usize = 1_000;
/// Legitimate sessions that a sentence names; more are counted.
pub const ALTERNATIVE_LISTED_MAX: usize = 3;
/// Seconds for which an address must have been known of a credential, when a plan is made, for what came from
/// there to be not surely the thief's: a thief is seldom busy for a day before anybody plans.
pub const EARLIER_ADDRESS_S: i64 = 24 * 3_600;
/// Sources of a key that the step about its rotation lists.
pub const ROTATION_SOURCES_MAX: usize = 32;
/// Bytes of one plan, inventory or list of events that are read as JSON: some hundred thousand steps.
pub const JSON_BYTES_MAX: usize = 256 << 20;
/// Seconds for which a session of a user can live: `GetSessionToken` and `GetFederationToken` give 36 hours.
pub const USER_SESSION_S_MAX: i64 = 36 * 3_600;
/// Seconds for which a session of a role can live, where its own maximum is not known: 12 hours.
pub const ROLE_SESSION_S_MAX: i64 = 12 * 3_600;
/// Seconds for which a key must have been inactive before a plan deletes it: whatever legitimately used it
/// shows itself within a day.
pub const INACTIVE_BEFORE_DELETION_S: i64 = 24 * 3_600;
/// Bytes of a journal that is opened: a plan of some thousand steps with its snapshots.
pub const JOURNAL_BYTES_MAX: u64 = 1 << 30;
/// Seconds between two looks at whether a permission set is provisioned.
pub const PROVISIONING_WAIT_S: u64 = 2;
/// Looks at that before a step gives up: ten minutes, for organisations with thousands of accounts.
pub const PROVISIONING_LOOKS_MAX: u32 = 300;
/// Calls that are made at the same time: IAM takes some twenty a second before it slows whoever asks down.
pub const AT_ONCE_MAX: usize = 16;
/// Attempts at one call, with growing pauses between them, before throttling makes a step fail.
pub const TRIES_MAX: u32 = 8;
/// Seconds that a responder's session must still last when a call is made; else its role is taken anew.
pub const ENTRY_LASTS_S_MIN: u64 = 300;
/// Seconds by which the instant of a revocation lies ahead of the call: a change at IAM is in force everywhere
/// after some four, and sessions that are made until then must be older than it.
pub const CUT_OFF_AHEAD_S: i64 = 10;
/// Seconds for which what somebody takes away is laid on again without a pause: several times as long as a
/// change takes to be in force, so that whoever is denied once stays denied.
pub const RACE_BURST_S: i64 = 15;
/// Seconds for which nothing may have been taken away before a race counts as won: about four pass until a
/// change at IAM is in force everywhere.
pub const RACE_QUIET_S: u64 = 10;
/// Seconds before a race counts as lost.
pub const RACE_S_MAX: i64 = 120;
/// Members within members of a record in which the id of an instance is looked for: AWS nests some six.
pub const DOCUMENT_DEPTH_MAX: usize = 32;
/// Rounds in which it is looked for who came in by doors that those opened who came in the round before. A chain
/// that is longer is cut, and the plan says so.
pub const DOOR_ROUNDS_MAX: usize = 64;
