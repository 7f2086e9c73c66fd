//! Sending: each sink in a thread of its own, one batch after the other, until it is taken.
//!
//! A batch that the destination cannot take now is tried again, after pauses that grow and are
//! never twice the same, so that many Keylines do not come back at the same instant. A batch that
//! it refuses is sent one by one; a document that it refuses again and again is put aside.

use std::sync::PoisonError;
use std::thread;
use std::time::{Duration, Instant};

use ring::rand::{SecureRandom, SystemRandom};
use serde_json::Value;

use super::lane::put_aside;
use super::log::{Place, Queued};
use super::{Outbox, Pace, State};
use crate::alert::instant;
use crate::error::Error;
use crate::failure::Failure;
use crate::limits::{EXPLANATION_CHARS_MAX, REFUSALS_MAX};
use crate::text::{clip, safe_json};

/// When `deliver` returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// When `stop` is called.
    Stopped,
    /// When nothing waits any more, or after so long, or when `stop` is called; each sink is tried
    /// once at least.
    Empty(Duration),
}

/// What came of a batch.
#[derive(Default)]
struct Done {
    delivered: u64,
    passed_over: u64,
    put_aside: u64,
}

/// How often it went wrong since it last went well.
#[derive(Default)]
struct Attempts {
    failures: u32,
    /// Refusals of the document that is next.
    refusals: u32,
    /// Alerts of a batch that was refused, which are sent one by one.
    singly: usize,
}

impl Outbox {
    /// Sends what waits and what comes, and blocks meanwhile; to be called once at a time. What
    /// becomes of it stands in [`Outbox::state_of_sinks`], failures of our own disk as well: like
    /// those of a destination they are waited out.
    pub fn deliver(&self, until: Until) {
        let deadline = match until {
            Until::Stopped => None,
            Until::Empty(at_most) => Instant::now().checked_add(at_most),
        };
        thread::scope(|scope| {
            for sink in 0..self.sinks.len() {
                scope.spawn(move || self.serve(sink, until, deadline));
            }
        });
    }

    fn serve(&self, sink: usize, until: Until, deadline: Option<Instant>) {
        let mut pace = Attempts::default();
        // However little time there is, each sink is tried once.
        let mut late_from = None;
        while let Some(batch) = self.next(sink, until, late_from, pace.singly > 0) {
            late_from = deadline;
            let sent = batch
                .map_err(|error| Failure::later(error.to_string()))
                .and_then(|batch| self.send(sink, &batch, &mut pace));
            match sent {
                Ok(()) => pace.failures = 0,
                Err(failure) => {
                    self.note(sink, failure.why());
                    let asked = match failure {
                        Failure::Later { after, .. } => after,
                        Failure::Refused { .. } => None,
                    };
                    self.pause(pause(self.options.pace, pace.failures, asked), deadline);
                    pace.failures = (pace.failures + 1).min(32);
                }
            }
        }
    }

    /// Sends one batch and moves the sink past it, unless it is to be tried again.
    fn send(&self, sink: usize, batch: &[Queued], pace: &mut Attempts) -> Result<(), Failure> {
        let target = &self.sinks[sink];
        let Some(Queued { alert, after }) = batch.last() else {
            return Ok(());
        };
        if let (Err(broken), 1) = (alert, batch.len()) {
            return self.refuse(sink, *after, broken, "damaged in the queue");
        }
        let alerts = batch.iter().filter_map(|queued| queued.alert.as_ref().ok());
        let wanted: Vec<&Value> = alerts.filter(|alert| target.takes(alert)).collect();
        let sent = match wanted.is_empty() {
            true => Ok(()),
            false => target.send(&wanted, (self.options.now)()),
        };
        match sent {
            Ok(()) => {
                let delivered = wanted.len() as u64;
                let passed_over = batch.len() as u64 - delivered;
                let done = Done {
                    delivered,
                    passed_over,
                    put_aside: 0,
                };
                self.advance(sink, *after, done);
            }
            Err(Failure::Refused { why }) if batch.len() > 1 => {
                // One of them is to blame: each is sent alone, without a pause.
                pace.singly = batch.len();
                self.note(sink, &why);
                return Ok(());
            }
            Err(Failure::Refused { why }) if pace.refusals + 1 >= REFUSALS_MAX => {
                self.refuse(sink, *after, &safe_json(wanted[0]), &why)?;
            }
            Err(failure) => {
                pace.refusals += u32::from(matches!(failure, Failure::Refused { .. }));
                return Err(failure);
            }
        }
        pace.refusals = 0;
        pace.singly = pace.singly.saturating_sub(batch.len());
        Ok(())
    }

    /// Puts a document aside and moves the sink past it.
    fn refuse(&self, sink: usize, after: Place, document: &str, why: &str) -> Result<(), Failure> {
        put_aside(&self.folder, self.sinks[sink].name(), document, why)
            .map_err(|error| Failure::later(error.to_string()))?;
        self.note(sink, why);
        let done = Done {
            put_aside: 1,
            ..Done::default()
        };
        self.advance(sink, after, done);
        Ok(())
    }

    /// What a sink is to get next; waits for it. `None`: it is time to end.
    fn next(
        &self,
        sink: usize,
        until: Until,
        deadline: Option<Instant>,
        singly: bool,
    ) -> Option<Result<Vec<Queued>, Error>> {
        let count_max = match singly {
            true => 1,
            false => self.sinks[sink].batch_max(),
        };
        let mut state = self.state();
        loop {
            let is_late = deadline.is_some_and(|deadline| Instant::now() >= deadline);
            if state.stopped || is_late {
                return None;
            }
            let place = state.lanes[sink].place;
            if let Some(stretch) = state.log.after(place) {
                drop(state);
                match stretch.read(count_max) {
                    Ok(mut batch) => {
                        // What is damaged goes alone.
                        let broken = batch.iter().position(|queued| queued.alert.is_err());
                        batch.truncate(broken.map_or(batch.len(), |at| at.max(1)));
                        return Some(Ok(batch));
                    }
                    // The queue was too long, and this part of it went away.
                    Err(_) if self.state().lanes[sink].place != place => {}
                    Err(error) => {
                        let error = Error::io("read the queue in", &self.folder, &error);
                        return Some(Err(error));
                    }
                }
                state = self.state();
            } else if until == Until::Stopped {
                let woken = self.changed.wait(state);
                state = woken.unwrap_or_else(PoisonError::into_inner);
            } else {
                return None;
            }
        }
    }

    /// Moves a sink on, on disk when this returns, and takes away what every sink has passed.
    fn advance(&self, sink: usize, after: Place, done: Done) {
        let mut guard = self.state();
        let state = &mut *guard;
        let lane = &mut state.lanes[sink];
        lane.delivered += done.delivered;
        lane.passed_over += done.passed_over;
        lane.put_aside += done.put_aside;
        if done.delivered > 0 {
            lane.last_delivered_at = Some(instant((self.options.now)()));
            lane.last_error = None;
            lane.last_error_at = None;
        }
        // It may have been moved on already, because it was too far behind.
        if lane.place < after {
            lane.place = after;
            let passed = done.delivered + done.passed_over + done.put_aside;
            state.waiting[sink] = state.waiting[sink].saturating_sub(passed);
        }
        // Where that cannot be written, the next one writes it too. A crash before that costs a
        // repetition and nothing else.
        let mut kept = lane.write(&self.folder, self.sinks[sink].name());
        let State { log, lanes, .. } = state;
        if let Some(first) = lanes.iter().map(|lane| log.settle(lane.place)).min() {
            kept = kept.and_then(|()| log.forget_before(first));
        }
        if let Err(error) = kept {
            lanes[sink].last_error = Some(error.to_string());
            lanes[sink].last_error_at = Some(instant((self.options.now)()));
        }
    }

    /// Keeps what went wrong, for whoever asks, in this process or by the outbox's folder.
    fn note(&self, sink: usize, why: &str) {
        let lane = &mut self.state().lanes[sink];
        lane.last_error = Some(clip(why, EXPLANATION_CHARS_MAX * 2));
        lane.last_error_at = Some(instant((self.options.now)()));
        // It is news and no state: where it cannot be written, sending goes on.
        let _ = lane.write(&self.folder, self.sinks[sink].name());
    }

    /// Waits, unless it is time to end.
    fn pause(&self, pause: Duration, deadline: Option<Instant>) {
        let now = Instant::now();
        let until = now.checked_add(pause).unwrap_or(now);
        let until = deadline.map_or(until, |deadline| until.min(deadline));
        let mut state = self.state();
        while !state.stopped {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            let woken = self.changed.wait_timeout(state, left);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// The pause after so many failures before this one: between half of it and all of it, and not
/// less than the destination asked for.
fn pause(pace: Pace, failures: u32, asked: Option<Duration>) -> Duration {
    let doubled = pace.first.saturating_mul(2_u32.saturating_pow(failures));
    let whole = doubled.min(pace.longest);
    let mut random = [0; 1];
    // Without chance the pause is the whole one.
    let part = match SystemRandom::new().fill(&mut random) {
        Ok(()) => 0.5 + f64::from(random[0]) / 512.0,
        Err(_) => 1.0,
    };
    let asked = asked.unwrap_or_default().min(pace.asked_longest);
    whole.mul_f64(part).max(asked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_heed_what_is_asked() {
        let pace = Pace {
            first: Duration::from_secs(1),
            longest: Duration::from_secs(60),
            asked_longest: Duration::from_secs(100),
        };
        for (failures, asked, from, to) in [
            (0, None, 500, 1_000),
            (3, None, 4_000, 8_000),
            (31, None, 30_000, 60_000),
            (0, Some(30), 30_000, 30_000),
            (0, Some(10_000), 100_000, 100_000),
        ] {
            let pause = pause(pace, failures, asked.map(Duration::from_secs)).as_millis();
            assert!(
                (from..=to).contains(&pause),
                "{failures} {asked:?}: {pause} ms"
            );
        }
    }
}
