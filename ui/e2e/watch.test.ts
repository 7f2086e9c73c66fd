/// A watch is looked at while it works: alerts come to the page by themselves, and the line at the bottom says how late
/// they are.
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { browse, keyline, open, rules, serious, type Server, serveIn, settled } from "./house";

const CHOSEN = ["exfiltration", "persistence/credential-minted-below-a-stopped-one.yaml", "defense-evasion/credential-used-after-it-was-stopped.yaml"];

let folder: string;
let files: string[];
let server: Server;
let browser: Browser;
const token: Record<string, string> = {};

function run(...args: string[]): string {
  const done = spawnSync(keyline(), [...args, "--no-progress"], { cwd: folder, encoding: "utf8" });
  if (done.status !== 0) throw new Error(`keyline ${args.join(" ")}: ${done.stderr}`);
  return done.stdout;
}

function bring(some: string[]): void {
  for (const file of some) copyFileSync(file, join(folder, "incoming", file.split("/").at(-1) ?? ""));
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "keyline-watch-"));
  run("simulate", "by-the-same-token", "--seed", "1", "--out", "story");
  mkdirSync(join(folder, "incoming"));
  files = readdirSync(join(folder, "story", "AWSLogs"), { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile() && !one.parentPath.includes("Digest"))
    .map((one) => join(one.parentPath, one.name));
  for (const [name, role] of [["ada", "analyst"]] as const) token[name] = run("serve", "token", "add", name, "--role", role, "--tokens", "tokens.toml").trim();
  const chosen = CHOSEN.flatMap((one) => ["--rules", join(rules, one)]);
  bring(files.slice(0, 1));
  [server, browser] = await Promise.all([serveIn(folder, token.ada ?? "", "serve", "incoming", "--lake", "lake", "--no-builtin-rules", ...chosen, "--tokens", "tokens.toml"), browse()]);
}, 400_000);
afterAll(async () => {
  await browser?.close();
  server?.stop();
  // The watch ends in order: it may be writing still.
  rmSync(folder, { recursive: true, force: true, maxRetries: 40, retryDelay: 250 });
});

async function as(name: string) {
  const opened = await open(browser);
  await opened.page.goto(`${server.url}/sign-in`);
  await opened.page.getByLabel("Token").fill(token[name] ?? "");
  await opened.page.getByRole("button", { name: "Sign in" }).click();
  await opened.page.locator(".who", { hasText: name }).waitFor();
  return opened;
}

it("alerts come by themselves", { retry: 0, timeout: 180_000 }, async () => {
  const { page, wrong } = await as("ada");
  await page.locator(".health .watch", { hasText: "watching" }).waitFor();
  await settled(page);
  const before = await page.locator("a.incident").count();
  bring(files.slice(1));
  // Nothing is pressed: the alert is said, and the list has it.
  await page.locator(".news-one").first().waitFor({ timeout: 90_000 });
  await page.locator(".health .watch", { hasText: /[1-9][\d,]* events? since the start · lag under \d/ }).waitFor();
  await page.waitForFunction((before) => document.querySelectorAll(".incidents a.incident").length > before, before);
  await page.locator(".news-one a.incident").first().click();
  await page.waitForURL("**/incidents/*");
  await page.getByRole("heading", { name: "Credentials" }).waitFor();
  for (const scheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    expect(await serious(page)).toEqual([]);
  }
  await page.locator(".news button", { hasText: /Dismiss all|✕/ }).last().click();
  expect(wrong).toEqual([]);
  await page.context().close();
});
