/// A rule that somebody brings is kept where the server lets rules be kept, once, and runs after the next start.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { browse, keyline, open, rules, type Server, serveIn } from "./house";

const RULE = `id: 3b9d1c52-0a55-4a53-8f0e-2d8f1f0c5a10
name: Everybody who asks who they are
description: A rule that somebody brings.
severity: Low
queryFrequency: 1h
queryPeriod: 1h
triggerOperator: gt
triggerThreshold: 0
tactics: [Discovery]
relevantTechniques: [T1087]
query: |
  AWSCloudTrail
  | where EventName == "GetCallerIdentity"
  | project TimeGenerated, UserIdentityArn
version: 1.0.0
kind: Scheduled
`;
const CASES = `identities:
  key: {user: mara, key: AKIAEXAMPLEMARAKEY01}
defaults: {who: key, from: 203.0.113.66}
cases:
  - name: Somebody asks
    events:
      - {time: "10:00", call: sts:GetCallerIdentity}
    expect: 1
  - name: Nobody asks
    events:
      - {time: "10:00", call: s3:ListBuckets}
    expect: 0
`;

let folder: string;
let server: Server;
let browser: Browser;

const served = () => serveIn(folder, null, "serve", "logs", "--no-builtin-rules", "--rules", "mine", "--rules", join(rules, "exfiltration"), "--allow-rule-edit");

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "keyline-keep-"));
  mkdirSync(join(folder, "mine"));
  const told = spawnSync(keyline(), ["simulate", "by-the-same-token", "--out", "logs", "--no-progress"], { cwd: folder, encoding: "utf8" });
  if (told.status !== 0) throw new Error(told.stderr);
  [server, browser] = await Promise.all([served(), browse()]);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

it("a rule is kept with its cases, never over another, and runs after the next start", { retry: 0 }, async () => {
  const { page, wrong } = await open(browser);
  await page.goto(`${server.url}/rules`);
  const files = ([["asks.yaml", RULE], ["asks.test.yaml", CASES]] as const).map(([name, text]) => ({ name, mimeType: "text/yaml", buffer: Buffer.from(text) }));
  await page.getByRole("button", { name: "Bring a rule" }).waitFor();
  // One whose cases fail is not kept.
  await page.locator("input[type=file]").setInputFiles([files[0], { ...files[1], buffer: Buffer.from(CASES.replace("expect: 0", "expect: 1")) }] as never);
  await page.getByText("2 cases, 1 failed").waitFor();
  expect(await page.getByRole("button", { name: "Keep it" }).isDisabled()).toBe(true);
  await page.getByRole("button", { name: "Close" }).click();
  await page.locator("input[type=file]").setInputFiles(files as never);
  await page.getByText("2 cases, all as expected").waitFor();
  await page.getByRole("button", { name: "Keep it" }).click();
  await page.getByText("and runs after the next start").waitFor();
  expect(readFileSync(join(folder, "mine", "asks.yaml"), "utf8")).toBe(RULE);
  expect(existsSync(join(folder, "mine", "asks.test.yaml"))).toBe(true);
  await page.getByRole("button", { name: "Close" }).click();
  await page.locator("input[type=file]").setInputFiles(files as never);
  await page.getByRole("button", { name: "Keep it" }).click();
  await page.getByRole("alert").getByText("it is not written over").waitFor();
  await server.stop();
  server = await served();
  await page.goto(`${server.url}/rules`);
  await page.getByRole("link", { name: "Everybody who asks who they are" }).click();
  await page.getByRole("button", { name: "Run its cases" }).click();
  await page.getByText("2 cases, all as expected").waitFor();
  // The server was away for a while.
  expect(wrong.filter((one) => !/status of 409|ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED/.test(one))).toEqual([]);
  await page.context().close();
});
