//! Lineage that is kept while the lake grows.
//!
//! In: what was added to the events, each once. Out: the forest of all of them. Facts add up in any order, so what is
//! new is added to what was known, and the forest that is built of them is the one that a reading of everything
//! would give.

use std::sync::Arc;

use keyline_lineage::{Facts, Forest, Production};

use crate::delta::{Added, Lake};
use crate::error::Error;
use crate::logs::LogOptions;

/// The facts about the credentials of a lake up to some version of it.
pub struct Followed {
    lake: Lake,
    production: Production,
    options: LogOptions,
    facts: Facts,
    forest: Arc<Forest>,
}

impl Followed {
    /// Nothing is read yet.
    pub fn new(lake: &Lake, production: Production, options: LogOptions) -> Followed {
        let facts = Facts::watching(&production);
        let (forest, _) = Forest::build(facts.clone(), &production);
        Followed {
            lake: lake.clone(),
            facts,
            forest: Arc::new(forest),
            production,
            options: LogOptions {
                since: None,
                until: None,
                progress: None,
                ..options
            },
        }
    }

    /// Takes in what was added; all that was known before goes where that is everything. `now` is the wall clock in
    /// microseconds since 1970. Blocks.
    pub fn add(&mut self, added: &Added, now: i64) -> Result<(), Error> {
        self.options.now = Some(now);
        if !added.is_empty() || added.whole {
            let logs = self.lake.logs_of(added, self.options.clone())?;
            let new = logs.facts(&self.production)?;
            self.facts = match added.whole {
                true => new,
                false => std::mem::take(&mut self.facts).merge(new),
            };
            let (forest, _) = Forest::build(self.facts.clone(), &self.production);
            self.forest = Arc::new(forest);
        }
        Ok(())
    }

    pub fn forest(&self) -> &Arc<Forest> {
        &self.forest
    }

    /// The times of the first and the last event, in microseconds since 1970; an event that is dated beyond the wall
    /// clock is none of them.
    pub fn span(&self) -> Option<(i64, i64)> {
        self.facts.span()
    }

    pub fn production(&self) -> &Production {
        &self.production
    }
}
