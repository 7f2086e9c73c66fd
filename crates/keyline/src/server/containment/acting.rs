//! Plans carried out at AWS, in the words and by the functions of `keyline contain run`, `verify` and `undo`.
//!
//! What is added is that a person can stop a run, and that each line of the journal is told when it is written.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use keyline_contain::Plan;
use keyline_contain::aws::{Asked, At, Aws, CallError};
use keyline_contain::journal::Journal;
use keyline_contain::run::{Approval, Clock, Ended, Evidence};
use keyline_contain::sdk::Sdk;
use keyline_contain::undo::{Force, Permit, Undoing};
use keyline_contain::verify::{Weight, alarms};
use keyline_contain::{Call, run};
use keyline_lineage::Forest;
use serde_json::{Map, Value};

use super::state::Report;
use super::{Power, STOPPED};
use crate::cli::contain::carry_out::enter;
use crate::units::wall_clock_micros;

/// Why a build could not carry anything out.
pub const CANNOT: Option<&str> = None;

/// What looking found.
pub struct Found {
    pub findings: Vec<String>,
    pub alarms: Vec<String>,
}

/// Carries a plan out. `told` hears of each step that begins or ends, with how it ended.
pub fn run(
    power: &Power,
    plan: &Plan,
    confirm: &[String],
    journal: &Path,
    stop: &AtomicBool,
    told: &mut dyn FnMut(&str, Option<Report>),
) -> Result<(), String> {
    let confirmed: BTreeSet<String> = confirm.iter().cloned().collect();
    let approval = Approval {
        hash: &plan.hash,
        confirmed: &confirmed,
        evidence: Evidence::Required,
        estate: &power.estate,
        looks_s: &power.looks_s,
    };
    let mut sdk = sdk(power)?;
    let mut open = Journal::open(journal, &plan.hash).map_err(text)?;
    let told = std::cell::RefCell::new(told);
    let mut begun = |asked: &[&str]| {
        for step in asked {
            let mut tell = told.borrow_mut();
            (*tell)(step, None);
        }
    };
    let mut stoppable = Stoppable {
        aws: &mut sdk,
        stop,
        journal,
        read: 0,
        begun: &mut begun,
    };
    let mut ended = |step: &keyline_contain::Step, report: &run::StepReport| {
        let (skipped, why) = match &report.ended {
            Ended::Done | Ended::AlreadyDone => (false, report.otherwise.clone()),
            Ended::Skipped(why) => (true, Some(why.clone())),
            Ended::Failed(why) => (false, Some(why.clone())),
        };
        let found = report.found.iter();
        let found =
            found.map(|found| format!("{} of {} in {}", found.key, found.user, found.account));
        let report = Report {
            skipped,
            why,
            found: found.collect(),
        };
        let mut tell = told.borrow_mut();
        (*tell)(&step.id, Some(report));
    };
    let mut clock = Wall { stop: Some(stop) };
    run::run(
        plan,
        &approval,
        &mut stoppable,
        &mut open,
        &mut clock,
        &mut ended,
    )
    .map(drop)
    .map_err(text)
}

/// Looks at every control, at the keys of whoever is denied, and at who got through by the logs that are shown.
pub fn verify(
    power: &Power,
    plan: &Plan,
    journal: &Path,
    later: Option<&Forest>,
) -> Result<Found, String> {
    let mut sdk = sdk(power)?;
    let journal = Journal::open(journal, &plan.hash).map_err(text)?;
    let wrong = keyline_contain::verify::look(plan, &mut sdk, &journal).into_iter();
    let mut findings: Vec<String> = wrong
        .map(|id| format!("step {id} is not as it was left, or cannot be read"))
        .collect();
    let never = plan.steps.iter().filter(|step| {
        !step.stops.is_empty()
            && !step.by_hand
            && !step.needs_confirmation
            && !journal.is_done(&step.id)
    });
    findings
        .extend(never.map(|step| format!("step {} was never done, or was taken back", step.id)));
    let awake = keyline_contain::verify::awake(plan, &mut sdk, &journal);
    findings.extend(awake.iter().map(|key| key.why()));
    let alarms = later
        .map(|later| alarms(plan, &journal, later))
        .unwrap_or_default();
    Ok(Found {
        findings,
        alarms: alarms
            .into_iter()
            .map(|alarm| {
                let look = match alarm.weight {
                    Weight::Alarm => "",
                    _ => "to look at: ",
                };
                format!("{} ({}): {look}{}", alarm.what, alarm.credential, alarm.why)
            })
            .collect(),
    })
}

/// Takes a step back. Out comes why it was not.
pub fn undo(
    power: &Power,
    plan: &Plan,
    step: &str,
    force: bool,
    journal: &Path,
) -> Result<Option<String>, String> {
    let mut sdk = sdk(power)?;
    let mut journal = Journal::open(journal, &plan.hash).map_err(text)?;
    let permit = Permit {
        estate: &power.estate,
        force: match force {
            true => Force::Yes,
            false => Force::No,
        },
    };
    let mut clock = Wall { stop: None };
    let outcome =
        keyline_contain::undo::undo(plan, step, permit, &mut sdk, &mut journal, &mut clock);
    match outcome.map_err(text)? {
        Undoing::Undone => Ok(None),
        Undoing::Refused(refused) => Ok(Some(refused.why())),
        Undoing::Failed(error) => Ok(Some(error.why())),
    }
}

fn sdk(power: &Power) -> Result<Sdk, String> {
    enter(&power.entry).map_err(|error| format!("{error:#}"))
}

fn text(error: keyline_contain::Error) -> String {
    error.to_string()
}

/// AWS, until a person stops the run: from then on nothing is asked of it.
struct Stoppable<'a> {
    aws: &'a mut dyn Aws,
    stop: &'a AtomicBool,
    journal: &'a Path,
    /// How much of the journal was told.
    read: usize,
    begun: &'a mut dyn FnMut(&[&str]),
}

impl Stoppable<'_> {
    fn go_on(&mut self) -> Result<(), CallError> {
        self.tell();
        match self.stop.load(Ordering::SeqCst) {
            true => Err(CallError::of("Stopped", STOPPED)),
            false => Ok(()),
        }
    }

    /// What is about to be done stands in the journal before it is asked for.
    fn tell(&mut self) {
        let bytes = std::fs::read(self.journal).unwrap_or_default();
        let new = bytes.get(self.read..).unwrap_or_default();
        let end = new
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        self.read += end;
        let lines: Vec<Value> = new[..end]
            .split(|byte| *byte == b'\n')
            .filter_map(|line| serde_json::from_slice(line).ok())
            .collect();
        let steps = lines.iter().filter(|line| line["event"] == "begin");
        let steps: Vec<&str> = steps.filter_map(|line| line["step"].as_str()).collect();
        (self.begun)(&steps);
    }
}

impl Aws for Stoppable<'_> {
    fn identity(&mut self, place: &At<'_>) -> Result<String, CallError> {
        self.go_on()?;
        self.aws.identity(place)
    }

    fn behind(&mut self, region: &str) -> Result<Vec<String>, CallError> {
        self.aws.behind(region)
    }

    fn state(&mut self, place: &At<'_>, call: &Call) -> Result<Value, CallError> {
        self.go_on()?;
        self.aws.state(place, call)
    }

    fn call(&mut self, place: &At<'_>, call: &Call) -> Result<Value, CallError> {
        self.go_on()?;
        self.aws.call(place, call)
    }

    fn snapshot(
        &mut self,
        place: &At<'_>,
        params: &Map<String, Value>,
    ) -> Result<Value, CallError> {
        self.go_on()?;
        self.aws.snapshot(place, params)
    }

    fn together(&mut self, asked: &[Asked<'_>]) -> Vec<Result<Value, CallError>> {
        match self.go_on() {
            Ok(()) => self.aws.together(asked),
            Err(error) => vec![Err(error); asked.len()],
        }
    }
}

struct Wall<'a> {
    stop: Option<&'a AtomicBool>,
}

impl Clock for Wall<'_> {
    fn now(&mut self) -> i64 {
        wall_clock_micros()
    }

    /// Whoever stopped the run does not wait for its end.
    fn wait_s(&mut self, seconds: u64) {
        for _ in 0..seconds {
            if self.stop.is_some_and(|stop| stop.load(Ordering::SeqCst)) {
                return;
            }
            std::thread::sleep(Duration::from_secs(1));
        }
    }
}
