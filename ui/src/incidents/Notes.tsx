/// What people decide about an incident: notes, and what it was when it is closed. The lake keeps both; over logs that are
/// no lake the page says so.
import { useState } from "preact/hooks";
import { ask, Failure } from "../api";
import { may, useMe } from "../me";
import { Dialog, Time } from "../parts/parts";
import { address } from "../route";
import type { IncidentRow, IncidentStanding } from "../wire.gen";

/// Sentinel's words, and what they mean.
const CLASSIFICATIONS: [string, string, string][] = [
  ["TruePositive", "True positive", "it was what the alerts say"],
  ["BenignPositive", "Benign positive", "it happened, and was meant to"],
  ["FalsePositive", "False positive", "the alerts are wrong"],
  ["Undetermined", "Undetermined", "nobody can tell"],
];

/// `new`, `opened again`, `closed as a false positive`.
export function inWords(standing: IncidentStanding): string {
  if (standing.status === "New") return "new";
  if (standing.status === "Active") return "opened again";
  const named = CLASSIFICATIONS.find(([name]) => name === standing.classification);
  return named ? `closed: ${named[1].toLowerCase()}` : "closed";
}

/// A deed at an incident, with its failure in words. Whether it was done is in what comes back.
function useDeed(id: string): { wrong: string | null; busy: boolean; act: (deed: string, body: unknown) => Promise<boolean> } {
  const [wrong, setWrong] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const act = async (deed: string, body: unknown) => {
    setBusy(true);
    setWrong(null);
    try {
      // The event about it makes the page ask anew.
      await ask<IncidentStanding>(address(["api", "incidents", id, deed]), new AbortController().signal, body);
      return true;
    } catch (error) {
      setWrong(error instanceof Failure ? [error.message, error.hint].filter(Boolean).join(". ") : "The answer cannot be read.");
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { wrong, busy, act };
}

export function Notes({ incident, kept }: { incident: IncidentRow; kept: boolean }) {
  const me = useMe();
  const { standing } = incident;
  const { wrong, busy, act } = useDeed(incident.incident_id);
  const [text, setText] = useState("");
  const [closing, setClosing] = useState(false);
  if (!kept) {
    return (
      <section class="section">
        <h2>Notes</h2>
        <p class="muted">Notes, and what an incident was, are kept in a lake: <code>keyline serve LOGS --lake DIR</code> takes these logs into one and watches it.</p>
      </section>
    );
  }
  if (!standing) {
    return (
      <section class="section">
        <h2>Notes</h2>
        <p class="muted">The watch has not put this incident into the lake yet; it takes notes when it has.</p>
      </section>
    );
  }
  const decides = may(me, "analyst");
  return (
    <section class="section">
      <h2>Notes <span class="muted">incident {standing.number}, {inWords(standing)}; changed by {standing.modified_by}, <Time at={standing.modified_at} /></span></h2>
      {standing.notes.length ? (
        <ol class="noted">
          {standing.notes.map((note, at) => (
            <li key={`${note.at} ${at}`}>
              <div class="muted small"><Time at={note.at} /> {note.by}</div>
              <p class="pre">{note.text}</p>
            </li>
          ))}
        </ol>
      ) : <p class="muted">Nobody has noted anything yet.</p>}
      {decides ? (
        <form
          class="note"
          onSubmit={(event) => {
            event.preventDefault();
            if (text.trim()) void act("note", { text }).then((done) => done && setText(""));
          }}
        >
          <textarea class="field" rows={2} aria-label="A note" placeholder="What you found, what you decided" value={text} onInput={(event) => setText(event.currentTarget.value)} />
          <div class="line">
            <button type="submit" class="button" disabled={busy || !text.trim()}>Add note</button>
            {standing.status === "Closed" ? (
              <button type="button" class="button" disabled={busy} onClick={() => void act("reopen", {})}>Open again</button>
            ) : (
              <button type="button" class="button" disabled={busy} onClick={() => setClosing(true)}>Close …</button>
            )}
          </div>
        </form>
      ) : <p class="muted small">Analysts write notes and close incidents.</p>}
      {wrong ? <p class="alarm pre" role="alert">{wrong}</p> : null}
      {closing ? <Close incident={incident} onClose={() => setClosing(false)} /> : null}
    </section>
  );
}

function Close({ incident, onClose }: { incident: IncidentRow; onClose: () => void }) {
  const { wrong, busy, act } = useDeed(incident.incident_id);
  const [what, setWhat] = useState("");
  const [note, setNote] = useState("");
  const live = incident.live_credentials;
  return (
    <Dialog onClose={onClose} label="Close the incident">
      <form
        class="closing"
        onSubmit={(event) => {
          event.preventDefault();
          if (what) void act("close", { classification: what, note: note.trim() || undefined }).then((done) => done && onClose());
        }}
      >
        <h2>Close the incident: what was it?</h2>
        {live > 0 ? <p class="alarm">{live === 1 ? "One credential of it still works." : `${live} credentials of it still work.`}</p> : null}
        <fieldset>
          <legend class="unseen">What it was</legend>
          {CLASSIFICATIONS.map(([name, label, means]) => (
            <label key={name}>
              <input type="radio" name="classification" value={name} checked={what === name} onChange={() => setWhat(name)} /> {label} <span class="muted">{means}</span>
            </label>
          ))}
        </fieldset>
        <label class="why"><span class="muted small">Why, for whoever reads it later</span><textarea class="field" rows={3} value={note} onInput={(event) => setNote(event.currentTarget.value)} /></label>
        {wrong ? <p class="alarm pre" role="alert">{wrong}</p> : null}
        <div class="line">
          <button type="submit" class="button primary" disabled={!what || busy}>Close it</button>
          <button type="button" class="button" onClick={onClose}>Leave it open</button>
        </div>
        <p class="muted small">A new alert below the same root opens it again.</p>
      </form>
    </Dialog>
  );
}
