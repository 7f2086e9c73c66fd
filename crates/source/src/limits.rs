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
