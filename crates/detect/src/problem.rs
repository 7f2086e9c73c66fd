//! What is wrong with a rule or its file, as a plain value with a place in the YAML.
//!
//! Diagnostics of the query arrive here too, moved from query offsets to lines of the YAML. Nothing
//! is printed here.

use std::fmt;

use serde::Serialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The rule cannot be used.
    Error,
    /// The query is valid KQL that cannot be run yet: the rule cannot be used, counted apart.
    Unsupported,
    /// The rule is used, but not quite as written.
    Warning,
}

impl Severity {
    pub fn name(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Unsupported => "unsupported",
            Severity::Warning => "warning",
        }
    }
}

/// A place in a YAML file, both counted from 1; the column in characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Problem {
    pub file: String,
    pub position: Position,
    pub severity: Severity,
    /// Lower case, no final period, code in backticks.
    pub message: String,
    pub help: Option<String>,
    /// The query's diagnostic behind it, if it comes from the query.
    pub query: Option<QueryPlace>,
}

/// Where in the query text (the fence and the YAML taken away) a problem stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct QueryPlace {
    pub code: String,
    /// Byte offsets.
    pub start: usize,
    pub end: usize,
    pub label: String,
}

/// A rule that could not run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FailedRule {
    pub rule_id: Option<String>,
    pub file: String,
    pub why: String,
}

impl Problem {
    pub fn new(
        file: &str,
        position: Position,
        severity: Severity,
        message: impl Into<String>,
    ) -> Problem {
        Problem {
            file: file.to_string(),
            position,
            severity,
            message: message.into(),
            help: None,
            query: None,
        }
    }

    pub fn with_help(mut self, help: impl Into<String>) -> Problem {
        self.help = Some(help.into());
        self
    }

    /// The rule that has this problem cannot run.
    pub fn is_fatal(&self) -> bool {
        self.severity != Severity::Warning
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Position { line, column } = self.position;
        let severity = self.severity.name();
        write!(f, "{}:{line}:{column}: {severity}", self.file)?;
        if let Some(query) = &self.query {
            write!(f, "[{}]", query.code)?;
        }
        write!(f, ": {}", self.message)
    }
}
