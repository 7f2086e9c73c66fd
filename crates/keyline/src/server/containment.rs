//! Containment that is carried out from the page: plans that are kept, approvals, runs.
//!
//! In: plans that this server drew up or that stand in `keyline-plans`, and what people ask for. Out: where each plan
//! stands, from its approval in the audit log and its own journal. Whether and how a step is taken is decided in
//! `keyline_contain::run` as for the command; here is decided only who may ask for it. Deliberately not here: AWS
//! (`acting.rs`), and the addresses (`routes/contain.rs`).

#[cfg_attr(not(feature = "aws"), path = "containment/without.rs")]
mod acting;
mod state;

use std::collections::{HashMap, VecDeque};
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::StatusCode;
use keyline_contain::{Estate, Plan};
use keyline_trail::time::{format_time, parse_time};
use serde_json::{Value, json};

use self::state::Report;
use super::App;
use super::events::{PLAN, STEP};
use super::refusal::{Answer, Refusal};
use super::who::Who;
use super::wire::{PlanState, PlanSummary, StepEvent, UndoAnswer, Verified};
use crate::cli::contain::carry_out::{EntryArgs, journal_of};
use crate::cli::contain::{self, PLANS};
use crate::units::wall_clock_micros;

/// Plans that were drawn up and not approved yet; older ones have to be drawn up again.
const DRAWN_MAX: usize = 64;
/// Kept plans that are listed, the newest first.
const KEPT_MAX: usize = 200;
/// The longest file of a plan that is read.
const PLAN_BYTES_MAX: u64 = 64 << 20;
/// How long an approval stands, in microseconds: whoever approved saw the estate as it was.
const APPROVAL_LASTS: i64 = 24 * 3_600 * 1_000_000;

/// What carrying out takes, as the command line of the server says it.
#[cfg_attr(
    not(feature = "aws"),
    allow(dead_code, reason = "it is read by builds that can talk to AWS")
)]
pub struct Power {
    pub entry: EntryArgs,
    pub estate: Estate,
    pub looks_s: Vec<u64>,
}

pub use acting::CANNOT;

pub struct Desk {
    /// Or why nothing can be carried out.
    power: Result<Power, String>,
    pub two_persons: bool,
    folder: PathBuf,
    drawn: Mutex<VecDeque<Arc<Plan>>>,
    plans: Mutex<HashMap<String, Known>>,
}

/// What is known of a plan besides what stands in files, by its hash.
#[derive(Clone, Default)]
pub struct Known {
    approval: Option<Approval>,
    run_by: Option<String>,
    /// What is being done.
    busy: Option<(&'static str, Arc<AtomicBool>)>,
    /// How steps ended in the last run.
    reports: HashMap<String, Report>,
    stopped: bool,
    error: Option<String>,
    verified: Option<Verified>,
}

#[derive(Clone)]
struct Approval {
    by: String,
    /// Theirs, if they signed in: it stays where a name changes.
    subject: Option<String>,
    at: i64,
}

impl Approval {
    /// Whether whoever asks gave it: by the name, or by what tells them from others.
    fn is_of(&self, who: &Who) -> bool {
        self.by == who.name || self.subject.is_some() && self.subject == who.subject
    }

    fn until(&self) -> i64 {
        self.at.saturating_add(APPROVAL_LASTS)
    }
}

impl Desk {
    pub fn new(power: Result<Power, String>, two_persons: bool) -> Desk {
        Desk {
            power,
            two_persons,
            folder: PathBuf::from(PLANS),
            drawn: Mutex::default(),
            plans: Mutex::default(),
        }
    }

    /// Why nothing can be carried out.
    pub fn why_not(&self) -> Option<&str> {
        self.power.as_ref().err().map(String::as_str)
    }

    fn power(&self) -> Answer<&Power> {
        self.power
            .as_ref()
            .map_err(|why| Refusal::forbidden("this server carries nothing out").hint(why))
    }

    /// Takes up an approval that an earlier server wrote down.
    pub fn remember(&self, line: &Value) {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        if line["what"] != APPROVED {
            return;
        }
        let at = line["at"].as_str().and_then(|at| parse_time(at.as_bytes()));
        if let (Some(by), Some(at), Some(hash)) =
            (text(&line["who"]), at, text(&line["more"]["hash"]))
        {
            let subject = text(&line["subject"]);
            let approval = Approval { by, subject, at };
            self.known().entry(hash).or_default().approval = Some(approval);
        }
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, Known>> {
        self.plans.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what is known of a plan.
    fn change(&self, plan: &Plan, change: impl FnOnce(&mut Known)) {
        change(self.known().entry(plan.hash.clone()).or_default());
    }

    /// A plan was drawn up: it can be approved from now on.
    pub fn drew(&self, plan: &Plan) {
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        drawn.retain(|known| known.hash != plan.hash);
        drawn.push_front(Arc::new(plan.clone()));
        drawn.truncate(DRAWN_MAX);
    }

    /// A plan by its id: one that was drawn up here, or one that is kept.
    pub fn plan(&self, id: &str) -> Answer<Arc<Plan>> {
        let is_id = id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        let none = || Refusal::not_found(format!("there is no plan `{}`", id.escape_debug()));
        if !is_id {
            return Err(none());
        }
        let drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(plan) = drawn.iter().find(|plan| plan.plan_id() == id) {
            return Ok(plan.clone());
        }
        drop(drawn);
        let path = self.file(id);
        if !path.is_file() {
            return Err(none());
        }
        read(&path).map(Arc::new)
    }

    fn file(&self, id: &str) -> PathBuf {
        self.folder.join(format!("{id}.json"))
    }

    fn journal(&self, plan: &Plan) -> PathBuf {
        journal_of(&self.file(plan.plan_id()))
    }

    /// The plans that are kept, the newest first; files that are none are passed over, as they are by the command.
    pub fn kept(&self) -> Vec<PlanSummary> {
        let files = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut files: Vec<_> = files
            .map(|file| file.path())
            .filter(|path| path.extension().is_some_and(|kind| kind == "json"))
            .map(|path| {
                (
                    fs::metadata(&path).and_then(|data| data.modified()).ok(),
                    path,
                )
            })
            .collect();
        files.sort();
        let newest = files.into_iter().rev().take(KEPT_MAX);
        let plans = newest.filter_map(|(_, path)| read(&path).ok());
        plans.map(|plan| self.state(&plan).summary).collect()
    }

    /// Where a plan stands.
    pub fn state(&self, plan: &Plan) -> PlanState {
        let known = self.known().get(&plan.hash).cloned().unwrap_or_default();
        state::state(plan, &known, &self.journal(plan), wall_clock_micros())
    }

    /// Where it takes two, whoever has a token that several may have is nobody in particular.
    fn tell_apart(&self, who: &Who) -> Answer<()> {
        match self.two_persons && !who.is_person {
            true => Err(Refusal::forbidden(
                "it takes two people, each with a token of their own (`keyline serve token add`) or signed in",
            )),
            false => Ok(()),
        }
    }

    fn approval(&self, plan: &Plan) -> Option<Approval> {
        let known = self.known();
        let approval = known.get(&plan.hash)?.approval.clone()?;
        (wall_clock_micros() <= approval.until()).then_some(approval)
    }

    /// Marks a plan as busy, so that nothing else is done to it meanwhile.
    fn begin(&self, plan: &Plan, doing: &'static str) -> Answer<Arc<AtomicBool>> {
        let stop = Arc::new(AtomicBool::new(false));
        let mut known = self.known();
        let known = known.entry(plan.hash.clone()).or_default();
        if let Some((doing, _)) = &known.busy {
            return Err(Refusal::conflict(format!("the plan is busy: {doing}")));
        }
        known.busy = Some((doing, stop.clone()));
        Ok(stop)
    }

    fn end(&self, plan: &Plan) {
        self.change(plan, |known| known.busy = None);
    }
}

const APPROVED: &str = "plan-approved";
const CARRYING_OUT: &str = "it is carried out";
/// Why a step was not taken after somebody stopped the run.
const STOPPED: &str = "a person stopped the run";

impl App {
    /// Approves a plan: it is kept, and may be run for a day.
    pub fn approve(&self, who: &Who, id: &str, hash: &str) -> Answer<PlanState> {
        self.desk.power()?;
        let plan = self.desk.plan(id)?;
        if hash != plan.hash {
            let message = "that is not the hash of this plan";
            return Err(Refusal::conflict(message)
                .hint("read the plan again, then approve the hash that it has"));
        }
        self.desk.tell_apart(who)?;
        let file = self.desk.file(id);
        if !file.is_file() {
            contain::keep(&file, &plan)?;
        }
        let more = json!({"hash": plan.hash, "target": plan.target});
        self.write_down(who, APPROVED, id, more)?;
        let approval = Approval {
            by: who.name.clone(),
            subject: who.subject.clone(),
            at: wall_clock_micros(),
        };
        self.desk
            .change(&plan, |known| known.approval = Some(approval));
        Ok(self.tell_plan(&plan))
    }

    /// Carries an approved plan out, on a thread of its own.
    pub fn run_plan(
        self: &Arc<Self>,
        who: &Who,
        id: &str,
        confirm: Vec<String>,
    ) -> Answer<PlanState> {
        self.desk.power()?;
        let plan = self.desk.plan(id)?;
        let Some(approval) = self.desk.approval(&plan) else {
            return Err(Refusal::conflict(
                "nobody has approved this plan, or not within a day",
            ));
        };
        self.desk.tell_apart(who)?;
        if self.desk.two_persons && approval.is_of(who) {
            let message = format!("{} approved this plan; another person runs it", who.name);
            return Err(Refusal::forbidden(message));
        }
        if let Some(step) = confirm
            .iter()
            .find(|id| !plan.steps.iter().any(|step| step.id == **id))
        {
            let message = format!("the plan has no step `{}` to confirm", step.escape_debug());
            return Err(Refusal::bad(message));
        }
        let stop = self.desk.begin(&plan, CARRYING_OUT)?;
        let more = json!({"hash": plan.hash, "approved_by": approval.by, "confirmed": confirm});
        if let Err(refusal) = self.write_down(who, "plan-run", id, more) {
            self.desk.end(&plan);
            return Err(refusal);
        }
        let by = who.name.clone();
        self.desk.change(&plan, |known| {
            known.run_by = Some(by);
            known.reports.clear();
            known.stopped = false;
            known.error = None;
            known.verified = None;
        });
        let state = self.tell_plan(&plan);
        let (app, running, who) = (self.clone(), plan.clone(), who.clone());
        let thread = std::thread::Builder::new().name("keyline-containment".into());
        let started = thread.spawn(move || app.carry_out(&who, &running, &confirm, &stop));
        if started.is_err() {
            self.desk.end(&plan);
            let message = "no thread to carry the plan out";
            return Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, message));
        }
        Ok(state)
    }

    fn carry_out(self: Arc<Self>, who: &Who, plan: &Plan, confirm: &[String], stop: &AtomicBool) {
        let journal = self.desk.journal(plan);
        let ended = self
            .desk
            .power()
            .map_err(|_| String::new())
            .and_then(|power| {
                let mut told = |step: &str, report: Option<Report>| {
                    if let Some(report) = report {
                        let step = step.to_owned();
                        self.desk.change(plan, |known| {
                            known.reports.insert(step, report);
                        });
                    }
                    self.tell_step(plan, step);
                };
                whole(|| acting::run(power, plan, confirm, &journal, stop, &mut told))
            });
        let stopped = stop.load(Ordering::SeqCst);
        let error = ended.err();
        self.desk.change(plan, |known| {
            known.stopped = stopped;
            known.error = error.clone();
            known.busy = None;
        });
        let state = self.tell_plan(plan);
        let more = json!({
            "done": state.summary.done,
            "of": state.summary.steps,
            "failed": state.summary.failed,
            "stopped": stopped,
            "error": error,
        });
        // The journal has it all; that this line is missing is told, for there is nobody to be refused.
        if let Err(refusal) = self.write_down(who, "plan-ended", plan.plan_id(), more) {
            tell!("error: {}", crate::output::escape(refusal.message()));
        }
    }

    /// Lets a run take no further step. What is on its way to AWS is awaited.
    pub fn stop_plan(&self, who: &Who, id: &str) -> Answer<PlanState> {
        self.desk.power()?;
        let plan = self.desk.plan(id)?;
        let busy = self
            .desk
            .known()
            .get(&plan.hash)
            .and_then(|known| known.busy.clone());
        let Some((CARRYING_OUT, stop)) = busy else {
            return Err(Refusal::conflict("the plan is not being carried out"));
        };
        self.write_down(who, "plan-stopped", id, json!({}))?;
        stop.store(true, Ordering::SeqCst);
        Ok(self.desk.state(&plan))
    }

    /// Looks whether a plan still holds.
    pub fn verify_plan(&self, who: &Who, id: &str) -> Answer<PlanState> {
        let power = self.desk.power()?;
        let plan = self.desk.plan(id)?;
        let journal = self.desk.journal(&plan);
        if !journal.is_file() {
            return Err(Refusal::conflict("the plan was not carried out here"));
        }
        self.desk.begin(&plan, "it is verified")?;
        let forest = self.investigation().map(|it| it.forest.clone());
        let looked = whole(|| acting::verify(power, &plan, &journal, forest.as_deref()));
        self.desk.end(&plan);
        let found = looked.map_err(|why| Refusal::new(StatusCode::BAD_GATEWAY, why))?;
        let verified = Verified {
            at: format_time(wall_clock_micros()),
            by: who.name.clone(),
            holds: found.findings.is_empty(),
            findings: found.findings,
            alarms: found.alarms,
            logs_until: forest
                .and_then(|forest| forest.last_event())
                .map(format_time),
        };
        let more = json!({
            "holds": verified.holds,
            "findings": verified.findings.len(),
            "alarms": verified.alarms.len(),
        });
        self.write_down(who, "plan-verified", id, more)?;
        self.desk
            .change(&plan, |known| known.verified = Some(verified));
        Ok(self.tell_plan(&plan))
    }

    /// Takes a step back, if the plan's own rules let it.
    pub fn undo_step(&self, who: &Who, id: &str, step: &str, force: bool) -> Answer<UndoAnswer> {
        let power = self.desk.power()?;
        let plan = self.desk.plan(id)?;
        let journal = self.desk.journal(&plan);
        if !journal.is_file() {
            return Err(Refusal::conflict("the plan was not carried out here"));
        }
        if !plan.steps.iter().any(|known| known.id == step) {
            let message = format!("the plan has no step `{}`", step.escape_debug());
            return Err(Refusal::bad(message));
        }
        self.desk.begin(&plan, "a step of it is taken back")?;
        let written = self.write_down(who, "step-undo", id, json!({"step": step, "force": force}));
        if let Err(refusal) = written {
            self.desk.end(&plan);
            return Err(refusal);
        }
        let outcome = whole(|| acting::undo(power, &plan, step, force, &journal));
        self.desk.end(&plan);
        let why = outcome.map_err(|why| Refusal::new(StatusCode::BAD_GATEWAY, why))?;
        self.desk.change(&plan, |known| {
            known.reports.remove(step);
            known.verified = None;
        });
        let more = json!({"step": step, "undone": why.is_none(), "why": why});
        self.write_down(who, "step-undone", id, more)?;
        let state = self.tell_plan(&plan);
        Ok(UndoAnswer {
            undone: why.is_none(),
            why,
            state,
        })
    }

    /// Says where a plan stands to everybody who looks.
    fn tell_plan(&self, plan: &Plan) -> PlanState {
        let state = self.desk.state(plan);
        self.events.tell(PLAN, &state);
        state
    }

    fn tell_step(&self, plan: &Plan, step: &str) {
        let state = self.desk.state(plan);
        if let Some(step) = state.steps.into_iter().find(|one| one.step == step) {
            let plan_id = plan.plan_id().to_owned();
            self.events.tell(STEP, &StepEvent { plan_id, step });
        }
    }
}

/// Work that ends in any case: what breaks off has failed, and leaves no plan busy behind. What was done stands in the
/// journal, which is written before and after each call.
fn whole<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    let caught = catch_unwind(AssertUnwindSafe(work));
    caught.unwrap_or_else(|_| Err(BROKE_OFF.to_owned()))
}

const BROKE_OFF: &str = "it broke off: this is a bug of Keyline's. The journal says what was done; running the plan again \
    goes on from there";

fn read(path: &Path) -> Answer<Plan> {
    let unreadable = |why: String| {
        let message = format!("the plan `{}` cannot be read: {why}", path.display());
        Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, message)
    };
    let size = fs::metadata(path)
        .map_err(|error| unreadable(error.to_string()))?
        .len();
    if size > PLAN_BYTES_MAX {
        return Err(unreadable(format!(
            "it has more than {PLAN_BYTES_MAX} bytes"
        )));
    }
    let text = fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
    Plan::from_json(&text).map_err(|error| unreadable(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::who::Role;

    #[test]
    fn one_person_is_one_whatever_they_are_called() {
        let who = |name: &str, subject: Option<&str>| Who {
            name: name.to_owned(),
            role: Role::Approver,
            from: "192.0.2.1".parse().unwrap(),
            is_person: true,
            subject: subject.map(str::to_owned),
        };
        // As an earlier server wrote it down.
        let remembered = |name: &str, subject: Option<&str>| {
            let desk = Desk::new(Err(String::new()), true);
            let now = format_time(wall_clock_micros());
            let mut line = json!({"what": APPROVED, "at": now, "who": name, "more": {"hash": "h"}});
            if let Some(subject) = subject {
                line["subject"] = subject.into();
            }
            desk.remember(&line);
            desk.known()["h"].approval.clone().unwrap()
        };
        for (approved, asks, same) in [
            (("ann", None), ("ann", None), true),
            (("ann", None), ("bob", None), false),
            (("ann", None), ("bob", Some("1")), false),
            (("ann@x", Some("1")), ("ann@x", Some("1")), true),
            // Another name, another address: the same person.
            (("ann@x", Some("1")), ("ann@y", Some("1")), true),
            (("ann@x", Some("1")), ("bob@x", Some("2")), false),
            // A token with the name of somebody who signs in is theirs.
            (("ann@x", Some("1")), ("ann@x", None), true),
        ] {
            let approval = remembered(approved.0, approved.1);
            let is_same = approval.is_of(&who(asks.0, asks.1));
            assert_eq!(is_same, same, "{approved:?} {asks:?}");
        }
    }

    #[test]
    fn what_breaks_off_has_failed() {
        assert_eq!(whole(|| Ok(1)), Ok(1));
        assert_eq!(whole::<()>(|| Err("no".to_owned())), Err("no".to_owned()));
        let broken = whole::<()>(|| panic!("as a test wants it"));
        assert_eq!(broken, Err(BROKE_OFF.to_owned()));
    }
}
