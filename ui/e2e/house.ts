/// What the tests in the browser share: the program, the browser, and a page that tells everything that went wrong.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import axe from "axe-core";
import { type Browser, chromium, type Page } from "playwright-core";

const root = join(import.meta.dirname, "..", "..");
export const target = process.env.CARGO_TARGET_DIR ?? join(root, "target");

function first(what: string, named: string | undefined, candidates: string[]): string {
  const found = [named, ...candidates].find((path) => path !== undefined && existsSync(path));
  if (!found) throw new Error(`no ${what}: looked at ${candidates.join(", ")}; name it in the environment`);
  return found;
}

/// The rules of this checkout.
export const rules = join(root, "rules");
export const keyline = () => first("keyline (KEYLINE_BIN)", process.env.KEYLINE_BIN, ["release", "debug"].map((kind) => join(target, kind, "keyline")));
const browserPath = () => first("browser (CHROMIUM)", process.env.CHROMIUM, ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]);

export interface Server {
  url: string;
  /// Ends the program, and waits until it has ended.
  stop(): Promise<void>;
}

/// Starts the program with the pages as they are built now, and waits until it has read everything. Where `KEYLINE_URL`
/// names one that serves the demo already, with `KEYLINE_UI_DIR` as below, it is that.
export async function serve(...args: string[]): Promise<Server> {
  const there = process.env.KEYLINE_URL;
  if (there && args[0] === "demo") return { url: there, stop: async () => undefined };
  return serveIn(mkdtempSync(join(tmpdir(), "keyline-served-")), null, ...args);
}

/// The same in a folder, where it keeps its plans and its audit log; with a token, if one is asked for.
export async function serveIn(cwd: string, token: string | null, ...args: string[]): Promise<Server> {
  const child: ChildProcess = spawn(keyline(), [...args, "--listen", "127.0.0.1:0"], {
    cwd,
    env: { ...process.env, KEYLINE_UI_DIR: join(root, "ui", "dist") },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  const url = await new Promise<string>((found, fail) => {
    const hear = (part: Buffer) => {
      said += part.toString();
      const match = /http:\/\/127\.0\.0\.1:\d+/.exec(said);
      if (match) found(match[0]);
    };
    child.stdout?.on("data", hear);
    child.stderr?.on("data", hear);
    child.on("exit", (code) => fail(new Error(`keyline ended with ${code}: ${said}`)));
  });
  for (;;) {
    const health = (await (await fetch(`${url}/api/health`, { headers: token ? { authorization: `Bearer ${token}` } : {} })).json()) as { phase: string; detail: string | null };
    if (health.phase === "ready") break;
    if (health.phase === "failed") throw new Error(health.detail ?? "failed");
    await new Promise((after) => setTimeout(after, 200));
  }
  return { url, stop: () => ended(child) };
}

/// A watch ends in order, which takes as long as what it is at; a test waits for some of that and no more.
async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const over = new Promise((gone) => child.once("exit", gone));
  child.kill();
  const impatient = setTimeout(() => child.kill("SIGKILL"), 20_000);
  await over;
  clearTimeout(impatient);
}

export function browse(): Promise<Browser> {
  return chromium.launch({ executablePath: browserPath(), args: ["--no-sandbox"] });
}

/// Waits until the screen has what it asked for. The stream of events never ends, so the network is never idle.
export async function settled(page: Page): Promise<void> {
  await page.waitForFunction(() => document.querySelector("h1, .notice") && !document.querySelector(".waiting, [aria-busy=true]"));
}

/// What axe finds serious or worse, in words.
export async function serious(page: Page): Promise<string[]> {
  await page.evaluate(`${axe.source};void 0`);
  const violations = await page.evaluate(async () => {
    const run = (window as unknown as { axe: { run(options: object): Promise<{ violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[] }> } }).axe;
    const { violations } = await run.run({ resultTypes: ["violations"] });
    return violations.map((one) => ({ id: one.id, impact: one.impact, html: one.nodes.slice(0, 3).map((node) => `${node.html.slice(0, 160)} ${node.failureSummary.slice(0, 200)}`) }));
  });
  return violations.filter((one) => ["serious", "critical"].includes(one.impact)).map((one) => `${one.id} ${one.html.join(" | ")}`);
}

/// A page, and everything that went wrong in it: errors, messages of the console, breaches of the content policy.
export async function open(browser: Browser, scheme: "light" | "dark" = "light"): Promise<{ page: Page; wrong: string[] }> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme: scheme, timezoneId: "UTC" });
  const page = await context.newPage();
  const wrong: string[] = [];
  page.on("pageerror", (error) => wrong.push(`error: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") wrong.push(`console: ${message.text()}`);
  });
  page.on("dialog", (dialog) => {
    wrong.push(`dialogue: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("request", (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (!["data:", "blob:"].includes(protocol) && hostname !== "127.0.0.1") wrong.push(`asked ${request.url()}`);
  });
  return { page, wrong };
}
