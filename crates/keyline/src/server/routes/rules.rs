//! `/api/rules`: which rules ran, what each found and what it cost.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use keyline_detect::check::{Times, check};
use keyline_detect::rule::{Rule, tactic_name};
use keyline_trail::time::format_time;

use super::{answer, incidents, trial};
use crate::builtin;
use crate::cli::rules::schedule_text;
use crate::server::App;
use crate::server::investigation::Investigation;
use crate::server::refusal::{Answer, Refusal};
use crate::server::wire::{RulePage, RuleRow, RuleState, Rules, Tactic};

pub async fn list(State(app): State<Arc<App>>) -> Answer<Json<Rules>> {
    answer(app, |it| Ok(listed(it).clone())).await
}

/// The rules as they ran: they are checked once and not for each that asks.
fn listed(it: &Investigation) -> &Rules {
    it.rules.get_or_init(|| {
        let rules: Vec<RuleRow> = it
            .hunted
            .loaded
            .rules
            .iter()
            .map(|rule| row(it, rule))
            .collect();
        let mut tactics: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for rule in &rules {
            for tactic in &rule.tactics {
                let sums = tactics.entry(tactic).or_default();
                *sums = (sums.0 + 1, sums.1 + rule.alerts);
            }
        }
        let tactics = tactics.into_iter().map(|(tactic, (rules, alerts))| Tactic {
            tactic: tactic.to_owned(),
            rules,
            alerts,
        });
        Rules {
            tactics: tactics.collect(),
            rules: rules.into_iter().chain(broken(it)).collect(),
        }
    })
}

pub async fn page(State(app): State<Arc<App>>, Path(id): Path<String>) -> Answer<Json<RulePage>> {
    answer(app, move |it| {
        let mut rules = it.hunted.loaded.rules.iter();
        let rule = rules.find(|rule| rule.id == id).ok_or_else(|| {
            Refusal::not_found(format!("there is no rule `{}`", id.escape_debug()))
        })?;
        let mut rows = listed(it).rules.iter();
        let row = rows.find(|row| row.rule_id == id);
        let row = row.ok_or_else(|| Refusal::not_found("the rule is not listed"))?;
        let alerts = it.hunted.report.alerts.iter();
        let alerts = alerts.filter(|alert| alert.rule_id == rule.id).collect();
        Ok(RulePage {
            row: row.clone(),
            query: rule.query.text.clone(),
            alerts: incidents::json(alerts)?,
        })
    })
    .await
}

fn row(it: &Investigation, rule: &Rule) -> RuleRow {
    let report = &it.hunted.report;
    let checked = check(rule, it.engine.schema(), &Times::any());
    let failed = report
        .failed_rules
        .iter()
        .find(|failed| failed.rule_id.as_deref() == Some(&rule.id));
    let idle = report
        .rules_with_nothing_to_look_at
        .iter()
        .find(|idle| idle.rule_id == rule.id);
    let stats = report.rules.iter().find(|one| one.rule_id == rule.id);
    let cost = report.costs.iter().find(|one| one.rule_name == rule.name);
    let limits = stats.map_or(&[][..], |stats| &stats.limits);
    let (state, why) = match (failed, idle, limits) {
        (Some(failed), _, _) => (RuleState::Failed, Some(failed.why.clone())),
        (None, Some(idle), _) => {
            let why = format!("these logs have no {}", idle.tables.join(", "));
            (RuleState::Idle, Some(why))
        }
        (None, None, []) => (RuleState::Ran, None),
        (None, None, limits) => (RuleState::Limited, Some(limits.join("; "))),
    };
    let built_in = builtin::RULES.iter().any(|(file, _)| *file == rule.file);
    let tactics: BTreeSet<String> = rule
        .tactics
        .iter()
        .map(|tactic| tactic_name(tactic).unwrap_or(tactic).to_owned())
        .collect();
    RuleRow {
        rule_id: rule.id.clone(),
        name: rule.name.clone(),
        severity: rule
            .severity
            .map_or("Medium", |severity| severity.name())
            .to_owned(),
        tactics: tactics.into_iter().collect(),
        techniques: rule.techniques.clone(),
        schedule: schedule_text(&checked),
        origin: match built_in {
            true => "built-in".to_owned(),
            false => rule.file.clone(),
        },
        state,
        why,
        alerts: report
            .alerts
            .iter()
            .filter(|alert| alert.rule_id == rule.id)
            .count(),
        seconds: cost.map(|cost| cost.time.as_secs_f64()),
        events: cost.and_then(|cost| cost.events),
        last_run: stats.map(|_| format_time(it.hunted_at)),
        evaluations: stats.map(|stats| stats.evaluations),
        cases: trial::own_cases(rule).map(|cases| cases.len()),
        description: rule.description.clone(),
    }
}

/// What was named as rules and is none.
fn broken(it: &Investigation) -> Vec<RuleRow> {
    let known: BTreeSet<&str> = it
        .hunted
        .loaded
        .rules
        .iter()
        .map(|rule| rule.id.as_str())
        .collect();
    let failed = it.hunted.report.failed_rules.iter();
    let unknown = failed.filter(|failed| {
        failed
            .rule_id
            .as_deref()
            .is_none_or(|id| !known.contains(id))
    });
    unknown
        .map(|failed| RuleRow {
            rule_id: failed.rule_id.clone().unwrap_or_default(),
            name: failed.file.clone(),
            severity: "Informational".to_owned(),
            tactics: Vec::new(),
            techniques: Vec::new(),
            schedule: String::new(),
            origin: failed.file.clone(),
            state: RuleState::Failed,
            why: Some(failed.why.clone()),
            alerts: 0,
            seconds: None,
            events: None,
            last_run: None,
            evaluations: None,
            cases: None,
            description: String::new(),
        })
        .collect()
}
