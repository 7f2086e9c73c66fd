/// The line at the bottom: what was read, what was not, how the rules did.
import { count, plural } from "../text";
import { exact } from "../time";
import { may } from "../me";
import type { Health, Me } from "../wire.gen";

export function HealthBar({ health, me }: { health: Health | null; me: Me | null }) {
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
