/// Each screen on the demo's story: what it shows, what its keys do, and that its address is its state.
import { readFileSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { browse, open, serious, type Server, serve, settled } from "./house";

let server: Server;
let browser: Browser;
let page: Page;
let wrong: string[];
let root: string;
let incident: string;

beforeAll(async () => {
  [server, browser] = await Promise.all([serve("demo", "--serve"), browse()]);
  const answer = (await (await fetch(`${server.url}/api/incidents`)).json()) as { incidents: { incident_id: string; root_credential: string }[] };
  root = answer.incidents[0]?.root_credential ?? "";
  incident = answer.incidents[0]?.incident_id ?? "";
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});
beforeEach(async () => {
  ({ page, wrong } = await open(browser));
});
afterEach(async () => {
  await page.context().close();
  expect(wrong).toEqual([]);
});

const at = (path: string) => page.goto(server.url + path);
const query = () => new URL(page.url()).searchParams;
const rows = () => page.locator("[role=treegrid] [role=row]");

it("incidents: one, with what still works; it opens by a click and by keys", async () => {
  await at("/");
  await page.getByRole("heading", { name: "1 incident" }).waitFor();
  expect(await page.locator(".live").textContent()).toBe("6 of 11");
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.waitForURL(`**/incidents/${incident}`);
  await page.getByRole("heading", { name: "Credentials" }).waitFor();
  expect(await page.locator(".credentials tbody tr").count()).toBe(11);
  const first = page.locator(".alerts .line").first();
  await first.click();
  expect(await first.getAttribute("aria-expanded")).toBe("true");
  await page.keyboard.press("l");
  await page.waitForURL(`**/lineage/${root}`);
});

it("incidents: a filter that nothing fits says so, and how to go back", async () => {
  await at("/incidents?q=nothing-like-this");
  await page.getByRole("heading", { name: "No incident fits the filter" }).waitFor();
  await page.getByRole("button", { name: "Show all 1" }).click();
  expect(await page.locator(".incidents tbody tr").count()).toBe(1);
});

it("timeline: rows, states, and what happened in the whole tree", async () => {
  await at(`/lineage/${root}`);
  await page.getByRole("heading", { name: "6 of 11 credentials still work" }).waitFor();
  expect(await rows().count()).toBe(11);
  await page.locator(".panel .tallies li", { hasText: "s3:GetObject" }).waitFor();
  const painted = await page.locator(".rows canvas").evaluate((canvas: HTMLCanvasElement) => {
    const pixels = canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
    return pixels.some((value) => value > 0 && value < 255);
  });
  expect(painted).toBe(true);
});

it("timeline: an area by dragging, in the address, and from there again", async () => {
  await at(`/lineage/${root}`);
  await rows().first().waitFor();
  const box = await page.locator(".rows canvas").boundingBox();
  if (!box) throw new Error("no lanes");
  await page.mouse.move(box.x + 60, box.y + 40);
  await page.mouse.down();
  await page.mouse.move(box.x + 200, box.y + 80, { steps: 4 });
  await page.mouse.move(box.x + 300, box.y + 120, { steps: 4 });
  await page.mouse.up();
  await page.waitForFunction(() => location.search.includes("sel="));
  expect(query().get("sel")).toMatch(/^cr-\w+~cr-\w+@\d+-\d+$/);
  await page.locator(".panel h2", { hasText: "4 credentials" }).waitFor();
  await page.reload();
  await page.locator(".panel h2", { hasText: "4 credentials" }).waitFor();
  await page.keyboard.press("Escape");
  await page.locator(".panel h2", { hasText: "The whole tree" }).waitFor();
});

it("timeline: by keys alone", async () => {
  await at(`/lineage/${root}`);
  await settled(page);
  await rows().first().focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await page.waitForFunction(() => document.activeElement?.getAttribute("aria-rowindex") === "3");
  await page.keyboard.press("Space");
  await page.locator(".row.chosen").waitFor();
  await page.keyboard.press("ArrowUp");
  await page.waitForFunction(() => document.activeElement?.getAttribute("aria-rowindex") === "2");
  await page.keyboard.press("ArrowLeft");
  await page.waitForFunction(() => document.querySelectorAll("[role=treegrid] [role=row]").length === 9);
  await page.keyboard.press("ArrowRight");
  await page.waitForFunction(() => document.querySelectorAll("[role=treegrid] [role=row]").length === 11);
  // Several rows, and the time that is shown: an area without a pointer. Rows that share something are told as well.
  await page.keyboard.press("Shift+ArrowDown");
  await page.keyboard.press("Shift+ArrowDown");
  await page.waitForFunction(() => document.querySelectorAll(".row.chosen").length === 3);
  await page.locator(".row.kin").first().waitFor();
  // An instant and a zoom in one breath.
  await page.keyboard.press("[");
  await page.keyboard.press("w");
  await page.keyboard.press("d");
  await page.waitForFunction(() => location.search.includes("from=") && location.search.includes("t="));
  await page.keyboard.press("x");
  await page.waitForFunction(() => /sel=cr-\w+%7Ecr-\w+%40\d+-\d+/.test(location.search));
  await page.keyboard.press("T");
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => !location.search.includes("sel="));
  await page.keyboard.press("f");
  await page.waitForFunction(() => !location.search.includes("from="));
  await page.keyboard.press("Enter");
  await page.waitForURL("**/credentials/cr-*");
});

it("timeline: another instant is asked about, and the words follow", async () => {
  await at(`/lineage/${root}?t=${Date.parse("2026-10-14T11:30:00Z")}`);
  await page.getByRole("heading", { name: /^all 8 credentials still work/i }).waitFor();
  await page.locator("[role=slider][aria-label='The instant that is asked about']").focus();
  await page.keyboard.press("ArrowRight");
  await page.waitForFunction(() => !location.search.includes("1791977400000"));
  await page.keyboard.press("T");
  await page.getByRole("heading", { name: "6 of 11 credentials still work" }).waitFor();
});

it("timeline: zooming with Ctrl and the wheel keeps the page as large as it is", async () => {
  await at(`/lineage/${root}`);
  await rows().first().waitFor();
  const box = await page.locator(".rows canvas").boundingBox();
  if (!box) throw new Error("no lanes");
  await page.mouse.move(box.x + 200, box.y + 60);
  await page.keyboard.down("Control");
  await page.mouse.wheel(0, -240);
  await page.keyboard.up("Control");
  await page.waitForFunction(() => location.search.includes("from="));
  expect(await page.evaluate(() => devicePixelRatio)).toBe(1);
});

it("credentials: by every likeness, with the number alive", async () => {
  await at("/credentials");
  for (const group of ["MFA device", "Source identity", "Address", "Session name", "Role", "Kind", "Root"]) {
    await page.getByRole("button", { name: group, exact: true }).click();
    await page.locator(".groups > li .alive b, .notice h2").first().waitFor();
  }
  await page.getByRole("searchbox").fill("WXRC");
  await page.waitForFunction(() => document.querySelectorAll(".groups > li").length === 1);
  await page.locator(".credentials .key", { hasText: "AKIA…WXRC" }).click();
  await page.getByRole("heading", { name: /AKIA.*WXRC/ }).waitFor();
  await page.locator(".tallies li", { hasText: "sts:GetSessionToken" }).waitFor();
  await page.getByText("What it minted").waitFor();
});

it("hunt: errors with their places, completion, format, rows, filters", async () => {
  await at("/hunt");
  const editor = page.locator(".cm-content");
  await editor.click();
  await page.keyboard.press("Control+a");
  await page.keyboard.type("CloudTrail | where Usernam == 'x'");
  await page.locator(".k-mark", { hasText: "Usernam" }).waitFor();
  await page.keyboard.press("Control+a");
  await page.keyboard.type("CloudTrail | where EventNa");
  await page.locator(".cm-tooltip-autocomplete li", { hasText: "EventName" }).first().waitFor();
  await page.keyboard.press("Escape");
  await editor.click();
  await page.keyboard.press("Control+a");
  await page.keyboard.type("CloudTrail | summarize Calls=count() by EventName | sort by Calls desc ");
  await page.keyboard.press("Escape");
  await editor.focus();
  await page.keyboard.press("Alt+Shift+F");
  await page.waitForFunction(() => document.querySelectorAll(".cm-line").length >= 3);
  await page.keyboard.press("Shift+Enter");
  await page.locator(".stats", { hasText: /\d+ rows · / }).waitFor();
  expect(query().get("q")).toContain("CloudTrail");
  const grid = page.getByRole("grid", { name: "Rows" });
  await grid.focus();
  await page.keyboard.press("ArrowDown");
  const name = (await page.locator(".cell.here").textContent()) ?? "";
  await page.keyboard.press("Control+Shift+Space");
  await page.locator(".stats", { hasText: /^1 row · / }).waitFor();
  expect(query().get("q")).toContain(`| where EventName == "${name}"`);
  await page.locator(".cell").first().click({ button: "right" });
  await page.getByRole("menuitem", { name: "Drop these" }).click();
  await page.locator(".outcome-none", { hasText: "No row" }).waitFor();
});

it("hunt: behind a mistake the columns before it are offered, and bars are drawn where the query says so", async () => {
  await at("/hunt");
  await page.locator(".cm-content").click();
  await page.keyboard.press("Control+a");
  await page.keyboard.type("CloudTrail | where Usernam == 'x' | where EventNa");
  await page.locator(".cm-tooltip-autocomplete li", { hasText: "EventName" }).first().waitFor();
  await at(`/hunt?q=${encodeURIComponent("CloudTrail | summarize Calls = count() by EventName | top 5 by Calls | render piechart")}`);
  await page.locator(".bars li").nth(4).waitFor();
  expect(await page.locator(".bars li .number").first().textContent()).toMatch(/^[\d,]+ [\d.]+ %$/);
});

it("hunt: where to begin, what stands under the pointer, the next problem, lines without colour, a whole row", async () => {
  await at("/hunt");
  await page.getByRole("button", { name: "Calls over time, by service" }).click();
  await page.locator(".stats", { hasText: /\d+ rows · / }).waitFor();
  // Each line of the chart has a dash of its own, which its name shows.
  const dashes = await page.locator(".lines line").evaluateAll((lines) => lines.map((one) => one.getAttribute("stroke-dasharray") ?? ""));
  expect([dashes.length > 2, new Set(dashes).size]).toEqual([true, dashes.length]);
  const line = page.locator(".lines button").first();
  await line.click();
  expect(await line.getAttribute("aria-pressed")).toBe("false");
  await page.locator(".cell").first().dblclick();
  await page.getByRole("heading", { name: /^Row 1 of \d+$/ }).waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.locator(".k-function", { hasText: "count" }).first().hover();
  await page.locator(".k-tip", { hasText: "count" }).waitFor();
  await page.mouse.move(5, 5);
  await page.locator(".cm-content").click();
  await page.keyboard.press("Control+a");
  await page.keyboard.press("Delete");
  await page.keyboard.type("CloudTrail | where Usernam == 'x'");
  await page.locator(".k-mark", { hasText: "Usernam" }).waitFor();
  await page.keyboard.press("Escape");
  await page.locator(".cm-content").focus();
  await page.keyboard.press("Alt+F8");
  await page.waitForFunction(() => getSelection()?.toString() === "Usernam" || (getSelection()?.anchorNode?.textContent ?? "").includes("Usernam"));
});

it("a narrow window keeps the time, and nothing lies over anything else", async () => {
  await page.setViewportSize({ width: 1024, height: 700 });
  for (const path of ["/incidents", `/incidents/${incident}`, `/lineage/${root}`, "/credentials", `/credentials/${root}`, "/rules", `/contain?target=${root}`]) {
    await at(path);
    await settled(page);
    await page.getByRole("button", { name: /^Time of all screens/ }).waitFor();
    expect([path, await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth && (document.querySelector(".bar")?.scrollWidth ?? 0) <= innerWidth)]).toEqual([path, true]);
  }
  await at("/rules");
  await page.locator(".coverage li").first().waitFor();
  const [table, aside] = [await page.locator(".rules-body .table").boundingBox(), await page.locator(".rules-body aside").boundingBox()];
  if (!table || !aside) throw new Error("no rules");
  expect(aside.y + aside.height <= table.y || aside.x >= table.x + table.width).toBe(true);
});

it("tables leave as files, and a credential has its last events", async () => {
  const save = async (group: string, form: string) => (await Promise.all([page.waitForEvent("download"), page.getByRole("group", { name: `Save ${group}`, exact: true }).getByRole("button", { name: form }).click()]))[0];
  await at("/incidents");
  const rows = JSON.parse(readFileSync(await (await save("incidents", "JSON")).path(), "utf8")) as { incident_id: string }[];
  expect(rows.map((one) => one.incident_id)).toEqual([incident]);
  const lines = readFileSync(await (await save("incidents", "CSV")).path(), "utf8").split("\r\n");
  expect([lines.length, lines[0]?.split(",")[0]]).toEqual([2, "incident_id"]);
  await at(`/incidents/${incident}`);
  await page.getByText("are kept in a lake").waitFor();
  expect((await save("alerts", "CSV")).suggestedFilename()).toBe("alerts.csv");
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Case file" }).click()]);
  const text = readFileSync(await file.path(), "utf8");
  for (const part of ["<svg", "Alerts by time", "The incident"]) expect(text).toContain(part);
  expect(text).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)[^\s"']+\.(?:js|css|png)/);
  for (const where of ["/credentials", "/rules"]) {
    await at(where);
    expect((await save(where.slice(1), "CSV")).suggestedFilename()).toBe(`${where.slice(1)}.csv`);
  }
  await at(`/credentials/${root}`);
  await page.locator(".events tbody tr").first().waitFor();
  expect(await page.locator(".events tbody tr").count()).toBeLessThanOrEqual(50);
});

it("rules: one of those that are there, over its own cases", async () => {
  await at("/rules");
  await page.locator(".rules a.incident").first().click();
  await page.getByRole("button", { name: "Run its cases" }).click();
  await page.getByText(/^\d+ cases, all as expected$/).waitFor();
});

it("hunt: from a key in a cell to its lineage", async () => {
  await at(`/hunt?q=${encodeURIComponent('CloudTrail | where UserIdentityAccessKeyId startswith "AKIATHP3" | project UserIdentityAccessKeyId | take 1')}`);
  await page.locator(".cell").first().click({ button: "right" });
  await page.getByRole("menuitem", { name: /Lineage of AKIA/ }).click();
  await page.waitForURL("**/lineage/AKIATHP3*");
  await rows().first().waitFor();
});

it("hunt: a hundred thousand rows scroll to the end", async () => {
  await at(`/hunt?q=${encodeURIComponent("range n from 1 to 100000 step 1 | extend m = n * 2, text = strcat('row ', n)")}`);
  await page.locator(".stats", { hasText: "100,000 rows · " }).waitFor();
  await page.getByRole("grid", { name: "Rows" }).focus();
  await page.keyboard.press("End");
  await page.locator(".cell", { hasText: "row 100000" }).waitFor();
  expect(await page.locator(".grid-row").count()).toBeLessThan(80);
});

it("rules: their state, their cover, one of them", async () => {
  await at("/rules");
  await page.locator(".rules tbody tr").nth(40).waitFor();
  await page.locator(".coverage button", { hasText: "Exfiltration" }).click();
  expect(query().get("tactic")).toBe("Exfiltration");
  await page.locator(".rules a").first().click();
  await page.locator("pre.code").waitFor();
});

it("containment: from an incident to the command that a person runs", async () => {
  await at(`/incidents/${incident}`);
  await page.getByRole("link", { name: "Contain", exact: true }).click();
  await page.locator(".count.good b", { hasText: "0" }).waitFor();
  expect(await page.locator(".command code").textContent()).toMatch(/^keyline contain run .*--approve [0-9a-f]{64}$/);
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Script" }).click()]);
  expect(download.suggestedFilename()).toMatch(/\.sh$/);
  await page.getByRole("button", { name: "Deny all on user" }).click();
  await page.locator("pre.code", { hasText: "aws iam put-user-policy" }).waitFor();
});

it("the box that goes anywhere finds a key by a part of it", async () => {
  await at("/rules");
  await page.locator(".table").first().waitFor();
  await page.keyboard.press("Control+k");
  await page.locator(".jump-field").waitFor();
  await page.keyboard.type("R6XH");
  await page.locator(".jump-list li", { hasText: "ASIATHP3WWDUK2DJR6XH" }).waitFor();
  await page.keyboard.press("Enter");
  await page.waitForURL("**/lineage/*");
  await page.locator(".row:focus, .row[tabindex='0']").first().waitFor();
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keys" }).waitFor();
  await page.keyboard.press("Escape");
});

it("one time for all screens: chosen once, kept by every link, asked by every query", async () => {
  await at("/incidents");
  await page.locator(".incidents tbody tr").first().waitFor();
  await page.getByRole("button", { name: /^Time of all screens/ }).click();
  await page.getByLabel("from").fill("2026-10-14T11:00");
  await page.getByLabel("to", { exact: true }).fill("2026-10-14T11:59");
  await page.getByRole("button", { name: "Show", exact: true }).click();
  await page.waitForFunction(() => location.search.includes("since="));
  const since = Date.parse("2026-10-14T11:00:00Z");
  expect([query().get("since"), query().get("until")]).toEqual([String(since), String(since + 3_600_000 - 1)]);
  // By a link, by a key, by the box that goes anywhere.
  await page.getByRole("link", { name: "Credentials", exact: true }).click();
  await page.waitForURL(`**/credentials?since=${since}*`);
  await page.locator(".credentials tbody tr").first().waitFor();
  const narrowed = Number(/of ([\d,]+)/.exec((await page.locator("h1").textContent()) ?? "")?.[1]?.replace(",", ""));
  await page.keyboard.press("3");
  await page.waitForURL(`**/hunt?since=${since}*`);
  await at(`/hunt?since=${since}&until=${since + 3_600_000 - 1}&q=${encodeURIComponent("CloudTrail | summarize First = min(TimeGenerated), Last = max(TimeGenerated)")}&run=1`);
  await page.getByRole("button", { name: /^Run/ }).first().click();
  await page.locator(".cell", { hasText: "11:01:49" }).waitFor();
  await page.locator(".cell", { hasText: "11:57:18" }).waitFor();
  // Another time asks again.
  await page.getByRole("button", { name: "Show all of the time" }).click();
  await page.locator(".cell", { hasText: "15:50:21" }).waitFor();
  await at(`/lineage/${root}?since=${since}&until=${since + 3_600_000 - 1}`);
  await rows().first().waitFor();
  await page.getByRole("button", { name: "Show all of the time" }).click();
  await page.waitForFunction(() => !location.search.includes("since="));
  await page.getByRole("link", { name: "Credentials", exact: true }).click();
  await page.locator(".credentials tbody tr").first().waitFor();
  await page.waitForFunction((narrowed) => Number(/of ([\d,]+)/.exec(document.querySelector("h1")?.textContent ?? "")?.[1]?.replace(",", "")) > narrowed, narrowed);
});

it("an incident outside of the time says so, and the words of states follow the reader's time", async () => {
  await at("/incidents?until=1000");
  await page.getByRole("heading", { name: "No incident of this time fits" }).waitFor();
  await page.getByRole("button", { name: "Show all 1" }).click();
  await page.locator(".incidents tbody tr").first().waitFor();
  await page.context().close();
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, timezoneId: "Asia/Kolkata" });
  page = await context.newPage();
  await at(`/credentials/${root}`);
  await page.locator(".state").first().waitFor();
  await at(`/incidents/${incident}`);
  const states = () => page.locator(".credentials .state").allInnerTexts();
  await page.locator(".credentials .state").first().waitFor();
  const utc = await states();
  await page.getByRole("button", { name: "UTC" }).click();
  await page.getByRole("button", { name: "Local" }).waitFor();
  const local = await states();
  const clock = (text: string) => /(\d\d):(\d\d)/.exec(text);
  const shifted = utc.map(clock).flatMap((found, row) => {
    const other = clock(local[row] ?? "");
    return found && other ? [(Number(other[1]) * 60 + Number(other[2]) - Number(found[1]) * 60 - Number(found[2]) + 1440) % 1440] : [];
  });
  expect(shifted.length).toBeGreaterThan(2);
  expect(new Set(shifted)).toEqual(new Set([330]));
  expect(utc.join() + local.join()).not.toMatch(/T\d\d:/);
});

const RULE = `id: 5d0f7a0e-6a3c-4c0c-9a57-1f7f6f1c2b77
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

it("rules: one that is brought is checked and run over its cases", async () => {
  await at("/rules");
  await page.getByRole("button", { name: "Bring a rule" }).waitFor();
  const bring = (...files: [string, string][]) => page.locator("input[type=file]").setInputFiles(files.map(([name, text]) => ({ name, mimeType: "text/yaml", buffer: Buffer.from(text) })));
  const cases = `identities:
  key: {user: mara, key: AKIAEXAMPLEMARAKEY01}
defaults: {who: key, from: 203.0.113.66}
cases:
  - name: "Somebody <b>asks</b>"
    events:
      - {time: "10:00", call: sts:GetCallerIdentity}
    expect: 1
  - name: Nobody asks
    events:
      - {time: "10:00", call: s3:ListBuckets}
    expect: 1
`;
  await bring(["asks.yaml", RULE], ["asks.test.yaml", cases]);
  await page.getByText("can run").waitFor();
  await page.getByText("2 cases, 1 failed").waitFor();
  await page.getByText("Somebody <b>asks</b>").waitFor();
  await page.getByRole("button", { name: "Close" }).click();
  await bring(["asks.yaml", RULE.replace("EventName ==", "EventNam ==")]);
  await page.getByText("has errors").waitFor();
  await page.getByText("asks.yaml:13").waitFor();
  await page.getByText("--allow-rule-edit").waitFor();
  expect(await page.getByRole("button", { name: "Keep it" }).count()).toBe(0);
  await page.keyboard.press("Escape");
  await bring(["notes.txt", "x"]);
  await page.getByRole("alert").getByText("A rule is a YAML file.").waitFor();
});

it("hunt: a query is cancelled on the server too, saved, and made a rule", async () => {
  await at("/hunt");
  const write = async (text: string) => {
    await page.locator(".cm-content").click();
    await page.keyboard.press("Control+a");
    // Typed over a coloured word, the browser itself would give the letters its style, which the policy forbids.
    await page.keyboard.press("Delete");
    await page.keyboard.type(text);
    await page.keyboard.press("Escape");
  };
  // Ten thousand million rows: nobody waits for them.
  await write("range a from 1 to 100000 step 1 | extend k = 1 | join kind=inner (range b from 1 to 100000 step 1 | extend k = 1) on k | count");
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.locator(".stats", { hasText: "cancelled" }).waitFor();
  await write("CloudTrail | summarize Last = max(TimeGenerated) by EventName | take 3");
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.locator(".stats", { hasText: "3 rows" }).waitFor();
  await page.getByLabel("Name of the saved query").fill("mine");
  await page.keyboard.press("Enter");
  const file = async (name: string) => (await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name, exact: true }).click()]))[0];
  expect(readFileSync(await (await file("Save as rule")).path(), "utf8")).toContain("  CloudTrail | summarize Last");
  expect(readFileSync(await (await file("Timesketch")).path(), "utf8").split("\n")).toHaveLength(3);
  await at("/hunt");
  await page.locator(".saved", { hasText: "mine" }).locator("button.name").click();
  await page.locator(".cm-line", { hasText: "summarize Last" }).waitFor();
});

it("by keys alone from an incident to the steps of its plan, and everywhere", async () => {
  await at("/incidents");
  await page.locator("a.incident").first().waitFor();
  for (const key of ["j", "c"]) await page.keyboard.press(key);
  await page.waitForURL("**/contain?*");
  await page.locator(".steps tbody tr").first().waitFor();
  const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim() ?? "");
  for (let presses = 0; presses < 60 && !/^(deny|deactivate)/i.test(await focused()); presses += 1) await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.locator(".detail pre.code").first().waitFor();
  await page.keyboard.press("2");
  await page.waitForURL("**/credentials*");
  await page.locator(".groups .line").first().waitFor();
  await page.keyboard.press("3");
  await page.waitForURL("**/hunt*");
  // The editor has the focus; Esc leaves it, and single keys go elsewhere again.
  await page.locator(".cm-focused").waitFor();
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => !document.querySelector(".cm-focused"));
  await page.keyboard.press("4");
  await page.waitForURL("**/rules*");
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keys" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog", { name: "Keys" }).waitFor({ state: "detached" });
});

it("no screen jumps while it is filled", async () => {
  const jumps: [string, number][] = [];
  for (const path of ["/incidents", `/incidents/${incident}`, `/lineage/${root}`, "/credentials", `/credentials/${root}`, "/hunt", "/rules", `/contain?target=${root}`]) {
    await at(path);
    await settled(page);
    await page.waitForTimeout(300);
    const sum = await page.evaluate(() => {
      const observer = new PerformanceObserver(() => undefined);
      observer.observe({ type: "layout-shift", buffered: true });
      return (observer.takeRecords() as unknown as { value: number }[]).reduce((sum, one) => sum + one.value, 0);
    });
    if (sum > 0.1) jumps.push([path, sum]);
  }
  expect(jumps).toEqual([]);
});

it("what does not exist says so", async () => {
  await at("/no-such-page");
  await page.getByRole("heading", { name: "There is no such page" }).waitFor();
  expect(await serious(page)).toEqual([]);
  await at("/credentials/AKIANOTTHERE");
  await page.getByRole("alert").waitFor();
  // The browser notes the 404 that this is about.
  wrong.splice(0, wrong.length, ...wrong.filter((one) => !one.includes("404")));
});

for (const scheme of ["light", "dark"] as const) {
  it(`axe finds nothing serious, ${scheme}`, async () => {
    await page.context().close();
    ({ page, wrong } = await open(browser, scheme));
    const found: string[] = [];
    for (const path of ["/incidents", `/incidents/${incident}`, `/lineage/${root}`, "/credentials", `/credentials/${root}`, "/hunt?q=CloudTrail", "/rules", `/contain?target=${root}`, "/audit", "/contain"]) {
      await at(path);
      await settled(page);
      found.push(...(await serious(page)).map((one) => `${path}: ${one}`));
    }
    expect(found).toEqual([]);
  });
}
