//! keyline-detect: Sentinel rules over logs, alerts out.
//!
//! `load` reads rules, `check` says what each needs and what is wrong with it, `hunt` replays their
//! schedules over logs. Rules are read by `read_rule`, ticks chosen by `schedule`, evaluations run by
//! `replay`, rows made into alerts by `alert`. It does not read logs, run queries or print.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod duration;
pub mod load;
pub mod problem;
pub mod query_text;
mod read_rule;
pub mod rule;
mod yaml;

pub mod alert;
pub mod entity;
pub mod episode;
pub mod evidence;
pub mod replay;
pub mod row;
pub mod schedule;

pub mod limits;
