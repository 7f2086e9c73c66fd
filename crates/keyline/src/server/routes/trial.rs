//! `/api/rules/try` and `POST /api/rules`: a rule that somebody brings, checked, run over its cases, and kept if the
//! server lets rules be kept and nothing is wrong with it. `/api/rules/ID/test`: one that is there, run over its own.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use axum::extract::{Path as Named, State};
use axum::{Extension, Json};
use keyline_detect::cases::{self, Case};
use keyline_detect::check::{Times, check};
use keyline_detect::load::{Loaded, Origin, load_text};
use keyline_detect::problem::Problem;
use keyline_detect::rule::Rule;
use serde_json::json;

use super::answer;
use crate::builtin_cases;
use crate::cli::rules::{schedule_text, state};
use crate::cli::rules_test::try_case;
use crate::server::App;
use crate::server::investigation::Investigation;
use crate::server::refusal::{Answer, Refusal};
use crate::server::who::Who;
use crate::server::wire::{RuleProblem, RuleQuestion, RuleTests, RuleTrial, TriedCase, TriedRule};

/// Cases that one trial runs; `keyline rules test` runs them all.
const CASES_MAX: usize = 50;
/// The longest file of cases that is read.
const CASES_BYTES_MAX: u64 = 1 << 20;

pub async fn attempt(
    State(app): State<Arc<App>>,
    Extension(who): Extension<Who>,
    Json(asked): Json<RuleQuestion>,
) -> Answer<Json<RuleTrial>> {
    let place = app.place(&who)?;
    answer(app, move |it| {
        let _place = place;
        Ok(tried(it, &asked))
    })
    .await
}

/// A rule that is there, over the cases beside it.
pub async fn test(
    State(app): State<Arc<App>>,
    Extension(who): Extension<Who>,
    Named(id): Named<String>,
) -> Answer<Json<RuleTests>> {
    let place = app.place(&who)?;
    answer(app, move |it| {
        let _place = place;
        let mut rules = it.hunted.loaded.rules.iter();
        let rule = rules.find(|rule| rule.id == id).ok_or_else(|| {
            Refusal::not_found(format!("there is no rule `{}`", id.escape_debug()))
        })?;
        let Some(cases) = own_cases(rule) else {
            let refusal = Refusal::not_found("the rule has no cases that can be read");
            return Err(refusal.hint("`NAME.test.yaml` beside it has them"));
        };
        let run = cases.iter().take(CASES_MAX);
        Ok(RuleTests {
            cases: run.map(|case| tried_case(it, rule, case)).collect(),
            more: cases.len().saturating_sub(CASES_MAX),
        })
    })
    .await
}

/// The cases beside a rule: embedded with it, or in its folder.
pub fn own_cases(rule: &Rule) -> Option<Vec<Case>> {
    let text = match builtin_cases::of(&rule.file) {
        Some(text) => text.to_owned(),
        None => {
            let path = cases::beside(rule.file.as_ref());
            let size = fs::metadata(&path).ok()?.len();
            (size <= CASES_BYTES_MAX).then(|| fs::read_to_string(&path).ok())??
        }
    };
    cases::read(&rule.file, &text).ok().map(|file| file.cases)
}

/// The same; what passes is kept.
pub async fn keep(
    State(app): State<Arc<App>>,
    Extension(who): Extension<Who>,
    Json(asked): Json<RuleQuestion>,
) -> Answer<Json<RuleTrial>> {
    let keeper = app.clone();
    let place = app.place(&who)?;
    answer(app, move |it| {
        let _place = place;
        let Some(folder) = &keeper.rule_folder else {
            let refusal = Refusal::forbidden("this server keeps no rules");
            return Err(refusal.hint("start it with `--allow-rule-edit` and a folder of rules"));
        };
        let name = file_name(&asked.file)?;
        let mut trial = tried(it, &asked);
        if !trial.passed {
            return Ok(trial);
        }
        let path = folder.join(name);
        if path.exists() {
            let message = format!("there is a rule file `{name}` already; it is not written over");
            return Err(Refusal::conflict(message));
        }
        let ids: Vec<&str> = trial
            .rules
            .iter()
            .map(|rule| rule.rule_id.as_str())
            .collect();
        keeper.write_down(&who, "rule-kept", name, json!({"rules": ids}))?;
        write_new(&path, &asked.rule)?;
        if let Some(text) = &asked.cases {
            write_new(&cases::beside(&path), text)?;
        }
        trial.kept = Some(path.display().to_string());
        Ok(trial)
    })
    .await
}

fn tried(it: &Investigation, asked: &RuleQuestion) -> RuleTrial {
    let mut loaded = Loaded::default();
    load_text(
        &asked.file,
        asked.rule.as_bytes(),
        Origin::Named,
        &mut loaded,
    );
    let mut problems: Vec<Problem> = std::mem::take(&mut loaded.problems);
    let mut rules = Vec::new();
    for rule in loaded.rules.iter().chain(&loaded.unusable) {
        let checked = check(rule, it.engine.schema(), &Times::any());
        let known = it
            .hunted
            .loaded
            .rules
            .iter()
            .any(|known| known.id == rule.id);
        rules.push(TriedRule {
            rule_id: rule.id.clone(),
            name: rule.name.clone(),
            severity: rule
                .severity
                .map_or("Medium", |severity| severity.name())
                .to_owned(),
            state: state(&checked).to_owned(),
            schedule: schedule_text(&checked),
            known,
        });
        problems.extend(checked.problems);
    }
    let mut tests = Vec::new();
    if let (Some(text), [rule]) = (&asked.cases, loaded.rules.as_slice()) {
        match cases::read("cases", text) {
            Ok(file) => {
                let cases = file.cases.iter().take(CASES_MAX);
                tests.extend(cases.map(|case| tried_case(it, rule, case)));
            }
            Err(problem) => problems.push(problem),
        }
    }
    problems.sort();
    problems.dedup();
    let usable = !loaded.rules.is_empty() && rules.iter().all(|rule| rule.state == "ok");
    let passed =
        usable && !problems.iter().any(Problem::is_fatal) && tests.iter().all(|case| case.passed);
    RuleTrial {
        rules,
        problems: problems.iter().map(problem).collect(),
        cases: tests,
        passed,
        kept: None,
    }
}

fn tried_case(it: &Investigation, rule: &Rule, case: &Case) -> TriedCase {
    let why = match try_case(&it.references, rule, case, &it.context) {
        Ok(differences) => differences
            .into_iter()
            .map(|one| {
                format!(
                    "{}: expected {}, found {}",
                    one.about, one.expected, one.found
                )
            })
            .collect(),
        Err(error) => vec![format!("{error:#}")],
    };
    TriedCase {
        name: case.name.clone(),
        line: case.position.line,
        must_fire: !case.is_negative(),
        passed: why.is_empty(),
        why,
    }
}

fn problem(problem: &Problem) -> RuleProblem {
    RuleProblem {
        file: problem.file.clone(),
        line: problem.position.line,
        column: problem.position.column,
        severity: problem.severity.name().to_owned(),
        message: problem.message.clone(),
        help: problem.help.clone(),
    }
}

/// A name that stays in the folder, and that no test file has.
fn file_name(text: &str) -> Answer<&str> {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    let is_yaml = text.ends_with(".yaml") || text.ends_with(".yml");
    let plain = text.chars().all(fits) && !text.starts_with('.') && text.len() <= 100;
    match is_yaml && plain && !cases::is_test_file(Path::new(text)) {
        true => Ok(text),
        false => Err(Refusal::bad(
            "expected the name of a rule's file such as `new-rule.yaml`",
        )),
    }
}

fn write_new(path: &Path, text: &str) -> anyhow::Result<()> {
    let mut file =
        fs::File::create_new(path).with_context(|| format!("cannot write `{}`", path.display()))?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .with_context(|| format!("cannot write `{}`", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_stays_in_its_folder() {
        for (name, fits) in [
            ("new-rule.yaml", true),
            ("A_b.1.yml", true),
            ("../new.yaml", false),
            ("/etc/new.yaml", false),
            (".hidden.yaml", false),
            ("new.test.yaml", false),
            ("new.txt", false),
            ("", false),
        ] {
            assert_eq!(file_name(name).is_ok(), fits, "{name}");
        }
    }
}
