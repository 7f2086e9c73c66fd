//! keyline-detect: Sentinel rules over logs. See the modules.
pub mod duration;
pub mod entity;
pub mod limits;
pub mod load;
pub mod problem;
pub mod query_text;
pub mod read_rule;
pub mod row;
pub mod rule;
pub mod yaml;
