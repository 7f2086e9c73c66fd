//! Where a plan stands: its journal, and what the last run said of steps that left no line in it.
//!
//! The journal is read without being opened for writing, so that it can be looked at while a run writes it. Whether
//! its lines hang together is asked by whoever carries on with it.

use std::path::Path;

use keyline_contain::limits::JOURNAL_BYTES_MAX;
use keyline_contain::{Plan, Step};
use keyline_trail::time::format_time;
use serde_json::Value;

use super::{CARRYING_OUT, Known, STOPPED};
use crate::server::wire::{PlanPhase, PlanState, PlanSummary, StepPhase, StepState};

/// How a step ended, as a run told it.
#[derive(Clone, Debug, Default)]
pub struct Report {
    pub skipped: bool,
    pub why: Option<String>,
    pub found: Vec<String>,
}

pub fn state(plan: &Plan, known: &Known, journal: &Path, now: i64) -> PlanState {
    let lines = lines(journal);
    let steps: Vec<StepState> = plan
        .steps
        .iter()
        .map(|step| of_step(step, known, &lines))
        .collect();
    let is_done = |state: &&StepState| {
        matches!(
            state.phase,
            StepPhase::Done | StepPhase::AlreadyDone | StepPhase::UndoFailed
        )
    };
    let taken = |id: &str| {
        plan.steps
            .iter()
            .any(|step| step.id == id && is_taken(step))
    };
    let own: Vec<&StepState> = steps.iter().filter(|state| taken(&state.step)).collect();
    let done = own.iter().copied().filter(is_done).count();
    let failed = steps
        .iter()
        .filter(|state| state.phase == StepPhase::Failed)
        .count();
    let approval = known
        .approval
        .as_ref()
        .filter(|approval| now <= approval.until());
    let busy = known.busy.as_ref().map(|(doing, _)| *doing);
    let phase = if busy == Some(CARRYING_OUT) {
        PlanPhase::Running
    } else if let Some(verified) = &known.verified {
        match verified.holds {
            true => PlanPhase::Holds,
            false => PlanPhase::Broken,
        }
    } else if lines.is_empty() {
        match approval {
            Some(_) => PlanPhase::Approved,
            None => PlanPhase::Drawn,
        }
    } else if known.stopped {
        PlanPhase::Stopped
    } else if done < own.len() {
        PlanPhase::Partly
    } else {
        PlanPhase::Done
    };
    PlanState {
        summary: PlanSummary {
            plan_id: plan.plan_id().to_owned(),
            hash: plan.hash.clone(),
            target: plan.target.clone(),
            headline: plan.headline(),
            made_at: format_time(plan.made_at),
            phase,
            busy: busy.map(str::to_owned),
            approved_by: approval.map(|approval| approval.by.clone()),
            approved_at: approval.map(|approval| format_time(approval.at)),
            approved_until: approval.map(|approval| format_time(approval.until())),
            run_by: known.run_by.clone(),
            done,
            steps: own.len(),
            failed,
            verified_at: known.verified.as_ref().map(|verified| verified.at.clone()),
        },
        steps,
        error: known.error.clone(),
        verified: known.verified.clone(),
    }
}

/// Whether Keyline takes a step by itself; the others are for a person.
fn is_taken(step: &Step) -> bool {
    let by_program = step.service != "keyline" || step.action == "Verify";
    by_program && !step.by_hand && !step.needs_confirmation
}

/// What a line of the journal says of a step.
struct Line {
    step: String,
    phase: StepPhase,
    at: Option<String>,
    why: Option<String>,
}

fn lines(journal: &Path) -> Vec<Line> {
    let small = std::fs::metadata(journal).is_ok_and(|file| file.len() <= JOURNAL_BYTES_MAX);
    let text = match small {
        true => std::fs::read_to_string(journal).unwrap_or_default(),
        false => String::new(),
    };
    // A line that is being written has no end yet.
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole.lines().filter_map(line).collect()
}

fn line(text: &str) -> Option<Line> {
    let value: Value = serde_json::from_str(text).ok()?;
    let phase = match value["event"].as_str()? {
        "begin" => StepPhase::Begun,
        "done" => StepPhase::Done,
        "already-done" => StepPhase::AlreadyDone,
        "failed" => StepPhase::Failed,
        "undo-begin" => StepPhase::Begun,
        "undone" => StepPhase::Undone,
        "undo-failed" => StepPhase::UndoFailed,
        // What was looked at, switched off besides, or laid on again ends no step.
        _ => return None,
    };
    let text = |value: &Value| value.as_str().map(str::to_owned);
    Some(Line {
        step: text(&value["step"])?,
        phase,
        at: text(&value["at"]),
        why: text(&value["more"]["why"]),
    })
}

fn of_step(step: &Step, known: &Known, lines: &[Line]) -> StepState {
    let line = lines.iter().rev().find(|line| line.step == step.id);
    let report = known.reports.get(&step.id);
    let skipped = report.filter(|report| report.skipped);
    let phase = match (line, skipped) {
        (Some(line), _) => line.phase,
        (None, Some(_)) => StepPhase::Skipped,
        (None, None) => StepPhase::Waiting,
    };
    let failed = line.and_then(|line| line.why.clone());
    let why = report.and_then(|report| report.why.clone()).or(failed);
    // What was not asked of AWS any more has not failed: it waits for whoever goes on.
    let is_stopped = why.as_ref().is_some_and(|why| why.ends_with(STOPPED));
    let phase = match phase {
        StepPhase::Failed if is_stopped => StepPhase::Waiting,
        phase => phase,
    };
    StepState {
        step: step.id.clone(),
        phase,
        at: line.and_then(|line| line.at.clone()),
        why,
        found: report
            .map(|report| report.found.clone())
            .unwrap_or_default(),
    }
}
