//! `/api/activity`: what credentials did in a span of time, counted by everything that an analyst asks first.
//!
//! One question in KQL over `CredentialEvents` gives the calls by what they have in common; the sums are made of its
//! rows. It is shown with the answer, for the editor to go on from.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::{Extension, Json};
use keyline_engine::Evaluation;
use keyline_kql::types::Value;
use keyline_trail::time::format_time;
use serde::Deserialize;

use super::{answer, credentials};
use crate::data::TICKS_PER_MICROSECOND;
use crate::server::App;
use crate::server::investigation::Investigation;
use crate::server::lanes::{micros, millis};
use crate::server::refusal::{Answer, Refusal};
use crate::server::who::Who;
use crate::server::wire::{Activity, ActivityQuestion, Bins, Millis, Tally};

/// The parts of a span.
const PARTS: i64 = 120;
/// Entries of each list.
const TALLIES_MAX: usize = 50;
/// Credentials that one question names.
const CREDENTIALS_MAX: usize = 2_000;

#[derive(Deserialize)]
pub struct Wanted {
    from: Option<Millis>,
    to: Option<Millis>,
    /// What it minted as well.
    #[serde(default)]
    below: u8,
}

pub async fn of_one(
    State(app): State<Arc<App>>,
    Extension(who): Extension<Who>,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Answer<Json<Activity>> {
    let place = app.place(&who)?;
    answer(app, move |it| {
        let _place = place;
        let node = credentials::find(it, &id)?;
        let nodes = match wanted.below {
            0 => vec![node],
            _ => it.tree(node),
        };
        let ids: Vec<String> = nodes.into_iter().map(|node| it.forest.id(node)).collect();
        activity(it, &ids, wanted.from, wanted.to)
    })
    .await
}

pub async fn of_many(
    State(app): State<Arc<App>>,
    Extension(who): Extension<Who>,
    Json(question): Json<ActivityQuestion>,
) -> Answer<Json<Activity>> {
    let place = app.place(&who)?;
    answer(app, move |it| {
        let _place = place;
        let ids: Answer<Vec<String>> = question
            .credentials
            .iter()
            .map(|id| Ok(it.forest.id(credentials::find(it, id)?)))
            .collect();
        activity(it, &ids?, question.from, question.to)
    })
    .await
}

fn activity(
    it: &Investigation,
    ids: &[String],
    from: Option<Millis>,
    to: Option<Millis>,
) -> Answer<Activity> {
    if ids.len() > CREDENTIALS_MAX {
        return Err(Refusal::bad(format!(
            "{} credentials are more than the {CREDENTIALS_MAX} that one question may name",
            ids.len()
        ))
        .hint("zoom in, or ask by RootId in Hunt"));
    }
    let Some((first, last)) = span(it, ids) else {
        return Ok(Activity::default());
    };
    let from = from.map_or(first, micros).max(first);
    let to = to.map_or(last, micros).min(last);
    // Parts are whole microseconds, and the last call is in one of them.
    let step = ((to.saturating_sub(from)) / PARTS + 1).max(1);
    // Ids are ours: letters, digits and a hyphen.
    let named: Vec<String> = ids.iter().map(|id| format!("\"{id}\"")).collect();
    let events = format!(
        "CredentialEvents\n| where CredentialId in ({})\n| where TimeGenerated between (datetime({}) .. datetime({}))",
        named.join(", "),
        format_time(from),
        format_time(to),
    );
    let counted = format!(
        "{events}\n| extend Bucket = tostring(parse_json(RequestParameters).bucketName)\n\
         | extend Part = toint((TimeGenerated - datetime({})) / {}tick)\n\
         | summarize Calls = count(), First = min(TimeGenerated), Last = max(TimeGenerated) \
         by EventSource, EventName, ErrorCode, SourceIpAddress, UserAgent, AWSRegion, Bucket, Part",
        format_time(from),
        step.saturating_mul(TICKS_PER_MICROSECOND),
    );
    let table = it
        .engine
        .query_text(&counted, &Evaluation::at(it.now_ticks()))
        .map_err(|error| Refusal::from(anyhow::Error::from(error)))?;
    let mut sums = Sums::default();
    let mut bins = Bins {
        from: millis(from),
        step: step as f64 / 1_000.0,
        calls: vec![0.0; PARTS as usize],
        errors: vec![0.0; PARTS as usize],
    };
    let (mut calls, mut errors) = (0, 0);
    for row in &table.rows {
        let Some(row) = Counted::of(row) else {
            continue;
        };
        calls += row.calls;
        errors += row.errors();
        if let Some(part) = bins.calls.get_mut(row.part) {
            *part += row.calls as f64;
            bins.errors[row.part] += row.errors() as f64;
        }
        sums.add(&row);
    }
    Ok(Activity {
        calls,
        errors,
        from: millis(from),
        to: millis(to),
        bins,
        actions: sums.actions.most(),
        addresses: sums.addresses.most(),
        agents: sums.agents.most(),
        regions: sums.regions.most(),
        resources: sums.buckets.most(),
        error_codes: sums.codes.most(),
        kql: events,
    })
}

/// When these were used.
fn span(it: &Investigation, ids: &[String]) -> Option<(i64, i64)> {
    let used = ids.iter().filter_map(|id| {
        let one = it.forest.alone(it.forest.by_id(id)?);
        one.first_used.zip(one.last_used)
    });
    used.reduce(|(first, last), (from, to)| (first.min(from), last.max(to)))
}

/// A row of the answer: calls alike.
struct Counted<'a> {
    texts: [&'a str; 7],
    part: usize,
    calls: u64,
    first: i64,
    last: i64,
}

impl<'a> Counted<'a> {
    fn of(row: &'a [Value]) -> Option<Counted<'a>> {
        let text = |at: usize| match row.get(at) {
            Some(Value::String(text)) => text.as_str(),
            _ => "",
        };
        let number = |at: usize| match row.get(at)? {
            Value::Long(number) => Some(*number),
            Value::Int(number) => Some(i64::from(*number)),
            Value::DateTime(ticks) => Some(*ticks),
            _ => None,
        };
        Some(Counted {
            texts: [
                text(0),
                text(1),
                text(2),
                text(3),
                text(4),
                text(5),
                text(6),
            ],
            part: usize::try_from(number(7)?).ok()?,
            calls: u64::try_from(number(8)?).ok()?,
            first: number(9)?,
            last: number(10)?,
        })
    }

    fn errors(&self) -> u64 {
        match self.texts[2].is_empty() {
            true => 0,
            false => self.calls,
        }
    }
}

#[derive(Default)]
struct Sums {
    actions: Counts,
    addresses: Counts,
    agents: Counts,
    regions: Counts,
    buckets: Counts,
    codes: Counts,
}

impl Sums {
    fn add(&mut self, row: &Counted<'_>) {
        let [source, name, code, address, agent, region, bucket] = row.texts;
        let service = source.split('.').next().unwrap_or(source);
        self.actions.add(&format!("{service}:{name}"), row);
        self.addresses.add(address, row);
        self.agents.add(agent, row);
        self.regions.add(region, row);
        self.buckets.add(bucket, row);
        self.codes.add(code, row);
    }
}

/// How often each text occurred.
#[derive(Default)]
struct Counts(HashMap<String, (u64, u64, i64, i64)>);

impl Counts {
    fn add(&mut self, text: &str, row: &Counted<'_>) {
        if text.is_empty() {
            return;
        }
        let empty = (0, 0, i64::MAX, i64::MIN);
        let sum = self.0.entry(text.to_owned()).or_insert(empty);
        *sum = (
            sum.0 + row.calls,
            sum.1 + row.errors(),
            sum.2.min(row.first),
            sum.3.max(row.last),
        );
    }

    /// The most frequent ones.
    fn most(self) -> Vec<Tally> {
        let mut all: Vec<Tally> = self
            .0
            .into_iter()
            .map(|(name, (calls, errors, first, last))| Tally {
                name,
                calls,
                errors,
                first: millis(first.div_euclid(TICKS_PER_MICROSECOND)),
                last: millis(last.div_euclid(TICKS_PER_MICROSECOND)),
            })
            .collect();
        all.sort_by(|a, b| b.calls.cmp(&a.calls).then_with(|| a.name.cmp(&b.name)));
        all.truncate(TALLIES_MAX);
        all
    }
}
