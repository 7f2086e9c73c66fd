/// How soon a large tree is seen, how long a frame of panning takes, and how a grid of a hundred thousand rows scrolls:
/// `npm run measure`. Not a test, since a clock decides nothing on a machine that others use. All of it is the real page
/// over the real program: the tree comes of logs that the program read (`tree.ts`; `MEASURE_LOGS` names others,
/// `MEASURE_EVENTS` and `MEASURE_CREDENTIALS` other numbers).
import { it } from "vitest";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CDPSession, Page } from "playwright-core";
import { browse, open, type Server, serve } from "./house";
import { tree } from "./tree";

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
const EVENTS = Number(process.env.MEASURE_EVENTS ?? 1_000_000);
const CREDENTIALS = Number(process.env.MEASURE_CREDENTIALS ?? 500);
const FRAMES = 240;
const OPENED = 7;

interface Frame {
  /// By the clock: on a machine that others use, most of it is theirs.
  wall: number;
  /// What the page's thread was busy with script, style and layout.
  busy: number;
  /// Whether something was drawn; else nothing was measured.
  drew: boolean;
  /// Whether an answer came meanwhile, which it does when nobody moves for a while: reading it is no part of moving.
  answered: boolean;
}

/// How long the page's thread was busy since it began, in milliseconds of its own: what others do meanwhile does not count.
class Busy {
  private constructor(private readonly session: CDPSession) {}

  static async of(page: Page): Promise<Busy> {
    const session = await page.context().newCDPSession(page);
    await session.send("Performance.enable", { timeDomain: "threadTicks" });
    return new Busy(session);
  }

  async now(): Promise<{ part: number; all: number }> {
    const { metrics } = await this.session.send("Performance.getMetrics");
    const of = (name: string) => (metrics.find((one) => one.name === name)?.value ?? 0) * 1000;
    return { part: of("ScriptDuration") + of("LayoutDuration") + of("RecalcStyleDuration"), all: of("TaskDuration") };
  }
}

/// Does one step of moving, and waits until what follows is drawn. Every 60 steps nobody moves for a while, so that the
/// server is asked for what is now in view.
async function moving(page: Page, busy: Busy, what: "pan" | "rows" | "grid"): Promise<Frame[]> {
  await page.evaluate(([what, frames]) => {
    const drawn = { count: 0 };
    const prototype = CanvasRenderingContext2D.prototype;
    const clear = prototype.clearRect;
    prototype.clearRect = function (...args) {
      drawn.count += 1;
      clear.apply(this, args);
    };
    const move = (at: number) => {
      const element = document.querySelector<HTMLElement>(what === "grid" ? ".result-grid" : ".rows");
      if (!element) return;
      if (what === "pan") element.dispatchEvent(new WheelEvent("wheel", { deltaX: at % 60 < 45 ? 25 : -75, clientX: 700, clientY: 300, bubbles: true, cancelable: true }));
      else element.scrollTop = (at / frames) * (element.scrollHeight - element.clientHeight);
    };
    performance.setResourceTimingBufferSize(10_000);
    Object.assign(window, {
      moveOnce: async (at: number) => {
        const before = drawn.count;
        const answers = performance.getEntriesByType("resource").length;
        const began = performance.now();
        move(at);
        // The page draws in the microtasks that follow.
        for (let turn = 0; turn < 4; turn += 1) await null;
        void document.body.offsetHeight;
        const wall = performance.now() - began;
        await new Promise((after) => requestAnimationFrame(() => setTimeout(after)));
        return { wall, drew: what === "grid" || drawn.count > before, answered: performance.getEntriesByType("resource").length > answers };
      },
    });
  }, [what, FRAMES] as const);
  const frames: Frame[] = [];
  for (let at = 0; at < FRAMES; at += 1) {
    const before = (await busy.now()).part;
    const told = await page.evaluate((at) => (window as unknown as { moveOnce(at: number): Promise<Omit<Frame, "busy">> }).moveOnce(at), at);
    frames.push({ ...told, busy: (await busy.now()).part - before });
    if (at % 60 === 59) await page.waitForTimeout(900);
  }
  return frames;
}

function told(all: Frame[]): string {
  const frames = all.filter((frame) => !frame.answered);
  const parts = (of: (frame: Frame) => number) => {
    const sorted = frames.map(of).sort((a, b) => a - b);
    const part = (share: number) => (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(1);
    return `median ${part(0.5)} ms, p95 ${part(0.95)} ms, most ${part(1)} ms`;
  };
  return `${parts((frame) => frame.busy)} of the page's own time (by the clock ${parts((frame) => frame.wall)}), ${frames.length} frames, ${frames.filter((frame) => !frame.drew).length} without drawing${all.length > frames.length ? `; ${all.length - frames.length} more in which an answer of the server was read` : ""}`;
}

/// The tree with the most credentials of those that have enough.
async function largest(server: Server): Promise<[string, string, string]> {
  const asked = await fetch(`${server.url}/api/query`, { method: "POST", headers: { "content-type": "application/json", "x-keyline": "1" }, body: JSON.stringify({ query: "Credential | summarize Credentials = count(), Calls = sum(EventCount) by RootId | top 1 by Credentials" }) });
  const [root = "", credentials = "", calls = ""] = (/"rows":\[\["([^"]+)",(\d+),(\d+)\]/.exec(await asked.text()) ?? []).slice(1);
  return [root, credentials, calls];
}

it("a large tree, and a large grid", { timeout: 1_800_000, retry: 0 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "keyline-measure-"));
  const logs = process.env.MEASURE_LOGS ?? join(folder, "logs");
  if (!process.env.MEASURE_LOGS) {
    mkdirSync(logs);
    tree(logs, CREDENTIALS, EVENTS);
  }
  // One rule: what is measured is opening a tree, after the server has read everything.
  const rule = join(folder, "rule.yaml");
  writeFileSync(rule, RULE);
  const began = Date.now();
  const server = await serve("serve", logs, "--no-builtin-rules", "--rules", rule);
  console.log(`the server was ready after ${((Date.now() - began) / 1000).toFixed(1)} s`);
  const browser = await browse();
  try {
    const [root, credentials, calls] = await largest(server);
    for (const all of ["", "?all=1"]) {
      const seen: string[] = [];
      for (let time = 0; time < OPENED; time += 1) {
        const { page } = await open(browser);
        const busy = await Busy.of(page);
        await page.goto(`${server.url}/lineage/${root}${all}`);
        // Seen is: rows are there and the lanes are painted.
        await page.waitForFunction(() => {
          const canvas = document.querySelector<HTMLCanvasElement>(".rows canvas");
          return document.querySelector(".row") !== null && canvas !== null && canvas.width > 300 && (canvas.getContext("2d")?.getImageData(0, 0, canvas.width, 30).data.some((value) => value > 0) ?? false);
        }, undefined, { polling: "raf" });
        const after = await page.evaluate(() => performance.now());
        seen.push(`${after.toFixed(0)} (${(await busy.now()).all.toFixed(0)})`);
        await page.context().close();
      }
      const { page, wrong } = await open(browser);
      const busy = await Busy.of(page);
      await page.goto(`${server.url}/lineage/${root}${all}`);
      await page.locator(".row").first().waitFor();
      const rows = await page.locator(".over .muted").first().textContent();
      const lanes = await page.evaluate(async (url) => {
        const started = performance.now();
        const text = await (await fetch(url)).text();
        return { took: performance.now() - started, bytes: text.length };
      }, `/api/lineage/${root}/lanes?px=750${all ? "&all=1" : ""}`);
      console.log(`${credentials} credentials, ${calls} calls${all ? ", every row of its own" : ""}: ${rows}; seen ${seen.join(", ")} ms after the navigation began (in brackets: the page's own time); the lanes ${lanes.took.toFixed(0)} ms, ${(lanes.bytes / 1024).toFixed(0)} KiB`);
      // In the middle of it, where every lane has something.
      for (let time = 0; time < 3; time += 1) await page.keyboard.press("w");
      await page.waitForTimeout(1500);
      const pan = await moving(page, busy, "pan");
      console.log(`a frame of panning, script and layout: ${told(pan)}`);
      const scroll = await moving(page, busy, "rows");
      console.log(`a frame of scrolling the rows: ${told(scroll)}`);
      if (wrong.length) console.error(wrong.join("\n"));
      await page.context().close();
    }
    const { page, wrong } = await open(browser);
    await page.goto(`${server.url}/hunt?q=${encodeURIComponent("CloudTrail | take 100000")}`);
    await page.locator(".stats span", { hasText: / · / }).first().waitFor({ timeout: 120_000 });
    const busy = await Busy.of(page);
    const scroll = await moving(page, busy, "grid");
    console.log(`${await page.locator(".stats span").first().textContent()}, of events with all columns; a frame of scrolling them: ${told(scroll)}`);
    if (wrong.length) console.error(wrong.join("\n"));
  } finally {
    await browser.close();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
