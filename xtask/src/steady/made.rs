//! The files of a run, made before it begins.
//!
//! In: a pace. Out: packed log files in a folder beside the one that is watched, each with the instant at which it comes.
//! The simulated clock runs along with the wall clock where the rate is that of the organisation; for higher rates it
//! runs faster, and ends at the wall clock.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::Context;
use keyline_simulate::{Config, Event, Habits, Simulation, clock};
use libdeflater::{CompressionLvl, Compressor};

/// Events of the organisation in a second of its own clock, at most.
const OWN_RATE: u64 = 2_000;
/// Seconds of a slot of the simulation where a day has as many as it can.
const SLOT: u64 = 900;
/// Events that are made in a second, about, by one thread: for when the run can begin.
const MADE_A_SECOND: u64 = 25_000;
/// Events of a day that has as many slots as it can, of which one is counted.
const SAMPLE: u64 = 10_000_000;

/// How fast and how long.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    pub rate: u64,
    pub seconds: u64,
    /// Seconds between two files of the same account and region.
    pub every: u64,
    pub accounts: u64,
}

/// A file that comes at its instant.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// Where it lies until then.
    pub path: PathBuf,
    /// How it is called where it comes.
    pub name: String,
    /// After the beginning of the run.
    pub at: Duration,
    /// Ids of events that a rule fires on.
    pub marks: Vec<String>,
}

/// Everything that comes, in order.
pub struct Made {
    pub files: Vec<Waiting>,
    pub events: u64,
    pub bytes: u64,
    /// The instant at which the first second of the simulated clock is now.
    pub begins: Instant,
}

impl Made {
    pub fn marks(&self) -> usize {
        self.files.iter().map(|file| file.marks.len()).sum()
    }

    pub fn make(pace: &Pace, work: &Path) -> anyhow::Result<Made> {
        let speed = pace.rate.div_ceil(OWN_RATE);
        let own_rate = pace.rate as f64 / speed as f64;
        let span = pace.seconds * speed;
        let slots = span.div_ceil(SLOT);
        let making = Duration::from_secs(slots * SLOT * own_rate as u64 / MADE_A_SECOND / 2 + 5);
        let begins = Instant::now() + making;
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        // What is simulated ends when the run does.
        let start = (now + making.as_secs() + pace.seconds).saturating_sub(span);
        let config = |events: u64| Config {
            seed: 5,
            events,
            start: i64::try_from(start).unwrap_or(0),
            days: 1,
            accounts: u32::try_from(pace.accounts).unwrap_or(5),
        };
        // Slots are not equally busy: what share of all events the first has is counted.
        let sample = Simulation::new(config(SAMPLE));
        let streams = sample.organisation().streams.len() as u64;
        let counted: usize = (0..streams).map(|number| sample.events(number).len()).sum();
        let share = counted as f64 / SAMPLE as f64;
        let events = (own_rate * SLOT as f64 / share.max(1e-9)) as u64;
        let simulation = Simulation::new(config(events)).with_habits(Habits::With);
        let staged = work.join("staged");
        fs::create_dir_all(&staged)?;
        let next = AtomicU64::new(0);
        let all = Mutex::new((Vec::new(), 0, 0));
        let work_on = || -> anyhow::Result<()> {
            let mut packer = Packer::new(&staged);
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= slots * streams {
                    return Ok(());
                }
                let stream = number % streams;
                let mut windows: BTreeMap<u64, Vec<Event>> = BTreeMap::new();
                // Files of different streams come at different instants.
                let offset = stream * pace.every * speed / streams;
                for event in simulation.events(number) {
                    let since = event.time.saturating_sub(start as i64).max(0) as u64;
                    if since < span {
                        let window = (since + offset) / (pace.every * speed);
                        windows.entry(window).or_default().push(event);
                    }
                }
                for (window, events) in windows {
                    let ends = (window + 1) * pace.every * speed - offset;
                    let at = Duration::from_secs_f64(ends.min(span) as f64 / speed as f64);
                    let file = packer.pack(number, window, at, &events)?;
                    let mut all = all.lock().expect("no holder of the lock panics");
                    all.1 += events.len() as u64 + file.0.marks.len() as u64;
                    all.2 += file.1;
                    all.0.push(file.0);
                }
            }
        };
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..2).map(|_| scope.spawn(work_on)).collect();
            workers
                .into_iter()
                .try_for_each(|worker| worker.join().expect("a worker does not panic"))
        })?;
        let (mut files, events, bytes) = all.into_inner().expect("no holder of the lock panics");
        files.sort_by(|one: &Waiting, other| (one.at, &one.name).cmp(&(other.at, &other.name)));
        eprintln!(
            "{events} events in {} files are made; the run begins in {:.0} s",
            files.len(),
            begins
                .saturating_duration_since(Instant::now())
                .as_secs_f64()
        );
        Ok(Made {
            files,
            events,
            bytes,
            begins: begins.max(Instant::now()),
        })
    }
}

struct Packer {
    folder: PathBuf,
    compressor: Compressor,
    packed: Vec<u8>,
}

impl Packer {
    fn new(folder: &Path) -> Packer {
        Packer {
            folder: folder.to_owned(),
            compressor: Compressor::new(CompressionLvl::fastest()),
            packed: Vec::new(),
        }
    }

    /// One file; every fourth has an event that a rule fires on.
    fn pack(
        &mut self,
        number: u64,
        window: u64,
        at: Duration,
        events: &[Event],
    ) -> anyhow::Result<(Waiting, u64)> {
        let mut text = String::from("{\"Records\":[");
        for (place, event) in events.iter().enumerate() {
            if place > 0 {
                text.push(',');
            }
            text.push_str(&event.json);
        }
        let mut marks = Vec::new();
        if let Some(last) = events.last()
            && (number + window).is_multiple_of(4)
        {
            let id = format!(
                "5eadf1e5-0000-4000-8000-{:06x}{window:06x}",
                number & 0xff_ffff
            );
            text.push(',');
            text.push_str(&marked(last, &id, number, window));
            marks.push(id);
        }
        text.push_str("]}");
        let bound = self.compressor.gzip_compress_bound(text.len());
        self.packed.resize(bound, 0);
        let length = self
            .compressor
            .gzip_compress(text.as_bytes(), &mut self.packed)
            .context("the buffer has the bound's length")?;
        let first = &events[0];
        let name = format!(
            "{}_CloudTrail_{}_{number:06}-{window:06}.json.gz",
            first.account, first.region
        );
        let path = self.folder.join(&name);
        fs::write(&path, &self.packed[..length])
            .with_context(|| format!("cannot write {}", path.display()))?;
        Ok((
            Waiting {
                path,
                name,
                at,
                marks,
            },
            length as u64,
        ))
    }
}

/// Somebody of their own stops a trail.
fn marked(beside: &Event, id: &str, number: u64, window: u64) -> String {
    let account = &beside.account;
    let time = time(beside.time);
    let user = format!("steady-{number}-{window}");
    format!(
        "{{\"eventVersion\":\"1.11\",\"userIdentity\":{{\"type\":\"IAMUser\",\"principalId\":\"AIDASTEADY{number:05}{window:06}\",\
         \"arn\":\"arn:aws:iam::{account}:user/{user}\",\"accountId\":\"{account}\",\
         \"accessKeyId\":\"AKIASTEADY{number:05}{window:05}\",\"userName\":\"{user}\"}},\"eventTime\":\"{time}\",\
         \"eventSource\":\"cloudtrail.amazonaws.com\",\"eventName\":\"StopLogging\",\"awsRegion\":\"{}\",\
         \"sourceIPAddress\":\"198.51.100.7\",\"userAgent\":\"aws-cli/2.17\",\
         \"requestParameters\":{{\"name\":\"trail\"}},\"responseElements\":null,\"eventID\":\"{id}\",\
         \"readOnly\":false,\"eventType\":\"AwsApiCall\",\"managementEvent\":true,\
         \"recipientAccountId\":\"{account}\",\"eventCategory\":\"Management\"}}",
        beside.region
    )
}

/// Seconds since 1970 as CloudTrail writes them.
fn time(seconds: i64) -> String {
    let mut text = String::new();
    clock::iso(seconds, &mut text);
    text
}
