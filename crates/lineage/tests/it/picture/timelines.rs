//! The timeline: what stands where, in words, and the SVG that is made of it.

use keyline_lineage::picture::layout::{Holds, Known, LANES_LEFT, MarkKind, Scene, WIDTH, scene};
use keyline_lineage::picture::rows::{Item, rows};
use keyline_lineage::picture::svg::svg;
use keyline_lineage::picture::{Sheet, View};
use keyline_trail::time::format_time;
use std::collections::HashMap;

use super::world::{alerts_of_the_stolen_key, at, stolen_key};
use super::{text_of, view};

/// The instant at a place, to the minute.
fn clock(scene: &Scene, x: f64) -> String {
    let axis = &scene.axis;
    if x >= axis.right() - 0.01 {
        return "edge".to_owned();
    }
    let part = (x - axis.left) / axis.width;
    let micros = axis.from as f64 + part * (axis.to - axis.from) as f64;
    let minute = (micros / 60e6).round() as i64 * 60_000_000;
    format_time(minute)[11..16].to_owned()
}

/// Lanes as text: bars (`?` bounded, `!` outliving), marks, and whether it goes on.
fn lanes(view: &View) -> String {
    let rows = rows(view, &HashMap::new());
    let alerts = alerts_of_the_stolen_key(view.forest);
    let scene = scene(view, &rows, &alerts, None);
    let mut text = String::new();
    for (row, lane) in rows.rows.iter().zip(&scene.lanes) {
        let Item::One(one) = &row.item else { continue };
        let bars = lane.bars.iter().map(|bar| {
            let known = if bar.known == Known::AtMost { "?" } else { "" };
            let holds = if bar.holds == Holds::Outliving {
                "!"
            } else {
                ""
            };
            format!(
                "{}-{}{known}{holds}",
                clock(&scene, bar.left),
                clock(&scene, bar.right)
            )
        });
        let marks = lane.marks.iter().map(|mark| {
            let sign = match mark.kind {
                MarkKind::Alert => "◆",
                MarkKind::Mints => "▲",
                MarkKind::Off => "✕",
                MarkKind::On => "○",
                MarkKind::UsedAfterRevocation => "late",
            };
            format!("{sign}{}×{}", clock(&scene, mark.x), mark.number)
        });
        text.push_str(&format!(
            "{}: {} | {}{}\n",
            rows.names.name(&one.credential),
            bars.collect::<Vec<_>>().join(" "),
            marks.collect::<Vec<_>>().join(" "),
            if lane.goes_on { " ▸" } else { "" }
        ));
    }
    text
}

#[test]
fn bars_are_validity_and_marks_are_what_happened() {
    let forest = stolen_key();
    let found = lanes(&view(&forest, at("12:49")));
    let expected = "
AKIA…7EXAMPLE: 09:01-12:42 | ◆10:12×1 ▲10:12×2 ▲11:02×1 ✕12:41×1
ASIA…D9K1: 10:12-12:41 12:41-edge! |  ▸
ASIA…H7Q2: 10:12-12:41 12:41-edge! | ▲10:40×1 ▲11:50×1 ▲12:03×1 ▸
ASIA…SN05: 10:40-11:40 | ◆10:41×1 ▲11:20×1
ASIA…ON08: 11:20-12:31 | ✕12:30×1
ASIA…OK12: 11:50-12:21 | ✕12:20×1 late12:38×1
ASIA…SS06: 12:03-12:41 12:41-13:03! | ◆12:30×1
AKIA…BEXAMPLE: 11:02-12:41 12:41-edge! | ▲12:43×1 ▸
ASIA…P011: 12:43-edge! |  ▸
";
    assert_eq!(found, expected.trim_start(), "found:\n{found}");
}

#[test]
fn the_svg_says_what_the_tree_says() {
    let forest = stolen_key();
    let alerts = alerts_of_the_stolen_key(&forest);
    let sheet = Sheet {
        title: "A stolen key",
        alerts: &alerts,
        span: None,
        to_see_all: "--all",
    };
    let picture = svg(&view(&forest, at("12:49")), &sheet);
    assert!(picture.contains(&format!("viewBox=\"0 0 {WIDTH} ")));
    let texts = text_of(&picture);
    for expected in [
        "A stolen key",
        "5 of 9 credentials still work at 2026-10-14 12:49 UTC",
        "as of 14 Oct 2026 12:49 UTC",
        "ASIA…H7Q2",
        "→ data-reader in 222233334444",
        "still valid until 22:12",
        "works although its parent is off",
        "used after revocation",
        "backup key",
        "never used",
        "1 of 2 candidates",
        "valid although something above it is off",
    ] {
        assert!(
            texts.iter().any(|text| text == expected),
            "{expected}: {texts:#?}"
        );
    }
}

#[test]
fn the_span_can_be_given() {
    let forest = stolen_key();
    let view = view(&forest, at("12:49"));
    let rows = rows(&view, &HashMap::new());
    let span = Some((at("11:00"), at("12:00")));
    let scene = scene(&view, &rows, &[], span);
    assert_eq!(scene.ticks.first().unwrap().label, "11:00");
    assert_eq!(scene.ticks.first().unwrap().x, LANES_LEFT);
    // The key came before and goes on; a session of the afternoon has no bar here.
    assert!(scene.lanes[0].came_before && scene.lanes[0].goes_on);
    let bars: Vec<usize> = scene.lanes.iter().map(|lane| lane.bars.len()).collect();
    assert_eq!(bars, [1, 1, 1, 1, 1, 1, 0, 1, 0]);
}
