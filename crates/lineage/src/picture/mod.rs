//! Pictures of lineage: a forest, an instant and options in, text out.
//!
//! ```text
//! Forest ─ rows (which, in which order, what is folded) ─┬─ tree: lines for a terminal
//!                                                        └─ layout (numbers) ─┬─ svg ─ html
//!                                                                             ├─ lanes: for a terminal
//!                                                                             └─ whoever draws it himself
//! ```
//!
//! All of them say the same words, which stand in `words.rs`. Everything that comes from logs is made
//! visible and escaped in `text.rs` before it is written. Deliberately not here: files, the terminal's
//! width, the choice of credentials; whoever calls knows them.

pub mod rows;

mod survey;

pub mod tree;

pub mod layout;

pub mod axis;

mod style;

pub mod svg;

mod signs;

mod legend;

pub mod html;

pub mod lanes;

pub mod words;

mod text;

use crate::forest::{Forest, Node};

pub use html::{Report, Section};
pub use svg::Sheet;
pub use tree::{TreeOptions, folded_state, headline, left_out};

/// What a picture shows: credentials of a forest as they stand at an instant.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    pub forest: &'a Forest,
    pub choice: Choice<'a>,
    /// The instant, in microseconds since 1970.
    pub as_of: i64,
    pub similar: Similar,
    /// The rows to show at most; what is left out is counted in words.
    pub rows_max: usize,
}

/// Which credentials are shown.
#[derive(Clone, Copy, Debug)]
pub enum Choice<'a> {
    All,
    /// These, in any order. One whose parent is not among them hangs below the nearest ancestor that is.
    Only(&'a [Node]),
}

/// What becomes of many siblings about which there is nothing to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Similar {
    /// The first ones are shown, the others are counted in one row.
    Fold,
    Show,
}

/// An alert about a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    pub node: Node,
    pub at: i64,
    pub title: String,
    /// As in `High`.
    pub severity: String,
}
