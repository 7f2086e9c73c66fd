//! The timeline as SVG: a file that stands alone, or a picture inside a page.
//!
//! In: a view and what is drawn beside it. Out: SVG without scripts, links, images or fonts of its
//! own. Readable in black and white: meaning is in shapes and patterns. All text is cut to its place
//! and escaped. Deliberately not here: where things stand (`layout.rs`).

use std::collections::HashMap;

use crate::forest::Node;
use crate::limits::TREE_LEVELS_DRAWN;
use crate::picture::axis::{short_moment, spelled};
use crate::picture::layout::{
    BAR_MIDDLE, CALLS_RIGHT, FAILED_RIGHT, HEAD, LANES_LEFT, LINE, Lane, MARGIN, Mark, STATE_LEFT,
    STATE_WIDTH, Scene, TREE_LEFT, TREE_WIDTH, WIDTH, scene,
};
use crate::picture::legend::legend;
use crate::picture::rows::{Folded, Item, One, Row, Rows, rows};
use crate::picture::signs::{put, px, write_bar, write_mark, write_uses};
use crate::picture::style::{Values, timeline, tint};
use crate::picture::text::{
    cells, cut, cut_to_pixels, date_and_clock, pixels, second, short_number, thousands, visible,
    xml,
};
use crate::picture::tree::{folded_state, headline, left_out};
use crate::picture::words::{calls_of, full_id, state, what};
use crate::picture::{Alert, View};

/// What is drawn beside the credentials of a view.
#[derive(Clone, Copy)]
pub struct Sheet<'a> {
    pub title: &'a str,
    pub alerts: &'a [Alert],
    /// What the time axis covers, where it is not to follow from the data.
    pub span: Option<(i64, i64)>,
    /// How to see what a limit left out, as the line about it says: a flag.
    pub to_see_all: &'a str,
}

/// The height of title and headline, which a picture inside a page leaves out.
const TITLE_BLOCK: f64 = 66.0;
/// Pixels that a level of the tree is further in.
const INDENT: f64 = 16.0;
/// Pixels of a letter of a key id.
const MONO_PX: f64 = 7.3;
/// Sizes of text: names and states, and remarks. Bold text is wider than its size says.
const TEXT: f64 = 12.0;
const BOLD: f64 = 12.8;
const REMARK: f64 = 11.2;
/// Pixels from a mark to the next that leave room for a number.
const NUMBER_ROOM: f64 = 30.0;
/// Pixels at the edges of the axis where no label stands.
const EDGE: f64 = 12.0;

/// The timeline as a file.
pub fn svg(view: &View, sheet: &Sheet) -> String {
    let rows = rows(view, &alert_counts(sheet.alerts));
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    write_picture(&mut out, view, sheet, &rows, Values::Written);
    out
}

/// How many alerts there are about each node.
pub(super) fn alert_counts(alerts: &[Alert]) -> HashMap<Node, u64> {
    let mut counts = HashMap::new();
    for alert in alerts {
        *counts.entry(alert.node).or_default() += 1;
    }
    counts
}

/// The `svg` element. With [`Values::Variables`] the page brings the style sheet.
pub(super) fn write_picture(
    out: &mut String,
    view: &View,
    sheet: &Sheet,
    rows: &Rows,
    values: Values,
) {
    let scene = scene(view, rows, sheet.alerts, sheet.span);
    let legend = legend(&scene);
    let height = scene.bottom + 22.0 + legend.height + MARGIN;
    let title = xml(&cut(&visible(sheet.title), 110));
    // A page has a title of its own.
    let top = match values {
        Values::Written => 0.0,
        Values::Variables => TITLE_BLOCK,
    };
    put(
        out,
        format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"kl\" viewBox=\"0 {top} {WIDTH} {}\" \
         width=\"{WIDTH}\" height=\"{0}\" role=\"img\" aria-label=\"{title}\">\n",
            height - top
        ),
    );
    if values == Values::Written {
        put(
            out,
            format_args!(
                "<title>{title}</title>\n<style>{}</style>\n",
                timeline(values)
            ),
        );
    }
    write_definitions(out, &scene);
    put(
        out,
        format_args!(
            "<rect class=\"paper\" x=\"0\" y=\"0\" width=\"{WIDTH}\" height=\"{height}\"/>\n"
        ),
    );
    if values == Values::Written {
        write_title(out, view, rows, &title);
    }
    write_head(out);
    write_ground(out, &scene);
    for (row, lane) in rows.rows.iter().zip(&scene.lanes) {
        if row.level == 0 && lane.top > HEAD {
            let (y, right) = (px(lane.top), WIDTH - MARGIN);
            put(
                out,
                format_args!("<path class=\"rule\" d=\"M{TREE_LEFT} {y}H{right}\"/>\n"),
            );
        }
        write_row(out, view, rows, row, lane, &scene);
    }
    write_now(out, view, &scene);
    let foot = left_out(&rows.left_out, sheet.to_see_all);
    if let Some(text) = foot {
        let y = scene.bottom + 16.0;
        put(
            out,
            format_args!(
                "<text class=\"muted\" x=\"{TREE_LEFT}\" y=\"{y}\">{}</text>\n",
                xml(&text)
            ),
        );
    }
    legend.write(out, scene.bottom + 34.0);
    out.push_str("</svg>\n");
}

fn write_definitions(out: &mut String, scene: &Scene) {
    let height = scene.bottom;
    let tree = TREE_WIDTH;
    put(
        out,
        format_args!(
            "<defs>\
         <clipPath id=\"kl-tree\"><rect x=\"{TREE_LEFT}\" y=\"0\" width=\"{tree}\" height=\"{height}\"/></clipPath>\
         <clipPath id=\"kl-state\"><rect x=\"{STATE_LEFT}\" y=\"0\" width=\"{STATE_WIDTH}\" height=\"{height}\"/></clipPath>\
         <pattern id=\"kl-outlives\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\">\
         <path class=\"hatch\" d=\"M-1 1l2 -2M0 6l6 -6M5 7l2 -2\"/></pattern>\
         <pattern id=\"kl-failed\" width=\"3\" height=\"3\" patternUnits=\"userSpaceOnUse\">\
         <rect class=\"paper\" width=\"3\" height=\"3\"/><rect class=\"speck\" width=\"1.2\" height=\"1.2\"/></pattern>\
         </defs>\n"
        ),
    );
}

fn write_title(out: &mut String, view: &View, rows: &Rows, title: &str) {
    let headline = xml(&headline(&rows.counts, view.as_of));
    put(
        out,
        format_args!(
            "<text class=\"title\" x=\"{MARGIN}\" y=\"42\">{title}</text>\n\
         <text class=\"headline\" x=\"{MARGIN}\" y=\"66\">{headline}</text>\n"
        ),
    );
}

fn write_head(out: &mut String) {
    let y = HEAD - 12.0;
    put(
        out,
        format_args!(
            "<text class=\"label\" x=\"{TREE_LEFT}\" y=\"{y}\">credential</text>\
         <text class=\"label\" x=\"{CALLS_RIGHT}\" y=\"{y}\" text-anchor=\"end\">calls</text>\
         <text class=\"label\" x=\"{FAILED_RIGHT}\" y=\"{y}\" text-anchor=\"end\">failed</text>\
         <text class=\"label\" x=\"{STATE_LEFT}\" y=\"{y}\">state</text>\n"
        ),
    );
}

/// Stripes, the time ahead, and the ticks.
fn write_ground(out: &mut String, scene: &Scene) {
    let right = WIDTH - MARGIN;
    let line = HEAD - 4.0;
    for lane in scene.lanes.iter().step_by(2) {
        let (y, height, width) = (lane.top, lane.height, right - TREE_LEFT + 12.0);
        let x = TREE_LEFT - 6.0;
        put(
            out,
            format_args!(
                "<rect class=\"stripe\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/>\n"
            ),
        );
    }
    let ahead = scene.axis.right() - scene.as_of_x;
    put(
        out,
        format_args!(
            "<rect class=\"ahead\" x=\"{}\" y=\"{line}\" width=\"{}\" height=\"{}\"/>\n",
            px(scene.as_of_x),
            px(ahead.max(0.0)),
            px(scene.bottom - line)
        ),
    );
    put(
        out,
        format_args!(
            "<path class=\"rule\" d=\"M{TREE_LEFT} {line}H{right}M{TREE_LEFT} {}H{right}\"/>\n",
            px(scene.bottom)
        ),
    );
    let mut date_to_come = None;
    for tick in &scene.ticks {
        let x = px(tick.x);
        put(
            out,
            format_args!(
                "<path class=\"rule\" d=\"M{x} {line}V{}\"/>",
                px(scene.bottom)
            ),
        );
        // A label at an edge would run into the columns beside it, one at the instant into its line.
        let inside = scene.axis.left + EDGE..=scene.axis.right() - EDGE;
        let date = tick.date.as_ref().or(date_to_come.take());
        let crossed = (tick.x - scene.as_of_x).abs() < EDGE + 8.0;
        if crossed || !inside.contains(&tick.x) {
            date_to_come = date;
            continue;
        }
        put(
            out,
            format_args!(
                "<text class=\"tick\" x=\"{x}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                HEAD - 12.0,
                xml(&tick.label)
            ),
        );
        if let Some(date) = date {
            put(
                out,
                format_args!(
                    "<text class=\"day\" x=\"{x}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                    HEAD - 26.0,
                    xml(date)
                ),
            );
        }
        out.push('\n');
    }
}

fn write_now(out: &mut String, view: &View, scene: &Scene) {
    let (x, top, bottom) = (px(scene.as_of_x), HEAD - 38.0, px(scene.bottom));
    let (date, clock) = date_and_clock(view.as_of);
    let label = format!(
        "as of {} {} UTC",
        spelled(&date),
        clock.get(..5).unwrap_or(&clock)
    );
    // The label stays inside the picture.
    let half = pixels(&label, BOLD) / 2.0;
    let at = px(scene
        .as_of_x
        .clamp(LANES_LEFT + half, STATE_LEFT + STATE_WIDTH - half));
    put(
        out,
        format_args!(
            "<path class=\"now\" d=\"M{x} {top}V{bottom}\"/>\
         <text class=\"now-label\" x=\"{at}\" y=\"{}\" text-anchor=\"middle\">{label}</text>\n",
            top - 5.0
        ),
    );
}

fn write_row(out: &mut String, view: &View, rows: &Rows, row: &Row, lane: &Lane, scene: &Scene) {
    put(out, format_args!("<g class=\"a{}\">", tint(lane.account)));
    if let Some(thread) = &lane.thread {
        put(
            out,
            format_args!(
                "<path class=\"thread\" d=\"M{} {}V{}\"/>",
                px(thread.x),
                px(thread.from_y),
                px(thread.to_y)
            ),
        );
    }
    write_guides(out, row, lane);
    match &row.item {
        Item::One(one) => {
            put(out, format_args!("<title>{}</title>", xml(&tooltip(one))));
            write_name(
                out,
                row,
                lane,
                &rows.names.name(&one.credential),
                &what(&one.credential, one.parent.as_ref()),
                one.works(),
            );
            if one.credential.kind.is_usable() {
                write_calls(
                    out,
                    lane,
                    one.credential.event_count,
                    one.credential.error_count,
                );
            }
            write_lane(out, lane, scene);
            write_state(out, view, one, lane);
        }
        Item::Folded(folded) => write_folded(out, row, lane, folded),
    }
    out.push_str("</g>\n");
}

/// The lines of the tree before a name.
fn write_guides(out: &mut String, row: &Row, lane: &Lane) {
    let level = row.level.min(TREE_LEVELS_DRAWN);
    let (top, bottom, middle) = (lane.top, lane.top + lane.height, lane.top + BAR_MIDDLE);
    let trunk = |level: usize| TREE_LEFT + 4.0 + INDENT * (level as f64 - 1.0);
    let mut path = String::new();
    // The trunk of its children begins below its name.
    if row.has_branches && row.level < TREE_LEVELS_DRAWN {
        put(
            &mut path,
            format_args!("M{} {}V{}", trunk(level + 1), px(middle + 8.0), px(bottom)),
        );
    }
    if level == 0 {
        if !path.is_empty() {
            put(out, format_args!("<path class=\"guide\" d=\"{path}\"/>"));
        }
        return;
    }
    for above in 1..level {
        if row.guides >> above.min(63) & 1 == 1 {
            put(
                &mut path,
                format_args!("M{} {}V{}", trunk(above), px(top), px(bottom)),
            );
        }
    }
    let end = if row.last { middle } else { bottom };
    put(
        &mut path,
        format_args!("M{} {}V{}", trunk(level), px(top), px(end)),
    );
    let (x, to) = (trunk(level), trunk(level) + INDENT - 6.0);
    put(out, format_args!("<path class=\"guide\" d=\"{path}\"/>"));
    let class = if row.skips { "guide skips" } else { "guide" };
    put(
        out,
        format_args!("<path class=\"{class}\" d=\"M{x} {}H{to}\"/>", px(middle)),
    );
}

fn write_name(out: &mut String, row: &Row, lane: &Lane, name: &str, what: &str, works: bool) {
    let level = row.level.min(TREE_LEVELS_DRAWN);
    let x = TREE_LEFT + INDENT * level as f64;
    let y = px(lane.top + BAR_MIDDLE + 4.0);
    let depth = match row.level > TREE_LEVELS_DRAWN {
        true => format!("({}) ", row.level),
        false => String::new(),
    };
    let room = TREE_LEFT + TREE_WIDTH - x;
    let name = format!("{depth}{}", cut(name, (room / MONO_PX) as usize));
    let left = room - cells(&name) as f64 * MONO_PX - 8.0;
    let what = cut_to_pixels(what, left, TEXT);
    let class = if works { "key" } else { "key ended" };
    put(
        out,
        format_args!(
            "<text clip-path=\"url(#kl-tree)\" x=\"{x}\" y=\"{y}\"><tspan class=\"{class}\">{}</tspan>\
         <tspan dx=\"8\">{}</tspan></text>",
            xml(&name),
            xml(&what)
        ),
    );
}

fn write_calls(out: &mut String, lane: &Lane, events: u64, errors: u64) {
    let y = px(lane.top + BAR_MIDDLE + 4.0);
    put(
        out,
        format_args!(
            "<text x=\"{CALLS_RIGHT}\" y=\"{y}\" text-anchor=\"end\">{}</text>",
            short_number(events)
        ),
    );
    if errors > 0 {
        put(
            out,
            format_args!(
                "<text class=\"muted\" x=\"{FAILED_RIGHT}\" y=\"{y}\" text-anchor=\"end\">{}</text>",
                short_number(errors)
            ),
        );
    }
}

/// Bars, columns of use and marks.
fn write_lane(out: &mut String, lane: &Lane, scene: &Scene) {
    let middle = lane.top + BAR_MIDDLE;
    for bar in &lane.bars {
        write_bar(out, bar, middle);
    }
    if lane.bars.is_empty() && !lane.uses.is_empty() {
        let left = lane
            .uses
            .iter()
            .map(|column| column.left)
            .fold(f64::MAX, f64::min);
        let right = lane
            .uses
            .iter()
            .map(|column| column.right)
            .fold(0.0, f64::max);
        put(
            out,
            format_args!(
                "<path class=\"line\" d=\"M{} {}H{}\"/>",
                px(left),
                px(middle),
                px(right)
            ),
        );
    }
    write_uses(out, &lane.uses, middle);
    if lane.came_before {
        let x = px(scene.axis.left - 1.0);
        put(
            out,
            format_args!(
                "<path class=\"beyond\" d=\"M{x} {}l-7 6l7 6z\"/>",
                px(middle - 6.0)
            ),
        );
    }
    if lane.goes_on {
        let x = px(scene.axis.right() + 1.0);
        put(
            out,
            format_args!(
                "<path class=\"beyond\" d=\"M{x} {}l7 6l-7 6z\"/>",
                px(middle - 6.0)
            ),
        );
    }
    for (at, mark) in lane.marks.iter().enumerate() {
        // A number has no room where the next mark of its kind stands close.
        let next = lane.marks.get(at + 1).filter(|next| next.kind == mark.kind);
        let crowded = next.is_some_and(|next| next.x - mark.x < NUMBER_ROOM);
        let number = if crowded { 1 } else { mark.number };
        write_mark(out, &Mark { number, ..*mark }, lane.top);
    }
}

fn write_state(out: &mut String, view: &View, one: &One, lane: &Lane) {
    let text = state(&one.credential, &one.liveness, one.still, &|at| {
        short_moment(at, view.as_of)
    });
    let (x, y) = (STATE_LEFT + 14.0, lane.top + BAR_MIDDLE + 4.0);
    let room = STATE_WIDTH - 14.0;
    if !text.is_empty() {
        let (dot, class) = match one.works() {
            true => ("dot", "works"),
            false => ("ring", "muted"),
        };
        put(
            out,
            format_args!(
                "<circle class=\"{dot}\" cx=\"{}\" cy=\"{}\" r=\"3.8\"/>\
             <text class=\"{class}\" clip-path=\"url(#kl-state)\" x=\"{x}\" y=\"{}\">{}</text>",
                STATE_LEFT + 5.0,
                px(lane.top + BAR_MIDDLE),
                px(y),
                xml(&cut_to_pixels(&text, room, BOLD))
            ),
        );
    }
    let alarms = one.alarms.iter().map(|alarm| ("remark", alarm.words()));
    // The reason has no room here; it stands in the tooltip and in the report.
    let doubt = one.doubt.as_deref().map(|doubt| {
        let short = doubt.split(": ").next().unwrap_or(doubt);
        ("doubt", short.to_owned())
    });
    for (at, (class, text)) in alarms.chain(doubt).enumerate() {
        put(
            out,
            format_args!(
                "<text class=\"{class}\" clip-path=\"url(#kl-state)\" x=\"{x}\" y=\"{}\">{}</text>",
                px(y + LINE * (at + 1) as f64),
                xml(&cut_to_pixels(&text, room, REMARK))
            ),
        );
    }
}

fn write_folded(out: &mut String, row: &Row, lane: &Lane, folded: &Folded) {
    let what = format!("{} more {}", thousands(folded.siblings as u64), folded.what);
    write_name(out, row, lane, "…", &what, false);
    write_calls(out, lane, folded.events, 0);
    put(
        out,
        format_args!(
            "<title>{}</title><text class=\"muted\" x=\"{}\" y=\"{}\">{}</text>",
            xml(&calls_of(folded.events, folded.errors)),
            STATE_LEFT + 14.0,
            px(lane.top + BAR_MIDDLE + 4.0),
            xml(&folded_state(folded))
        ),
    );
}

/// What a pointer over a row shows.
fn tooltip(one: &One) -> String {
    let credential = &one.credential;
    let mut lines = vec![
        format!("{} · {}", full_id(credential), credential.kind.name()),
        cut(&visible(&credential.principal_arn), 120),
        calls_of(credential.event_count, credential.error_count),
    ];
    if let Some(issued) = credential.issued_at {
        lines.push(format!("issued {} UTC", second(issued)));
    }
    lines.push(one.liveness.why.clone());
    lines.extend(one.doubt.clone());
    lines.retain(|line| !line.is_empty());
    let text: Vec<String> = lines.iter().map(|line| visible(line)).collect();
    text.join(" · ")
}
