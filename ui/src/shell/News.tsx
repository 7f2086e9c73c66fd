/// Alerts that a watch has put out while one looks: said once, until somebody opens or dismisses them.
import { useState } from "preact/hooks";
import type { Alert } from "../contract";
import { useEvent } from "../live";
import { Severity, Time } from "../parts/parts";
import { address } from "../route";
import { plural } from "../text";
import type { Health } from "../wire.gen";

/// Alerts that are shown one by one; more are counted.
const SHOWN = 3;

export function News({ health }: { health: Health | null }) {
  const [alerts, set] = useState<Alert[]>([]);
  useEvent<Alert & { status: string }>("alert", (alert) => {
    // What is found while everything is read for the first time is no news.
    if (health?.phase !== "ready" || alert.status !== "new") return;
    set((before) => [alert, ...before.filter((one) => one.alert_id !== alert.alert_id)]);
  });
  const without = (id: string) => set((before) => before.filter((one) => one.alert_id !== id));
  const more = alerts.length - SHOWN;
  return (
    <div class="news" role="status" aria-label="New alerts">
      {alerts.slice(0, SHOWN).map((alert) => (
        <div key={alert.alert_id} class="news-one">
          <Severity value={alert.severity} />
          <div class="grow">
            <a class="cut incident" href={alert.incident_id ? address(["incidents", alert.incident_id]) : address(["rules", alert.rule_id])} title={alert.title} onClick={() => without(alert.alert_id)}>{alert.title}</a>
            <div class="muted small cut">new alert · <Time at={alert.end_time} /> · {alert.rule_name}</div>
          </div>
          <button type="button" class="button plain" aria-label={`Dismiss: ${alert.title}`} onClick={() => without(alert.alert_id)}>✕</button>
        </div>
      ))}
      {more > 0 ? (
        <div class="news-one">
          <a class="grow" href="/incidents" onClick={() => set([])}>{plural(more, "more new alert")}</a>
          <button type="button" class="button plain" onClick={() => set([])}>Dismiss all</button>
        </div>
      ) : null}
    </div>
  );
}
