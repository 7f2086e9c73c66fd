//! The language's integration tests, one binary. The corpora are not part of the repository: what
//! needs them says what it left out when they are absent.

#![allow(clippy::unwrap_used)]

mod support;
mod parse;
mod messages;
mod oracle;
mod format;
mod hostile;
mod check;
mod sound;
mod errors_page;
mod check_messages;
mod check_hostile;
mod generated;
