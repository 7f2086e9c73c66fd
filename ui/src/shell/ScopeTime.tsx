/// The time that everything is about: shown in the header, chosen in a dialogue, kept in the address.
import { useState } from "preact/hooks";
import { Dialog } from "../parts/parts";
import { isWhole, setScope, useScope } from "../scope";
import { exact, fromField, millis, moment, span, toField, useZone, zoneName } from "../time";
import type { Health } from "../wire.gen";

const HOUR = 3_600_000;
/// Counted back from the instant that is asked about.
const BACK: [string, number][] = [
  ["Last hour", HOUR],
  ["6 hours", 6 * HOUR],
  ["24 hours", 24 * HOUR],
  ["7 days", 168 * HOUR],
  ["30 days", 720 * HOUR],
];

export function ScopeTime({ health }: { health: Health | null }) {
  useZone();
  const scope = useScope();
  const [open, setOpen] = useState(false);
  const whole = isWhole(scope);
  const all = health?.first_event ? span(health.first_event, health.last_event) : "";
  const text = whole ? all : scope.since === null ? `until ${moment(scope.until)}` : scope.until === null ? `since ${moment(scope.since)}` : span(scope.since, scope.until);
  if (!health?.first_event) return <span class="scope" />;
  return (
    <span class="scope">
      <button type="button" class={whole ? "button plain cut" : "button cut narrowed"} onClick={() => setOpen(true)} title={whole ? "Everything that was read. Narrow it down for all screens" : `Of ${all}`} aria-label={`Time of all screens: ${text}`}>
        {text} <span aria-hidden="true">▾</span>
      </button>
      {whole ? null : <button type="button" class="button plain" onClick={() => setScope({ since: null, until: null })} aria-label="Show all of the time" title="Show all of the time">✕</button>}
      {open ? <Choose health={health} onClose={() => setOpen(false)} /> : null}
    </span>
  );
}

function Choose({ health, onClose }: { health: Health; onClose: () => void }) {
  const scope = useScope();
  const [since, setSince] = useState(toField(scope.since ?? millis(health.first_event)));
  const [until, setUntil] = useState(toField(scope.until ?? millis(health.as_of)));
  const now = millis(health.as_of) ?? Date.now();
  const set = (since: number | null, until: number | null) => {
    setScope({ since, until });
    onClose();
  };
  const [from, to] = [fromField(since), fromField(until)];
  const wrong = from !== null && to !== null && from >= to;
  return (
    <Dialog onClose={onClose} label="Time of all screens">
      <form
        class="scope-form"
        onSubmit={(event) => {
          event.preventDefault();
          // The last minute is meant whole.
          if (!wrong) set(from, to === null ? null : to + 59_999);
        }}
      >
        <h2>The time that every screen shows <span class="muted small">in {zoneName() === "UTC" ? "UTC" : "local time"}; every link keeps it</span></h2>
        <div class="line">
          <label><span class="muted small">from</span><input class="field" type="datetime-local" value={since} onInput={(event) => setSince(event.currentTarget.value)} /></label>
          <label><span class="muted small">to</span><input class="field" type="datetime-local" value={until} onInput={(event) => setUntil(event.currentTarget.value)} /></label>
          <button type="submit" class="button primary" disabled={wrong}>Show</button>
        </div>
        {wrong ? <p class="alarm small">The beginning lies after the end.</p> : null}
        <div class="line presets">
          {BACK.map(([name, length]) => <button key={name} type="button" class="button" onClick={() => set(now - length, null)}>{name}</button>)}
          <button type="button" class="button" onClick={() => set(null, null)}>All</button>
        </div>
        <p class="muted small">The buttons count back from {exact(now)}, which is what everything is asked about.</p>
      </form>
    </Dialog>
  );
}
