//! Replay against the naive loop, with evaluators that are plain functions of what a tick sees.

use std::collections::{BTreeMap, BTreeSet};

use keyline_detect::alert::{Alert, Form};
use keyline_detect::entity::mappings_of;
use keyline_detect::evidence::NoEvents;
use keyline_detect::load::{Loaded, Origin, load_text};
use keyline_detect::replay::{Evaluator, Instant, Span, replay};
use keyline_detect::row::Rows;
use keyline_detect::rule::Rule;
use keyline_detect::schedule::{Schedule, derive, tick_range};
use keyline_kql::schema::Column;
use keyline_kql::types::{Type, Value};
use proptest::prelude::*;

const MINUTE: i64 = 600_000_000;

/// An event: its time and its actor.
type Event = (i64, &'static str);

/// How the made-up query turns what it sees into rows.
#[derive(Clone, Copy, Debug)]
enum Query {
    /// Every actor of the last 30 minutes whom the 30 minutes before did not show.
    NewActors,
    /// Events by actor.
    Count,
    /// Every event.
    All,
}

struct Fake<'a> {
    events: &'a [Event],
    query: Query,
    instants: Vec<Instant>,
}

impl Evaluator for Fake<'_> {
    fn evaluate(&mut self, instant: Instant) -> Result<Rows, String> {
        self.instants.push(instant);
        let (from, to) = instant.window.unwrap_or((i64::MIN, i64::MAX));
        let seen = self
            .events
            .iter()
            .filter(|(time, _)| (from..=to).contains(time));
        let columns = vec![
            Column::new("Actor", Type::String),
            Column::new("Count", Type::Long),
            Column::new("Last", Type::DateTime),
        ];
        let mut found: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
        let mut old = BTreeSet::new();
        let mut rows = Vec::new();
        for (time, actor) in seen {
            if matches!(self.query, Query::NewActors) && *time < instant.now - 30 * MINUTE {
                old.insert(*actor);
                continue;
            }
            let (count, last) = found.entry(actor).or_insert((0, *time));
            *count += 1;
            *last = (*last).max(*time);
            if matches!(self.query, Query::All) {
                rows.push((*actor, 1, *time));
            }
        }
        if !matches!(self.query, Query::All) {
            found.retain(|actor, _| !old.contains(actor));
            rows.extend(
                found
                    .into_iter()
                    .map(|(actor, (count, last))| (actor, count, last)),
            );
        }
        let cells = |(actor, count, last): (&str, i64, i64)| {
            vec![
                Value::String(actor.to_string()),
                Value::Long(count),
                Value::DateTime(last),
            ]
        };
        Ok(Rows {
            columns,
            rows: rows.into_iter().map(cells).collect(),
        })
    }
}

fn rule(extra: &str) -> Rule {
    let text = format!("id: r1\nname: Rule\nquery: T\nseverity: Low\n{extra}");
    let mut loaded = Loaded::default();
    load_text("rule.yaml", text.as_bytes(), Origin::Named, &mut loaded);
    assert_eq!(loaded.problems, [], "{text}");
    loaded.rules.remove(0)
}

fn run(
    rule: &Rule,
    query: Query,
    events: &[Event],
    every_tick: bool,
) -> (Vec<Alert>, Vec<Instant>) {
    let agos = if matches!(query, Query::NewActors) {
        vec![30 * MINUTE]
    } else {
        Vec::new()
    };
    let schedule = derive(rule, &agos).schedule;
    let mut times: Vec<i64> = events.iter().map(|(time, _)| *time).collect();
    times.sort_unstable();
    let span = (times[0], times[times.len() - 1]);
    if every_tick && let Schedule::Ticks { frequency, .. } = &schedule {
        // The naive loop: an event of no interest crosses a boundary at every tick.
        let (first, last) = tick_range(*frequency, span);
        times = (0..=(last - first) / frequency)
            .map(|n| first + n * frequency)
            .collect();
    }
    let mut fake = Fake {
        events,
        query,
        instants: Vec::new(),
    };
    let form = Form {
        rule,
        mappings: mappings_of(rule, &[]),
        plain_columns: vec!["Actor".to_string()],
    };
    let span = Span {
        events: span,
        since: None,
        until: None,
        as_of: None,
    };
    let replayed = replay(&form, &schedule, &times, span, &mut fake, &NoEvents).unwrap();
    assert_eq!(replayed.evaluations, fake.instants.len());
    (replayed.alerts, fake.instants)
}

const RULES: [&str; 7] = [
    "queryFrequency: 30m\nqueryPeriod: 2h\n",
    "queryFrequency: 1h\nqueryPeriod: 1h\neventGroupingSettings: {aggregationKind: SingleAlert}\n",
    "queryFrequency: 20m\nqueryPeriod: 1h\ntriggerOperator: gt\ntriggerThreshold: 1\n",
    "queryFrequency: 10m\nqueryPeriod: 1h\nsuppressionEnabled: true\nsuppressionDuration: PT2H\n",
    "queryFrequency: 10m\nqueryPeriod: 1h\nsuppressionEnabled: true\nsuppressionDuration: 25m\n",
    "queryFrequency: 1h\nqueryPeriod: 1h\ntriggerOperator: lt\ntriggerThreshold: 1\n",
    "kind: NRT\n",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn jumping_gives_the_alerts_of_the_naive_loop(
        minutes in proptest::collection::vec((0i64..600, 0usize..3), 1..12),
        extra in 0usize..RULES.len(),
        query in prop_oneof![Just(Query::NewActors), Just(Query::Count), Just(Query::All)],
    ) {
        let events: Vec<Event> = minutes
            .iter()
            .map(|(minute, actor)| (minute * MINUTE, ["ann", "bob", "cid"][*actor]))
            .collect();
        let rule = rule(RULES[extra]);
        let (alerts, instants) = run(&rule, query, &events, false);
        let (expected, all) = run(&rule, query, &events, true);
        prop_assert!(instants.len() <= all.len());
        prop_assert_eq!(&alerts, &expected);

        let mut shuffled = events.clone();
        shuffled.reverse();
        prop_assert_eq!(run(&rule, query, &shuffled, false).0, alerts);
    }
}

/// Alerts as lines: when evaluated, from when to when, who.
fn check(extra: &str, query: Query, events: &[Event], expected: &[&str]) {
    let (alerts, _) = run(&rule(extra), query, events, false);
    let lines: Vec<String> = alerts
        .iter()
        .map(|alert| {
            let clock = |time: &str| time[11..16].to_string();
            format!(
                "{} {}-{} {}",
                clock(&alert.evaluated_at),
                clock(&alert.start_time),
                clock(&alert.end_time),
                alert
                    .row
                    .get("Actor")
                    .and_then(|v| v.as_str())
                    .unwrap_or("-"),
            )
        })
        .collect();
    assert_eq!(lines, expected, "{extra}");
}

#[test]
fn overlapping_evaluations_are_one_alert() {
    let schedule = "queryFrequency: 30m\nqueryPeriod: 1h\n";
    // Seen at 00:30 and 01:00, the windows of which overlap.
    check(
        schedule,
        Query::Count,
        &[(MINUTE, "ann")],
        &["00:30 00:01-00:01 ann"],
    );
    // Windows that touch are one, windows apart are two.
    let touching = [(MINUTE, "ann"), (119 * MINUTE, "ann")];
    check(
        schedule,
        Query::Count,
        &touching,
        &["02:00 00:01-01:59 ann"],
    );
    let apart = [(MINUTE, "ann"), (181 * MINUTE, "ann")];
    check(
        schedule,
        Query::Count,
        &apart,
        &["00:30 00:01-00:01 ann", "03:30 03:01-03:01 ann"],
    );
    // The last row wins.
    let grown = [(MINUTE, "ann"), (40 * MINUTE, "ann")];
    let (alerts, _) = run(&rule(schedule), Query::Count, &grown, false);
    assert_eq!(alerts.len(), 1);
    assert_eq!(alerts[0].start_time, "1970-01-01T00:01:00Z");
    assert_eq!(alerts[0].end_time, "1970-01-01T00:40:00Z");
}

#[test]
fn the_alert_has_the_shape_of_the_contract() {
    let extra = "queryFrequency: 1h\nqueryPeriod: 1h\ntactics: [Credential Access]\n\
        relevantTechniques: [T1528]\ndescription: \"'What it is'\"\n\
        entityMappings: [{entityType: Account, fieldMappings: \
        [{identifier: Name, columnName: Actor}, {identifier: UPNSuffix, columnName: Missing}]}]\n\
        customDetails: {How: Count, Absent: Missing}\n\
        alertDetailsOverride: {alertDisplayNameFormat: \"{{Actor}} did {{ Count }}{{Missing}}\"}\n";
    let (alerts, _) = run(&rule(extra), Query::Count, &[(MINUTE, "ann")], false);
    let json = serde_json::to_string_pretty(&alerts).unwrap();
    let expected = r#"[
  {
    "schema": "keyline.alert/1",
    "alert_id": "al-ID",
    "rule_id": "r1",
    "rule_name": "Rule",
    "severity": "Low",
    "tactics": [
      "CredentialAccess"
    ],
    "techniques": [
      "T1528"
    ],
    "title": "ann did 1",
    "description": "What it is",
    "start_time": "1970-01-01T00:01:00Z",
    "end_time": "1970-01-01T00:01:00Z",
    "evaluated_at": "1970-01-01T01:00:00Z",
    "entities": [
      {
        "type": "Account",
        "identifiers": {
          "Name": "ann"
        }
      }
    ],
    "access_key_ids": [],
    "credentials": [],
    "root_credential": null,
    "incident_id": null,
    "event_ids": [],
    "event_count": 0,
    "evidence": "none",
    "custom": {
      "How": 1,
      "Absent": null
    },
    "row": {
      "Actor": "ann",
      "Count": 1,
      "Last": "1970-01-01T00:01:00Z"
    }
  }
]"#;
    let id = &alerts[0].alert_id;
    assert_eq!(id.len(), "al-".len() + 16);
    assert_eq!(json.replace(id.as_str(), "al-ID"), expected);
}

#[test]
fn rows_that_are_not_shown_are_named_by_their_titles() {
    let titled = "eventGroupingSettings: {aggregationKind: SingleAlert}\n\
        alertDetailsOverride: {alertDisplayNameFormat: \"{{Actor}} was there\"}\n\
        description: What it is\n";
    let check = |actors: &[Event], expected: &str| {
        let (alerts, _) = run(&rule(titled), Query::Count, actors, false);
        let texts: Vec<String> = alerts
            .iter()
            .map(|alert| format!("{}: {}", alert.title, alert.description))
            .collect();
        assert_eq!(texts, [expected]);
    };
    check(&[(0, "ann")], "ann was there: What it is");
    check(
        &[(0, "ann"), (MINUTE, "bob"), (2 * MINUTE, "cy")],
        "cy was there: What it is\nIn the same alert: ann was there; bob was there.",
    );
    let names = [
        "a01", "a02", "a03", "a04", "a05", "a06", "a07", "a08", "a09", "a10", "a11", "a12", "a13",
    ];
    let many: Vec<Event> = names.iter().map(|name| (0, *name)).collect();
    let ten: Vec<String> = names[..10]
        .iter()
        .map(|name| format!("{name} was there"))
        .collect();
    let ten = ten.join("; ");
    check(
        &many,
        &format!("a13 was there: What it is\nIn the same alert: {ten}; and 2 more."),
    );
}

#[test]
fn a_rule_without_schedule_is_evaluated_once() {
    let (alerts, instants) = run(
        &rule(""),
        Query::Count,
        &[(0, "ann"), (MINUTE, "ann")],
        false,
    );
    assert_eq!(
        instants,
        [Instant {
            now: MINUTE,
            window: Some((0, MINUTE))
        }]
    );
    assert_eq!(alerts.len(), 1);
    let (_, instants) = run(&rule(""), Query::NewActors, &[(0, "ann")], false);
    assert_eq!(
        instants,
        [Instant {
            now: 0,
            window: Some((-30 * MINUTE, 0))
        }]
    );
}
