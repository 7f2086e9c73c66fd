//! Noise: what the rules raise over a month besides its attacks.
//!
//! In: a month and the alerts of the rules over it. Out: tables by rule and by habit, and the false alerts for a
//! million events. An alert that shows a thief is none; one about the rightful people of a story is.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::month::{Month, Owner};
use super::{Alert, Program, by_severity};

/// `plain`: what is raised without any configuration, where that was hunted too.
pub fn section(
    program: &Program,
    month: &Month,
    alerts: &[Alert],
    plain: Option<&[Alert]>,
) -> anyhow::Result<String> {
    let mut by_rule: BTreeMap<&str, Vec<&Alert>> = BTreeMap::new();
    let mut by_owner: BTreeMap<(String, &str), Vec<&Alert>> = BTreeMap::new();
    let mut all = 0;
    for (owner, alert) in of_nobody(month, alerts) {
        let rule = program.name(&alert.rule_id);
        by_rule.entry(rule).or_default().push(alert);
        by_owner.entry((owner, rule)).or_default().push(alert);
        all += 1;
    }
    let loud = by_rule.values().flatten().filter(|alert| is_loud(alert));
    let loud = loud.count();
    let rate = |count: usize| format!("{:.2}", count as f64 * 1e6 / month.events as f64);
    let mut text = format!(
        "\n## Noise\n\nThe same month without what shows a thief. With one line of configuration, the organisation's own \
         networks (`egress_networks` of `[estate]`): {all} alerts, {loud} of them Medium or High, **{} for a \
         million events**.",
        rate(loud)
    );
    if let Some(plain) = plain {
        let plain: Vec<&Alert> = of_nobody(month, plain).map(|(_, alert)| alert).collect();
        let loud = plain.iter().filter(|alert| is_loud(alert)).count();
        write!(
            text,
            " Without any configuration: {} alerts, {loud} of them Medium or High, {} for a million events.",
            plain.len(),
            rate(loud)
        )?;
    }
    text += "\n\n| rule | alerts | Medium or High for a million events |\n|---|---|--:|\n";
    for rule in &program.rules {
        let alerts = by_rule.get(rule.name.as_str()).cloned().unwrap_or_default();
        let loud = alerts.iter().filter(|alert| is_loud(alert)).count();
        let severities = match alerts.is_empty() {
            true => "none".to_owned(),
            false => by_severity(alerts.iter().map(|alert| alert.severity.as_str())),
        };
        writeln!(text, "| {} | {severities} | {} |", rule.name, rate(loud))?;
    }
    text += "\nBy habit, for what raised anything:\n\n| habit | rule | alerts |\n|---|---|---|\n";
    for ((owner, rule), alerts) in by_owner {
        let severities = by_severity(alerts.iter().map(|alert| alert.severity.as_str()));
        writeln!(text, "| {owner} | {rule} | {severities} |")?;
        for alert in alerts.iter().filter(|alert| is_loud(alert)) {
            eprintln!("noise: {owner}: {}: {}", alert.severity, alert.title);
        }
    }
    Ok(text)
}

fn of_nobody<'a>(
    month: &'a Month,
    alerts: &'a [Alert],
) -> impl Iterator<Item = (String, &'a Alert)> {
    alerts.iter().filter_map(|alert| match month.owner(alert) {
        Owner::Nobody(owner) => Some((owner, alert)),
        Owner::Thieves(_) => None,
    })
}

fn is_loud(alert: &Alert) -> bool {
    alert.severity == "High" || alert.severity == "Medium"
}
