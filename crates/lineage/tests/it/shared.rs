//! Real records, where they are: in a folder `shared` beside the workspace, or where `KEYLINE_SHARED` says.

use std::path::{Path, PathBuf};

pub fn folder() -> PathBuf {
    std::env::var_os("KEYLINE_SHARED").map_or_else(
        || concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared").into(),
        PathBuf::from,
    )
}

/// Every line of the logs below a folder; none, and a word about it, where there is no such folder.
pub fn lines(below: &str) -> Vec<String> {
    let folder = folder().join(below);
    let mut files = Vec::new();
    find(&folder, &mut files);
    if files.is_empty() {
        println!("left out: no real records at ../shared/{below}");
    }
    let mut lines = Vec::new();
    for file in files {
        let bytes = std::fs::read(file).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        lines.extend(
            text.lines()
                .filter(|line| !line.is_empty())
                .map(str::to_owned),
        );
    }
    lines
}

fn find(path: &Path, found: &mut Vec<PathBuf>) {
    if path.is_dir() {
        let mut inside: Vec<PathBuf> = std::fs::read_dir(path)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        inside.sort();
        inside.iter().for_each(|path| find(path, found));
    } else if path.is_file() && path.extension().is_some_and(|end| end == "jsonl") {
        found.push(path.to_owned());
    }
}
