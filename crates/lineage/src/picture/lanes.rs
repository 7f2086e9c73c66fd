//! The timeline as lines for a terminal: one a credential, a column for each stretch of time.
//!
//! In: a view, alerts, a width, whether colour is wanted. Out: lines that fit and can be read without
//! colour: a bar where the credential is valid, blocks where it was used, signs where something happened.
//! Where things stand is taken from the same scene that the SVG draws. Deliberately not here: states and
//! alarms in words, which the tree says.

use crate::limits::{TREE_LEVELS_DRAWN, TREE_WIDTH_MIN};
use crate::picture::axis::spelled;
use crate::picture::layout::{
    Holds, Known, LANES_LEFT, LANES_WIDTH, Lane, MarkKind, Scene, UseColumn, scene,
};
use crate::picture::legend::{of_bar, of_mark};
use crate::picture::rows::{Item, Row, Rows, rows};
use crate::picture::svg::alert_counts;
use crate::picture::text::{cells, cut, date_and_clock};
use crate::picture::tree::{Colour, Paint, left_out, paint, push_blanks};
use crate::picture::{Sheet, View};

/// Columns of names; the rest is time. The date stands above them.
const NAMES_MIN: usize = 16;
const NAMES_MAX: usize = 30;
/// Columns between names and time, and between two labels of the axis.
const GAP: usize = 2;

const VALID: char = '─';
const AT_MOST: char = '╌';
const OUTLIVING: char = '═';
const USED: char = '■';
const FAILED: char = '□';
const NOW: char = '┊';

/// The timeline of a view, `width` columns wide.
pub fn lanes(view: &View, sheet: &Sheet, width: usize, colour: Colour) -> String {
    let rows = rows(view, &alert_counts(sheet.alerts));
    let scene = scene(view, &rows, sheet.alerts, sheet.span);
    let names: Vec<String> = rows.rows.iter().map(|row| name(row, &rows)).collect();
    let widest = names
        .iter()
        .map(|name| cells(name))
        .max()
        .unwrap_or_default();
    let grid = Grid::new(
        widest.clamp(NAMES_MIN, NAMES_MAX),
        width.max(TREE_WIDTH_MIN),
        &scene,
    );
    let mut out = String::new();
    grid.write_axis(&mut out, &scene, colour);
    for ((row, lane), name) in rows.rows.iter().zip(&scene.lanes).zip(&names) {
        let name = cut(name, grid.names);
        let style = match &row.item {
            Item::One(one) if one.works() => Paint::Bold,
            Item::One(one) if one.credential.kind.is_usable() => Paint::Plain,
            _ => Paint::Dim,
        };
        paint(&mut out, colour, style, &name);
        push_blanks(&mut out, grid.names + GAP - cells(&name));
        grid.write_lane(&mut out, lane, colour);
    }
    write_legend(&mut out, &scene, &grid, colour);
    if let Some(text) = left_out(&rows.left_out, sheet.to_see_all) {
        out.push_str(&text);
        out.push('\n');
    }
    out
}

fn name(row: &Row, rows: &Rows) -> String {
    let indent = "  ".repeat(row.level.min(TREE_LEVELS_DRAWN));
    match &row.item {
        Item::One(one) => format!("{indent}{}", rows.names.name(&one.credential)),
        Item::Folded(folded) => format!("{indent}… {} more", folded.siblings),
    }
}

/// How time lies over the columns.
struct Grid {
    names: usize,
    columns: usize,
    now: usize,
}

impl Grid {
    fn new(names: usize, width: usize, scene: &Scene) -> Grid {
        let columns = width.saturating_sub(names + GAP).max(GAP);
        let mut grid = Grid {
            names,
            columns,
            now: 0,
        };
        grid.now = grid.column(scene.as_of_x);
        grid
    }

    /// The column of a place in the scene.
    fn column(&self, x: f64) -> usize {
        let part = (x - LANES_LEFT) / LANES_WIDTH;
        ((part * self.columns as f64) as usize).min(self.columns - 1)
    }

    /// Hours or days above their columns, as many as there is room for, then the date and the instant.
    fn write_axis(&self, out: &mut String, scene: &Scene, colour: Colour) {
        let mut line = String::new();
        let mut used = 0;
        for tick in &scene.ticks {
            let start = self.column(tick.x);
            let is_free = used == 0 || start >= used + GAP;
            if is_free && start + cells(&tick.label) <= self.columns {
                push_blanks(&mut line, start - used);
                line.push_str(&tick.label);
                used = start + cells(&tick.label);
            }
        }
        let first = scene.ticks.iter().find_map(|tick| tick.date.as_deref());
        let date = match first {
            Some(date) => date.to_owned(),
            None => spelled(&date_and_clock(scene.axis.from).0),
        };
        let date = cut(&format!("{date}, UTC"), self.names);
        paint(out, colour, Paint::Dim, &date);
        push_blanks(out, self.names + GAP - cells(&date));
        paint(out, colour, Paint::Dim, &line);
        out.push('\n');
    }

    fn write_lane(&self, out: &mut String, lane: &Lane, colour: Colour) {
        let mut signs = vec![(' ', Paint::Plain); self.columns];
        signs[self.now] = (NOW, Paint::Dim);
        let mut fill = |left: f64, right: f64, sign: char, style: Paint| {
            let (from, to) = (self.column(left), self.column(right).max(self.column(left)));
            signs[from..=to].fill((sign, style));
        };
        for bar in &lane.bars {
            let (sign, style) = match (bar.holds, bar.known) {
                (Holds::Outliving, _) => (OUTLIVING, Paint::Yellow),
                (Holds::Duly, Known::Surely) => (VALID, Paint::Plain),
                (Holds::Duly, Known::AtMost) => (AT_MOST, Paint::Plain),
            };
            fill(bar.left, bar.right, sign, style);
        }
        for column in &lane.uses {
            let sign = if all_failed(column) { FAILED } else { USED };
            fill(column.left, column.right, sign, Paint::Plain);
        }
        // What matters most is written last.
        let mut marks: Vec<_> = lane.marks.iter().collect();
        marks.sort_by_key(|mark| weight(mark.kind));
        for mark in marks {
            let (sign, style) = sign(mark.kind);
            fill(mark.x, mark.x, sign, style);
        }
        let end = signs.iter().rposition(|(sign, _)| *sign != ' ');
        let shown = &signs[..end.map_or(0, |end| end + 1)];
        for run in shown.chunk_by(|one, next| one.1 == next.1) {
            let text: String = run.iter().map(|(sign, _)| *sign).collect();
            paint(out, colour, run[0].1, &text);
        }
        out.push('\n');
    }
}

fn all_failed(column: &UseColumn) -> bool {
    column.failed >= column.height
}

fn sign(kind: MarkKind) -> (char, Paint) {
    match kind {
        MarkKind::Mints => ('◆', Paint::Bold),
        MarkKind::On => ('○', Paint::Plain),
        MarkKind::Alert => ('▲', Paint::Yellow),
        MarkKind::Off => ('✕', Paint::Bold),
        MarkKind::UsedAfterRevocation => ('!', Paint::Red),
    }
}

fn weight(kind: MarkKind) -> u8 {
    match kind {
        MarkKind::On => 0,
        MarkKind::Mints => 1,
        MarkKind::Alert => 2,
        MarkKind::Off => 3,
        MarkKind::UsedAfterRevocation => 4,
    }
}

/// What the signs mean, as far as they occur, in lines that fit.
fn write_legend(out: &mut String, scene: &Scene, grid: &Grid, colour: Colour) {
    let mut samples: Vec<String> = Vec::new();
    let mut add = |sign: char, words: &str, occurs: bool| {
        if occurs {
            samples.push(format!("{sign} {words}"));
        }
    };
    for (sign, known, holds) in [
        (VALID, Known::Surely, Holds::Duly),
        (AT_MOST, Known::AtMost, Holds::Duly),
    ] {
        let occurs = scene.has_bar(|bar| bar.known == known && bar.holds == holds);
        add(sign, of_bar(known, holds), occurs);
    }
    let outliving = scene.has_bar(|bar| bar.holds == Holds::Outliving);
    add(
        OUTLIVING,
        of_bar(Known::Surely, Holds::Outliving),
        outliving,
    );
    add(USED, "used", scene.has_use(|one| !all_failed(one)));
    add(FAILED, "calls failed", scene.has_use(all_failed));
    for kind in scene.marks() {
        add(sign(kind).0, of_mark(kind), true);
    }
    add(
        NOW,
        "the instant that is asked about",
        !scene.lanes.is_empty(),
    );
    let width = grid.names + GAP + grid.columns;
    let mut line = String::new();
    for sample in samples {
        let sample = cut(&sample, width);
        if !line.is_empty() && cells(&line) + GAP + cells(&sample) > width {
            paint(out, colour, Paint::Dim, &line);
            out.push('\n');
            line.clear();
        }
        if !line.is_empty() {
            push_blanks(&mut line, GAP);
        }
        line.push_str(&sample);
    }
    paint(out, colour, Paint::Dim, &line);
    out.push('\n');
}
