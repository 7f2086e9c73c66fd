//! How fast log files are read: events and megabytes a second, step by step.
//!
//! `cargo run --release -p keyline-trail --example throughput -- FOLDER [THREADS [COPIES [ONLY]]]` reads all gz and JSON files of a
//! folder, several times each way, and prints the best run. JSON files are compressed first, in memory.

#![allow(clippy::unwrap_used)]

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

use sonic_rs::{JsonContainerTrait, JsonValueTrait};

use keyline_trail::{
    Column, ColumnTest, Conjunction, Identity, Prefilter, Projection, ReadOptions, Reader, Test,
};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().expect("a folder with log files");
    let threads: usize = arguments.next().map_or(1, |count| count.parse().unwrap());
    let copies: usize = arguments.next().map_or(1, |count| count.parse().unwrap());
    let mut paths = Vec::new();
    find(Path::new(&folder), &mut paths);
    let files: Vec<Vec<u8>> = paths.iter().map(|path| load(path, copies)).collect();
    println!(
        "{} files, {} MB gz, {threads} thread(s)",
        files.len(),
        files.iter().map(Vec::len).sum::<usize>() >> 20
    );

    let base = ReadOptions {
        projection: Projection::none(),
        identity: Identity::Skip,
        ..ReadOptions::default()
    };
    let five = Projection::of(&[
        Column::TimeGenerated,
        Column::EventName,
        Column::UserIdentityArn,
        Column::SourceIpAddress,
        Column::UserIdentityAccessKeyId,
    ]);
    let pinned = ColumnTest {
        column: Column::EventName,
        test: Test::In(vec!["CreateAccessKey".into(), "ConsoleLogin".into()]),
    };
    let prefilter = Prefilter {
        any_of: vec![Conjunction {
            tests: vec![pinned],
            ..Conjunction::default()
        }],
    };
    let all = ReadOptions {
        projection: Projection::aws(),
        ..base.clone()
    };
    for (name, options) in [
        ("find the records only", base.clone()),
        (
            "five columns",
            ReadOptions {
                projection: five,
                ..base.clone()
            },
        ),
        (
            "five columns, identities",
            ReadOptions {
                projection: five,
                identity: Identity::Compute,
                ..base.clone()
            },
        ),
        (
            "55 columns of few events by name",
            ReadOptions {
                prefilter,
                ..all.clone()
            },
        ),
        ("55 columns", all.clone()),
        (
            "55 columns, identities",
            ReadOptions {
                identity: Identity::Compute,
                ..all.clone()
            },
        ),
        ("all columns, identities", ReadOptions::default()),
    ] {
        let text: Vec<Vec<u8>> = files.iter().map(|file| inflate(file)).collect();
        measure(name, "from text", threads, &text, &options);
        drop(text);
        measure(name, "from gz", threads, &files, &options);
    }
    inflate_only(threads, &files);
    sonic(threads, &files);
}

fn measure(name: &str, from: &str, threads: usize, files: &[Vec<u8>], options: &ReadOptions) {
    report(&format!("{name}, {from}"), threads, files, |share| {
        let mut reader = Reader::new(options);
        let mut sink = |batch| {
            std::hint::black_box(batch);
            ControlFlow::Continue(())
        };
        let (mut events, mut bytes) = (0, 0);
        for file in share {
            let report = reader.read(file, &mut sink);
            events += report.events;
            bytes += report.bytes;
        }
        let _ = reader.finish(&mut sink);
        (events, bytes)
    });
}

fn inflate_only(threads: usize, files: &[Vec<u8>]) {
    report("inflate only", threads, files, |share| {
        let mut out = Vec::new();
        let mut bytes = 0;
        for file in share {
            out.resize(size(file).max(out.len()), 0);
            bytes += libdeflater::Decompressor::new()
                .gzip_decompress(file, &mut out)
                .unwrap() as u64;
        }
        (0, bytes)
    });
}

fn sonic(threads: usize, files: &[Vec<u8>]) {
    report(
        "inflate and whole DOM (sonic-rs)",
        threads,
        files,
        |share| {
            let mut out = Vec::new();
            let (mut events, mut bytes) = (0, 0);
            for file in share {
                out.resize(size(file).max(out.len()), 0);
                let length = libdeflater::Decompressor::new()
                    .gzip_decompress(file, &mut out)
                    .unwrap();
                bytes += length as u64;
                // One document a file, as trails deliver them.
                let value: sonic_rs::Value = sonic_rs::from_slice(&out[..length]).unwrap();
                let records = value.get("Records").and_then(|records| records.as_array());
                events += records.map_or(1, |records| records.len()) as u64;
            }
            (events, bytes)
        },
    );
}

/// Runs a job on shares of the files, three times, and prints the best: per second of the threads' own time on a
/// processor, times the threads, so that other work on the machine does not count.
fn report(
    name: &str,
    threads: usize,
    files: &[Vec<u8>],
    job: impl Fn(&[Vec<u8>]) -> (u64, u64) + Sync,
) {
    if std::env::args()
        .nth(4)
        .is_some_and(|only| !name.contains(&only))
    {
        return;
    }
    let mut best = f64::MAX;
    let mut total = (0, 0);
    for _ in 0..3 {
        let shares = files.chunks(files.len().div_ceil(threads));
        let timed = |share| {
            let start = (Instant::now(), busy());
            let count = job(share);
            let wall = start.0.elapsed().as_secs_f64();
            (
                count,
                start.1.zip(busy()).map_or(wall, |(start, end)| end - start),
            )
        };
        let timed = &timed;
        let counts: Vec<((u64, u64), f64)> = std::thread::scope(|scope| {
            let running: Vec<_> = shares
                .map(|share| scope.spawn(move || timed(share)))
                .collect();
            running
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        best = best.min(counts.iter().map(|count| count.1).fold(0.0, f64::max));
        total = counts.iter().fold((0, 0), |sum, ((events, bytes), _)| {
            (sum.0 + events, sum.1 + bytes)
        });
    }
    println!(
        "{name:50} {:8.0} k events/s {:7.0} MB/s",
        total.0 as f64 / best / 1e3,
        total.1 as f64 / best / 1e6
    );
}

/// The seconds that this thread has spent on a processor, where the system says so.
fn busy() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(text.split(' ').next()?.parse::<f64>().ok()? / 1e9)
}

fn find(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            find(&path, found);
        } else if path.extension().is_some_and(|extension| {
            ["gz", "json", "jsonl"]
                .iter()
                .any(|known| extension == *known)
        }) {
            found.push(path);
        }
    }
    found.sort();
}

fn load(path: &Path, copies: usize) -> Vec<u8> {
    let bytes = std::fs::read(path).unwrap();
    if bytes.starts_with(&[0x1f, 0x8b]) {
        return bytes;
    }
    let bytes = bytes.repeat(copies);
    let mut compressor = libdeflater::Compressor::new(libdeflater::CompressionLvl::default());
    let mut out = vec![0; compressor.gzip_compress_bound(bytes.len())];
    let length = compressor.gzip_compress(&bytes, &mut out).unwrap();
    out.truncate(length);
    out
}

fn size(gz: &[u8]) -> usize {
    u32::from_le_bytes(*gz.last_chunk().unwrap()) as usize
}

fn inflate(gz: &[u8]) -> Vec<u8> {
    let mut out = vec![0; size(gz)];
    libdeflater::Decompressor::new()
        .gzip_decompress(gz, &mut out)
        .unwrap();
    out
}
