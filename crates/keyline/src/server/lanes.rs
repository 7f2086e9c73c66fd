//! The lineage timeline as instants, for a page that zooms and pans.
//!
//! In: a view of a tree, a span and a width. Out: rows with bars, columns of use and marks. What stands where is
//! decided where the other pictures have it from (`keyline_lineage::picture::layout`), on an axis as wide as the page's
//! lanes; its pixels become instants again, so that the page may stretch them.

use keyline_lineage::picture::axis::Axis;
use keyline_lineage::picture::layout::{
    Holds, Known, Lane, MarkKind, Scene, natural_span, scene_on,
};
use keyline_lineage::picture::rows::{Item, Row, rows};
use keyline_lineage::picture::words::{self, key_of, what};
use keyline_lineage::picture::{Alert, Choice, Similar, View, folded_state, headline, left_out};
use keyline_lineage::{Forest, Node};
use keyline_trail::time::format_time;

use super::investigation::counts;
use super::wire::{
    LaneBar, LaneHolds, LaneKnown, LaneMark, LaneMarkKind, LaneRow, LaneUse, Lanes, Millis,
};

/// The parts of the overview.
const OVERVIEW_PARTS: usize = 120;
/// The widths of lanes that make sense.
const PIXELS: (f64, f64) = (200.0, 4_000.0);
/// Rows of a timeline; more are counted in words.
pub const ROWS_MAX: usize = 2_000;
/// Addresses and agents of a row, by which rows are found to be alike.
const LIKENESSES_MAX: usize = 12;

/// What a page asks for.
pub struct Question<'a> {
    pub forest: &'a Forest,
    pub nodes: &'a [Node],
    pub root: Node,
    pub title: String,
    /// Microseconds since 1970, as the span.
    pub as_of: i64,
    pub span: Option<(i64, i64)>,
    pub pixels: f64,
    /// Fold nothing.
    pub all: bool,
    pub alerts: &'a [Alert],
}

pub fn lanes(question: &Question<'_>) -> Lanes {
    let view = View {
        forest: question.forest,
        choice: Choice::Only(question.nodes),
        as_of: question.as_of,
        similar: match question.all {
            true => Similar::Show,
            false => Similar::Fold,
        },
        rows_max: ROWS_MAX,
    };
    let rows = rows(&view, &counts(question.alerts));
    let natural = natural_span(&view, &rows);
    let (from, to) = question.span.unwrap_or(natural);
    let pixels = question.pixels.clamp(PIXELS.0, PIXELS.1);
    let axis = Axis::new(from, to, 0.0, pixels);
    let scene = scene_on(axis, &view, &rows, question.alerts);
    let overview = Axis::new(natural.0, natural.1, 0.0, OVERVIEW_PARTS as f64);
    let shown = rows.rows.iter().zip(&scene.lanes);
    Lanes {
        root: question.forest.id(question.root),
        title: question.title.clone(),
        headline: headline(&rows.counts, question.as_of),
        as_of: millis(question.as_of),
        from: millis(axis.from),
        to: millis(axis.to),
        natural_from: millis(overview.from),
        natural_to: millis(overview.to),
        overview: calls_by_time(&rows.rows, &overview),
        rows: shown
            .map(|(row, lane)| lane_row(row, lane, &scene, &rows.names))
            .collect(),
        accounts: scene.accounts,
        left_out: left_out(&rows.left_out, ""),
    }
}

fn lane_row(row: &Row, lane: &Lane, scene: &Scene, names: &words::Names) -> LaneRow {
    let at = |x: f64| millis(scene.axis.at(x));
    let mut shown = LaneRow {
        id: None,
        level: row.level,
        last: row.last,
        guides: row.guides as u32,
        has_branches: row.has_branches,
        name: String::new(),
        key: None,
        what: String::new(),
        calls: 0,
        errors: 0,
        account: lane.account,
        works: false,
        usable: true,
        state: String::new(),
        alarms: Vec::new(),
        doubt: None,
        bars: lane
            .bars
            .iter()
            .map(|bar| LaneBar {
                from: at(bar.left),
                to: at(bar.right),
                known: match bar.known {
                    Known::Surely => LaneKnown::Surely,
                    Known::AtMost => LaneKnown::AtMost,
                },
                holds: match bar.holds {
                    Holds::Duly => LaneHolds::Duly,
                    Holds::Outliving => LaneHolds::Outliving,
                },
            })
            .collect(),
        uses: lane
            .uses
            .iter()
            .map(|one| {
                let (from, to) = (at(one.left).round() as i64, at(one.right).round() as i64);
                LaneUse(
                    from,
                    to.saturating_sub(from),
                    parts(one.height),
                    parts(one.failed),
                )
            })
            .collect(),
        marks: lane
            .marks
            .iter()
            .map(|mark| LaneMark {
                at: at(mark.x),
                kind: match mark.kind {
                    MarkKind::Alert => LaneMarkKind::Alert,
                    MarkKind::Mints => LaneMarkKind::Mints,
                    MarkKind::Off => LaneMarkKind::Off,
                    MarkKind::On => LaneMarkKind::On,
                    MarkKind::UsedAfterRevocation => LaneMarkKind::UsedAfterRevocation,
                },
                number: mark.number,
            })
            .collect(),
        thread: lane.thread.as_ref().map(|thread| at(thread.x)),
        came_before: lane.came_before,
        goes_on: lane.goes_on,
        addresses: Vec::new(),
        agents: Vec::new(),
        mfa: None,
        session_name: None,
    };
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    match &row.item {
        Item::One(one) => {
            let it = &one.credential;
            shown.id = Some(it.id.clone());
            shown.name = names.name(it);
            shown.key = key_of(it).map(str::to_owned);
            shown.what = what(it, one.parent.as_ref());
            (shown.calls, shown.errors) = (it.event_count, it.error_count);
            (shown.works, shown.usable) = (one.works(), it.kind.is_usable());
            shown.state = words::state(it, &one.liveness, one.still, &format_time);
            shown.alarms = one.alarms.iter().map(|alarm| alarm.words()).collect();
            shown.doubt = one.doubt.clone();
            let sources = it.sources.iter().take(LIKENESSES_MAX);
            shown.addresses = sources.map(|source| source.address.clone()).collect();
            let agents = it.user_agents.iter().take(LIKENESSES_MAX);
            shown.agents = agents.cloned().collect();
            shown.mfa = text(&it.mfa_serial);
            shown.session_name = text(&it.session_name);
        }
        Item::Folded(folded) => {
            shown.name = "…".to_owned();
            shown.what = format!("{} more {}", folded.siblings, folded.what);
            (shown.calls, shown.errors) = (folded.events, folded.errors);
            shown.works = folded.working > 0;
            shown.state = folded_state(folded);
        }
    }
    shown
}

/// Calls of all rows in equal parts of the axis.
fn calls_by_time(rows: &[Row], axis: &Axis) -> Vec<f64> {
    let mut parts = vec![0.0; OVERVIEW_PARTS];
    for row in rows {
        let Item::One(one) = &row.item else { continue };
        add_calls(&one.credential, axis, &mut parts);
    }
    parts
}

/// Adds the calls of a credential to the parts of an axis that is as wide as there are parts.
pub fn add_calls(credential: &keyline_lineage::Credential, axis: &Axis, parts: &mut [f64]) {
    let last = parts.len().saturating_sub(1);
    let place = |at: i64| (axis.x(at) as usize).min(last);
    if credential.uses.is_empty() {
        if let Some(at) = credential
            .first_used
            .filter(|at| (axis.from..=axis.to).contains(at))
        {
            parts[place(at)] += credential.event_count as f64;
        }
        return;
    }
    for stretch in &credential.uses {
        let end = stretch.from.saturating_add(stretch.length);
        if end < axis.from || stretch.from > axis.to {
            continue;
        }
        let (from, to) = (place(stretch.from), place(end));
        let share = stretch.event_count as f64 / (to - from + 1) as f64;
        for part in &mut parts[from..=to] {
            *part += share;
        }
    }
}

/// A share in thousandths.
fn parts(share: f64) -> u16 {
    (share.clamp(0.0, 1.0) * 1_000.0).round() as u16
}

/// Microseconds to milliseconds.
pub fn millis(at: i64) -> Millis {
    at as f64 / 1_000.0
}

/// Milliseconds to microseconds; what is no instant is an extreme one.
pub fn micros(at: Millis) -> i64 {
    (at * 1_000.0) as i64
}
