//! Builds without a lake keep nothing about incidents.

use std::collections::HashMap;

use anyhow::{Result, bail};
use keyline_detect::incident_log::Classification;

use super::wire::IncidentStanding;

pub struct Casebook;

#[allow(dead_code, reason = "read by builds with a lake")]
pub enum Decision {
    Note(String),
    Close(Classification, Option<String>),
    Reopen,
}

impl Casebook {
    pub fn new(_: Option<String>) -> Casebook {
        Casebook
    }

    pub fn is_kept(&self) -> bool {
        false
    }

    pub fn standings(&self) -> Result<HashMap<String, IncidentStanding>> {
        Ok(HashMap::new())
    }

    pub fn decide(&self, _: &str, _: &Decision, _: &str) -> Result<Option<IncidentStanding>> {
        bail!(crate::data::NO_LAKE)
    }
}
