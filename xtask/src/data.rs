//! `cargo xtask data`: the benchmark's log files.
//!
//! In: a number of events and a seed. Out: gz files in the layout in which CloudTrail delivers, the
//! ip-ranges list of their world, and `summary.json` with the counts. The same options give the same
//! bytes. Deliberately not here: what is in the records (`keyline-simulate`).

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use anyhow::Context;
use keyline_simulate::{Config, Habits, Simulation, ip_ranges_json};
use libdeflater::{CompressionLvl, Compressor};

use crate::run::Options;

/// 2026-10-01, the first of the thirty days.
const START: i64 = 1_790_812_800;

pub fn data(options: &[String]) -> anyhow::Result<()> {
    let mut options = Options::new(options);
    let config = Config {
        seed: options.number("--seed", 1)?,
        events: options.number("--events", 1_000_000)?,
        start: START,
        days: options
            .number("--days", 30)?
            .try_into()
            .context("`--days` is too large")?,
        accounts: options
            .number("--accounts", 5)?
            .try_into()
            .context("`--accounts` is too large")?,
    };
    let threads = options.number("--threads", 2)?.clamp(1, 64);
    let habits = match options.has("--habits") {
        true => Habits::With,
        false => Habits::Without,
    };
    let out = options
        .take("--out")?
        .context("`--out DIR` says where to write")?;
    options.finish()?;
    let simulation = Simulation::new(config.clone()).with_habits(habits);
    let written = write(&simulation, &config, threads, &PathBuf::from(&out))?;
    println!("{}", written.sentence(&out));
    Ok(())
}

/// The organisation of the benchmark.
pub fn benchmark(events: u64) -> Config {
    Config {
        seed: 1,
        events,
        start: START,
        days: 30,
        accounts: 5,
    }
}

/// What was written.
pub struct Written {
    pub events: u64,
    pub files: u64,
    pub raw_bytes: u64,
    pub gz_bytes: u64,
    pub seconds: f64,
}

impl Written {
    fn sentence(&self, out: &str) -> String {
        format!(
            "{} events in {} files under {out}: {:.1} MB of JSON, {:.1} MB gz, {:.1} s",
            self.events,
            self.files,
            self.raw_bytes as f64 / 1e6,
            self.gz_bytes as f64 / 1e6,
            self.seconds
        )
    }
}

pub fn write(
    simulation: &Simulation,
    config: &Config,
    threads: u64,
    out: &Path,
) -> anyhow::Result<Written> {
    let begun = Instant::now();
    fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
    fs::write(out.join("ip-ranges.json"), ip_ranges_json())?;
    let next = AtomicU64::new(0);
    let work = || -> anyhow::Result<(u64, u64, u64, u64)> {
        let level = CompressionLvl::new(6).expect("6 is a level of libdeflate");
        let mut compressor = Compressor::new(level);
        let mut packed = Vec::new();
        let mut sums = (0, 0, 0, 0);
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= simulation.file_slots() {
                return Ok(sums);
            }
            let Some(file) = simulation.file(number) else {
                continue;
            };
            packed.resize(compressor.gzip_compress_bound(file.text.len()), 0);
            let length = compressor
                .gzip_compress(file.text.as_bytes(), &mut packed)
                .expect("the buffer has the bound's length");
            let path = out.join(&file.path);
            let folder = path.parent().expect("the path has folders");
            fs::create_dir_all(folder)
                .with_context(|| format!("cannot make {}", folder.display()))?;
            fs::write(&path, &packed[..length])
                .with_context(|| format!("cannot write {}", path.display()))?;
            sums.0 += file.events;
            sums.1 += 1;
            sums.2 += file.text.len() as u64;
            sums.3 += length as u64;
        }
    };
    let sums = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_fold((0, 0, 0, 0), |sum, worker| {
            let own = worker.join().expect("a worker does not panic")?;
            anyhow::Ok((sum.0 + own.0, sum.1 + own.1, sum.2 + own.2, sum.3 + own.3))
        })
    })?;
    let (events, files, raw_bytes, gz_bytes) = sums;
    let seconds = begun.elapsed().as_secs_f64();
    let summary = serde_json::json!({
        "seed": config.seed, "events": events, "files": files, "days": config.days,
        "accounts": config.accounts, "raw_bytes": raw_bytes, "gz_bytes": gz_bytes,
    });
    fs::write(out.join("summary.json"), format!("{summary:#}\n"))?;
    Ok(Written {
        events,
        files,
        raw_bytes,
        gz_bytes,
        seconds,
    })
}
