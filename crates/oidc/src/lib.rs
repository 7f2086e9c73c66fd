//! Who somebody is, by the word of their organisation: OpenID Connect, the authorization code flow with PKCE.
//!
//! In: what the operator says of a provider, the browser's cookie and what the provider sent back with the browser.
//! Out: a person, by a subject that the provider vouches for. `client.rs` is the door, `token.rs` decides whether a
//! token is believed and is pure; the time is a parameter. Questions to the provider block: ask on a thread that may
//! wait. Deliberately not here: what a person may do, sessions, and anything of HTTP towards the browser.

mod client;
mod provider;
mod token;
mod keys;
mod flow;
mod http;
mod form;
mod error;
pub mod limits;

pub use client::{Begun, Client, Person, Settings};
pub use error::{Error, ErrorKind};
pub use http::is_allowed;
