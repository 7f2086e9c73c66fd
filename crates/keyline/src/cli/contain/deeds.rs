//! What was made and altered, by whom: events of the logs, for plans that take it back.
//!
//! In: logs and their lineage. Out: every event that the undo map knows, with its credential. It is one
//! question in KQL, so that only these events' parameters are read.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::{Result, anyhow};
use futures::StreamExt;
use keyline_contain::{AlteringEvent, undo_map};
use keyline_engine::rows::append_rows;
use keyline_engine::{Engine, EngineOptions, Evaluation};
use keyline_kql::check::CheckOptions;
use keyline_kql::types::Value;
use keyline_lake::Logs;
use keyline_lake::lineage::Lineage;

use crate::cli::{Context, DataArgs, ReferenceArgs};
use crate::data::{self, EngineReferences, TICKS_PER_MICROSECOND};
use crate::units::wall_clock_ticks;

/// Events that are held at once; a log that alters more is read up to there, and that is said.
const EVENTS_MAX: usize = 200_000;

/// Every event that makes or alters something and whose credential is known.
pub fn read(
    logs: &Logs,
    lineage: &Lineage,
    args: &DataArgs,
    context: &Context,
) -> Result<Vec<AlteringEvent>> {
    let estate = &context.config.estate;
    let catalog = data::catalog(logs, lineage, &[], estate)?;
    let references = data::references(&ReferenceArgs::default(), context)?;
    let options = EngineOptions {
        memory_bytes: data::engine_memory_bytes(args, context)?,
        partitions: data::threads(args),
        ..EngineOptions::for_this_machine()
    };
    let engine = Engine::new(&options, catalog, Arc::new(EngineReferences(references)))?;
    let (query, _) = keyline_kql::parse::parse(&question());
    let (checked, problems) =
        keyline_kql::check::check(&query, engine.schema(), &CheckOptions::default());
    let checked = checked.ok_or_else(|| {
        let first = problems.first().map(|problem| problem.message.clone());
        anyhow!(
            "a question of our own is wrong: {}",
            first.unwrap_or_default()
        )
    })?;
    let now = args.as_of.unwrap_or_else(wall_clock_ticks);
    let mut rows = engine.run(&checked, &Evaluation::at(now))?;
    let columns = rows.columns.clone();
    let mut events = Vec::new();
    let mut left_out = 0;
    engine.block_on(async {
        while let Some(batch) = rows.batches.next().await {
            let mut cells = Vec::new();
            append_rows(&batch?, &columns, &mut cells)?;
            for row in &cells {
                match events.len() < EVENTS_MAX {
                    true => events.extend(event(row)),
                    false => left_out += 1,
                }
            }
        }
        anyhow::Ok(())
    })?;
    if left_out > 0 {
        context.printer.note(&format!(
            "{left_out} events that alter something are left out of the plan, beyond {EVENTS_MAX}"
        ));
    }
    Ok(events)
}

fn question() -> String {
    let names: BTreeSet<String> = undo_map::ROWS.iter().flat_map(|row| row.names()).collect();
    let names: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
    format!(
        "CredentialEvents | where EventName in ({}) and isnotempty(CredentialId) | project AwsEventId, \
         TimeGenerated, RecipientAccountId, AWSRegion, EventSource, EventName, CredentialId, \
         SourceIpAddress, ErrorCode, RequestParameters, ResponseElements",
        names.join(", ")
    )
}

fn event(row: &[Value]) -> Option<AlteringEvent> {
    let [
        id,
        at,
        account,
        region,
        source,
        name,
        credential,
        address,
        error,
        request,
        response,
    ] = row
    else {
        return None;
    };
    let text = |value: &Value| keyline_engine::rows::text(value).unwrap_or_default();
    let parsed = |value: &Value| serde_json::from_str(&text(value)).unwrap_or_default();
    let Value::DateTime(ticks) = at else {
        return None;
    };
    Some(AlteringEvent {
        event_id: text(id),
        at: ticks.div_euclid(TICKS_PER_MICROSECOND),
        account: text(account),
        region: text(region),
        source: text(source),
        name: text(name),
        credential: text(credential),
        address: text(address),
        failed: !text(error).is_empty(),
        request: parsed(request),
        response: parsed(response),
        before: None,
        touched_later_by: Vec::new(),
    })
}
