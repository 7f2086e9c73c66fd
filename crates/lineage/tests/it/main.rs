//! Lineage from outside: credentials in, text out.

#![allow(clippy::unwrap_used)]

mod picture;
