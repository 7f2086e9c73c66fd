//! How far the watch has come: a row for each rule, and the version of the table of events that it has seen.
//!
//! In and out: a note beside the tables of the lake, written after the alerts are. A watch that ends at any instant is
//! taken up from it: whatever came after is judged again, and gives the same alerts, which are known by then.
//! It is a file and no table, for it is replaced every few seconds, and a table would keep each of its versions.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};
use keyline_detect::watch::{Evaluated, Range};
use keyline_lake::delta::Lake;
use serde::{Deserialize, Serialize};

const NAME: &str = "watch.json";
const SCHEMA: &str = "keyline.watch/1";

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct State {
    pub schema: String,
    /// The version of the table of events that was judged; nothing before the first round.
    pub version: Option<u64>,
    /// By the rule's id.
    pub rules: BTreeMap<String, RuleState>,
    /// Alerts whose episodes go on, and where they end by now, in ticks: their rows do not say it yet.
    pub open: BTreeMap<String, i64>,
}

/// How far a rule is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct RuleState {
    /// Stands for all that it says: a rule that was altered is a new one.
    pub hash: String,
    /// The first and the last tick that were evaluated.
    pub evaluated: Option<Range>,
    /// Ranges that were to be evaluated when it failed.
    pub pending: Vec<Range>,
}

impl RuleState {
    pub fn evaluated(&self) -> Option<Evaluated> {
        let (from, until) = self.evaluated?;
        Some(Evaluated { from, until })
    }
}

impl State {
    pub fn read(lake: &Lake) -> Result<State> {
        let Some(bytes) = lake.note(NAME)? else {
            return Ok(State::default());
        };
        let state: State = serde_json::from_slice(&bytes)
            .with_context(|| format!("the note `{NAME}` of the lake is not one of Keyline's"))?;
        if state.schema != SCHEMA {
            bail!(
                "the watch of the lake has the schema `{}`, this Keyline knows `{SCHEMA}`; use a newer Keyline",
                state.schema
            );
        }
        Ok(state)
    }

    pub fn keep(&mut self, lake: &Lake) -> Result<()> {
        self.schema = SCHEMA.to_owned();
        Ok(lake.keep_note(NAME, serde_json::to_vec(self)?)?)
    }
}
