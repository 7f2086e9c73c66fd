//! `keyline simulate`: CloudTrail files of a made-up organisation, in the S3 layout, with the truth
//! beside them.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use flate2::{Compression, write::GzEncoder};
use keyline_simulate::limits::{ACCOUNTS_MAX, DAYS_MAX, EVENTS_MAX};
use keyline_simulate::{Config, Delivery, Habits, Simulation, behaviours, ip_ranges_json, stories};

use super::{Context, Status};
use crate::coverage::{bytes, count};
use crate::units::{TICKS_PER_SECOND, parse_instant};

/// The name under which ordinary days without any attack are asked for.
const BENIGN: &str = "benign";

/// What ordinary days are like where no option says it: how many events, days and accounts, and the first day,
/// 1 October 2026, in seconds since 1970.
const EVENTS: u64 = 100_000;
const DAYS: u32 = 30;
const ACCOUNTS: u32 = 4;
const START: i64 = 1_790_812_800;

/// What a trail is like on a bad day.
const ROUGH: Delivery = Delivery {
    late_per_mille: 50,
    duplicates_per_mille: 20,
    disorder: true,
    second_trail: false,
};

#[derive(Args)]
pub struct SimulateArgs {
    /// What to tell: `benign` for ordinary days, or stories (see --list)
    #[arg(value_name = "STORY", required_unless_present = "list")]
    stories: Vec<String>,
    /// The folder to write into; one folder a story when there are several
    #[arg(long, value_name = "DIR", required_unless_present = "list")]
    out: Option<PathBuf>,
    /// Name the stories there are
    #[arg(long)]
    list: bool,
    /// The same seed gives the same files
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many events ordinary days have (100,000 if not said)
    #[arg(long, value_parser = clap::value_parser!(u64).range(0..=EVENTS_MAX))]
    events: Option<u64>,
    /// How many ordinary days there are (30 if not said)
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=i64::from(DAYS_MAX)))]
    days: Option<u32>,
    /// The first ordinary day (2026-10-01 if not said)
    #[arg(long, value_name = "TIME", value_parser = parse_instant)]
    start: Option<i64>,
    /// How many accounts the organisation has on ordinary days (4 if not said)
    #[arg(
        long = "account-count", value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..=i64::from(ACCOUNTS_MAX))
    )]
    account_count: Option<u32>,
    /// Give ordinary days habits that look like attacks and are none, and say which events are whose in
    /// `habits.json`
    #[arg(long)]
    habits: bool,
    /// Deliver as real trails do: some events late, some twice, none in order
    #[arg(long)]
    rough_delivery: bool,
    /// Write the events of every account a second time, as a trail of its own would
    #[arg(long)]
    second_trail: bool,
    /// Write plain JSON instead of gzip
    #[arg(long)]
    plain: bool,
}

impl SimulateArgs {
    /// The first option that only ordinary days heed.
    fn ordinary(&self) -> Option<&'static str> {
        [
            ("--events", self.events.is_some()),
            ("--days", self.days.is_some()),
            ("--start", self.start.is_some()),
            ("--account-count", self.account_count.is_some()),
            ("--habits", self.habits),
        ]
        .into_iter()
        .find_map(|(option, is_there)| is_there.then_some(option))
    }
}

pub fn run(args: SimulateArgs, context: Context) -> Result<Status> {
    let mut stdout = std::io::stdout().lock();
    if args.list {
        let told = stories::ALL.iter().map(|story| (story.name, story.title));
        let all: Vec<_> = [(BENIGN, "ordinary days")]
            .into_iter()
            .chain(told)
            .collect();
        let width = all.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, title) in all {
            writeln!(stdout, "{name:width$}  {title}")?;
        }
        return Ok(Status::Done);
    }
    let Some(out) = &args.out else {
        bail!("`--out` is missing")
    };
    let is_ordinary = args.stories.iter().any(|name| name == BENIGN);
    if let Some(option) = args.ordinary().filter(|_| !is_ordinary) {
        bail!(
            "`{option}` is for `{BENIGN}` alone: a story has days, events and accounts of its own"
        );
    }
    for name in &args.stories {
        let folder = if args.stories.len() > 1 {
            out.join(name)
        } else {
            out.clone()
        };
        let (simulation, truth) = if name == BENIGN {
            let habits = match args.habits {
                true => Habits::With,
                false => Habits::Without,
            };
            (Simulation::new(config(&args)).with_habits(habits), None)
        } else if let Some(story) = stories::find(name) {
            let told = (story.tell)(args.seed);
            (told.simulation, Some(told.truth))
        } else {
            bail!("there is no story `{name}`; `keyline simulate --list` names them");
        };
        let simulation = simulation.with_delivery(delivery(&args));
        let written = write(&simulation, &folder, &args, &context)?;
        // There may have been no file of logs to make it for.
        fs::create_dir_all(&folder)
            .with_context(|| format!("cannot make the folder `{}`", folder.display()))?;
        let references = folder.join("ip-ranges.json");
        fs::write(&references, ip_ranges_json())
            .with_context(|| format!("cannot write `{}`", references.display()))?;
        if args.habits && name == BENIGN {
            fs::write(folder.join("habits.json"), habits(&simulation)?)
                .with_context(|| format!("cannot write into `{}`", folder.display()))?;
        }
        if let Some(truth) = truth {
            fs::write(folder.join("truth.json"), truth.json())
                .with_context(|| format!("cannot write into `{}`", folder.display()))?;
        }
        writeln!(
            stdout,
            "{}: {} in {}, {} of JSON",
            folder.display(),
            count(written.events, "event"),
            count(written.files, "file"),
            bytes(written.bytes),
        )?;
    }
    Ok(Status::Done)
}

fn config(args: &SimulateArgs) -> Config {
    Config {
        seed: args.seed,
        events: args.events.unwrap_or(EVENTS),
        start: args.start.map_or(START, |ticks| ticks / TICKS_PER_SECOND),
        days: args.days.unwrap_or(DAYS),
        accounts: args.account_count.unwrap_or(ACCOUNTS),
    }
}

fn delivery(args: &SimulateArgs) -> Delivery {
    let delivery = match args.rough_delivery {
        true => ROUGH,
        false => Delivery::default(),
    };
    Delivery {
        second_trail: args.second_trail,
        ..delivery
    }
}

/// Every habit with what it could be taken for and its events, as one JSON document.
fn habits(simulation: &Simulation) -> Result<String> {
    let mut events: BTreeMap<&str, Vec<serde_json::Value>> = BTreeMap::new();
    for number in 0..simulation.file_slots() {
        for (name, event) in simulation.habits(number) {
            let mut record: serde_json::Value = serde_json::from_str(&event.json)?;
            let ids = events.entry(name).or_default();
            ids.push(record["eventID"].take());
        }
    }
    let habits: Vec<serde_json::Value> = behaviours::all()
        .map(|habit| {
            let ids = events.remove(habit.name).unwrap_or_default();
            serde_json::json!({
                "name": habit.name, "what": habit.what, "confuses": habit.confuses,
                "event_ids": ids,
            })
        })
        .collect();
    let document = serde_json::json!({"schema": "keyline.habits/1", "habits": habits});
    Ok(format!("{}\n", serde_json::to_string_pretty(&document)?))
}

struct Written {
    files: u64,
    events: u64,
    bytes: u64,
}

fn write(
    simulation: &Simulation,
    folder: &Path,
    args: &SimulateArgs,
    context: &Context,
) -> Result<Written> {
    let slots = simulation.file_slots();
    let bar = context
        .printer
        .bar(slots, "writing {wide_bar} {pos}/{len} files");
    let (next, files, events, text_bytes) = (
        AtomicU64::new(0),
        AtomicU64::new(0),
        AtomicU64::new(0),
        AtomicU64::new(0),
    );
    let failure = Mutex::new(None);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= slots {
                        return;
                    }
                    bar.inc(1);
                    let Some(file) = simulation.file(number) else {
                        continue;
                    };
                    if let Err(error) = write_file(folder, &file.path, &file.text, args.plain) {
                        next.store(slots, Ordering::Relaxed);
                        if let Ok(mut failure) = failure.lock() {
                            failure.get_or_insert(error);
                        }
                        return;
                    }
                    files.fetch_add(1, Ordering::Relaxed);
                    events.fetch_add(file.events, Ordering::Relaxed);
                    text_bytes.fetch_add(file.text.len() as u64, Ordering::Relaxed);
                }
            });
        }
    });
    bar.finish_and_clear();
    if let Ok(Some(error)) = failure.into_inner() {
        return Err(error);
    }
    Ok(Written {
        files: files.into_inner(),
        events: events.into_inner(),
        bytes: text_bytes.into_inner(),
    })
}

fn write_file(folder: &Path, relative: &str, text: &str, plain: bool) -> Result<()> {
    let relative = if plain {
        relative.trim_end_matches(".gz")
    } else {
        relative
    };
    let path = folder.join(relative);
    let naming = || format!("cannot write `{}`", path.display());
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).with_context(naming)?;
    }
    if plain {
        return fs::write(&path, text).with_context(naming);
    }
    let mut encoder = GzEncoder::new(
        fs::File::create(&path).with_context(naming)?,
        Compression::new(6),
    );
    encoder.write_all(text.as_bytes()).with_context(naming)?;
    encoder.finish().with_context(naming)?;
    Ok(())
}
