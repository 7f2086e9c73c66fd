//! keyline-source
