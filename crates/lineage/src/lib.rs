//! Lineage: which credential minted which, what each did, and whether it still works.
//!
//! ```text
//! batches of events → Facts (mergeable, in any order) → Forest → Liveness at an instant
//! ```
//!
//! The crate is pure: no files, no sockets, no clock. The same records give the same forest, byte for
//! byte, in whatever order, batches and threads they come.

pub mod facts;
mod columns;
mod recent;
mod deed;
mod mint;
mod control;
mod json;
mod date;
pub mod wildcards;
mod policy;
mod sighting;
mod usage;
mod stretches;
mod few;
mod strings;
mod quick;

mod build;
mod about;
mod outline;
mod minted;
mod around;

mod entry;
mod timeline;
mod expiry;
pub mod production;

pub mod forest;
mod materialise;
mod find;
pub mod credential;

pub mod liveness;

pub mod picture;

pub mod limits;

pub use about::Events;
pub use around::Around;
pub use control::{Lever, Power, stops};
pub use credential::{
    Candidate, Certainty, Change, Credential, CredentialId, Effect, Expiry, Kind, LinkRule, Origin,
    Parent, Source, Stretch,
};
pub use facts::Facts;
pub use forest::{Forest, Node};
pub use liveness::{Liveness, State, liveness};
pub use minted::{MINTED, minted};
pub use outline::{Outline, Place};
pub use production::Production;
