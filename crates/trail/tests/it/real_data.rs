//! Real records: all are read, with sensible problems.

use std::path::{Path, PathBuf};

use keyline_trail::{Coverage, ReadOptions};

use crate::support::batches;

fn shared() -> PathBuf {
    std::env::var_os("KEYLINE_SHARED").map_or_else(
        || concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared").into(),
        PathBuf::from,
    )
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "jsonl" || extension == "json")
        {
            found.push(path);
        }
    }
}

#[test]
fn every_real_record_is_read() {
    let mut found = Vec::new();
    files(&shared().join("data"), &mut found);
    if found.is_empty() {
        println!("left out: no real records at ../shared/data");
        return;
    }
    let mut coverage = Coverage::default();
    let mut lines = 0;
    for file in &found {
        let bytes = std::fs::read(file).unwrap();
        lines += bytes
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.trim_ascii().is_empty())
            .count();
        let (batches, mut report) = batches(&bytes, &ReadOptions::default());
        assert_eq!(
            batches
                .iter()
                .map(|batch| batch.rows.num_rows() as u64)
                .sum::<u64>(),
            report.events
        );
        report.problems.name_file(&file.display().to_string());
        coverage.add_file(report);
    }
    println!("{lines} lines, {} events", coverage.events);
    for problem in coverage.problems.iter() {
        println!(
            "{} {} {}",
            problem.kind.name(),
            problem.count,
            problem.example
        );
    }
    assert_eq!(coverage.events + coverage.bad_records, lines as u64);
    assert!(
        coverage.bad_records * 100 < coverage.events,
        "{:?}",
        coverage.problems
    );
}
