/// What was done from here, by whom and from where: the newest first, filtered by whatever stands in it.
import { useAnswer } from "../api";
import { Files } from "../parts/files";
import { Answered, Notice, Time } from "../parts/parts";
import { address, replace, usePlace } from "../route";
import { plural } from "../text";
import type { AuditEntry, AuditLog } from "../wire.gen";
import "./audit.css";

export function AuditScreen() {
  const { query } = usePlace();
  const wanted = { q: query.get("q"), who: query.get("who"), what: query.get("what"), since: query.get("since"), until: query.get("until") };
  const answer = useAnswer<AuditLog>(address(["api", "audit"], wanted));
  const filtered = Object.values(wanted).some(Boolean);
  return (
    <div class="screen">
      <Answered answer={answer} what="the audit log">
        {(data) => (
          <>
            <div class="head">
              <div class="grow">
                <h1>Audit log</h1>
                <p class="muted">{plural(data.entries.length, "deed")}{data.older ? ", and older ones" : ""}; kept in <span class="mono">{data.file}</span></p>
              </div>
              <Files name="audit" rows={data.entries} columns={["at", "who", "role", "from", "what", "on", "more"]} />
              <input class="field" type="search" placeholder="Filter" aria-label="Filter deeds" value={wanted.q ?? ""} onInput={(event) => replace({ q: event.currentTarget.value })} />
              {filtered ? <button type="button" class="button" onClick={() => replace({ q: null, who: null, what: null })}>Show all</button> : null}
            </div>
            <div class="scroll">
              {data.entries.length ? (
                <table class="table deeds">
                  <thead><tr><th>when</th><th>who</th><th>from</th><th>what</th><th>on</th><th>more</th></tr></thead>
                  <tbody>{data.entries.map((entry, at) => <Row key={`${entry.at} ${at}`} entry={entry} />)}</tbody>
                </table>
              ) : (
                <Notice title={filtered ? "No deed fits the filter" : "Nothing was done yet"}>
                  <p>Approvals, runs, signing in and whatever was refused stand here, each before it is done.</p>
                </Notice>
              )}
            </div>
          </>
        )}
      </Answered>
    </div>
  );
}

function Row({ entry }: { entry: AuditEntry }) {
  const isPlan = /^[0-9a-f]{12}$/.test(entry.on);
  return (
    <tr>
      <td><Time at={entry.at} /></td>
      <td><button type="button" class="button plain inline" onClick={() => replace({ who: entry.who })}>{entry.who}</button> <span class="muted small">{entry.who === "?" ? "" : entry.role}</span></td>
      <td class="mono">{entry.from}</td>
      <td><button type="button" class="button plain inline" onClick={() => replace({ what: entry.what })}>{entry.what.replace(/-/g, " ")}</button></td>
      <td class="mono">{isPlan ? <a href={address(["contain"], { plan: entry.on })}>{entry.on}</a> : entry.on}</td>
      <td class="muted small pre">{entry.more}</td>
    </tr>
  );
}
