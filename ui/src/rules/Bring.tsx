/// A rule that somebody brings: dropped or chosen, checked by the compiler that runs rules, run over its cases, and kept
/// where the server lets rules be kept.
import { useEffect, useRef, useState } from "preact/hooks";
import { ask, Failure } from "../api";
import { may, useMe } from "../me";
import { Command, Dialog, Severity } from "../parts/parts";
import type { RuleQuestion, RuleTrial } from "../wire.gen";
import { CaseList } from "./Cases";
import { question } from "./files";

/// The longest file that is sent, in bytes: the server reads no longer request.
const FILE_MAX = 500_000;

/// A button, and the whole page as a place to drop files on.
export function Bring() {
  const me = useMe();
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const [asked, setAsked] = useState<RuleQuestion | string | null>(null);
  const take = async (list: FileList | null | undefined) => {
    const files = [...(list ?? [])].slice(0, 8);
    if (files.length === 0) return;
    if (files.some((file) => file.size > FILE_MAX)) return setAsked("That is too long for a rule.");
    setAsked(question(await Promise.all(files.map(async (file) => ({ name: file.name, text: await file.text() })))));
  };
  useEffect(() => {
    const files = (event: DragEvent) => event.dataTransfer?.types.includes("Files") === true;
    const drag = (event: DragEvent) => {
      if (!files(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) setOver(false);
    };
    const drop = (event: DragEvent) => {
      if (!files(event)) return;
      event.preventDefault();
      setOver(false);
      void take(event.dataTransfer?.files);
    };
    addEventListener("dragover", drag);
    addEventListener("dragleave", leave);
    addEventListener("drop", drop);
    return () => {
      removeEventListener("dragover", drag);
      removeEventListener("dragleave", leave);
      removeEventListener("drop", drop);
    };
  }, []);
  if (!may(me, "analyst")) return null;
  return (
    <>
      <button type="button" class="button" onClick={() => input.current?.click()}>Bring a rule</button>
      <input ref={input} class="unseen" type="file" accept=".yaml,.yml" multiple tabIndex={-1} aria-label="Files of a rule" onChange={(event) => { void take(event.currentTarget.files); event.currentTarget.value = ""; }} />
      {over ? <div class="dropping" aria-hidden="true">Drop the rule's YAML, and its cases if it has any</div> : null}
      {asked === null ? null : <Trial asked={asked} onClose={() => setAsked(null)} />}
    </>
  );
}

function Trial({ asked, onClose }: { asked: RuleQuestion | string; onClose: () => void }) {
  const me = useMe();
  const [trial, setTrial] = useState<RuleTrial | null>(null);
  const [wrong, setWrong] = useState<string | null>(typeof asked === "string" ? asked : null);
  const send = (url: string, signal: AbortSignal) => {
    if (typeof asked === "string") return;
    setWrong(null);
    ask<RuleTrial>(url, signal, asked).then(setTrial, (error: unknown) => {
      if (!signal.aborted) setWrong(error instanceof Failure ? [error.message, error.hint].filter(Boolean).join(". ") : "The answer cannot be read.");
    });
  };
  useEffect(() => {
    const stop = new AbortController();
    send("/api/rules/try", stop.signal);
    return () => stop.abort();
  }, []);
  const name = typeof asked === "string" ? "" : asked.file;
  return (
    <Dialog onClose={onClose} label="A rule that was brought" wide>
      <div class="trial">
        <h2>{name || "A rule"}</h2>
        {wrong ? <p class="alarm" role="alert">{wrong}</p> : null}
        {!trial && !wrong ? <p class="muted" role="status">checking, and running its cases …</p> : null}
        {trial?.rules.map((rule) => (
          <p key={rule.rule_id}>
            <b>{rule.name}</b> <Severity value={rule.severity} /> <span class="muted">{rule.schedule}</span>{" "}
            <span class={rule.state === "ok" ? "works" : "alarm"}>{rule.state === "ok" ? "can run" : rule.state === "unsupported" ? "cannot run yet" : "has errors"}</span>
            {rule.known ? <span class="muted"> · a rule of this id runs already</span> : null}
          </p>
        ))}
        {trial?.problems.length ? (
          <ul class="plain-list">
            {trial.problems.map((one) => (
              <li key={`${one.line} ${one.column} ${one.message}`}><span class={one.severity === "warning" ? "muted" : "alarm"}>{one.file}:{one.line}:{one.column} {one.severity}:</span> {one.message}{one.help ? <span class="muted"> {one.help}</span> : null}</li>
            ))}
          </ul>
        ) : null}
        {trial && trial.cases.length === 0 ? <p class="muted">No cases came along: nothing shows yet that it finds what it should and keeps quiet otherwise. <code>NAME.test.yaml</code> beside it has them.</p> : null}
        {trial?.cases.length ? <CaseList cases={trial.cases} /> : null}
        {trial?.kept ? <p class="works" role="status">It is kept in {trial.kept}, and runs after the next start.</p> : null}
        {trial && !trial.kept && !me?.rule_edit ? (
          <>
            <p class="muted small">This server keeps no rules; it does with <code>--allow-rule-edit</code>. Or put the files into your folder of rules:</p>
            <Command text={`keyline rules test ${name}`} />
          </>
        ) : null}
        <div class="line">
          <button type="button" class="button" onClick={onClose}>Close</button>
          {me?.rule_edit && trial && !trial.kept ? <button type="button" class="button primary" disabled={!trial.passed} onClick={() => send("/api/rules", new AbortController().signal)}>Keep it</button> : null}
        </div>
      </div>
    </Dialog>
  );
}
