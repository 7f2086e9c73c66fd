//! The truth of a containment: what was about to be done, and what came of it.
//!
//! In: records. Out: one line of JSON each, written and synced before anything else happens. Each line
//! carries the hash of the one before, so that a line that was altered or taken out is noticed; the head beside it
//! (`head.rs`) says the same of the last ones. A line that a crash cut off is dropped when the journal is opened
//! again: what it would have said had not happened, or is seen by looking at AWS.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use data_encoding::HEXLOWER;
use keyline_trail::time::{format_time, parse_time};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::canonical::canonical;
use crate::error::{Error, ErrorKind};
use crate::head::Head;
use crate::limits::{AT_ONCE_MAX, JOURNAL_BYTES_MAX};
use crate::plan::{Call, Plan};
use crate::trust::trusted;
use crate::undo::Done;

/// The schema of a journal's lines.
pub const SCHEMA: &str = "keyline.journal/1";

/// A journal of one plan.
#[derive(Debug)]
pub struct Journal {
    file: File,
    head: Head,
    plan: String,
    lines: Vec<Line>,
    /// The hash of the last line.
    last: String,
}

/// What is known of one line.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub at: i64,
    pub event: Event,
    pub step: String,
    pub call: Option<Call>,
    /// The whole line.
    pub value: Value,
}

/// A key that was switched off although the plan could not name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Swept {
    pub key: String,
    pub at: i64,
    /// It came to light after the step was done.
    pub late: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A call is about to be made.
    Begin,
    Done,
    /// It was as wanted before the call.
    AlreadyDone,
    Failed,
    UndoBegin,
    Undone,
    UndoFailed,
    /// A key that no plan could name is switched off.
    SwitchedOff,
    /// A control was found gone and is laid on again, or a key that came to light is switched off.
    Reapplied,
    ReapplyFailed,
    /// A key of a denied user was found switched off, and nobody wrote down since when.
    SeenOff,
}

impl Event {
    const ALL: &'static [Event] = &[
        Event::Begin,
        Event::Done,
        Event::AlreadyDone,
        Event::Failed,
        Event::UndoBegin,
        Event::Undone,
        Event::UndoFailed,
        Event::SwitchedOff,
        Event::Reapplied,
        Event::ReapplyFailed,
        Event::SeenOff,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Event::Begin => "begin",
            Event::Done => "done",
            Event::AlreadyDone => "already-done",
            Event::Failed => "failed",
            Event::UndoBegin => "undo-begin",
            Event::Undone => "undone",
            Event::UndoFailed => "undo-failed",
            Event::SwitchedOff => "switched-off",
            Event::Reapplied => "reapplied",
            Event::ReapplyFailed => "reapply-failed",
            Event::SeenOff => "seen-off",
        }
    }
}

impl Journal {
    /// Opens the journal of a plan, or makes one that only its owner can read. One of another plan, or one
    /// whose lines do not hang together, is refused.
    pub fn open(path: &Path, plan_hash: &str) -> Result<Journal, Error> {
        let failed = |what: &str, error: std::io::Error| {
            Error::new(
                ErrorKind::Journal,
                format!("cannot {what} the journal `{}`: {error}", path.display()),
            )
        };
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        let mut file = options.open(path).map_err(|error| failed("open", error))?;
        // Two runs of one plan would each believe that what the other does was there before.
        file.try_lock().map_err(|error| {
            broken(&match error {
                TryLockError::WouldBlock => "another run has it open".to_owned(),
                TryLockError::Error(error) => format!("it cannot be locked: {error}"),
            })
        })?;
        let size = file
            .metadata()
            .map_err(|error| failed("read", error))?
            .len();
        if size > JOURNAL_BYTES_MAX {
            return Err(broken(&format!(
                "it has {size} bytes; at most {JOURNAL_BYTES_MAX} are read"
            )));
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)
            .map_err(|error| failed("read", error))?;
        // A crash may tear a line within a letter.
        let last = bytes.iter().rposition(|byte| *byte == b'\n');
        let whole = last.map_or(0, |end| end + 1);
        if whole < bytes.len() {
            file.set_len(whole as u64)
                .map_err(|error| failed("mend", error))?;
            bytes.truncate(whole);
        }
        let text = String::from_utf8(bytes).map_err(|_| broken("it is no text"))?;
        file.seek(SeekFrom::End(0))
            .map_err(|error| failed("read", error))?;
        let head = Head::open(path, whole == 0)?;
        // A journal that was just made must be found again after a crash too.
        if size == 0 {
            let folder = path
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty());
            let folder = folder.unwrap_or(Path::new("."));
            #[cfg(unix)]
            File::open(folder)
                .and_then(|folder| folder.sync_all())
                .map_err(|error| failed("make", error))?;
            #[cfg(not(unix))]
            let _ = folder;
        }
        let mut journal = Journal {
            file,
            head,
            plan: plan_hash.to_owned(),
            lines: Vec::new(),
            last: String::new(),
        };
        for line in text.lines() {
            journal.read_line(line)?;
            journal.check_head()?;
        }
        journal.mend_head()?;
        Ok(journal)
    }

    /// Whether the line that was the last one when the head was written is what it was.
    fn check_head(&self) -> Result<(), Error> {
        match self.lines.len() == self.head.lines && self.last != self.head.last {
            true => Err(broken(&format!(
                "line {} is not what its head says: it was altered",
                self.head.lines
            ))),
            false => Ok(()),
        }
    }

    /// A crash between a write and that of the head leaves lines of which the head does not know yet.
    fn mend_head(&mut self) -> Result<(), Error> {
        let (lines, known) = (self.lines.len(), self.head.lines);
        if lines < known {
            return Err(broken(&format!(
                "it has {lines} lines, and had {known}: the last ones are gone"
            )));
        }
        if lines - known > AT_ONCE_MAX {
            return Err(broken(&format!(
                "its head knows of {known} lines, and it has {lines}: more than one write can leave behind"
            )));
        }
        match lines == known {
            true => Ok(()),
            false => self.head.write(lines, &self.last),
        }
    }

    /// Writes one line and waits until it is on the disk.
    pub fn write(
        &mut self,
        at: i64,
        event: Event,
        step: &str,
        call: Option<&Call>,
        more: Value,
    ) -> Result<(), Error> {
        self.write_all(at, event, &[(step, call)], &more)
    }

    /// Writes lines of one sort about several steps, and syncs them once. In a race every millisecond counts.
    pub fn write_all(
        &mut self,
        at: i64,
        event: Event,
        steps: &[(&str, Option<&Call>)],
        more: &Value,
    ) -> Result<(), Error> {
        let mut text = String::new();
        let mut lines = Vec::new();
        let mut last = self.last.clone();
        for (step, call) in steps {
            let line = self.line(at, event, step, *call, more, &last);
            let line_text = canonical(&line.value);
            last = hash(&line_text);
            text.push_str(&line_text);
            text.push('\n');
            lines.push(line);
        }
        let written = self
            .file
            .write_all(text.as_bytes())
            .and_then(|()| self.file.sync_all());
        written.map_err(|error| {
            Error::new(
                ErrorKind::Journal,
                format!("cannot write the journal: {error}; nothing further is done"),
            )
        })?;
        self.last = last;
        self.lines.append(&mut lines);
        self.head.write(self.lines.len(), &self.last)
    }

    fn line(
        &self,
        at: i64,
        event: Event,
        step: &str,
        call: Option<&Call>,
        more: &Value,
        previous: &str,
    ) -> Line {
        let value = json!({
            "schema": SCHEMA,
            "previous": previous,
            "plan": self.plan,
            "at": format_time(at),
            "event": event.name(),
            "step": step,
            "call": call.map(|call| json!({
                "service": call.service,
                "action": call.action,
                "params": call.params,
            })),
            "more": more,
        });
        Line {
            at,
            event,
            step: step.to_owned(),
            call: call.cloned(),
            value,
        }
    }

    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The last line about a step, those of looking apart.
    pub fn last_of(&self, step: &str) -> Option<&Line> {
        let mut lines = self.lines.iter().rev();
        lines.find(|line| {
            let looking = matches!(
                line.event,
                Event::Reapplied | Event::ReapplyFailed | Event::SeenOff
            );
            line.step == step && !looking
        })
    }

    /// Whether a step is done and was not undone.
    pub fn is_done(&self, step: &str) -> bool {
        let last = self.last_of(step).map(|line| line.event);
        matches!(
            last,
            Some(Event::Done | Event::AlreadyDone | Event::UndoBegin | Event::UndoFailed)
        )
    }

    /// The call of a step as it was made, or found to be made, with what was filled in.
    pub fn call_of(&self, step: &str) -> Option<&Call> {
        let mut lines = self.lines.iter().rev();
        let line = lines.find(|line| {
            line.step == step
                && matches!(
                    line.event,
                    Event::Begin | Event::AlreadyDone | Event::Reapplied
                )
        })?;
        line.call.as_ref()
    }

    /// What a step changed was like before the first call that it made; `None` where it made none, because
    /// everything was as wanted.
    pub fn before(&self, step: &str) -> Option<&Value> {
        let begun = self.begun(step).next()?;
        begun.value["more"].get("before")
    }

    /// The last call that a step made.
    pub fn made(&self, step: &str) -> Option<&Line> {
        self.begun(step).last()
    }

    fn begun(&self, step: &str) -> impl Iterator<Item = &Line> {
        let of_step = move |line: &&Line| line.step == step && line.event == Event::Begin;
        self.lines.iter().filter(of_step)
    }

    /// Keys that a step about every other key of a user set out to switch off, each with when it last did, in
    /// the order in which they were found.
    pub fn swept(&self, step: &str) -> Vec<Swept> {
        let mut swept: Vec<Swept> = Vec::new();
        for line in &self.lines {
            let sets_out = matches!(line.event, Event::Begin | Event::Reapplied);
            let call = line.call.as_ref().filter(|_| line.step == step && sets_out);
            let Some(key) = call.and_then(|call| call.params.get("access_key_id")?.as_str()) else {
                continue;
            };
            match swept.iter_mut().find(|known| known.key == key) {
                Some(known) => known.at = line.at,
                None => swept.push(Swept {
                    key: key.to_owned(),
                    at: line.at,
                    late: line.event == Event::Reapplied,
                }),
            }
        }
        swept
    }

    /// The longest session of a role in seconds, as the snapshot of it says that was filed. `None` where that is not
    /// known, or where a service may take the role: the role's maximum does not bind what services give out.
    pub fn role_session_s(&self, plan: &Plan, account: &str, role: &str) -> Option<i64> {
        self.lines.iter().find_map(|line| {
            let snapshot = &line.value["more"]["snapshot"];
            let step = plan.steps.iter().find(|step| step.id == line.step)?;
            let of_role = step.account == account && snapshot["role_name"] == role;
            let trust = trusted(&snapshot["assume_role_policy_document"]);
            let by_service = trust.iter().any(|trusted| trusted.kind == "Service");
            snapshot["max_session_duration"]
                .as_i64()
                .filter(|_| of_role && !trust.is_empty() && !by_service)
        })
    }

    /// When a step was last taken back.
    pub fn undone_at(&self, step: &str) -> Option<i64> {
        let mut lines = self.lines.iter().rev();
        let line = lines.find(|line| line.step == step && line.event == Event::Undone)?;
        Some(line.at)
    }

    /// When an access key was first found switched off, after an instant.
    pub fn seen_off(&self, key: &str, after: i64) -> Option<i64> {
        let line = self.lines.iter().find(|line| {
            line.event == Event::SeenOff
                && line.at >= after
                && line.value["more"]["access_key_id"] == key
        })?;
        Some(line.at)
    }

    /// Whether a snapshot that was filed says that a key of a user was off before anything was done.
    pub fn was_off_before(&self, user: &str, key: &str) -> bool {
        self.lines.iter().any(|line| {
            let snapshot = &line.value["more"]["snapshot"];
            let mut keys = snapshot["access_keys"].as_array().into_iter().flatten();
            snapshot["user_name"] == user
                && keys.any(|known| known["access_key_id"] == key && known["status"] == "Inactive")
        })
    }

    /// Steps that are done, with when.
    pub fn done(&self) -> Vec<Done> {
        let of_step = |line: &&Line| {
            matches!(
                line.event,
                Event::Done | Event::AlreadyDone | Event::Reapplied
            ) && self.is_done(&line.step)
        };
        let done = self.lines.iter().filter(of_step);
        done.map(|line| Done {
            step: line.step.clone(),
            at: line.at,
        })
        .collect()
    }

    fn read_line(&mut self, text: &str) -> Result<(), Error> {
        let number = self.lines.len() + 1;
        let value: Value = serde_json::from_str(text)
            .map_err(|error| broken(&format!("line {number} is no JSON: {error}")))?;
        if value["schema"] != SCHEMA {
            return Err(broken(&format!(
                "line {number} has another schema than `{SCHEMA}`"
            )));
        }
        if value["previous"] != self.last.as_str() {
            return Err(broken(&format!(
                "line {number} does not follow the one before it: a line was altered or taken out"
            )));
        }
        if value["plan"] != self.plan.as_str() {
            return Err(broken("it belongs to another plan"));
        }
        let line =
            line_of(&value).ok_or_else(|| broken(&format!("line {number} lacks a member")))?;
        self.last = hash(text);
        self.lines.push(line);
        Ok(())
    }
}

fn line_of(value: &Value) -> Option<Line> {
    let call = match &value["call"] {
        Value::Null => None,
        call => Some(Call {
            service: call["service"].as_str()?.to_owned(),
            action: call["action"].as_str()?.to_owned(),
            params: call["params"].as_object()?.clone(),
        }),
    };
    Some(Line {
        at: parse_time(value["at"].as_str()?.as_bytes())?,
        event: *Event::ALL
            .iter()
            .find(|event| value["event"] == event.name())?,
        step: value["step"].as_str()?.to_owned(),
        call,
        value: value.clone(),
    })
}

fn hash(line: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(line.as_bytes()))
}

fn broken(why: &str) -> Error {
    Error::new(
        ErrorKind::Journal,
        format!("the journal cannot be used: {why}"),
    )
}
