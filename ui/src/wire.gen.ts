// Written by a test of crates/keyline/src/server/wire.rs (UPDATE_DOCS=1 writes it anew); do not edit.

import type { Alert, Credential, Plan } from "./contract";

export type Health = { version: string, phase: Phase, 
/**
 * What is being done, or what went wrong.
 */
detail: string | null, 
/**
 * From 0 to 1, while something is being done of which the end is known.
 */
progress: number | null, 
/**
 * What is shown: paths, or the name of a story.
 */
title: string, as_of: string | null, first_event: string | null, last_event: string | null, 
/**
 * Name and value of each fact about what was read.
 */
coverage: Array<[string, string]>, events: number, bad_records: number, rules: RuleCounts, alerts: number, incidents: number, 
/**
 * Credentials of all incidents that work, or may.
 */
live_credentials: number, demo: boolean, 
/**
 * Which making of the answers this is: they are made anew when a watch has found something.
 */
made: number, 
/**
 * How far the watch is; null where none runs.
 */
watch: WatchState | null, };

export type Phase = "reading" | "ready" | "failed";

export type RuleCounts = { total: number, ran: number, failed: number, 
/**
 * Rules whose tables these logs do not have.
 */
idle: number, };

export type Refusal = { error: RefusalText, };

export type RefusalText = { message: string, hint: string | null, };

export type Incidents = { as_of: string | null, incidents: Array<IncidentRow>, 
/**
 * Notes and decisions are kept: a lake is shown.
 */
kept: boolean, };

export type IncidentRow = { incident_id: string, severity: string, title: string, root_credential: string | null, root_name: string | null, 
/**
 * What the root is: a user, an instance, a role.
 */
root_what: string | null, account_id: string | null, account_name: string | null, alerts: number, rules: number, tactics: Array<string>, tree_credentials: number, live_credentials: number, 
/**
 * When the last of them ends by itself; null where one does not, or none works.
 */
live_until: string | null, first_event: string, last_event: string, 
/**
 * Calls of the tree by time, from its first event to its last, in equal parts.
 */
activity: Array<number>, 
/**
 * What people decided about it; null where no lake keeps that, or nobody has put it down yet.
 */
standing: IncidentStanding | null, };

export type IncidentPage = { incident: IncidentRow, 
/**
 * As in `keyline.alert/1`.
 */
alerts: Alert[], 
/**
 * The credentials of the tree, parents before children.
 */
credentials: Array<CredentialRow>, 
/**
 * Credentials of the tree that are not listed.
 */
more: number, 
/**
 * What to run next.
 */
commands: Array<string>, 
/**
 * Notes and decisions are kept: a lake is shown.
 */
kept: boolean, };

export type IncidentStanding = { 
/**
 * Counted from 1 in the order in which they were opened.
 */
number: number, 
/**
 * `New`, `Active` (opened again) or `Closed`.
 */
status: string, 
/**
 * What it was, once it is closed: `TruePositive`, `BenignPositive`, `FalsePositive` or `Undetermined`.
 */
classification: string | null, opened_at: string, closed_at: string | null, modified_at: string, modified_by: string, notes: Array<IncidentNote>, };

export type IncidentNote = { at: string, by: string, text: string, };

export type NoteQuestion = { text: string, };

export type CloseQuestion = { 
/**
 * `TruePositive`, `BenignPositive`, `FalsePositive` or `Undetermined`.
 */
classification: string, 
/**
 * Why, for whoever reads it later.
 */
note?: string, };

export type IncidentEvent = { incident_id: string, };

export type WatchState = { 
/**
 * Everything that was found has been taken in and judged once.
 */
ready: boolean, 
/**
 * Why it is not well, if it is not.
 */
trouble: string | null, files: number, files_waiting: number, events: number, 
/**
 * Events that were added within the last minute.
 */
events_a_minute: number, bad_records: number, alerts: number, incidents: number, 
/**
 * The time of the last event, in seconds since 1970.
 */
last_event: number | null, 
/**
 * From the writing of the files that were taken in last to the commit of their events, in seconds.
 */
lag: number | null, lag_to_row: WatchLag, lag_to_alert: WatchLag, };

export type WatchLag = { p50: number | null, p99: number | null, };

export type CredentialRow = { id: string, 
/**
 * Its short name: `AKIA…7Q2A`.
 */
name: string, 
/**
 * Its whole key id.
 */
key: string | null, kind: string, 
/**
 * What it is, in words: `GetSessionToken`, `→ role`.
 */
what: string, account_id: string, root: string, depth: number, 
/**
 * It works at the time of asking, or may.
 */
works: boolean, 
/**
 * The state in words; instants in it are in RFC 3339, and whoever shows it turns them into the reader's time.
 */
state: string, liveness: string, until: string | null, issued_at: string | null, first_used: string | null, last_used: string | null, calls: number, errors: number, alerts: number, alarms: Array<string>, production: boolean, mfa: string | null, session_name: string | null, source_identity: string | null, source_ips: Array<string>, };

export type CredentialGroups = { as_of: string | null, group: string, total: number, alive: number, groups: Array<CredentialGroup>, groups_left_out: number, };

export type CredentialGroup = { key: string, label: string, total: number, alive: number, production: number, credentials: Array<CredentialRow>, 
/**
 * Credentials of the group that are not listed.
 */
more: number, };

export type CredentialPage = { row: CredentialRow, 
/**
 * As in `keyline.lineage/1`.
 */
credential: Credential, 
/**
 * How sure the parent is, and why.
 */
sureness: string, because: string, 
/**
 * From the root down to the credential itself.
 */
path: Array<CredentialRow>, children: Array<CredentialRow>, siblings: Array<CredentialRow>, alerts: Alert[], commands: Array<string>, };

export type ActivityQuestion = { credentials: Array<string>, from?: number, to?: number, };

export type Activity = { calls: number, errors: number, from: number, to: number, bins: Bins, actions: Array<Tally>, addresses: Array<Tally>, agents: Array<Tally>, regions: Array<Tally>, resources: Array<Tally>, error_codes: Array<Tally>, 
/**
 * The query for these events.
 */
kql: string, };

export type Bins = { from: number, step: number, calls: Array<number>, errors: Array<number>, };

export type Tally = { name: string, calls: number, errors: number, first: number, last: number, };

export type Lanes = { root: string, title: string, headline: string, as_of: number, from: number, to: number, 
/**
 * The span that shows everything.
 */
natural_from: number, natural_to: number, 
/**
 * Calls by time over that span, in equal parts.
 */
overview: Array<number>, accounts: Array<string>, rows: Array<LaneRow>, 
/**
 * What a limit left out, in words.
 */
left_out: string | null, };

export type LaneRow = { 
/**
 * Null: siblings alike, folded into one row.
 */
id: string | null, level: number, 
/**
 * No sibling follows.
 */
last: boolean, 
/**
 * Bit `i`: the ancestor on level `i` has a later sibling; 32 levels are told apart.
 */
guides: number, has_branches: boolean, name: string, key: string | null, what: string, calls: number, errors: number, 
/**
 * A place in `accounts`, or beyond it.
 */
account: number, works: boolean, usable: boolean, state: string, alarms: Array<string>, doubt: string | null, bars: Array<LaneBar>, 
/**
 * Calls in short stretches of time.
 */
uses: Array<LaneUse>, marks: Array<LaneMark>, 
/**
 * When it was minted, where a line leads down from the bar of its parent.
 */
thread: number | null, came_before: boolean, goes_on: boolean, addresses: Array<string>, agents: Array<string>, mfa: string | null, session_name: string | null, };

export type LaneBar = { from: number, to: number, known: LaneKnown, holds: LaneHolds, };

export type LaneKnown = "surely" | "at-most";

export type LaneHolds = "duly" | "outliving";

export type LaneUse = [number, number, number, number];

export type LaneMark = { at: number, kind: LaneMarkKind, 
/**
 * How many stand at this place.
 */
number: number, };

export type LaneMarkKind = "alert" | "mints" | "off" | "on" | "used-after-revocation";

export type QueryQuestion = { query: string, 
/**
 * Rows to answer with at most.
 */
limit?: number, 
/**
 * The time that every table of events is about.
 */
since?: number, until?: number, };

export type ColumnInfo = { name: string, 
/**
 * KQL's name of the type.
 */
type: string, };

export type TableInfo = { name: string, columns: Array<ColumnInfo>, 
/**
 * These logs have no such table; it is there so that queries can name it.
 */
empty: boolean, };

export type QueryDone = { rows: number, seconds: number, truncated: boolean, };

export type KqlText = { query: string, };

export type KqlPlace = { query: string, offset: number, };

export type KqlChecked = { diagnostics: Array<KqlDiagnostic>, 
/**
 * What the query gives; null where it has errors.
 */
columns: Array<ColumnInfo> | null, };

export type KqlDiagnostic = { code: string, 
/**
 * `error`, `unsupported` or `warning`.
 */
severity: string, message: string, start: number, length: number, line: number, column: number, help: string | null, };

export type KqlCompletion = { 
/**
 * Where the word begins that an item replaces.
 */
from: number, items: Array<KqlItem>, };

export type KqlItem = { label: string, 
/**
 * `table`, `column`, `function`, `operator` or `keyword`.
 */
kind: string, detail: string | null, };

export type KqlHover = { start: number, length: number, text: string, };

export type Rules = { rules: Array<RuleRow>, tactics: Array<Tactic>, };

export type Tactic = { tactic: string, rules: number, alerts: number, };

export type RuleRow = { rule_id: string, name: string, severity: string, tactics: Array<string>, techniques: Array<string>, schedule: string, 
/**
 * `built-in`, or the file.
 */
origin: string, state: RuleState, why: string | null, alerts: number, seconds: number | null, events: number | null, 
/**
 * When it was last evaluated, by the wall clock, and at how many instants of the logs.
 */
last_run: string | null, evaluations: number | null, 
/**
 * Cases beside it; null where nobody knows of any.
 */
cases: number | null, description: string, };

export type RuleState = "ran" | "limited" | "idle" | "failed";

export type RulePage = { row: RuleRow, query: string, alerts: Alert[], };

export type PlanQuestion = { 
/**
 * A credential id, a key id, an ARN, or an incident's id.
 */
target: string, 
/**
 * RFC 3339.
 */
stolen_since?: string, narrow: boolean, };

export type PlanAnswer = { 
/**
 * As in `keyline.plan/1`.
 */
plan: Plan, 
/**
 * Credentials of the plan that work now, and after it.
 */
before: number, after: number, markdown: string, script: string, 
/**
 * How to carry it out.
 */
command: string, 
/**
 * Where it stands.
 */
state: PlanState, };

export type Me = { name: string, 
/**
 * `viewer`, `analyst`, `responder` or `approver`; each may do what those before may.
 */
role: string, 
/**
 * A token let them in, which they can give back.
 */
signed_in: boolean, 
/**
 * Plans can be carried out from here.
 */
containment: boolean, 
/**
 * Why they cannot, and how they could.
 */
why_not: string | null, 
/**
 * Who approves a plan does not run it.
 */
two_persons: boolean, 
/**
 * Rules can be kept from here.
 */
rule_edit: boolean, };

export type KeptPlans = { plans: Array<PlanSummary>, };

export type PlanSummary = { plan_id: string, hash: string, target: string, headline: string, made_at: string, phase: PlanPhase, 
/**
 * What is being done to it at this moment.
 */
busy: string | null, approved_by: string | null, approved_at: string | null, 
/**
 * An approval that nobody used by then is none.
 */
approved_until: string | null, 
/**
 * Who runs it, or ran it last.
 */
run_by: string | null, 
/**
 * Steps that are done, of those that Keyline takes.
 */
done: number, steps: number, failed: number, verified_at: string | null, };

export type PlanPhase = "drawn" | "approved" | "running" | "stopped" | "partly" | "done" | "holds" | "broken";

export type PlanState = { summary: PlanSummary, steps: Array<StepState>, 
/**
 * Why it was not carried out at all, or not to its end.
 */
error: string | null, verified: Verified | null, };

export type StepState = { step: string, phase: StepPhase, 
/**
 * As the journal has it.
 */
at: string | null, 
/**
 * Why it was skipped or failed, or in which other way it was done.
 */
why: string | null, 
/**
 * Keys that came to light at it and were switched off.
 */
found: Array<string>, };

export type StepPhase = "waiting" | "begun" | "done" | "already-done" | "skipped" | "failed" | "undone" | "undo-failed";

export type StepEvent = { plan_id: string, step: StepState, };

export type Verified = { at: string, by: string, 
/**
 * Everything is as it was left.
 */
holds: boolean, 
/**
 * What is not.
 */
findings: Array<string>, 
/**
 * Who got through after the cut, by the logs that are shown.
 */
alarms: Array<string>, 
/**
 * Until when those logs reach.
 */
logs_until: string | null, };

export type ApproveQuestion = { plan_id: string, 
/**
 * The whole hash of the plan that was read.
 */
hash: string, };

export type RunQuestion = { 
/**
 * Steps that ask again, and were confirmed.
 */
confirm: Array<string>, };

export type UndoQuestion = { step: string, 
/**
 * Take it back although the plan says that the thief has it.
 */
force: boolean, };

export type UndoAnswer = { undone: boolean, why: string | null, state: PlanState, };

export type AuditLog = { entries: Array<AuditEntry>, 
/**
 * There may be older ones.
 */
older: boolean, 
/**
 * Where the log is kept.
 */
file: string, };

export type AuditEntry = { at: string, who: string, role: string, from: string, what: string, on: string, more: string, };

export type RuleQuestion = { 
/**
 * The name of the file that it comes from.
 */
file: string, 
/**
 * The rule in YAML.
 */
rule: string, 
/**
 * Its cases in YAML.
 */
cases?: string, };

export type RuleTrial = { rules: Array<TriedRule>, problems: Array<RuleProblem>, cases: Array<TriedCase>, 
/**
 * It can run, and no case fails.
 */
passed: boolean, 
/**
 * The file in which it is kept, and from which it runs after the next start.
 */
kept: string | null, };

export type TriedRule = { rule_id: string, name: string, severity: string, 
/**
 * `ok`, `error` or `unsupported`.
 */
state: string, schedule: string, 
/**
 * A rule of this id runs already.
 */
known: boolean, };

export type RuleProblem = { file: string, line: number, column: number, 
/**
 * `error`, `unsupported` or `warning`.
 */
severity: string, message: string, help: string | null, };

export type TriedCase = { name: string, line: number, must_fire: boolean, passed: boolean, 
/**
 * What is not as expected.
 */
why: Array<string>, };

export type RuleTests = { cases: Array<TriedCase>, 
/**
 * Cases that were left out: `keyline rules test` runs them all.
 */
more: number, };
