//! keyline-lake
