//! The limits of reading inputs and references, each with its unit and its reason.
//!
//! Reaching one is an error or a counted problem, never silence.

use std::time::Duration;

/// Folders inside folders. The S3 layout is about ten deep; a tree deeper than this is a mistake.
pub const FOLDER_DEPTH_MAX: usize = 64;

/// Files of one run. Each costs some 200 bytes of memory while it waits in the list.
pub const FILES_MAX: usize = 20_000_000;

/// Bytes of a file looked at to tell a log from something else when its name does not say.
pub const SNIFF_BYTES: usize = 64;

/// Bytes of a file that are read into memory in one piece; a larger file is streamed.
pub const WHOLE_FILE_BYTES_MAX: u64 = 64 << 20;

/// Bytes of one reference as it is fetched or stored. AWS's ip-ranges is 2 MB; feeds of indicators
/// are tens of megabytes.
pub const REFERENCE_BYTES_MAX: u64 = 64 << 20;

/// Bytes of one reference after inflating: what keeps a gzip or zip bomb from filling memory.
pub const REFERENCE_INFLATED_BYTES_MAX: u64 = 256 << 20;

/// Redirects followed for one reference, each checked like the first address.
pub const REDIRECTS_MAX: usize = 5;

/// Bytes of a URL. Longer ones are refused before anything looks at them.
pub const URL_BYTES_MAX: usize = 8 << 10;

/// Time to look up a name and to connect.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Time for one whole fetch, from the look-up to the last byte, redirects apart.
pub const FETCH_TIMEOUT: Duration = Duration::from_secs(60);

/// Bytes of a source as it is named; a key of S3 has at most 1,024.
pub const SOURCE_BYTES_MAX: usize = 4 << 10;

/// Bytes of a message of a queue: what SQS takes.
pub const MESSAGE_BYTES_MAX: usize = 1 << 20;

/// Wrappings of a notification: SNS around EventBridge is two.
pub const MESSAGE_WRAPPINGS_MAX: usize = 3;

/// Bytes of a key of S3.
pub const KEY_BYTES_MAX: usize = 1_024;

/// Folders of a bucket that are listed at the same time. S3 gives 5,500 answers a second for a prefix; more than
/// this and an organisation's trail would be listed no faster.
pub const LISTINGS_AT_A_TIME: usize = 16;

/// Pages of listings that wait to be looked through, a thousand objects each.
pub const PAGES_WAITING: usize = 32;

/// Objects of one step that were not taken in before, some 250 bytes each. The rest is found by the next step.
pub const OBJECTS_LISTED_MAX: usize = 500_000;

/// Folders of one listing that wait to be listed: accounts times regions of the largest organisations.
pub const FOLDERS_WAITING_MAX: usize = 1_000_000;

/// Objects that are fetched at the same time. Log files are small, so that what counts is the way there and back.
pub const FETCHES_AT_A_TIME: usize = 32;

/// Bytes of one object. Log files have some megabytes; a copy lies on the disk while it is read.
pub const OBJECT_BYTES_MAX: u64 = 4 << 30;

/// Attempts that the SDK makes for one request, each time after a longer pause.
pub const SDK_ATTEMPTS_MAX: u32 = 4;

/// Rounds of such attempts for what may pass, such as throttling and broken connections.
pub const ROUNDS_MAX: u32 = 5;

/// The pause before the second round; it doubles from round to round, and a random part of it is slept.
pub const ROUND_PAUSE: Duration = Duration::from_secs(1);

/// The longest pause between rounds.
pub const ROUND_PAUSE_MAX: Duration = Duration::from_secs(20);

/// Objects of one batch that could not be reached, after which the others are not tried: nobody is there.
pub const UNREACHED_MAX: usize = 16;

/// Time for the next bytes of an answer to arrive.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// Buckets that a client is kept for.
pub const BUCKETS_MAX: usize = 1_000;

/// Time that messages are hidden from others; prolonged while they are held.
pub const HOLD: Duration = Duration::from_secs(120);

/// Messages that are held at a time. SQS lets 120,000 be under way; these are what one batch is made of.
pub const MESSAGES_HELD_MAX: usize = 2_000;

/// The longest wait for a first message: what SQS allows.
pub const RECEIVE_WAIT_MAX: Duration = Duration::from_secs(20);

/// The wait for further messages. With none at all SQS looks at a part of its servers only.
pub const RECEIVE_WAIT_MORE: Duration = Duration::from_secs(1);

/// Times that a message is handed out before what it names is a dead letter.
pub const RECEIVES_MAX: u32 = 10;

/// The stretch of time that `LookupEvents` is asked for as one: what is done again after a crash.
pub const STRETCH: Duration = Duration::from_secs(6 * 3600);

/// Stretches of one step: ninety days of twenty regions are fewer.
pub const STRETCHES_MAX: usize = 10_000;

/// Between two questions to `LookupEvents`: AWS answers two a second.
pub const LOOKUP_PAUSE: Duration = Duration::from_millis(500);

/// Time after which `LookupEvents` knows of all that happened.
pub const LOOKUP_SETTLED: Duration = Duration::from_secs(2 * 3600);

/// Bytes of a digest file as it is stored: it names some hundred logs.
pub const DIGEST_BYTES_MAX: u64 = 16 << 20;

/// Bytes of a digest file after inflating.
pub const DIGEST_INFLATED_BYTES_MAX: u64 = 128 << 20;

/// Bytes of a log that are hashed, after inflating: what keeps a gzip bomb from taking for ever.
pub const HASHED_BYTES_MAX: u64 = 8 << 30;

/// Digests, or logs, that are read before the next ones are asked for.
pub const READ_AT_A_TIME: usize = 256;

/// Findings about digests that are listed; the rest are counted.
pub const FINDINGS_LISTED_MAX: usize = 1_000;
