//! Where everything on the timeline stands: lanes, bars, columns of use, marks. Numbers only.
//!
//! In: the rows of a view and alerts. Out: a scene in pixels. A bar is the time in which a
//! credential is valid, not the time in which it was used: the gap between the two is what the picture
//! is for. Whether it is valid at an instant is asked of the same judge that the tree asks, once
//! between any two instants at which something changes. Deliberately not here: colours and XML.

use std::collections::BTreeMap;

use crate::credential::{Credential, Effect};
use crate::forest::Node;
use crate::limits::{CHANGES_DRAWN, PROPAGATION_S};
use crate::liveness::{State, liveness};
use crate::picture::axis::{Axis, Tick};
use crate::picture::rows::{Item, One, Row, Rows};
use crate::picture::words::is_beginning;
use crate::picture::{Alert, View};

/// Pixels of the whole picture from left to right.
pub const WIDTH: f64 = 1320.0;
/// Pixels around everything.
pub const MARGIN: f64 = 24.0;
/// Where the names begin and how much room they have.
pub const TREE_LEFT: f64 = MARGIN;
pub const TREE_WIDTH: f64 = 326.0;
/// Where the numbers of calls end, and of those that failed.
pub const CALLS_RIGHT: f64 = 402.0;
pub const FAILED_RIGHT: f64 = 446.0;
/// Where the lanes begin and how wide they are.
pub const LANES_LEFT: f64 = 462.0;
pub const LANES_WIDTH: f64 = 598.0;
/// Where the states begin and how much room they have.
pub const STATE_LEFT: f64 = 1076.0;
pub const STATE_WIDTH: f64 = WIDTH - MARGIN - STATE_LEFT;
/// From the top to the first row: title, headline, axis.
pub const HEAD: f64 = 128.0;
/// The height of a row, and of each further line of text in it.
pub const ROW: f64 = 26.0;
pub const LINE: f64 = 14.0;
/// From the top of a row to the middle of its bar, and half of the bar's height.
pub const BAR_MIDDLE: f64 = 13.0;
pub const BAR_HALF: f64 = 6.0;
/// The least width of anything that must be seen.
const SEEN_MIN: f64 = 2.5;
/// The width of one column of use.
const COLUMN: f64 = 3.0;
/// The height of a column with a single call.
const COLUMN_MIN: f64 = 0.4;
/// The height of use of which only the ends are known.
const WHOLE: f64 = 0.6;
/// Marks nearer than this are one mark with a number.
const MARKS_APART: f64 = 10.0;
/// Pixels between ticks.
const TICKS_APART: f64 = 76.0;

/// The timeline as numbers.
pub struct Scene {
    pub axis: Axis,
    pub ticks: Vec<Tick>,
    pub as_of_x: f64,
    pub lanes: Vec<Lane>,
    /// Where the last row ends.
    pub bottom: f64,
    /// The accounts in order of appearance; a lane's `account` is a place in this
    /// list, or beyond it where a credential has no account.
    pub accounts: Vec<String>,
}

/// One row of the timeline.
pub struct Lane {
    pub top: f64,
    pub height: f64,
    pub account: usize,
    pub bars: Vec<Bar>,
    pub uses: Vec<UseColumn>,
    pub marks: Vec<Mark>,
    /// From the bar of the parent down to the beginning of this one.
    pub thread: Option<Thread>,
    /// It was valid before the left edge, as far as anybody knows.
    pub came_before: bool,
    /// It is valid beyond the right edge.
    pub goes_on: bool,
}

/// A stretch of time in which a credential is valid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bar {
    pub left: f64,
    pub right: f64,
    pub known: Known,
    pub holds: Holds,
}

/// How well it is known that a credential was valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    Surely,
    /// Only an upper bound is known.
    AtMost,
}

/// Whether a bar is as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    Duly,
    /// Something above it was switched off or revoked before.
    Outliving,
}

/// Calls in a short stretch of time; heights are parts of the bar's height.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UseColumn {
    pub left: f64,
    pub right: f64,
    pub height: f64,
    /// The part of `height` that failed.
    pub failed: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mark {
    pub x: f64,
    pub kind: MarkKind,
    /// How many stand at this place.
    pub number: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MarkKind {
    Alert,
    Mints,
    Off,
    On,
    UsedAfterRevocation,
}

impl MarkKind {
    /// All of them, in the order in which a legend explains them.
    pub const EXPLAINED: [MarkKind; 5] = [
        MarkKind::Mints,
        MarkKind::Off,
        MarkKind::On,
        MarkKind::UsedAfterRevocation,
        MarkKind::Alert,
    ];
}

impl Scene {
    pub fn has_bar(&self, is_one: impl Fn(&Bar) -> bool) -> bool {
        self.lanes.iter().flat_map(|lane| &lane.bars).any(is_one)
    }

    pub fn has_use(&self, is_one: impl Fn(&UseColumn) -> bool) -> bool {
        self.lanes.iter().flat_map(|lane| &lane.uses).any(is_one)
    }

    /// The kinds of marks that stand anywhere, in the order of a legend.
    pub fn marks(&self) -> impl Iterator<Item = MarkKind> {
        let marks = || self.lanes.iter().flat_map(|lane| &lane.marks);
        let kinds = MarkKind::EXPLAINED.into_iter();
        kinds.filter(move |kind| marks().any(|mark| mark.kind == *kind))
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thread {
    pub x: f64,
    pub from_y: f64,
    pub to_y: f64,
}

/// Lays out the rows. `span` is what the axis covers, where the caller knows better than the data.
pub fn scene(view: &View, rows: &Rows, alerts: &[Alert], span: Option<(i64, i64)>) -> Scene {
    let (from, to) = span.unwrap_or_else(|| natural_span(view, rows));
    let axis = Axis::new(from, to, LANES_LEFT, LANES_WIDTH);
    scene_on(axis, view, rows, alerts)
}

/// The same on an axis of the caller's.
pub fn scene_on(axis: Axis, view: &View, rows: &Rows, alerts: &[Alert]) -> Scene {
    let calls: Vec<Calls> = rows.rows.iter().map(|row| calls(&axis, row)).collect();
    let most = calls.iter().flat_map(|calls| calls.values());
    let most = most.map(|(count, _)| *count).fold(1.0, f64::max);
    let mut scene = Scene {
        ticks: axis.ticks(TICKS_APART),
        as_of_x: axis.x(view.as_of),
        axis,
        lanes: Vec::with_capacity(rows.rows.len()),
        bottom: HEAD,
        accounts: Vec::new(),
    };
    let mut alerts_by_node: BTreeMap<Node, Vec<i64>> = BTreeMap::new();
    for alert in alerts {
        alerts_by_node.entry(alert.node).or_default().push(alert.at);
    }
    for (row, calls) in rows.rows.iter().zip(&calls) {
        let mut lane = Lane {
            top: scene.bottom,
            height: ROW,
            account: 0,
            bars: Vec::new(),
            uses: Vec::new(),
            marks: Vec::new(),
            thread: None,
            came_before: false,
            goes_on: false,
        };
        if let Item::One(one) = &row.item {
            lane.height += LINE * remark_lines(one) as f64;
            lane.account = place_of(&one.credential.account_id, &mut scene.accounts);
            lane.uses = use_columns(&axis, &one.credential, calls, most);
            let alerts = alerts_by_node.get(&one.node).map_or(&[][..], Vec::as_slice);
            lane.marks = marks(view, &axis, one, alerts);
            if one.credential.kind.is_usable() {
                lane.bars = bars(&axis, one);
                let issued = one.credential.issued_at.or(one.credential.first_used);
                let is_open =
                    one.credential.issued_at.is_none() && is_beginning(one.credential.kind);
                lane.came_before = lane
                    .bars
                    .first()
                    .is_some_and(|bar| bar.left <= axis.left + 0.01)
                    && (is_open || issued.is_none_or(|issued| issued < axis.from));
                lane.goes_on = lane
                    .bars
                    .last()
                    .is_some_and(|bar| bar.right >= axis.right() - 0.01)
                    && works_beyond(&one.credential, axis.to);
            }
            let above = row.above.and_then(|above| scene.lanes.get(above));
            let begins = one.credential.issued_at.filter(|at| within(&axis, *at));
            lane.thread = above.zip(begins).map(|(above, at)| Thread {
                x: axis.x(at),
                from_y: above.top + BAR_MIDDLE + BAR_HALF,
                to_y: lane.top + BAR_MIDDLE,
            });
        }
        scene.bottom += lane.height;
        scene.lanes.push(lane);
    }
    scene
}

/// Lines of text below the state: alarms, and what is uncertain.
pub fn remark_lines(one: &One) -> usize {
    one.alarms.len() + usize::from(one.doubt.is_some())
}

/// From the first thing that happened to some way beyond the instant: far enough to see which
/// credentials end soon, not so far that a day's validity squeezes an hour of work.
pub fn natural_span(view: &View, rows: &Rows) -> (i64, i64) {
    let shown = rows.rows.iter().filter_map(|row| match &row.item {
        Item::One(one) => Some(one),
        Item::Folded(_) => None,
    });
    let mut from = view.as_of;
    let mut last = view.as_of;
    let mut ends = view.as_of;
    for one in shown {
        let credential = &one.credential;
        for at in [credential.issued_at, credential.first_used]
            .into_iter()
            .flatten()
        {
            from = from.min(at);
        }
        for change in credential.changes.iter().take(CHANGES_DRAWN) {
            from = from.min(change.at);
            last = last.max(change.at);
        }
        for at in [credential.last_used, credential.issued_at]
            .into_iter()
            .flatten()
        {
            last = last.max(at);
        }
        if one.works() {
            ends = ends.max(one.liveness.until.unwrap_or(ends));
        }
    }
    let span = last.saturating_sub(from).max(60_000_000);
    let to = ends.clamp(last.saturating_add(span / 8), last.saturating_add(span / 2));
    // Bars do not begin on the very edge.
    (from.saturating_sub(span / 50), to)
}

fn within(axis: &Axis, at: i64) -> bool {
    (axis.from..=axis.to).contains(&at)
}

/// The bars of a credential: between any two instants at which something changes, whether it is valid
/// there.
fn bars(axis: &Axis, one: &One) -> Vec<Bar> {
    let credential = &one.credential;
    // A key whose creation nobody saw was there before; a session is known from its first use only.
    let before = match is_beginning(credential.kind) {
        true => None,
        false => credential.first_used,
    };
    let begins = credential.issued_at.or(before).unwrap_or(axis.from);
    let begins = begins.max(axis.from);
    if begins >= axis.to {
        return Vec::new();
    }
    let mut instants = vec![begins, axis.to];
    let mut add = |at: i64| {
        if at > begins && at < axis.to {
            instants.push(at);
        }
    };
    for change in credential.changes.iter().take(CHANGES_DRAWN) {
        add(change.at);
        add(change.at.saturating_add(PROPAGATION_S * 1_000_000));
    }
    for at in [
        credential.expires_at,
        one.liveness.until,
        credential.last_success,
        one.outlives_since,
    ] {
        at.into_iter().for_each(&mut add);
    }
    instants.sort_unstable();
    instants.dedup();
    let mut bars: Vec<Bar> = Vec::new();
    for pair in instants.windows(2) {
        let middle = pair[0].midpoint(pair[1]);
        let liveness = liveness(credential, middle);
        if !liveness.state.is_alive() {
            continue;
        }
        let seen_working = credential.last_success.is_some_and(|last| middle <= last);
        let bar = Bar {
            left: axis.x(pair[0]),
            right: axis.x(pair[1]),
            known: match liveness.state {
                State::PossiblyActive if !seen_working => Known::AtMost,
                _ => Known::Surely,
            },
            holds: match one.outlives_since {
                Some(since) if middle >= since => Holds::Outliving,
                _ => Holds::Duly,
            },
        };
        match bars.last_mut() {
            Some(last)
                if last.right >= bar.left && last.known == bar.known && last.holds == bar.holds =>
            {
                last.right = bar.right;
            }
            _ => bars.push(bar),
        }
    }
    // A credential of a second in a picture of a day can still be seen.
    if let [bar] = &mut bars[..] {
        bar.right = bar.right.max((bar.left + SEEN_MIN).min(axis.right()));
        bar.left = bar.left.min(bar.right - SEEN_MIN).max(axis.left);
    }
    bars
}

fn works_beyond(credential: &Credential, at: i64) -> bool {
    liveness(credential, at.saturating_add(1)).state.is_alive()
}

/// Calls, and how many of them failed, by columns of the lanes.
type Calls = BTreeMap<i64, (f64, f64)>;

/// The calls of a row by columns. A stretch may be longer than the work in it: its calls stand between the
/// first and the last use.
fn calls(axis: &Axis, row: &Row) -> Calls {
    let mut columns = Calls::new();
    let Item::One(one) = &row.item else {
        return columns;
    };
    let credential = &one.credential;
    let (Some(first), Some(last)) = (credential.first_used, credential.last_used) else {
        return columns;
    };
    for stretch in credential.uses.iter().filter(|one| one.event_count > 0) {
        let end = stretch.from.saturating_add(stretch.length.max(1));
        let (start, end) = (stretch.from.max(first), end.min(last.saturating_add(1)));
        if end <= start || end < axis.from || start > axis.to {
            continue;
        }
        let column = |x: f64| ((x - axis.left) / COLUMN).floor() as i64;
        let most = (axis.width / COLUMN).ceil() as i64 - 1;
        let (left, right) = (column(axis.x(start)), column(axis.x(end)).min(most));
        let share = (right - left + 1).max(1) as f64;
        let errors = stretch.error_count.min(stretch.event_count);
        for place in left.min(most)..=right {
            let sum = columns.entry(place).or_default();
            sum.0 += stretch.event_count as f64 / share;
            sum.1 += errors as f64 / share;
        }
    }
    columns
}

/// The columns of a lane, on the scale that all lanes share: `most` calls are as high as a bar.
fn use_columns(axis: &Axis, credential: &Credential, calls: &Calls, most: f64) -> Vec<UseColumn> {
    let (Some(first), Some(last)) = (credential.first_used, credential.last_used) else {
        return Vec::new();
    };
    if last < axis.from || first > axis.to {
        return Vec::new();
    }
    if credential.uses.is_empty() {
        return use_as_a_whole(axis, credential, first, last);
    }
    let most = (most + 1.0).ln();
    let columns = calls.iter().map(|(place, (count, errors))| {
        let (place, count, errors) = (*place, *count, *errors);
        // The outermost columns end with the use, so that none stands beside its bar.
        let left = (axis.left + place as f64 * COLUMN).max(axis.x(first));
        let right = axis.left + (place + 1) as f64 * COLUMN;
        let right = right.min(axis.x(last)).max(left + 1.0).min(axis.right());
        let height = ((count + 1.0).ln() / most).clamp(COLUMN_MIN, 1.0);
        UseColumn {
            left: left.min(right),
            right,
            height,
            failed: if count > 0.0 {
                height * errors / count
            } else {
                0.0
            },
        }
    });
    columns.collect()
}

/// Use of which only the ends are known: to the last call that succeeded, and the last one of all.
fn use_as_a_whole(axis: &Axis, credential: &Credential, first: i64, last: i64) -> Vec<UseColumn> {
    let stretch = |from: i64, to: i64, failed: f64| {
        let (left, right) = at_least(axis, axis.x(from), axis.x(to), SEEN_MIN + failed);
        UseColumn {
            left,
            right,
            height: WHOLE,
            failed,
        }
    };
    let Some(success) = credential.last_success else {
        let all_failed = credential.error_count >= credential.event_count;
        return vec![stretch(first, last, if all_failed { WHOLE } else { 0.0 })];
    };
    let success = success.clamp(first.min(last), last);
    let mut columns = vec![stretch(first, success, 0.0)];
    // The last call failed; when the others did is not known.
    if axis.x(last) > columns[0].right + SEEN_MIN {
        columns.push(stretch(last, last, WHOLE));
    }
    columns
}

/// A stretch that can be seen and stays inside.
fn at_least(axis: &Axis, left: f64, right: f64, width: f64) -> (f64, f64) {
    let right = right.max(left + width).min(axis.right());
    (left.min(right - width).max(axis.left), right)
}

fn marks(view: &View, axis: &Axis, one: &One, alerts: &[i64]) -> Vec<Mark> {
    let credential = &one.credential;
    let mut found: BTreeMap<MarkKind, Vec<i64>> = BTreeMap::new();
    let mut add = |kind: MarkKind, at: i64| {
        if within(axis, at) {
            found.entry(kind).or_default().push(at);
        }
    };
    for at in alerts {
        add(MarkKind::Alert, *at);
    }
    for child in view.forest.children(one.node) {
        if let Some(at) = view.forest.credential(*child).issued_at {
            add(MarkKind::Mints, at);
        }
    }
    for change in &credential.changes {
        let kind = match change.effect {
            Effect::Revoked | Effect::Inactive | Effect::Deleted => MarkKind::Off,
            Effect::Restored | Effect::Active => MarkKind::On,
            // It worked before and works on.
            Effect::Altered => continue,
        };
        add(kind, change.at);
    }
    if let Some(at) = one.liveness.used_after_revocation_at {
        add(MarkKind::UsedAfterRevocation, at);
    }
    let mut marks = Vec::new();
    for (kind, mut instants) in found {
        instants.sort_unstable();
        let mut last: Option<Mark> = None;
        for at in instants {
            let x = axis.x(at);
            match &mut last {
                Some(mark) if x - mark.x < MARKS_APART => mark.number += 1,
                _ => {
                    marks.extend(last.take());
                    last = Some(Mark { x, kind, number: 1 });
                }
            }
        }
        marks.extend(last);
    }
    marks
}

fn place_of(account: &str, accounts: &mut Vec<String>) -> usize {
    if account.is_empty() {
        return usize::MAX;
    }
    match accounts.iter().position(|known| known == account) {
        Some(place) => place,
        None => {
            accounts.push(account.to_owned());
            accounts.len() - 1
        }
    }
}
