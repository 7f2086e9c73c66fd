//! What runs over rows in memory, between the plans of a query: plugins, graphs, and the questions
//! that only the data answers.
//!
//! In: rows of KQL values, held under the limits of `limits.rs`. Out: rows. Nothing here knows plans;
//! `lower::operators` brings the rows and makes tables of what comes back.

pub(crate) mod activity;
pub(crate) mod axis;
pub(crate) mod funnel;
pub(crate) mod geo_lookup;
pub(crate) mod graph;
pub(crate) mod ip_lookup;
pub(crate) mod near;
pub(crate) mod patterns;
pub(crate) mod reduce;
pub(crate) mod rolling;
pub(crate) mod schema;
pub(crate) mod sequence;

use keyline_kql::types::Value;

/// A row of values.
pub(crate) type Row = Vec<Value>;
