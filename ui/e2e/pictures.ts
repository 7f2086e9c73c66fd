/// Every screen as a picture for whoever looks whether it is as it should be: `npm run pictures`, into the folder that
/// `PICTURES` names. Light and dark; at the width that everything is made for, narrower and wider; the timeline as those
/// see it who see no colour, or other ones. Not a test: what is wrong with a picture only a person sees.
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "vitest";
import type { Browser, Page } from "playwright-core";
import type { Health } from "../src/wire.gen";
import { browse, open, type Server, serve, settled } from "./house";

const SIZES = [["", 1280, 800], ["narrow", 1024, 700], ["wide", 1760, 1000]] as const;
/// How the timeline is seen without colour, and with those that most of the colour-blind see.
const EYES = ["achromatopsia", "deuteranopia", "protanopia"] as const;

interface Screen {
  name: string;
  path: string;
  /// What is done before the picture.
  then?: (page: Page) => Promise<unknown>;
}

const hunt = (name: string, query: string, then?: Screen["then"]): Screen => ({ name, path: `/hunt?q=${encodeURIComponent(query)}`, then: then ?? ((page) => page.locator(".stats span, .outcome-bad").first().waitFor()) });
const utc = (text: string) => Date.parse(`2026-10-14T${text}:00Z`);

function screens(incident: string, root: string): Screen[] {
  const panel = (page: Page) => page.locator(".panel .tallies li").first().waitFor();
  return [
    { name: "incidents", path: "/incidents" },
    { name: "incidents-none", path: "/incidents?q=nothing" },
    { name: "incident", path: `/incidents/${incident}` },
    { name: "incident-alert", path: `/incidents/${incident}`, then: async (page) => { await page.locator(".alerts .line").first().click(); await page.locator(".alerts .body").scrollIntoViewIfNeeded(); } },
    { name: "timeline", path: `/lineage/${root}`, then: panel },
    { name: "timeline-then", path: `/lineage/${root}?t=${utc("12:30")}&from=${utc("10:45")}&to=${utc("13:00")}`, then: panel },
    { name: "timeline-area", path: `/lineage/${root}`, then: async (page) => {
      await panel(page);
      const box = await page.locator(".rows canvas").boundingBox();
      if (!box) return;
      await page.mouse.move(box.x + 60, box.y + 40);
      await page.mouse.down();
      await page.mouse.move(box.x + 300, box.y + 120, { steps: 6 });
      await page.mouse.up();
      await page.locator(".panel h2", { hasText: "4 credentials" }).waitFor();
    } },
    { name: "timeline-row", path: `/lineage/${root}`, then: async (page) => { await panel(page); await page.locator(".row").nth(4).hover({ position: { x: 700, y: 12 } }).catch(() => undefined); } },
    { name: "credentials", path: "/credentials" },
    { name: "credentials-address", path: "/credentials?group=address" },
    { name: "credentials-none", path: "/credentials?q=nothing-like-this" },
    { name: "credential", path: `/credentials/${root}` },
    { name: "credential-unknown", path: "/credentials/AKIANOTTHERE" },
    { name: "hunt-new", path: "/hunt", then: async () => undefined },
    hunt("hunt", "CloudTrail\n| summarize Calls = count() by bin(TimeGenerated, 10m), EventSource\n| sort by TimeGenerated asc"),
    hunt("hunt-events", "CloudTrail\n| sort by TimeGenerated asc"),
    hunt("hunt-row", "CloudTrail\n| sort by TimeGenerated asc", async (page) => { await page.locator(".stats span").first().waitFor(); await page.locator(".cell").nth(2).dblclick(); }),
    hunt("hunt-menu", "CloudTrail\n| project TimeGenerated, UserIdentityAccessKeyId, EventName\n| where isnotempty(UserIdentityAccessKeyId)", async (page) => { await page.locator(".stats span").first().waitFor(); await page.locator(".cell[data-column='1']").nth(2).click({ button: "right" }); }),
    hunt("hunt-large", "range n from 1 to 100000 step 1\n| extend Twice = n * 2, Text = strcat('row ', n)", (page) => page.locator(".stats", { hasText: "100,000 rows · " }).waitFor()),
    hunt("hunt-bars", "CloudTrail\n| summarize Calls = count() by EventName\n| top 8 by Calls\n| render barchart"),
    hunt("hunt-wrong", "CloudTrail\n| where Usernam == 'x'"),
    hunt("hunt-none", "CloudTrail\n| where EventName == 'NoSuchCall'"),
    { name: "rules", path: "/rules" },
    { name: "rules-none", path: "/rules?q=nothing-like-this" },
    { name: "rule", path: "/rules", then: async (page) => {
      await page.locator(".rules a.incident").first().click();
      await page.getByRole("button", { name: "Run its cases" }).click();
      await page.getByText("all as expected").waitFor();
    } },
    { name: "rule-brought", path: "/rules", then: async (page) => {
      await page.locator("input[type=file]").setInputFiles([{ name: "asks.yaml", mimeType: "text/yaml", buffer: Buffer.from("id: 5d0f7a0e-6a3c-4c0c-9a57-1f7f6f1c2b77\nname: Somebody asks\ndescription: A rule that is brought.\nseverity: Low\nqueryFrequency: 1h\nqueryPeriod: 1h\ntriggerOperator: gt\ntriggerThreshold: 0\ntactics: [Discovery]\nrelevantTechniques: [T1087]\nquery: |\n  AWSCloudTrail\n  | where EventNam == 'GetCallerIdentity'\nversion: 1.0.0\nkind: Scheduled\n") }]);
      await page.getByText("has errors").waitFor();
    } },
    { name: "contain", path: `/contain?target=${root}` },
    { name: "contain-step", path: `/contain?target=${root}`, then: async (page) => { await page.locator(".steps .line").nth(2).click(); await page.locator(".detail pre.code").first().waitFor(); } },
    { name: "contain-choose", path: "/contain" },
    { name: "contain-unknown", path: "/contain?target=AKIANOTTHERE" },
    { name: "audit", path: "/audit" },
    { name: "nowhere", path: "/no-such-page" },
    { name: "jump", path: "/incidents", then: async (page) => { await page.keyboard.press("Control+k"); await page.keyboard.type("R6XH"); await page.locator(".jump-list li", { hasText: "R6XH" }).first().waitFor(); } },
    { name: "keys", path: `/lineage/${root}`, then: async (page) => { await panel(page); await page.keyboard.press("?"); await page.getByRole("dialog", { name: "Keys" }).waitFor(); } },
    { name: "time", path: "/incidents", then: async (page) => { await page.getByRole("button", { name: /^Time of all screens/ }).click(); await page.getByRole("dialog").waitFor(); } },
  ];
}

async function draw(page: Page, server: Server, screen: Screen, file: (end: string) => string): Promise<void> {
  await page.goto(server.url + screen.path);
  await settled(page);
  await screen.then?.(page);
  await page.waitForTimeout(300);
  await page.screenshot({ path: file("") });
  const taller = await page.evaluate(() => {
    const scroller = document.querySelector(".scroll");
    return scroller !== null && !document.querySelector("dialog[open]") && scroller.scrollTop === 0 && scroller.scrollHeight > scroller.clientHeight + 40;
  });
  if (!taller) return;
  await page.evaluate(() => document.querySelector(".scroll")?.scrollTo(0, 1e6));
  await page.waitForTimeout(100);
  await page.screenshot({ path: file("-end") });
}

/// What a server says that is still reading, or could not: made up, since neither lasts for as long as a picture takes.
async function pretending(page: Page, health: Partial<Health>): Promise<void> {
  const answer = await page.request.get(`${new URL(page.url()).origin}/api/health`);
  const told = { ...((await answer.json()) as Health), ...health };
  await page.route("**/api/health", (route) => route.fulfill({ json: told }));
  await page.route("**/api/events", (route) => route.fulfill({ contentType: "text/event-stream", body: `event: health\ndata: ${JSON.stringify(told)}\n\n` }));
  await page.route("**/api/incidents", (route) => route.fulfill({ status: 503, json: { error: "the logs are being read", hint: null } }));
}

async function states(browser: Browser, folder: string, scheme: "light" | "dark"): Promise<void> {
  const logs = mkdtempSync(join(tmpdir(), "keyline-empty-"));
  writeFileSync(join(logs, "log.json"), '{"Records":[]}');
  const server = await serve("serve", logs);
  const { page } = await open(browser, scheme);
  for (const path of ["/incidents", "/credentials", "/contain", "/rules"]) await draw(page, server, { name: path, path }, (end) => join(folder, `empty${path.replace("/", "-")}${end}-${scheme}.png`));
  await page.goto(`${server.url}/incidents`);
  await settled(page);
  for (const [name, health] of [["reading", { phase: "reading", progress: 0.4, detail: "12 of 30 files, 1,204,000 events" }], ["failed", { phase: "failed", detail: "cannot read `logs/2026/10/14.json.gz`: permission denied" }]] as const) {
    await pretending(page, health as Partial<Health>);
    await page.reload();
    await page.locator(".notice").waitFor();
    await page.waitForTimeout(700);
    await page.screenshot({ path: join(folder, `${name}-${scheme}.png`) });
    await page.unrouteAll();
  }
  await page.context().close();
  await server.stop();
}

it("pictures of every screen", { timeout: 1_800_000, retry: 0 }, async () => {
  const folder = process.env.PICTURES;
  if (!folder) throw new Error("PICTURES names no folder");
  mkdirSync(folder, { recursive: true });
  /// Some screens alone, by what their names have in them.
  const some = process.env.SCREENS ? new RegExp(process.env.SCREENS) : null;
  /// At some widths alone.
  const sizes = SIZES.filter(([, width]) => !process.env.WIDTHS || process.env.WIDTHS.split(",").includes(String(width)));
  const [server, browser] = await Promise.all([serve("demo", "--serve"), browse()]);
  const { incidents } = (await (await fetch(`${server.url}/api/incidents`)).json()) as { incidents: { incident_id: string; root_credential: string }[] };
  const all = screens(incidents[0]?.incident_id ?? "", incidents[0]?.root_credential ?? "").filter((one) => some?.test(one.name) ?? true);
  for (const scheme of ["light", "dark"] as const) {
    for (const [size, width, height] of sizes) {
      const { page } = await open(browser, scheme);
      await page.setViewportSize({ width, height });
      for (const screen of all) await draw(page, server, screen, (end) => join(folder, `${[screen.name + end, size, scheme].filter(Boolean).join("-")}.png`));
      await page.context().close();
    }
    const { page } = await open(browser, scheme);
    const session = await page.context().newCDPSession(page);
    for (const type of EYES) {
      await session.send("Emulation.setEmulatedVisionDeficiency", { type });
      for (const screen of all.filter((one) => ["timeline", "timeline-then", "incidents", "contain"].includes(one.name))) await draw(page, server, screen, (end) => join(folder, `${screen.name}${end}-${type}-${scheme}.png`));
    }
    await page.context().close();
    if (some?.test("empty") ?? true) await states(browser, folder, scheme);
  }
  await browser.close();
  await server.stop();
});
