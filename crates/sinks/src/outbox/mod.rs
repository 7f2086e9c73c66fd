//! What is on its way: alerts that wait on disk until every sink has them.
//!
//! In: alerts, in the order in which they are to arrive. Out: each of them at each sink at least
//! once and in that order; an alert that was put before is not queued again. `put` returns when the
//! alerts are on disk, and from then on no kill loses them. `deliver.rs` sends, one thread a sink,
//! so that no sink waits for another; `log.rs` is the queue, `lane.rs` where each sink is in it,
//! `known.rs` what was queued before.

mod log;
mod known;
mod lane;
mod deliver;

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use serde::Serialize;
use serde_json::Value;

use crate::alert::{Alert, key, line};
use crate::error::{Error, ErrorKind};
use crate::limits;
use crate::private;
use crate::sink::Sink;
use known::Known;
use lane::Lane;
use log::{Log, Place, look_after};

pub use deliver::Until;

/// The queue of alerts to all sinks. Threads share it by reference.
pub struct Outbox {
    folder: PathBuf,
    sinks: Vec<Sink>,
    options: Options,
    state: Mutex<State>,
    /// Alerts came, or `stop` was called.
    changed: Condvar,
    mended_bytes: u64,
    _lock: File,
}

struct State {
    log: Log,
    known: Known,
    lanes: Vec<Lane>,
    waiting: Vec<u64>,
    stopped: bool,
}

/// How much is kept and how long is waited; [`Options::usual`] in earnest.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The bytes that may wait.
    pub queue_bytes_max: u64,
    /// The bytes of one file of the queue.
    pub segment_bytes_max: u64,
    /// The alerts that are remembered.
    pub known_max: usize,
    /// How long to wait after failures.
    pub pace: Pace,
    /// Seconds since 1970.
    pub now: fn() -> i64,
}

/// How long to wait after a failure: the first pause, doubled by each further one up to the longest.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// After the first failure.
    pub first: Duration,
    /// The most that doubling leads to, and that a destination may ask for.
    pub longest: Duration,
    /// See [`Self::longest`].
    pub asked_longest: Duration,
}

impl Options {
    /// What `limits.rs` says, by the wall clock.
    pub fn usual() -> Options {
        Options {
            queue_bytes_max: limits::QUEUE_BYTES_MAX,
            segment_bytes_max: limits::SEGMENT_BYTES_MAX,
            known_max: limits::KNOWN_MAX,
            pace: Pace {
                first: limits::PAUSE_FIRST,
                longest: limits::PAUSE_MAX,
                asked_longest: limits::RETRY_AFTER_MAX,
            },
            now: || {
                let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
                since.map_or(0, |since| since.as_secs() as i64)
            },
        }
    }
}

/// What came of a `put`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Put {
    /// Alerts that were queued.
    pub queued: usize,
    /// Alerts that had been queued before, with the same severity, or that another has superseded.
    pub known: usize,
    /// Sinks that are so far behind that they miss alerts, and how many. Report it.
    pub dropped: Vec<(String, u64)>,
}

/// How one sink fares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SinkState {
    /// What the sink is called.
    pub name: String,
    /// Its type, as the configuration spells it.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Where it leads, as far as that is no secret.
    pub destination: String,
    /// Alerts that it is to get, or to pass over.
    pub waiting: u64,
    /// Alerts that it took.
    pub delivered: u64,
    /// Alerts that its filter left out.
    pub passed_over: u64,
    /// Alerts that it refused, kept in the outbox's folder.
    pub put_aside: u64,
    /// Alerts that it missed because it was too far behind.
    pub dropped: u64,
    /// When it took the last one.
    pub last_delivered_at: Option<String>,
    /// What went wrong last; null when something was delivered since.
    pub last_error: Option<String>,
    /// When that was.
    pub last_error_at: Option<String>,
}

impl SinkState {
    fn of(sink: &Sink, lane: &Lane, waiting: u64) -> SinkState {
        SinkState {
            name: sink.name().to_owned(),
            kind: sink.kind().name(),
            destination: sink.destination(),
            waiting,
            delivered: lane.delivered,
            passed_over: lane.passed_over,
            put_aside: lane.put_aside,
            dropped: lane.dropped,
            last_delivered_at: lane.last_delivered_at.clone(),
            last_error: lane.last_error.clone(),
            last_error_at: lane.last_error_at.clone(),
        }
    }
}

impl Outbox {
    /// Opens the outbox of a folder, which is made if it is not there. A sink that was not there
    /// before gets what comes from now on; one that was goes on where it was.
    pub fn open(folder: &Path, sinks: Vec<Sink>, options: Options) -> Result<Outbox, Error> {
        private::folder(folder).map_err(|error| Error::io("make the outbox", folder, &error))?;
        let lock = lock(folder)?;
        let (log, mended_bytes) = Log::open(folder)?;
        let mut known = Known::open(folder)?;
        // The last alerts before a crash may not have been remembered.
        let latest = log.latest()?;
        let keys: Vec<_> = latest
            .iter()
            .map(|alert| key(Alert::queued(alert)))
            .collect();
        known.add(&keys, options.known_max)?;
        let mut lanes = Vec::new();
        let mut waiting = Vec::new();
        for sink in &sinks {
            let lane = match Lane::read(folder, sink.name(), log.begin())? {
                Some(lane) => lane,
                None => {
                    let lane = Lane::at(log.end());
                    lane.write(folder, sink.name())?;
                    lane
                }
            };
            waiting.push(log.count_after(lane.place)?);
            lanes.push(lane);
        }
        private::sync_folder(folder).map_err(|error| Error::io("open", folder, &error))?;
        Ok(Outbox {
            folder: folder.to_owned(),
            sinks,
            options,
            state: Mutex::new(State {
                log,
                known,
                lanes,
                waiting,
                stopped: false,
            }),
            changed: Condvar::new(),
            mended_bytes,
            _lock: lock,
        })
    }

    /// The bytes of an alert that a crash cut off while it was put, and that were taken back.
    pub fn mended_bytes(&self) -> u64 {
        self.mended_bytes
    }

    /// Queues alerts for all sinks, in their order. When this returns they are on disk. After an
    /// error none, some or all of them are: putting them again queues the rest.
    pub fn put(&self, alerts: &[Value]) -> Result<Put, Error> {
        let mut put = Put::default();
        let mut state = self.state();
        let mut text = String::new();
        let mut keys = Vec::new();
        for document in alerts {
            let alert = Alert::of(document)?;
            let key = key(alert);
            // A watch says of an alert that another has taken its place; whoever got it knows the
            // other one by then, and nobody else needs to hear of it.
            let is_gone = alert.text("status") == "superseded";
            if is_gone || state.known.has(&key) || keys.contains(&key) {
                put.known += 1;
                continue;
            }
            keys.push(key);
            text.push_str(&line(document));
            text.push('\n');
            if text.len() as u64 >= self.options.segment_bytes_max || keys.len() >= KEYS_AT_ONCE {
                self.add(&mut state, &mut text, &mut keys, &mut put)?;
            }
        }
        self.add(&mut state, &mut text, &mut keys, &mut put)?;
        drop(state);
        self.changed.notify_all();
        Ok(put)
    }

    fn add(
        &self,
        state: &mut State,
        text: &mut String,
        keys: &mut Vec<[u8; 16]>,
        put: &mut Put,
    ) -> Result<(), Error> {
        if keys.is_empty() {
            return Ok(());
        }
        while state.log.bytes() + text.len() as u64 > self.options.queue_bytes_max {
            let Some(begin) = state.log.drop_oldest()? else {
                break;
            };
            self.leave_behind(state, begin, put)?;
        }
        let count = keys.len() as u64;
        state.log.add(text, count, self.options.segment_bytes_max)?;
        for waiting in &mut state.waiting {
            *waiting += count;
        }
        put.queued += keys.len();
        state.known.add(keys, self.options.known_max)?;
        text.clear();
        keys.clear();
        Ok(())
    }

    /// Moves the sinks that stand before the queue's beginning on, and counts what they miss.
    fn leave_behind(&self, state: &mut State, begin: Place, put: &mut Put) -> Result<(), Error> {
        for (number, sink) in self.sinks.iter().enumerate() {
            if state.lanes[number].place >= begin {
                continue;
            }
            let left = state.log.count_after(begin)?;
            let missed = state.waiting[number].saturating_sub(left);
            state.waiting[number] = left;
            let lane = &mut state.lanes[number];
            lane.place = begin;
            lane.dropped += missed;
            if missed > 0 {
                lane.write(&self.folder, sink.name())?;
                match put.dropped.iter_mut().find(|(name, _)| name == sink.name()) {
                    Some((_, count)) => *count += missed,
                    None => put.dropped.push((sink.name().to_owned(), missed)),
                }
            }
        }
        Ok(())
    }

    /// Ends `deliver`, now or when it is called. What is being sent is waited for.
    pub fn stop(&self) {
        self.state().stopped = true;
        self.changed.notify_all();
    }

    /// How every sink fares.
    pub fn state_of_sinks(&self) -> Vec<SinkState> {
        let state = self.state();
        let both = state.lanes.iter().zip(&state.waiting);
        let each = self.sinks.iter().zip(both);
        each.map(|(sink, (lane, waiting))| SinkState::of(sink, lane, *waiting))
            .collect()
    }

    /// How every sink fares by what is on disk, whoever has the outbox open. Nothing is changed.
    pub fn look(folder: &Path, sinks: &[Sink]) -> Result<Vec<SinkState>, Error> {
        let nowhere = Place {
            segment: u64::MAX,
            offset: 0,
        };
        let start = Place {
            segment: 0,
            offset: 0,
        };
        sinks
            .iter()
            .map(|sink| {
                let lane = Lane::read(folder, sink.name(), start)?;
                let lane = lane.unwrap_or_else(|| Lane::at(nowhere));
                let waiting = match folder.is_dir() {
                    false => 0,
                    true => look_after(folder, lane.place)
                        .map_err(|error| Error::io("read the queue in", folder, &error))?,
                };
                Ok(SinkState::of(sink, &lane, waiting))
            })
            .collect()
    }

    /// A thread that panicked left nothing half done that a lock could protect: all that lasts is
    /// on disk.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Alerts that are written at once: among so few, comparing each with each costs nothing.
const KEYS_AT_ONCE: usize = 256;

/// Two processes that deliver one queue would each send everything.
fn lock(folder: &Path) -> Result<File, Error> {
    let path = folder.join("lock");
    let file = private::append(&path).map_err(|error| Error::io("open", &path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::new(
            ErrorKind::Locked,
            format!(
                "another Keyline sends from the outbox `{}`: name another folder, or let that one end",
                folder.display()
            ),
        )),
        Err(TryLockError::Error(error)) => Err(Error::io("lock", &path, &error)),
    }
}
