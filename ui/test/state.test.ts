/// A plan that is carried out, as its events tell it.
import { expect, it } from "vitest";
import { isBegun, PHASES, STEPS, withStep } from "../src/contain/state";
import type { PlanState, StepPhase } from "../src/wire.gen";

function state(phases: StepPhase[]): PlanState {
  const steps = phases.map((phase, at) => ({ step: `s${at}`, phase, at: null, why: null, found: [] }));
  const summary = { plan_id: "0123456789ab", hash: "", target: "", headline: "", made_at: "", phase: "running" as const, busy: null, approved_by: null, approved_at: null, approved_until: null, run_by: null, done: phases.filter((one) => one === "done").length, steps: phases.length, failed: 0, verified_at: null };
  return { summary, steps, error: null, verified: null };
}

it("a step replaces what was known of it, and the number of those done follows", () => {
  const step = (phase: StepPhase) => ({ step: "s1", phase, at: null, why: null, found: [] });
  const before = state(["done", "waiting"]);
  for (const [phase, done] of [["begun", 1], ["done", 2], ["already-done", 2], ["failed", 1]] as const) {
    const after = withStep(before, step(phase));
    expect([phase, after.summary.done, after.steps[1]?.phase]).toEqual([phase, done, phase]);
  }
  expect(withStep(state(["done", "done"]), step("undone")).summary.done).toBe(1);
  expect(withStep(before, { ...step("done"), step: "of another plan" })).toEqual(before);
});

it("every phase has words, and every step a sign", () => {
  expect(Object.values(PHASES).every(Boolean)).toBe(true);
  for (const [sign, words] of Object.values(STEPS)) expect([sign.length, words.length > 2]).toEqual([1, true]);
  expect(isBegun(state(["waiting"]))).toBe(true);
});
