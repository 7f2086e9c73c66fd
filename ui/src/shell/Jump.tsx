/// The box that goes anywhere: screens, incidents, and credentials by any part of what they are called.
import { useEffect, useRef, useState } from "preact/hooks";
import { ask } from "../api";
import { Dialog } from "../parts/parts";
import { address, go } from "../route";
import type { CredentialGroups, Incidents } from "../wire.gen";
import { timed } from "../time";
import { SCREENS } from "./Shell";

interface Target {
  to: string;
  name: string;
  what: string;
  kind: string;
}

/// Rows that are offered at once, and how long nobody types before the server is asked.
const OFFERED = 12;
const QUIET = 120;

export function Jump({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState("");
  const [found, setFound] = useState<Target[]>([]);
  const [at, setAt] = useState(0);
  const incidents = useRef<Target[]>([]);
  useEffect(() => {
    const stop = new AbortController();
    ask<Incidents>("/api/incidents", stop.signal).then((answer) => {
      incidents.current = answer.incidents.map((row) => ({
        to: address(["incidents", row.incident_id]),
        name: row.title,
        what: row.root_name ?? "",
        kind: "incident",
      }));
    }, () => undefined);
    return () => stop.abort();
  }, []);
  useEffect(() => {
    const stop = new AbortController();
    const wanted = text.trim().toLowerCase();
    const near = [
      ...[...SCREENS, { name: "Audit log", to: "/audit", key: "" }].map((screen) => ({ to: screen.to, name: screen.name, what: "", kind: "screen" })),
      ...incidents.current,
    ].filter((one) => `${one.name} ${one.what} ${one.to}`.toLowerCase().includes(wanted));
    setFound(near.slice(0, OFFERED));
    setAt(0);
    if (wanted.length < 2) return () => stop.abort();
    const timer = setTimeout(() => {
      ask<CredentialGroups>(`/api/credentials?group=root&q=${encodeURIComponent(text.trim())}`, stop.signal).then((answer) => {
        const credentials = answer.groups.flatMap((group) => group.credentials).map((row) => ({
          to: address(["lineage", row.root], { row: row.id }),
          name: row.key ?? row.name,
          what: `${row.what} · ${timed(row.state)}`,
          kind: "credential",
        }));
        setFound([...near, ...credentials].slice(0, OFFERED));
      }, () => undefined);
    }, QUIET);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [text]);
  const open = (target: Target | undefined) => {
    if (!target) return;
    onClose();
    go(target.to);
  };
  const key = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") setAt(Math.min(found.length - 1, at + 1));
    else if (event.key === "ArrowUp") setAt(Math.max(0, at - 1));
    else if (event.key === "Enter") open(found[at]);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog onClose={onClose} label="Jump to">
      <input
        class="jump-field"
        autofocus
        role="combobox"
        aria-expanded="true"
        aria-controls="jump-list"
        aria-activedescendant={found[at] ? `jump-${at}` : undefined}
        aria-label="A key, a role, a session name, an incident or a screen"
        placeholder="A key, a role, a session name, an incident, a screen"
        spellcheck={false}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={key}
      />
      <ul class="jump-list" id="jump-list" role="listbox" aria-label="Found">
        {found.map((target, index) => (
          <li
            key={target.to}
            id={`jump-${index}`}
            role="option"
            aria-selected={index === at}
            onMouseMove={() => setAt(index)}
            onClick={() => open(target)}
          >
            <span class={target.kind === "credential" ? "key" : "cut"}>{target.name}</span>
            <span class="cut muted">{target.what}</span>
            <span class="muted small">{target.kind}</span>
          </li>
        ))}
        {found.length === 0 ? <li class="muted">Nothing by that name. A part of a key id, a role or a session name will do.</li> : null}
      </ul>
    </Dialog>
  );
}
