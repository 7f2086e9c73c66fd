/// The rules: which ran, which could not and why, what they found, what they cost, and which tactics they cover.
import { useAnswer } from "../api";
import { ALERT_COLUMNS, Alerts } from "../incidents/Incident";
import { Files } from "../parts/files";
import { spaced } from "../incidents/Incidents";
import { Answered, Copy, Notice, Severity, Time } from "../parts/parts";
import { address, go, replace, usePlace } from "../route";
import { touches, useScope } from "../scope";
import { count, plural } from "../text";
import type { RulePage, RuleRow, Rules } from "../wire.gen";
import { Bring } from "./Bring";
import { OwnCases } from "./Cases";
import "./rules.css";

const STATES: Record<string, [string, string]> = {
  ran: ["●", "ran"],
  limited: ["◐", "ran, within a limit"],
  idle: ["○", "nothing to look at"],
  failed: ["▲", "failed"],
};

export function RulesScreen() {
  const answer = useAnswer<Rules>("/api/rules");
  return (
    <div class="screen">
      <Answered answer={answer} what="rules">{(data) => <List data={data} />}</Answered>
    </div>
  );
}

function List({ data }: { data: Rules }) {
  const { query } = usePlace();
  const [state, tactic, sort] = [query.get("state"), query.get("tactic"), query.get("sort") ?? "alerts"];
  const text = (query.get("q") ?? "").toLowerCase();
  const rows = data.rules
    .filter((row) => (!state || row.state === state) && (!tactic || row.tactics.includes(tactic)) && (!text || `${row.name} ${row.techniques.join(" ")} ${row.description}`.toLowerCase().includes(text)))
    .sort((a, b) =>
      sort === "name" ? a.name.localeCompare(b.name) : sort === "cost" ? (b.seconds ?? 0) - (a.seconds ?? 0) : b.alerts - a.alerts || Number(b.state === "failed") - Number(a.state === "failed") || (b.events ?? 0) - (a.events ?? 0),
    );
  const by = (name: string) => data.rules.filter((row) => row.state === name).length;
  const head = (name: string, label: string, number = false) => (
    <th class={number ? "number" : ""} aria-sort={sort === name ? "descending" : undefined}>
      <button type="button" class="sort" onClick={() => replace({ sort: name })}>{label}{sort === name ? " ▾" : ""}</button>
    </th>
  );
  return (
    <>
      <div class="head">
        <div class="grow">
          <h1>{plural(data.rules.length, "rule")}</h1>
          <p class="muted">What looked over these logs, how often, and what it found. {["ran", "limited", "idle", "failed"].filter((name) => by(name)).map((name) => `${by(name)} ${STATES[name]?.[1]}`).join(" · ")}</p>
        </div>
        <Files name="rules" rows={rows} columns={["rule_id", "name", "severity", "tactics", "techniques", "schedule", "origin", "state", "why", "alerts", "events", "seconds", "last_run", "evaluations", "cases"]} />
        <Bring />
        <input class="field" type="search" placeholder="Filter" aria-label="Filter rules" value={query.get("q") ?? ""} onInput={(event) => replace({ q: event.currentTarget.value })} />
        <select class="field" aria-label="State" value={state ?? ""} onChange={(event) => replace({ state: event.currentTarget.value })}>
          <option value="">Every state</option>
          {Object.entries(STATES).map(([name, [, words]]) => <option key={name} value={name}>{words}</option>)}
        </select>
      </div>
      <div class="scroll rules-body">
        <div>
          {rows.length === 0 ? (
            <Notice title="No rule fits the filter"><button type="button" class="button" onClick={() => replace({ q: null, state: null, tactic: null })}>Show all</button></Notice>
          ) : (
            <table class="table rules">
              <thead><tr><th><span class="unseen">state</span></th>{head("name", "name")}<th>severity</th><th>tactics</th><th>schedule</th>{head("alerts", "alerts", true)}<th class="number">cases</th><th class="number">looked at</th>{head("cost", "cost", true)}<th>last run</th></tr></thead>
              <tbody>{rows.map((row) => <Row key={row.rule_id} row={row} />)}</tbody>
            </table>
          )}
        </div>
        <aside aria-label="Coverage by tactic">
          <h3>Tactics</h3>
          <Coverage data={data} chosen={tactic} />
        </aside>
      </div>
    </>
  );
}

function Row({ row }: { row: RuleRow }) {
  const to = address(["rules", row.rule_id]);
  const [sign, words] = STATES[row.state] ?? ["●", row.state];
  return (
    <tr class="link" onClick={(event) => { if (!(event.target as Element).closest("a")) go(to); }}>
      <td><span class={row.state === "failed" ? "alarm" : "muted"} title={words} role="img" aria-label={words}>{sign}</span></td>
      <td><a class="incident" href={to}>{row.name}</a>{row.why ? <div class={row.state === "failed" ? "alarm small" : "muted small"}>{row.why}</div> : null}</td>
      <td><Severity value={row.severity} /></td>
      <td class="muted small">{row.tactics.map(spaced).join(", ")}</td>
      <td class="muted small">{row.schedule}</td>
      <td class="number">{row.alerts ? <b>{row.alerts}</b> : <span class="muted">–</span>}</td>
      <td class="number muted" title="cases beside it, which show what it finds and what it does not">{row.cases ?? "–"}</td>
      <td class="number muted" title={row.events === 0 ? "no event by itself: it asks about credentials" : "events that it looked at"}>{row.events ? count(row.events) : "–"}</td>
      <td class="number muted">{row.seconds === null ? "–" : `${row.seconds.toFixed(2)} s`}</td>
      <td class="muted small once" title={row.evaluations === null ? undefined : `evaluated at ${plural(row.evaluations, "instant")} of the logs`}>{row.last_run ? <Time at={row.last_run} /> : "–"}</td>
    </tr>
  );
}

function Coverage({ data, chosen }: { data: Rules; chosen: string | null }) {
  const most = Math.max(1, ...data.tactics.map((one) => one.rules));
  return (
    <ul class="coverage">
      {data.tactics.map((one) => (
        <li key={one.tactic}>
          <button type="button" aria-pressed={chosen === one.tactic} onClick={() => replace({ tactic: chosen === one.tactic ? null : one.tactic })}>
            <span class="fill" style={{ width: `${(one.rules / most) * 100}%` }} aria-hidden="true" />
            <span class="cut">{spaced(one.tactic)}</span>
            <span class="number">{one.rules}{one.alerts ? <b class="alarm"> ◆{one.alerts}</b> : null}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

export function RuleScreen({ id }: { id: string }) {
  const answer = useAnswer<RulePage>(address(["api", "rules", id]));
  const scope = useScope();
  return (
    <div class="screen">
      <Answered answer={answer} what="the rule">
        {({ row, query, alerts }) => {
          const shown = alerts.filter((alert) => touches(scope, alert.start_time, alert.end_time));
          return (
          <>
            <div class="head">
              <div class="grow">
                <h1 class="cut">{row.name}</h1>
                <p class="muted cut"><Severity value={row.severity} /> · {STATES[row.state]?.[1] ?? row.state}{row.why ? `: ${row.why}` : ""} · {row.schedule} · {row.origin}{row.last_run ? <> · last run <Time at={row.last_run} />{row.seconds === null ? "" : `, ${row.seconds.toFixed(2)} s`}{row.evaluations === null ? "" : ` at ${plural(row.evaluations, "instant")}`}</> : null}</p>
              </div>
              <a class="button" href={address(["hunt"], { q: query })}>Open in Hunt</a>
            </div>
            <div class="scroll">
              <p class="pre prose">{row.description}</p>
              <p class="muted">{row.tactics.map(spaced).join(", ")} · {row.techniques.join(" ")}</p>
              <section class="section"><h2>Query <Copy text={query} /></h2><pre class="code">{query}</pre></section>
              <OwnCases id={row.rule_id} number={row.cases} />
              <section class="section"><h2>Alerts <span class="muted">{plural(shown.length, "alert")}{shown.length < alerts.length ? ` of ${alerts.length} in this time` : ""}</span> <Files name="alerts" rows={shown} columns={ALERT_COLUMNS} /></h2><Alerts alerts={shown} /></section>
            </div>
          </>
          );
        }}
      </Answered>
    </div>
  );
}
