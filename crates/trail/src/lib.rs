//! keyline-trail
