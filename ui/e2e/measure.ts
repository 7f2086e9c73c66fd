/// How long a frame of panning takes with a large tree, and how soon it is seen: `npm run measure`. Not a test, since a
/// clock decides nothing on a machine that others use. The tree is made up; everything else is the real page, over the
/// real program (which only has to answer for its health).
import { it } from "vitest";
import type { Lanes, LaneRow } from "../src/wire.gen";
import { browse, open, serve } from "./house";

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
    uses: Array.from({ length: BINS }, (_, bin) => ({ from: start + bin * step, to: start + (bin + 0.8) * step, height: ((bin * 7 + at) % 10) / 10, failed: bin % 9 ? 0 : 0.2 })),
    marks: Array.from({ length: 10 }, (_, mark) => ({ at: start + ((mark + 0.5) / 10) * (end - start), kind: (["alert", "mints", "off"] as const)[mark % 3] ?? "alert", number: 1 + (mark % 3) })),
    thread: at ? start + ((at % 50) / 50) * (end - start) : null, came_before: true, goes_on: true, addresses: [`192.0.2.${at % 20}`], agents: ["aws-cli"], mfa: null, session_name: null,
  });
  return { root: "cr-0", title: "A large tree", headline: `166 of ${ROWS} credentials still work`, as_of: natural[1] - 3_600_000, from: start, to: end, natural_from: natural[0], natural_to: natural[1], overview: Array.from({ length: 120 }, (_, at) => at % 17), accounts: ["111111111111"], rows: Array.from({ length: ROWS }, (_, at) => row(at)), left_out: null };
}

it("a large tree", async () => {
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
  const frames = await page.evaluate(async (number) => {
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
  const part = (share: number) => (frames[Math.min(frames.length - 1, Math.floor(frames.length * share))] ?? 0).toFixed(1);
  const rows = await page.locator(".row").count();
  console.log(`${ROWS} credentials, ${BINS} bins each: seen ${seen.toFixed(0)} ms after the navigation began; ${rows} rows are elements`);
  console.log(`a frame of panning, script and layout: median ${part(0.5)} ms, p95 ${part(0.95)} ms, most ${part(1)} ms of ${FRAMES}`);
  if (wrong.length) console.error(wrong.join("\n"));
  await browser.close();
  server.stop();
});
