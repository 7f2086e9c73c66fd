//! What was read: one line for people at the end of every command, the same as JSON for programs.

use keyline_trail::coverage::Coverage;
use serde_json::{Value, json};

use crate::config::Estate;
use crate::output::escape;
use crate::units::format_instant;

const TICKS_PER_MICROSECOND: i64 = 10;
/// The problems named on the coverage line; the rest are counted.
const PROBLEMS_NAMED_MAX: usize = 4;

pub fn line(coverage: &Coverage, estate: &Estate) -> String {
    let mut parts = vec![
        count(coverage.files, "file"),
        bytes(coverage.bytes),
        count(coverage.events, "event"),
    ];
    if let (Some(first), Some(last)) = (coverage.first_event, coverage.last_event) {
        parts.push(format!("{} to {}", instant(first), instant(last)));
    }
    let unknown = coverage
        .accounts
        .iter()
        .filter(|id| !estate.accounts.iter().any(|account| account.id == **id))
        .count();
    let accounts = count(coverage.accounts.len() as u64, "account");
    parts.push(if estate.accounts.is_empty() || unknown == 0 {
        accounts
    } else {
        format!("{accounts} ({unknown} outside the estate)")
    });
    parts.push(count(coverage.regions.len() as u64, "region"));
    for (number, what) in [
        (coverage.duplicates, "duplicate"),
        (coverage.bad_records, "bad record"),
        (coverage.gaps.len() as u64, "gap"),
    ] {
        if number > 0 {
            parts.push(count(number, what));
        }
    }
    if coverage.files_failed > 0 {
        parts.push(format!("{} failed", count(coverage.files_failed, "file")));
    }
    let mut text = format!("coverage: {}", parts.join(", "));
    let problems: Vec<_> = coverage.problems.iter().collect();
    for problem in problems.iter().take(PROBLEMS_NAMED_MAX) {
        text.push_str(&format!(
            "; {} × {} (first: {})",
            problem.kind.name(),
            problem.count,
            escape(&problem.example)
        ));
    }
    if problems.len() > PROBLEMS_NAMED_MAX {
        text.push_str(&format!(
            "; {} further kinds of problem",
            problems.len() - PROBLEMS_NAMED_MAX
        ));
    }
    text
}

pub fn json(coverage: &Coverage) -> Value {
    json!({
        "schema": "keyline.coverage/1",
        "files": coverage.files,
        "files_failed": coverage.files_failed,
        "bytes": coverage.bytes,
        "events": coverage.events,
        "duplicates": coverage.duplicates,
        "bad_records": coverage.bad_records,
        "first_event": coverage.first_event.map(instant),
        "last_event": coverage.last_event.map(instant),
        "accounts": coverage.accounts,
        "regions": coverage.regions,
        "gaps": coverage.gaps.iter().map(|gap| json!({
            "account": gap.account,
            "region": gap.region,
            "from": instant(gap.from),
            "to": instant(gap.to),
            "why": gap.why,
        })).collect::<Vec<_>>(),
        "problems": coverage.problems.iter().map(|problem| json!({
            "kind": problem.kind.name(),
            "count": problem.count,
            "example": problem.example,
        })).collect::<Vec<_>>(),
    })
}

fn instant(microseconds: i64) -> String {
    format_instant(microseconds.saturating_mul(TICKS_PER_MICROSECOND))
}

/// `1,234 events`.
pub fn count(number: u64, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {what}{plural}", thousands(number))
}

pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

pub fn bytes(number: u64) -> String {
    let units = ["B", "kB", "MB", "GB", "TB"];
    let mut scaled = number as f64;
    let mut unit = 0;
    while scaled >= 1000.0 && unit + 1 < units.len() {
        scaled /= 1000.0;
        unit += 1;
    }
    if unit == 0 {
        format!("{number} B")
    } else {
        format!("{scaled:.1} {}", units[unit])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(count(1, "file"), "1 file");
        assert_eq!(count(1_234_567, "event"), "1,234,567 events");
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(1_760_000_000), "1.8 GB");
    }
}
