//! What the facts cost on top of reading, and what a million credentials weigh.
//!
//! `cargo run --release -p keyline-lineage --example facts_throughput -- [EVENTS|FOLDER [CREDENTIALS]]` reads made-up
//! logs of an ordinary organisation from memory, or packed log files of a folder (`cargo xtask data`), with and
//! without facts, and then builds a forest of so many minted and used sessions.

#![allow(clippy::unwrap_used)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use keyline_lineage::{Facts, Forest, Production};
use keyline_simulate::{Config, Simulation};
use keyline_trail::{Batch, Identity, ReadOptions, Reader};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let what = arguments.next().unwrap_or_else(|| "1000000".to_owned());
    let credentials: u64 = arguments.next().map_or(1_000_000, |n| n.parse().unwrap());
    let files = match what.parse() {
        Ok(events) => made_up(events),
        Err(_) => packed_below(Path::new(&what)),
    };
    reading(&files);
    weight(credentials);
}

fn made_up(events: u64) -> Vec<Vec<u8>> {
    let config = Config {
        seed: 1,
        events,
        start: 1_791_936_000,
        days: 2,
        accounts: 3,
    };
    Simulation::new(config)
        .files()
        .map(|file| gz(file.text.as_bytes()))
        .collect()
}

/// What lies in a folder and in those below it.
fn packed_below(folder: &Path) -> Vec<Vec<u8>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(packed_below(&path));
        } else if path.extension().is_some_and(|ending| ending == "gz") {
            files.push(std::fs::read(&path).unwrap());
        }
    }
    files
}

fn reading(files: &[Vec<u8>]) {
    let bytes: usize = files.iter().map(Vec::len).sum();
    println!("{} files, {} MB gz", files.len(), bytes >> 20);
    let options = ReadOptions {
        projection: Facts::columns(),
        details: vec![Facts::detail()],
        identity: Identity::Compute,
        ..ReadOptions::default()
    };
    let mut best = [f64::MAX; 2];
    let mut shown = (0, 0);
    let mut built = f64::MAX;
    for _ in 0..5 {
        for (way, best) in best.iter_mut().enumerate() {
            let start = busy();
            let mut facts = Facts::default();
            let mut rows = 0;
            let mut reader = Reader::new(&options);
            let mut sink = |batch: Batch| {
                rows += batch.rows.num_rows();
                if way == 1 {
                    facts.observe(&batch.rows);
                }
                ControlFlow::Continue(())
            };
            for file in files {
                reader.read(file, &mut sink);
            }
            let _ = reader.finish(&mut sink);
            *best = best.min(busy() - start);
            if way == 1 {
                let start = busy();
                let forest = Forest::build(facts, &Production::default()).0;
                shown = (rows, forest.len());
                built = built.min(busy() - start);
            }
        }
    }
    let (rows, credentials) = shown;
    let rate = |seconds: f64| rows as f64 / seconds / 1e3;
    println!("reading              {:8.0} k events/s", rate(best[0]));
    println!("reading and facts    {:8.0} k events/s", rate(best[1]));
    let cost = best[1] - best[0];
    let share = |seconds: f64| 100.0 * seconds / best[0];
    println!(
        "facts                {:8.0} k events/s, {:.1} % on top of reading",
        rate(cost),
        share(cost)
    );
    println!(
        "forest               {built:.3} s, {:.1} %: {credentials} credentials of {rows} events; together {:.1} %",
        share(built),
        share(cost + built)
    );
}

/// A file as it lies in a bucket.
fn gz(text: &[u8]) -> Vec<u8> {
    let mut compressor = libdeflater::Compressor::new(libdeflater::CompressionLvl::default());
    let mut out = vec![0; compressor.gzip_compress_bound(text.len())];
    let length = compressor.gzip_compress(text, &mut out).unwrap();
    out.truncate(length);
    out
}

fn weight(credentials: u64) {
    let before = live();
    let start = Instant::now();
    let options = ReadOptions {
        projection: Facts::columns(),
        details: vec![Facts::detail()],
        identity: Identity::Skip,
        ..ReadOptions::default()
    };
    let mut facts = Facts::default();
    let mut reader = Reader::new(&options);
    let mut sink = |batch: Batch| {
        facts.observe(&batch.rows);
        ControlFlow::Continue(())
    };
    let mut text = String::new();
    for number in 0..credentials {
        minted_and_used(number, &mut text);
        if text.len() > 1 << 20 {
            reader.read(text.as_bytes(), &mut sink);
            text.clear();
        }
    }
    reader.read(text.as_bytes(), &mut sink);
    let _ = reader.finish(&mut sink);
    let gathered = (start.elapsed().as_secs_f64(), live() - before);
    let start = Instant::now();
    let forest = Forest::build(facts, &Production::default()).0;
    let built = start.elapsed().as_secs_f64();
    println!(
        "{} credentials: facts {:.1} s, {} bytes each; built in {built:.1} s, {} bytes each, at most {} bytes each",
        forest.len(),
        gathered.0,
        gathered.1 / credentials,
        (live() - before) / credentials,
        (most() - before) / credentials,
    );
    let start = Instant::now();
    let total: u64 = forest
        .nodes()
        .map(|node| forest.credential(node).event_count)
        .sum();
    println!(
        "all of them as values: {:.1} s, {total} calls",
        start.elapsed().as_secs_f64()
    );
    let start = Instant::now();
    let found = forest.find("session-000000777").len();
    println!(
        "one found by name: {:.3} s, {found}",
        start.elapsed().as_secs_f64()
    );
}

/// A role session of its own name, minted by one of a thousand keys, and one call with it.
fn minted_and_used(number: u64, out: &mut String) {
    use std::fmt::Write;
    let (user, second) = (number % 1000, number / 20);
    let time = |second: u64| {
        format!(
            "2026-10-{:02}T{:02}:{:02}:{:02}Z",
            1 + second / 86_400 % 28,
            second / 3600 % 24,
            second / 60 % 60,
            second % 60
        )
    };
    let (minted, used) = (time(second), time(second + 30));
    let name = format!("session-{number:09}");
    writeln!(
        out,
        r#"{{"eventVersion":"1.10","userIdentity":{{"type":"IAMUser","principalId":"AIDAEXAMPLE{user:09}","arn":"arn:aws:iam::111122223333:user/user-{user}","accountId":"111122223333","accessKeyId":"AKIAEXAMPLE{user:09}","userName":"user-{user}"}},"eventTime":"{minted}","eventSource":"sts.amazonaws.com","eventName":"AssumeRole","awsRegion":"eu-west-1","sourceIPAddress":"192.0.2.{}","userAgent":"aws-cli/2.17.0","requestParameters":{{"roleArn":"arn:aws:iam::111122223333:role/deploy","roleSessionName":"{name}"}},"responseElements":{{"credentials":{{"accessKeyId":"ASIAEXAMPLE{number:09}","expiration":"Oct 30, 2026, 11:00:00 PM"}},"assumedRoleUser":{{"assumedRoleId":"AROAEXAMPLE:{name}","arn":"arn:aws:sts::111122223333:assumed-role/deploy/{name}"}}}},"eventID":"00000000-0000-4000-8000-{number:012}","recipientAccountId":"111122223333"}}"#,
        number % 250
    )
    .unwrap();
    writeln!(
        out,
        r#"{{"eventVersion":"1.10","userIdentity":{{"type":"AssumedRole","principalId":"AROAEXAMPLE:{name}","arn":"arn:aws:sts::111122223333:assumed-role/deploy/{name}","accountId":"111122223333","accessKeyId":"ASIAEXAMPLE{number:09}","sessionContext":{{"attributes":{{"creationDate":"{minted}","mfaAuthenticated":"false"}},"sessionIssuer":{{"type":"Role","principalId":"AROAEXAMPLE","arn":"arn:aws:iam::111122223333:role/deploy","accountId":"111122223333","userName":"deploy"}}}}}},"eventTime":"{used}","eventSource":"s3.amazonaws.com","eventName":"ListBuckets","awsRegion":"eu-west-1","sourceIPAddress":"192.0.2.{}","userAgent":"aws-cli/2.17.0","eventID":"00000000-0000-4000-9000-{number:012}","recipientAccountId":"111122223333"}}"#,
        number % 250
    )
    .unwrap();
}

/// The seconds that this thread has spent on a processor, or the time where the system does not say.
fn busy() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let first = text
        .split(' ')
        .next()
        .and_then(|field| field.parse::<f64>().ok());
    first.map_or(0.0, |nanos| nanos / 1e9)
}

/// Counts what is allocated: what the system gives back shows late.
struct Counting;

static LIVE: AtomicU64 = AtomicU64::new(0);
static MOST: AtomicU64 = AtomicU64::new(0);

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let live = LIVE.fetch_add(layout.size() as u64, Ordering::Relaxed) + layout.size() as u64;
        MOST.fetch_max(live, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size() as u64, Ordering::Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn live() -> u64 {
    LIVE.load(Ordering::Relaxed)
}

fn most() -> u64 {
    MOST.load(Ordering::Relaxed)
}
