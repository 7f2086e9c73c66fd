/// The arithmetic of the timeline.
import { describe, expect, it } from "vitest";
import { above, guides, kin, panned, readArea, seen, ticks, time, unfolded, writeArea, x, zoomed } from "../src/lineage/layout";
import type { LaneRow } from "../src/wire.gen";

const HOUR = 3_600_000;

function row(id: string | null, level: number, more: Partial<LaneRow> = {}): LaneRow {
  return { id, level, last: true, guides: 0, has_branches: false, name: id ?? "", key: null, what: "", calls: 0, errors: 0, account: 0, works: true, usable: true, state: "", alarms: [], doubt: null, bars: [], uses: [], marks: [], thread: null, came_before: false, goes_on: false, addresses: [], agents: [], mfa: null, session_name: null, ...more };
}

describe("time and pixels", () => {
  const axis = { from: 0, to: 10 * HOUR, width: 500 };

  it("go back and forth", () => {
    for (const at of [0, 1, HOUR, 10 * HOUR]) expect(time(axis, x(axis, at))).toBeCloseTo(at, 3);
  });

  it("zooming keeps the instant under the pointer where it is", () => {
    const around = 3 * HOUR;
    const next = zoomed(axis, 0.5, around, axis);
    expect(x({ ...next, width: 500 }, around)).toBeCloseTo(x(axis, around), 6);
    expect(next.to - next.from).toBeCloseTo(5 * HOUR, 3);
  });

  it("zooming ends at a second and at four times everything", () => {
    let span = { from: 0, to: 10 * HOUR };
    for (let at = 0; at < 100; at += 1) span = zoomed(span, 0.5, HOUR, axis);
    expect(span.to - span.from).toBe(1000);
    for (let at = 0; at < 100; at += 1) span = zoomed(span, 2, HOUR, axis);
    expect(span.to - span.from).toBe(40 * HOUR);
  });

  it("panning keeps the length, and something to see", () => {
    let span = { from: 0, to: HOUR };
    for (let at = 0; at < 100; at += 1) span = panned(span, -0.5, axis);
    expect(span.to - span.from).toBe(HOUR);
    expect(span.to).toBeGreaterThan(0);
  });

  it("ticks are round and inside", () => {
    const found = ticks(axis, true);
    expect(found.length).toBeGreaterThan(3);
    expect(found.every((tick) => tick.at % HOUR === 0 && tick.x >= 0 && tick.x <= 500)).toBe(true);
    expect(ticks({ from: 5, to: 5, width: 500 }, true)).toEqual([]);
  });
});

describe("rows", () => {
  const rows = [row("a", 0), row("b", 1), row("c", 2), row("d", 1), row(null, 2), row("e", 0)];

  it("a window sees a part of many, and all of few", () => {
    expect(seen(0, 260, 100_000)).toEqual([0, 16]);
    expect(seen(26_000, 260, 100_000)).toEqual([994, 1016]);
    expect(seen(0, 260, 3)).toEqual([0, 3]);
    expect(seen(9e9, 260, 3)).toEqual([3, 3]);
  });

  it("folding hides what is below, to the next of the same level", () => {
    const ids = (folded: string[]) => unfolded(rows, new Set(folded)).map((one) => one.id);
    expect(ids([])).toEqual(["a", "b", "c", "d", null, "e"]);
    expect(ids(["b"])).toEqual(["a", "b", "d", null, "e"]);
    expect(ids(["a"])).toEqual(["a", "e"]);
    expect(ids(["gone"])).toHaveLength(6);
  });

  it("a row hangs from the nearest above it that is further out", () => {
    expect([0, 1, 2, 3, 4, 5].map((at) => above(rows, at))).toEqual([-1, 0, 1, 0, 3, -1]);
  });

  it("guides follow the bits of the ancestors", () => {
    expect(guides(row("a", 0))).toEqual([]);
    expect(guides(row("a", 1, { last: false }))).toEqual(["branch"]);
    expect(guides(row("a", 3, { guides: 0b010 }))).toEqual(["line", "none", "end"]);
    expect(guides(row("a", 900))).toHaveLength(14);
  });

  it("kin share an address, a program, a device or a session name", () => {
    const one = row("a", 0, { addresses: ["192.0.2.1"], agents: ["aws-cli"], mfa: "m" });
    const other = row("b", 0, { addresses: ["192.0.2.1"], agents: ["boto3"], mfa: "m" });
    const stranger = row("c", 0, { addresses: ["192.0.2.9"] });
    const found = kin([one, other, stranger], one);
    expect([...found.entries()]).toEqual([[other, ["address", "MFA device"]]]);
  });
});

describe("what is selected stands in the address", () => {
  const rows = [row("a", 0), row(null, 1), row("b", 1), row("c", 2)];

  it("and is read back", () => {
    expect(writeArea("a", "a", null, null)).toBe("a");
    expect(writeArea("a", "b", 1.4, 9.6)).toBe("a~b@1-10");
    expect(readArea("a~b@1-10", rows)).toEqual({ ids: ["a", "b"], from: 1, to: 10 });
    expect(readArea("c~b", rows)).toEqual({ ids: ["b", "c"], from: null, to: null });
  });

  it("or ignored where it makes no sense", () => {
    expect(readArea(null, rows)).toBeNull();
    expect(readArea("gone", rows)).toBeNull();
    expect(readArea("a@10-1", rows)).toEqual({ ids: ["a"], from: null, to: null });
    expect(readArea("a@x-y", rows)).toEqual({ ids: ["a"], from: null, to: null });
  });
});
