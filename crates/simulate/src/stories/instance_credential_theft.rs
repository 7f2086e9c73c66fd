//! The credentials of an EC2 instance, read from its metadata service and used elsewhere.
//!
//! In: a seed. Out: one day of a small organisation in which an instance of the production account
//! takes its credentials as always, and two hours later somebody else uses them: asks who they are,
//! looks around in IAM and EC2, lists buckets, copies objects, and is refused twice. In the second
//! form the use comes from an address inside EC2's published range of the same region, which a rule
//! that only compares addresses with published ranges cannot tell from rightful use. Deliberately
//! not here: how the credentials left the instance, which CloudTrail does not show.

use super::truth::{Expected, Expiry, State};
use super::{Told, Truth};
use crate::address;
use crate::clock::{HOUR, MINUTE};
use crate::files::{Event, Simulation};
use crate::identity::{self, Caller};
use crate::organisation::{Config, Kind, Organisation, Principal, Stream};
use crate::random::{derive, derive_text};
use crate::record::Record;
use crate::traffic::{Scene, fill};

/// 2026-10-14, a Wednesday.
const START: i64 = 1_791_936_000;
/// Enough for a background, small enough for a demo.
const BACKGROUND_EVENTS: u64 = 460;

/// What the thief does: seconds after the first call, service, call, request, refusal.
const CALLS: &[(i64, &str, &str, &str, &str)] = &[
    (0, "sts", "GetCallerIdentity", "", ""),
    (
        41,
        "iam",
        "ListRoles",
        r#"{"maxItems":1000}"#,
        "AccessDenied",
    ),
    (58, "iam", "GetRole", r#"{"roleName":"$role"}"#, ""),
    (
        77,
        "iam",
        "ListAttachedRolePolicies",
        r#"{"roleName":"$role"}"#,
        "",
    ),
    (
        133,
        "ec2",
        "DescribeInstances",
        r#"{"instancesSet":{},"filterSet":{}}"#,
        "",
    ),
    (
        171,
        "secretsmanager",
        "ListSecrets",
        r#"{"maxResults":100}"#,
        "AccessDenied",
    ),
    (
        240,
        "s3",
        "ListBuckets",
        r#"{"Host":"s3.$region.amazonaws.com"}"#,
        "",
    ),
    (
        262,
        "s3",
        "ListObjects",
        r#"{"list-type":"2","bucketName":"$bucket","encoding-type":"url","prefix":"","Host":"$bucket.s3.$region.amazonaws.com"}"#,
        "",
    ),
];
/// How many objects are copied after that, and the seconds between two.
const OBJECTS: i64 = 14;
const OBJECT_EVERY: i64 = 23;
const GET_OBJECT: &str =
    r#"{"bucketName":"$bucket","key":"$object","Host":"$bucket.s3.$region.amazonaws.com"}"#;
const THIEF_AGENT: &str = "aws-cli/2.19.5 md/awscrt#0.22.0 ua/2.0 os/macos#23.6.0 md/arch#arm64 \
                           lang/python#3.12.6 md/pyimpl#CPython cfg/retry-mode#standard";

const HEARTBEAT_EVERY: i64 = 15 * MINUTE;
const HEARTBEAT: &str = r#"{"instanceId":"$actor","agentVersion":"3.3.1345.0","agentStatus":"Active","platformType":"Linux","platformName":"Amazon Linux","platformVersion":"2023","agentName":"amazon-ssm-agent"}"#;
const AGENT: &str = "aws-sdk-go/1.55.5 (go1.23.4; linux; amd64) amazon-ssm-agent/3.3.1345.0";

/// The thief works from outside AWS.
pub fn from_outside(seed: u64) -> Told {
    tell(seed, "instance-credential-theft", |_| {
        "203.0.113.66".to_owned()
    })
}

/// The thief rents an instance in the victim's region.
pub fn from_inside(seed: u64) -> Told {
    tell(seed, "instance-credential-use-inside", |region| {
        address::egress(region, derive_text(99, "rented"))
    })
}

fn tell(seed: u64, story: &'static str, thief: fn(region: &str) -> String) -> Told {
    let config = Config {
        seed,
        events: BACKGROUND_EVENTS,
        start: START,
        days: 1,
        accounts: 2,
    };
    let simulation = Simulation::new(config);
    let organisation = simulation.organisation();
    let (stream, victim) = victim(organisation);
    // The credential in hand is the one taken last before the afternoon; the theft is two hours on.
    let begun = organisation.credential(victim, START + 13 * HOUR).issued + 2 * HOUR;
    let address = thief(stream.region);
    let mut events = Vec::new();
    let mut event_ids = Vec::new();
    for (position, (after, service, call, request, refusal)) in calls().enumerate() {
        let number = derive(derive_text(seed, story), position as u64);
        let mut record = record(
            organisation,
            stream,
            victim,
            begun + after,
            number,
            service,
            call,
            request,
        );
        record.address.clone_from(&address);
        if !refusal.is_empty() {
            record.error_code = refusal.to_owned();
            record.error_message = format!(
                "User: arn:aws:sts::{}:assumed-role/{}/{} is not authorized to perform: \
                 {service}:{call} because no identity-based policy allows the {service}:{call} action",
                organisation.account(victim).id,
                victim.name,
                victim.session_name
            );
        }
        let mut json = String::new();
        record.write(&mut json);
        event_ids.push(record.event_id());
        events.push(Event {
            time: record.time,
            account: record.recipient,
            region: record.region,
            json,
        });
    }
    heartbeats(organisation, stream, victim, begun, seed, &mut events);
    let truth = Truth {
        story,
        account: organisation.account(victim).id.clone(),
        region: stream.region.to_owned(),
        thief_address: address,
        rightful_address: victim.address.clone(),
        access_key_id: organisation.credential(victim, begun).key,
        holder: victim.session_name.clone(),
        role: victim.name.clone(),
        first_event: begun,
        last_event: begun + calls().map(|call| call.0).max().unwrap_or(0),
        as_of: begun + calls().map(|call| call.0).max().unwrap_or(0),
        credentials: vec![credential(organisation, victim, begun)],
        rules: vec!["A1", "A3", "A5"],
        event_ids,
    };
    Told {
        simulation: simulation.with_story(events),
        truth,
    }
}

/// The truth about the one credential.
fn credential(organisation: &Organisation, victim: &Principal, begun: i64) -> Expected {
    let held = organisation.credential(victim, begun);
    Expected {
        name: "the instance's session".to_owned(),
        kind: "service-session",
        access_key_ids: vec![held.key.clone()],
        minted_key_id: Some(held.key),
        account: organisation.account(victim).id.clone(),
        principal_id: format!("{}:{}", victim.id, victim.session_name),
        issued_at: Some(held.issued),
        expires_at: Some(held.expires),
        expiry: Expiry::Exact,
        state: Some(State::Works),
        attackers: true,
        ..Expected::default()
    }
}

/// The instance's own agent reports to Systems Manager all the while, under the same key.
fn heartbeats(
    organisation: &Organisation,
    stream: &Stream,
    victim: &Principal,
    begun: i64,
    seed: u64,
    events: &mut Vec<Event>,
) {
    let issued = organisation.credential(victim, begun).issued;
    let mut time = issued + MINUTE;
    while time < begun + HEARTBEAT_EVERY {
        let number = derive(derive_text(seed, "heartbeat"), time as u64);
        let (service, call) = ("ssm", "UpdateInstanceInformation");
        let mut record = record(
            organisation,
            stream,
            victim,
            time,
            number,
            service,
            call,
            HEARTBEAT,
        );
        record.address.clone_from(&victim.address);
        record.agent = AGENT.to_owned();
        record.read_only = false;
        let mut json = String::new();
        record.write(&mut json);
        events.push(Event {
            time,
            account: record.recipient,
            region: record.region,
            json,
        });
        time += HEARTBEAT_EVERY;
    }
}

fn calls() -> impl Iterator<Item = (i64, &'static str, &'static str, &'static str, &'static str)> {
    let last = CALLS.last().map_or(0, |call| call.0);
    let copies = (1..=OBJECTS).map(move |copy| {
        (
            last + copy * OBJECT_EVERY,
            "s3",
            "GetObject",
            GET_OBJECT,
            "",
        )
    });
    CALLS.iter().copied().chain(copies)
}

/// The first instance of the production account's home region.
fn victim(organisation: &Organisation) -> (&Stream, &Principal) {
    let stream = &organisation.streams[0];
    let victim = stream
        .machines
        .iter()
        .find(|machine| machine.kind == Kind::Instance)
        .expect("every stream has an instance");
    (stream, victim)
}

#[expect(
    clippy::too_many_arguments,
    reason = "one line of the story, taken apart"
)]
fn record(
    organisation: &Organisation,
    stream: &Stream,
    victim: &Principal,
    time: i64,
    number: u64,
    service: &str,
    call: &str,
    request: &str,
) -> Record {
    let data = matches!(call, "GetObject" | "ListObjects");
    let mut record = Record {
        version: "1.11",
        time,
        source: format!("{service}.amazonaws.com"),
        name: call.to_owned(),
        region: stream.region.to_owned(),
        agent: THIEF_AGENT.to_owned(),
        event_type: "AwsApiCall",
        management: !data,
        read_only: true,
        recipient: organisation.account(victim).id.clone(),
        event_number: number,
        tls_host: format!("{service}.{}.amazonaws.com", stream.region),
        ..Record::default()
    };
    crate::ids::uuid(derive(number, 2), &mut record.request_id);
    let held = organisation.credential(victim, time);
    identity::acting(
        organisation,
        victim,
        &held,
        stream.region,
        record.version,
        Caller::Itself,
        &mut record.identity,
    );
    // One bucket for the whole story, another object for every copy.
    let scene = Scene {
        organisation,
        stream,
        time,
        seed: number,
        actor: &victim.session_name,
    };
    let bucket = format!(
        "examplecorp-{}-invoices-{}",
        organisation.account(victim).name,
        stream.region
    );
    let request = request
        .replace("$bucket", &bucket)
        .replace("$role", &victim.name);
    fill(&request, &scene, &mut record.request);
    if data {
        record.resources = format!(
            "[{{\"accountId\":\"{}\",\"type\":\"AWS::S3::Bucket\",\"ARN\":\"arn:aws:s3:::{bucket}\"}}]",
            record.recipient
        );
    }
    record
}
