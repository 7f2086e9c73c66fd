//! Writes the pictures of three made-up stories into a folder, to be looked at, and prints their trees.
//!
//! `cargo run -p keyline-lineage --example picture -- FOLDER`
#![allow(clippy::unwrap_used)]

#[path = "../tests/it/picture/world.rs"]
mod world;

use keyline_lineage::picture::*;
use std::collections::HashMap;

fn main() {
    let out = std::path::PathBuf::from(std::env::args().nth(1).unwrap());
    for (name, forest, when) in [
        ("stolen", world::stolen_key(), "12:49"),
        ("busy", world::busy(), "16:45"),
        ("hostile", world::hostile(), "09:50"),
    ] {
        let view = View {
            forest: &forest,
            choice: Choice::All,
            as_of: world::at(when),
            liveness: &world::judge,
            similar: Similar::Fold,
            rows_max: 1000,
        };
        let alerts = HashMap::new();
        let options = TreeOptions {
            width: 100,
            colour: tree::Colour::Plain,
            asked: None,
            alerts: &alerts,
            to_see_all: "--all",
        };
        println!("{}", tree::tree(&view, &options));
        let (mut uses, mut warnings) = (Uses::default(), Vec::new());
        if name == "stolen" {
            uses = world::uses_of_the_stolen_key(&forest);
            warnings = world::alerts_of_the_stolen_key(&forest);
        }
        let title = match name {
            "stolen" => "What a stolen deployment key left behind",
            "busy" => "A day of four accounts",
            _ => "<b>Names that \u{202e}bite",
        };
        let sheet = Sheet {
            title,
            uses: &uses,
            alerts: &warnings,
            span: None,
            to_see_all: "--all",
        };
        std::fs::write(out.join(format!("{name}.svg")), svg::svg(&view, &sheet)).unwrap();
        let coverage = [
            ("files", "6"),
            ("events", "10,216 of 2 accounts in 3 regions"),
            ("time", "2026-10-14T09:05:00Z to 2026-10-14T12:49:00Z"),
        ];
        let report = Report {
            sheet,
            coverage: &coverage.map(|(name, value)| (name.to_owned(), value.to_owned())),
        };
        std::fs::write(out.join(format!("{name}.html")), html::html(&view, &report)).unwrap();
    }
}
