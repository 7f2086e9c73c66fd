//! Containment: from a stolen credential to a plan that stops all that came from it, and proof.
//!
//! ```text
//! Request (target, forest, instant, inventory, events) → plan → Plan → JSON, Markdown, shell script
//! Plan, approval of its hash → run → Journal → verify, undo
//! ```
//!
//! Planning is pure: no files, no sockets, no clock. The same request gives the same plan, byte for byte, in
//! whatever order its parts come. Carrying out has AWS, a clock and a journal handed in.

pub mod request;
pub mod inventory;
pub mod trust;
pub mod inspection;

mod owner;
mod survey;
mod scope;
mod doors;
mod guard;
pub mod control;
mod outcome;
mod names;

pub mod action;
pub mod policy;
mod compose;
mod resources;
pub mod history;
pub mod undo_map;
mod order;

pub mod plan;
mod canonical;
mod json;
mod markdown;
mod script;
pub mod permissions;
pub mod undo;

pub mod aws;
mod head;
pub mod journal;
pub mod run;
mod sweep;
mod ways;
pub mod verify;
#[cfg(feature = "aws")]
pub mod look;
#[cfg(feature = "aws")]
pub mod sdk;

mod error;
pub mod limits;

pub use error::{Error, ErrorKind};
pub use guard::protected_by;
pub use inventory::Inventory;
pub use names::Named;
pub use plan::{Call, LetIn, Phase, Plan, Reason, Refused, Step, StillAlive, Variant, plan, tree};
pub use request::{AlteringEvent, Breadth, Estate, Organisation, Reach, Request, Target};
