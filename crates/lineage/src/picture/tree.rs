//! The forest as lines for a terminal: one a credential, with its state and its alarms.
//!
//! In: a view, a width, whether colour is wanted. Out: lines that fit, can be read without colour, and
//! end with how many credentials work and what to do next. Deliberately not here: which credentials
//! are shown (`rows.rs`) and what is said of them (`words.rs`).

use std::collections::HashMap;

use crate::forest::Node;
use crate::limits::{TREE_LEVELS_DRAWN, TREE_WIDTH_MIN};
use crate::picture::View;
use crate::picture::axis::short_moment;
use crate::picture::rows::{Counts, Folded, Item, LeftOut, One, Row, Rows, rows};
use crate::picture::text::{cells, count, cut, minute, short_number, thousands, visible};
use crate::picture::words::{Names, full_id, state, what};

/// How a tree is written.
#[derive(Clone, Copy, Debug)]
pub struct TreeOptions<'a> {
    /// Columns of the terminal.
    pub width: usize,
    pub colour: Colour,
    /// What was asked for, to be named in the last line; else it names what still works.
    pub asked: Option<Node>,
    /// How many alerts there are about a node.
    pub alerts: &'a HashMap<Node, u64>,
    /// How to see all: `--all`, as the last line but one says it.
    pub to_see_all: &'a str,
}

/// Whether lines carry ANSI colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    Plain,
    Ansi,
}

/// Columns between two columns of text.
const GAP: usize = 2;

/// Columns that names keep on a narrow terminal.
const NAMES_MIN: usize = 24;
const NEXT: &str = "Next: ";
const CONTAIN: &str = "keyline contain plan ";
const LOOK: &str = "keyline lineage ";

/// The tree of a view.
pub fn tree(view: &View, options: &TreeOptions) -> String {
    let rows = rows(view, options.alerts);
    let width = options.width.max(TREE_WIDTH_MIN);
    let lines: Vec<Line> = rows.rows.iter().map(|row| line(row, &rows, view)).collect();
    let widths = Widths::of(&lines, width);
    let mut out = String::new();
    let mut reason = None;
    for (at, line) in lines.iter().enumerate() {
        let heading = heading(&rows.rows[at], &mut reason);
        if at > 0 && (heading.is_some() || stands_apart(&rows.rows, at)) {
            out.push('\n');
        }
        if let Some(text) = heading {
            push_wrapped(
                &mut out,
                &format!("? {text}"),
                width,
                options.colour,
                Paint::Yellow,
            );
        }
        write_line(&mut out, line, &widths, options.colour);
    }
    write_end(&mut out, &rows, view, options, width);
    out
}

/// One line before it is laid out.
struct Line {
    /// `│  ├─ `
    guides: String,
    /// The guides of a second line.
    below: String,
    name: String,
    what: String,
    calls: String,
    failed: String,
    state: String,
    alarms: Vec<String>,
    doubt: Option<String>,
    look: Look,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    Works,
    Ended,
    /// Something that cannot be used, or a row of folded siblings.
    Aside,
}

fn line(row: &Row, rows: &Rows, view: &View) -> Line {
    let (guides, mut below) = guides(row);
    if row.has_branches && row.level < TREE_LEVELS_DRAWN {
        below.push_str("│  ");
    } else {
        below.push_str("   ");
    }
    match &row.item {
        Item::One(one) => one_line(one, guides, below, &rows.names, view.as_of),
        Item::Folded(folded) => folded_line(folded, guides, below),
    }
}

fn one_line(one: &One, guides: String, below: String, names: &Names, as_of: i64) -> Line {
    let credential = &one.credential;
    Line {
        guides,
        below,
        name: names.name(credential),
        what: what(credential, one.parent.as_ref()),
        calls: calls(credential.event_count, credential.kind.is_usable()),
        failed: failed(credential.event_count, credential.error_count),
        state: state(credential, &one.liveness, one.still, &|at| {
            short_moment(at, as_of)
        }),
        alarms: one.alarms.iter().map(|alarm| alarm.words()).collect(),
        // Why there is no parent stands above the first of those without.
        doubt: one.doubt.clone().filter(|_| one.parent.is_some()),
        look: match (credential.kind.is_usable(), one.works()) {
            (false, _) => Look::Aside,
            (true, true) => Look::Works,
            (true, false) => Look::Ended,
        },
    }
}

fn folded_line(folded: &Folded, guides: String, below: String) -> Line {
    let siblings = thousands(folded.siblings as u64);
    let mut what = format!("{siblings} more {}", folded.what);
    if folded.usable > folded.siblings {
        what = format!("{what} with {}", count(folded.usable as u64, "credential"));
    }
    Line {
        guides,
        below,
        name: "…".to_owned(),
        what,
        calls: calls(folded.events, folded.usable > 0),
        failed: failed(folded.events, folded.errors),
        state: folded_state(folded),
        alarms: Vec::new(),
        doubt: None,
        look: Look::Aside,
    }
}

fn calls(events: u64, usable: bool) -> String {
    match events {
        _ if !usable => String::new(),
        0 => "no calls".to_owned(),
        1 => "1 call".to_owned(),
        many => format!("{} calls", short_number(many)),
    }
}

fn failed(events: u64, errors: u64) -> String {
    match errors {
        0 => String::new(),
        errors if errors >= events => "all failed".to_owned(),
        errors => format!("{} failed", short_number(errors)),
    }
}

/// `all expired`, `none works`, `12 work`.
pub fn folded_state(folded: &Folded) -> String {
    match folded.working {
        _ if folded.usable == 0 => String::new(),
        0 if folded.all_expired => "all expired".to_owned(),
        0 => "none works".to_owned(),
        working if working == folded.usable => "all work".to_owned(),
        working => format!("{} work", thousands(working as u64)),
    }
}

/// What stands before a name, and before what continues its line. Deep rows stand no further in than
/// [`TREE_LEVELS_DRAWN`]; a number says how deep they are.
fn guides(row: &Row) -> (String, String) {
    let level = row.level.min(TREE_LEVELS_DRAWN);
    let mut text = String::new();
    for above in 1..level {
        let goes_on = row.guides >> above.min(63) & 1 == 1;
        text.push_str(if goes_on { "│  " } else { "   " });
    }
    let mut below = text.clone();
    if level > 0 {
        text.push(if row.last { '└' } else { '├' });
        text.push_str(if row.skips { "┄ " } else { "─ " });
        below.push_str(if row.last { "   " } else { "│  " });
    }
    if row.level > TREE_LEVELS_DRAWN {
        text.push_str(&format!("({}) ", row.level));
    }
    (text, below)
}

/// Columns of the parts of lines.
struct Widths {
    total: usize,
    left: usize,
    calls: usize,
    failed: usize,
    state: usize,
}

impl Widths {
    fn of(lines: &[Line], total: usize) -> Widths {
        let widest = |of: &dyn Fn(&Line) -> usize| lines.iter().map(of).max().unwrap_or_default();
        let gapped = |cells: usize| if cells == 0 { 0 } else { cells + GAP };
        let mut calls = gapped(widest(&|line| cells(&line.calls)));
        let mut failed = gapped(widest(&|line| cells(&line.failed)));
        let state = gapped(widest(&|line| cells(&line.state)));
        let left =
            widest(&|line| cells(&line.guides) + cells(&line.name) + GAP + cells(&line.what));
        // On a narrow terminal the numbers go before the names do.
        for column in [&mut failed, &mut calls] {
            if NAMES_MIN + *column + state > total {
                *column = 0;
            }
        }
        if NAMES_MIN + calls + failed + state > total {
            failed = 0;
        }
        Widths {
            total,
            // Names give way: numbers and states are what a line is read for.
            left: left.min(total.saturating_sub(calls + failed + state)),
            calls,
            failed,
            state,
        }
    }

    fn remarks(&self) -> usize {
        self.left + self.calls + self.failed + self.state + GAP
    }
}

fn write_line(out: &mut String, line: &Line, widths: &Widths, colour: Colour) {
    let (name_paint, text_paint, state_paint) = match line.look {
        Look::Works => (Paint::Bold, Paint::Plain, Paint::Green),
        Look::Ended => (Paint::Plain, Paint::Plain, Paint::Dim),
        Look::Aside => (Paint::Dim, Paint::Dim, Paint::Dim),
    };
    let guides = cut(&line.guides, widths.left);
    let name = cut(&line.name, widths.left.saturating_sub(cells(&guides)));
    paint(out, colour, Paint::Dim, &guides);
    paint(out, colour, name_paint, &name);
    let mut used = cells(&guides) + cells(&name);
    let room = widths.left.saturating_sub(used + GAP);
    if room > 0 && !line.what.is_empty() {
        let what = cut(&line.what, room);
        push_blanks(out, GAP);
        paint(out, colour, text_paint, &what);
        used += GAP + cells(&what);
    }
    // Numbers stand under each other by their ends, states by their beginnings.
    let calls_end = widths.left + widths.calls;
    let failed_end = calls_end + widths.failed;
    let shown = |width: usize, text: &str| match width {
        0 => String::new(),
        _ => text.to_owned(),
    };
    let calls = shown(widths.calls, &line.calls);
    let failed = shown(widths.failed, &line.failed);
    let columns = [
        (
            &calls,
            Paint::Plain,
            calls_end.saturating_sub(cells(&calls)),
        ),
        (
            &failed,
            Paint::Dim,
            failed_end.saturating_sub(cells(&failed)),
        ),
        (&line.state, state_paint, failed_end + GAP),
    ];
    for (text, style, start) in columns {
        let start = start.max(used + GAP);
        if text.is_empty() || start >= widths.total {
            continue;
        }
        let text = cut(text, widths.total - start);
        push_blanks(out, start - used);
        paint(out, colour, style, &text);
        used = start + cells(&text);
    }
    write_remarks(out, line, widths, used, colour);
    out.push('\n');
}

/// Alarms and doubts: at the right where there is room, else each on a line of its own.
fn write_remarks(out: &mut String, line: &Line, widths: &Widths, used: usize, colour: Colour) {
    let alarms = line
        .alarms
        .iter()
        .map(|text| (Paint::Red, format!("← {text}")));
    let doubt = line
        .doubt
        .iter()
        .map(|text| (Paint::Yellow, format!("? {text}")));
    let column = widths.remarks();
    let mut used = used;
    for (at, (style, text)) in alarms.chain(doubt).enumerate() {
        // Under each other where the line allows, else right behind what is there.
        let aligned = if at == 0 { column } else { 0 };
        let start = [aligned.max(used + GAP), used + GAP]
            .into_iter()
            .find(|start| start + cells(&text) <= widths.total);
        match start {
            Some(start) => {
                push_blanks(out, start - used);
                paint(out, colour, style, &text);
                used = start + cells(&text);
            }
            None => {
                let indent = cells(&line.below);
                for piece in wrapped(&text, widths.total.saturating_sub(indent)) {
                    out.push('\n');
                    paint(out, colour, Paint::Dim, &line.below);
                    paint(out, colour, style, &piece);
                    used = indent + cells(&piece);
                }
            }
        }
    }
}

fn write_end(out: &mut String, rows: &Rows, view: &View, options: &TreeOptions, width: usize) {
    if !out.is_empty() {
        out.push('\n');
    }
    if let Some(text) = left_out(&rows.left_out, options.to_see_all) {
        push_wrapped(out, &text, width, options.colour, Paint::Dim);
    }
    let headline = headline(&rows.counts, view.as_of);
    push_wrapped(out, &headline, width, options.colour, Paint::Bold);
    if let Some(next) = next(rows, view, options, width) {
        out.push_str(NEXT);
        paint(out, options.colour, Paint::Bold, &next);
        out.push('\n');
    }
}

/// `4 of 7 credentials still work at 2026-10-14 12:50 UTC`.
pub fn headline(counts: &Counts, as_of: i64) -> String {
    let when = format!("at {} UTC", minute(as_of));
    let usable = thousands(counts.usable as u64);
    // A row that says "may" must not be summed up as more.
    let (works, work) = match counts.perhaps == counts.working {
        true => ("may still work", "may still work"),
        false => ("still works", "still work"),
    };
    let text = match (counts.usable, counts.working) {
        (0, _) => format!("no credentials {when}"),
        (1, 0) => format!("the only credential does not work any more {when}"),
        (1, _) => format!("the only credential {works} {when}"),
        (_, 0) => format!("none of {usable} credentials works {when}"),
        (2, 2) => format!("both credentials {work} {when}"),
        (all, working) if working == all => format!("all {usable} credentials {work} {when}"),
        (_, 1) => format!("1 of {usable} credentials {works} {when}"),
        (_, working) => format!(
            "{} of {usable} credentials {work} {when}",
            thousands(working as u64)
        ),
    };
    let text = match counts.perhaps {
        0 => text,
        all if all == counts.working => text,
        some => format!("{text}, {} of them perhaps", thousands(some as u64)),
    };
    match (counts.production, counts.working) {
        (0, _) => text,
        (1, 1) => format!("{text} and touches production"),
        (1, _) => format!("{text}, 1 of them touches production"),
        (some, _) => format!(
            "{text}, {} of them touch production",
            thousands(some as u64)
        ),
    }
}

pub fn left_out(left_out: &LeftOut, to_see_all: &str) -> Option<String> {
    if left_out.rows == 0 {
        return None;
    }
    let rows = thousands(left_out.rows as u64);
    let whole_trees = match left_out.trees {
        0 => String::new(),
        trees => format!(", {} whole", count(trees as u64, "tree")),
    };
    let working = match left_out.working {
        0 => "none of them works".to_owned(),
        1 => "1 of them works".to_owned(),
        number => format!("{} of them work", thousands(number as u64)),
    };
    let hint = match to_see_all {
        "" => String::new(),
        flag => format!(" (`{flag}` shows them)"),
    };
    let more = format!("… {rows} more not shown{whole_trees}: {working}{hint}");
    Some(more)
}

/// The command that follows: contain what was asked for or is alarming, else look at a tree.
fn next(rows: &Rows, view: &View, options: &TreeOptions, width: usize) -> Option<String> {
    if rows.counts.working == 0 {
        return None;
    }
    // Who asks by a device or a service asks for what hangs from it.
    let asked = options.asked.map(|node| view.forest.credential(node));
    let target = match asked.filter(|asked| asked.kind.is_usable()) {
        Some(asked) => asked,
        None => first_that_works(rows)?.credential.clone(),
    };
    let found = options.asked.is_some() || rows.counts.alarming > 0 || rows.counts.trees == 1;
    let command = if found { CONTAIN } else { LOOK };
    let room = width.saturating_sub(cells(NEXT) + cells(command));
    let id = cut(&visible(full_id(&target)), room);
    Some(format!("{command}{id}"))
}

/// The first row that works, or the beginning of its tree. A service or a device cannot be contained,
/// what hangs from it can.
fn first_that_works(rows: &Rows) -> Option<&One> {
    let mut beginning = None;
    for row in &rows.rows {
        let Item::One(one) = &row.item else { continue };
        let usable = one.credential.kind.is_usable();
        if row.level == 0 || (beginning.is_none() && usable) {
            beginning = usable.then_some(&**one);
        }
        if one.works() {
            return beginning;
        }
    }
    None
}

/// What is said above a root without a known parent, unless it is said already.
fn heading(row: &Row, said: &mut Option<String>) -> Option<String> {
    if row.level > 0 {
        return None;
    }
    let Item::One(one) = &row.item else {
        return None;
    };
    let doubt = one.doubt.clone().filter(|_| one.parent.is_none());
    let is_new = doubt != *said;
    said.clone_from(&doubt);
    doubt.filter(|_| is_new)
}

/// Whether a blank line stands before a row: trees with branches are set off from each other.
fn stands_apart(rows: &[Row], at: usize) -> bool {
    let begins = |at: usize| rows.get(at).is_none_or(|row| row.level == 0);
    begins(at) && !(begins(at - 1) && begins(at + 1))
}

fn push_wrapped(out: &mut String, text: &str, width: usize, colour: Colour, style: Paint) {
    for line in wrapped(text, width) {
        paint(out, colour, style, &line);
        out.push('\n');
    }
}

/// Lines of at most so many columns, broken at blanks; a word that is too long is cut.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let word = cut(word, width);
        match lines.last_mut() {
            Some(line) if cells(line) + 1 + cells(&word) <= width => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

pub(super) fn push_blanks(out: &mut String, number: usize) {
    out.extend(std::iter::repeat_n(' ', number));
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Paint {
    Plain,
    Bold,
    Dim,
    Red,
    Yellow,
    Green,
}

pub(super) fn paint(out: &mut String, colour: Colour, style: Paint, text: &str) {
    let code = match style {
        Paint::Plain => "",
        Paint::Bold => "1",
        Paint::Dim => "2",
        Paint::Red => "1;31",
        Paint::Yellow => "33",
        Paint::Green => "32",
    };
    if colour == Colour::Plain || code.is_empty() || text.trim().is_empty() {
        out.push_str(text);
    } else {
        out.push_str(&format!("\u{1b}[{code}m{text}\u{1b}[0m"));
    }
}
