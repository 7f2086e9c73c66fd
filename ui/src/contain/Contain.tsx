/// What would stop a tree: steps, whom each stops and whom it breaks, and first of all what stays alive. Where the server
/// has the power, a plan is approved and carried out from here (`Carry.tsx`); else the command for it is shown.
import { useEffect, useState } from "preact/hooks";
import { useAnswer } from "../api";
import type { Plan, Step } from "../contract";
import { may, useMe } from "../me";
import { Files } from "../parts/files";
import { Answered, Notice, Severity } from "../parts/parts";
import { address, replace, usePlace } from "../route";
import { plural } from "../text";
import { exact, moment, timed, useZone } from "../time";
import type { CredentialPage, Incidents, KeptPlans, PlanAnswer, PlanState, StepState } from "../wire.gen";
import { Approve, Standing, Undo } from "./Carry";
import { isBegun, PHASES, STEPS, usePlanState } from "./state";
import "./contain.css";

export function ContainScreen() {
  const { query } = usePlace();
  const target = query.get("target");
  const since = query.get("stolen");
  const narrow = query.get("narrow") === "1";
  const kept = query.get("plan");
  // A plan that is kept stands as it is, whatever the logs say by now.
  const answer = useAnswer<PlanAnswer>(
    kept ? address(["api", "contain", "plans", kept]) : target ? "/api/contain/plan" : null,
    kept ? undefined : { target, narrow, ...(since ? { stolen_since: since } : {}) },
  );
  return (
    <div class="screen">
      <Ask key={`${target}${since}`} target={kept ? (answer.data?.plan.target ?? "") : (target ?? "")} since={since ?? ""} narrow={narrow} />
      {target || kept ? <Answered answer={answer} what="the plan">{(data) => <Planned data={data} busy={answer.loading} />}</Answered> : <Choose />}
    </div>
  );
}

function Ask({ target, since, narrow }: { target: string; since: string; narrow: boolean }) {
  const [what, setWhat] = useState(target);
  useEffect(() => setWhat(target), [target]);
  const [when, setWhen] = useState(since);
  return (
    <form
      class="head ask"
      onSubmit={(event) => {
        event.preventDefault();
        replace({ target: what.trim(), stolen: when.trim(), plan: null });
      }}
    >
      <h1 class="unseen">Containment</h1>
      <label class="grow">
        <span class="muted small">Target: a key, a credential, an ARN or an incident</span>
        <input class="field mono" value={what} onInput={(event) => setWhat(event.currentTarget.value)} spellcheck={false} placeholder="AKIA…" />
      </label>
      <label>
        <span class="muted small">Stolen since (RFC 3339, if known)</span>
        <input class="field mono" value={when} onInput={(event) => setWhen(event.currentTarget.value)} spellcheck={false} placeholder="2026-10-14T11:00:00Z" />
      </label>
      <div>
        <span class="muted small">Breadth</span>
        <div class="pair" role="group" aria-label="Breadth">
          <button type="button" class="button" aria-pressed={!narrow} onClick={() => replace({ narrow: null })}>Broad</button>
          <button type="button" class="button" aria-pressed={narrow} onClick={() => replace({ narrow: 1 })}>Narrow</button>
        </div>
      </div>
      <button type="submit" class="button primary">Plan</button>
    </form>
  );
}

/// Without a target: those that want one first.
function Choose() {
  const answer = useAnswer<Incidents>("/api/incidents");
  return (
    <Answered answer={answer} what="incidents">
      {(data) =>
        data.incidents.length === 0 ? (
          <div class="scroll">
            <Notice title="Name what is to be stopped">
              <p>A key, a credential of <a href="/credentials">Credentials</a>, or the ARN of a user or role. The plan covers everything that came of it.</p>
            </Notice>
            <Kept />
          </div>
        ) : (
          <div class="scroll">
            <Kept />
            <section class="section">
              <h2>Choose what is to be stopped <span class="muted">the plan covers everything that came of it</span></h2>
              <table class="table">
                <thead><tr><th>severity</th><th>incident</th><th>root</th><th class="number">still works</th></tr></thead>
                <tbody>
                  {data.incidents.map((row) => (
                    <tr key={row.incident_id}>
                      <td><Severity value={row.severity} /></td>
                      <td><a class="incident" href={address(["contain"], { target: row.root_credential ?? row.incident_id })}>{row.title}</a></td>
                      <td class="key">{row.root_name}</td>
                      <td class="number">{row.live_credentials} of {row.tree_credentials}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </section>
          </div>
        )
      }
    </Answered>
  );
}

/// Plans that were approved or carried out: where each stands.
function Kept() {
  useZone();
  const answer = useAnswer<KeptPlans>("/api/contain/plans");
  if (!answer.data?.plans.length) return null;
  return (
    <section class="section">
      <h2>Plans <span class="muted">approved here or kept beside the server</span> <Files name="plans" rows={answer.data.plans} columns={["plan_id", "hash", "target", "headline", "made_at", "phase", "approved_by", "approved_at", "run_by", "done", "steps", "failed", "verified_at"]} /></h2>
      <table class="table">
        <thead><tr><th>plan</th><th>where it stands</th><th class="number">steps done</th><th>approved</th><th>run</th></tr></thead>
        <tbody>
          {answer.data.plans.map((one) => (
            <tr key={one.plan_id}>
              <td class="wide"><a class="incident" href={address(["contain"], { plan: one.plan_id })}>{one.headline}</a><div class="muted small mono">{one.plan_id} · {one.target}</div></td>
              <td><span class={one.phase === "holds" ? "works" : ["partly", "broken"].includes(one.phase) ? "alarm" : ""}>{PHASES[one.phase]}</span></td>
              <td class="number">{one.done} of {one.steps}{one.failed ? <span class="alarm">, {one.failed} failed</span> : null}</td>
              <td>{one.approved_by ?? <span class="muted">–</span>}<div class="muted small">{one.approved_at ? moment(one.approved_at) : ""}</div></td>
              <td>{one.run_by ?? <span class="muted">–</span>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Planned({ data, busy }: { data: PlanAnswer; busy: boolean }) {
  useZone();
  const { plan } = data;
  const [state, put] = usePlanState(data.state);
  const [undoing, setUndoing] = useState<Step | null>(null);
  const me = useMe();
  const begun = isBegun(state);
  const undo = me?.containment && may(me, "responder") && state.summary.busy === null ? setUndoing : null;
  const told = new Map(state.steps.map((one) => [one.step, one]));
  const approved = (next: PlanState) => {
    put(next);
    replace({ plan: plan.plan_id });
  };
  const steps = plan.steps;
  // One that several steps hit is one; a step that hits many lists only some.
  const broken = Math.max(new Set(steps.flatMap((step) => step.breaks)).size, ...steps.map((step) => step.breaks_count));
  const final = steps.filter((step) => !step.reversible && changes(step)).length;
  const byHand = steps.filter((step) => step.by_hand && changes(step)).length;
  return (
    <div class="scroll plan" aria-busy={busy}>
      <Whom plan={plan} />
      <div class="outcome">
        <div class={data.after ? "count bad" : "count good"}>
          <b>{data.after}</b>
          <span>{data.after === 1 ? "stays alive" : "stay alive"} after this plan</span>
        </div>
        <div class="count"><b>{data.before}</b><span>{data.before === 1 ? "works" : "work"} now</span></div>
        <div class={broken ? "count bad" : "count"}><b>{broken}</b><span>{broken === 1 ? "other" : "others"} broken by it</span></div>
        <div class="count"><b>{steps.filter(changes).length}</b><span>changes{byHand ? `, ${byHand} by hand` : ""}{final ? `, ${final} not to be undone` : ""}</span></div>
        <div class="grow" />
        <div class="files">
          {state.summary.approved_by === null ? <button type="button" class="button" onClick={() => document.querySelector(".approve")?.scrollIntoView()}>Approve and run ↓</button> : null}
          <Download name={`${plan.plan_id}.json`} type="application/json" text={JSON.stringify(plan, null, 2)} label="Plan (JSON)" />
          <Download name={`${plan.plan_id}.sh`} type="text/x-shellscript" text={data.script} label="Script" />
          <Download name={`${plan.plan_id}.md`} type="text/markdown" text={data.markdown} label="Markdown" />
        </div>
      </div>
      {state.summary.phase === "drawn" ? null : <Standing plan={plan} state={state} put={put} />}
      {plan.still_alive_after.length ? (
        <section class="section">
          <h2 class="alarm">Stays alive</h2>
          <ul class="plain-list">
            {plan.still_alive_after.map((one) => (
              <li key={one.credential}><Name plan={plan} id={one.credential} /> <span class="muted">{one.until ? `until ${moment(one.until)}` : "until revoked"} · {timed(one.why)}</span></li>
            ))}
          </ul>
        </section>
      ) : null}
      {plan.let_in.length ? (
        <section class="section">
          <h2>Let in by the tree <span class="muted">came in by something that it made or changed; the plan stops them too</span></h2>
          <ul class="plain-list">
            {plan.let_in.map((one) => (
              <li key={one.credential + one.event_id}><Name plan={plan} id={one.credential} /> <span class="muted">{one.certainty} · {timed(one.why)}</span></li>
            ))}
          </ul>
        </section>
      ) : null}
      {plan.refused.length ? (
        <section class="section">
          <h2>Refused <span class="muted">protected; the plan does not touch it</span></h2>
          <ul class="plain-list">{plan.refused.map((one) => <li key={one.target + one.why}><span class="mono">{one.target}</span> <span class="muted">{timed(one.why)}</span></li>)}</ul>
        </section>
      ) : null}
      <section class="section">
        <h2>Steps <span class="muted">in this order; plan {plan.plan_id}, made of the logs as of {exact(plan.as_of)}</span> <Files name="steps" rows={steps} columns={["id", "phase", "kind", "account", "region", "service", "action", "params", "why", "stops", "breaks", "cuts_off", "reversible", "undo", "requires", "depends_on", "verify", "needs_confirmation", "by_hand", "commands"]} /></h2>
        <table class="table steps">
          <thead><tr><th class="number">#</th>{begun ? <th>state</th> : null}<th>what</th><th>on</th><th>stops</th><th>breaks</th><th>undo</th></tr></thead>
          <tbody>{steps.map((step, at) => <StepRow key={step.id} step={step} plan={plan} number={at + 1} state={begun ? (told.get(step.id) ?? null) : null} onUndo={undo} />)}</tbody>
        </table>
      </section>
      {plan.notes.length || plan.zombies_until ? (
        <section class="section"><h2>To know</h2><ul class="notes">{plan.zombies_until ? <li>Leave the denials in place until {exact(plan.zombies_until)} at least: tokens that they hold down would wake up.</li> : null}{plan.notes.map((note) => <li key={note}>{timed(note)}</li>)}</ul></section>
      ) : null}
      {plan.alternative ? (
        <p class="muted">
          The {plan.alternative.breadth} plan: {plural(plan.alternative.steps, "step")}, {plan.alternative.breaks} broken, {plan.alternative.still_alive_after} alive after it.{" "}
          <button type="button" class="button plain inline" onClick={() => replace({ narrow: plan.alternative?.breadth === "narrow" ? 1 : null })}>Show it</button>
        </p>
      ) : null}
      <Approve plan={plan} state={state} put={approved} command={data.command} />
      {undoing ? <Undo plan={plan} step={undoing} put={put} onClose={() => setUndoing(null)} /> : null}
    </div>
  );
}

/// Whether a step alters an account; the others look or wait.
function changes(step: Step): boolean {
  return step.phase !== "evidence" && step.phase !== "verify";
}

function StepRow({ step, plan, number, state, onUndo }: { step: Step; plan: Plan; number: number; state: StepState | null; onUndo: ((step: Step) => void) | null }) {
  const [open, set] = useState(false);
  const undoable = onUndo && state && ["done", "already-done", "undo-failed"].includes(state.phase) && (step.reversible || step.undo);
  const target = ["user_name", "role_name", "access_key_id", "function_name", "permission_set_arn", "trust_anchor_id"].map((name) => step.params[name]).filter((value): value is string => typeof value === "string");
  return (
    <>
      <tr class={changes(step) ? "" : "quiet"}>
        <td class="number muted">{number}</td>
        {state ? <td class="once"><StepSign state={state} /></td> : null}
        <td class="what">
          <button type="button" class="line" aria-expanded={open} onClick={() => set(!open)}>
            {step.kind.replace(/-/g, " ")}
          </button>
          <div class="muted small">{timed(step.why)}{step.by_hand ? " · by hand" : ""}{step.needs_confirmation ? " · asks before it is done" : ""}</div>
          {state?.why ? <div class={state.phase === "failed" ? "alarm small" : "muted small"}>{timed(state.why)}</div> : null}
          {state?.found.map((key) => <div key={key} class="alarm small">{key} was active and no step named it: switched off</div>)}
        </td>
        <td><span class="mono">{target.join(" ") || "–"}</span><div class="muted small">{step.account ?? ""}</div></td>
        <td>{step.stops.length ? <Credentials ids={step.stops} plan={plan} words={plural(step.stops.length, "credential")} /> : <span class="muted">–</span>}</td>
        <td>{step.breaks_count ? <Credentials ids={step.breaks} plan={plan} words={plural(step.breaks_count, "other")} bad /> : <span class="muted">{changes(step) ? "nothing known" : "–"}</span>}{step.cuts_off.map((who) => <div key={who} class="small">cuts off {who}</div>)}</td>
        <td class="undo">{undoable ? <button type="button" class="button plain inline" onClick={() => onUndo(step)}>Take back</button> : !changes(step) ? <span class="muted">–</span> : step.reversible ? "yes" : <span class="alarm">no</span>}</td>
      </tr>
      {open ? (
        <tr class="detail">
          <td />
          <td colSpan={state ? 6 : 5}>
            <pre class="code pre">{step.commands.join("\n") || `${step.service}:${step.action}`}</pre>
            <p class="muted small">verified by: {step.verify}{step.undo ? ` · undone by ${step.undo.service}:${step.undo.action}` : ""}{step.depends_on.length ? ` · after ${step.depends_on.join(", ")}` : ""}</p>
          </td>
        </tr>
      ) : null}
    </>
  );
}

/// How a step stands: a sign that is read without colour, and words.
function StepSign({ state }: { state: StepState }) {
  const [sign, words] = STEPS[state.phase];
  const tone = { failed: "alarm", "undo-failed": "alarm", done: "works", "already-done": "works" }[state.phase as string] ?? "muted";
  return <span class={tone} title={state.at ? exact(state.at) : undefined}><span aria-hidden="true">{sign}</span> {words}</span>;
}

function Credentials({ ids, plan, words, bad = false }: { ids: string[]; plan: Plan; words: string; bad?: boolean }) {
  return (
    <details class="stops">
      <summary class={bad ? "alarm" : ""}>{words}</summary>
      <ul>{ids.map((id) => <li key={id}><Name plan={plan} id={id} /></li>)}</ul>
    </details>
  );
}

/// Whom the plan is about: an id says nothing to who reads it.
function Whom({ plan }: { plan: Plan }) {
  const { target } = plan;
  const row = useAnswer<CredentialPage>(target.startsWith("cr-") ? address(["api", "credentials", target]) : null).data?.row;
  return (
    <h2 class="whom">
      <span class="cut">{row ? <><a class="mono" href={address(["credentials", target])}>{row.key ?? row.name}</a> {row.what}</> : (plan.names[target]?.what ?? target)}</span>
      <span class="muted small">and everything that came of it</span>
    </h2>
  );
}

function Name({ plan, id }: { plan: Plan; id: string }) {
  return <a href={address(["credentials", id])}>{plan.names[id]?.what ?? id}</a>;
}

/// A file that the page has already.
function Download({ name, type, text, label }: { name: string; type: string; text: string; label: string }) {
  const [url, set] = useState<string | null>(null);
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([text], { type }));
    set(made);
    return () => URL.revokeObjectURL(made);
  }, [text, type]);
  return <a class="button" download={name} href={url ?? "#"}>{label}</a>;
}
