//! Noise: what the rules raise over ordinary days, in which nothing is an attack.
//!
//! In: days of a simulated organisation with all its habits. Out: tables by rule and by habit, and the
//! false alerts for a million events: as anybody would get them on the first day, and with the
//! configuration that the organisation would write in its first week.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use keyline_simulate::{Habits, Simulation};
use serde_json::Value;

use super::{Alert, Program, by_severity};
use crate::data;

const ORDINARY: &str = "ordinary traffic";

pub fn section(program: &Program, work: &Path, events: u64) -> anyhow::Result<String> {
    let folder = work.join(format!("benign-{events}"));
    let config = data::benchmark(events);
    if !folder.join("summary.json").exists() {
        data::write(config.clone(), Habits::With, 2, &folder)?;
    }
    let summary: Value = serde_json::from_str(&fs::read_to_string(folder.join("summary.json"))?)?;
    let total = summary["events"].as_u64().unwrap_or(events);
    let simulation = Simulation::new(config.clone()).with_habits(Habits::With);
    let owners = owners(&simulation)?;
    let logs = folder.join("AWSLogs");
    let plain = program.hunt(&logs)?;
    let estate = work.join("keyline.toml");
    fs::write(&estate, configuration(&simulation))?;
    let alerts = program.configured(estate).hunt(&logs)?;

    let mut by_rule: BTreeMap<&str, Vec<&Alert>> = BTreeMap::new();
    let mut by_habit: BTreeMap<(&str, &str), Vec<&Alert>> = BTreeMap::new();
    for alert in &alerts {
        let rule = program.name(&alert.rule_id);
        by_rule.entry(rule).or_default().push(alert);
        by_habit
            .entry((owner(alert, &owners), rule))
            .or_default()
            .push(alert);
    }
    let is_loud = |alert: &&Alert| alert.severity == "High" || alert.severity == "Medium";
    let loud = alerts.iter().filter(is_loud).count();
    let loud_plain = plain.iter().filter(is_loud).count();
    let rate = |count: usize| format!("{:.2}", count as f64 * 1e6 / total as f64);
    let mut text = format!(
        "\n## Noise\n\n{total} events of {} days, with every habit that `keyline simulate` knows and no attack \
         (seed {}). Without any configuration: {} alerts, {loud_plain} of them Medium or High, {} for a million events. With \
         the networks of the organisation under `[estate]` and leave for four of its habits: {} alerts, {loud} of them \
         Medium or High, {} for a million events. The tables are of the latter.\n\n\
         | rule | alerts | Medium or High for a million events |\n|---|---|---|\n",
        config.days,
        config.seed,
        plain.len(),
        rate(loud_plain),
        alerts.len(),
        rate(loud),
    );
    for rule in &program.rules {
        let alerts = by_rule.get(rule.name.as_str()).cloned().unwrap_or_default();
        let severities = by_severity(alerts.iter().map(|alert| alert.severity.as_str()));
        let loud = alerts.iter().copied().filter(is_loud).count();
        let severities = if severities.is_empty() {
            "none".to_owned()
        } else {
            severities
        };
        writeln!(text, "| {} | {severities} | {} |", rule.name, rate(loud))?;
    }
    text += "\nBy habit, for what raised anything:\n\n| habit | rule | alerts |\n|---|---|---|\n";
    for ((habit, rule), alerts) in by_habit {
        let severities = by_severity(alerts.iter().map(|alert| alert.severity.as_str()));
        writeln!(text, "| {habit} | {rule} | {severities} |")?;
        if alerts.iter().copied().any(|alert| is_loud(&alert)) {
            for alert in alerts {
                eprintln!("noise: {habit}: {}: {}", alert.severity, alert.title);
            }
        }
    }
    Ok(text)
}

/// What the organisation knows of itself: its own networks, and who is allowed to do what looks odd.
fn configuration(simulation: &Simulation) -> String {
    let accounts = &simulation.organisation().accounts;
    let of_each = |what: &str| {
        let arns = accounts
            .iter()
            .map(|account| format!("\"arn:aws:iam::{}:{what}\"", account.id));
        arns.collect::<Vec<_>>().join(", ")
    };
    let allow = |key: &str, what: &str, reason: &str| {
        format!(
            "[[estate.allow]]\n{key} = [{}]\nowner = \"platform team\"\nreason = \"{reason}\"\nexpires = \"2026-12-31\"\n",
            of_each(what)
        )
    };
    [
        "[estate]\negress_networks = [\"192.0.2.0/24\"]\n".to_owned(),
        allow(
            "principals",
            "user/identity-broker",
            "opens the console for staff",
        ),
        allow(
            "roles",
            "role/portal-people",
            "the old portal opens the console for staff",
        ),
        allow("roles", "role/image-builder-role", "bakes machine images"),
        allow("roles", "role/key-portal", "renews keys for users who ask"),
    ]
    .concat()
}

/// The habit that each event belongs to.
fn owners(simulation: &Simulation) -> anyhow::Result<HashMap<String, &'static str>> {
    let mut owners = HashMap::new();
    for number in 0..simulation.file_slots() {
        for (habit, event) in simulation.habits(number) {
            let record: Value = serde_json::from_str(&event.json)?;
            owners.insert(super::text(&record["eventID"]), habit);
        }
    }
    Ok(owners)
}

/// The habit to which most events of an alert belong.
fn owner<'a>(alert: &Alert, owners: &HashMap<String, &'a str>) -> &'a str {
    let mut votes: BTreeMap<&str, usize> = BTreeMap::new();
    for id in &alert.event_ids {
        *votes
            .entry(owners.get(id).copied().unwrap_or(ORDINARY))
            .or_default() += 1;
    }
    let most = votes.into_iter().max_by_key(|(_, votes)| *votes);
    most.map_or(ORDINARY, |(habit, _)| habit)
}
