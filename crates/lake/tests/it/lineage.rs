//! The tree of one credential: from Parquet, of which only some rows are read, it must be what the forest of all events
//! says of it, byte for byte, whoever wrote the file.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use keyline_lake::lineage::Lineage;
use keyline_lake::{LogOptions, Logs, write_parquet};
use keyline_lineage::{Forest, Node, Production};
use keyline_simulate::stories;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::properties::WriterProperties;

use crate::folder::{open, options};

/// Everything that is said of the tree that a text names.
fn told(forest: &Forest, text: &str) -> String {
    let named = forest.find(text);
    let mut nodes: BTreeSet<Node> = named.iter().copied().collect();
    nodes.extend(forest.below(&named));
    nodes.extend(forest.above(&named));
    let mut out = format!("{:?}\n", forest.last_event());
    for node in nodes {
        out.push_str(&format!("{:?}\n", forest.credential(node)));
    }
    out
}

/// Asks for keys and ids, and compares with the whole forest of the same logs.
fn check(what: &str, path: &Path, options: &LogOptions, step: usize) {
    let lineage = |logs: &Logs| Lineage::of(logs, Production::default());
    let whole = lineage(&open(path, options.clone())).forest().unwrap();
    let mut texts = BTreeSet::new();
    for node in whole.nodes() {
        let credential = whole.alone(node);
        texts.extend(credential.access_key_ids);
        texts.insert(credential.id);
    }
    for text in texts.iter().step_by(step) {
        let (one, _) = lineage(&open(path, options.clone())).about(text).unwrap();
        let expected = Forest::clone(&whole).about(&whole.find(text));
        assert_eq!(told(&one, text), told(&expected, text), "{what}: {text}");
    }
}

/// The story's log files below a folder.
fn write(story: &stories::Story, folder: &Path) -> (i64, i64) {
    let told = (story.tell)(3);
    for file in told.simulation.files() {
        let path = folder.join(&file.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path.with_extension(""), file.text).unwrap();
    }
    (
        told.truth.first_event * 1_000_000,
        told.truth.as_of * 1_000_000,
    )
}

/// The same rows in row groups of other sizes, by another writer.
fn copy(from: &Path, to: &Path, rows: usize) {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(from).unwrap()).unwrap();
    let metadata = reader.metadata().file_metadata().key_value_metadata();
    let properties = WriterProperties::builder()
        .set_key_value_metadata(metadata.cloned())
        .set_max_row_group_row_count(Some(rows))
        .build();
    let reader = reader.with_batch_size(rows).build().unwrap();
    let schema = arrow_array::RecordBatchReader::schema(&reader);
    let file = File::create(to).unwrap();
    let mut writer = ArrowWriter::try_new(file, schema, Some(properties)).unwrap();
    for batch in reader {
        writer.write(&batch.unwrap()).unwrap();
    }
    writer.close().unwrap();
}

#[test]
fn one_tree_from_parquet_and_from_files() {
    for (number, story) in stories::ALL.iter().enumerate() {
        let folder = tempfile::tempdir().unwrap();
        let (files, parquet) = (folder.path().join("files"), folder.path().join("p"));
        std::fs::create_dir(&parquet).unwrap();
        let (from, until) = write(story, &files);
        let written: PathBuf = parquet.join("events.parquet");
        write_parquet(&open(&files, options(2)), &written).unwrap();
        check(story.name, &parquet, &options(2), 97);
        // What a run of every story would tell again is told of some.
        match number % 4 {
            0 => check(story.name, &files, &options(1), 211),
            1 => {
                let clipped = LogOptions {
                    since: Some(from - 3_600_000_000),
                    until: Some((from + until) / 2),
                    ..options(2)
                };
                check(story.name, &parquet, &clipped, 97);
            }
            _ => {
                let copied = folder.path().join("copy.parquet");
                copy(&written, &copied, 57);
                check(story.name, &copied, &options(2), 131);
            }
        }
    }
}
