//! The report: one HTML file with the timeline, the tree, the alarms, what is unknown and what was
//! read.
//!
//! In: a view, what is drawn beside it, and the coverage in words. Out: a page that needs no network,
//! no script and no other file, follows the reader's light or dark, and prints. Its policy forbids
//! everything but its own style. Deliberately not here: the timeline itself (`svg.rs`).

use std::collections::BTreeMap;

use crate::credential::{Credential, Expiry};
use crate::limits::{REPORT_LISTED, REPORT_PROSE, REPORT_TEXT};
use crate::liveness::Liveness;
use crate::picture::View;
use crate::picture::axis::short_moment;
use crate::picture::rows::{Folded, Item, One, Row, Rows, rows};
use crate::picture::style::{MONO, SANS, Values, timeline, variables};
use crate::picture::svg::{Sheet, alert_counts, write_picture};
use crate::picture::text::{count, cut, minute, moment, second, thousands, visible, xml};
use crate::picture::tree::{folded_state, left_out};
use crate::picture::words::{Alarm, Still, because, clause, full_id, state, sureness, what};

/// What a report holds besides the view.
#[derive(Clone, Copy)]
pub struct Report<'a> {
    pub sheet: Sheet<'a>,
    /// What was read: names and values, in order.
    pub coverage: &'a [(String, String)],
    /// What stands behind the picture of whoever makes it: alerts in words, notes.
    pub sections: &'a [Section],
}

/// A part of a report that its maker writes: a heading, and names with what is said of each.
pub struct Section {
    pub title: String,
    pub items: Vec<(String, String)>,
}

/// The report of a view.
pub fn html(view: &View, report: &Report) -> String {
    let rows = rows(view, &alert_counts(report.sheet.alerts));
    let title = cell(report.sheet.title);
    let mut out = String::new();
    out.push_str("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    out.push_str(
        "<meta http-equiv=\"Content-Security-Policy\" \
         content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">\n",
    );
    out.push_str("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    out.push_str("<meta name=\"referrer\" content=\"no-referrer\">\n");
    out.push_str(&format!("<title>{title}</title>\n<style>\n{}", variables()));
    out.push_str(&format!(":root{{--sans:{SANS};--mono:{MONO}}}\n"));
    out.push_str(include_str!("report.css"));
    out.push_str(&format!(
        "{}\n</style>\n</head>\n<body>\n",
        timeline(Values::Variables)
    ));
    write_header(&mut out, view, &rows, &title);
    out.push_str("<main>\n");
    out.push_str("<figure>\n");
    write_picture(&mut out, view, &report.sheet, &rows, Values::Variables);
    out.push_str("</figure>\n");
    write_sections(&mut out, report);
    write_alarms(&mut out, view, report, &rows);
    write_tree(&mut out, view, report, &rows);
    write_unknown(&mut out, view, &rows);
    write_coverage(&mut out, report);
    write_reading(&mut out);
    out.push_str(
        "</main>\n<footer>Made by Keyline from CloudTrail records. All times are UTC.</footer>\n",
    );
    out.push_str("</body>\n</html>\n");
    out
}

/// The number first: how many of how many still work.
fn write_header(out: &mut String, view: &View, rows: &Rows, title: &str) {
    let counts = &rows.counts;
    out.push_str(&format!(
        "<header>\n<p class=\"kicker\">Keyline · credential lineage</p>\n<h1>{title}</h1>\n\
         <ul class=\"facts\">\n"
    ));
    let mut fact = |class: &str, number: String, words: &str| {
        out.push_str(&format!(
            "<li class=\"{class}\"><b>{number}</b><span>{words}</span></li>\n"
        ));
    };
    let working = thousands(counts.working as u64);
    fact(
        "main",
        format!("{working} of {}", thousands(counts.usable as u64)),
        &format!(
            "credentials {} at {} UTC",
            match counts.perhaps {
                0 => "work",
                _ => "work or may work",
            },
            minute(view.as_of)
        ),
    );
    if counts.production > 0 {
        let words = "that work and touch production";
        fact("alarm", thousands(counts.production as u64), words);
    }
    let class = if counts.alarming > 0 { "alarm" } else { "" };
    fact(
        class,
        thousands(counts.alarming as u64),
        "with an alarm or an alert",
    );
    fact(
        "",
        thousands(counts.trees as u64),
        match counts.trees {
            1 => "tree",
            _ => "trees",
        },
    );
    fact(
        "",
        thousands(counts.orphans as u64),
        match counts.orphans {
            1 => "session without a known parent",
            _ => "sessions without a known parent",
        },
    );
    out.push_str("</ul>\n</header>\n");
}

fn write_sections(out: &mut String, report: &Report) {
    for section in report.sections {
        out.push_str(&format!(
            "<section>\n<h2>{}</h2>\n<dl class=\"prose\">\n",
            cell(&section.title)
        ));
        for (name, text) in section.items.iter().take(REPORT_LISTED) {
            let lines: Vec<String> = text
                .lines()
                .map(|line| xml(&cut(&visible(line), REPORT_PROSE)))
                .collect();
            out.push_str(&format!(
                "<dt>{}</dt><dd>{}</dd>\n",
                cell(name),
                lines.join("<br>")
            ));
        }
        out.push_str("</dl>\n");
        write_more(out, section.items.len(), "more");
        out.push_str("</section>\n");
    }
}

fn write_alarms(out: &mut String, view: &View, report: &Report, rows: &Rows) {
    out.push_str("<section>\n<h2>Alarms</h2>\n");
    let alarming: Vec<&One> = ones(rows).filter(|one| !one.alarms.is_empty()).collect();
    if alarming.is_empty() && report.sheet.alerts.is_empty() {
        out.push_str("<p>None.</p>\n</section>\n");
        return;
    }
    out.push_str("<ul class=\"alarms\">\n");
    for one in alarming.iter().take(REPORT_LISTED) {
        let words: Vec<String> = one
            .alarms
            .iter()
            .filter(|alarm| !matches!(alarm, Alarm::Alerts(_)))
            .map(|alarm| xml(&alarm.words()))
            .collect();
        if words.is_empty() {
            continue;
        }
        out.push_str(&format!(
            "<li><span class=\"key\">{}</span> {} <b>{}</b><small>{}</small></li>\n",
            cell(full_id(&one.credential)),
            cell(&what(&one.credential, one.parent.as_ref())),
            words.join(", "),
            reasons(view, rows, one).join("<br>")
        ));
    }
    for alert in report.sheet.alerts.iter().take(REPORT_LISTED) {
        let credential = view.forest.credential(alert.node);
        out.push_str(&format!(
            "<li><span class=\"key\">{}</span> <b>{}</b> {}<small>{} UTC</small></li>\n",
            cell(full_id(&credential)),
            cell(&alert.severity),
            cell(&alert.title),
            second(alert.at)
        ));
    }
    out.push_str("</ul>\n");
    write_more(
        out,
        alarming.len().max(report.sheet.alerts.len()),
        "more alarms",
    );
    out.push_str("</section>\n");
}

/// The states behind an alarm, escaped: the credential's own, and that of the one that is off above it.
fn reasons(view: &View, rows: &Rows, one: &One) -> Vec<String> {
    let own = state(&one.credential, &one.liveness, one.still, &|at| {
        short_moment(at, view.as_of)
    });
    let mut reasons = vec![because_of(&own, &one.liveness)];
    if let Some((above, liveness)) = &one.off_above {
        let state = state(above, liveness, Still::Unremarkable, &|at| {
            short_moment(at, view.as_of)
        });
        let text = format!("{} {state}", rows.names.mention(above));
        reasons.push(because_of(&text, liveness));
    }
    reasons
}

fn because_of(text: &str, liveness: &Liveness) -> String {
    match liveness.why.as_str() {
        "" => cell(text),
        why => format!("{}: {}", cell(text), cell(why)),
    }
}

fn write_tree(out: &mut String, view: &View, report: &Report, rows: &Rows) {
    out.push_str(
        "<section>\n<h2>The tree</h2>\n<div class=\"wide\">\n<table>\n<thead><tr>\
         <th scope=\"col\">credential</th><th scope=\"col\">state</th>\
         <th scope=\"col\">issued, ends</th><th scope=\"col\">calls</th>\
         <th scope=\"col\">used</th><th scope=\"col\">parent</th>\
         <th scope=\"col\">from where, by what</th><th scope=\"col\">MFA, origin</th>\
         </tr></thead>\n<tbody>\n",
    );
    for row in &rows.rows {
        match &row.item {
            Item::One(one) => write_one(out, view, rows, row, one),
            Item::Folded(folded) => write_folded(out, row, folded),
        }
    }
    out.push_str("</tbody>\n</table>\n</div>\n");
    if let Some(text) = left_out(&rows.left_out, report.sheet.to_see_all) {
        out.push_str(&format!("<p class=\"muted\">{}</p>\n", xml(&text)));
    }
    out.push_str("</section>\n");
}

fn write_one(out: &mut String, view: &View, rows: &Rows, row: &Row, one: &One) {
    let credential = &one.credential;
    let class = match (row.level, one.works()) {
        (0, true) => "root",
        (0, false) => "root ended",
        (_, true) => "",
        (_, false) => "ended",
    };
    out.push_str(&format!("<tr class=\"{class}\">{}", name_cell(row)));
    let id = full_id(credential);
    let short = rows.names.name(credential);
    let more_keys = credential.access_key_ids.len().saturating_sub(1);
    let mut ids = if visible(id) == short {
        String::new()
    } else {
        cell(id)
    };
    if more_keys > 0 {
        ids.push_str(&format!(" and {}", count(more_keys as u64, "further key")));
    }
    out.push_str(&format!(
        "<span class=\"key\">{}</span> {}<small class=\"key\">{ids}</small>\
         <small>{}</small></th>",
        cell(&short),
        cell(&what(credential, one.parent.as_ref())),
        cell(&credential.principal_arn)
    ));
    write_state(out, view, one);
    write_times(out, view, credential);
    let calls = match credential.kind.is_usable() {
        true => small(
            &thousands(credential.event_count),
            &failed(credential.error_count),
        ),
        false => String::new(),
    };
    out.push_str(&format!("<td class=\"number\">{calls}</td>"));
    let used = match (credential.first_used, credential.last_used) {
        (Some(first), Some(last)) => {
            format!("{}<br>to {}", minute(first), moment(last, first))
        }
        _ if credential.kind.is_usable() => "never".to_owned(),
        _ => String::new(),
    };
    out.push_str(&format!("<td class=\"when\">{used}</td>"));
    write_parent(out, rows, one);
    write_where_from(out, credential);
    write_origin(out, credential);
    out.push_str("</tr>\n");
}

/// The cell of a name, as far in as its level.
fn name_cell(row: &Row) -> String {
    // Deeper rows stand no further in: a page is no wider than its reader's screen.
    let level = row.level.min(crate::limits::TREE_LEVELS_DRAWN);
    let depth = match level < row.level {
        true => format!("({}) ", row.level),
        false => String::new(),
    };
    let branch = if level > 0 { "└ " } else { "" };
    format!(
        "<th scope=\"row\" class=\"name\" style=\"padding-left:{}px\">\
         <span class=\"muted\">{branch}{depth}</span>",
        10 + 18 * level
    )
}

fn write_state(out: &mut String, view: &View, one: &One) {
    let text = state(&one.credential, &one.liveness, one.still, &|at| {
        short_moment(at, view.as_of)
    });
    out.push_str("<td class=\"state\">");
    if !text.is_empty() {
        match one.works() {
            true => out.push_str(&format!("<b>● {}</b>", xml(&text))),
            false => out.push_str(&format!("○ {}", xml(&text))),
        }
        out.push_str(&format!("<small>{}</small>", cell(&one.liveness.why)));
    }
    for alarm in &one.alarms {
        out.push_str(&format!("<em>{}</em>", xml(&alarm.words())));
    }
    out.push_str("</td>");
}

fn write_times(out: &mut String, view: &View, credential: &Credential) {
    let issued = credential.issued_at.map(minute);
    let ends = credential
        .expires_at
        .map(|at| moment(at, credential.issued_at.unwrap_or(view.as_of)));
    let text = match (issued, ends, credential.expiry) {
        (issued, Some(ends), Expiry::Exact) => {
            format!("{}<br>to {ends}", issued.unwrap_or_else(|| "?".to_owned()))
        }
        (issued, Some(ends), _) => format!(
            "{}<br>at most to {ends}",
            issued.unwrap_or_else(|| "?".to_owned())
        ),
        (Some(issued), None, _) => format!("{issued}<small>no end</small>"),
        (None, None, _) => String::new(),
    };
    let api = match credential.issuing_api.is_empty() {
        true => String::new(),
        false => format!("<small>{}</small>", cell(&credential.issuing_api)),
    };
    out.push_str(&format!("<td class=\"when\">{text}{api}</td>"));
}

fn write_parent(out: &mut String, rows: &Rows, one: &One) {
    let credential = &one.credential;
    let mut text = match &one.parent {
        Some(parent) => format!("{} ", cell(&rows.names.mention(parent))),
        None => String::new(),
    };
    text.push_str(&format!("<small>{}</small>", cell(&sureness(credential))));
    let why = because(credential);
    if !why.is_empty() {
        text.push_str(&format!("<small>{}</small>", cell(&why)));
    }
    out.push_str(&format!("<td class=\"parent\">{text}</td>"));
}

fn write_where_from(out: &mut String, credential: &Credential) {
    let mut lines: Vec<String> = Vec::new();
    let sources = credential.sources.iter().take(SHOWN_IN_CELL);
    for source in sources {
        lines.push(small(
            &cell(&source.address),
            &count(source.event_count, "call"),
        ));
    }
    let rest = credential.sources.len().saturating_sub(SHOWN_IN_CELL);
    if rest > 0 || credential.more_sources {
        let at_least = if credential.more_sources {
            "at least "
        } else {
            ""
        };
        lines.push(format!(
            "<small>and {at_least}{}</small>",
            count(rest as u64, "other")
        ));
    }
    for agent in credential.user_agents.iter().take(SHOWN_IN_CELL) {
        lines.push(format!("<small>{}</small>", cell(agent)));
    }
    let rest = credential.user_agents.len().saturating_sub(SHOWN_IN_CELL);
    if rest > 0 || credential.more_user_agents {
        let at_least = if credential.more_user_agents {
            "at least "
        } else {
            ""
        };
        lines.push(format!(
            "<small>and {at_least}{}</small>",
            count(rest as u64, "other agent")
        ));
    }
    out.push_str(&format!("<td class=\"from\">{}</td>", lines.concat()));
}

fn write_origin(out: &mut String, credential: &Credential) {
    let mut lines: Vec<String> = Vec::new();
    let mfa = match credential.mfa_authenticated {
        Some(true) => "MFA",
        Some(false) => "no MFA",
        None => "",
    };
    let serial = cell(&credential.mfa_serial);
    if !mfa.is_empty() || !serial.is_empty() {
        lines.push(small(mfa, &serial));
    }
    if let Some(origin) = &credential.origin {
        lines.push(small(&cell(&origin.id), &cell(origin.kind)));
    }
    if !credential.source_identity.is_empty() {
        lines.push(small(&cell(&credential.source_identity), "source identity"));
    }
    out.push_str(&format!("<td class=\"origin\">{}</td>", lines.concat()));
}

fn write_folded(out: &mut String, row: &Row, folded: &Folded) {
    out.push_str(&format!(
        "<tr>{}… {} more {}</th><td class=\"state muted\">{}</td><td></td>\
         <td class=\"number\">{}</td><td colspan=\"4\"></td></tr>\n",
        name_cell(row),
        thousands(folded.siblings as u64),
        cell(&folded.what),
        xml(&folded_state(folded)),
        small(&thousands(folded.events), &failed(folded.errors))
    ));
}

/// Parents that nobody knows, parents that could be others, ends that are only bounded.
fn write_unknown(out: &mut String, view: &View, rows: &Rows) {
    let mut orphans: BTreeMap<&str, Vec<&One>> = BTreeMap::new();
    for one in ones(rows).filter(|one| one.credential.parent.is_none()) {
        if let Some(why) = one.credential.parent_unknown_because {
            orphans.entry(why).or_default().push(one);
        }
    }
    let open: Vec<&One> = ones(rows)
        .filter(|one| one.credential.parent.is_some() && one.doubt.is_some())
        .collect();
    let bounded = ones(rows)
        .filter(|one| one.works() && one.credential.expiry == Expiry::Bounded)
        .count();
    out.push_str("<section>\n<h2>What is not known</h2>\n");
    if orphans.is_empty() && open.is_empty() && bounded == 0 {
        out.push_str("<p>Every parent is known, and every end.</p>\n</section>\n");
        return;
    }
    out.push_str("<ul class=\"plain\">\n");
    for (why, ones) in &orphans {
        out.push_str(&format!(
            "<li>{} without a known parent: {}. {}</li>\n",
            count(ones.len() as u64, "credential"),
            cell(&clause(why)),
            listed(rows, ones)
        ));
    }
    for one in open.iter().take(REPORT_LISTED) {
        let candidates = one
            .credential
            .parent
            .iter()
            .flat_map(|parent| &parent.candidates);
        let names = candidates.take(REPORT_LISTED).map(|candidate| {
            let name = match view.forest.by_id(&candidate.id) {
                Some(node) => rows.names.mention(&view.forest.credential(node)),
                None => visible(&candidate.id),
            };
            let percent = (candidate.confidence * 100.0).round();
            format!("<span class=\"key\">{}</span> ({percent} %)", cell(&name))
        });
        out.push_str(&format!(
            "<li>The parent of <span class=\"key\">{}</span> is one of several that fit: {}.</li>\n",
            cell(&rows.names.mention(&one.credential)),
            names.collect::<Vec<_>>().join(", ")
        ));
    }
    if bounded > 0 {
        out.push_str(&format!(
            "<li>{} of which only the latest possible end is known: the records do not say when \
             they end.</li>\n",
            count(bounded as u64, "working credential")
        ));
    }
    out.push_str("</ul>\n");
    write_more(out, open.len(), "more uncertain parents");
    out.push_str("</section>\n");
}

fn listed(rows: &Rows, ones: &[&One]) -> String {
    let shown = ones.iter().take(SHOWN_IN_LIST).map(|one| {
        format!(
            "<span class=\"key\">{}</span>",
            cell(&rows.names.mention(&one.credential))
        )
    });
    let mut text = shown.collect::<Vec<_>>().join(", ");
    if ones.len() > SHOWN_IN_LIST {
        text.push_str(&format!(
            " and {} more",
            thousands((ones.len() - SHOWN_IN_LIST) as u64)
        ));
    }
    text
}

fn write_coverage(out: &mut String, report: &Report) {
    out.push_str("<section>\n<h2>What was read</h2>\n");
    if report.coverage.is_empty() {
        out.push_str("<p>Nothing was said about it.</p>\n");
    } else {
        out.push_str("<dl>\n");
        for (name, value) in report.coverage {
            out.push_str(&format!(
                "<dt>{}</dt><dd>{}</dd>\n",
                cell(name),
                cell(value)
            ));
        }
        out.push_str("</dl>\n");
    }
    out.push_str("<p class=\"muted\">What is not in these records cannot be seen here: a credential that was minted elsewhere, a revocation in an account that was not read.</p>\n</section>\n");
}

fn write_reading(out: &mut String) {
    out.push_str(
        "<section>\n<h2>How to read it</h2>\n<dl>\n\
         <dt>Rows</dt><dd>One for each credential, below the one that minted it. A bold name works at the instant of the dashed line.</dd>\n\
         <dt>Bars</dt><dd>A bar is the time in which a credential is valid, not the time in which it was used; what is filled in it is use. A dashed bar is the latest that it can last. An arrow at an edge: it goes on beyond.</dd>\n\
         <dt>Hatching</dt><dd>The credential goes on working although one above it was switched off or revoked. Deactivating an access key ends none of the sessions that it minted; each must be ended by itself.</dd>\n\
         <dt>Marks</dt><dd>▲ mints the credential at the end of the thin line, ✕ was switched off, revoked or deleted, ○ was switched on again, ! was used after revocation, ◆ alert.</dd>\n\
         <dt>Colours</dt><dd>Accounts. Nothing else depends on them.</dd>\n\
         <dt>Parents</dt><dd>Recorded: a record names both. Inferred: principal and second agree. One of several: more than one fits, and none was chosen by guessing.</dd>\n\
         <dt>States</dt><dd>Judged from the records that were read. A revocation may take a minute to reach every endpoint.</dd>\n\
         </dl>\n</section>\n",
    );
}

/// Sources and agents that a cell lists.
const SHOWN_IN_CELL: usize = 4;
/// Names that a sentence lists.
const SHOWN_IN_LIST: usize = 12;

fn ones(rows: &Rows) -> impl Iterator<Item = &One> {
    rows.rows.iter().filter_map(|row| match &row.item {
        Item::One(one) => Some(&**one),
        Item::Folded(_) => None,
    })
}

fn write_more(out: &mut String, number: usize, what: &str) {
    if number > REPORT_LISTED {
        let more = thousands((number - REPORT_LISTED) as u64);
        out.push_str(&format!("<p class=\"muted\">… {more} {what}</p>\n"));
    }
}

fn failed(errors: u64) -> String {
    match errors {
        0 => String::new(),
        errors => format!("{} failed", thousands(errors)),
    }
}

/// A line with a smaller one below it.
fn small(text: &str, below: &str) -> String {
    match below {
        "" => format!("<div>{text}</div>"),
        below => format!("<div>{text}<small>{below}</small></div>"),
    }
}

/// Text of a log for a cell: cut and escaped.
fn cell(text: &str) -> String {
    xml(&cut(&visible(text), REPORT_TEXT))
}
