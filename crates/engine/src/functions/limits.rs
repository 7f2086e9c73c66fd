//! The limits of the scalar functions.

/// Bytes of one compiled regular expression: rules are not trusted with memory.
pub const REGEX_BYTES_MAX: usize = 10 << 20;

/// Repetitions of `strrep`, as Kusto has it.
pub const STRREP_COUNT_MAX: usize = 1024;

/// Bytes of a text or array that `strrep` or `repeat` makes; more gives nothing.
pub const REPEATED_BYTES_MAX: usize = 16 << 20;

/// Elements that `range` and `repeat` make, as Kusto has it for `range`.
pub const RANGE_COUNT_MAX: usize = 1 << 20;

/// CIDR blocks that `ipv4_range_to_cidr_list` gives; a range of addresses never needs more.
pub const CIDR_COUNT_MAX: usize = 64;

/// Elements in one another in the XML that `parse_xml` takes, so that the result can be walked.
pub const XML_DEPTH_MAX: usize = 100;

/// Degree of the polynomial of `series_fit_poly`: beyond, the equations say nothing.
pub const POLYNOMIAL_DEGREE_MAX: usize = 16;

/// Values that one t-digest keeps apart, about: its error is far below a percent.
pub const DIGEST_VALUES_MAX: usize = 1000;

/// Bytes of a text that is decompressed: a few bytes can stand for gigabytes.
pub const DECOMPRESSED_BYTES_MAX: u64 = 16 << 20;

/// Texts of a column for which what was made of them is kept within a batch: some more than networks
/// that a rule compares with, and little enough to be set up for every batch.
pub const REPEATED_TEXTS: usize = 1 << 10;
