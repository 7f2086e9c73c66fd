//! Noise: what the rules raise over a month besides its attacks.
//!
//! In: a month and the alerts of the rules over it. Out: tables by rule and by habit, and the false alerts for a
//! million events. An alert that shows a thief is none; one about the rightful people of a story is.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::month::{Month, Owner};
use super::{Alert, Program, by_severity};

/// `plain`: what is raised without any configuration, where that was hunted too.
pub fn section(
    program: &Program,
    month: &Month,
    named: &[Alert],
    plain: Option<&[Alert]>,
) -> anyhow::Result<String> {
    let rate = |count: usize| format!("{:.2}", count as f64 * 1e6 / month.events as f64);
    let mut columns = vec![Column::new(program, month, "networks named", named)];
    let mut text = format!(
        "\n## Noise\n\nThe same month without what shows a thief. With one line of configuration, the organisation's own \
         networks (`egress_networks` of `[estate]`): {} alerts, {} of them Medium or High, **{} for a million events**.",
        columns[0].all,
        columns[0].loud(),
        rate(columns[0].loud())
    );
    if let Some(plain) = plain {
        let plain = Column::new(program, month, "no configuration", plain);
        write!(
            text,
            " Without any configuration: {} alerts, {} of them Medium or High, **{} for a million events**.",
            plain.all,
            plain.loud(),
            rate(plain.loud())
        )?;
        columns.push(plain);
    }
    text += "\n\n| rule |";
    for column in &columns {
        write!(text, " {} | Medium or High for a million |", column.title)?;
    }
    text += &format!("\n|---|{}\n", "---|--:|".repeat(columns.len()));
    for rule in &program.rules {
        write!(text, "| {} |", rule.name)?;
        for column in &columns {
            let alerts = column.by_rule.get(rule.name.as_str());
            let loud = alerts.map_or(0, |alerts| count_loud(alerts));
            write!(text, " {} | {} |", severities(alerts), rate(loud))?;
        }
        text += "\n";
    }
    text += "\nBy habit, for what raised anything:\n\n| habit | rule |";
    for column in &columns {
        write!(text, " {} |", column.title)?;
    }
    text += &format!("\n|---|---|{}\n", "---|".repeat(columns.len()));
    let pairs: BTreeSet<&(String, &str)> = columns
        .iter()
        .flat_map(|column| column.by_owner.keys())
        .collect();
    for pair in pairs {
        write!(text, "| {} | {} |", pair.0, pair.1)?;
        for column in &columns {
            write!(text, " {} |", severities(column.by_owner.get(pair)))?;
        }
        text += "\n";
    }
    for column in &columns {
        for ((owner, _), alerts) in &column.by_owner {
            for alert in alerts.iter().filter(|alert| is_loud(alert)) {
                eprintln!(
                    "noise, {}: {owner}: {}: {}",
                    column.title, alert.severity, alert.title
                );
            }
        }
    }
    Ok(text)
}

/// What one configuration raised about nobody.
struct Column<'a> {
    title: &'static str,
    all: usize,
    by_rule: BTreeMap<&'a str, Vec<&'a Alert>>,
    by_owner: BTreeMap<(String, &'a str), Vec<&'a Alert>>,
}

impl<'a> Column<'a> {
    fn new(
        program: &'a Program,
        month: &'a Month,
        title: &'static str,
        alerts: &'a [Alert],
    ) -> Column<'a> {
        let mut column = Column {
            title,
            all: 0,
            by_rule: BTreeMap::new(),
            by_owner: BTreeMap::new(),
        };
        for (owner, alert) in of_nobody(month, alerts) {
            let rule = program.name(&alert.rule_id);
            column.by_rule.entry(rule).or_default().push(alert);
            let habits = column.by_owner.entry((owner, rule)).or_default();
            habits.push(alert);
            column.all += 1;
        }
        column
    }

    fn loud(&self) -> usize {
        self.by_rule.values().map(|alerts| count_loud(alerts)).sum()
    }
}

fn severities(alerts: Option<&Vec<&Alert>>) -> String {
    alerts.map_or_else(
        || "none".to_owned(),
        |alerts| by_severity(alerts.iter().map(|alert| alert.severity.as_str())),
    )
}

fn count_loud(alerts: &[&Alert]) -> usize {
    alerts.iter().filter(|alert| is_loud(alert)).count()
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
