//! Queues that tell of new objects.
//!
//! In: messages. Out: the objects that they name, taken in; then, and only then, the messages are taken away. One that
//! names nothing that can be had is a dead letter: at once where it is no notification, else when it has come too
//! often. The name of such a letter is the queue's and the message's, its version says why, so that whoever finishes
//! an interrupted batch knows both.

use std::time::Instant;

use anyhow::Result;
use keyline_lake::ProblemKind;
use keyline_lake::delta::{Ingest, SourceFile};
use keyline_source::aws::{Aws, Failure, Queue, Received};
use keyline_source::{Named, S3Object, Wanted, limits, objects_of, takes_key};

use super::remote::{Session, file_of, named};
use super::{Pace, Step, Wishes};

/// How a letter's name begins; the queue's URL and the message's id follow.
const SCHEME: &str = "sqs:";
/// Bytes of a message that a dead letter shows.
const SHOWN_BYTES: usize = 200;

/// The queues among the sources.
pub(super) struct Queues {
    urls: Vec<String>,
    wanted: Wanted,
    opened: Vec<Queue>,
}

/// A message and what it comes to.
struct Notice {
    message: Received,
    /// Files that must be in the lake before it is taken away.
    files: Vec<SourceFile>,
    /// Why it has to come again.
    again: Option<String>,
}

impl Queues {
    pub(super) fn new(wishes: &Wishes) -> Queues {
        Queues {
            urls: named(wishes, |source| match source {
                Named::Queue(url) => Some(url.clone()),
                _ => None,
            }),
            wanted: wishes.wanted.clone(),
            opened: Vec::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.urls.is_empty()
    }

    pub(super) fn step(
        &mut self,
        session: &Session,
        ingest: &mut Ingest,
        pace: Pace,
        step: &mut Step,
    ) -> Result<()> {
        if self.urls.is_empty() {
            return Ok(());
        }
        let aws = session.get()?;
        if self.opened.is_empty() {
            self.opened = self.urls.iter().map(|url| aws.queue(url)).collect();
        }
        for (url, queue) in self.urls.iter().zip(&self.opened) {
            let wait = match pace {
                Pace::Once => limits::RECEIVE_WAIT_MORE,
                Pace::Following { wait } if step.found == 0 => wait,
                Pace::Following { .. } => limits::RECEIVE_WAIT_MORE,
            };
            loop {
                let messages = aws.receive(queue, wait)?;
                if messages.is_empty() {
                    break;
                }
                let outcome = work(aws, (url, queue), messages, &self.wanted, ingest, step);
                outcome?;
                if pace != Pace::Once {
                    break;
                }
            }
        }
        Ok(())
    }
}

/// Why a message is a dead letter, by the name that it has in the ledger.
pub(super) fn letter(file: &SourceFile) -> Option<String> {
    file.name.starts_with(SCHEME).then(|| file.version.clone())
}

fn work(
    aws: &Aws,
    (url, queue): (&str, &Queue),
    messages: Vec<Received>,
    wanted: &Wanted,
    ingest: &mut Ingest,
    step: &mut Step,
) -> Result<()> {
    let held = messages.clone();
    let outcome = try_work(aws, (url, queue), messages, wanted, ingest, step);
    if outcome.is_err() {
        // They come again, and what was taken in of them is known then.
        aws.let_go(queue, &held);
    }
    outcome
}

fn try_work(
    aws: &Aws,
    (url, queue): (&str, &Queue),
    messages: Vec<Received>,
    wanted: &Wanted,
    ingest: &mut Ingest,
    step: &mut Step,
) -> Result<()> {
    let notices = messages.into_iter();
    let notices: Vec<Notice> = notices
        .map(|message| read(aws, url, message, wanted, step))
        .collect();
    let files: Vec<SourceFile> = notices
        .iter()
        .flat_map(|notice| notice.files.iter().cloned())
        .collect();
    let new = files.iter().filter(|file| !ingest.knows(file)).count();
    step.meet(new as u64, Instant::now());
    step.ingested.merge(ingest.take(files)?);
    let (mut done, mut again, mut letters) = (Vec::new(), Vec::new(), Vec::new());
    for notice in notices {
        let taken = notice.again.is_none() && notice.files.iter().all(|file| ingest.knows(file));
        if taken {
            done.push(notice.message);
        } else if notice.message.times < limits::RECEIVES_MAX {
            again.push(notice.message);
        } else {
            let why = notice
                .again
                .unwrap_or_else(|| "what it names cannot be fetched".to_owned());
            let why = format!("given up after {} times: {why}", notice.message.times);
            letters.push(dead_letter(url, &notice.message, &why));
            done.push(notice.message);
        }
    }
    step.ingested.merge(ingest.take(letters)?);
    aws.delete(queue, &done)?;
    aws.let_go(queue, &again);
    Ok(())
}

/// What a message says.
fn read(aws: &Aws, url: &str, message: Received, wanted: &Wanted, step: &mut Step) -> Notice {
    let mut notice = Notice {
        files: Vec::new(),
        again: None,
        message,
    };
    let objects = match objects_of(&notice.message.body) {
        Ok(objects) => objects,
        Err(why) => {
            notice.files.push(dead_letter(url, &notice.message, &why));
            return notice;
        }
    };
    for object in objects {
        if let Err(why) = takes_key(&object.key, wanted) {
            let problems = &mut step.ingested.coverage.problems;
            problems.add(ProblemKind::Other(why.name()), || object.address());
            continue;
        }
        match seen(aws, object) {
            Ok(object) => notice.files.push(file_of(&object)),
            Err(why) => notice.again = Some(why),
        }
    }
    notice
}

/// The object with its etag and size, which not every message tells; one that is gone stays without.
fn seen(aws: &Aws, object: S3Object) -> Result<S3Object, String> {
    if !object.etag.is_empty() && object.bytes.is_some() {
        return Ok(object);
    }
    let looked = aws.look(std::slice::from_ref(&object)).into_iter().next();
    match looked {
        Some(Ok(found)) => Ok(found),
        Some(Err(Failure::Gone(_))) => Ok(object),
        Some(Err(failure)) => Err(format!("{}: {}", object.address(), failure.why())),
        None => Err(format!("{}: nobody has looked", object.address())),
    }
}

fn dead_letter(url: &str, message: &Received, why: &str) -> SourceFile {
    let mut end = message.body.len().min(SHOWN_BYTES);
    while !message.body.is_char_boundary(end) {
        end -= 1;
    }
    SourceFile {
        name: format!("{SCHEME}{url}#{}", message.id),
        version: format!("{why}: {}", &message.body[..end]),
        bytes: message.body.len() as u64,
    }
}
