/// A watch is looked at while it works: alerts come to the page by themselves, the line at the bottom says how late they
/// are, and what people decide about an incident stays in the lake.
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
  for (const [name, role] of [["ada", "analyst"], ["vera", "viewer"]] as const) token[name] = run("serve", "token", "add", name, "--role", role, "--tokens", "tokens.toml").trim();
  const chosen = CHOSEN.flatMap((one) => ["--rules", join(rules, one)]);
  bring(files.slice(0, 1));
  [server, browser] = await Promise.all([serveIn(folder, token.ada ?? "", "serve", "incoming", "--lake", "lake", "--no-builtin-rules", ...chosen, "--tokens", "tokens.toml"), browse()]);
}, 400_000);
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

async function as(name: string) {
  const opened = await open(browser);
  await opened.page.goto(`${server.url}/sign-in`);
  await opened.page.getByLabel("Token").fill(token[name] ?? "");
  await opened.page.getByRole("button", { name: "Sign in" }).click();
  await opened.page.locator(".who", { hasText: name }).waitFor();
  return opened;
}

it("alerts come by themselves, and an incident is noted, closed and opened again", { retry: 0, timeout: 180_000 }, async () => {
  const { page, wrong } = await as("ada");
  await page.locator(".health .watch", { hasText: "watching" }).waitFor();
  await settled(page);
  const before = await page.locator("a.incident").count();
  bring(files.slice(1));
  // Nothing is pressed: the alert is said, and the list has it.
  await page.locator(".news-one").first().waitFor({ timeout: 90_000 });
  await page.locator(".health .watch", { hasText: /[1-9][\d,]* events\/min · lag \d/ }).waitFor();
  await page.waitForFunction((before) => document.querySelectorAll(".incidents a.incident").length > before, before);
  await page.locator(".news-one a.incident").first().click();
  await page.waitForURL("**/incidents/*");
  const id = new URL(page.url()).pathname.split("/").at(-1) ?? "";
  await page.getByRole("heading", { name: /^Notes/ }).waitFor();
  await page.locator(".news button", { hasText: /Dismiss all|✕/ }).last().click();

  const hostile = "<img src=x onerror=window.__ran=1> \u202egnp.exe";
  await page.getByLabel("A note").fill(`Looked at it.\n${hostile}`);
  await page.getByRole("button", { name: "Add note" }).click();
  await page.locator(".noted li", { hasText: "Looked at it." }).waitFor();
  expect(await page.locator(".noted").innerText()).toContain("⟨202E⟩gnp.exe");
  expect(await page.evaluate(() => (window as unknown as { __ran?: number }).__ran)).toBeUndefined();
  expect(await page.getByLabel("A note").inputValue()).toBe("");

  // Somebody else looks at the same, and may not decide.
  const vera = await as("vera");
  await vera.page.goto(`${server.url}/incidents/${id}`);
  await vera.page.getByText("Analysts write notes and close incidents.").waitFor();
  const denied = await vera.page.evaluate(async (id) => (await fetch(`/api/incidents/${id}/close`, { method: "POST", headers: { "x-keyline": "1", "content-type": "application/json" }, body: '{"classification":"FalsePositive"}' })).status, id);
  expect(denied).toBe(403);

  await page.getByRole("button", { name: "Close …" }).click();
  for (const scheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    expect(await serious(page)).toEqual([]);
  }
  await page.getByLabel("Benign positive").check();
  await page.getByLabel("Why, for whoever reads it later").fill("An exercise.");
  await page.getByRole("button", { name: "Close it" }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Open again" }).waitFor();
  // It comes to the other page without being asked for, and to the command.
  await vera.page.locator(".facts", { hasText: "Closed: benign positive" }).waitFor();
  const kept = JSON.parse(run("incidents", "show", id, "--lake", "lake", "-o", "json")) as { status: string; classification: string; notes: { by: string; text: string }[] };
  expect([kept.status, kept.classification, kept.notes.map((one) => one.by)]).toEqual(["Closed", "BenignPositive", ["ada", "ada"]]);

  await page.goto(`${server.url}/incidents?status=closed`);
  await page.locator(`a.incident[data-id="${id}"]`).waitFor();
  await page.getByRole("button", { name: "Open", exact: true }).click();
  await page.waitForFunction((id) => !document.querySelector(`a.incident[data-id="${id}"]`), id);
  await page.goto(`${server.url}/incidents/${id}`);
  await page.getByRole("button", { name: "Open again" }).click();
  await page.locator(".facts", { hasText: "Opened again" }).waitFor();
  // What the command notes is on the page when it is asked.
  run("incidents", "note", id, "From a terminal.", "--lake", "lake", "--by", "rita");
  await page.reload();
  await page.locator(".noted li", { hasText: "From a terminal." }).waitFor();
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Case file" }).click()]);
  expect(file.suggestedFilename()).toBe(`keyline-${id}.html`);
  expect([...wrong, ...vera.wrong].filter((one) => !/status of 403/.test(one))).toEqual([]);
  await vera.page.context().close();
  await page.context().close();
});
