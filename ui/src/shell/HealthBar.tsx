/// The line at the bottom: what was read, what was not, how the rules did.
import { count, plural } from "../text";
import { exact, useZone } from "../time";
import { may } from "../me";
import type { Health, Me, WatchState } from "../wire.gen";

export function HealthBar({ health, me }: { health: Health | null; me: Me | null }) {
  useZone();
  if (!health) return <footer class="health">connecting…</footer>;
  if (health.phase === "reading") {
    return (
      <footer class="health">
        <progress value={health.progress ?? undefined} max={1} aria-label="Reading" />
        <span class="cut">{health.detail ?? "reading"}</span>
      </footer>
    );
  }
  const { rules } = health;
  const coverage = health.coverage.map(([name, value]) => `${name}: ${value}`).join("\n");
  return (
    <footer class="health">
      <span class="cut" title={health.title}>{health.title}</span>
      {health.watch ? <Watch watch={health.watch} /> : null}
      <span class="push" title={coverage}>{plural(health.events, "event")}</span>
      <span class={health.bad_records ? "alarm" : ""} title={coverage}>
        {health.bad_records ? `${plural(health.bad_records, "bad record")}` : "no bad records"}
      </span>
      <a href="/rules" class={rules.failed ? "alarm" : ""}>
        {count(rules.ran)} of {plural(rules.total, "rule")} ran
        {rules.failed ? `, ${rules.failed} failed` : ""}
        {rules.idle ? `, ${rules.idle} have nothing to look at` : ""}
      </a>
      <span>{plural(health.alerts, "alert")}</span>
      <span title="The instant that is asked about">as of {exact(health.as_of)}</span>
      {may(me, "analyst") ? <a href="/audit">audit log</a> : null}
    </footer>
  );
}

/// How far the watch is: how much comes, how late it is, and what waits.
function Watch({ watch }: { watch: WatchState }) {
  const within = (bound: number | null) => (bound === null ? "–" : seconds(bound));
  const title = [
    `${plural(watch.files, "file")} taken in since the start, ${plural(watch.files_waiting, "waits", "wait")}`,
    `in the lake within ${within(watch.lag_to_row.p50)} (half), ${within(watch.lag_to_row.p99)} (99 of 100)`,
    `judged within ${within(watch.lag_to_alert.p50)} (half), ${within(watch.lag_to_alert.p99)} (99 of 100)`,
  ].join("\n");
  if (watch.trouble) return <span class="alarm cut watch" title={`${watch.trouble}\n${title}`}>the watch has trouble: {watch.trouble}</span>;
  return (
    <span class="watch" title={title}>
      <span class="pulse" aria-hidden="true" /> watching · {count(watch.events_a_minute)} events/min · lag {watch.lag === null ? "–" : seconds(watch.lag)}
      {watch.files_waiting ? ` · ${plural(watch.files_waiting, "file")} waiting` : ""}
    </span>
  );
}

/// `0.4 s`, `38 s`, `12 min`.
function seconds(value: number): string {
  if (value < 10) return `${value.toFixed(1)} s`;
  return value < 120 ? `${Math.round(value)} s` : `${Math.round(value / 60)} min`;
}
