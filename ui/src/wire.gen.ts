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
live_credentials: number, demo: boolean, };

export type Phase = "reading" | "ready" | "failed";

export type RuleCounts = { total: number, ran: number, failed: number, 
/**
 * Rules whose tables these logs do not have.
 */
idle: number, };

export type Refusal = { error: RefusalText, };

export type RefusalText = { message: string, hint: string | null, };

export type Incidents = { as_of: string | null, incidents: Array<IncidentRow>, };

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
activity: Array<number>, };

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
commands: Array<string>, };

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
 * The state in words.
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
account: number, works: boolean, usable: boolean, state: string, alarms: Array<string>, doubt: string | null, bars: Array<LaneBar>, uses: Array<LaneUse>, marks: Array<LaneMark>, 
/**
 * When it was minted, where a line leads down from the bar of its parent.
 */
thread: number | null, came_before: boolean, goes_on: boolean, addresses: Array<string>, agents: Array<string>, mfa: string | null, session_name: string | null, };

export type LaneBar = { from: number, to: number, known: LaneKnown, holds: LaneHolds, };

export type LaneKnown = "surely" | "at-most";

export type LaneHolds = "duly" | "outliving";

export type LaneUse = { from: number, to: number, height: number, failed: number, };

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
limit?: number, };

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
origin: string, state: RuleState, why: string | null, alerts: number, seconds: number | null, events: number | null, description: string, };

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
command: string, };
