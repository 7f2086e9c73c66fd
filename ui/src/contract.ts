/// The documents that the command line writes too: `keyline.alert/1`, `keyline.lineage/1`, `keyline.plan/1`.
/// Only what the pages read is named.

export interface Alert {
  alert_id: string;
  rule_id: string;
  rule_name: string;
  severity: string;
  tactics: string[];
  techniques: string[];
  title: string;
  description: string;
  start_time: string;
  end_time: string;
  entities: { type: string; identifiers: Record<string, unknown> }[];
  access_key_ids: string[];
  credentials: string[];
  root_credential: string | null;
  incident_id: string | null;
  event_ids: string[];
  event_count: number;
}

export interface Credential {
  id: string;
  kind: string;
  access_key_ids: string[];
  aliases: string[];
  account_id: string;
  principal_arn: string | null;
  role_arn: string | null;
  session_name: string | null;
  user_name: string | null;
  source_identity: string | null;
  issued_at: string | null;
  expires_at: string | null;
  issuing_api: string | null;
  issuing_event_ids: string[];
  mfa: { authenticated: boolean | null; serial: string | null };
  first_used: string | null;
  last_used: string | null;
  event_count: number;
  error_count: number;
  source_ips: string[];
  user_agents: string[];
  used_in_accounts: string[];
  changes: { at: string; effect: string; by: string; event_id: string; by_credential: string | null }[];
}

export interface Step {
  id: string;
  phase: string;
  kind: string;
  account: string | null;
  region: string | null;
  service: string;
  action: string;
  params: Record<string, unknown>;
  credential: string | null;
  why: string;
  stops: string[];
  breaks: string[];
  breaks_count: number;
  /// Who loses more than sessions: a user who is denied everything, an instance that loses AWS.
  cuts_off: string[];
  reversible: boolean;
  undo: { service: string; action: string } | null;
  requires: string[];
  depends_on: string[];
  verify: string;
  needs_confirmation: boolean;
  by_hand: boolean;
  commands: string[];
}

export interface Plan {
  plan_id: string;
  hash: string;
  made_at: string;
  as_of: string;
  target: string;
  breadth: string;
  stolen_since: string | null;
  credentials: string[];
  /// Who came in by something that the tree made or changed.
  let_in: { credential: string; event_id: string; certainty: string; why: string }[];
  steps: Step[];
  still_alive_after: { credential: string; until: string | null; why: string }[];
  refused: { target: string; why: string }[];
  notes: string[];
  zombies_until: string | null;
  alternative: { breadth: string; steps: number; breaks: number; still_alive_after: number } | null;
  names: Record<string, { what: string; until: string | null }>;
  permissions: { Version: string; Statement: { Action: string[]; Resource: string[] }[] };
}
