/// What the server tells while one looks: one stream of events for the whole page, opened again when it breaks.
import { useEffect, useRef } from "preact/hooks";

/// `missed`: events were left out or the stream was broken; whoever shows something asks anew.
export type Kind = "health" | "plan" | "step" | "alert" | "watch" | "incident" | "missed";
const KINDS: Kind[] = ["health", "plan", "step", "alert", "watch", "incident", "missed"];
/// Milliseconds until a stream that the server ended is asked for again.
const AGAIN = 5000;

const hearers = new Map<Kind, Set<(data: unknown) => void>>();
let stream: EventSource | null = null;

function tell(kind: Kind, data: unknown): void {
  for (const hear of hearers.get(kind) ?? []) hear(data);
}

function begin(): void {
  if (stream) return;
  const opened = new EventSource("/api/events");
  stream = opened;
  let broken = false;
  for (const kind of KINDS) {
    opened.addEventListener(kind, (event) => {
      try {
        tell(kind, JSON.parse((event as MessageEvent<string>).data));
      } catch {
        // The next event of its kind says how it is.
      }
    });
  }
  opened.addEventListener("open", () => {
    if (broken) tell("missed", null);
    broken = false;
  });
  opened.addEventListener("error", () => {
    broken = true;
    if (opened.readyState !== EventSource.CLOSED || stream !== opened) return;
    stream = null;
    setTimeout(begin, AGAIN);
  });
}

/// Hears events of a kind for as long as the element is there.
export function useEvent<T>(kind: Kind, hear: (data: T) => void): void {
  const latest = useRef(hear);
  latest.current = hear;
  useEffect(() => {
    const listener = (data: unknown) => latest.current(data as T);
    const all = hearers.get(kind) ?? new Set();
    hearers.set(kind, all.add(listener));
    begin();
    return () => void all.delete(listener);
  }, [kind]);
}
