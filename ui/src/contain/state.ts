/// Where a plan stands, in words and signs, kept up to date by the events about it.
import { useEffect, useState } from "preact/hooks";
import { ask } from "../api";
import { useEvent } from "../live";
import type { PlanAnswer, PlanPhase, PlanState, StepEvent, StepPhase, StepState } from "../wire.gen";

export const PHASES: Record<PlanPhase, string> = {
  drawn: "not approved",
  approved: "approved",
  running: "is carried out",
  stopped: "stopped by a person",
  partly: "partly carried out",
  done: "carried out",
  holds: "contained: everything holds",
  broken: "something does not hold",
};

/// A sign and words; the sign says it without colour.
export const STEPS: Record<StepPhase, [string, string]> = {
  waiting: ["○", "waits"],
  begun: ["◐", "under way"],
  done: ["●", "done"],
  "already-done": ["●", "was so before"],
  skipped: ["–", "skipped"],
  failed: ["▲", "failed"],
  undone: ["↺", "taken back"],
  "undo-failed": ["▲", "not taken back"],
};

/// Whether a plan was begun: then its steps have a state.
export function isBegun(state: PlanState): boolean {
  return !["drawn", "approved"].includes(state.summary.phase);
}

/// One step of a state replaced by what is known of it now.
export function withStep(state: PlanState, step: StepState): PlanState {
  const steps = state.steps.map((one) => (one.step === step.step ? step : one));
  const done = (one: StepState) => one.phase === "done" || one.phase === "already-done";
  const counted = steps.filter(done).length - state.steps.filter(done).length;
  const summary = { ...state.summary, done: Math.min(state.summary.steps, state.summary.done + counted) };
  return { ...state, steps, summary };
}

/// The state of a plan, from its answer on; and how to put in what a question of one's own answered.
export function usePlanState(first: PlanState): [PlanState, (state: PlanState) => void] {
  const [state, set] = useState(first);
  const id = first.summary.plan_id;
  useEffect(() => set(first), [first]);
  useEvent<PlanState>("plan", (told) => {
    if (told.summary.plan_id === id) set(told);
  });
  useEvent<StepEvent>("step", (told) => {
    if (told.plan_id === id) set((before) => withStep(before, told.step));
  });
  useEvent("missed", () => {
    ask<PlanAnswer>(`/api/contain/plans/${id}`, new AbortController().signal).then((answer) => set(answer.state), () => undefined);
  });
  return [state, set];
}
