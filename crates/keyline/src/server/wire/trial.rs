//! What travels about a rule that is tried before it is kept.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct RuleQuestion {
    /// The name of the file that it comes from.
    pub file: String,
    /// The rule in YAML.
    pub rule: String,
    /// Its cases in YAML.
    #[cfg_attr(test, ts(optional))]
    pub cases: Option<String>,
}

/// What came of trying.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct RuleTrial {
    pub rules: Vec<TriedRule>,
    pub problems: Vec<RuleProblem>,
    pub cases: Vec<TriedCase>,
    /// It can run, and no case fails.
    pub passed: bool,
    /// The file in which it is kept, and from which it runs after the next start.
    pub kept: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct TriedRule {
    pub rule_id: String,
    pub name: String,
    pub severity: String,
    /// `ok`, `error` or `unsupported`.
    pub state: String,
    pub schedule: String,
    /// A rule of this id runs already.
    pub known: bool,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct RuleProblem {
    pub file: String,
    pub line: usize,
    pub column: usize,
    /// `error`, `unsupported` or `warning`.
    pub severity: String,
    pub message: String,
    pub help: Option<String>,
}

/// A rule's own cases, run.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct RuleTests {
    pub cases: Vec<TriedCase>,
    /// Cases that were left out: `keyline rules test` runs them all.
    pub more: usize,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct TriedCase {
    pub name: String,
    pub line: usize,
    pub must_fire: bool,
    pub passed: bool,
    /// What is not as expected.
    pub why: Vec<String>,
}
