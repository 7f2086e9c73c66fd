/// How long a frame of panning takes with a large tree, and how soon it is seen: `npm run measure`. Not a test, since a
/// clock decides nothing on a machine that others use. The tree is made up; everything else is the real page, over the
/// real program (which only has to answer for its health).
import { it } from "vitest";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import type { Lanes, LaneRow, LaneUse } from "../src/wire.gen";
import { browse, open, serve } from "./house";

const RULE = `id: 6d0f7a0e-6a3c-4c0c-9a57-1f7f6f1c2b66
name: Root at work
description: Calls of a root user.
severity: Low
queryFrequency: 1d
queryPeriod: 1d
triggerOperator: gt
triggerThreshold: 0
tactics: [InitialAccess]
relevantTechniques: [T1078]
query: |
  AWSCloudTrail
  | where UserIdentityType == "Root"
version: 1.0.0
kind: Scheduled
`;
const ROWS = 500;
const BINS = 200;
const FRAMES = 240;

function lanes(from: number, to: number): Lanes {
  const natural = [Date.parse("2026-10-01T00:00:00Z"), Date.parse("2026-10-08T00:00:00Z")] as const;
  const [start, end] = Number.isFinite(from) && Number.isFinite(to) ? [from, to] : natural;
  const step = (end - start) / BINS;
  const row = (at: number): LaneRow => ({
    id: `cr-${String(at).padStart(16, "a")}`, level: at === 0 ? 0 : 1 + (at % 6), last: at % 6 === 5, guides: 0, has_branches: at % 6 < 5, name: `ASIA…${at}`, key: null, what: "GetSessionToken", calls: at * 37, errors: at % 5, account: at % 6, works: at % 3 === 0, usable: true, state: "valid until 23:10", alarms: at % 4 ? [] : ["works although its parent is off"], doubt: null,
    bars: [{ from: start, to: end, known: "surely", holds: at % 2 ? "duly" : "outliving" }],
    uses: Array.from({ length: BINS }, (_, bin) => [Math.round(start + bin * step), Math.round(0.8 * step), ((bin * 7 + at) % 10) * 100, bin % 9 ? 0 : 20] as LaneUse),
    marks: Array.from({ length: 10 }, (_, mark) => ({ at: start + ((mark + 0.5) / 10) * (end - start), kind: (["alert", "mints", "off"] as const)[mark % 3] ?? "alert", number: 1 + (mark % 3) })),
    thread: at ? start + ((at % 50) / 50) * (end - start) : null, came_before: true, goes_on: true, addresses: [`192.0.2.${at % 20}`], agents: ["aws-cli"], mfa: null, session_name: null,
  });
  return { root: "cr-0", title: "A large tree", headline: `166 of ${ROWS} credentials still work`, as_of: natural[1] - 3_600_000, from: start, to: end, natural_from: natural[0], natural_to: natural[1], overview: Array.from({ length: 120 }, (_, at) => at % 17), accounts: ["111111111111"], rows: Array.from({ length: ROWS }, (_, at) => row(at)), left_out: null };
}

/// The milliseconds that frames of panning took, in order.
function panning(page: Page): Promise<number[]> {
  return page.evaluate(async (number) => {
    const target = document.querySelector(".rows");
    const took: number[] = [];
    for (let at = 0; at < number; at += 1) {
      const started = performance.now();
      target?.dispatchEvent(new WheelEvent("wheel", { deltaX: at % 2 ? 40 : -37, clientX: 700, clientY: 300, bubbles: true, cancelable: true }));
      // The page draws in the microtasks that follow.
      await null;
      await null;
      await null;
      void document.body.offsetHeight;
      took.push(performance.now() - started);
      await new Promise((after) => requestAnimationFrame(after));
    }
    return took.sort((a, b) => a - b);
  }, FRAMES);
}

function told(frames: number[]): string {
  const part = (share: number) => (frames[Math.min(frames.length - 1, Math.floor(frames.length * share))] ?? 0).toFixed(1);
  return `a frame of panning, script and layout: median ${part(0.5)} ms, p95 ${part(0.95)} ms, most ${part(1)} ms of ${FRAMES}`;
}

it("a large tree", { timeout: 600_000 }, async () => {
  const server = await serve("demo", "--serve");
  const browser = await browse();
  const { page, wrong } = await open(browser);
  await page.route("**/lanes?*", (route) => {
    const query = new URL(route.request().url()).searchParams;
    return route.fulfill({ json: lanes(Number(query.get("from") ?? Number.NaN), Number(query.get("to") ?? Number.NaN)) });
  });
  await page.route("**/api/activity", (route) => route.fulfill({ json: { calls: 0, errors: 0, from: 0, to: 1, bins: { from: 0, step: 1, calls: [], errors: [] }, actions: [], addresses: [], agents: [], regions: [], resources: [], error_codes: [], kql: "CloudTrail" } }));
  await page.goto(`${server.url}/lineage/large`);
  await page.locator(".row").first().waitFor();
  const seen = await page.evaluate(() => performance.now());
  const frames = await panning(page);
  const rows = await page.locator(".row").count();
  console.log(`${ROWS} credentials, ${BINS} bins each: seen ${seen.toFixed(0)} ms after the navigation began; ${rows} rows are elements`);
  console.log(told(frames));
  if (wrong.length) console.error(wrong.join("\n"));
  await browser.close();
  await server.stop();
});

it("a tree of real logs", { timeout: 1_800_000 }, async () => {
  const logs = process.env.MEASURE_LOGS;
  if (!logs) return console.log("left out: a tree of real logs: MEASURE_LOGS names none");
  // One rule: what is measured is opening a tree, after the server has read everything.
  const rule = join(mkdtempSync(join(tmpdir(), "keyline-measure-")), "rule.yaml");
  writeFileSync(rule, RULE);
  const server = await serve("serve", logs, "--no-builtin-rules", "--rules", rule);
  const asked = await fetch(`${server.url}/api/query`, { method: "POST", headers: { "content-type": "application/json", "x-keyline": "1" }, body: JSON.stringify({ query: `Credential | summarize Credentials = count(), Calls = sum(EventCount) by RootId | where Credentials >= ${ROWS} | top 1 by Credentials asc` }) });
  const [root, credentials, calls] = (/"rows":\[\["([^"]+)",(\d+),(\d+)\]/.exec(await asked.text()) ?? []).slice(1);
  const browser = await browse();
  for (const all of ["", "?all=1"]) {
    const { page, wrong } = await open(browser);
    const seen: number[] = [];
    for (let time = 0; time < 5; time += 1) {
      await page.goto(`${server.url}/lineage/${root}${all}`);
      await page.locator(".row").first().waitFor();
      seen.push(await page.evaluate(() => performance.now()));
    }
    const lanes = await page.evaluate(async (url) => {
      const started = performance.now();
      const text = await (await fetch(url)).text();
      return { took: performance.now() - started, bytes: text.length };
    }, `/api/lineage/${root}/lanes?px=750${all ? "&all=1" : ""}`);
    const frames = await panning(page);
    console.log(`${root}: ${credentials} credentials, ${calls} calls${all ? ", every row of its own" : ", alike ones folded"}: seen ${seen.map((one) => one.toFixed(0)).join(", ")} ms after the navigation began; the lanes ${lanes.took.toFixed(0)} ms, ${(lanes.bytes / 1024).toFixed(0)} KiB`);
    console.log(told(frames));
    if (wrong.length) console.error(wrong.join("\n"));
    await page.context().close();
  }
  await browser.close();
  await server.stop();
});
