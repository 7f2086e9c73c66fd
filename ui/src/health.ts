/// How the server is, kept up to date by its stream of events. When it has something new, whatever is shown is asked anew.
import { createContext } from "preact";
import { useContext, useEffect, useRef, useState } from "preact/hooks";
import { ask, NEWS, READY } from "./api";
import { useEvent } from "./live";
import { setYear } from "./time";
import type { Health, WatchState } from "./wire.gen";

export const HealthContext = createContext<Health | null>(null);

export function useHealth(): Health | null {
  return useContext(HealthContext);
}

export function useHealthStream(): Health | null {
  const [health, set] = useState<Health | null>(null);
  const made = useRef(0);
  const news = () => void dispatchEvent(new Event(NEWS));
  const hear = (health: Health) => {
    setYear(health.as_of);
    set(health);
    if (health.phase === "ready") dispatchEvent(new Event(READY));
    if (made.current > 0 && health.made > made.current) news();
    made.current = health.made;
  };
  const asked = (signal: AbortSignal) => void ask<Health>("/api/health", signal).then(hear, () => undefined);
  useEvent<Health>("health", hear);
  useEvent<WatchState>("watch", (watch) => set((before) => before && { ...before, watch }));
  useEvent("incident", news);
  useEvent("plan", news);
  useEvent("missed", () => {
    asked(new AbortController().signal);
    news();
  });
  useEffect(() => {
    const stop = new AbortController();
    asked(stop.signal);
    return () => stop.abort();
  }, []);
  return health;
}
