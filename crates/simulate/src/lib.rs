//! keyline-simulate
