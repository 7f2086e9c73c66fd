//! What was done, by whom, and from where.
//!
//! In: deeds, before they are done and after. Out: one line of JSON each, on the disk before anything else happens;
//! what cannot be written down is not done. Each line carries the hash of the one before, as a journal's does, so
//! that a line that was altered or taken out is noticed. Nothing is ever taken out or altered here.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result, bail};
use data_encoding::HEXLOWER;
use keyline_trail::time::format_time;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::who::Who;
use super::wire::AuditEntry;
use crate::units::wall_clock_micros;

/// The schema of a line.
pub const SCHEMA: &str = "keyline.audit/1";
/// Where it is kept when the configuration names no place.
pub const FILE: &str = "keyline-audit.jsonl";
/// The longest line that is read, and about the longest that is written.
const LINE_BYTES_MAX: usize = 64 << 10;
/// How much of the end of the log a page reads: some tens of thousands of deeds. Programs read the file.
const TAIL_BYTES_MAX: u64 = 16 << 20;
/// Deeds that one answer holds.
pub const ENTRIES_MAX: usize = 1000;

pub struct Audit {
    path: PathBuf,
    open: Mutex<Option<Open>>,
}

struct Open {
    file: File,
    /// The hash of the last line.
    last: String,
}

/// Which deeds are wanted.
#[derive(Default)]
pub struct Wanted {
    pub who: Option<String>,
    pub what: Option<String>,
    pub text: Option<String>,
    pub since: Option<String>,
    pub until: Option<String>,
}

impl Audit {
    /// Nothing is opened before there is something to write: whoever only looks leaves no file behind.
    pub fn new(path: PathBuf) -> Audit {
        Audit {
            path,
            open: Mutex::new(None),
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens it now, so that what is wrong with it is said at the start. Every line is given to `hear`.
    pub fn begin(&self, hear: &mut dyn FnMut(&Value)) -> Result<()> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        *open = Some(begin(&self.path, hear)?);
        Ok(())
    }

    /// Writes a deed down and waits until it is on the disk.
    pub fn write(&self, who: &Who, what: &str, on: &str, more: Value) -> Result<()> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let open = match &mut *open {
            Some(open) => open,
            none => none.insert(begin(&self.path, &mut |_| {})?),
        };
        let mut line = json!({
            "schema": SCHEMA,
            "previous": open.last,
            "at": format_time(wall_clock_micros()),
            "who": who.name,
            "role": who.role.name(),
            "from": who.from.to_string(),
            "what": what,
            "on": shortened(on),
            "more": more,
        });
        if let Some(subject) = &who.subject {
            line["subject"] = subject.as_str().into();
        }
        let mut text = line.to_string();
        if text.len() > LINE_BYTES_MAX {
            bail!("what is to be written into the audit log is longer than {LINE_BYTES_MAX} bytes");
        }
        let hash = hash(&text);
        text.push('\n');
        open.file
            .write_all(text.as_bytes())
            .and_then(|()| open.file.sync_all())
            .with_context(|| {
                format!(
                    "cannot write the audit log `{}`; nothing was done",
                    self.path.display()
                )
            })?;
        open.last = hash;
        Ok(())
    }

    /// The last deeds that are wanted, the newest first, and whether there may be older ones.
    pub fn last(&self, wanted: &Wanted, most: usize) -> Result<(Vec<AuditEntry>, bool)> {
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok((Vec::new(), false));
            }
            Err(error) => return Err(error).context("the audit log cannot be read"),
        };
        let size = file.metadata()?.len();
        let start = size.saturating_sub(TAIL_BYTES_MAX);
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        file.take(TAIL_BYTES_MAX).read_to_end(&mut bytes)?;
        let text = String::from_utf8_lossy(&bytes);
        let mut lines = text.lines();
        if start > 0 {
            // The first line is most likely cut off.
            lines.next();
        }
        let lines: Vec<&str> = lines.collect();
        let mut found = Vec::new();
        let mut older = start > 0;
        for line in lines.into_iter().rev() {
            let value: Value = match serde_json::from_str(line) {
                Ok(value) => value,
                Err(_) => continue,
            };
            let entry = entry(&value);
            if !wanted.fits(&entry) {
                continue;
            }
            if found.len() == most.min(ENTRIES_MAX) {
                older = true;
                break;
            }
            found.push(entry);
        }
        Ok((found, older))
    }
}

impl Wanted {
    fn fits(&self, entry: &AuditEntry) -> bool {
        let is = |wanted: &Option<String>, value: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == value)
        };
        let text = self.text.as_deref().map(str::to_lowercase);
        let holds = text.is_none_or(|text| {
            [&entry.who, &entry.what, &entry.on, &entry.from, &entry.more]
                .iter()
                .any(|part| part.to_lowercase().contains(&text))
        });
        // Instants in one form have the order of their letters.
        is(&self.who, &entry.who)
            && is(&self.what, &entry.what)
            && holds
            && self.since.as_ref().is_none_or(|since| *since <= entry.at)
            && self.until.as_ref().is_none_or(|until| entry.at <= *until)
    }
}

/// Reads what is there, and stands at its end. A line that a crash cut off is dropped; lines that do not follow each
/// other are no log that anything may be added to.
fn begin(path: &Path, hear: &mut dyn FnMut(&Value)) -> Result<Open> {
    let naming = || format!("the audit log `{}`", path.display());
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let file = options.open(path).with_context(naming)?;
    if file.try_lock().is_err() {
        bail!(
            "{} is open in another Keyline; `[serve] audit` names another place",
            naming()
        );
    }
    let mut last = String::new();
    let mut whole = 0;
    let mut reader = BufReader::new(&file);
    for number in 1.. {
        let mut bytes = Vec::new();
        let most = LINE_BYTES_MAX as u64 + 1;
        let read = reader.by_ref().take(most).read_until(b'\n', &mut bytes)?;
        if read == 0 {
            break;
        }
        if bytes.pop() != Some(b'\n') {
            if read as u64 == most {
                bail!(
                    "{}: line {number} is longer than any of Keyline's",
                    naming()
                );
            }
            break;
        }
        let value: Value = serde_json::from_slice(&bytes)
            .with_context(|| format!("{}: line {number} is no JSON", naming()))?;
        if value["schema"] != SCHEMA || value["previous"] != last.as_str() {
            bail!(
                "{}: line {number} does not follow the one before it: a line was altered or taken out. Keep the \
                 file, look into it, and begin another one (`[serve] audit`)",
                naming()
            );
        }
        hear(&value);
        last = HEXLOWER.encode(&Sha256::digest(&bytes));
        whole += read as u64;
    }
    drop(reader);
    if fs::metadata(path)?.len() > whole {
        file.set_len(whole).with_context(naming)?;
    }
    Ok(Open { file, last })
}

fn entry(value: &Value) -> AuditEntry {
    let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
    AuditEntry {
        at: text("at"),
        who: text("who"),
        role: text("role"),
        from: text("from"),
        what: text("what"),
        on: text("on"),
        more: match &value["more"] {
            Value::Null => String::new(),
            Value::Object(members) => {
                let said = |value: &Value| match value {
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                let told = members.iter().filter(|(_, value)| !value.is_null());
                let parts = told.map(|(name, value)| format!("{name}: {}", said(value)));
                parts.collect::<Vec<_>>().join(", ")
            }
            other => other.to_string(),
        },
    }
}

/// What it was done to is named by whoever asks: as long as a name is.
fn shortened(text: &str) -> String {
    const LETTERS_MAX: usize = 500;
    match text.char_indices().nth(LETTERS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn hash(text: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::who::Role;

    fn who(name: &str) -> Who {
        Who {
            name: name.to_owned(),
            role: Role::Approver,
            from: "192.0.2.1".parse().unwrap(),
            is_person: true,
            subject: None,
        }
    }

    #[test]
    fn deeds_are_found_again_the_newest_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let audit = Audit::new(path.clone());
        assert_eq!(
            audit.last(&Wanted::default(), 10).unwrap(),
            (Vec::new(), false)
        );
        for (name, what, on) in [
            ("ann", "plan-approved", "p1"),
            ("bob", "plan-run", "p1"),
            ("ann", "plan-approved", "p2"),
        ] {
            audit
                .write(&who(name), what, on, json!({"hash": "abc"}))
                .unwrap();
        }
        let asked = |wanted: Wanted, most: usize| {
            let (found, older) = audit.last(&wanted, most).unwrap();
            let names: Vec<String> = found
                .iter()
                .map(|one| format!("{} {}", one.who, one.on))
                .collect();
            (names.join(", "), older)
        };
        assert_eq!(
            asked(Wanted::default(), 2),
            ("ann p2, bob p1".to_owned(), true)
        );
        let of_bob = Wanted {
            who: Some("bob".into()),
            ..Wanted::default()
        };
        assert_eq!(asked(of_bob, 9), ("bob p1".to_owned(), false));
        let of_text = Wanted {
            text: Some("P2".into()),
            ..Wanted::default()
        };
        assert_eq!(asked(of_text, 9), ("ann p2".to_owned(), false));
        let later = Wanted {
            since: Some("9999".into()),
            ..Wanted::default()
        };
        assert_eq!(asked(later, 9), (String::new(), false));

        // It goes on where it was, without a line that was cut off; and not where one was altered.
        drop(audit);
        let mut cut = OpenOptions::new().append(true).open(&path).unwrap();
        cut.write_all(b"{\"schema\":").unwrap();
        let audit = Audit::new(path.clone());
        let mut heard = 0;
        audit.begin(&mut |_| heard += 1).unwrap();
        assert_eq!(heard, 3);
        audit
            .write(&who("eve"), "plan-run", "p3", Value::Null)
            .unwrap();
        drop(audit);
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.lines().count(), 4);
        fs::write(&path, text.replace("\"bob\"", "\"eve\"")).unwrap();
        let error = Audit::new(path).begin(&mut |_| {}).unwrap_err();
        assert!(
            error.to_string().contains("line 3 does not follow"),
            "{error}"
        );
    }
}
