/// How the server is, kept up to date by its stream of events.
import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import { ask, READY } from "./api";
import { useEvent } from "./live";
import { setYear } from "./time";
import type { Health } from "./wire.gen";

export const HealthContext = createContext<Health | null>(null);

export function useHealth(): Health | null {
  return useContext(HealthContext);
}

export function useHealthStream(): Health | null {
  const [health, set] = useState<Health | null>(null);
  const hear = (health: Health) => {
    setYear(health.as_of);
    set(health);
    if (health.phase === "ready") dispatchEvent(new Event(READY));
  };
  useEvent<Health>("health", hear);
  useEffect(() => {
    const stop = new AbortController();
    ask<Health>("/api/health", stop.signal).then(hear, () => undefined);
    return () => stop.abort();
  }, []);
  return health;
}
