//! Alerts in, what arrives out: over real files and real connections on the loopback address.

#![allow(clippy::unwrap_used)]

mod alerts;
mod receiver;

mod config;
mod formats;
mod jsonl;
mod kill;
mod outbox;
mod syslog;
mod webhook;
