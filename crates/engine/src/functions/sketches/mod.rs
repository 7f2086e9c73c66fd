//! Sketches: values of many rows in a small dynamic, which can be merged and asked later.
//!
//! `tdigest` stands for a distribution, `hll` for a set whose size is asked. Both are arrays of
//! Keyline's own making; what Kusto has stored is another format, and is not read.

pub mod hll;
pub mod tdigest;

mod dcount_hll;
mod hll_merge;
mod percentile_tdigest;
mod percentiles_array_tdigest;
mod percentrank_tdigest;
mod rank_tdigest;
mod tdigest_merge;

use super::call::Function;
use super::kernel::Kernel;

pub const FUNCTIONS: &[&Function] = &[
    &percentile_tdigest::FUNCTION,
    &percentiles_array_tdigest::FUNCTION,
    &percentrank_tdigest::FUNCTION,
    &rank_tdigest::FUNCTION,
    &tdigest_merge::FUNCTION,
    &dcount_hll::FUNCTION,
    &hll_merge::FUNCTION,
];

/// What the aggregates do with the list or set of the values of a group.
pub const KERNELS: &[Kernel] = &[
    tdigest::OF_LIST,
    tdigest::OF_DIGESTS,
    hll::OF_SET,
    hll::OF_SKETCHES,
];
