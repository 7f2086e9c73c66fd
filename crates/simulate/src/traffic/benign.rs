//! Ordinary events: who acts, what they call, and how it is told.
//!
//! In: a stream, an instant and a number drawn for the event. Out: its record. First the kind of
//! actor is drawn, then one of that kind, then an action of the catalogue that such actors make.
//! Deliberately not here: when events happen (`files`).

use super::catalogue::{Action, Class, FORWARD, Reach, SERVICE};
use super::template::{Scene, fill};
use super::{catalogue_control, catalogue_data};
use crate::clock;
use crate::identity::{self, Caller};
use crate::ids;
use crate::organisation::{Kind, Organisation, Principal, Stream};
use crate::random::{Random, derive, derive_text, scale};
use crate::record::Record;

/// Shares of events by actor: the kind's bit, in working hours, otherwise.
const ACTORS: [(u16, u64, u64); 10] = [
    (Kind::Instance.bit(), 300, 330),
    (Kind::Function.bit(), 190, 210),
    (Kind::Task.bit(), 140, 160),
    (Kind::Pipeline.bit(), 60, 20),
    (Kind::Workforce.bit(), 70, 6),
    (Kind::User.bit(), 45, 6),
    (Kind::Console.bit(), 35, 3),
    (Kind::Hub.bit(), 30, 60),
    (SERVICE, 60, 90),
    (FORWARD, 70, 115),
];

/// The actions of one kind of actor, with running sums of their weights.
type Choices = Vec<(u64, &'static Action)>;

/// What a catalogue looks like once it is sorted by actor.
#[derive(Debug)]
pub struct Repertoire {
    home: Vec<Choices>,
    elsewhere: Vec<Choices>,
}

impl Repertoire {
    pub fn new() -> Repertoire {
        Repertoire {
            home: choices(true),
            elsewhere: choices(false),
        }
    }
}

impl Default for Repertoire {
    fn default() -> Repertoire {
        Repertoire::new()
    }
}

/// One ordinary event, written into `record`, whose texts are re-used.
pub fn event(
    organisation: &Organisation,
    repertoire: &Repertoire,
    stream: &Stream,
    time: i64,
    seed: u64,
    record: &mut Record,
) {
    let mut random = Random::new(seed);
    let position = actor(time, &mut random);
    let choices = if stream.home {
        &repertoire.home
    } else {
        &repertoire.elsewhere
    };
    let action = choose(&choices[position], &mut random);
    let kind = ACTORS[position].0;
    let principal = if kind == SERVICE {
        None
    } else if kind == FORWARD {
        one_of(&stream.machines, &mut random, |_| true)
    } else {
        let everybody = match kind_of(kind) {
            Kind::Instance | Kind::Function | Kind::Task => &stream.machines,
            _ => &organisation.accounts[stream.account].people,
        };
        one_of(everybody, &mut random, |candidate| {
            candidate.kind.bit() == kind
        })
    };
    tell(organisation, stream, action, principal, time, seed, record);
}

/// The record of one action by one principal (or by a service alone).
fn tell(
    organisation: &Organisation,
    stream: &Stream,
    action: &Action,
    principal: Option<&Principal>,
    time: i64,
    seed: u64,
    record: &mut Record,
) {
    let account = &organisation.accounts[stream.account];
    let actor = principal.map_or("", |p| {
        if p.session_name.is_empty() {
            &p.name
        } else {
            &p.session_name
        }
    });
    let scene = Scene {
        organisation,
        stream,
        time,
        seed,
        actor,
    };
    let version = match action.source {
        "s3" | "kms" | "dynamodb" => "1.11",
        "ec2" | "sts" | "iam" => "1.10",
        "lambda" | "logs" | "ssm" => "1.09",
        _ => "1.08",
    };
    reset(record);
    record.version = version;
    record.time = time;
    record.source.push_str(action.source);
    record.source.push_str(".amazonaws.com");
    record.name.push_str(action.name);
    record.region.push_str(stream.region);
    record.event_number = seed;
    record.event_type = "AwsApiCall";
    record.management = matches!(action.class, Class::Read | Class::Write);
    record.read_only = matches!(action.class, Class::Read | Class::DataRead);
    record.recipient.push_str(&account.id);
    if action.source == "s3" {
        ids::alphanumeric(derive(seed, 2), 16, &mut record.request_id);
    } else {
        ids::uuid(derive(seed, 2), &mut record.request_id);
    }
    who(organisation, stream, action, principal, time, seed, record);
    fill(action.request, &scene, &mut record.request);
    fill(action.additional, &scene, &mut record.additional);
    fill(action.resources, &scene, &mut record.resources);
    let (permille, code, message) = action.failures;
    if scale(derive(seed, 4), 1_000) < u64::from(permille) {
        record.error_code.push_str(code);
        fill(message, &scene, &mut record.error_message);
    } else {
        fill(action.response, &scene, &mut record.response);
    }
}

fn who(
    organisation: &Organisation,
    stream: &Stream,
    action: &Action,
    principal: Option<&Principal>,
    time: i64,
    seed: u64,
    record: &mut Record,
) {
    let version = record.version;
    let Some(principal) = principal else {
        identity::service(action.through, &mut record.identity);
        record.address.push_str(action.through);
        record.agent.push_str(action.through);
        ids::uuid(derive(seed, 5), &mut record.shared_event_id);
        return;
    };
    let mut held = organisation.credential(principal, time);
    if !action.through.is_empty() {
        // The service works with a key of its own under the caller's session.
        held.key.clear();
        let account = organisation.account(principal).number;
        ids::access_key("ASIA", account, derive(seed, 6), &mut held.key);
        let caller = Caller::Through(action.through);
        identity::acting(
            organisation,
            principal,
            &held,
            stream.region,
            version,
            caller,
            &mut record.identity,
        );
        record.address.push_str(action.through);
        record.agent.push_str(action.through);
        return;
    }
    if principal.kind == Kind::Console {
        // Every part of the console works with keys of its own under one sign-in.
        held.key.clear();
        let account = organisation.account(principal).number;
        let number = derive(held.number, derive_text(3, action.source));
        ids::access_key("ASIA", account, number, &mut held.key);
        record.from_console = scale(derive(seed, 7), 10) < 8;
    }
    // Session tokens are for some of a user's calls; the key itself makes the others.
    if principal.kind == Kind::User && scale(derive(seed, 8), 10) < 6 {
        held.key.clone_from(&principal.key);
    }
    identity::acting(
        organisation,
        principal,
        &held,
        stream.region,
        version,
        Caller::Itself,
        &mut record.identity,
    );
    if principal.kind == Kind::Task {
        ids::hex(derive_text(7, &principal.name), 0, &mut record.vpc_endpoint);
        record.vpc_endpoint.push_str("vpce-0");
        ids::hex(
            derive_text(
                derive(organisation.seed, stream.account as u64),
                stream.region,
            ),
            16,
            &mut record.vpc_endpoint,
        );
    }
    record.address.push_str(&principal.address);
    if action.source == "s3" && !record.management {
        record.agent.push('[');
        record.agent.push_str(&principal.agent);
        record.agent.push(']');
    } else if action.name == "UpdateInstanceInformation" {
        record
            .agent
            .push_str("aws-sdk-go/1.55.5 (go1.23.4; linux; amd64) amazon-ssm-agent/3.3.1345.0");
    } else {
        record.agent.push_str(&principal.agent);
    }
    if action.source == "s3" && action.class != Class::Read {
        let host = record.tls_host.len();
        record.tls_host.push_str("s3.");
        debug_assert_eq!(host, 0);
    } else {
        record.tls_host.push_str(action.source);
        record.tls_host.push('.');
    }
    record.tls_host.push_str(stream.region);
    record.tls_host.push_str(".amazonaws.com");
}

fn reset(record: &mut Record) {
    for text in [
        &mut record.identity,
        &mut record.source,
        &mut record.name,
        &mut record.region,
        &mut record.address,
        &mut record.agent,
        &mut record.error_code,
        &mut record.error_message,
        &mut record.request,
        &mut record.response,
        &mut record.additional,
        &mut record.request_id,
        &mut record.resources,
        &mut record.recipient,
        &mut record.shared_event_id,
        &mut record.vpc_endpoint,
        &mut record.service_details,
        &mut record.tls_host,
    ] {
        text.clear();
    }
    record.from_console = false;
}

fn actor(time: i64, random: &mut Random) -> usize {
    let awake = working_hours(time);
    let share = |entry: &(u16, u64, u64)| if awake { entry.1 } else { entry.2 };
    let mut left = random.below(ACTORS.iter().map(share).sum());
    for (position, entry) in ACTORS.iter().enumerate() {
        if left < share(entry) {
            return position;
        }
        left -= share(entry);
    }
    0
}

/// Whether the organisation's offices, in two time zones, are open.
pub fn working_hours(time: i64) -> bool {
    let weekday = (time.div_euclid(clock::DAY) + 3).rem_euclid(7);
    let hour = time.rem_euclid(clock::DAY) / clock::HOUR;
    weekday < 5 && (7..21).contains(&hour)
}

fn choose(choices: &Choices, random: &mut Random) -> &'static Action {
    let total = choices.last().map_or(0, |last| last.0);
    let drawn = random.below(total);
    let at = choices.partition_point(|&(sum, _)| sum <= drawn);
    choices[at.min(choices.len() - 1)].1
}

fn one_of<'a>(
    everybody: &'a [Principal],
    random: &mut Random,
    fits: impl Fn(&Principal) -> bool,
) -> Option<&'a Principal> {
    let count = everybody.iter().filter(|candidate| fits(candidate)).count() as u64;
    let at = random.below(count) as usize;
    everybody.iter().filter(|candidate| fits(candidate)).nth(at)
}

fn kind_of(bit: u16) -> Kind {
    Kind::ALL
        .into_iter()
        .find(|kind| kind.bit() == bit)
        .unwrap_or(Kind::Instance)
}

fn choices(home: bool) -> Vec<Choices> {
    ACTORS
        .iter()
        .map(|&(bit, _, _)| {
            let mut sum = 0;
            catalogue_data::ACTIONS
                .iter()
                .chain(catalogue_control::ACTIONS)
                .filter(|action| action.actors & bit != 0)
                .filter(|action| home || action.reach == Reach::Regional)
                .map(|action| {
                    sum += u64::from(action.weight);
                    (sum, action)
                })
                .collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::organisation::{Config, organisation};

    #[test]
    fn every_entry_of_the_catalogue_is_json_once_filled() {
        let made = organisation(&Config {
            seed: 1,
            events: 1_000,
            start: 0,
            days: 1,
            accounts: 1,
        });
        let stream = &made.streams[0];
        let mut record = Record::default();
        for action in catalogue_data::ACTIONS
            .iter()
            .chain(catalogue_control::ACTIONS)
        {
            for seed in 0..3 {
                tell(
                    &made,
                    stream,
                    action,
                    stream.machines.first(),
                    1_000,
                    seed,
                    &mut record,
                );
                let mut json = String::new();
                record.write(&mut json);
                let parsed: serde_json::Value =
                    serde_json::from_str(&json).unwrap_or_else(|why| panic!("{why}: {json}"));
                assert_eq!(parsed["eventName"], action.name);
            }
        }
    }

    #[test]
    fn every_actor_has_something_to_do_everywhere() {
        let repertoire = Repertoire::new();
        for side in [&repertoire.home, &repertoire.elsewhere] {
            assert!(side.iter().all(|choices| !choices.is_empty()));
        }
    }
}
