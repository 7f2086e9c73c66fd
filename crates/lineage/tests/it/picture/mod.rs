//! Pictures: forests in, text out.

mod world;

mod trees;

mod timelines;

mod reports;

mod hostile;

mod lanes;

use std::collections::HashMap;

use keyline_lineage::Forest;
use keyline_lineage::picture::tree::{Colour, tree};
use keyline_lineage::picture::{Choice, Similar, TreeOptions, View};

/// Everything of a forest at an instant, without a limit.
fn view(forest: &Forest, as_of: i64) -> View<'_> {
    View {
        forest,
        choice: Choice::All,
        as_of,
        similar: Similar::Fold,
        rows_max: usize::MAX,
    }
}

fn plain(view: &View, width: usize) -> String {
    let options = TreeOptions {
        width,
        colour: Colour::Plain,
        asked: None,
        alerts: &HashMap::new(),
        to_see_all: "--all",
    };
    tree(view, &options)
}

/// What is left of XML or HTML without its tags, a line for each piece of text.
fn text_of(markup: &str) -> Vec<String> {
    let body = markup.split("</style>").last().unwrap();
    let pieces = body.split('<').filter_map(|piece| piece.split_once('>'));
    let texts = pieces.map(|(_, text)| text.trim().to_owned());
    texts.filter(|text| !text.is_empty()).collect()
}
