//! Writes the pictures of logs, of stories of the simulator (`story:NAME`), or of three made-up
//! forests into a folder to be looked at, and prints the trees.
//!
//! `cargo run -p keyline-lineage --example picture -- FOLDER [FILE-OR-FOLDER | story:NAME]…`

#![allow(clippy::unwrap_used)]

#[path = "../tests/it/picture/world.rs"]
mod world;

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use keyline_lineage::picture::html::html;
use keyline_lineage::picture::svg::svg;
use keyline_lineage::picture::tree::{Colour, tree};
use keyline_lineage::picture::{Alert, Choice, Report, Sheet, Similar, TreeOptions, View};
use keyline_lineage::{Facts, Forest, Node, Production};
use keyline_trail::{ReadOptions, Reader};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let out = PathBuf::from(arguments.next().expect("a folder to write into"));
    let (mut paths, mut told) = (Vec::new(), false);
    for argument in arguments {
        match argument.strip_prefix("story:") {
            Some(name) => {
                tell(&out, name);
                told = true;
            }
            None => find(Path::new(&argument), &mut paths),
        }
    }
    if told {
        return;
    }
    if !paths.is_empty() {
        let forest = read(paths.iter().map(|path| std::fs::read(path).unwrap()));
        draw(
            &out.join("logs"),
            &everything(&forest),
            "Lineage of these logs",
            &[],
        );
        return;
    }
    let stolen = world::stolen_key();
    let title = "What a stolen deployment key left behind";
    let alerts = world::alerts_of_the_stolen_key(&stolen);
    draw(&out.join("stolen"), &everything(&stolen), title, &alerts);
    let title = "A day of three accounts";
    draw(&out.join("busy"), &everything(&world::busy()), title, &[]);
    let title = "<b>Names that \u{202e}bite";
    draw(
        &out.join("hostile"),
        &everything(&world::hostile()),
        title,
        &[],
    );
}

fn tell(out: &Path, name: &str) {
    let story = keyline_simulate::stories::find(name).expect("a story of that name");
    let told = (story.tell)(7);
    let forest = read(told.simulation.files().map(|file| file.text.into_bytes()));
    // The tree that the story is about, without the ordinary days.
    let about = forest.find(&told.truth.access_key_id);
    let mut nodes: Vec<Node> = about.iter().map(|node| forest.root(*node)).collect();
    nodes.extend(
        nodes
            .clone()
            .into_iter()
            .flat_map(|root| forest.descendants(root)),
    );
    let view = View {
        choice: Choice::Only(&nodes),
        ..everything(&forest)
    };
    draw(&out.join(name), &view, story.title, &[]);
}

fn everything(forest: &Forest) -> View<'_> {
    View {
        forest,
        choice: Choice::All,
        as_of: forest.last_event().unwrap_or_default(),
        similar: Similar::Fold,
        rows_max: 500,
    }
}

fn draw(stem: &Path, view: &View, title: &str, alerts: &[Alert]) {
    let options = TreeOptions {
        width: 100,
        colour: Colour::Plain,
        asked: None,
        alerts: &HashMap::new(),
        to_see_all: "--all",
    };
    println!("{}", tree(view, &options));
    let sheet = Sheet {
        title,
        alerts,
        span: None,
        to_see_all: "--all",
    };
    std::fs::write(stem.with_extension("svg"), svg(view, &sheet)).unwrap();
    let coverage = [("credentials".to_owned(), view.forest.len().to_string())];
    let report = Report {
        sheet,
        coverage: &coverage,
        sections: &[],
    };
    std::fs::write(stem.with_extension("html"), html(view, &report)).unwrap();
}

fn read(files: impl Iterator<Item = Vec<u8>>) -> Forest {
    let options = ReadOptions {
        projection: Facts::columns(),
        details: vec![Facts::detail()],
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
    for file in files {
        reader.read(&file, &mut sink);
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
