/// The small pieces of which screens are made.
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Answer, Failure } from "../api";
import { useHealth } from "../health";
import { address } from "../route";
import { exact, moment, useZone } from "../time";
import "./parts.css";

/// A severity as a word in a shape; the shape says it without colour.
export function Severity({ value }: { value: string }) {
  const steps = ["Informational", "Low", "Medium", "High"];
  const level = Math.max(0, steps.indexOf(value));
  return (
    <span class={`severity s${level}`}>
      <svg viewBox="0 0 14 10" width="14" height="10" aria-hidden="true">
        {[0, 1, 2, 3].map((at) => (
          <rect key={at} x={at * 3.5} y={7 - at * 2} width="2.5" height={3 + at * 2} class={at <= level ? "on" : "off"} />
        ))}
      </svg>
      {value === "Informational" ? "Info" : value}
    </span>
  );
}

/// An instant, short; the whole of it on asking.
export function Time({ at }: { at: string | number | null | undefined }) {
  useZone();
  return <time title={exact(at)}>{moment(at)}</time>;
}

/// Bars of one series; null and empty draw nothing but keep their place.
export function Spark({ values, label, width = 96, height = 18 }: { values: number[]; label: string; width?: number; height?: number }) {
  const most = Math.max(1, ...values);
  const step = width / Math.max(1, values.length);
  return (
    <svg class="spark" width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
      <path d={`M0 ${height - 0.5}h${width}`} class="ground" />
      {values.map((value, at) =>
        value > 0 ? (
          <rect key={at} x={at * step} width={Math.max(1, step - 1)} y={height - 1 - Math.max(2, Math.sqrt(value / most) * (height - 2))} height={Math.max(2, Math.sqrt(value / most) * (height - 2))} />
        ) : null,
      )}
    </svg>
  );
}

/// A credential's short name as a link, with its whole key on asking.
export function KeyLink({ id, name, whole }: { id: string; name: string; whole?: string | null }) {
  return (
    <a class="key" href={address(["credentials", id])} title={whole ?? name}>
      {name}
    </a>
  );
}

export function Copy({ text, label = "Copy" }: { text: string; label?: string }) {
  const [done, set] = useState(false);
  useEffect(() => {
    if (!done) return;
    const timer = setTimeout(() => set(false), 1500);
    return () => clearTimeout(timer);
  }, [done]);
  const copy = () => {
    navigator.clipboard?.writeText(text).then(() => set(true), () => set(false));
  };
  return (
    <button type="button" class="button plain copy" onClick={copy} aria-live="polite" title={text.length < 80 ? text : label}>
      {done ? "Copied" : label}
    </button>
  );
}

/// A command to run, to be copied whole.
export function Command({ text }: { text: string }) {
  return (
    <div class="command">
      <code class="pre">{text}</code>
      <Copy text={text} />
    </div>
  );
}

/// What a works-or-not column says: a dot and words.
export function State({ works, text }: { works: boolean; text: string }) {
  return (
    <span class={works ? "state works" : "state muted"}>
      <span class={works ? "dot full" : "dot"} aria-hidden="true" />
      {text}
    </span>
  );
}

export function Alarms({ alarms }: { alarms: string[] }) {
  const all = alarms.join(" · ");
  return alarms.length ? (
    <span class="alarm small cut" title={all}>
      {all}
    </span>
  ) : null;
}

/// An answer as a screen: while it comes, when it failed, when it is empty, and what it shows.
export function Answered<T>({ answer, children, what }: { answer: Answer<T>; what: string; children: (data: T) => ComponentChildren }) {
  const health = useHealth();
  if (answer.data) return <>{children(answer.data)}</>;
  if (answer.error?.status === 503 || (health && health.phase === "reading")) {
    const part = health?.progress;
    return (
      <Notice title="Reading the logs" busy>
        <p>{health?.detail ?? "The first answers come when everything is read."}</p>
        <progress value={part ?? undefined} max={1} aria-label="Part of the work that is done" />
      </Notice>
    );
  }
  if (answer.error) return <Failed failure={answer.error} />;
  return <div class="waiting" role="status" aria-label={`Loading ${what}`} />;
}

export function Failed({ failure }: { failure: Failure }) {
  const [title, more] = sentences(failure);
  return (
    <Notice title={title} alarm>
      {more.map((part) => <p key={part}>{part}</p>)}
      {failure.status === 404 ? (
        <p>
          Look it up under <a href="/credentials">Credentials</a>, or press <kbd>Ctrl K</kbd> and type a part of its key.
        </p>
      ) : null}
    </Notice>
  );
}

export function Notice({ title, children, alarm = false, busy = false }: { title: string; children?: ComponentChildren; alarm?: boolean; busy?: boolean }) {
  return (
    <div class={alarm ? "notice bad" : "notice"} role={alarm ? "alert" : "status"} aria-busy={busy}>
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/// A sentence of the server as a heading and what follows: it begins with what is wrong, and goes on with what was expected.
function sentences(failure: Failure): [string, string[]] {
  const [title = "", ...rest] = failure.message.split("; ");
  // What asks the API is for whoever asks it.
  const hints = (failure.hint ?? "").split("; ").filter((part) => part && !part.includes("/api/"));
  return [capital(title), [...rest, ...hints].map((part) => `${capital(part)}.`)];
}

function capital(text: string): string {
  return text.replace(/^[a-z]/, (letter) => letter.toUpperCase());
}

/// A dialogue that closes on Escape and on a click beside it, and gives the focus back. `headed`: its label is its heading,
/// with a button to close it; others have theirs in what they show.
export function Dialog({ onClose, label, children, wide = false, headed = false }: { onClose: () => void; label: string; children: ComponentChildren; wide?: boolean; headed?: boolean }) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    ref.current?.showModal();
    // Where something is to be typed, typing begins at once.
    ref.current?.querySelector("input")?.focus();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={ref}
      class={wide ? "dialog wide" : "dialog"}
      aria-label={label}
      onClose={onClose}
      onClick={(event) => {
        if (event.target === ref.current) ref.current?.close();
      }}
    >
      {headed ? (
        <div class="dialog-head">
          <h2>{label}</h2>
          <button type="button" class="button plain" onClick={() => ref.current?.close()} title="Esc">Close</button>
        </div>
      ) : null}
      {children}
    </dialog>
  );
}

/// A list of names with the number of each, as bars on one scale.
export function Tallies({ title, rows, most = 8, empty, render }: { title: string; rows: { name: string; calls: number; errors?: number }[]; most?: number; empty?: string; render?: (name: string) => ComponentChildren }) {
  const top = Math.max(1, ...rows.map((row) => row.calls));
  const left = rows.length - most;
  return (
    <section class="tallies">
      <h3>
        {title} {rows.length > 1 ? <span class="muted">{rows.length}</span> : null}
      </h3>
      {rows.length === 0 ? <p class="muted small">{empty ?? "none"}</p> : null}
      <ul>
        {rows.slice(0, most).map((row) => (
          <li key={row.name}>
            <span class="fill" style={{ width: `${(row.calls / top) * 100}%` }} aria-hidden="true" />
            <span class="cut" title={row.name}>{render ? render(row.name) : row.name}</span>
            <span class="number">
              {row.errors ? <span class="alarm small" title={`${row.errors} failed`}>{row.errors === row.calls ? "all failed " : `${row.errors} failed `}</span> : null}
              {row.calls.toLocaleString("en-US")}
            </span>
          </li>
        ))}
      </ul>
      {left > 0 ? <p class="muted small">and {left} more</p> : null}
    </section>
  );
}
