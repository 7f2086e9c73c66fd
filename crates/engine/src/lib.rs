//! keyline-engine
