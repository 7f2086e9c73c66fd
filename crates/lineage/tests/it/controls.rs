//! To come.
pub const CASES: &[fn() -> Vec<String>] = &[];
