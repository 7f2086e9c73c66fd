/// The cases of a rule and how each came out; and those beside a rule that is there, run on asking.
import { useState } from "preact/hooks";
import { ask, Failure } from "../api";
import { may, useMe } from "../me";
import { address } from "../route";
import { plural } from "../text";
import type { RuleTests, TriedCase } from "../wire.gen";

export function CaseList({ cases }: { cases: TriedCase[] }) {
  const failed = cases.filter((one) => !one.passed).length;
  return (
    <>
      <h3>{plural(cases.length, "case")}{failed ? `, ${failed} failed` : ", all as expected"}</h3>
      <ul class="plain-list">
        {cases.map((one) => (
          <li key={`${one.line} ${one.name}`}><span class={one.passed ? "works" : "alarm"}>{one.passed ? "● ok" : "▲ failed"}</span> {one.name} <span class="muted small">line {one.line}, {one.must_fire ? "must fire" : "must keep quiet"}</span>{one.why.map((why) => <div key={why} class="alarm small pre">{why}</div>)}</li>
        ))}
      </ul>
    </>
  );
}

export function OwnCases({ id, number }: { id: string; number: number | null }) {
  const me = useMe();
  const [tests, setTests] = useState<RuleTests | null>(null);
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<string | null>(null);
  const run = () => {
    setBusy(true);
    setWrong(null);
    ask<RuleTests>(address(["api", "rules", id, "test"]), new AbortController().signal, {})
      .then(setTests, (error: unknown) => setWrong(error instanceof Failure ? [error.message, error.hint].filter(Boolean).join(". ") : "The answer cannot be read."))
      .finally(() => setBusy(false));
  };
  return (
    <section class="section" aria-busy={busy}>
      <h2>Cases <span class="muted">{number === null ? "none beside it: nothing shows that it finds what it should" : `${plural(number, "case")} beside it: what it must find, and what it must not`}</span></h2>
      {number !== null && may(me, "analyst") ? <button type="button" class="button" disabled={busy} onClick={run}>{busy ? "Running …" : tests ? "Run them again" : "Run its cases"}</button> : null}
      {wrong ? <p class="alarm" role="alert">{wrong}</p> : null}
      {tests ? <div role="status"><CaseList cases={tests.cases} />{tests.more ? <p class="muted small">{plural(tests.more, "case")} more: <code>keyline rules test</code> runs them all.</p> : null}</div> : null}
    </section>
  );
}
