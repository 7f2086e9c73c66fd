//! keyline-detect
