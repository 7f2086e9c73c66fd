/// What a credential did last, event by event: as many as are read at a glance, and the way to all of them.
import { useEffect, useState } from "preact/hooks";
import { Failure } from "../api";
import { quoted } from "../hunt/filters";
import { runQuery } from "../hunt/stream";
import { Time } from "../parts/parts";
import { address, type Scope } from "../route";
import { count, plural } from "../text";

/// Events that are listed.
const LISTED = 50;
/// Calls up to which they are asked for without being told to: of more the logs may be large.
const UNASKED = 20_000;

type Row = [time: string, service: string, action: string, error: string, address: string, region: string, id: string];

interface State {
  rows: Row[];
  running: boolean;
  wrong: string | null;
}

export function Events({ kql, calls, scope }: { kql: string; calls: number; scope: Scope }) {
  const [wanted, setWanted] = useState(calls <= UNASKED);
  const [state, set] = useState<State | null>(null);
  useEffect(() => {
    if (!wanted) return;
    const stop = new AbortController();
    const rows: Row[] = [];
    let wrong: string | null = null;
    const end = (running: boolean) => {
      if (!stop.signal.aborted) set({ rows: [...rows], running, wrong });
    };
    const query = `${kql}\n| top ${LISTED} by TimeGenerated desc\n| project TimeGenerated, EventSource, EventName, ErrorCode, SourceIpAddress, AWSRegion, AwsEventId`;
    runQuery(query, LISTED, scope, stop.signal, {
      columns: () => undefined,
      rows: (more) => void rows.push(...(more as unknown as Row[])),
      done: () => undefined,
      errors: (errors) => void (wrong = errors.map((one) => one.message).join("; ")),
    }).then(() => end(false), (error: unknown) => {
      wrong = error instanceof Failure ? error.message : "The answer broke off.";
      end(false);
    });
    return () => stop.abort();
  }, [kql, wanted, scope.since, scope.until]);
  return (
    <section class="section">
      <h2>Its events <span class="muted">{calls > LISTED ? `the last ${LISTED} of ${count(calls)}` : plural(calls, "event")}</span> <a class="button plain inline" href={address(["hunt"], { q: kql })}>all in Hunt</a></h2>
      {!wanted ? <button type="button" class="button" onClick={() => setWanted(true)}>Show the last {LISTED}</button> : null}
      {state?.wrong ? <p class="alarm" role="alert">{state.wrong}</p> : null}
      {wanted && !state ? <p class="muted">Reading them …</p> : null}
      {state?.rows.length ? (
        <table class="table events">
          <thead><tr><th>when</th><th>service</th><th>action</th><th>failed with</th><th>from</th><th>region</th></tr></thead>
          <tbody>
            {state.rows.map(([time, service, action, error, from, region, id]) => (
              <tr key={id}>
                <td class="once"><Time at={time} /></td>
                <td class="muted">{service.replace(/\.amazonaws\.com$/, "")}</td>
                <td><a href={address(["hunt"], { q: `CloudTrail\n| where AwsEventId == ${quoted(id)}` })} title="The whole event in Hunt">{action}</a></td>
                <td class="alarm">{error}</td>
                <td class="mono">{from}</td>
                <td class="muted">{region}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : null}
    </section>
  );
}
