//! Writes the pictures of logs, or of three made-up stories, into a folder to be looked at, and prints
//! the trees.
//!
//! `cargo run -p keyline-lineage --example picture -- FOLDER [FILE-OR-FOLDER…]`

#![allow(clippy::unwrap_used)]

#[path = "../tests/it/picture/world.rs"]
mod world;

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use keyline_lineage::picture::html::html;
use keyline_lineage::picture::svg::svg;
use keyline_lineage::picture::tree::{Colour, tree};
use keyline_lineage::picture::{Alert, Choice, Report, Sheet, Similar, TreeOptions, Uses, View};
use keyline_lineage::{Facts, Forest, Production};
use keyline_trail::{ReadOptions, Reader};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let out = PathBuf::from(arguments.next().expect("a folder to write into"));
    let mut paths = Vec::new();
    for argument in arguments {
        find(Path::new(&argument), &mut paths);
    }
    if !paths.is_empty() {
        let forest = read(&paths);
        draw(
            &out.join("logs"),
            &forest,
            "Lineage of these logs",
            &Uses::default(),
            &[],
        );
        return;
    }
    let stolen = world::stolen_key();
    let title = "What a stolen deployment key left behind";
    let (uses, alerts) = (
        world::uses_of_the_stolen_key(&stolen),
        world::alerts_of_the_stolen_key(&stolen),
    );
    draw(&out.join("stolen"), &stolen, title, &uses, &alerts);
    let title = "A day of three accounts";
    draw(
        &out.join("busy"),
        &world::busy(),
        title,
        &Uses::default(),
        &[],
    );
    let title = "<b>Names that \u{202e}bite";
    draw(
        &out.join("hostile"),
        &world::hostile(),
        title,
        &Uses::default(),
        &[],
    );
}

fn draw(stem: &Path, forest: &Forest, title: &str, uses: &Uses, alerts: &[Alert]) {
    let view = View {
        forest,
        choice: Choice::All,
        as_of: forest.last_event().unwrap_or_default(),
        similar: Similar::Fold,
        rows_max: 500,
    };
    let options = TreeOptions {
        width: 100,
        colour: Colour::Plain,
        asked: None,
        alerts: &HashMap::new(),
        to_see_all: "--all",
    };
    println!("{}", tree(&view, &options));
    let sheet = Sheet {
        title,
        uses,
        alerts,
        span: None,
        to_see_all: "--all",
    };
    std::fs::write(stem.with_extension("svg"), svg(&view, &sheet)).unwrap();
    let coverage = [("credentials".to_owned(), forest.len().to_string())];
    let report = Report {
        sheet,
        coverage: &coverage,
    };
    std::fs::write(stem.with_extension("html"), html(&view, &report)).unwrap();
}

fn read(paths: &[PathBuf]) -> Forest {
    let options = ReadOptions {
        projection: Facts::columns(),
        detail: Some(Facts::detail()),
        ..ReadOptions::default()
    };
    let mut facts = Facts::default();
    let mut seen = HashSet::new();
    let mut reader = Reader::new(&options);
    let mut sink = |batch: keyline_trail::Batch| {
        for (at, identity) in batch.identities.iter().enumerate() {
            // Duplicates are dropped before the facts.
            if seen.insert(identity.event) {
                facts.observe(&batch.rows.slice(at, 1));
            }
        }
        ControlFlow::Continue(())
    };
    for path in paths {
        reader.read(&std::fs::read(path).unwrap(), &mut sink);
    }
    let _ = reader.finish(&mut sink);
    Forest::build(facts, &Production::default()).0
}

fn find(path: &Path, found: &mut Vec<PathBuf>) {
    if !path.is_dir() {
        found.push(path.to_owned());
        return;
    }
    let entries = std::fs::read_dir(path).unwrap();
    let mut inside: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    inside.sort();
    for path in inside {
        find(&path, found);
    }
}
