/// Every screen as a picture, light and dark, for whoever looks whether it is as it should be: `npm run pictures`, into the folder that `PICTURES` names. Not a test: what is wrong with a picture only a person sees.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { it } from "vitest";
import { browse, open, serve, settled } from "./house";

it("pictures of every screen", { timeout: 600_000 }, async () => {
  const folder = process.env.PICTURES;
  if (!folder) throw new Error("PICTURES names no folder");
  mkdirSync(folder, { recursive: true });
  const [server, browser] = await Promise.all([serve("demo", "--serve"), browse()]);
  const { incidents } = (await (await fetch(`${server.url}/api/incidents`)).json()) as { incidents: { incident_id: string; root_credential: string }[] };
  const { incident_id: incident, root_credential: root } = incidents[0] ?? { incident_id: "", root_credential: "" };
  const calls = "CloudTrail\n| summarize Calls = count() by bin(TimeGenerated, 10m), EventSource\n| sort by TimeGenerated asc";
  const bars = "CloudTrail\n| summarize Calls = count() by EventName\n| top 8 by Calls\n| render barchart";
  const screens: [string, string][] = [
    ["incidents", "/incidents"],
    ["incidents-none", "/incidents?q=nothing"],
    ["incident", `/incidents/${incident}`],
    ["timeline", `/lineage/${root}`],
    ["timeline-then", `/lineage/${root}?t=${Date.parse("2026-10-14T12:30:00Z")}&from=${Date.parse("2026-10-14T10:45:00Z")}&to=${Date.parse("2026-10-14T13:00:00Z")}`],
    ["credentials", "/credentials"],
    ["credential", `/credentials/${root}`],
    ["hunt", `/hunt?q=${encodeURIComponent(calls)}`],
    ["hunt-bars", `/hunt?q=${encodeURIComponent(bars)}`],
    ["hunt-wrong", `/hunt?q=${encodeURIComponent("CloudTrail\n| where Usernam == 'x'")}`],
    ["rules", "/rules"],
    ["rule", "/rules"],
    ["contain", `/contain?target=${root}`],
    ["contain-choose", "/contain"],
    ["audit", "/audit"],
  ];
  for (const scheme of ["light", "dark"] as const) {
    const { page } = await open(browser, scheme);
    for (const [name, path] of screens) {
      await page.goto(server.url + path);
      await settled(page);
      if (name === "rule") {
        await page.locator(".rules a.incident").first().click();
        await page.getByRole("button", { name: "Run its cases" }).click();
        await page.getByText("all as expected").waitFor();
      }
      if (name.startsWith("hunt")) await page.locator(".stats span, .outcome-bad").first().waitFor();
      if (name.startsWith("timeline")) await page.locator(".panel .tallies li").first().waitFor();
      await page.waitForTimeout(600);
      await page.screenshot({ path: join(folder, `${name}-${scheme}.png`) });
      const taller = await page.evaluate(() => {
        const scroller = document.querySelector(".scroll");
        return scroller !== null && scroller.scrollHeight > scroller.clientHeight + 40;
      });
      if (!taller) continue;
      await page.evaluate(() => document.querySelector(".scroll")?.scrollTo(0, 1e6));
      await page.waitForTimeout(100);
      await page.screenshot({ path: join(folder, `${name}-end-${scheme}.png`) });
    }
    await page.context().close();
  }
  await browser.close();
  await server.stop();
});
