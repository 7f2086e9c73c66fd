/// One incident: its alerts in time, the tree it is about, and what to run next.
import { useState } from "preact/hooks";
import { useAnswer } from "../api";
import type { Alert } from "../contract";
import { PHASES } from "../contain/state";
import { COLUMNS, CredentialTable } from "../credentials/Table";
import { useKeys } from "../keys";
import { Files } from "../parts/files";
import { Answered, Command, Severity, Spark } from "../parts/parts";
import { address, go } from "../route";
import { plural } from "../text";
import { exact, moment, span, useZone } from "../time";
import type { IncidentPage, KeptPlans } from "../wire.gen";
import { Live, spaced } from "./Incidents";
import { inWords, Notes } from "./Notes";
import "./incidents.css";

export function IncidentScreen({ id }: { id: string }) {
  const answer = useAnswer<IncidentPage>(address(["api", "incidents", id]));
  return (
    <div class="screen">
      <Answered answer={answer} what="the incident">{(page) => <Page page={page} />}</Answered>
    </div>
  );
}

function Page({ page }: { page: IncidentPage }) {
  useZone();
  const { incident } = page;
  const root = incident.root_credential;
  const timeline = root ? address(["lineage", root]) : null;
  const contain = address(["contain"], { target: root ?? incident.incident_id });
  useKeys("Incident", [
    { keys: "l", does: "the timeline of its tree", on: ["l"], run: () => timeline && go(timeline) },
    { keys: "c", does: "plan its containment", on: ["c"], run: () => go(contain) },
  ]);
  return (
    <>
      <div class="head">
        <div class="grow">
          <h1 class="cut" title={incident.title}>{incident.title}</h1>
          <p class="muted">{span(incident.first_event, incident.last_event)} · {incident.tactics.map(spaced).join(", ")}</p>
        </div>
        {root ? <a class="button" href={address(["api", "incidents", incident.incident_id, "case.html"])} download title="One HTML file: the timeline, the alerts, the notes and what was done">Case file</a> : null}
        {timeline ? <a class="button" href={timeline}>Timeline</a> : null}
        {page.credentials.length ? <a class="button primary" href={contain}>Contain</a> : null}
      </div>
      <div class="scroll">
        <dl class="facts">
          {incident.standing ? <div><dt>stands</dt><dd>{inWords(incident.standing).replace(/^./, (letter) => letter.toUpperCase())}<div class="muted small">number {incident.standing.number}</div></dd></div> : null}
          <div><dt>severity</dt><dd><Severity value={incident.severity} /></dd></div>
          <div><dt>still works</dt><dd><Live row={incident} /></dd></div>
          <div><dt>root</dt><dd>{root ? <a class="key" href={address(["credentials", root])}>{incident.root_name}</a> : "not known"}<div class="muted small">{incident.root_what}</div></dd></div>
          <div><dt>alerts</dt><dd>{incident.alerts}<div class="muted small">of {plural(incident.rules, "rule")}</div></dd></div>
          <div><dt>activity of the tree</dt><dd><Spark values={incident.activity} label="Activity by time" width={220} height={30} /></dd></div>
        </dl>
        <Plans targets={[incident.incident_id, root]} />
        <section class="section">
          <h2>Credentials <span class="muted">the tree, parents before children{page.more ? `; ${page.more} more` : ""}</span> <Files name="credentials" rows={page.credentials} columns={COLUMNS} /></h2>
          {page.credentials.length ? <CredentialTable rows={page.credentials} tree /> : <p class="muted">The alerts name no credential that these logs show. Their events say more: open an alert, then “Its events in Hunt”.</p>}
        </section>
        <section class="section">
          <h2>Alerts <span class="muted">by time; each opens</span> <Files name="alerts" rows={page.alerts} columns={ALERT_COLUMNS} /></h2>
          <Alerts alerts={page.alerts} />
        </section>
        <Notes incident={incident} kept={page.kept} />
        <section class="section">
          <h2>Next</h2>
          {page.commands.map((command) => <Command key={command} text={command} />)}
        </section>
      </div>
    </>
  );
}

/// What was done about it: plans for it that were approved, and where each stands.
function Plans({ targets }: { targets: (string | null)[] }) {
  const answer = useAnswer<KeptPlans>("/api/contain/plans");
  const plans = answer.data?.plans.filter((one) => targets.includes(one.target)) ?? [];
  if (plans.length === 0) return null;
  return (
    <section class="section">
      <h2>Containment</h2>
      <ul class="plain-list">
        {plans.map((one) => (
          <li key={one.plan_id}><a href={address(["contain"], { plan: one.plan_id })}>{one.headline}</a> <span class={one.phase === "holds" ? "works" : ["partly", "broken", "stopped"].includes(one.phase) ? "alarm" : "muted"}>{PHASES[one.phase]}</span> <span class="muted small">{one.done} of {plural(one.steps, "step")}{one.approved_by ? ` · approved by ${one.approved_by}` : ""}{one.run_by ? ` · run by ${one.run_by}` : ""}</span></li>
        ))}
      </ul>
    </section>
  );
}

/// What a file of alerts holds.
export const ALERT_COLUMNS = ["alert_id", "severity", "title", "rule_name", "rule_id", "tactics", "techniques", "start_time", "end_time", "event_count", "access_key_ids", "credentials", "root_credential", "incident_id", "description"] as const;

/// Alerts, each to be opened for what it says.
export function Alerts({ alerts }: { alerts: Alert[] }) {
  const sorted = [...alerts].sort((a, b) => a.start_time.localeCompare(b.start_time));
  if (sorted.length === 0) return <p class="muted">None.</p>;
  return (
    <ul class="alerts">
      {sorted.map((alert) => <One key={alert.alert_id} alert={alert} />)}
    </ul>
  );
}

function One({ alert }: { alert: Alert }) {
  const [open, set] = useState(false);
  useZone();
  return (
    <li class={open ? "open" : ""}>
      <button type="button" class="line" aria-expanded={open} onClick={() => set(!open)}>
        <span class="twist" aria-hidden="true">{open ? "▾" : "▸"}</span>
        <time title={exact(alert.start_time)}>{moment(alert.start_time)}</time>
        <Severity value={alert.severity} />
        <span class="cut">{alert.title}</span>
        <span class="muted small cut">{alert.rule_name}</span>
      </button>
      {open ? (
        <div class="body">
          <p class="pre">{alert.description}</p>
          <dl class="pairs">
            <div><dt>rule</dt><dd><a href={address(["rules", alert.rule_id])}>{alert.rule_name}</a></dd></div>
            <div><dt>when</dt><dd>{exact(alert.start_time)} to {exact(alert.end_time)}, {plural(alert.event_count, "event")}</dd></div>
            <div><dt>techniques</dt><dd>{alert.techniques.join(" ") || "–"}</dd></div>
            <div><dt>entities</dt><dd>{alert.entities.map((entity) => `${entity.type} ${Object.values(entity.identifiers).map(String).join(" ")}`).join(" · ") || "–"}</dd></div>
            <div><dt>keys</dt><dd>{alert.access_key_ids.map((key) => <a key={key} class="key" href={address(["credentials", key])}>{key} </a>)}</dd></div>
          </dl>
          {alert.event_ids.length ? (
            <a class="button" href={address(["hunt"], { q: `CloudTrail\n| where AwsEventId in (${alert.event_ids.slice(0, 200).map((id) => JSON.stringify(id)).join(", ")})\n| sort by TimeGenerated asc`, run: 1 })}>
              Its events in Hunt
            </a>
          ) : null}
        </div>
      ) : null}
    </li>
  );
}
