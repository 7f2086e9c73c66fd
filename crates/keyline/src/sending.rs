//! Alerts of one run, sent: into the outbox, and out of it while the command waits.
//!
//! What a destination does not take in that time waits on disk, and goes with the next run or with
//! `keyline serve`.

use std::path::{Path, PathBuf};
#[cfg(feature = "lake")]
use std::sync::Arc;
#[cfg(feature = "lake")]
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use keyline_detect::alert::Alert;
use keyline_sinks::{Options, Outbox, Sink, SinkState, Until};
use serde_json::Value;

use crate::cli::Context;
use crate::config::{Config, DEFAULT_OUTBOX};
use crate::coverage::count;
use crate::output::escape;

/// How long a command waits for its alerts to arrive.
const SEND_TIME: Duration = Duration::from_secs(60);

/// What came of a sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// Every sink has everything.
    All,
    /// Something waits, or was refused; it has been told what and why.
    Waiting,
}

/// Where alerts wait.
pub fn outbox_folder(config: &Config) -> PathBuf {
    let named = config.outbox.as_deref();
    named.unwrap_or(Path::new(DEFAULT_OUTBOX)).to_owned()
}

/// The outbox of a configuration, with its sinks.
pub fn open_outbox(config: &Config) -> Result<Outbox> {
    if config.sinks.is_empty() {
        bail!(
            "there are no sinks: the configuration has no `[[sinks]]`; `keyline config --example` shows some"
        );
    }
    let sinks = Sink::all(&config.sinks)?;
    Ok(Outbox::open(
        &outbox_folder(config),
        sinks,
        Options::usual(),
    )?)
}

/// Sends alerts, and what waited before, and tells what came of it.
pub fn send(alerts: &[Alert], context: &Context) -> Result<Sent> {
    let outbox = open_outbox(&context.config).context("`--send`")?;
    let documents: Result<Vec<Value>, _> = alerts.iter().map(serde_json::to_value).collect();
    let before = outbox.state_of_sinks();
    let put = outbox.put(&documents?)?;
    for (sink, missed) in &put.dropped {
        tell_missed(sink, *missed);
    }
    outbox.deliver(Until::Empty(SEND_TIME));
    let mut note = format!("{} to send", count(put.queued as u64, "new alert"));
    if put.known > 0 {
        note.push_str(&format!(", {} sent before", put.known));
    }
    context.printer.note(&note);
    let mut sent = Sent::All;
    for (state, before) in outbox.state_of_sinks().iter().zip(&before) {
        if tell_of(state, before, context) == Sent::Waiting {
            sent = Sent::Waiting;
        }
    }
    Ok(sent)
}

/// Says that a sink is so far behind that it does not get everything.
pub fn tell_missed(sink: &str, missed: u64) {
    tell!(
        "limit reached: `{sink}` is too far behind and misses {}",
        count(missed, "alert")
    );
}

/// A sending beside the work that finds the alerts.
#[cfg(feature = "lake")]
pub struct Background {
    outbox: Arc<Outbox>,
    /// Without one, everything is sent at the end.
    thread: Option<JoinHandle<()>>,
}

/// When alerts are sent that a watch puts into an outbox.
#[cfg(feature = "lake")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// As they come.
    AtOnce,
    /// When the watch is over, and then it is waited for.
    AtTheEnd,
}

#[cfg(feature = "lake")]
impl Background {
    /// Begins to send.
    pub fn begin(outbox: Arc<Outbox>, when: When) -> Background {
        let sends = outbox.clone();
        let thread = match when {
            When::AtOnce => Some(std::thread::spawn(move || sends.deliver(Until::Stopped))),
            When::AtTheEnd => None,
        };
        Background { outbox, thread }
    }

    /// Ends it. What has not arrived waits on disk.
    pub fn end(self) {
        match self.thread {
            Some(thread) => {
                self.outbox.stop();
                let _ = thread.join();
            }
            None => self.outbox.deliver(Until::Empty(SEND_TIME)),
        }
    }
}

fn tell_of(state: &SinkState, before: &SinkState, context: &Context) -> Sent {
    let why = state.last_error.as_deref().map(escape);
    let why = why.map_or(String::new(), |why| format!(": {why}"));
    let name = &state.name;
    let delivered = state.delivered - before.delivered;
    if delivered > 0 {
        let alerts = count(delivered, "alert");
        context.printer.note(&format!("{name}: {alerts} delivered"));
    }
    let refused = state.put_aside - before.put_aside;
    if refused > 0 {
        let alerts = count(refused, "alert");
        tell!("{name}: {alerts} refused and put aside in the outbox{why}");
    }
    if state.waiting > 0 {
        let alerts = count(state.waiting, "alert");
        tell!("{name}: {alerts} wait in the outbox and go with the next `--send`{why}");
    }
    match refused + state.waiting {
        0 => Sent::All,
        _ => Sent::Waiting,
    }
}
