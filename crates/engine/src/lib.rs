//! keyline-engine

pub mod functions;
