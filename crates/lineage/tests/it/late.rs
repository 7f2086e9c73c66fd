//! Late records change what they must and nothing else.
//!
//! A forest of some of the records, then one of all. A credential may differ between them if a late record *bears
//! on* it, or if it hangs on one that is borne on and that has itself changed in what it hands down; every other one
//! is the same, byte for byte. What bears on a credential is told from the records alone, by the names in them:
//!
//! - a call under one of its keys, by its principal, or on its principal's behalf;
//! - an event that mints or changes something and whose request or answer names its key, principal, user, role,
//!   session, device or workload, or a group, policy or unit that these are tied to by another event;
//! - a session, key or sign-in, never seen before, of whoever made its minting or its changes: the caller of these
//!   may then be another;
//! - of a minting that a service made for its caller: any call of that caller, as whoever was at work is the parent.
//!
//! Why a parent is unknown is said of the data as a whole: how far back it goes, whose trails it holds. That clause
//! alone may change with these.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::LazyLock;

use keyline_lineage::{Credential, Facts, LinkRule};
use keyline_trail::Test;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;

use crate::guarantee::LINES;
use crate::world::forest;

/// What a record says that can bear on a credential.
#[derive(Clone, Debug, Default)]
struct Told {
    event: String,
    name: String,
    time: String,
    service: String,
    recipient: String,
    /// Keys, principals, ARNs and tokens of the caller, and the service that it called by.
    caller: BTreeSet<String>,
    users: BTreeSet<String>,
    /// All that tells one caller from another.
    who: String,
    /// Every text of what it asked for and was answered, for what mints or changes something.
    objects: BTreeSet<String>,
    /// The users, roles, groups, policies, accounts and units among these.
    tied: BTreeSet<String>,
    omitted: bool,
}

static TOLD: LazyLock<Vec<Option<Told>>> =
    LazyLock::new(|| LINES.iter().map(|line| told(line)).collect());

/// The names of events that mint or change something.
static DEEDS: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let tests = Facts::detail().prefilter.any_of.into_iter();
    let tests = tests.flat_map(|conjunction| conjunction.tests);
    tests
        .filter_map(|test| match test.test {
            Test::In(names) if test.column == keyline_trail::Column::EventName => Some(names),
            _ => None,
        })
        .flatten()
        .collect()
});

/// Nothing where the line is not a record as AWS writes them into a trail.
fn told(line: &str) -> Option<Told> {
    let record: Value = serde_json::from_str(line).ok()?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let identity = &record["userIdentity"];
    let context = &identity["sessionContext"];
    if !record["eventID"].is_string() || !identity.is_object() {
        return None;
    }
    let mut told = Told {
        event: text(&record["eventID"]),
        name: text(&record["eventName"]),
        time: text(&record["eventTime"]),
        service: text(&record["eventSource"]),
        recipient: text(&record["recipientAccountId"]),
        ..Told::default()
    };
    let created = &context["attributes"]["creationDate"];
    for value in [
        &identity["accessKeyId"],
        &identity["principalId"],
        &identity["arn"],
        &identity["credentialId"],
        &identity["onBehalfOf"]["userId"],
        &identity["invokedBy"],
        &context["signInSessionArn"],
    ] {
        told.caller.insert(text(value));
    }
    for value in [&identity["userName"], &context["sessionIssuer"]["arn"]] {
        let name = text(value);
        told.users
            .insert(name.rsplit('/').next().unwrap_or_default().to_owned());
    }
    told.who = format!("{identity} {created}");
    if DEEDS.contains(&told.name) && text(&record["errorCode"]).is_empty() {
        for part in [
            "requestParameters",
            "responseElements",
            "additionalEventData",
            "serviceEventDetails",
            "resources",
        ] {
            leaves("", &record[part], &mut |_, text| {
                told.objects.insert(text.to_owned());
            });
        }
        for part in ["requestParameters", "responseElements"] {
            leaves("", &record[part], &mut |name, text| {
                if TIED.contains(&name) {
                    told.tied.insert(text.to_owned());
                }
            });
        }
        // Whoever is not named is meant.
        if told.service.starts_with("iam.") {
            told.objects.extend(told.users.iter().cloned());
        }
        told.omitted = record["responseElements"]["omitted"] == Value::Bool(true)
            || record["responseElements"].is_null();
    }
    for names in [&mut told.caller, &mut told.users, &mut told.objects] {
        names.remove("");
    }
    Some(told)
}

/// Members of requests and answers that name what power is held by or comes from.
const TIED: [&str; 14] = [
    "userName",
    "roleName",
    "groupName",
    "policyArn",
    "arn",
    "permissionsBoundary",
    "policyId",
    "id",
    "targetId",
    "accountId",
    "parentId",
    "sourceParentId",
    "destinationParentId",
    "userId",
];

/// Every text in a value with the name of its member, but for policies.
fn leaves(name: &str, value: &Value, found: &mut dyn FnMut(&str, &str)) {
    match value {
        Value::String(text) if !text.contains('{') => found(name, text),
        Value::Array(values) => values.iter().for_each(|value| leaves(name, value, found)),
        Value::Object(values) => values
            .iter()
            .for_each(|(name, value)| leaves(name, value, found)),
        _ => {}
    }
}

/// Users, groups, policies and units by what changing events tie them to.
struct Ties(HashMap<String, BTreeSet<String>>);

impl Ties {
    fn new() -> Ties {
        let mut ties: HashMap<String, BTreeSet<String>> = HashMap::new();
        for told in TOLD.iter().flatten() {
            let manages = told.service.starts_with("iam.")
                || told.service.starts_with("organizations.")
                || told.service.starts_with("sso-directory.");
            if manages {
                for name in &told.tied {
                    let all = told.tied.iter().cloned();
                    ties.entry(name.clone()).or_default().extend(all);
                }
            }
        }
        Ties(ties)
    }

    fn of(&self, names: impl IntoIterator<Item = String>) -> BTreeSet<String> {
        let mut all: BTreeSet<String> = BTreeSet::new();
        let mut waiting: Vec<String> = names.into_iter().filter(|it| !it.is_empty()).collect();
        while let Some(name) = waiting.pop() {
            if all.insert(name.clone()) {
                waiting.extend(self.0.get(&name).into_iter().flatten().cloned());
            }
        }
        all
    }
}

/// By what records name a credential.
struct Names {
    own: BTreeSet<String>,
    /// What has the power that it has, with what is tied to that.
    owners: BTreeSet<String>,
    /// Who minted it and who changed it.
    makers: BTreeSet<String>,
    user: String,
    role: String,
    is_forwarded: bool,
}

impl Names {
    fn new(it: &Credential, ties: &Ties, by_event: &HashMap<&str, &Told>) -> Names {
        let mut names = Names {
            own: BTreeSet::new(),
            owners: BTreeSet::new(),
            makers: BTreeSet::new(),
            user: String::new(),
            role: String::new(),
            is_forwarded: false,
        };
        let mut powers = Vec::new();
        names.own.extend(it.access_key_ids.iter().cloned());
        names.own.extend(it.minted_key_id.iter().cloned());
        names
            .own
            .extend([&it.principal_id, &it.principal_arn, &it.mfa_serial].map(String::clone));
        names.own.insert(it.session_name.clone());
        names.own.extend(it.origin.iter().map(|it| it.id.clone()));
        let role = it.role_arn.rsplit('/').next().unwrap_or_default();
        names.role = role.to_owned();
        names.user = it.user_name.clone();
        powers.extend([&it.user_name, &it.role_arn, &it.account_id].map(String::clone));
        powers.push(role.to_owned());
        let changes = it.changes.iter().map(|change| &change.event_id);
        for event in it.issuing_event_ids.iter().chain(changes) {
            if let Some(told) = by_event.get(event.as_str()) {
                names.makers.extend(told.caller.iter().cloned());
                names.makers.extend(told.users.iter().cloned());
                // As a switched role has it, whose console it was switched from.
                let arns = told.objects.iter().filter(|name| name.contains(":user/"));
                names.makers.extend(arns.cloned());
            }
        }
        names.is_forwarded |= it.parent.as_ref().is_some_and(|parent| {
            matches!(parent.rule, LinkRule::ForwardAccess | LinkRule::External)
        });
        names.own.remove("");
        names.owners = ties.of(powers);
        names
    }

    fn bears(&self, late: &Told, is_new: bool) -> bool {
        let meets = |a: &BTreeSet<String>, b: &BTreeSet<String>| !a.is_disjoint(b);
        let sets = late.service.starts_with("sso.").then_some(&late.objects);
        let mut sets = sets.into_iter().flatten();
        let by_makers = meets(&late.caller, &self.makers);
        let is_sign_in = late.service.starts_with("signin.") || late.service.starts_with("sso");
        meets(&late.caller, &self.own)
            || meets(&late.objects, &self.own)
            || meets(&late.objects, &self.makers)
            || !late.service.starts_with("sts.") && meets(&late.tied, &self.owners)
            || (is_new || is_sign_in || self.is_forwarded) && by_makers
            || is_new && late.users.contains(&self.user)
            || sets.any(|set| self.role.starts_with(&format!("AWSReservedSSO_{set}_")))
    }
}

/// What others take from a credential.
fn handed_down(it: &Credential) -> String {
    let above = it.parent.as_ref().map(|parent| &parent.id);
    format!(
        "{:?}",
        (
            (&it.kind, &it.account_id, &it.partition, &it.user_name),
            (it.issued_at, it.expires_at, it.expiry),
            (above, &it.root, it.depth),
        )
    )
}

fn relatives(it: &Credential) -> impl Iterator<Item = &String> {
    let parents = it.parent.iter().flat_map(|parent| {
        let candidates = parent.candidates.iter().map(|candidate| &candidate.id);
        candidates.chain([&parent.id])
    });
    let changers = it
        .changes
        .iter()
        .filter_map(|change| change.by_credential.as_ref());
    parents.chain(&it.children).chain(changers)
}

/// Whether the clause that says why a parent is unknown may be another for what was late.
fn reason_may_change(it: &Credential, early: &[&Told], late: &[&Told]) -> bool {
    let first = early.iter().map(|told| &told.time).min();
    let mints = |told: &&&Told| told.service.starts_with("sts.") && !told.objects.is_empty();
    let of = |told: &&&Told| told.recipient == it.account_id;
    late.iter().any(|told| Some(&told.time) < first)
        || late.iter().any(|told| told.omitted)
        || late.iter().any(|told| of(&told)) && !early.iter().any(|told| of(&told))
        || late.iter().filter(mints).any(|told| of(&told))
            && !early.iter().filter(mints).any(|told| of(&told))
}

fn credentials(lines: impl Iterator<Item = usize>) -> BTreeMap<String, Credential> {
    let text: String = lines.map(|line| format!("{}\n", LINES[line])).collect();
    let forest = forest(text);
    let all = forest.nodes().map(|node| forest.credential(node));
    all.map(|it| (it.id.clone(), it)).collect()
}

static ALL: LazyLock<BTreeMap<String, Credential>> = LazyLock::new(|| credentials(0..LINES.len()));

/// Compares the forests without and with some late records: how many credentials had to be the same, of how many.
fn compare(late: &BTreeSet<usize>, ties: &Ties) -> Result<(usize, usize), String> {
    let before = credentials((0..LINES.len()).filter(|line| !late.contains(line)));
    let is_late = |line: &usize| late.contains(line);
    let told = |lines: &mut dyn Iterator<Item = usize>| -> Vec<&'static Told> {
        lines.filter_map(|line| TOLD[line].as_ref()).collect()
    };
    let early = told(&mut (0..LINES.len()).filter(|line| !is_late(line)));
    let late = told(&mut (0..LINES.len()).filter(is_late));
    let known: HashSet<&str> = early.iter().map(|told| told.who.as_str()).collect();
    let late_and_new: Vec<(&Told, bool)> = late
        .iter()
        .map(|told| (*told, !known.contains(told.who.as_str())))
        .collect();
    let by_event: HashMap<&str, &Told> = early
        .iter()
        .chain(&late)
        .map(|told| (told.event.as_str(), *told))
        .collect();

    let ids: BTreeSet<&String> = before.keys().chain(ALL.keys()).collect();
    let both = |id: &String| -> Vec<&Credential> {
        before.get(id).into_iter().chain(ALL.get(id)).collect()
    };
    let borne: BTreeSet<&String> = ids
        .iter()
        .copied()
        .filter(|id| {
            // By what was known before: what came late must not excuse itself.
            let it = before.get(*id).or_else(|| ALL.get(*id)).unwrap();
            let names = Names::new(it, ties, &by_event);
            late_and_new
                .iter()
                .any(|(told, is_new)| names.bears(told, *is_new))
        })
        .collect();
    let has_changed = |id: &String| {
        let handed = |all: &BTreeMap<String, Credential>| all.get(id).map(handed_down);
        handed(&before) != handed(&ALL)
    };
    // What hangs on one that has changed, and so on.
    let mut may_differ = borne.clone();
    let mut waiting: Vec<&String> = borne.iter().copied().filter(|id| has_changed(id)).collect();
    let mut hanging: HashMap<&String, Vec<&String>> = HashMap::new();
    let mut made_by: HashMap<&String, BTreeSet<&String>> = HashMap::new();
    for id in &ids {
        for it in both(id) {
            for relative in relatives(it) {
                hanging.entry(relative).or_default().push(id);
            }
            // What an event made may turn out to be something else.
            for event in &it.issuing_event_ids {
                made_by.entry(event).or_default().insert(id);
            }
        }
    }
    for made in made_by.values() {
        for id in made {
            let others = made.iter().copied().filter(|other| other != id);
            hanging.entry(*id).or_default().extend(others);
        }
    }
    while let Some(id) = waiting.pop() {
        for on in hanging.get(id).into_iter().flatten().copied() {
            if may_differ.insert(on) && has_changed(on) {
                waiting.push(on);
            }
        }
    }
    let mut same = 0;
    for id in ids.iter().filter(|id| !may_differ.contains(*id)) {
        let (Some(was), Some(is)) = (before.get(*id), ALL.get(*id)) else {
            return Err(format!("{id} is new or gone: {:#?}", both(id)));
        };
        let mut was = was.clone();
        if was.parent_unknown_because.is_some()
            && is.parent_unknown_because.is_some()
            && reason_may_change(&was, &early, &late)
        {
            was.parent_unknown_because = is.parent_unknown_because;
        }
        let (was, is) = (format!("{was:#?}"), format!("{is:#?}"));
        if was != is {
            let differs: Vec<_> = was
                .lines()
                .zip(is.lines())
                .filter(|(a, b)| a != b)
                .collect();
            return Err(format!("{id} changed: {differs:#?}\n{was}"));
        }
        same += 1;
    }
    Ok((same, before.len()))
}

/// Which records are late.
#[derive(Clone, Debug)]
enum Late {
    /// Some, from anywhere.
    Some(Vec<usize>),
    /// Those of the account whose trail this one is of.
    OfAccount(usize),
    /// Those of the caller of this one.
    OfCaller(usize),
    /// Those later than this one.
    Later(usize),
    /// All that do the same as this one.
    Alike(usize),
}

fn lines_of(late: &Late) -> BTreeSet<usize> {
    let all = 0..LINES.len();
    let fit = |fits: &dyn Fn(&Told) -> bool| {
        let told = |line: &usize| TOLD[*line].as_ref().is_some_and(fits);
        all.clone().filter(told).collect()
    };
    match late {
        Late::Some(lines) => lines
            .iter()
            .copied()
            .filter(|line| TOLD[*line].is_some())
            .collect(),
        Late::OfAccount(line) => match &TOLD[*line] {
            Some(of) => fit(&|told| told.recipient == of.recipient),
            None => BTreeSet::new(),
        },
        Late::OfCaller(line) => match &TOLD[*line] {
            Some(of) => fit(&|told| told.who == of.who),
            None => BTreeSet::new(),
        },
        Late::Later(line) => match &TOLD[*line] {
            Some(of) => fit(&|told| told.time > of.time),
            None => BTreeSet::new(),
        },
        Late::Alike(line) => match &TOLD[*line] {
            Some(of) => fit(&|told| told.name == of.name),
            None => BTreeSet::new(),
        },
    }
}

#[test]
fn late_records_change_what_they_must_and_nothing_else() {
    let ties = Ties::new();
    let count = LINES.len();
    let mut runner = TestRunner::new(Config {
        cases: 8,
        failure_persistence: None,
        max_shrink_iters: 0,
        ..Config::default()
    });
    let is_deed = |line: &usize| {
        TOLD[*line]
            .as_ref()
            .is_some_and(|told| !told.objects.is_empty())
    };
    let deeds: Vec<usize> = (0..count).filter(is_deed).collect();
    let deed = prop::sample::select(deeds);
    let strategy = prop_oneof![
        1 => prop::collection::vec(0..count, 1..40).prop_map(Late::Some),
        3 => prop::collection::vec(deed.clone(), 1..40).prop_map(Late::Some),
        2 => deed.prop_map(Late::Alike),
        1 => (0..count).prop_map(Late::OfCaller),
        1 => (0..count).prop_map(Late::OfAccount),
        1 => (0..count).prop_map(Late::Later),
    ];
    let sums = std::cell::Cell::new((0, 0));
    let result = runner.run(&strategy, |late| {
        match compare(&lines_of(&late), &ties) {
            Ok((same, of)) => {
                let (all_same, all_of) = sums.get();
                sums.set((all_same + same, all_of + of));
                println!("{same} of {of} had to be the same");
            }
            Err(differs) => panic!("{differs}"),
        }
        Ok(())
    });
    result.unwrap();
    // A test of which nearly all is excused says nothing.
    let (same, of) = sums.get();
    assert!(2 * same > of, "only {same} of {of} had to be the same");
}
