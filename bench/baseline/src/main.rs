//! How fast these files can be inflated and parsed at all: libdeflate and sonic-rs's whole DOM.
//!
//! In: a folder of gz log files, and whether to stop after inflating. Out: one JSON line with the
//! events and the bytes. Several threads take whole files. Deliberately not here: anything a product
//! needs (types, problems, bounded memory): this is the floor under which no reader of every byte
//! gets, and the measure by which Keyline's own time is judged.
//!
//! usage: baseline inflate|dom LOGS THREADS

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use libdeflater::Decompressor;
use sonic_rs::{JsonContainerTrait, JsonValueTrait, Value};

/// No log file of the benchmark is larger than this when inflated.
const INFLATED_BYTES_MAX: usize = 256 << 20;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, mode, logs, threads] = arguments.as_slice() else {
        eprintln!("usage: baseline inflate|dom LOGS THREADS");
        std::process::exit(2);
    };
    let mut files = Vec::new();
    collect(Path::new(logs), &mut files);
    files.sort();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut decompressor = Decompressor::new();
        let mut text = Vec::new();
        let mut events = 0;
        let mut bytes = 0;
        while let Some(path) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            let packed = fs::read(path).expect("a log file can be read");
            // gzip ends with the inflated length, modulo 2^32.
            let tail: [u8; 4] = packed[packed.len() - 4..].try_into().expect("four bytes");
            let length = (u32::from_le_bytes(tail) as usize).min(INFLATED_BYTES_MAX);
            text.resize(length, 0);
            let inflated = decompressor
                .gzip_decompress(&packed, &mut text)
                .expect("a log file is gzip");
            bytes += inflated;
            if mode == "dom" {
                let parsed: Value =
                    sonic_rs::from_slice(&text[..inflated]).expect("a log file is JSON");
                let records = parsed.get("Records").and_then(|records| records.as_array());
                events += records.map_or(0, |records| records.len());
            }
        }
        (events, bytes)
    };
    let (events, bytes) = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.parse().expect("a number of threads"))
            .map(|_| scope.spawn(work))
            .collect();
        workers.into_iter().fold((0, 0), |sum, worker| {
            let own = worker.join().expect("a worker does not panic");
            (sum.0 + own.0, sum.1 + own.1)
        })
    });
    println!("{{\"rows\": {events}, \"bytes\": {bytes}}}");
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder of logs can be read") {
        let path = entry.expect("the folder of logs can be read").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "gz") {
            files.push(path);
        }
    }
}
