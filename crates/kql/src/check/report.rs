//! How the checker reports: errors are collected, and [`Reported`] says that one has been.

use super::Checker;
use crate::codes;
use crate::diagnostic::{Diagnostic, Severity};
use crate::limits::DIAGNOSTICS_MAX;
use crate::span::Span;

/// Something is wrong and has been reported; there is nothing to go on with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reported;

pub(super) type Checked<T> = Result<T, Reported>;

/// A diagnostic with nothing but its message and place.
pub(super) fn diagnostic(
    code: &'static str,
    severity: Severity,
    span: Span,
    message: String,
) -> Diagnostic {
    Diagnostic {
        code,
        severity,
        message,
        primary: span,
        label: String::new(),
        labels: Vec::new(),
        help: None,
        fix: None,
    }
}

impl Checker<'_> {
    pub(super) fn report(&mut self, diagnostic: Diagnostic) -> Reported {
        // Of a name that means nothing, nothing else is said.
        let known = self.diagnostics.iter().any(|other| {
            other.primary == diagnostic.primary
                && (other.code == diagnostic.code || other.code == codes::UNKNOWN_NAME)
        });
        if !known && self.diagnostics.len() < DIAGNOSTICS_MAX {
            self.diagnostics.push(diagnostic);
        }
        Reported
    }

    /// What is wrong first within `place` is wrong with all that stands there.
    pub(super) fn blame(&mut self, place: Span) {
        let inside = |found: &&mut Diagnostic| {
            found.severity == Severity::Error
                && found.primary.start >= place.start
                && found.primary.start < place.end
        };
        let found = self.diagnostics.iter_mut().filter(inside);
        let Some(first) = found.min_by_key(|found| found.primary.start) else {
            return;
        };
        if first.primary.start > place.start {
            let label = match std::mem::take(&mut first.label) {
                nothing if nothing.is_empty() => "here".to_string(),
                label => label,
            };
            first.labels.push((first.primary, label));
            first.primary = place;
            first.fix = None;
        }
    }

    /// Whether so much is wrong that nothing more is said: no need then to find out what was meant.
    pub(super) fn is_full(&self) -> bool {
        self.diagnostics.len() >= DIAGNOSTICS_MAX
    }

    pub(super) fn error(
        &mut self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
    ) -> Reported {
        self.report(diagnostic(code, Severity::Error, span, message.into()))
    }

    pub(super) fn error_with_help(
        &mut self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Reported {
        let mut error = diagnostic(code, Severity::Error, span, message.into());
        error.help = Some(help.into());
        self.report(error)
    }

    /// Wrong, though Kusto's own check lets it pass and only a run of the query fails: it is said where
    /// nothing else is wrong.
    pub(super) fn error_at_run(
        &mut self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
    ) -> Reported {
        let found = diagnostic(code, Severity::Error, span, message.into());
        if self.at_run.len() < DIAGNOSTICS_MAX {
            self.at_run.push(found);
        }
        Reported
    }

    /// What to do about the last of those.
    pub(super) fn help_at_run(&mut self, help: &str) {
        if let Some(last) = self.at_run.last_mut() {
            last.help = Some(help.to_string());
        }
    }

    /// Says what only a run would have said, unless there is something else to say.
    pub(super) fn say_what_a_run_would(&mut self, broken: bool) {
        let wrong = |found: &Diagnostic| found.severity == Severity::Error;
        if !broken && !self.diagnostics.iter().any(wrong) {
            for found in std::mem::take(&mut self.at_run) {
                self.report(found);
            }
        }
    }

    /// Valid KQL that Keyline cannot run.
    pub(super) fn unsupported(
        &mut self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
    ) -> Reported {
        self.report(diagnostic(
            code,
            Severity::Unsupported,
            span,
            message.into(),
        ))
    }

    /// The same, and what to do about it.
    pub(super) fn unsupported_with_help(
        &mut self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
        help: Option<&str>,
    ) -> Reported {
        let mut found = diagnostic(code, Severity::Unsupported, span, message.into());
        found.help = help.map(str::to_string);
        self.report(found)
    }

    /// `name` is unknown; perhaps `meant` was meant.
    pub(super) fn unknown(
        &mut self,
        code: &'static str,
        span: Span,
        message: String,
        meant: Option<String>,
        otherwise: Option<String>,
    ) -> Reported {
        let mut error = diagnostic(code, Severity::Error, span, message);
        match meant {
            Some(name) => {
                error.help = Some(format!("did you mean `{name}`?"));
                error.fix = Some(written(&name));
            }
            None => error.help = otherwise,
        }
        self.report(error)
    }

    pub(super) fn limit_reached(&mut self, span: Span, what: &str, limit: usize) -> Reported {
        self.error(
            codes::LIMIT,
            span,
            format!("the query is too large: more than {limit} {what}"),
        )
    }
}

/// A name as a query writes it: in brackets where it is no plain word.
fn written(name: &str) -> String {
    let plain = name
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '$'));
    match plain && !name.starts_with(|c: char| c.is_ascii_digit()) {
        true => name.to_string(),
        false => format!("['{}']", name.replace('\\', "\\\\").replace('\'', "\\'")),
    }
}
