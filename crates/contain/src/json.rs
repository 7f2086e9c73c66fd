//! Plans to JSON and back.
//!
//! The shape is a promise to others: names in snake case, times in RFC 3339, what is absent is `null`. A plan
//! that is read back must have the hash that it says it has.

use keyline_lineage::Certainty;
use keyline_trail::time::{format_time, parse_time};
use serde_json::{Map, Value, json};

use crate::canonical::hash_of_json;
use crate::error::{Error, ErrorKind};
use crate::limits::JSON_BYTES_MAX;
use crate::names::Named;
use crate::plan::{
    Alternative, Call, LetIn, Phase, Plan, Reason, Refused, Step, StillAlive, Variant,
};
use crate::request::{AlteringEvent, Breadth, Reach};

/// The schema of a plan in JSON.
pub const SCHEMA: &str = "keyline.plan/1";

impl Plan {
    pub fn to_json(&self) -> Value {
        json!({
            "schema": SCHEMA,
            "plan_id": self.plan_id(),
            "hash": self.hash,
            "made_at": format_time(self.made_at),
            "as_of": format_time(self.as_of),
            "target": self.target,
            "reach": reach_name(self.reach),
            "breadth": breadth_name(self.breadth),
            "stolen_since": self.stolen_since.map(format_time),
            "credentials": self.credentials,
            "let_in": self.let_in.iter().map(|entrant| json!({
                "credential": entrant.credential,
                "event_id": entrant.event_id,
                "certainty": entrant.certainty.name(),
                "why": entrant.why,
            })).collect::<Vec<_>>(),
            "steps": self.steps.iter().map(step_json).collect::<Vec<_>>(),
            "still_alive_after": self.still_alive_after.iter().map(|left| json!({
                "credential": left.credential,
                "until": left.until.map(format_time),
                "reason": left.reason.name(),
                "why": left.why,
            })).collect::<Vec<_>>(),
            "refused": self.refused.iter().map(|refused| json!({
                "target": refused.target,
                "why": refused.why,
            })).collect::<Vec<_>>(),
            "may_run_on": self.may_run_on,
            "notes": self.notes,
            "alternative": {
                "breadth": breadth_name(self.alternative.breadth),
                "steps": self.alternative.steps,
                "breaks": self.alternative.breaks,
                "hits": self.alternative.hits,
                "still_alive_after": self.alternative.still_alive_after,
            },
            "names": self.names.iter().map(|(id, named)| (id.clone(), json!({
                "what": named.what,
                "until": named.until.map(format_time),
            }))).collect::<Map<_, _>>(),
            "zombies_until": self.zombies_until.map(format_time),
            "permissions": self.permissions,
        })
    }

    /// The plan in JSON text; refused if its hash is not that of its content.
    pub fn from_json(text: &str) -> Result<Plan, Error> {
        if text.len() > JSON_BYTES_MAX {
            return Err(malformed(&format!(
                "the plan has {} bytes; at most {JSON_BYTES_MAX} are read",
                text.len()
            )));
        }
        let value: Value = serde_json::from_str(text)
            .map_err(|error| malformed(&format!("the plan is no JSON: {error}")))?;
        let schema = value["schema"].as_str().unwrap_or_default();
        if schema != SCHEMA {
            return Err(malformed(&format!(
                "the plan has the schema `{}`; expected `{SCHEMA}`",
                schema.escape_debug()
            )));
        }
        let found = hash_of_json(&value);
        let said = value["hash"].as_str().unwrap_or_default();
        if said != found {
            return Err(Error::new(
                ErrorKind::HashMismatch,
                format!(
                    "the plan says that its hash is `{}`, and its content has {found}: it was changed after \
                     it was made",
                    said.escape_debug()
                ),
            ));
        }
        read_plan(&value)
            .ok_or_else(|| malformed("the plan lacks a member or has one of another type"))
    }
}

impl AlteringEvent {
    /// As a value, for files that carry such events.
    pub fn to_json(&self) -> Value {
        json!({
            "event_id": self.event_id,
            "event_time": format_time(self.at),
            "account": self.account,
            "region": self.region,
            "event_source": self.source,
            "event_name": self.name,
            "credential": self.credential,
            "address": self.address,
            "failed": self.failed,
            "request": self.request,
            "response": self.response,
            "before": self.before,
            "touched_later_by": self.touched_later_by,
        })
    }
}

pub(crate) fn reach_name(reach: Reach) -> &'static str {
    match reach {
        Reach::Below => "below",
        Reach::Tree => "tree",
        Reach::Root => "root",
    }
}

pub(crate) fn breadth_name(breadth: Breadth) -> &'static str {
    match breadth {
        Breadth::Broad => "broad",
        Breadth::Narrow => "narrow",
    }
}

fn step_json(step: &Step) -> Value {
    json!({
        "id": step.id,
        "phase": step.phase.name(),
        "kind": step.kind,
        "account": known(&step.account),
        "region": known(&step.region),
        "service": step.service,
        "action": step.action,
        "params": step.params,
        "credential": step.credential,
        "why": step.why,
        "stops": step.stops,
        "breaks": step.breaks,
        "breaks_count": step.breaks_count,
        "cuts_off": step.cuts_off,
        "reversible": step.undo.is_some(),
        "undo": step.undo.as_ref().map(call_json),
        "then": step.then.iter().map(call_json).collect::<Vec<_>>(),
        "requires": step.requires,
        "depends_on": step.depends_on,
        "precheck": step.precheck,
        "verify": step.verify,
        "needs_confirmation": step.needs_confirmation,
        "by_hand": step.by_hand,
        "variant": step.variant.map(Variant::name),
        "commands": step.commands(),
    })
}

fn call_json(call: &Call) -> Value {
    json!({"service": call.service, "action": call.action, "params": call.params})
}

fn read_plan(value: &Value) -> Option<Plan> {
    let alternative = &value["alternative"];
    Some(Plan {
        hash: text(&value["hash"])?,
        made_at: time(&value["made_at"])?,
        as_of: time(&value["as_of"])?,
        target: text(&value["target"])?,
        reach: [Reach::Below, Reach::Tree, Reach::Root]
            .into_iter()
            .find(|reach| value["reach"] == reach_name(*reach))?,
        breadth: read_breadth(&value["breadth"])?,
        stolen_since: optional(&value["stolen_since"], time)?,
        credentials: texts(&value["credentials"])?,
        let_in: each(&value["let_in"], |entrant| {
            Some(LetIn {
                credential: text(&entrant["credential"])?,
                event_id: text(&entrant["event_id"])?,
                certainty: [Certainty::Exact, Certainty::Inferred]
                    .into_iter()
                    .find(|known| entrant["certainty"] == known.name())?,
                why: text(&entrant["why"])?,
            })
        })?,
        steps: each(&value["steps"], read_step)?,
        still_alive_after: each(&value["still_alive_after"], |left| {
            Some(StillAlive {
                credential: text(&left["credential"])?,
                until: optional(&left["until"], time)?,
                reason: *Reason::ALL
                    .iter()
                    .find(|reason| left["reason"] == reason.name())?,
                why: text(&left["why"])?,
            })
        })?,
        refused: each(&value["refused"], |refused| {
            Some(Refused {
                target: text(&refused["target"])?,
                why: text(&refused["why"])?,
            })
        })?,
        may_run_on: texts(&value["may_run_on"])?,
        notes: texts(&value["notes"])?,
        alternative: Alternative {
            breadth: read_breadth(&alternative["breadth"])?,
            steps: count(&alternative["steps"])?,
            breaks: count(&alternative["breaks"])?,
            hits: texts(&alternative["hits"])?,
            still_alive_after: count(&alternative["still_alive_after"])?,
        },
        names: value["names"]
            .as_object()?
            .iter()
            .map(|(id, named)| {
                let named = Named {
                    what: text(&named["what"])?,
                    until: optional(&named["until"], time)?,
                };
                Some((id.clone(), named))
            })
            .collect::<Option<_>>()?,
        zombies_until: optional(&value["zombies_until"], time)?,
        permissions: value["permissions"].clone(),
    })
}

fn read_step(value: &Value) -> Option<Step> {
    let params = named_params(&value["params"])?;
    let by_hand = value["by_hand"].as_bool()?;
    let then = each(&value["then"], |call| {
        Some(Call {
            service: text(&call["service"]).filter(|name| word(name, "-").is_some())?,
            action: text(&call["action"]).filter(|name| word(name, "").is_some())?,
            params: named_params(&call["params"])?,
        })
    })?;
    // The program makes one call a step.
    if !by_hand && !then.is_empty() {
        return None;
    }
    Some(Step {
        id: text(&value["id"]).filter(|id| word(id, "").is_some())?,
        phase: *Phase::ALL
            .iter()
            .find(|phase| value["phase"] == phase.name())?,
        kind: text(&value["kind"])?,
        account: optional(&value["account"], text)?.unwrap_or_default(),
        region: optional(&value["region"], text)?.unwrap_or_default(),
        service: text(&value["service"]).filter(|name| word(name, "-").is_some())?,
        action: text(&value["action"]).filter(|name| word(name, "").is_some())?,
        params,
        credential: optional(&value["credential"], text)?,
        why: text(&value["why"])?,
        stops: texts(&value["stops"])?,
        breaks: texts(&value["breaks"])?,
        breaks_count: count(&value["breaks_count"])?,
        cuts_off: texts(&value["cuts_off"])?,
        undo: optional(&value["undo"], |undo| {
            Some(Call {
                service: text(&undo["service"])?,
                action: text(&undo["action"])?,
                params: object(&undo["params"])?,
            })
        })?,
        then,
        requires: texts(&value["requires"])?,
        depends_on: texts(&value["depends_on"])?,
        precheck: text(&value["precheck"])?,
        verify: text(&value["verify"])?,
        needs_confirmation: value["needs_confirmation"].as_bool()?,
        by_hand,
        variant: optional(&value["variant"], |variant| {
            [Variant::Broad, Variant::Narrow]
                .into_iter()
                .find(|known| *variant == known.name())
        })?,
    })
}

/// Parameters, whose names stand in commands without quotes.
fn named_params(value: &Value) -> Option<Map<String, Value>> {
    let params = object(value)?;
    params.keys().try_for_each(|name| word(name, "_"))?;
    Some(params)
}

/// Text that is there, or `null`.
fn known(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

fn malformed(why: &str) -> Error {
    Error::new(ErrorKind::Malformed, why)
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// That text is letters, digits and what else is allowed, and not nothing.
fn word(text: &str, also: &str) -> Option<()> {
    let known = |letter: char| letter.is_ascii_alphanumeric() || also.contains(letter);
    (!text.is_empty() && text.chars().all(known)).then_some(())
}

fn texts(value: &Value) -> Option<Vec<String>> {
    each(value, text)
}

fn each<T>(value: &Value, read: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
    value.as_array()?.iter().map(read).collect()
}

/// `Some(None)` of `null`, `None` of what cannot be read.
fn optional<T>(value: &Value, read: impl Fn(&Value) -> Option<T>) -> Option<Option<T>> {
    match value {
        Value::Null => Some(None),
        value => read(value).map(Some),
    }
}

fn object(value: &Value) -> Option<Map<String, Value>> {
    value.as_object().cloned()
}

fn count(value: &Value) -> Option<usize> {
    value.as_u64().and_then(|count| usize::try_from(count).ok())
}

fn time(value: &Value) -> Option<i64> {
    parse_time(value.as_str()?.as_bytes())
}

fn read_breadth(value: &Value) -> Option<Breadth> {
    [Breadth::Broad, Breadth::Narrow]
        .into_iter()
        .find(|breadth| *value == breadth_name(*breadth))
}
