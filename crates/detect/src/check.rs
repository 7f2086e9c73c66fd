//! What a rule needs and what is wrong with it, before it runs.
//!
//! In: a rule and the tables there are. Out: the checked query, the schedule with what was derived,
//! and problems with their places in the YAML. Behind `keyline rules list|check`, `keyline kql check`
//! on a YAML file, and the hunt.

use keyline_kql::checked::CheckedQuery;
use keyline_kql::diagnostic;
use keyline_kql::schema::{Column, Schema};

use crate::alert::template_columns;
use crate::entity::mappings_of;
use crate::problem::{Position, Problem, QueryPlace, Severity};
use crate::relations;
use crate::rule::Rule;
use crate::schedule::{self, Derived};

pub struct CheckedRule {
    /// `None` when the query has errors or is not supported.
    pub query: Option<CheckedQuery>,
    /// The query as it was checked, placeholders filled in.
    pub text: String,
    pub derived: Derived,
    /// Tables, `externaldata` URIs and watchlists that the query reads, each sorted.
    pub tables: Vec<String>,
    pub external_uris: Vec<String>,
    pub watchlists: Vec<String>,
    pub problems: Vec<Problem>,
}

/// What `{{StartTimeISO}}` and `{{EndTimeISO}}` stand for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Times {
    pub start: String,
    pub end: String,
}

impl Times {
    /// For checks without data: any times give the same columns.
    pub fn any() -> Times {
        Times {
            start: "2000-01-01T00:00:00Z".to_string(),
            end: "2000-01-02T00:00:00Z".to_string(),
        }
    }
}

pub fn check(rule: &Rule, schema: &dyn Schema, times: &Times) -> CheckedRule {
    let filled = rule.query.with_times(&times.start, &times.end);
    let (syntax, mut diagnostics) = keyline_kql::parse::parse(&filled.text);
    let is_error = |d: &diagnostic::Diagnostic| d.severity == diagnostic::Severity::Error;
    let mut query = None;
    if !diagnostics.iter().any(is_error) {
        let options = keyline_kql::check::CheckOptions::default();
        let (checked, more) = keyline_kql::check::check(&syntax, schema, &options);
        query = checked;
        diagnostics.extend(more);
    }
    let place = |offset: u32| filled.original_offset(offset as usize);
    let mut problems: Vec<Problem> = diagnostics
        .iter()
        .map(|d| {
            let (start, end) = (place(d.primary.start), place(d.primary.end));
            let severity = match d.severity {
                diagnostic::Severity::Error => Severity::Error,
                diagnostic::Severity::Unsupported => Severity::Unsupported,
                diagnostic::Severity::Warning => Severity::Warning,
            };
            let at = rule.query.position(start);
            Problem {
                help: d.help.clone(),
                query: Some(QueryPlace {
                    code: d.code.to_string(),
                    start,
                    end,
                    label: d.label.clone(),
                }),
                ..Problem::new(&rule.file, at, severity, d.message.clone())
            }
        })
        .collect();
    let agos = query.as_ref().map_or(&[][..], |query| &query.ago_ticks);
    let derived = schedule::derive(rule, agos);
    let mut checked = CheckedRule {
        derived,
        text: filled.text,
        tables: Vec::new(),
        external_uris: Vec::new(),
        watchlists: Vec::new(),
        problems: Vec::new(),
        query: None,
    };
    if let Some(query) = query {
        check_columns(rule, &query.root.columns, &mut problems);
        checked.tables = query.tables.clone();
        checked.external_uris = query.external_uris.clone();
        checked.watchlists = relations::watchlists(&query.root);
        checked.query = Some(query);
    }
    checked.problems = problems;
    checked
}

/// The columns that the YAML names must be among those of the result.
fn check_columns(rule: &Rule, columns: &[Column], problems: &mut Vec<Problem>) {
    let mut expect = |column: &str, at: Position, what: &str| {
        if columns.iter().any(|known| known.name == column) {
            return;
        }
        let message = format!("{what} names the column `{column}`, which the query does not give");
        let same = columns
            .iter()
            .find(|known| known.name.eq_ignore_ascii_case(column));
        let mut problem = Problem::new(&rule.file, at, Severity::Warning, message);
        if let Some(same) = same {
            problem = problem.with_help(format!("there is a column `{}`", same.name));
        }
        problems.push(problem);
    };
    let places = &rule.places;
    let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    for mapping in mappings_of(rule, &names) {
        for (_, column) in &mapping.fields {
            expect(column, places.entity_mappings, "an entity mapping");
        }
    }
    for (_, column) in &rule.custom_details {
        expect(column, places.custom_details, "a custom detail");
    }
    let overrides = &rule.overrides;
    let templates = overrides.title.iter().chain(&overrides.description);
    for column in templates.flat_map(|template| template_columns(template)) {
        expect(
            column,
            places.overrides,
            "a template of `alertDetailsOverride`",
        );
    }
    let named = overrides
        .severity_column
        .iter()
        .chain(&overrides.tactics_column);
    for column in named.chain(overrides.properties.iter().map(|(_, column)| column)) {
        expect(column, places.overrides, "`alertDetailsOverride`");
    }
    for column in &rule.keyline.access_key_columns {
        expect(column, rule.position, "`accessKeyColumns`");
    }
}
