//! Alerts out: to files, webhooks, Slack, Teams and syslog, and in the forms that other tools read.
//!
//! In: alert documents (`keyline.alert/1`) as JSON values, and where the user wants them sent. Out:
//! each of them at each destination at least once and in order, whatever is interrupted; and what
//! waits, what was delivered and what went wrong, by destination. Nothing here knows how alerts
//! come about. Everything blocks; there is no async runtime and no DataFusion.
//!
//! All text in an alert may be an attacker's (a user agent, a session's name), so each format
//! escapes for whoever reads it. The network is used only towards what the user named.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod limits;

mod error;

pub mod alert;
mod text;

mod config;
mod secret;
mod filter;

mod attack;
mod ocsf;
mod asff;
mod timesketch;

mod failure;
mod http;
mod jsonl;
mod webhook;
mod slack;
mod teams;
mod syslog;

mod sink;
mod private;
mod outbox;

pub use alert::Severity;
pub use config::{Format, Kind, SinkConfig, check};
pub use error::{Error, ErrorKind};
pub use failure::Failure;
pub use outbox::{Options, Outbox, Pace, Put, SinkState, Until};
pub use sink::{Rendering, Sink};
