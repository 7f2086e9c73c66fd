/// All incidents, the worst first: what, from which root, how much of it still works, and what people decided.
import { useRef } from "preact/hooks";
import { useAnswer } from "../api";
import { useHealth } from "../health";
import { useKeys } from "../keys";
import { Files } from "../parts/files";
import { Answered, Notice, Severity, Spark } from "../parts/parts";
import { address, go, replace, usePlace } from "../route";
import { plural } from "../text";
import { PHASES } from "../contain/state";
import { isWhole, touches, useScope } from "../scope";
import { exact, millis, moment, span, useZone } from "../time";
import type { IncidentRow, Incidents, KeptPlans, PlanSummary } from "../wire.gen";
import { inWords } from "./Notes";
import "./incidents.css";

const SEVERITIES = ["High", "Medium", "Low", "Informational"];

export function IncidentsScreen() {
  const answer = useAnswer<Incidents>("/api/incidents");
  return (
    <div class="screen">
      <Answered answer={answer} what="incidents">
        {(data) => <List all={data.incidents} kept={data.kept} />}
      </Answered>
    </div>
  );
}

/// Which of the incidents are shown, where people decide about them.
const SHOWN: [string, string][] = [["", "Open"], ["closed", "Closed"], ["all", "All"]];

export const isClosed = (row: IncidentRow) => row.standing?.status === "Closed";

function List({ all, kept }: { all: IncidentRow[]; kept: boolean }) {
  useZone();
  const { query } = usePlace();
  const health = useHealth();
  const plans = useAnswer<KeptPlans>("/api/contain/plans").data?.plans ?? [];
  const standing = kept ? (query.get("status") ?? "") : "all";
  const closed = all.filter(isClosed).length;
  const table = useRef<HTMLTableSectionElement>(null);
  const wanted = query.get("severity");
  const text = (query.get("q") ?? "").toLowerCase();
  const scope = useScope();
  const rows = all.filter(
    (row) =>
      touches(scope, row.first_event, row.last_event) &&
      (standing === "all" || isClosed(row) === (standing === "closed")) &&
      (!wanted || row.severity === wanted) &&
      (!text || [row.title, row.root_name, row.root_what, row.account_id, ...row.tactics].join(" ").toLowerCase().includes(text)),
  );
  const step = (by: number) => {
    const links = [...(table.current?.querySelectorAll<HTMLElement>("a.incident") ?? [])];
    const at = links.indexOf(document.activeElement as HTMLElement);
    links[Math.max(0, Math.min(links.length - 1, at + by))]?.focus();
  };
  const focused = () => rows.find((row) => row.incident_id === (document.activeElement as HTMLElement | null)?.dataset.id) ?? rows[0];
  useKeys("Incidents", [
    { keys: "j", does: "next incident", on: ["j", "ArrowDown"], run: () => step(1) },
    { keys: "k", does: "previous incident", on: ["k", "ArrowUp"], run: () => step(-1) },
    { keys: "l", does: "its timeline", on: ["l"], run: () => { const row = focused(); if (row?.root_credential) go(address(["lineage", row.root_credential])); } },
    { keys: "c", does: "plan its containment", on: ["c"], run: () => { const row = focused(); if (row) go(address(["contain"], { target: row.root_credential ?? row.incident_id })); } },
  ], [{ keys: "↵", does: "open" }]);
  const open = all.filter((row) => !isClosed(row));
  const live = open.reduce((sum, row) => sum + row.live_credentials, 0);
  const contained = open.filter((row) => planOf(row, plans)?.phase === "holds").length;
  const tally = [kept ? `${open.length} open` : null, contained ? `${contained} contained` : null, kept ? `${closed} closed` : null].filter(Boolean).join(" · ");
  return (
    <>
      <div class="head">
        <div class="grow">
          <h1>{plural(all.length, "incident")}</h1>
          <p class="muted">{all.length === 0 ? "What rules find is gathered here, by the tree of credentials that it is about" : <>{tally ? `${tally} · ` : ""}{live > 0 ? `${plural(live, "credential")} in ${open.length === 1 ? "it" : kept ? "the open ones" : "them"} still ${live === 1 ? "works" : "work"}` : `No credential in ${kept ? "the open ones" : "them"} works any more`}</>}</p>
        </div>
        {kept ? (
          <div class="segments" role="group" aria-label="Which incidents">
            {SHOWN.map(([name, label]) => <button key={name} type="button" class="button" aria-pressed={standing === name} onClick={() => replace({ status: name || null })}>{label}</button>)}
          </div>
        ) : null}
        <Files name="incidents" rows={rows} columns={["incident_id", "severity", "title", "root_name", "root_what", "account_id", "tree_credentials", "live_credentials", "live_until", "alerts", "rules", "tactics", "first_event", "last_event", "standing"]} />
        <input class="field" type="search" placeholder="Filter" aria-label="Filter incidents" value={query.get("q") ?? ""} onInput={(event) => replace({ q: event.currentTarget.value })} />
        <select class="field" aria-label="Severity" value={wanted ?? ""} onChange={(event) => replace({ severity: event.currentTarget.value })}>
          <option value="">Every severity</option>
          {SEVERITIES.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </div>
      <div class="scroll">
        {rows.length === 0 ? (
          all.length === 0 && health?.events === 0 ? (
            <Notice title="No event was read">
              <p>There is none in <span class="mono">{health.title}</span>. Name a folder or a file of CloudTrail: <code>keyline serve LOGS</code>. What was read, and what was not, the command says when it starts.</p>
            </Notice>
          ) : all.length === 0 ? (
            <Notice title="No rule found anything">
              <p>
                See which rules ran under <a href="/rules">Rules</a>, ask the logs yourself under <a href="/hunt">Hunt</a>, or look at who is at work under <a href="/credentials">Credentials</a>.
              </p>
            </Notice>
          ) : (
            <Notice title={!isWhole(scope) ? "No incident of this time fits" : standing === "" && !wanted && !text ? "No incident is open" : "No incident fits the filter"}>
              <button type="button" class="button" onClick={() => replace({ q: null, severity: null, since: null, until: null, status: kept ? "all" : null })}>Show all {all.length}</button>
            </Notice>
          )
        ) : (
          <table class="table incidents">
            <thead>
              <tr>
                <th>severity</th>
                <th>what</th>
                <th>root</th>
                <th>still works</th>
                <th class="number">alerts</th>
                <th>activity</th>
                <th>last seen</th>
                <th><span class="unseen">Actions</span></th>
              </tr>
            </thead>
            <tbody ref={table}>
              {rows.map((row) => (
                <Row key={row.incident_id} row={row} plan={planOf(row, plans)} />
              ))}
            </tbody>
          </table>
        )}
        {rows.length ? <p class="muted hint">An incident is a tree of credentials and the alerts about it. Open one for both; <b>Timeline</b> shows who minted what and what outlived its parent; <b>Contain</b>, in either, plans what stops all of it.</p> : null}
        {rows.length ? <p class="muted small hint keys-hint"><kbd>j</kbd> <kbd>k</kbd> choose, <kbd>↵</kbd> opens, <kbd>l</kbd> shows the timeline of the tree, <kbd>c</kbd> plans the containment, <kbd>?</kbd> all keys</p> : null}
      </div>
    </>
  );
}

/// The plan for an incident that got the furthest.
function planOf(row: IncidentRow, plans: PlanSummary[]): PlanSummary | undefined {
  const own = plans.filter((one) => one.phase !== "drawn" && (one.target === row.incident_id || one.target === row.root_credential));
  return own.find((one) => one.phase === "holds") ?? own[0];
}

function Row({ row, plan }: { row: IncidentRow; plan: PlanSummary | undefined }) {
  const to = address(["incidents", row.incident_id]);
  return (
    <tr class="link" onClick={(event) => { if (!(event.target as Element).closest("a")) go(to); }}>
      <td><Severity value={row.severity} /></td>
      <td class="wide">
        <a class="incident" data-id={row.incident_id} href={to}>{row.title}</a>
        <div class="muted small">{row.standing ? `#${row.standing.number} ${inWords(row.standing)}${row.standing.notes.length ? ` · ${plural(row.standing.notes.length, "note")}` : ""} · ` : ""}{row.tactics.slice(0, 4).map(spaced).join(" · ")}{row.tactics.length > 4 ? ` · ${row.tactics.length - 4} more` : ""}</div>
      </td>
      <td>
        {row.root_credential ? <a class="key" href={address(["credentials", row.root_credential])}>{row.root_name ?? row.root_credential}</a> : <span class="muted">{row.root_name ?? "not known"}</span>}
        <div class="muted small">{[row.root_what, row.account_name].filter(Boolean).join(" · ")}</div>
      </td>
      <td class="once"><Live row={row} />{plan ? <div class={plan.phase === "holds" ? "works small" : "muted small"}>{PHASES[plan.phase]}</div> : null}</td>
      <td class="number">
        {row.alerts}
        <div class="muted small">{plural(row.rules, "rule")}</div>
      </td>
      <td><Spark values={row.activity} label={`Activity ${span(row.first_event, row.last_event)}`} /></td>
      <td class="once"><time title={exact(row.last_event)}>{moment(row.last_event)}</time></td>
      <td class="acts">
        {row.root_credential ? <a class="button" href={address(["lineage", row.root_credential])}>Timeline</a> : null}
      </td>
    </tr>
  );
}

/// How many of the tree still work, and when the last of them ends by itself.
export function Live({ row }: { row: IncidentRow }) {
  if (row.tree_credentials === 0) return <span class="muted">credential not known</span>;
  const some = row.live_credentials > 0;
  return (
    <>
      <span class={some ? "live some" : "live"}>
        <b>{row.live_credentials}</b> of {row.tree_credentials}
      </span>
      <div class="muted small">{!some ? "all ended" : millis(row.live_until) ? `until ${moment(row.live_until)}` : "until revoked"}</div>
    </>
  );
}

/// `LateralMovement` as words.
export function spaced(tactic: string): string {
  return tactic.replace(/([a-z])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`);
}
