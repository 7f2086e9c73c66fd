//! When a step may be taken back.
//!
//! In: a plan, what of it was done and when, and an instant. Out: the call that undoes a step, or why not.
//! The rule that matters: a denial holds down tokens that nobody can see. Lift it before they have expired
//! and they wake up, those too that were made while it stood, because asking for a session token needs no
//! permission. So all keys of the user must be off before its denial is lifted, and the hours count from when
//! the last of them was.

use std::collections::BTreeMap;

use keyline_trail::time::format_time;
use serde_json::{Value, json};

use crate::action::{delete_password, params, reset_password, stop_function};
use crate::aws::{At, Aws, CallError, CallErrorKind, wanted, without_instants};
use crate::error::Error;
use crate::guard::{Guard, denied_by};
use crate::journal::{Event, Journal};
use crate::limits::{CUT_OFF_AHEAD_S, ROLE_SESSION_S_MAX, USER_SESSION_S_MAX};
use crate::owner::Owner;
use crate::plan::{Call, Phase, Plan, Step};
use crate::policy::CUT_OFF;
use crate::request::Estate;
use crate::resources::RESTORE;
use crate::run::{Clock, home_of};
use crate::sweep::{is_sweep, switched, user_of};
use crate::verify::{PROVISION, keys_of};
use crate::ways::check_journal;

/// Steps about a password that the thief knows or has made.
const PASSWORD_STEPS: &[&str] = &[delete_password::ACTION.name, reset_password::ACTION.name];

/// The call that stops a function, and the parameter that says how often it may run at once.
const STOP: &str = stop_function::ACTION.operation;
const RESERVED: &str = "reserved_concurrent_executions";

/// A step that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    pub step: String,
    /// When the call returned, in microseconds since 1970.
    pub at: i64,
}

/// Why a step is not undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UndoRefused {
    NoSuchStep,
    /// It was never done.
    NotDone,
    /// Nothing undoes it.
    NotReversible,
    /// It was as wanted before the plan came, so that there is nothing to take back.
    NotOurs,
    /// Somebody changed since what the step had changed.
    Changed,
    /// Tokens that it holds down may live until then.
    Zombies {
        until: i64,
    },
    /// Keys of the denied user that are active: until they are off they make tokens.
    KeysActive(Vec<String>),
    /// The keys of the denied user cannot be listed.
    KeysUnread(String),
    /// The user has the password that the thief has: it opens new consoles, and those that are open wake up.
    PasswordStands(String),
    /// Whether the denied user has a password cannot be read.
    PasswordUnread(String),
    /// The credential is of the tree: whoever stole it has it still.
    Stolen,
    /// It would leave things as the tree had left them.
    OfTree,
    /// Keys that no log shows: any of them may be the thief's.
    Nobodys,
    /// It would touch what is protected.
    Guarded(String),
}

impl UndoRefused {
    /// The reason for people.
    pub fn why(&self) -> String {
        match self {
            UndoRefused::NoSuchStep => "the plan has no such step".to_owned(),
            UndoRefused::NotDone => "the step was not done".to_owned(),
            UndoRefused::NotReversible => "nothing undoes this step".to_owned(),
            UndoRefused::NotOurs => {
                "it was so before the plan was carried out, and stays so".to_owned()
            }
            UndoRefused::Changed => {
                "somebody changed it since: look at it, and take it back by hand".to_owned()
            }
            UndoRefused::Zombies { until } => format!(
                "tokens that it holds down may live until {}; lifted earlier, they would work again",
                format_time(*until)
            ),
            UndoRefused::KeysActive(keys) => format!(
                "of the denied user {} still active, and makes session tokens that would work once the denial \
                 is gone: switch that off first; 36 hours count from then",
                match keys.as_slice() {
                    [one] => format!("the key {one} is"),
                    more => format!("the keys {} are", more.join(", ")),
                }
            ),
            UndoRefused::KeysUnread(why) => format!(
                "whether a key of the denied user is still active cannot be read: {why}"
            ),
            UndoRefused::PasswordStands(user) => format!(
                "the password of {user} is the one that was there before the denial, and the thief has it: delete it \
                 and make another (`aws iam delete-login-profile`, `create-login-profile`), or delete it for good; \
                 36 hours count from then, for consoles that were opened with it; --force says that it was replaced \
                 in another way"
            ),
            UndoRefused::PasswordUnread(why) => {
                format!("whether the denied user has a password cannot be read: {why}")
            }
            UndoRefused::Stolen => {
                "the plan says that it is in the thief's hands: give whoever needs it another one; --force \
                 switches it on all the same"
                    .to_owned()
            }
            UndoRefused::OfTree => {
                "it put back what stood there before the tree: taken back, what the tree left stands there again; \
                 --force does it all the same"
                    .to_owned()
            }
            UndoRefused::Nobodys => {
                "no log shows whose these keys are, and each may be the thief's; --force switches on those that \
                 the step switched off"
                    .to_owned()
            }
            UndoRefused::Guarded(why) => format!("it must not be touched: {why}"),
        }
    }
}

/// What is known when a step is to be taken back.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    pub done: &'a [Done],
    pub now: i64,
    /// The last instant at which a key or a password of the denied user may have worked, where that is later than
    /// the step that switched it off.
    pub keys_until: Option<i64>,
    pub force: Force,
}

/// Whether what is in the thief's hands may be given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Force {
    No,
    Yes,
}

/// The call that undoes a step at an instant; `role_session_s` is the longest session of a role where it
/// is known, by account and name.
pub fn undo_of<'a>(
    plan: &'a Plan,
    step_id: &str,
    known: Known<'_>,
    role_session_s: impl Fn(&str, &str) -> Option<i64>,
) -> Result<&'a Call, UndoRefused> {
    let step = plan
        .steps
        .iter()
        .find(|step| step.id == step_id)
        .ok_or(UndoRefused::NoSuchStep)?;
    if !known.done.iter().any(|done| done.step == step_id) {
        return Err(UndoRefused::NotDone);
    }
    let undo = step.undo.as_ref().ok_or(UndoRefused::NotReversible)?;
    let switches_on = undo.params.get("status").is_some_and(|to| to == "Active");
    if switches_on && !step.stops.is_empty() && known.force == Force::No {
        return Err(UndoRefused::Stolen);
    }
    if is_sweep(step) && known.force == Force::No {
        return Err(UndoRefused::Nobodys);
    }
    if step.kind == RESTORE && known.force == Force::No {
        return Err(UndoRefused::OfTree);
    }
    let Some(longest_s) = holds_down_s(step, role_session_s) else {
        return Ok(undo);
    };
    // What was done last to the same principal counts: until its keys were off and the second stamp was set
    // it could still make tokens.
    let last = known
        .done
        .iter()
        .filter(|done| {
            let other = plan.steps.iter().find(|step| step.id == done.step);
            other.is_some_and(|other| same_principal(step, other))
        })
        .map(|done| done.at)
        .chain(known.keys_until)
        .max()
        .unwrap_or(known.now);
    // What is known to live longer than a role's sessions may by now was made when they might.
    let ends = step.stops.iter().filter_map(|id| plan.names.get(id)?.until);
    let until = last.saturating_add(longest_s * 1_000_000);
    let until = ends.max().map_or(until, |end| end.max(until));
    match known.now < until {
        true => Err(UndoRefused::Zombies { until }),
        false => Ok(undo),
    }
}

/// How long the tokens can live that a step holds down; `None` for steps that hold down none.
fn holds_down_s(step: &Step, role_session_s: impl Fn(&str, &str) -> Option<i64>) -> Option<i64> {
    let denies = matches!(
        step.phase,
        Phase::OrganisationPolicy | Phase::Deny | Phase::Revoke | Phase::SecondStamp
    );
    if !denies {
        return None;
    }
    // What was denied by its age may be made until the instant that lies ahead.
    let by_age = Value::Object(step.params.clone())
        .to_string()
        .contains(CUT_OFF);
    let ahead = if by_age { CUT_OFF_AHEAD_S } else { 0 };
    let longest_s = match step.params.get("role_name").and_then(|name| name.as_str()) {
        Some(role) => {
            let known = role_session_s(&step.account, role);
            known.unwrap_or(ROLE_SESSION_S_MAX)
        }
        None if step.service == "sso-admin" => ROLE_SESSION_S_MAX,
        None => USER_SESSION_S_MAX,
    };
    Some(longest_s + ahead)
}

/// Whether two steps change the same user or role; a policy of the organisation is for all of its account.
fn same_principal(step: &Step, other: &Step) -> bool {
    let text = |step: &'_ Step, name: &str| {
        let value = step.params.get(name).and_then(|value| value.as_str());
        value.map(str::to_owned)
    };
    if step.id == other.id {
        return true;
    }
    if let Some(member) = text(step, "target_id") {
        return other.account == member;
    }
    let same = |name: &str| text(step, name).is_some() && text(step, name) == text(other, name);
    step.account == other.account && (same("user_name") || same("role_name"))
}

/// Under which rules a step is taken back.
#[derive(Clone, Copy, Debug)]
pub struct Permit<'a> {
    /// What must not be touched, as it is known now.
    pub estate: &'a Estate,
    pub force: Force,
}

/// Undoes a step that was done, if it may be undone now. How long a role's sessions last is taken from the
/// snapshot that was filed before the role was changed; whether keys of a denied user work is read now.
pub fn undo(
    plan: &Plan,
    step_id: &str,
    permit: Permit<'_>,
    aws: &mut dyn Aws,
    journal: &mut Journal,
    clock: &mut dyn Clock,
) -> Result<Undoing, Error> {
    check_journal(plan, journal)?;
    let done = journal.done();
    let allowed = |journal: &Journal, now: i64, keys_until: Option<i64>| {
        let longest_s = |account: &str, role: &str| journal.role_session_s(plan, account, role);
        let known = Known {
            done: &done,
            now,
            keys_until,
            force: permit.force,
        };
        undo_of(plan, step_id, known, longest_s).cloned()
    };
    let call = match allowed(journal, clock.now(), None) {
        Ok(call) => call,
        Err(refused) => return Ok(Undoing::Refused(refused)),
    };
    let step = plan.steps.iter().find(|step| step.id == step_id);
    let Some(step) = step else {
        return Ok(Undoing::Refused(UndoRefused::NoSuchStep));
    };
    let region = home_of(step);
    let mut by = aws.behind(region).unwrap_or_default();
    by.extend(aws.identity(&At {
        account: &step.account,
        region,
    }));
    let guard = Guard::at_run(permit.estate, &by);
    if let Some(guarded) = guard.refuses_call(&step.account, &step.region, &step.call()) {
        return Ok(Undoing::Refused(UndoRefused::Guarded(guarded.why)));
    }
    if is_sweep(step) {
        return give_back(step, aws, journal, clock);
    }
    for (account, user) in denied_users(step) {
        let of_user = (account.as_str(), user.as_str());
        let until = match keys_worked_until(plan, step, of_user, aws, journal, clock)? {
            Ok(until) => until,
            Err(refused) => return Ok(Undoing::Refused(refused)),
        };
        let until = match password_worked_until(plan, step, of_user, permit.force, aws, journal) {
            Ok(password) => until.max(password),
            Err(refused) => return Ok(Undoing::Refused(refused)),
        };
        if let Err(refused) = allowed(journal, clock.now(), until) {
            return Ok(Undoing::Refused(refused));
        }
    }
    let Some(made) = journal.made(step_id) else {
        return Ok(Undoing::Refused(UndoRefused::NotOurs));
    };
    let before = journal.before(step_id);
    let otherwise = |made: &&Call| {
        let name = |params: &serde_json::Map<String, Value>| params.get("policy_name").cloned();
        made.action != step.action || name(&made.params) != name(&step.params)
    };
    let call = match &made.call {
        Some(restored) if step.kind == RESTORE => as_found(restored, before).unwrap_or(call),
        Some(stop) if stop.action == STOP => as_reserved(stop, before).unwrap_or(call),
        Some(instead) if otherwise(&instead) => {
            back_from(instead, &made.value["more"]["before"]).unwrap_or(call)
        }
        _ => call,
    };
    if was_already(&call, before) {
        return Ok(Undoing::Refused(UndoRefused::NotOurs));
    }
    if let Some(guarded) = guard.refuses_call(&step.account, &step.region, &call) {
        return Ok(Undoing::Refused(UndoRefused::Guarded(guarded.why)));
    }
    let place = At {
        account: &step.account,
        region: &step.region,
    };
    // A permission set that gets its earlier policy back is provisioned again because it is not yet.
    if let Some(made) = made.call.as_ref().filter(|made| made.action != PROVISION)
        && let Some(ours) = wanted(made)
        && let Ok(state) = aws.state(&place, made)
        && without_instants(&state) != without_instants(&ours)
    {
        return Ok(Undoing::Refused(UndoRefused::Changed));
    }
    journal.write(
        clock.now(),
        Event::UndoBegin,
        step_id,
        Some(&call),
        Value::Null,
    )?;
    match aws.call(&place, &call) {
        Ok(answer) => {
            journal.write(clock.now(), Event::Undone, step_id, None, answer)?;
            Ok(Undoing::Undone)
        }
        // What is gone already needs no undoing.
        Err(error) if error.kind == CallErrorKind::Missing => {
            journal.write(clock.now(), Event::Undone, step_id, None, Value::Null)?;
            Ok(Undoing::Undone)
        }
        Err(error) => {
            let why = json!({"why": error.why()});
            journal.write(clock.now(), Event::UndoFailed, step_id, None, why)?;
            Ok(Undoing::Failed(error))
        }
    }
}

/// Switches on again what a step switched off that stands for keys which nobody knew. All are written down before
/// the first call, so that a run that is cut off can be repeated.
fn give_back(
    step: &Step,
    aws: &mut dyn Aws,
    journal: &mut Journal,
    clock: &mut dyn Clock,
) -> Result<Undoing, Error> {
    let place = At {
        account: &step.account,
        region: &step.region,
    };
    let listed = match keys_of(aws, &place, user_of(step)) {
        Ok(listed) => listed,
        Err(error) => return Ok(Undoing::Refused(UndoRefused::KeysUnread(error.why()))),
    };
    let off = |key: &String| listed.contains(&(key.clone(), "Inactive".to_owned()));
    let swept = journal.swept(&step.id).into_iter();
    let keys: Vec<String> = swept.map(|swept| swept.key).filter(off).collect();
    if keys.is_empty() {
        return Ok(Undoing::Refused(UndoRefused::NotOurs));
    }
    let calls: Vec<Call> = keys
        .iter()
        .map(|key| switched(step, key, "Active"))
        .collect();
    for call in &calls {
        let now = clock.now();
        journal.write(now, Event::UndoBegin, &step.id, Some(call), Value::Null)?;
    }
    for call in &calls {
        if let Err(error) = aws.call(&place, call) {
            let why = json!({"why": error.why()});
            journal.write(clock.now(), Event::UndoFailed, &step.id, None, why)?;
            return Ok(Undoing::Failed(error));
        }
    }
    journal.write(
        clock.now(),
        Event::Undone,
        &step.id,
        None,
        json!({"keys": keys}),
    )?;
    Ok(Undoing::Undone)
}

/// The users whose tokens a step holds down, with their accounts.
fn denied_users(step: &Step) -> Vec<(String, String)> {
    if holds_down_s(step, |_, _| None).is_none() {
        return Vec::new();
    }
    let text = |name: &str| step.params.get(name).and_then(Value::as_str);
    let named = text("user_name").map(|name| (step.account.clone(), name.to_owned()));
    let denied = text("content").and_then(denied_by).unwrap_or_default();
    let by_policy = denied.owners.into_iter().filter_map(|owner| match owner {
        Owner::User { account, name } => Some((account, name)),
        _ => None,
    });
    named.into_iter().chain(by_policy).collect()
}

/// Until when a key of a denied user may have worked and made tokens, beyond the step that switched it off:
/// a key that was switched on again, or that the plan did not know, may have worked until it is found off
/// for the first time, because nobody wrote down when it was switched off.
fn keys_worked_until(
    plan: &Plan,
    denial: &Step,
    (account, user): (&str, &str),
    aws: &mut dyn Aws,
    journal: &mut Journal,
    clock: &mut dyn Clock,
) -> Result<Result<Option<i64>, UndoRefused>, Error> {
    let place = At {
        account,
        region: &denial.region,
    };
    let listed = match keys_of(aws, &place, user) {
        Ok(listed) => listed,
        Err(error) => return Ok(Err(UndoRefused::KeysUnread(error.why()))),
    };
    let active = listed.iter().filter(|(_, status)| status == "Active");
    let active: Vec<String> = active.map(|(key, _)| key.clone()).collect();
    if !active.is_empty() {
        return Ok(Err(UndoRefused::KeysActive(active)));
    }
    let text = |step: &Step, name: &str| {
        let value = step.params.get(name).and_then(Value::as_str);
        value.map(str::to_owned)
    };
    // Those that are there, and those that the plan knows and that somebody deleted.
    let mut keys: BTreeMap<String, Option<&Step>> =
        listed.into_iter().map(|(key, _)| (key, None)).collect();
    for step in &plan.steps {
        let of_user = step.account == account && text(step, "user_name").as_deref() == Some(user);
        if let Some(key) = text(step, "access_key_id").filter(|_| of_user) {
            keys.insert(key, Some(step));
        }
        if of_user && is_sweep(step) {
            let swept = journal.swept(&step.id).into_iter();
            keys.extend(swept.map(|swept| (swept.key, Some(step))));
        }
    }
    let mut until = None;
    for (key, step) in keys {
        let switched_off = step.is_some_and(|step| journal.is_done(&step.id));
        let switched_on = step.and_then(|step| journal.undone_at(&step.id));
        let known = switched_off || (switched_on.is_none() && journal.was_off_before(user, &key));
        if known {
            continue;
        }
        let after = switched_on.unwrap_or(i64::MIN);
        let at = match journal.seen_off(&key, after) {
            Some(at) => at,
            None => {
                let now = clock.now();
                let more = json!({"access_key_id": key});
                journal.write(now, Event::SeenOff, &denial.id, None, more)?;
                now
            }
        };
        until = until.max(Some(at));
    }
    Ok(Ok(until))
}

/// Until when a password that the thief knows may have opened consoles. Where it was never replaced it does so as soon
/// as the denial is gone, and what was opened before wakes up. A password that was made after the denial is
/// another one, and consoles of the one before are older than it.
fn password_worked_until(
    plan: &Plan,
    denial: &Step,
    (account, user): (&str, &str),
    force: Force,
    aws: &mut dyn Aws,
    journal: &Journal,
) -> Result<Option<i64>, UndoRefused> {
    let is_known = |step: &&Step| {
        let names_user = step.params.get("user_name").and_then(Value::as_str) == Some(user);
        step.account == account && names_user && PASSWORD_STEPS.contains(&step.kind.as_str())
    };
    if !plan.steps.iter().any(|step| is_known(&step)) {
        return Ok(None);
    }
    let place = At {
        account,
        region: &denial.region,
    };
    let asked = params([("user_name", json!(user))]);
    let state = match aws.state(&place, &Call::new("iam", "DeleteLoginProfile", asked)) {
        // Consoles that it opened end at the latest when the denial may be lifted for the keys' sake.
        Err(error) if error.kind == CallErrorKind::Missing => return Ok(None),
        Err(error) => return Err(UndoRefused::PasswordUnread(error.why())),
        Ok(state) => state,
    };
    let made = state["made"].as_str();
    let made = made.and_then(|made| keyline_trail::time::parse_time(made.as_bytes()));
    let denied = journal.made(&denial.id).map(|line| line.at);
    match (made, denied) {
        (Some(made), Some(denied)) if made > denied => Ok(Some(made)),
        _ if force == Force::Yes => Ok(None),
        _ => Err(UndoRefused::PasswordStands(user.to_owned())),
    }
}

/// What leaves things as they were found before an older state was put over them: that may be something else than
/// what the plan knew.
fn as_found(restored: &Call, before: Option<&Value>) -> Option<Call> {
    let member = match restored.action.as_str() {
        "PutUserPolicy" | "PutRolePolicy" | "UpdateAssumeRolePolicy" => "policy_document",
        "PutBucketPolicy" => "policy",
        "PutUserPermissionsBoundary" | "PutRolePermissionsBoundary" => "permissions_boundary",
        _ => return None,
    };
    let found = &before?[member];
    let text = match found {
        Value::Null => return back_from(restored, &Value::Null),
        Value::String(text) => text.clone(),
        policy => policy.to_string(),
    };
    let mut call = restored.clone();
    call.params.insert(member.to_owned(), json!(text));
    Some(call)
}

/// What gives a stopped function the reserved concurrency that it had; none where it had none.
fn as_reserved(stop: &Call, before: Option<&Value>) -> Option<Call> {
    let had = before?.get(RESERVED).filter(|had| had.is_u64())?;
    let mut call = stop.clone();
    call.params.insert(RESERVED.to_owned(), had.clone());
    Some(call)
}

/// What takes back a call that was made instead of a step's own, because there was no room for that or because
/// its name was taken.
fn back_from(made: &Call, before: &Value) -> Option<Call> {
    let mut params = made.params.clone();
    if made.action == "PutBucketPolicy" {
        params.remove("policy");
        return Some(Call::new("s3api", "DeleteBucketPolicy", params));
    }
    let action = match made.action.as_str() {
        "AttachUserPolicy" => "DetachUserPolicy",
        "AttachRolePolicy" => "DetachRolePolicy",
        "PutUserPolicy" | "PutRolePolicy" => {
            params.remove("policy_document");
            match made.action.as_str() {
                "PutUserPolicy" => "DeleteUserPolicy",
                _ => "DeleteRolePolicy",
            }
        }
        bound @ ("PutUserPermissionsBoundary" | "PutRolePermissionsBoundary") => {
            let earlier = before
                .get("permissions_boundary")
                .filter(|arn| arn.is_string());
            match (earlier, bound) {
                (Some(earlier), bound) => {
                    params.insert("permissions_boundary".to_owned(), earlier.clone());
                    bound
                }
                (None, bound) => {
                    params.remove("permissions_boundary");
                    match bound {
                        "PutUserPermissionsBoundary" => "DeleteUserPermissionsBoundary",
                        _ => "DeleteRolePermissionsBoundary",
                    }
                }
            }
        }
        _ => return None,
    };
    Some(Call::new("iam", action, params))
}

/// Whether the undoing would give more than there was: a key that was off stays off.
fn was_already(undo: &Call, before: Option<&Value>) -> bool {
    let gives = undo.params.get("status").and_then(|status| status.as_str());
    let was = before.and_then(|before| before["status"].as_str());
    matches!((gives, was), (Some(gives), Some(was)) if gives != was)
}

/// How an undoing ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undoing {
    Undone,
    Refused(UndoRefused),
    Failed(CallError),
}
