//! What travels between `keyline serve` and its page, type by type.
//!
//! The page's TypeScript is generated from these (`ui/src/wire.gen.ts`, held fresh by a test), and the API's
//! description is made of the same. Alerts, credentials and plans travel in the shapes of the contract
//! (`keyline.alert/1`, `keyline.lineage/1`, `keyline.plan/1`) and are not written down again here.

mod acting;
mod standing;
mod trial;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use acting::*;
pub use standing::*;
pub use trial::*;

/// Milliseconds since 1970, UTC: what JavaScript counts in.
pub type Millis = f64;

/// How the server stands, and what it shows.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Health {
    pub version: String,
    pub phase: Phase,
    /// What is being done, or what went wrong.
    pub detail: Option<String>,
    /// From 0 to 1, while something is being done of which the end is known.
    pub progress: Option<f64>,
    /// What is shown: paths, or the name of a story.
    pub title: String,
    pub as_of: Option<String>,
    pub first_event: Option<String>,
    pub last_event: Option<String>,
    /// Name and value of each fact about what was read.
    pub coverage: Vec<(String, String)>,
    #[cfg_attr(test, ts(type = "number"))]
    pub events: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub bad_records: u64,
    pub rules: RuleCounts,
    pub alerts: usize,
    pub incidents: usize,
    /// Credentials of all incidents that work, or may.
    pub live_credentials: usize,
    pub demo: bool,
    /// Which making of the answers this is: they are made anew when a watch has found something.
    #[cfg_attr(test, ts(type = "number"))]
    pub made: u64,
    /// How far the watch is; null where none runs.
    pub watch: Option<WatchState>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    Reading,
    Ready,
    Failed,
}

#[derive(Clone, Copy, Debug, Default, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct RuleCounts {
    pub total: usize,
    pub ran: usize,
    pub failed: usize,
    /// Rules whose tables these logs do not have.
    pub idle: usize,
}

/// Why a request was not answered.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Refusal {
    pub error: RefusalText,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct RefusalText {
    pub message: String,
    pub hint: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Incidents {
    pub as_of: Option<String>,
    pub incidents: Vec<IncidentRow>,
    /// Notes and decisions are kept: a lake is shown.
    pub kept: bool,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct IncidentRow {
    pub incident_id: String,
    pub severity: String,
    pub title: String,
    pub root_credential: Option<String>,
    pub root_name: Option<String>,
    /// What the root is: a user, an instance, a role.
    pub root_what: Option<String>,
    pub account_id: Option<String>,
    pub account_name: Option<String>,
    pub alerts: usize,
    pub rules: usize,
    pub tactics: Vec<String>,
    pub tree_credentials: usize,
    pub live_credentials: usize,
    /// When the last of them ends by itself; null where one does not, or none works.
    pub live_until: Option<String>,
    pub first_event: String,
    pub last_event: String,
    /// Calls of the tree by time, from its first event to its last, in equal parts.
    pub activity: Vec<f64>,
    /// What people decided about it; null where no lake keeps that, or nobody has put it down yet.
    pub standing: Option<IncidentStanding>,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct IncidentPage {
    pub incident: IncidentRow,
    /// As in `keyline.alert/1`.
    #[cfg_attr(test, ts(type = "Alert[]"))]
    pub alerts: Vec<Value>,
    /// The credentials of the tree, parents before children.
    pub credentials: Vec<CredentialRow>,
    /// Credentials of the tree that are not listed.
    pub more: usize,
    /// What to run next.
    pub commands: Vec<String>,
    /// Notes and decisions are kept: a lake is shown.
    pub kept: bool,
}

/// A credential in a list.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct CredentialRow {
    pub id: String,
    /// Its short name: `AKIA…7Q2A`.
    pub name: String,
    /// Its whole key id.
    pub key: Option<String>,
    pub kind: String,
    /// What it is, in words: `GetSessionToken`, `→ role`.
    pub what: String,
    pub account_id: String,
    pub root: String,
    pub depth: u32,
    /// It works at the time of asking, or may.
    pub works: bool,
    /// The state in words; instants in it are in RFC 3339, and whoever shows it turns them into the reader's time.
    pub state: String,
    pub liveness: String,
    pub until: Option<String>,
    pub issued_at: Option<String>,
    pub first_used: Option<String>,
    pub last_used: Option<String>,
    #[cfg_attr(test, ts(type = "number"))]
    pub calls: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub errors: u64,
    pub alerts: usize,
    pub alarms: Vec<String>,
    pub production: bool,
    pub mfa: Option<String>,
    pub session_name: Option<String>,
    pub source_identity: Option<String>,
    pub source_ips: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct CredentialGroups {
    pub as_of: Option<String>,
    pub group: String,
    pub total: usize,
    pub alive: usize,
    pub groups: Vec<CredentialGroup>,
    pub groups_left_out: usize,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct CredentialGroup {
    pub key: String,
    pub label: String,
    pub total: usize,
    pub alive: usize,
    pub production: usize,
    pub credentials: Vec<CredentialRow>,
    /// Credentials of the group that are not listed.
    pub more: usize,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct CredentialPage {
    pub row: CredentialRow,
    /// As in `keyline.lineage/1`.
    #[cfg_attr(test, ts(type = "Credential"))]
    pub credential: Value,
    /// How sure the parent is, and why.
    pub sureness: String,
    pub because: String,
    /// From the root down to the credential itself.
    pub path: Vec<CredentialRow>,
    pub children: Vec<CredentialRow>,
    pub siblings: Vec<CredentialRow>,
    #[cfg_attr(test, ts(type = "Alert[]"))]
    pub alerts: Vec<Value>,
    pub commands: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct ActivityQuestion {
    pub credentials: Vec<String>,
    #[cfg_attr(test, ts(optional))]
    pub from: Option<Millis>,
    #[cfg_attr(test, ts(optional))]
    pub to: Option<Millis>,
}

/// What credentials did in a span of time.
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Activity {
    #[cfg_attr(test, ts(type = "number"))]
    pub calls: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub errors: u64,
    pub from: Millis,
    pub to: Millis,
    pub bins: Bins,
    pub actions: Vec<Tally>,
    pub addresses: Vec<Tally>,
    pub agents: Vec<Tally>,
    pub regions: Vec<Tally>,
    pub resources: Vec<Tally>,
    pub error_codes: Vec<Tally>,
    /// The query for these events.
    pub kql: String,
}

#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Bins {
    pub from: Millis,
    pub step: Millis,
    pub calls: Vec<f64>,
    pub errors: Vec<f64>,
}

/// How often something occurred, and when.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Tally {
    pub name: String,
    #[cfg_attr(test, ts(type = "number"))]
    pub calls: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub errors: u64,
    pub first: Millis,
    pub last: Millis,
}

/// The lineage timeline of a tree, in instants: whoever draws it chooses the pixels.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Lanes {
    pub root: String,
    pub title: String,
    pub headline: String,
    pub as_of: Millis,
    pub from: Millis,
    pub to: Millis,
    /// The span that shows everything.
    pub natural_from: Millis,
    pub natural_to: Millis,
    /// Calls by time over that span, in equal parts.
    pub overview: Vec<f64>,
    pub accounts: Vec<String>,
    pub rows: Vec<LaneRow>,
    /// What a limit left out, in words.
    pub left_out: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct LaneRow {
    /// Null: siblings alike, folded into one row.
    pub id: Option<String>,
    pub level: usize,
    /// No sibling follows.
    pub last: bool,
    /// Bit `i`: the ancestor on level `i` has a later sibling; 32 levels are told apart.
    pub guides: u32,
    pub has_branches: bool,
    pub name: String,
    pub key: Option<String>,
    pub what: String,
    #[cfg_attr(test, ts(type = "number"))]
    pub calls: u64,
    #[cfg_attr(test, ts(type = "number"))]
    pub errors: u64,
    /// A place in `accounts`, or beyond it.
    pub account: usize,
    pub works: bool,
    pub usable: bool,
    pub state: String,
    pub alarms: Vec<String>,
    pub doubt: Option<String>,
    pub bars: Vec<LaneBar>,
    /// Calls in short stretches of time.
    pub uses: Vec<LaneUse>,
    pub marks: Vec<LaneMark>,
    /// When it was minted, where a line leads down from the bar of its parent.
    pub thread: Option<Millis>,
    pub came_before: bool,
    pub goes_on: bool,
    pub addresses: Vec<String>,
    pub agents: Vec<String>,
    pub mfa: Option<String>,
    pub session_name: Option<String>,
}

/// A stretch of time in which a credential is valid.
#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct LaneBar {
    pub from: Millis,
    pub to: Millis,
    pub known: LaneKnown,
    pub holds: LaneHolds,
}

#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum LaneKnown {
    Surely,
    /// Only an upper bound is known.
    AtMost,
}

#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum LaneHolds {
    Duly,
    /// Something above it was switched off or revoked before.
    Outliving,
}

/// When it begins in milliseconds since 1970, how many of them it lasts, its height in thousandths of a bar's, and what
/// of it failed, in the same. A large tree has a hundred thousand of these: they are written short.
#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct LaneUse(
    #[cfg_attr(test, ts(type = "number"))] pub i64,
    #[cfg_attr(test, ts(type = "number"))] pub i64,
    pub u16,
    pub u16,
);

#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct LaneMark {
    pub at: Millis,
    pub kind: LaneMarkKind,
    /// How many stand at this place.
    pub number: usize,
}

#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum LaneMarkKind {
    Alert,
    Mints,
    Off,
    On,
    UsedAfterRevocation,
}

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct QueryQuestion {
    pub query: String,
    /// Rows to answer with at most.
    #[cfg_attr(test, ts(optional))]
    pub limit: Option<usize>,
    /// The time that every table of events is about.
    #[cfg_attr(test, ts(optional))]
    pub since: Option<Millis>,
    #[cfg_attr(test, ts(optional))]
    pub until: Option<Millis>,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct ColumnInfo {
    pub name: String,
    /// KQL's name of the type.
    #[serde(rename = "type")]
    pub ty: String,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct TableInfo {
    pub name: String,
    pub columns: Vec<ColumnInfo>,
    /// These logs have no such table; it is there so that queries can name it.
    pub empty: bool,
}

/// The last line of an answer.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct QueryDone {
    pub rows: usize,
    pub seconds: f64,
    pub truncated: bool,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct KqlText {
    pub query: String,
}

/// A place in a query. Offsets are in UTF-16 code units, as JavaScript counts.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct KqlPlace {
    pub query: String,
    pub offset: usize,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct KqlChecked {
    pub diagnostics: Vec<KqlDiagnostic>,
    /// What the query gives; null where it has errors.
    pub columns: Option<Vec<ColumnInfo>>,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct KqlDiagnostic {
    pub code: String,
    /// `error`, `unsupported` or `warning`.
    pub severity: String,
    pub message: String,
    pub start: usize,
    pub length: usize,
    pub line: usize,
    pub column: usize,
    pub help: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct KqlCompletion {
    /// Where the word begins that an item replaces.
    pub from: usize,
    pub items: Vec<KqlItem>,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct KqlItem {
    pub label: String,
    /// `table`, `column`, `function`, `operator` or `keyword`.
    pub kind: String,
    pub detail: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct KqlHover {
    pub start: usize,
    pub length: usize,
    pub text: String,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Rules {
    pub rules: Vec<RuleRow>,
    pub tactics: Vec<Tactic>,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Tactic {
    pub tactic: String,
    pub rules: usize,
    pub alerts: usize,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct RuleRow {
    pub rule_id: String,
    pub name: String,
    pub severity: String,
    pub tactics: Vec<String>,
    pub techniques: Vec<String>,
    pub schedule: String,
    /// `built-in`, or the file.
    pub origin: String,
    pub state: RuleState,
    pub why: Option<String>,
    pub alerts: usize,
    pub seconds: Option<f64>,
    #[cfg_attr(test, ts(type = "number | null"))]
    pub events: Option<u64>,
    /// When it was last evaluated, by the wall clock, and at how many instants of the logs.
    pub last_run: Option<String>,
    pub evaluations: Option<usize>,
    /// Cases beside it; null where nobody knows of any.
    pub cases: Option<usize>,
    pub description: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum RuleState {
    Ran,
    /// It ran into a limit.
    Limited,
    /// These logs do not have what it looks at.
    Idle,
    Failed,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct RulePage {
    pub row: RuleRow,
    pub query: String,
    #[cfg_attr(test, ts(type = "Alert[]"))]
    pub alerts: Vec<Value>,
}

#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct PlanQuestion {
    /// A credential id, a key id, an ARN, or an incident's id.
    pub target: String,
    /// RFC 3339.
    #[cfg_attr(test, ts(optional))]
    pub stolen_since: Option<String>,
    #[serde(default)]
    pub narrow: bool,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct PlanAnswer {
    /// As in `keyline.plan/1`.
    #[cfg_attr(test, ts(type = "Plan"))]
    pub plan: Value,
    /// Credentials of the plan that work now, and after it.
    pub before: usize,
    pub after: usize,
    pub markdown: String,
    pub script: String,
    /// How to carry it out.
    pub command: String,
    /// Where it stands.
    pub state: PlanState,
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use ts_rs::{Config, TS};

    use super::*;

    const HEAD: &str = "// Written by a test of crates/keyline/src/server/wire.rs (UPDATE_DOCS=1 writes it anew); do not edit.\n\n\
        import type { Alert, Credential, Plan } from \"./contract\";\n\n";

    /// The page's types are those of the server.
    #[test]
    fn the_pages_types_are_fresh() {
        let declarations: Vec<fn(&Config) -> String> = vec![
            Health::decl,
            Phase::decl,
            RuleCounts::decl,
            Refusal::decl,
            RefusalText::decl,
            Incidents::decl,
            IncidentRow::decl,
            IncidentPage::decl,
            IncidentStanding::decl,
            IncidentNote::decl,
            NoteQuestion::decl,
            CloseQuestion::decl,
            IncidentEvent::decl,
            WatchState::decl,
            WatchLag::decl,
            CredentialRow::decl,
            CredentialGroups::decl,
            CredentialGroup::decl,
            CredentialPage::decl,
            ActivityQuestion::decl,
            Activity::decl,
            Bins::decl,
            Tally::decl,
            Lanes::decl,
            LaneRow::decl,
            LaneBar::decl,
            LaneKnown::decl,
            LaneHolds::decl,
            LaneUse::decl,
            LaneMark::decl,
            LaneMarkKind::decl,
            QueryQuestion::decl,
            ColumnInfo::decl,
            TableInfo::decl,
            QueryDone::decl,
            KqlText::decl,
            KqlPlace::decl,
            KqlChecked::decl,
            KqlDiagnostic::decl,
            KqlCompletion::decl,
            KqlItem::decl,
            KqlHover::decl,
            Rules::decl,
            Tactic::decl,
            RuleRow::decl,
            RuleState::decl,
            RulePage::decl,
            PlanQuestion::decl,
            PlanAnswer::decl,
            Me::decl,
            KeptPlans::decl,
            PlanSummary::decl,
            PlanPhase::decl,
            PlanState::decl,
            StepState::decl,
            StepPhase::decl,
            StepEvent::decl,
            Verified::decl,
            ApproveQuestion::decl,
            RunQuestion::decl,
            UndoQuestion::decl,
            UndoAnswer::decl,
            AuditLog::decl,
            AuditEntry::decl,
            RuleQuestion::decl,
            RuleTrial::decl,
            TriedRule::decl,
            RuleProblem::decl,
            TriedCase::decl,
            RuleTests::decl,
        ];
        let config = Config::default();
        let mut text = HEAD.to_owned();
        for declaration in declarations {
            text.push_str(&format!("export {}\n\n", declaration(&config)));
        }
        let text = format!("{}\n", text.trim_end());
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/src/wire.gen.ts");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            written == text,
            "stale: run the test with UPDATE_DOCS=1 and commit `ui/src/wire.gen.ts`"
        );
    }
}
