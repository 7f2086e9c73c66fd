//! Which alerts a sink gets: from a severity on, and by rule.

use std::collections::BTreeSet;

use crate::alert::{Alert, Severity};

/// What an alert must be for a sink to get it.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    pub(crate) least: Severity,
    /// Ids of rules; empty is all.
    pub(crate) only: BTreeSet<String>,
    pub(crate) except: BTreeSet<String>,
}

impl Filter {
    pub(crate) fn takes(&self, alert: Alert<'_>) -> bool {
        let rule = alert.rule_id();
        alert.severity() >= self.least
            && (self.only.is_empty() || self.only.contains(rule))
            && !self.except.contains(rule)
    }
}
