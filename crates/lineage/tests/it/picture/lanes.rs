//! The timeline for a terminal, line by line.

use keyline_lineage::picture::lanes::lanes;
use keyline_lineage::picture::tree::Colour;
use keyline_lineage::picture::{Alert, Sheet};

use super::view;
use super::world::{at, stolen_key};

fn sheet(alerts: &[Alert]) -> Sheet<'_> {
    Sheet {
        title: "",
        alerts,
        span: None,
        to_see_all: "--all",
    }
}

#[test]
fn a_stolen_key_and_what_survives_it() {
    let forest = stolen_key();
    let found = lanes(&view(&forest, at("12:49")), &sheet(&[]), 100, Colour::Plain);
    let expected = "
14 Oct 2026, UTC                10:00         11:00          12:00         13:00          14:00
AKIA…7EXAMPLE     ─■□■■■■■■■■■■■■■■◆■■■■■■■■■■■◆■■■■■■■■■■■■■■■■■■■■■■■✕ ┊
  ASIA…D9K1                        ────────────────────────────────────═════════════════════════════
  ASIA…H7Q2                        ■■□■■■◆■■■■■■■■■■■■■■■■◆■■◆■■■■■■■■■■■═══════════════════════════
    ASIA…SN05                            ─■■■■■■■■■◆■■■──                ┊
      ASIA…ON08                                    □□□□□□□□□□□□□□□□─✕    ┊
    ASIA…OK12                                             ─■■■■■■■✕■■■!  ┊
    ASIA…SS06                                                ■■■■■■■■■■■■════
  AKIA…BEXAMPLE                                ─────────■■■■■■■■■■■■■■■◆════════════════════════════
    ASIA…P011                                                          ■■═══════════════════════════
─ valid  ═ valid although something above it is off  ■ used  □ calls failed  ◆ mints a credential
✕ off, revoked or deleted  ! used after revocation  ┊ the instant that is asked about
";
    assert_eq!(found, &expected[1..], "found:\n{found}");
}

#[test]
fn every_line_fits_and_colour_adds_nothing() {
    let forest = stolen_key();
    let alerts: Vec<Alert> = forest
        .nodes()
        .map(|node| Alert {
            node,
            at: at("12:10"),
            title: "Somebody is at work".to_owned(),
            severity: "High".to_owned(),
        })
        .collect();
    let picture = view(&forest, at("12:49"));
    for width in [0, 40, 72, 100, 240] {
        let plain = lanes(&picture, &sheet(&alerts), width, Colour::Plain);
        let widest = plain.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(width.max(40)), "{width}\n{plain}");
        assert!(plain.contains('▲') && plain.contains("▲ alert"), "{plain}");
        let coloured = lanes(&picture, &sheet(&alerts), width, Colour::Ansi);
        assert_ne!(coloured, plain);
        assert_eq!(without_colour(&coloured), plain);
    }
}

fn without_colour(text: &str) -> String {
    let mut pieces = text.split("\u{1b}[");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |text, piece| {
        text + piece.split_once('m').map_or(piece, |(_, rest)| rest)
    })
}
