/// The cases of a rule and how each came out.
import { plural } from "../text";
import type { TriedCase } from "../wire.gen";

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
