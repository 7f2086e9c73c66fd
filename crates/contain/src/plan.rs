//! The plan: what is done in which order, what that stops and breaks, and what stays alive all the same.
//!
//! In: a [`Request`]. Out: a [`Plan`], which is plain data. Its headline is [`Plan::still_alive_after`]:
//! found by laying the plan's controls on the forest, not by trusting the plan. Steps that a person takes
//! do not count there, because nobody can promise that they will be taken.

use std::collections::{BTreeMap, BTreeSet};

use keyline_lineage::{Certainty, CredentialId, Forest};
use keyline_trail::time::format_time;
use serde_json::{Map, Value};

use crate::aws::document;
use crate::canonical;
use crate::compose::{Composed, compose};
use crate::error::Error;
use crate::guard::Guard;
use crate::limits::ALTERNATIVE_LISTED_MAX;
use crate::names::{Named, counted, named};
use crate::order::order;
use crate::outcome::outcome;
use crate::request::{AlteringEvent, Breadth, Reach, Request, Target};
use crate::resources::RESTORE;
use crate::resources::resources;
use crate::scope::{Scope, scope};
use crate::survey::Survey;
use crate::trust;

/// Parameters that say what a step is done to, in the order in which they are read.
const NAMING: &[&str] = &[
    "user_name",
    "role_name",
    "access_key_id",
    "replaces",
    "service_specific_credential_id",
    "ssh_public_key_id",
    "certificate_id",
    "serial_number",
    "function_name",
    "statement_id",
    "instance_id",
    "task",
    "bucket",
    "policy_arn",
    "group_name",
    "instance_profile_name",
    "profile_id",
    "trust_anchor_id",
    "permission_set_name",
    "permission_set_arn",
    "user_id",
    "target_id",
];

/// The same of steps that take back what the tree did: whatever their call is about.
const NAMING_RESTORED: &[&str] = &[
    "key",
    "key_id",
    "key_name",
    "group_id",
    "instance_ids",
    "snapshot_id",
    "image_id",
    "volume_id",
    "vpc_id",
    "subnet_id",
    "flow_log_ids",
    "db_instance_identifier",
    "db_cluster_identifier",
    "db_snapshot_identifier",
    "db_cluster_snapshot_identifier",
    "secret_id",
    "name",
    "trail_name",
    "log_group_name",
    "repository_name",
    "cluster_name",
    "cluster",
    "queue_url",
    "topic_arn",
    "stack_name",
    "detector_id",
    "uuid",
    "saml_provider_arn",
    "open_id_connect_provider_arn",
    "model_id",
];

/// The calls that close a way in which the tree made, or that look at it before a person closes it. What the tree made
/// of providers lets nobody in by itself, and is not among them.
const CLOSING: &[(&str, &str)] = &[
    ("iam", "UpdateAssumeRolePolicy"),
    ("iam", "GetRole"),
    ("iam", "UpdateSAMLProvider"),
    ("iam", "GetSAMLProvider"),
    ("iam", "RemoveClientIDFromOpenIDConnectProvider"),
    ("rolesanywhere", "DisableTrustAnchor"),
    ("rolesanywhere", "DisableProfile"),
    ("rolesanywhere", "GetProfile"),
    ("eks", "DeleteAccessEntry"),
];

/// Things of one sort that a title names; more are counted.
const TITLE_NAMES_MAX: usize = 3;

/// A plan, ready to be read, approved and run.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// SHA-256 of the canonical JSON without hash, plan id and time of making, in hex.
    pub hash: String,
    pub made_at: i64,
    pub as_of: i64,
    pub target: String,
    pub reach: Reach,
    pub breadth: Breadth,
    /// What the tree made and changed before is others'.
    pub stolen_since: Option<i64>,
    /// The tree, by id.
    pub credentials: Vec<CredentialId>,
    /// Those of them that the tree minted none of: they came in by a door that it opened.
    pub let_in: Vec<LetIn>,
    pub steps: Vec<Step>,
    pub still_alive_after: Vec<StillAlive>,
    pub refused: Vec<Refused>,
    /// Machines on which the tree was, or that it started, and of which no session is stopped because no log shows
    /// one: what runs there may act by the machine's role.
    pub may_run_on: Vec<String>,
    /// What whoever approves should know.
    pub notes: Vec<String>,
    /// The same with the other breadth, in numbers.
    pub alternative: Alternative,
    /// What the credentials are called that steps and lists of this plan name by their ids.
    pub names: BTreeMap<CredentialId, Named>,
    /// Accounts whose tokens may wake up if a denial is lifted too early: until when.
    pub zombies_until: Option<i64>,
    pub permissions: Value,
}

/// A parameter as a title has it.
fn named_in_title(value: &Value) -> Option<String> {
    let Value::Array(several) = value else {
        return value.as_str().map(str::to_owned);
    };
    let names: Option<Vec<&str>> = several.iter().map(Value::as_str).collect();
    let names = names.filter(|names| !names.is_empty())?;
    let shown = &names[..names.len().min(TITLE_NAMES_MAX)];
    Some(match names.len() - shown.len() {
        0 => shown.join(" "),
        more => format!("{} and {more} more", shown.join(" ")),
    })
}

/// One call, or one thing that a person does.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// `s1`, `s2` and so on, in the order of the plan.
    pub id: String,
    pub phase: Phase,
    /// The action's name: `deny-all-on-user`.
    pub kind: String,
    pub account: String,
    pub region: String,
    pub service: String,
    pub action: String,
    pub params: Map<String, Value>,
    pub credential: Option<CredentialId>,
    pub why: String,
    pub stops: Vec<CredentialId>,
    /// Living legitimate sessions that it hits, at most
    /// [`BREAKS_LISTED_MAX`](crate::limits::BREAKS_LISTED_MAX) of them.
    pub breaks: Vec<CredentialId>,
    pub breaks_count: usize,
    /// Whom it cuts off besides the thief without there being a session to name: users and roles that are denied
    /// altogether, machines whose own session was stolen. For people.
    pub cuts_off: Vec<String>,
    pub undo: Option<Call>,
    /// Of a step by hand, the calls that a person makes after the first.
    pub then: Vec<Call>,
    pub requires: Vec<String>,
    pub depends_on: Vec<String>,
    pub precheck: String,
    pub verify: String,
    pub needs_confirmation: bool,
    pub by_hand: bool,
    pub variant: Option<Variant>,
}

impl Step {
    /// What the step does and to whom, for people: `deny all on user alice`.
    pub fn title(&self) -> String {
        // What takes back a deed is known best by its call.
        let what = match self.kind.as_str() {
            RESTORE => self.operation(),
            kind => kind.replace('-', " "),
        };
        let also = match self.kind.as_str() {
            RESTORE => NAMING_RESTORED,
            _ => &[],
        };
        let naming = NAMING.iter().chain(also);
        let named = naming.filter_map(|name| named_in_title(self.params.get(*name)?));
        let parts: Vec<String> = std::iter::once(what).chain(named).collect();
        parts.join(" ")
    }

    /// The call by its name: `iam:PutUserPolicy`.
    pub fn operation(&self) -> String {
        format!("{}:{}", self.service, self.action)
    }

    /// Whether what it does could be switched on again, if it were not the thief's.
    pub(crate) fn only_switches_off(&self) -> bool {
        let off = self.params.get("status").is_some_and(|to| to == "Inactive");
        off || self.action.starts_with("Disable")
    }

    /// The call that the step makes, before anything is filled in.
    pub fn call(&self) -> Call {
        Call::new(&self.service, &self.action, self.params.clone())
    }
}

/// A call by name and parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    pub service: String,
    pub action: String,
    pub params: Map<String, Value>,
}

impl Call {
    pub fn new(service: &str, action: &str, params: Map<String, Value>) -> Call {
        Call {
            service: service.to_owned(),
            action: action.to_owned(),
            params,
        }
    }
}

/// The order that wins. Denials before keys, because a key that is switched off leaves its sessions; ways in
/// after revocations and a second stamp at the end, because whoever was quick came in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    Evidence,
    /// Losses that go on while one waits, and logging switched back on.
    Clocks,
    OrganisationPolicy,
    Deny,
    Keys,
    Revoke,
    Entry,
    Workloads,
    Resources,
    Verify,
    SecondStamp,
    Afterwards,
}

impl Phase {
    pub const ALL: &'static [Phase] = &[
        Phase::Evidence,
        Phase::Clocks,
        Phase::OrganisationPolicy,
        Phase::Deny,
        Phase::Keys,
        Phase::Revoke,
        Phase::Entry,
        Phase::Workloads,
        Phase::Resources,
        Phase::Verify,
        Phase::SecondStamp,
        Phase::Afterwards,
    ];

    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Phase::Evidence => "evidence",
            Phase::Clocks => "clocks",
            Phase::OrganisationPolicy => "organisation-policy",
            Phase::Deny => "deny",
            Phase::Keys => "keys",
            Phase::Revoke => "revoke",
            Phase::Entry => "entry",
            Phase::Workloads => "workloads",
            Phase::Resources => "resources",
            Phase::Verify => "verify",
            Phase::SecondStamp => "second-stamp",
            Phase::Afterwards => "afterwards",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Variant {
    Broad,
    Narrow,
}

impl Variant {
    pub fn name(self) -> &'static str {
        match self {
            Variant::Broad => "broad",
            Variant::Narrow => "narrow",
        }
    }
}

/// A credential that works although the plan was carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StillAlive {
    pub credential: CredentialId,
    pub until: Option<i64>,
    pub reason: Reason,
    pub why: String,
}

/// A credential that came in by a door which the tree opened, and what shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LetIn {
    pub credential: CredentialId,
    /// The event that opened the door.
    pub event_id: String,
    /// Exact: nobody else could come in there. Inferred: others may have used the same way.
    pub certainty: Certainty,
    pub why: String,
}

/// Why something cannot be stopped; there is no other reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    ServiceLinkedRole,
    ForeignAccount,
    ManagementAccount,
    /// No control reaches this kind of credential.
    CannotBeDenied,
    /// Break-glass, or whoever runs the plan.
    Protected,
    /// A step of the plan would stop it, and a person has to take it.
    ByHand,
}

impl Reason {
    pub const ALL: &'static [Reason] = &[
        Reason::ServiceLinkedRole,
        Reason::ForeignAccount,
        Reason::ManagementAccount,
        Reason::CannotBeDenied,
        Reason::Protected,
        Reason::ByHand,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Reason::ServiceLinkedRole => "service-linked-role",
            Reason::ForeignAccount => "foreign-account",
            Reason::ManagementAccount => "management-account",
            Reason::CannotBeDenied => "cannot-be-denied",
            Reason::Protected => "protected",
            Reason::ByHand => "by-hand",
        }
    }
}

/// What the plan does not touch although it belongs to the tree.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Refused {
    pub target: String,
    pub why: String,
}

/// A plan of the other breadth, in numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alternative {
    pub breadth: Breadth,
    pub steps: usize,
    /// Legitimate sessions that it hits.
    pub breaks: usize,
    /// The first [`ALTERNATIVE_LISTED_MAX`] of them.
    pub hits: Vec<CredentialId>,
    pub still_alive_after: usize,
}

impl Plan {
    /// The first twelve digits of the hash.
    pub fn plan_id(&self) -> &str {
        self.hash.get(..12).unwrap_or(&self.hash)
    }

    /// How many living legitimate sessions the plan hits. A session hit by several steps counts once, as
    /// far as steps list what they hit.
    pub fn breaks(&self) -> usize {
        let listed: BTreeSet<&String> = self.steps.iter().flat_map(|step| &step.breaks).collect();
        let most = self.steps.iter().map(|step| step.breaks_count).max();
        listed.len().max(most.unwrap_or(0))
    }

    /// What stays alive and whom the plan hits besides the thief, as sentences: others' sessions and keys, and
    /// whoever uses a stolen key beside the thief.
    pub fn headline(&self) -> String {
        let still = self.still_alive_after.len();
        let acts = |step: &Step| step.phase != Phase::Afterwards;
        if !self.steps.iter().any(acts) && still == 0 {
            let none = match self.credentials.len() {
                1 => "the credential was not alive".to_owned(),
                many => format!("none of its {many} credentials was alive"),
            };
            let users = self.rightful_users("was off");
            let run_on = self.running_on();
            return format!(
                "Nothing of it works: {none}, and there is nothing to stop.{run_on}{users}"
            );
        }
        let verb = if still == 1 { "is" } else { "are" };
        let all = format!("{} credentials", self.credentials.len());
        let ends: Option<Vec<i64>> = self
            .still_alive_after
            .iter()
            .map(|left| left.until)
            .collect();
        let until = match ends {
            Some(ends) => ends
                .into_iter()
                .max()
                .map(|end| format!(", until {}", format_time(end))),
            None => Some(", without an end".to_owned()),
        };
        let until = until.unwrap_or_default();
        let hits = match self.breaks() {
            0 => "It hits no session and no key of others that the logs show.".to_owned(),
            some => {
                let hit: BTreeSet<&CredentialId> =
                    self.steps.iter().flat_map(|step| &step.breaks).collect();
                let one = "legitimate session or key of others";
                let counted = match some {
                    1 => format!("1 {one}"),
                    many => format!("{many} legitimate sessions and keys of others"),
                };
                format!("It hits {counted}: {}.", self.listed(hit, some))
            }
        };
        let cut: BTreeSet<&String> = self.steps.iter().flat_map(|step| &step.cuts_off).collect();
        let cut = match cut.len() {
            0 => String::new(),
            all => {
                let shown: Vec<&str> = cut
                    .into_iter()
                    .take(ALTERNATIVE_LISTED_MAX)
                    .map(String::as_str)
                    .collect();
                let more = match all - shown.len() {
                    0 => String::new(),
                    more => format!("; and {more} more"),
                };
                format!(" Cut off with the thief: {}{more}.", shown.join("; "))
            }
        };
        let users = self.rightful_users("is stopped");
        let run_on = self.running_on();
        let open = self.left_open();
        format!(
            "{still} of {all} {verb} still alive after it{until}. {hits}{cut}{run_on}{open}{users}"
        )
    }

    /// What may run on, as half of the first sentence.
    fn running_on(&self) -> String {
        let shown = self.may_run_on.iter().take(ALTERNATIVE_LISTED_MAX);
        let shown: Vec<&str> = shown.map(String::as_str).collect();
        let more = match self.may_run_on.len() - shown.len() {
            0 => String::new(),
            more => format!("; and {more} more"),
        };
        match shown.is_empty() {
            true => String::new(),
            false => format!(
                " May act on by a role of its own: {}{more}.",
                shown.join("; ")
            ),
        }
    }

    /// Ways in that the tree made and that stand until somebody takes a step, as half of the first sentence: whoever
    /// knows them comes in again, although nothing of what is known is alive.
    fn left_open(&self) -> String {
        let waits = |step: &&Step| match (step.by_hand, step.needs_confirmation) {
            // So stand deeds of before the theft, which are not the thief's.
            (true, true) => self.stolen_since.is_none(),
            (by_hand, asks) => by_hand || asks,
        };
        let closes = |step: &&Step| {
            let call = (step.service.as_str(), step.action.as_str());
            step.kind == RESTORE && CLOSING.contains(&call) && !self.is_shut_already(step)
        };
        let open = self.steps.iter().filter(closes).filter(waits);
        let open: Vec<&str> = open.map(|step| step.id.as_str()).collect();
        match open.is_empty() {
            true => String::new(),
            false => format!(
                " Ways in that the tree made stay open until a person closes them: see {}.",
                open.join(", ")
            ),
        }
    }

    /// Whether the program lets nobody into the role of a step any more whom its trust policy should not let in.
    fn is_shut_already(&self, step: &Step) -> bool {
        let role = step.params.get("role_name");
        let mut of_role = self.steps.iter().filter(|other| {
            let waits = other.by_hand || other.needs_confirmation;
            !waits && other.account == step.account && other.params.get("role_name") == role
        });
        role.is_some()
            && of_role.any(|other| match other.kind.as_str() {
                "deny-all-on-role" => true,
                "close-trust" => {
                    let policy = other.params.get("policy_document").map(document);
                    policy.is_some_and(|policy| !trust::lets_providers_in(&policy))
                }
                _ => false,
            })
    }

    /// Where it stands who needs another key.
    fn rightful_users(&self, what: &str) -> String {
        let rotations: Vec<&str> = self
            .steps
            .iter()
            .filter(|step| step.kind == "rotate-access-key")
            .map(|step| step.id.as_str())
            .collect();
        match rotations.as_slice() {
            [] => String::new(),
            some => format!(
                " Whoever rightfully uses a key that {what} needs another: see {}.",
                some.join(", ")
            ),
        }
    }

    /// Who came in by each door that the tree opened: the evidence, and the credentials by name.
    pub fn doors(&self) -> Vec<String> {
        let mut by_door: BTreeMap<&str, Vec<&CredentialId>> = BTreeMap::new();
        for entrant in &self.let_in {
            let came = by_door.entry(&entrant.why).or_default();
            came.push(&entrant.credential);
        }
        by_door
            .into_iter()
            .map(|(why, came)| {
                let all = came.len();
                format!("{}: {why}", self.listed(came, all))
            })
            .collect()
    }

    /// The other breadth, as a sentence.
    pub fn other_way(&self) -> String {
        let other = &self.alternative;
        let name = match other.breadth {
            Breadth::Broad => "broad",
            Breadth::Narrow => "narrow",
        };
        let hits = match other.breaks {
            0 => "hits no session and no key of others".to_owned(),
            some => format!(
                "hits {} of others ({})",
                match some {
                    1 => "1 session or key".to_owned(),
                    many => format!("{many} sessions and keys"),
                },
                self.listed(&other.hits, some)
            ),
        };
        let left = match other.still_alive_after {
            0 => "nothing".to_owned(),
            some => counted(some, "credential"),
        };
        format!(
            "The {name} way takes {}, {hits} and leaves {left} alive.",
            counted(other.steps, "step")
        )
    }

    /// A credential for people: what it is and until when it works; its id where the plan has no name.
    pub fn called(&self, id: &CredentialId) -> String {
        match self.names.get(id) {
            None => id.clone(),
            Some(named) => match named.until {
                None => named.what.clone(),
                Some(until) => format!("{}, until {}", named.what, format_time(until)),
            },
        }
    }

    /// The first of some credentials by their names, and how many more there are.
    fn listed<'a>(&self, ids: impl IntoIterator<Item = &'a CredentialId>, all: usize) -> String {
        let ids = ids.into_iter().take(ALTERNATIVE_LISTED_MAX);
        let named: Vec<String> = ids.map(|id| self.called(id)).collect();
        match all.saturating_sub(named.len()) {
            0 => named.join("; "),
            more => format!("{}; and {more} more", named.join("; ")),
        }
    }
}

/// Makes the plan of a request.
pub fn plan(request: &Request<'_>) -> Result<Plan, Error> {
    let survey = Survey::of(request.forest, request.as_of);
    let scope = scope(
        request.target,
        request.reach,
        request.stolen_since,
        request.events,
        &survey,
    )?;
    let guard = Guard::new(request.estate, &survey);
    let mut plan = assemble(request, &survey, &scope, &guard);
    let other = Request {
        breadth: match request.breadth {
            Breadth::Broad => Breadth::Narrow,
            Breadth::Narrow => Breadth::Broad,
        },
        ..*request
    };
    let alternative = assemble(&other, &survey, &scope, &guard);
    let hits: BTreeSet<&CredentialId> = alternative
        .steps
        .iter()
        .flat_map(|step| &step.breaks)
        .collect();
    plan.alternative = Alternative {
        breadth: other.breadth,
        steps: alternative.steps.len(),
        breaks: alternative.breaks(),
        hits: hits
            .into_iter()
            .take(ALTERNATIVE_LISTED_MAX)
            .cloned()
            .collect(),
        still_alive_after: alternative.still_alive_after.len(),
    };
    plan.names = names(&plan, &survey);
    plan.hash = canonical::plan_hash(&plan);
    Ok(plan)
}

/// The ids of the credentials that belong to the tree of a target, sorted; `events` are what was made and altered,
/// by whomever: they tell who came in by doors that the tree opened.
pub fn tree(
    target: &Target,
    reach: Reach,
    forest: &Forest,
    as_of: i64,
    stolen_since: Option<i64>,
    events: &[AlteringEvent],
) -> Result<Vec<CredentialId>, Error> {
    let survey = Survey::of(forest, as_of);
    let scope = scope(target, reach, stolen_since, events, &survey)?;
    let members = scope.members.iter();
    let mut ids: Vec<CredentialId> = members.map(|node| forest.id(*node)).collect();
    ids.sort();
    Ok(ids)
}

fn assemble(request: &Request<'_>, survey: &Survey<'_>, scope: &Scope, guard: &Guard<'_>) -> Plan {
    let mut composed: Composed = compose(request, survey, scope, guard);
    resources(request, survey, scope, guard, &mut composed);
    let (drafts, steps) = order(std::mem::take(&mut composed.drafts));
    let outcome = outcome(&drafts, steps, survey, scope, &composed);
    let permissions = crate::permissions::of_steps(&outcome.steps);
    let forest = request.forest;
    let mut credentials: Vec<CredentialId> =
        scope.members.iter().map(|node| forest.id(*node)).collect();
    credentials.sort();
    let mut notes = scope.notes.clone();
    notes.append(&mut composed.notes);
    Plan {
        hash: String::new(),
        made_at: request.made_at,
        as_of: request.as_of,
        target: request.target.name().to_owned(),
        reach: request.reach,
        breadth: request.breadth,
        stolen_since: request.stolen_since,
        credentials,
        let_in: let_in(scope, forest),
        steps: outcome.steps,
        still_alive_after: outcome.still_alive,
        refused: composed.refused.into_iter().collect(),
        may_run_on: scope.may_run_on.iter().cloned().collect(),
        notes: notes.into_iter().collect(),
        alternative: Alternative {
            breadth: request.breadth,
            steps: 0,
            breaks: 0,
            hits: Vec::new(),
            still_alive_after: 0,
        },
        names: BTreeMap::new(),
        zombies_until: outcome.zombies_until,
        permissions,
    }
}

/// Who came in by doors that the tree opened, by id.
fn let_in(scope: &Scope, forest: &Forest) -> Vec<LetIn> {
    let mut let_in: Vec<LetIn> = scope
        .let_in
        .iter()
        .map(|(node, door)| LetIn {
            credential: forest.id(*node),
            event_id: door.event_id.clone(),
            certainty: door.certainty,
            why: door.why(),
        })
        .collect();
    let_in.sort_by(|a, b| a.credential.cmp(&b.credential));
    let_in
}

/// What everything is called that the plan names by an id.
fn names(plan: &Plan, survey: &Survey<'_>) -> BTreeMap<CredentialId, Named> {
    let of_steps = plan
        .steps
        .iter()
        .flat_map(|step| step.stops.iter().chain(&step.breaks));
    let left = plan.still_alive_after.iter().map(|left| &left.credential);
    let let_in = plan.let_in.iter().map(|entrant| &entrant.credential);
    let of_lists = left.chain(let_in).chain(&plan.alternative.hits);
    let ids: BTreeSet<&CredentialId> = of_steps.chain(of_lists).collect();
    ids.into_iter()
        .filter_map(|id| {
            let node = survey.forest.by_id(id)?;
            let credential = survey.forest.credential(node);
            Some((id.clone(), named(&credential, survey.owner(node))))
        })
        .collect()
}
