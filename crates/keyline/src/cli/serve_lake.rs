//! `keyline serve --lake`: the watch, with a page that shows it or without one.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use keyline_lake::delta::Lake;
use keyline_sinks::Outbox;
use keyline_source::AwsOptions;
use serde_json::Value;
use tokio::sync::Notify;

use super::serve::{Given, ListenArgs, WatchArgs, listen};
use super::{Context, Status};
use crate::intake::Wishes;
use crate::output::end_in_order;
use crate::pipeline::{Pipeline, Show};
use crate::safe_json::SafeJson;
use crate::sending::{self, Background, When};
use crate::server::{self, App, Investigation};
use crate::watch::journal::Journal;
use crate::watch::vitals::Vitals;
use crate::watch::{PutOut, Subject};

/// So many times as long as the page takes to be made it is not made anew: alerts do not wait for it.
const PAGE_RESTS: u32 = 4;

/// Watches a lake until the process is asked to end.
pub fn serve_lake(
    location: String,
    shown: server::Subject,
    given: Given,
    at: &ListenArgs,
    (args, endpoint): (&WatchArgs, Option<String>),
    mut context: Context,
) -> Result<Status> {
    let mut reading = shown.data;
    if let Some(path) = &reading.accounts {
        context.config.estate.add_accounts(path)?;
    }
    let sources = std::mem::take(&mut reading.data);
    if sources.is_empty() && !Lake::is_at(&location) {
        bail!("there is no lake at `{location}`: name the sources that are to fill it");
    }
    let aws = AwsOptions {
        profile: args.profile.clone(),
        endpoint,
    };
    let wishes = Wishes::of(
        &sources,
        (reading.since, reading.until),
        (&args.from_accounts, &args.from_regions),
        aws,
    )?;
    reading.lake = Some(location.clone());
    let subject = Subject {
        location,
        wishes,
        data: reading,
        rules: shown.rules,
        references: shown.references,
        once: args.once,
    };
    let journal = Journal {
        format: args.log,
        quiet: context.printer.quiet,
    };
    let outbox = match context.config.sinks.is_empty() {
        true => None,
        false => Some(Arc::new(sending::open_outbox(&context.config)?)),
    };
    let put_out = outlet(args.alerts_out.as_deref(), outbox.clone())?;
    let when = match args.once {
        true => When::AtTheEnd,
        false => When::AtOnce,
    };
    let sending = outbox.map(|outbox| Background::begin(outbox, when));
    let stop = Arc::new(AtomicBool::new(false));
    let ended = Arc::new(Notify::new());
    end_in_order({
        let (stop, ended) = (stop.clone(), ended.clone());
        move || {
            journal.note("ending", &[]);
            stop.store(true, Ordering::Relaxed);
            ended.notify_one();
        }
    });
    let pipeline = |show: Show, vitals: Arc<Vitals>| Pipeline {
        subject: subject.clone(),
        context: context.clone(),
        put_out: put_out.clone(),
        show,
        vitals,
        journal,
        stop: stop.clone(),
    };
    if args.no_ui {
        let outcome = pipeline(Box::new(|_, _| ()), Arc::default()).run();
        sending.into_iter().for_each(Background::end);
        return outcome.map(|()| Status::Done);
    }
    let listening = listen(given, at, &context)?;
    let app = listening.app.clone();
    let pipeline = pipeline(page_of(&app, &subject, &context), app.vitals());
    let failed = app.clone();
    let watching = thread::Builder::new()
        .name("keyline-watch".into())
        .spawn(move || {
            let outcome = pipeline.run();
            if let Err(error) = &outcome {
                crate::report::print_error(error);
                failed.failed(error);
            }
        })
        .context("no thread for the watch")?;
    listening.answer(async move { ended.notified().await })?;
    stop.store(true, Ordering::Relaxed);
    let _ = watching.join();
    sending.into_iter().for_each(Background::end);
    Ok(Status::Done)
}

/// Makes the page anew of what was judged.
fn page_of(app: &Arc<App>, subject: &Subject, context: &Context) -> Show {
    let (app, subject, context) = (app.clone(), subject.clone(), context.clone());
    let (mut is_old, mut rests_until) = (true, Instant::now());
    Box::new(move |judge, round| {
        for (alert, status) in &round.alerts {
            app.tell_alert(&crate::watch::document(alert, status));
        }
        app.tell_watch();
        is_old |= round.is_news();
        let begun = Instant::now();
        if !is_old || begun < rests_until {
            return;
        }
        is_old = false;
        let made = judge.hunted().and_then(|hunted| {
            let (data, references) = (subject.data.clone(), subject.references.clone());
            Investigation::of(hunted, data, references, context.clone())
        });
        match made {
            Ok(investigation) => app.ready(investigation),
            Err(error) => app.failed(&error),
        }
        rests_until = Instant::now() + begun.elapsed() * PAGE_RESTS;
    })
}

/// Where alerts go: into the outbox of the sinks, and into a file, a document a line; on disk when they are said to
/// be there.
fn outlet(file: Option<&Path>, outbox: Option<Arc<Outbox>>) -> Result<PutOut> {
    let file = match file {
        Some(path) => {
            let opened = File::options().append(true).create(true).open(path);
            let opened = opened.with_context(|| format!("cannot write `{}`", path.display()))?;
            Some(Mutex::new(opened))
        }
        None => None,
    };
    Ok(Arc::new(move |alerts: &[Value]| {
        if let Some(outbox) = &outbox {
            for (sink, missed) in outbox.put(alerts)?.dropped {
                sending::tell_missed(&sink, missed);
            }
        }
        let Some(file) = &file else { return Ok(()) };
        let mut lines = Vec::new();
        for alert in alerts {
            serde_json::to_writer(SafeJson(&mut lines), alert)?;
            lines.push(b'\n');
        }
        // A panic while it was held left no half line: lines are written whole.
        let mut file = file.lock().unwrap_or_else(|held| held.into_inner());
        file.write_all(&lines)?;
        Ok(file.sync_data()?)
    }))
}
