//! The pipeline of the watch, from files to alerts: which stage runs when, and what goes from one to the next.
//!
//! ```text
//!   take ──committed──► judge ──alerts──► put out ──► keep, note how far
//!   sources into        lineage, rules    outside     in the lake
//!   the lake, each      over what is
//!   event once          new
//! ```
//!
//! Taking in and judging are threads of their own. What happens comes to one loop as an [`Event`], and the loop decides
//! what is done next; a piece is taken in when the one before is in the lake, so that memory does not grow. Alerts leave before it is noted that they were found (`judge.rs`), so that
//! the process may end at any instant. Deliberately not here: what a stage does.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Error, Result, bail};
use keyline_lake::delta::{Ingested, Lake};
use serde_json::json;

use crate::cli::Context;
use crate::cli::contain::PLANS;
use crate::coverage::count as count_of;
use crate::intake::log_options;
use crate::saved_audit::Files;
use crate::server::AUDIT_FILE;
use crate::units::wall_clock_ticks;
use crate::watch::diary::Diary;
use crate::watch::journal::Journal;
use crate::watch::judge::{Judge, Round};
use crate::watch::take::take;
use crate::watch::vitals::Vitals;
use crate::watch::{PutOut, Subject};

/// Between the beginnings of two rounds, so that the tables get one commit a second at most.
const ROUND_EVERY: Duration = Duration::from_secs(1);
/// Between two rounds where nothing was taken in: ticks come due, and others may fill the lake.
const IDLE_ROUND_EVERY: Duration = Duration::from_secs(10);
/// How long a stage rests after a failure: each time twice as long, up to the second.
pub const RESTS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));
/// How long an end waits for a round that is under way.
const END_WAIT: Duration = Duration::from_secs(20);
/// How often it is looked whether somebody wants an end.
const WAKE_EVERY: Duration = Duration::from_millis(200);

/// Shows what was judged, on the thread that judged it.
pub type Show = Box<dyn FnMut(&Judge, &Round) + Send>;

/// What runs.
pub struct Pipeline {
    pub subject: Subject,
    pub context: Context,
    pub put_out: PutOut,
    pub show: Show,
    pub vitals: Arc<Vitals>,
    pub journal: Journal,
    /// Somebody wants an end: what is begun is finished.
    pub stop: Arc<AtomicBool>,
}

/// What happens.
pub enum Event {
    /// Files are in the lake; since when the oldest of them waited, where events were new.
    Taken(Box<Ingested>, Option<Instant>),
    /// No more files will be taken in.
    AllTaken,
    Judged(Box<Round>),
    /// A source cannot be reached, and is tried again.
    OutOfReach(String),
    /// A stage has failed, and goes on where it can be tried again.
    Failed(&'static str, Error),
}

impl Pipeline {
    /// Runs until it is stopped, or everything was judged that is there.
    pub fn run(self) -> Result<()> {
        let once = self.subject.once;
        let (events, happened) = sync_channel(4);
        let (due, to_judge) = sync_channel(1);
        let options = log_options(&self.subject.data, &self.context)?;
        let stop = self.stop.clone();
        let (vitals, journal) = (self.vitals.clone(), self.journal);
        let stages = [
            stage("take", {
                let (events, stop, vitals) = (events.clone(), stop.clone(), vitals.clone());
                let Subject {
                    location, wishes, ..
                } = self.subject.clone();
                move || take(&location, &wishes, once, options, &events, &stop, &vitals)
            })?,
            stage("judge", move || judge(self, &to_judge, &events))?,
        ];
        let outcome = decide(once, &happened, due, &stop, &vitals, journal);
        stop.store(true, Ordering::Relaxed);
        // Whoever waits to tell something is let go.
        drop(happened);
        // What is being committed is waited for. A round that takes longer is given up, for it is made again.
        let [take, judge] = stages;
        let _ = take.join();
        let begun = Instant::now();
        while !judge.is_finished() && begun.elapsed() < END_WAIT {
            thread::sleep(WAKE_EVERY);
        }
        outcome
    }
}

fn stage(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
    let thread = thread::Builder::new().name(format!("keyline-{name}"));
    thread.spawn(work).context("no thread for the watch")
}

/// The loop: what happened, and what is done next.
fn decide(
    once: bool,
    happened: &Receiver<Event>,
    due: SyncSender<Option<i64>>,
    stop: &AtomicBool,
    vitals: &Vitals,
    journal: Journal,
) -> Result<()> {
    let (mut judging, mut all_taken, mut fresh) = (false, false, true);
    let mut oldest: Option<Instant> = None;
    let mut judged_oldest = None;
    let mut next_round = Instant::now();
    let mut rests = RESTS.0;
    let mut postponed = 0;
    while !stop.load(Ordering::Relaxed) {
        let may_judge = !judging && (!once || all_taken);
        if may_judge && (fresh || Instant::now() >= next_round + IDLE_ROUND_EVERY) {
            let is_time = Instant::now() >= next_round;
            if is_time {
                judged_oldest = oldest.take();
                // The judge waits for work: there is room.
                let _ = due.send((!once).then(wall_clock_ticks));
                (judging, fresh) = (true, false);
                next_round = Instant::now() + ROUND_EVERY;
            }
        }
        let until_round = match fresh && !judging {
            true => next_round.saturating_duration_since(Instant::now()),
            false => WAKE_EVERY,
        };
        match happened.recv_timeout(until_round.min(WAKE_EVERY)) {
            Ok(Event::Taken(taken, written)) => {
                fresh |= taken.rows > 0;
                postponed += taken.postponed;
                oldest = oldest.into_iter().chain(written).min();
                journal.note(
                    "taken in",
                    &[
                        ("files", json!(taken.coverage.files)),
                        ("events", json!(taken.rows)),
                        ("duplicates", json!(taken.coverage.duplicates)),
                        ("bad_records", json!(taken.coverage.bad_records)),
                    ],
                );
            }
            Ok(Event::AllTaken) => (all_taken, fresh) = (true, true),
            Ok(Event::Judged(round)) => {
                (judging, rests) = (false, RESTS.0);
                // Somebody has to take up what was hunted.
                fresh |= round.flies;
                if let Some(written) = judged_oldest.take() {
                    vitals.change(|now| now.to_alert.add(written.elapsed()));
                }
                count(&round, vitals);
                tell_round(&round, journal);
                if once && postponed > 0 {
                    bail!(
                        "{} could not be fetched and will be tried again by the next run",
                        count_of(postponed, "file")
                    );
                }
                if once {
                    return Ok(());
                }
            }
            Ok(Event::OutOfReach(why)) => {
                vitals.change(|now| {
                    *now.failures.entry("take").or_default() += 1;
                    now.trouble = Some(why.clone());
                });
                journal.trouble("out of reach, is tried again", &[("why", json!(why))]);
            }
            Ok(Event::Failed(stage, error)) => {
                vitals.change(|now| {
                    *now.failures.entry(stage).or_default() += 1;
                    now.trouble = Some(format!("{stage}: {error:#}"));
                });
                if once {
                    return Err(error);
                }
                let figures = [
                    ("stage", json!(stage)),
                    ("why", json!(format!("{error:#}"))),
                ];
                journal.trouble("failed, is tried again", &figures);
                if stage == "judge" {
                    (judging, fresh) = (false, true);
                    next_round = Instant::now() + rests;
                    rests = (rests * 2).min(RESTS.1);
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    Ok(())
}

fn count(round: &Round, vitals: &Vitals) {
    vitals.change(|now| {
        now.rounds += 1;
        now.hunts += round.hunts as u64;
        now.held_back += round.held_back as u64;
        now.round.add(round.took);
        (now.standing_alerts, now.incidents) = (round.standing, round.incidents);
        now.last_event = round.last_event;
        now.ready |= !round.flies;
        now.trouble = None;
        for (_, status) in &round.alerts {
            *now.alerts.entry(*status).or_default() += 1;
        }
        for cost in &round.costs {
            let rule = now.rule(&cost.rule_name);
            rule.hunts += 1;
            rule.seconds += cost.time.as_secs_f64();
        }
        for failed in &round.failed_rules {
            let name = failed.rule_id.as_deref().unwrap_or(&failed.file);
            now.rule(name).failures += 1;
        }
    });
}

fn tell_round(round: &Round, journal: Journal) {
    for rule in &round.failed_rules {
        let figures = [
            ("rule", json!(rule.rule_id.as_deref().unwrap_or(&rule.file))),
            ("why", json!(rule.why)),
        ];
        journal.trouble("rule failed", &figures);
    }
    if round.is_news() {
        journal.note(
            "judged",
            &[
                ("events", json!(round.events)),
                ("alerts", json!(round.alerts.len())),
                ("milliseconds", json!(round.took.as_millis() as u64)),
            ],
        );
    }
}

/// Judges when it is told to. After a failure it starts from what is in the lake.
fn judge(mut pipeline: Pipeline, to_judge: &Receiver<Option<i64>>, events: &SyncSender<Event>) {
    let mut judge: Option<Judge> = None;
    let mut diary = Diary::default();
    let location = pipeline.subject.location.clone();
    let config = &pipeline.context.config.serve;
    let audit = config
        .audit
        .clone()
        .unwrap_or_else(|| PathBuf::from(AUDIT_FILE));
    let mut deeds = Files::new(audit, PathBuf::from(PLANS));
    // The same trouble is told once, however long it lasts.
    let mut told = None;
    while let Ok(now) = to_judge.recv() {
        let round = pipeline.round(&mut judge, now);
        let round = round.and_then(|round| {
            diary.note(&pipeline.vitals, &location)?;
            Ok(round)
        });
        if let Err(error) = Lake::open(&location)
            .map_err(Error::from)
            .and_then(|lake| deeds.keep(&lake))
        {
            let why = format!("{error:#}");
            if told.as_ref() != Some(&why) {
                let figures = [("why", json!(why))];
                pipeline
                    .journal
                    .trouble("what was done is not kept", &figures);
                told = Some(why);
            }
        }
        let event = match round {
            Ok(round) => Event::Judged(Box::new(round)),
            Err(error) => {
                judge = None;
                Event::Failed("judge", error)
            }
        };
        if events.send(event).is_err() {
            break;
        }
    }
    if let Err(error) = diary.close(&pipeline.vitals, &location) {
        let why = [("why", json!(format!("{error:#}")))];
        pipeline
            .journal
            .trouble("the last minutes are not kept", &why);
    }
}

impl Pipeline {
    fn round(&mut self, judge: &mut Option<Judge>, now: Option<i64>) -> Result<Round> {
        let judge = match judge {
            Some(judge) => judge,
            none => {
                let opened = Judge::open(&self.subject, &self.context)?;
                let rules = [("rules", json!(opened.rules()))];
                self.journal.note("watching", &rules);
                none.insert(opened)
            }
        };
        let round = judge.round(now, &self.put_out)?;
        (self.show)(judge, &round);
        Ok(round)
    }
}
