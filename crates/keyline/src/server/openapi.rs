//! The description of the API, `docs/openapi.json`, made of the types that travel; a test holds it fresh.
//!
//! In: a table of addresses and the types of `wire.rs`. Out: OpenAPI 3.1. It is compiled for tests only; the
//! server hands the file out as it is.

use std::path::Path;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::wire;

/// What is asked at an address, and what comes back.
struct Route {
    method: &'static str,
    path: &'static str,
    says: &'static str,
    /// Names, types and meanings of what stands behind the `?`.
    query: &'static [(&'static str, &'static str, &'static str)],
    body: Option<Schema>,
    answer: Answer,
}

type Schema = fn(&mut SchemaGenerator) -> Value;

enum Answer {
    Json(Schema),
    /// Something else, by its media type.
    Text(&'static str),
}

fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Value {
    generator.subschema_for::<T>().to_value()
}

fn get(path: &'static str, says: &'static str, answer: Answer) -> Route {
    Route {
        method: "get",
        path,
        says,
        query: &[],
        body: None,
        answer,
    }
}

fn post(path: &'static str, says: &'static str, body: Schema, answer: Answer) -> Route {
    Route {
        method: "post",
        path,
        says,
        query: &[],
        body: Some(body),
        answer,
    }
}

/// A deed that nothing more is said about.
fn act(path: &'static str, says: &'static str, answer: Answer) -> Route {
    Route {
        method: "post",
        ..get(path, says, answer)
    }
}

impl Route {
    fn asking(mut self, query: &'static [(&'static str, &'static str, &'static str)]) -> Route {
        self.query = query;
        self
    }
}

const SPAN: (&str, &str, &str) = (
    "from",
    "number",
    "The beginning, in milliseconds since 1970",
);
const UNTIL: (&str, &str, &str) = ("to", "number", "The end, in milliseconds since 1970");

fn routes() -> Vec<Route> {
    use Answer::{Json, Text};
    vec![
        get(
            "/api/openapi.json",
            "This description",
            Text("application/json"),
        ),
        get(
            "/api/health",
            "How the server stands, and what was read",
            Json(of::<wire::Health>),
        ),
        get(
            "/api/stream",
            "The health now and after each change",
            Text("text/event-stream"),
        ),
        get(
            "/api/events",
            "What happens: the health, plans and their steps, incidents, alerts and the watch, each as an event of that name",
            Text("text/event-stream"),
        ),
        get(
            "/api/me",
            "Who asks, and what can be done from here",
            Json(of::<wire::Me>),
        ),
        get(
            "/api/incidents",
            "Incidents, the most severe first",
            Json(of::<wire::Incidents>),
        ),
        get(
            "/api/incidents/{id}",
            "An incident with its alerts and its tree",
            Json(of::<wire::IncidentPage>),
        ),
        get(
            "/api/incidents/{id}/case.html",
            "An incident as one page to keep: its timeline, alerts, notes and plans",
            Text("text/html"),
        ),
        post(
            "/api/incidents/{id}/note",
            "Adds a note to an incident of a lake; for analysts",
            of::<wire::NoteQuestion>,
            Json(of::<wire::IncidentStanding>),
        ),
        post(
            "/api/incidents/{id}/close",
            "Closes an incident of a lake, and says what it was; for analysts",
            of::<wire::CloseQuestion>,
            Json(of::<wire::IncidentStanding>),
        ),
        act(
            "/api/incidents/{id}/reopen",
            "Opens an incident of a lake again; for analysts",
            Json(of::<wire::IncidentStanding>),
        ),
        get(
            "/api/credentials",
            "Credentials in groups",
            Json(of::<wire::CredentialGroups>),
        )
        .asking(&[
            (
                "group",
                "string",
                "root, mfa, source-identity, address, session-name, role or kind",
            ),
            ("alive", "integer", "1: those that work, or may"),
            ("production", "integer", "1: those that touch production"),
            (
                "q",
                "string",
                "An id, a key, an ARN, a user, a role, a session name, an address",
            ),
            (
                "since",
                "number",
                "Those at work since then, in milliseconds since 1970",
            ),
            (
                "until",
                "number",
                "Those at work until then, in milliseconds since 1970",
            ),
        ]),
        get(
            "/api/credentials/{id}",
            "A credential by id, alias or access key id",
            Json(of::<wire::CredentialPage>),
        ),
        get(
            "/api/credentials/{id}/activity",
            "What a credential did",
            Json(of::<wire::Activity>),
        )
        .asking(&[
            SPAN,
            UNTIL,
            ("below", "integer", "1: what it minted as well"),
        ]),
        post(
            "/api/activity",
            "What several credentials did",
            of::<wire::ActivityQuestion>,
            Json(of::<wire::Activity>),
        ),
        get(
            "/api/lineage/{id}/lanes",
            "The timeline of a tree, in instants",
            Json(of::<wire::Lanes>),
        )
        .asking(&[
            SPAN,
            UNTIL,
            ("px", "number", "How wide the lanes are, in pixels"),
            (
                "as_of",
                "number",
                "The instant that is asked about, in milliseconds since 1970",
            ),
            ("all", "integer", "1: fold nothing"),
        ]),
        get(
            "/api/lineage/{id}/timeline.svg",
            "The timeline as a picture",
            Text("image/svg+xml"),
        ),
        get(
            "/api/lineage/{id}/report.html",
            "The timeline as a report",
            Text("text/html"),
        ),
        get(
            "/api/lineage/{id}/tree.txt",
            "The tree as text",
            Text("text/plain"),
        ),
        post(
            "/api/query",
            "The rows of a query, a JSON document a line",
            of::<wire::QueryQuestion>,
            Text("application/x-ndjson"),
        ),
        get(
            "/api/tables",
            "Tables and their columns",
            Json(of::<Vec<wire::TableInfo>>),
        ),
        post(
            "/api/kql/check",
            "What is wrong with a query, and what it gives",
            of::<wire::KqlText>,
            Json(of::<wire::KqlChecked>),
        ),
        post(
            "/api/kql/complete",
            "What may stand in a place",
            of::<wire::KqlPlace>,
            Json(of::<wire::KqlCompletion>),
        ),
        post(
            "/api/kql/hover",
            "What a word means",
            of::<wire::KqlPlace>,
            Json(of::<Option<wire::KqlHover>>),
        ),
        post(
            "/api/kql/format",
            "A query in its usual form",
            of::<wire::KqlText>,
            Json(of::<wire::KqlText>),
        ),
        get(
            "/api/rules",
            "Rules with their state, cost and alerts",
            Json(of::<wire::Rules>),
        ),
        post(
            "/api/rules",
            "Tries a rule and keeps it, where the server lets rules be kept; for analysts",
            of::<wire::RuleQuestion>,
            Json(of::<wire::RuleTrial>),
        ),
        post(
            "/api/rules/try",
            "Checks a rule and runs it over its cases",
            of::<wire::RuleQuestion>,
            Json(of::<wire::RuleTrial>),
        ),
        get(
            "/api/rules/{id}",
            "A rule with its query and its alerts",
            Json(of::<wire::RulePage>),
        ),
        act(
            "/api/rules/{id}/test",
            "Runs a rule over the cases beside it; for analysts",
            Json(of::<wire::RuleTests>),
        ),
        post(
            "/api/contain/plan",
            "A plan that would stop a tree; nothing is carried out",
            of::<wire::PlanQuestion>,
            Json(of::<wire::PlanAnswer>),
        ),
        get(
            "/api/contain/plans",
            "Plans that are kept, the newest first",
            Json(of::<wire::KeptPlans>),
        ),
        get(
            "/api/contain/plans/{id}",
            "A plan that was drawn up or is kept, and where it stands",
            Json(of::<wire::PlanAnswer>),
        ),
        post(
            "/api/contain/approve",
            "Approves a plan by its whole hash; for approvers",
            of::<wire::ApproveQuestion>,
            Json(of::<wire::PlanState>),
        ),
        post(
            "/api/contain/plans/{id}/run",
            "Carries an approved plan out; for responders",
            of::<wire::RunQuestion>,
            Json(of::<wire::PlanState>),
        ),
        act(
            "/api/contain/plans/{id}/stop",
            "Lets a run take no further step",
            Json(of::<wire::PlanState>),
        ),
        act(
            "/api/contain/plans/{id}/verify",
            "Looks whether a plan still holds",
            Json(of::<wire::PlanState>),
        ),
        post(
            "/api/contain/plans/{id}/undo",
            "Takes a step back, if the plan's rules let it",
            of::<wire::UndoQuestion>,
            Json(of::<wire::UndoAnswer>),
        ),
        get(
            "/api/audit",
            "What was done, the newest first; for analysts",
            Json(of::<wire::AuditLog>),
        )
        .asking(&[
            ("who", "string", "A name"),
            ("what", "string", "A deed, such as plan-run"),
            ("q", "string", "A text that stands anywhere in it"),
            ("since", "string", "An instant in RFC 3339, or a date"),
            ("until", "string", "An instant in RFC 3339, or a date"),
            ("limit", "integer", "Deeds at most"),
        ]),
    ]
}

fn document() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    let refusal = of::<wire::Refusal>(&mut generator);
    let mut paths = Map::new();
    for route in routes() {
        let answer = match route.answer {
            Answer::Json(schema) => json!({"application/json": {"schema": schema(&mut generator)}}),
            Answer::Text(kind) => json!({kind: {}}),
        };
        let mut parameters: Vec<Value> = Vec::new();
        if route.path.contains("{id}") {
            parameters.push(
                json!({"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}),
            );
        }
        for (name, ty, says) in route.query {
            parameters.push(
                json!({"name": name, "in": "query", "description": says, "schema": {"type": ty}}),
            );
        }
        if route.method == "post" {
            let schema = json!({"type": "string", "enum": ["1"]});
            parameters.push(
                json!({"name": "x-keyline", "in": "header", "required": true, "schema": schema}),
            );
        }
        let mut operation = json!({
            "summary": route.says,
            "parameters": parameters,
            "responses": {
                "200": {"description": "The answer", "content": answer},
                "default": {"description": "Why there is none", "content": {"application/json": {"schema": refusal}}},
            },
        });
        if let Some(body) = route.body {
            let schema = body(&mut generator);
            operation["requestBody"] = json!({
                "required": true,
                "content": {"application/json": {"schema": schema}},
            });
        }
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        path[route.method] = operation;
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Keyline",
            "version": "1",
            "description": "What `keyline serve` answers. Alerts, credentials and plans are those of the commands.",
            "license": {"name": "Apache-2.0"},
        },
        "paths": paths,
        "components": {"schemas": generator.take_definitions(true)},
    })
}

#[test]
fn the_description_of_the_api_is_fresh() {
    let text = format!("{:#}\n", document());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &text).expect("the file can be written");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == text,
        "stale: run the test with UPDATE_DOCS=1 and commit `docs/openapi.json`"
    );
}

/// A route that is not described is none.
#[test]
fn every_route_is_described() {
    let source = include_str!("routes/mod.rs");
    let named = source
        .lines()
        .filter_map(|line| line.trim().strip_prefix(".route(\""));
    let named: Vec<&str> = named.filter_map(|line| line.split('"').next()).collect();
    let described: Vec<&str> = routes().iter().map(|route| route.path).collect();
    for path in named
        .iter()
        .filter(|path| path.starts_with("/api/") && !path.contains('*'))
    {
        assert!(described.contains(path), "{path} is not described");
    }
    for path in described {
        assert!(named.contains(&path), "{path} is described and not there");
    }
}
