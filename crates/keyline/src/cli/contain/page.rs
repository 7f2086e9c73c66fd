//! A plan on a terminal: what stays alive and what is hit first, then one line a step.

use keyline_contain::{Breadth, Plan, Step};
use keyline_trail::time::format_time;
use serde_json::Value;

use crate::output::{Printer, Style, escape};

/// Still living credentials, refusals and notes that are shown; the JSON has them all.
const LINES_MAX: usize = 20;

/// Sources and agents of a key that are shown; the JSON has them all.
const USED_BY_MAX: usize = 8;

/// Legitimate sessions that a step hits and that are named; the JSON has them all.
const HITS_MAX: usize = 4;

/// Names that one line shows of what a step is done to.
const NAMES_MAX: usize = 4;

/// Parameters that say something, while the others name what it is said of.
const SAYING: &[&str] = &[
    "content",
    "description",
    "inline_policy",
    "policy",
    "policy_document",
    "policy_name",
    "principal",
    "public_access_block_configuration",
    "status",
    "token",
    "type",
    "used_by_agents",
    "versioning_configuration",
];

/// The plan as text.
pub fn page(plan: &Plan, printer: &Printer) -> String {
    let mut out = String::new();
    let breadth = |breadth| match breadth {
        Breadth::Broad => "broad",
        Breadth::Narrow => "narrow",
    };
    out.push_str(&format!(
        "Containment of {}, {}, as of {}\n{}\n",
        escape(&plan.target),
        breadth(plan.breadth),
        format_time(plan.as_of),
        printer.paint(Style::Bold, &escape(&plan.headline()))
    ));
    if let Some(since) = plan.stolen_since {
        out.push_str(&format!("Stolen since {}.\n", format_time(since)));
    }
    out.push_str(&format!("{}\n", escape(&plan.other_way())));
    let left = plan.still_alive_after.iter().map(|left| {
        let until = left.until.map_or_else(
            || "no end of its own".to_owned(),
            |until| format!("until {}", format_time(until)),
        );
        format!(
            "{}  {}  {}: {}",
            escape(
                plan.names
                    .get(&left.credential)
                    .map_or(&left.credential, |named| &named.what)
            ),
            until,
            left.reason.name(),
            escape(&left.why)
        )
    });
    section(&mut out, "Still alive after it", left.collect());
    let doors = plan.doors();
    section(
        &mut out,
        "Let in by the tree",
        doors.iter().map(|door| escape(door)).collect(),
    );
    let refused = plan
        .refused
        .iter()
        .map(|refused| format!("{}: {}", escape(&refused.target), escape(&refused.why)));
    section(&mut out, "Not touched", refused.collect());
    section(
        &mut out,
        "To know",
        plan.notes.iter().map(|note| escape(note)).collect(),
    );
    let mut phase = None;
    for step in &plan.steps {
        if phase != Some(step.phase) {
            phase = Some(step.phase);
            out.push_str(&format!("\n{}\n", step.phase.name()));
        }
        out.push_str(&line(plan, step));
    }
    out.push_str(&format!("\nplan {}, hash {}\n", plan.plan_id(), plan.hash));
    out
}

fn section(out: &mut String, title: &str, lines: Vec<String>) {
    if lines.is_empty() {
        return;
    }
    out.push_str(&format!("\n{title}\n"));
    for line in lines.iter().take(LINES_MAX) {
        out.push_str(&format!("  {line}\n"));
    }
    if lines.len() > LINES_MAX {
        out.push_str(&format!("  and {} more\n", lines.len() - LINES_MAX));
    }
}

fn line(plan: &Plan, step: &Step) -> String {
    let mut marks = Vec::new();
    if step.by_hand {
        marks.push("by hand".to_owned());
    }
    if step.needs_confirmation {
        marks.push("asks again".to_owned());
    }
    if !step.stops.is_empty() {
        marks.push(format!("stops {}", step.stops.len()));
    }
    if step.breaks_count > 0 {
        marks.push(format!("hits {}", step.breaks_count));
    }
    let named: Vec<String> = step
        .params
        .iter()
        .filter(|(name, _)| !SAYING.contains(&name.as_str()))
        .flat_map(|(_, value)| match value {
            Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
            one => one.as_str().into_iter().collect::<Vec<_>>(),
        })
        .take(NAMES_MAX)
        .map(escape)
        .collect();
    // What takes back a deed is known best by its call.
    let what = match step.kind.as_str() {
        "undo-what-was-done" => step.operation(),
        kind => kind.replace('-', " "),
    };
    let text = format!(
        "  {:<5}{:<36} {} {}  {}",
        step.id,
        escape(&what),
        escape(&step.account),
        named.join(" "),
        marks.join(", ")
    );
    let mut line = format!("{}\n", text.trim_end());
    // Whom a step hits besides the thief is for whoever approves to know before reading on.
    for hit in step.breaks.iter().take(HITS_MAX) {
        line.push_str(&format!("         hits {}\n", escape(&plan.called(hit))));
    }
    if step.breaks_count > HITS_MAX {
        line.push_str(&format!(
            "         and {} more\n",
            step.breaks_count - HITS_MAX
        ));
    }
    for cut in &step.cuts_off {
        line.push_str(&format!("         cuts off {}\n", escape(cut)));
    }
    // What a person has to do does not follow from the call that looks at it.
    if step.by_hand {
        line.push_str(&format!("       {}\n", escape(&step.why)));
        for used in step.used_by().iter().take(USED_BY_MAX) {
            line.push_str(&format!("         used by {}\n", escape(used)));
        }
    }
    line
}
