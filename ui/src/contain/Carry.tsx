/// Approving a plan, running it, looking whether it holds: what a person does with a plan, in that order. The server
/// decides who may; here is said who does and what comes next.
import { useState } from "preact/hooks";
import { ask, Failure } from "../api";
import type { Plan, Step } from "../contract";
import { called, may, useMe } from "../me";
import { Command, Dialog } from "../parts/parts";
import { plural } from "../text";
import { exact, moment, timed } from "../time";
import type { PlanState, UndoAnswer } from "../wire.gen";
import { PHASES } from "./state";

interface Given {
  plan: Plan;
  state: PlanState;
  put: (state: PlanState) => void;
}

/// A question that changes something, with its failure in words.
function useDeed(put: (state: PlanState) => void): [string | null, boolean, (url: string, body?: unknown) => Promise<void>] {
  const [wrong, setWrong] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const act = async (url: string, body: unknown = {}) => {
    setBusy(true);
    setWrong(null);
    try {
      put(await ask<PlanState>(url, new AbortController().signal, body));
    } catch (error) {
      setWrong(error instanceof Failure ? [error.message, error.hint].filter(Boolean).join(". ") : "The answer cannot be read.");
    }
    setBusy(false);
  };
  return [wrong, busy, act];
}

/// Where the plan stands, and what can be done next. Shown above the steps from its approval on.
export function Standing({ plan, state, put }: Given) {
  const me = useMe();
  const [wrong, busy, act] = useDeed(put);
  const [confirmed, setConfirmed] = useState<string[]>([]);
  const { summary, verified } = state;
  const at = `/api/contain/plans/${plan.plan_id}`;
  const running = summary.phase === "running";
  const begun = !["drawn", "approved"].includes(summary.phase);
  const asking = plan.steps.filter((step) => step.needs_confirmation && !step.by_hand);
  const alone = me?.two_persons === true && summary.approved_by === me.name;
  const runs = summary.approved_by !== null && !running && summary.done < summary.steps;
  return (
    <section class={`standing ${summary.phase}`} aria-label="Where the plan stands" aria-live="polite">
      <div class="line">
        <b>{PHASES[summary.phase].replace(/^./, (letter) => letter.toUpperCase())}</b>
        {begun ? <progress value={summary.done} max={Math.max(1, summary.steps)} aria-label="Steps that are done" /> : null}
        {begun ? <span>{summary.done} of {plural(summary.steps, "step")}{summary.failed ? <span class="alarm">, {summary.failed} failed</span> : null}</span> : null}
        <span class="muted small cut">
          {summary.approved_by ? `approved by ${summary.approved_by}, ${moment(summary.approved_at)}` : ""}
          {summary.run_by ? ` · run by ${summary.run_by}` : ""}
          {summary.approved_by && !begun ? ` · until ${moment(summary.approved_until)}` : ""}
        </span>
        <span class="grow" />
        {me?.containment && may(me, "responder") ? (
          <>
            {running ? <button type="button" class="button" disabled={busy} onClick={() => void act(`${at}/stop`)}>Stop</button> : null}
            {runs && !alone ? (
              <button type="button" class="button primary" disabled={busy || summary.busy !== null} onClick={() => void act(`${at}/run`, { confirm: confirmed })}>{begun ? "Go on" : "Run the plan"}</button>
            ) : null}
            {begun && !running ? <button type="button" class={`button${runs ? "" : " primary"}`} disabled={busy || summary.busy !== null} onClick={() => void act(`${at}/verify`)}>Verify now</button> : null}
          </>
        ) : null}
      </div>
      {runs && alone ? <p class="muted small">You approved it; another responder runs it.</p> : null}
      {runs && !may(me, "responder") ? <p class="muted small">A responder runs it; you are {called(me)}.</p> : null}
      {runs && !alone && may(me, "responder") && asking.length ? (
        <fieldset class="confirm">
          <legend class="muted small">Left out unless you say so here: not to be undone, or of more effect than the rest</legend>
          {asking.map((step) => (
            <label key={step.id}>
              <input type="checkbox" checked={confirmed.includes(step.id)} onChange={(event) => setConfirmed(event.currentTarget.checked ? [...confirmed, step.id] : confirmed.filter((id) => id !== step.id))} />
              {step.id} {step.kind.replace(/-/g, " ")} <span class="muted">{step.why}</span>
            </label>
          ))}
        </fieldset>
      ) : null}
      {state.error ? <p class="alarm pre">{state.error}</p> : null}
      {wrong ? <p class="alarm pre" role="alert">{wrong}</p> : null}
      {verified ? (
        <div class="verified">
          <p>
            <span class={verified.holds ? "works" : "alarm"}>{verified.holds ? "Every control is as it was left, and every key of whoever is denied is off." : `${plural(verified.findings.length, "finding")}.`}</span>{" "}
            <span class="muted small">looked at {exact(verified.at)} by {verified.by}</span>
          </p>
          {verified.findings.length ? <ul class="notes">{verified.findings.map((one) => <li key={one} class="alarm">{timed(one)}</li>)}</ul> : null}
          {verified.alarms.length ? <ul class="notes">{verified.alarms.map((one) => <li key={one}>{timed(one)}</li>)}</ul> : null}
          <p class="muted small">{verified.alarms.length ? "Above: who got through after the cut" : "Nobody of the tree succeeded after the cut"}, in logs until {exact(verified.logs_until)}. That is no proof: keys that do not work leave no trace, and logs come late.</p>
        </div>
      ) : null}
    </section>
  );
}

/// The hash is typed or pasted by whoever read the plan.
export function Approve({ plan, state, put, command }: Given & { command: string }) {
  const me = useMe();
  const [typed, setTyped] = useState("");
  const [wrong, busy, act] = useDeed(put);
  const whole = typed.trim().toLowerCase() === plan.hash;
  const approved = state.summary.approved_by !== null;
  return (
    <section class="section approve">
      <h2>Approve and run <span class="muted">{me?.containment ? "whoever approves has read every step; the hash is that of the plan as it stands here" : "this server changes nothing"}</span></h2>
      {me?.containment && !approved ? (
        may(me, "approver") ? (
          <form
            class="hash"
            onSubmit={(event) => {
              event.preventDefault();
              if (whole) void act("/api/contain/approve", { plan_id: plan.plan_id, hash: plan.hash });
            }}
          >
            <p class="muted small">The hash of this plan: <code class="whole">{plan.hash.replace(/.{8}/g, "$& ").trim()}</code></p>
            <div class="line">
              <label class="grow">
                <span class="unseen">The hash of this plan, whole</span>
                <input class="field mono" value={typed} onInput={(event) => setTyped(event.currentTarget.value.replace(/\s/g, ""))} spellcheck={false} autocomplete="off" placeholder="Type the whole hash to approve" />
              </label>
              <button type="submit" class="button primary" disabled={!whole || busy}>Approve</button>
            </div>
            {typed && !plan.hash.startsWith(typed.toLowerCase()) ? <p class="alarm small">That is not how the hash goes.</p> : null}
            {wrong ? <p class="alarm pre" role="alert">{wrong}</p> : null}
            {me.two_persons ? <p class="muted small">Another person than you runs it then.</p> : null}
          </form>
        ) : (
          <p class="muted">An approver approves it; you are {called(me)}. Send them this page's address.</p>
        )
      ) : null}
      {me && !me.containment ? <p class="muted">{me.why_not?.replace(/^./, (letter) => letter.toUpperCase())}. Save the plan, read it, then, on a machine that may change the accounts:</p> : <p class="muted small">Or, at a terminal:</p>}
      <Command text={command} />
      <p class="muted small">A plan that was altered since is not carried out. It needs {plural(plan.permissions.Statement.flatMap((one) => one.Action).length, "permission")}:</p>
      <details><summary>Permissions</summary><pre class="code">{JSON.stringify(plan.permissions, null, 2)}</pre></details>
    </section>
  );
}

/// Taking one step back: what it takes, and why it is refused.
export function Undo({ plan, step, put, onClose }: { plan: Plan; step: Step; put: (state: PlanState) => void; onClose: () => void }) {
  const [refused, setRefused] = useState<string | null>(null);
  const [force, setForce] = useState(false);
  const [busy, setBusy] = useState(false);
  const act = async () => {
    setBusy(true);
    try {
      const answer = await ask<UndoAnswer>(`/api/contain/plans/${plan.plan_id}/undo`, new AbortController().signal, { step: step.id, force });
      put(answer.state);
      if (answer.undone) return onClose();
      setRefused(answer.why ?? "It was not taken back.");
    } catch (error) {
      setRefused(error instanceof Failure ? error.message : "The answer cannot be read.");
    }
    setBusy(false);
  };
  return (
    <Dialog onClose={onClose} label={`Take step ${step.id} back`}>
      <div class="undoing">
        <h2>Take step {step.id} back?</h2>
        <p>{step.kind.replace(/-/g, " ")}: <span class="muted">{step.why}</span></p>
        <p class="muted small">By {step.undo ? `${step.undo.service}:${step.undo.action}` : "giving back what it switched off"}. What it held down may wake up: the plan's rules are asked first.</p>
        {refused ? (
          <>
            <p class="alarm pre" role="alert">{refused}</p>
            <label><input type="checkbox" checked={force} onChange={(event) => setForce(event.currentTarget.checked)} /> Take it back although the plan says that the thief has it</label>
          </>
        ) : null}
        <div class="line">
          <button type="button" class="button" onClick={onClose}>Leave it</button>
          <button type="button" class="button primary" disabled={busy || (refused !== null && !force)} onClick={() => void act()}>Take it back</button>
        </div>
      </div>
    </Dialog>
  );
}
