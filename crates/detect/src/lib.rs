//! keyline-detect: Sentinel rules over logs, alerts out.
//!
//! `load` reads rules, `check` says what each needs and what is wrong with it, `hunt` replays their
//! schedules over logs. Rules are read by `read_rule`, ticks chosen by `schedule`, evaluations run by
//! `replay`, rows made into alerts by `alert`. `cases` reads and judges
//! what a rule's author expects of it. It does not read logs, run queries or print.

#![cfg_attr(test, allow(clippy::unwrap_used))]

// Rules: from YAML to values.
pub mod problem;
pub mod rule;
mod yaml;

mod read_rule;

pub mod query_text;

pub mod duration;

pub mod load;

// Their queries and schedules.
pub mod relations;

pub mod arms;
pub mod uses;
pub mod watched;

pub mod support;

pub mod keys;

pub mod prune;

pub mod check;

pub mod schedule;

// Evaluations to alerts.
pub mod replay;

pub mod row;

pub mod entity;

pub mod evidence;
pub mod told;

pub mod episode;

pub mod alert;

mod family;

pub mod incident;
pub mod incident_log;

// All of it over logs.
pub mod evaluate;

pub mod late;

pub mod resolve;

pub mod prepare;

pub mod hunt;

// The same while logs come in.
pub mod watch;
pub mod watch_lineage;

// What a rule must and must not find, by its author.
pub mod cases;

pub mod limits;
