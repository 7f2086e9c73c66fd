//! Alerts for a terminal: by severity and rule, each on a few lines, then a summary.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

use keyline_detect::alert::Alert;
use keyline_detect::hunt::HuntReport;
use keyline_detect::rule::AlertSeverity;
use serde_json::Value;

use crate::cli::Context;
use crate::coverage::{count, still_work, thousands};
use crate::output::{Style, escape, width};
use crate::sparkline::sparkline;
use crate::units::parse_instant;

/// Alerts of one rule that are shown; more are counted.
const ALERTS_SHOWN_PER_RULE: usize = 8;
/// Incidents that are shown; more are counted.
const INCIDENTS_SHOWN: usize = 8;
/// The columns of the timeline.
const TIMELINE_BINS: usize = 60;
const TICKS_PER_MICROSECOND: i64 = 10;
const SEVERITIES: [AlertSeverity; 4] = [
    AlertSeverity::High,
    AlertSeverity::Medium,
    AlertSeverity::Low,
    AlertSeverity::Informational,
];

pub fn write(
    out: &mut dyn Write,
    report: &HuntReport,
    took: Duration,
    context: &Context,
) -> io::Result<()> {
    let width = usize::from(width().min(120));
    for severity in SEVERITIES {
        let mut by_rule: BTreeMap<(&str, &str), Vec<&Alert>> = BTreeMap::new();
        for alert in report
            .alerts
            .iter()
            .filter(|alert| alert.severity == severity)
        {
            by_rule
                .entry((&alert.rule_name, &alert.rule_id))
                .or_default()
                .push(alert);
        }
        for ((rule, _), alerts) in by_rule {
            write_rule(out, severity, rule, &alerts, width, context)?;
        }
    }
    write_incidents(out, report, width, context)?;
    write_summary(out, report, took, context)
}

/// What belongs together, and how much of it still works.
fn write_incidents(
    out: &mut dyn Write,
    report: &HuntReport,
    width: usize,
    context: &Context,
) -> io::Result<()> {
    // An incident without credentials says no more than its alerts.
    let traced = report
        .incidents
        .iter()
        .filter(|incident| incident.root_credential.is_some());
    let mut shown = 0;
    for incident in traced.clone().take(INCIDENTS_SHOWN) {
        let badge = format!("{:<13}", "INCIDENT");
        let root = incident.root_name.as_deref().unwrap_or_default();
        writeln!(
            out,
            "{} {}",
            context.printer.paint(style(incident.severity), &badge),
            context
                .printer
                .paint(Style::Bold, &cut(root, width.saturating_sub(14)))
        )?;
        writeln!(
            out,
            "  {}",
            cut(
                &format!(
                    "{} · {} · {} to {}",
                    still_work(
                        incident.live_credentials as u64,
                        incident.tree_credentials as u64
                    ),
                    count(incident.alerts.len() as u64, "alert"),
                    incident.first_event,
                    incident.last_event,
                ),
                width - 2
            )
        )?;
        writeln!(out, "  keyline lineage {}\n", escape(root))?;
        shown += 1;
    }
    let more = traced.count() - shown;
    if more > 0 {
        writeln!(
            out,
            "… and {} (`-o json` prints all)\n",
            count(more as u64, "more incident")
        )?;
    }
    Ok(())
}

fn write_rule(
    out: &mut dyn Write,
    severity: AlertSeverity,
    rule: &str,
    alerts: &[&Alert],
    width: usize,
    context: &Context,
) -> io::Result<()> {
    let first = alerts[0];
    let badge = format!("{:<13}", severity.name().to_uppercase());
    let attack = first
        .tactics
        .iter()
        .chain(&first.techniques)
        .cloned()
        .collect::<Vec<_>>()
        .join(" ");
    let printer = &context.printer;
    let title = cut(rule, width.saturating_sub(14));
    let attack = escape(&attack);
    let fits = 14 + title.chars().count() + 2 + attack.chars().count() <= width;
    write!(
        out,
        "{} {}",
        printer.paint(style(severity), &badge),
        printer.paint(Style::Bold, &title)
    )?;
    // What does not fit beside the name stands below it.
    let gap = if fits { "  " } else { "\n  " };
    writeln!(out, "{gap}{}", printer.paint(Style::Dim, &attack))?;
    for alert in alerts.iter().take(ALERTS_SHOWN_PER_RULE) {
        let when = if alert.start_time == alert.end_time {
            alert.start_time.clone()
        } else {
            format!("{} to {}", alert.start_time, alert.end_time)
        };
        let events = match alert.event_count {
            0 => String::new(),
            number => format!(", {}", count(number as u64, "event")),
        };
        writeln!(
            out,
            "  {} {when}{events}",
            printer.paint(Style::Blue, &alert.alert_id)
        )?;
        if alert.title != alert.rule_name {
            writeln!(out, "      {}", cut(&alert.title, width - 6))?;
        }
        let entities = entities(alert);
        if !entities.is_empty() {
            for line in wrap(&entities, width.saturating_sub(6)) {
                writeln!(out, "      {line}")?;
            }
        }
        if !alert.access_key_ids.is_empty() {
            let keys = cut(&alert.access_key_ids.join(" "), width - 11);
            writeln!(out, "      keys {keys}")?;
        }
    }
    if alerts.len() > ALERTS_SHOWN_PER_RULE {
        writeln!(
            out,
            "  … and {} more of this rule (`-o jsonl` prints all)",
            alerts.len() - ALERTS_SHOWN_PER_RULE
        )?;
    }
    writeln!(out)
}

fn write_summary(
    out: &mut dyn Write,
    report: &HuntReport,
    took: Duration,
    context: &Context,
) -> io::Result<()> {
    let by_severity: Vec<String> = SEVERITIES
        .iter()
        .filter_map(|severity| {
            let number = report
                .alerts
                .iter()
                .filter(|alert| alert.severity == *severity)
                .count();
            (number > 0).then(|| {
                format!(
                    "{} {}",
                    thousands(number as u64),
                    severity.name().to_lowercase()
                )
            })
        })
        .collect();
    let alerts = if by_severity.is_empty() {
        "no alerts".to_owned()
    } else {
        format!(
            "{}: {}",
            count(report.alerts.len() as u64, "alert"),
            by_severity.join(", ")
        )
    };
    let mut rules = count(report.rules.len() as u64, "rule");
    if !report.failed_rules.is_empty() {
        rules.push_str(&format!(" ({} failed)", report.failed_rules.len()));
    }
    writeln!(
        out,
        "{} · {} over {} in {:.1} s",
        context.printer.paint(Style::Bold, &alerts),
        rules,
        count(report.coverage.events, "event"),
        took.as_secs_f64(),
    )?;
    let instants: Vec<i64> = report
        .alerts
        .iter()
        .filter_map(|alert| parse_instant(&alert.start_time).ok())
        .collect();
    if let (Some(first), Some(last)) = (report.coverage.first_event, report.coverage.last_event)
        && !instants.is_empty()
    {
        let (from, to) = (first * TICKS_PER_MICROSECOND, last * TICKS_PER_MICROSECOND);
        let day = |ticks: i64| {
            crate::units::format_instant(ticks)
                .chars()
                .take(16)
                .collect::<String>()
        };
        let line = sparkline(&instants, from, to, TIMELINE_BINS);
        writeln!(out, "{} {line} {}", day(from), day(to))?;
    }
    Ok(())
}

/// `Account arn:… · IP 203.0.113.7`.
pub fn entities(alert: &Alert) -> String {
    let parts: Vec<String> = alert
        .entities
        .iter()
        .map(|entity| {
            let values: Vec<String> = entity
                .identifiers
                .values()
                .map(|value| match value {
                    Value::String(text) => escape(text),
                    other => escape(&other.to_string()),
                })
                .collect();
            format!("{} {}", escape(&entity.entity_type), values.join(" "))
        })
        .collect();
    parts.join(" · ")
}

fn style(severity: AlertSeverity) -> Style {
    match severity {
        AlertSeverity::High => Style::Red,
        AlertSeverity::Medium => Style::Yellow,
        AlertSeverity::Low => Style::Blue,
        AlertSeverity::Informational => Style::Dim,
    }
}

fn cut(text: &str, width: usize) -> String {
    let text = escape(text);
    if text.chars().count() <= width {
        return text;
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{kept}…")
}

/// Breaks at blanks; a word longer than a line stays whole, so that it can be copied.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().expect("there is always a line");
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(word.to_owned());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}
