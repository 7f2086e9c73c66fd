//! The limits of this crate, each with its unit and its reason. Rules are written by strangers:
//! hitting a limit is a named problem, never a silent cut.

/// Bytes of one rule file. The largest rule in public use has some 60 KB.
pub const RULE_FILE_BYTES_MAX: u64 = 1 << 20;

/// Nodes that one YAML file may unfold to, aliases counted each time: a few lines of nested aliases
/// could otherwise stand for billions of nodes.
pub const YAML_NODES_MAX: usize = 100_000;

/// Nesting of one YAML file: rules need five levels, and later passes recurse over the tree.
pub const YAML_DEPTH_MAX: usize = 64;

/// Bytes of scalar text that one YAML file may unfold to, aliases counted each time.
pub const YAML_TEXT_BYTES_MAX: usize = 8 << 20;

/// Files and folders visited under the rule paths of one run: a checkout of Azure-Sentinel has some
/// 40,000 files.
pub const RULE_PATHS_MAX: usize = 1_000_000;

/// Folder nesting below a rule path: protects from a looping mount.
pub const RULE_FOLDER_DEPTH_MAX: usize = 64;

/// Events of one test case, repeated ones counted each time: enough to cross any threshold of a rule,
/// too few to fill memory.
pub const TEST_EVENTS_MAX: usize = 20_000;

/// Evaluations of one rule in one hunt. A year of minutes is half of it.
pub const EVALUATIONS_PER_RULE_MAX: usize = 1_000_000;

/// Rows of one evaluation that are made into alerts; Sentinel stops at 150 alerts an evaluation,
/// and an analyst earlier.
pub const ROWS_PER_EVALUATION_MAX: usize = 100_000;

/// Ways from a query's end to its tables that are followed to see what it asks of the events: shared
/// sub-queries multiply, and with more than this every event is taken to be wanted.
pub const USE_PATHS_MAX: usize = 10_000;

/// Operators one below the other that are followed for where a rule's rows come from; a deeper query tells
/// nothing of it.
pub const USE_DEPTH_MAX: usize = 500;

/// Sorts of events that one place may look at, one by one: with more, its filters are read as saying less.
pub const ARMS_PER_PLACE_MAX: usize = 64;

/// Parts of one condition, computed columns written out; a larger one tells the reader nothing anyway.
pub const USE_CONDITION_NODES_MAX: usize = 200;

/// Keys that the events of a join are looked through for before it: credentials of a large estate in a
/// month, some 40 bytes each.
pub const JOIN_KEYS_MAX: usize = 1_000_000;

/// Values of a list that are looked for while the logs are read.
pub const LISTED_VALUES_MAX: usize = 50_000;

/// Rows of one plan that are made into values at a time; more, and its ticks are halved.
pub const ROWS_PER_PLAN_MAX: usize = 100_000;

/// Events that are kept of one rule to look up which belong to an alert: some 100 bytes each.
pub const LOOKUP_EVENTS_MAX: usize = 2_000_000;

/// Alerts of one rule in one hunt: a rule that matches everything must not drown the others.
pub const ALERTS_PER_RULE_MAX: usize = 10_000;

/// Event ids listed in one alert (the contract's number); `event_count` counts on.
pub const EVENT_IDS_PER_ALERT_MAX: usize = 1_000;

/// Access key ids listed in one alert.
pub const ACCESS_KEY_IDS_PER_ALERT_MAX: usize = 1_000;

/// Entities listed in one alert: Sentinel's own number.
pub const ENTITIES_PER_ALERT_MAX: usize = 500;

/// Characters of an alert's title after templates are filled in: Sentinel's own number.
pub const TITLE_CHARS_MAX: usize = 256;

/// Characters of an alert's description after templates are filled in: Sentinel's own number.
pub const DESCRIPTION_CHARS_MAX: usize = 5_000;

/// Characters of an access key id: the range that AWS documents.
pub const ACCESS_KEY_ID_CHARS_MIN: usize = 16;
pub const ACCESS_KEY_ID_CHARS_MAX: usize = 128;

/// Titles of further rows that an alert's description names: more are counted.
pub const OTHER_TITLES_MAX: usize = 10;

/// Rules evaluated at the same time: each holds its own result in memory.
pub const RULES_AT_ONCE_MAX: usize = 2;

/// The share of all events, as a divisor, from which on a rule is given memory to itself: two of them in what is
/// enough for one would only spill and start again.
pub const HEAVY_RULE_SHARE: u64 = 10;

/// Bytes of memory for each heavy rule that runs at the same time; with less, one does.
pub const HEAVY_RULE_BYTES: usize = 2 << 30;

/// Rows below which a rule is never heavy, whatever their share: two such fit into any memory.
pub const HEAVY_RULE_ROWS_MIN: u64 = 50_000;

/// Pieces of a replay that must have fitted into memory one after the other before larger ones are
/// tried again.
pub const PIECES_BEFORE_LARGER: u32 = 4;

/// Credentials listed in one incident; the root finds the others.
pub const CREDENTIALS_PER_INCIDENT_MAX: usize = 1_000;

/// Siblings, and credentials that still work, that the text of one alert names: as many as somebody reads;
/// the others are counted there.
pub const FAMILY_NAMED_MAX: usize = 5;

/// Credentials of one tree that are judged for the number that still work: beyond it the tree is a
/// service's and not an intrusion's, and the number is a lower bound.
pub const TREE_NODES_JUDGED_MAX: usize = 100_000;

/// Notes that are kept of one incident, each in every later row of it: more belong into a case file.
pub const INCIDENT_NOTES_MAX: usize = 200;
