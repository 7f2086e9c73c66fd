/// What happened in the part that is selected: by action, address, program, and what it touched.
import { useAnswer } from "../api";
import { Copy, Tallies } from "../parts/parts";
import { address } from "../route";
import { plural } from "../text";
import { lasting, span } from "../time";
import type { Activity, LaneRow } from "../wire.gen";
import type { Area } from "./layout";

/// Credentials that one question names at most.
const ASKED_MAX = 2000;

export function Panel({ area, rows, onClear }: { area: Area | null; rows: LaneRow[]; onClear: () => void }) {
  const ids = area ? area.ids : rows.flatMap((row) => row.id ?? []);
  const question = { credentials: ids.slice(0, ASKED_MAX), ...(area?.from ? { from: Math.round(area.from) } : {}), ...(area?.to ? { to: Math.round(area.to) } : {}) };
  const answer = useAnswer<Activity>(ids.length ? "/api/activity" : null, question, true);
  const one = area && area.ids.length === 1 ? rows.find((row) => row.id === area.ids[0]) : undefined;
  const data = answer.data;
  const what = one ? `${one.name} ${one.what}` : area ? plural(ids.length, "credential") : "The whole tree";
  return (
    <section class="panel" aria-label="What happened in the selection" aria-busy={answer.loading}>
      <header>
        <h2>{what}</h2>
        {one?.key ? <Copy text={one.key} label="Copy key" /> : null}
        <span class="muted">
          {area?.from && area.to ? `${span(area.from, area.to)} · ${lasting(area.to - area.from)}` : data && data.calls > 0 ? span(data.from, data.to) : ""}
        </span>
        <span>
          {data ? plural(data.calls, "call") : ""}
          {data?.errors ? <span class="alarm"> · {data.errors} failed</span> : null}
        </span>
        {one?.doubt ? <span class="muted">{one.doubt}</span> : null}
        {one ? <span class="alarm cut">{one.alarms.join(" · ")}</span> : null}
        <span class="push" />
        {!area ? <span class="muted small">drag over the lanes, or choose a row, to narrow it</span> : null}
        {one?.id ? <a class="button" href={address(["credentials", one.id])}>Details</a> : null}
        {data ? <a class="button" href={address(["hunt"], { q: data.kql })}>Open in Hunt</a> : null}
        {area ? (
          <button type="button" class="button plain" onClick={onClear} title="Esc">
            Clear
          </button>
        ) : null}
      </header>
      {answer.error ? <p class="alarm">{answer.error.message}</p> : null}
      <div class="columns">
        <Tallies title="What" rows={data?.actions ?? []} most={6} empty={data ? "no call" : " "} />
        <Tallies title="From where" rows={data?.addresses ?? []} most={6} empty={data ? "no call" : " "} />
        <Tallies title="With" rows={data?.agents ?? []} most={6} empty={data ? "no program named" : " "} />
        <Tallies title="On what" rows={data?.resources ?? []} most={6} empty={data ? "no resource named" : " "} />
        <Tallies title="Failed with" rows={data?.error_codes ?? []} most={6} empty={data ? "nothing failed" : " "} />
      </div>
    </section>
  );
}
