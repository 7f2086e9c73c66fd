//! What was read: one line for people at the end of every command, the same as JSON for programs.

use keyline_trail::coverage::Coverage;
use serde_json::{Value, json};

use crate::config::Estate;
use crate::output::escape;
use crate::units::format_instant;

const TICKS_PER_MICROSECOND: i64 = 10;
/// The problems named on the coverage line; the rest are counted.
const PROBLEMS_NAMED_MAX: usize = 4;

/// One line for people.
pub fn line(coverage: &Coverage, estate: &Estate) -> String {
    let parts: Vec<String> = facts(coverage, estate)
        .into_iter()
        .map(|(_, value)| value)
        .collect();
    let mut text = format!("coverage: {}", parts.join(", "));
    for problem in problems(coverage) {
        text.push_str("; ");
        text.push_str(&problem);
    }
    text
}

/// The same as names and values, for a report.
pub fn lines(coverage: &Coverage, estate: &Estate) -> Vec<(String, String)> {
    let facts = facts(coverage, estate)
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value));
    let problems = problems(coverage)
        .into_iter()
        .map(|problem| ("problem".to_owned(), problem));
    facts.chain(problems).collect()
}

fn facts(coverage: &Coverage, estate: &Estate) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("files", count(coverage.files, "file")),
        ("size", bytes(coverage.bytes)),
        ("events", count(coverage.events, "event")),
    ];
    if let (Some(first), Some(last)) = (coverage.first_event, coverage.last_event) {
        facts.push(("span", format!("{} to {}", instant(first), instant(last))));
    }
    let unknown = coverage
        .accounts
        .iter()
        .filter(|id| !estate.accounts.iter().any(|account| account.id == **id))
        .count();
    let accounts = count(coverage.accounts.len() as u64, "account");
    let accounts = if estate.accounts.is_empty() || unknown == 0 {
        accounts
    } else {
        format!("{accounts} ({unknown} outside the estate)")
    };
    facts.push(("accounts", accounts));
    facts.push(("regions", count(coverage.regions.len() as u64, "region")));
    for (name, number, what) in [
        ("duplicates", coverage.duplicates, "duplicate"),
        ("bad records", coverage.bad_records, "bad record"),
        ("addenda", coverage.addenda, "patched record"),
        ("gaps", coverage.gaps.len() as u64, "gap"),
    ] {
        if number > 0 {
            facts.push((name, count(number, what)));
        }
    }
    if coverage.files_failed > 0 {
        let failed = format!("{} failed", count(coverage.files_failed, "file"));
        facts.push(("failed", failed));
    }
    facts
}

fn problems(coverage: &Coverage) -> Vec<String> {
    let all: Vec<_> = coverage.problems.iter().collect();
    let named = all.iter().take(PROBLEMS_NAMED_MAX).map(|problem| {
        let (kind, example) = (problem.kind.name(), escape(&problem.example));
        format!("{kind} × {} (first: {example})", problem.count)
    });
    let mut texts: Vec<String> = named.collect();
    if all.len() > PROBLEMS_NAMED_MAX {
        let more = all.len() - PROBLEMS_NAMED_MAX;
        texts.push(format!("{more} further kinds of problem"));
    }
    texts
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
        "addenda": coverage.addenda,
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

/// `1 of 1 credential still works`, `2 of 5 credentials still work`.
pub fn still_work(live: u64, all: u64) -> String {
    let works = if live == 1 { "works" } else { "work" };
    format!(
        "{} of {} still {works}",
        thousands(live),
        count(all, "credential")
    )
}

/// `1 batch`, `2 batches`.
#[cfg(feature = "lake")]
pub fn batches(number: u64) -> String {
    match number {
        1 => "1 batch".to_owned(),
        number => format!("{} batches", thousands(number)),
    }
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
