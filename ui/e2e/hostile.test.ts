/// Logs are written by strangers. Every field that a page shows holds an attack here; none may run, load anything,
/// leave the text, or turn its direction around.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { browse, open, type Server, serve, settled } from "./house";

const ATTACKS = [
  `<img src=x onerror=window.__ran=1>`,
  `"><script>window.__ran=1</script>`,
  `'-window.__ran=1-'`,
  `javascript:window.__ran=1`,
  `</script><svg/onload=window.__ran=1>`,
  `{{constructor.constructor('window.__ran=1')()}}`,
  `\u202egnp.exe\u2066 \u200bhidden\u0007\u001b]0;title\u0007`,
  `${"A".repeat(3000)}<b>`,
  `__proto__`,
];
const ACCOUNT = "111122223333";
const KEY = "AKIAIOSFODNN7EXAMPLE";

/// Key, role sessions and calls of theirs, with an attack in every text.
function records(): object[] {
  const made: object[] = [];
  const start = Date.parse("2026-10-14T10:00:00Z");
  let number = 0;
  const record = (identity: object, source: string, name: string, more: object) => {
    number += 1;
    made.push({
      eventVersion: "1.11",
      userIdentity: identity,
      eventTime: new Date(start + number * 30_000).toISOString().replace(".000Z", "Z"),
      eventSource: source,
      eventName: name,
      awsRegion: "eu-west-1",
      sourceIPAddress: "198.51.100.7",
      eventID: `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`,
      eventType: "AwsApiCall",
      recipientAccountId: ACCOUNT,
      ...more,
    });
  };
  const user = { type: "IAMUser", principalId: "AIDAIOSFODNN7EXAMPLE", arn: `arn:aws:iam::${ACCOUNT}:user/mallory`, accountId: ACCOUNT, accessKeyId: KEY, userName: "mallory" };
  ATTACKS.forEach((attack, at) => {
    const session = `ASIAIOSFODNN7EXAMP${"ABCDEFGHI"[at]}L`;
    record({ ...user, userName: attack }, "sts.amazonaws.com", "AssumeRole", {
      userAgent: attack,
      sourceIPAddress: at % 2 ? attack : "198.51.100.7",
      requestParameters: { roleArn: `arn:aws:iam::${ACCOUNT}:role/${attack}`, roleSessionName: attack, sourceIdentity: attack },
      responseElements: { credentials: { accessKeyId: session, expiration: "Oct 14, 2026, 11:30:00 AM" }, assumedRoleUser: { assumedRoleId: `AROAIOSFODNN7EXAMPLE:${attack}`, arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${attack}/${attack}` }, sourceIdentity: attack },
    });
    const role = { type: "AssumedRole", principalId: `AROAIOSFODNN7EXAMPLE:${attack}`, arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${attack}/${attack}`, accountId: ACCOUNT, accessKeyId: session, sessionContext: { sessionIssuer: { type: "Role", principalId: "AROAIOSFODNN7EXAMPLE", arn: `arn:aws:iam::${ACCOUNT}:role/${attack}`, accountId: ACCOUNT, userName: attack }, attributes: { creationDate: "2026-10-14T10:00:00Z", mfaAuthenticated: "false" }, sourceIdentity: attack } };
    record(role, "s3.amazonaws.com", "GetObject", { userAgent: attack, requestParameters: { bucketName: attack, key: attack }, resources: [{ type: "AWS::S3::Object", ARN: `arn:aws:s3:::${attack}` }] });
    record(role, attack, attack, { userAgent: attack, awsRegion: attack, errorCode: attack, errorMessage: attack });
  });
  return made;
}

/// A rule whose alerts say what the log says.
const RULE = `id: 0d0f7a0e-6a3c-4c0c-9a57-1f7f6f1c2b99
name: 'Everything <img src=x onerror=window.__ran=1>'
description: 'Says what the log says. <script>window.__ran=1</script>'
severity: High
requiredDataConnectors: []
queryFrequency: 1h
queryPeriod: 1d
triggerOperator: gt
triggerThreshold: 0
tactics: [Discovery]
relevantTechniques: [T1087]
query: |
  AWSCloudTrail
  | where isnotempty(UserAgent)
  | project TimeGenerated, UserAgent, SourceIpAddress, UserIdentityAccessKeyId, EventName, ErrorMessage
eventGroupingSettings:
  aggregationKind: AlertPerResult
alertDetailsOverride:
  alertDisplayNameFormat: 'From {{UserAgent}}'
  alertDescriptionFormat: 'Said {{ErrorMessage}}'
entityMappings:
  - entityType: Host
    fieldMappings:
      - identifier: HostName
        columnName: UserAgent
version: 1.0.0
kind: Scheduled
`;

let server: Server;
let browser: Browser;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "keyline-hostile-"));
  writeFileSync(join(folder, "log.json"), JSON.stringify({ Records: records() }));
  writeFileSync(join(folder, "rule.yaml"), RULE);
  [server, browser] = await Promise.all([serve("serve", join(folder, "log.json"), "--rules", join(folder, "rule.yaml")), browse()]);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

it("no text of a log is anything but text", async () => {
  const { page, wrong } = await open(browser);
  const json = async <T>(path: string) => (await (await fetch(server.url + path)).json()) as T;
  const { incidents } = await json<{ incidents: { incident_id: string; root_credential: string | null }[] }>("/api/incidents");
  expect(incidents.length).toBeGreaterThan(0);
  const { groups } = await json<{ groups: { credentials: { id: string; root: string }[] }[] }>("/api/credentials?group=root");
  const all = groups.flatMap((group) => group.credentials);
  expect(all.length).toBeGreaterThan(ATTACKS.length - 2);
  const { rules } = await json<{ rules: { rule_id: string; name: string }[] }>("/api/rules");
  const rule = rules.find((one) => one.name.startsWith("Everything"));
  // What is refused is written down with what was asked: the audit log holds attacks as well.
  for (const attack of ATTACKS) {
    for (const [path, body] of [["/api/contain/approve", { plan_id: attack, hash: attack }], ["/api/contain/plans/x/run", { confirm: [attack] }], [`/api/incidents/${encodeURIComponent(attack)}/note`, { text: attack }]] as const) {
      const answer = await fetch(server.url + path, { method: "POST", headers: { "content-type": "application/json", "x-keyline": "1" }, body: JSON.stringify(body) });
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
    }
  }
  const query = encodeURIComponent("CloudTrail | project TimeGenerated, UserAgent, SourceIpAddress, EventName, ErrorCode, ErrorMessage, AWSRegion, RequestParameters");
  const paths = [
    "/incidents",
    ...incidents.slice(0, 4).map((one) => `/incidents/${one.incident_id}`),
    ...new Set(all.map((one) => `/lineage/${one.root}`)),
    ...["root", "mfa", "source-identity", "address", "session-name", "role", "kind"].map((group) => `/credentials?group=${group}`),
    ...all.map((one) => `/credentials/${one.id}`),
    `/hunt?q=${query}`,
    "/rules",
    `/rules/${rule?.rule_id}`,
    "/audit",
    `/audit?q=${encodeURIComponent(ATTACKS[0] ?? "")}`,
    `/contain?plan=${encodeURIComponent(ATTACKS[1] ?? "")}`,
    `/contain?target=${KEY}`,
    `/contain?target=${encodeURIComponent(ATTACKS[0] ?? "")}`,
    `/credentials/${encodeURIComponent("<img src=x onerror=alert(1)>")}`,
    `/incidents?q=${encodeURIComponent(ATTACKS[0] ?? "")}`,
    `/hunt?q=${encodeURIComponent(`${ATTACKS[4]} ${ATTACKS[6]}`)}`,
  ];
  let seen = "";
  for (const path of paths) {
    await page.goto(server.url + path);
    await settled(page);
    // What is folded away is shown too.
    await page.evaluate(() => {
      for (const line of document.querySelectorAll<HTMLElement>("button.line[aria-expanded=false]")) line.click();
    });
    await settled(page);
    const found = await page.evaluate(() => ({
      ran: (window as unknown as { __ran?: number }).__ran,
      elements: document.querySelectorAll("#app img:not(.cm-widgetBuffer), #app script, #app iframe, #app [onerror], #app [onload], #app b b, a[href^='javascript']").length,
      text: document.body.innerText,
      attributes: [...document.querySelectorAll("[title], [aria-label]")].map((one) => `${one.getAttribute("title")} ${one.getAttribute("aria-label")}`).join("\n"),
      wide: document.documentElement.scrollWidth > innerWidth,
    }));
    const where = decodeURIComponent(path).slice(0, 80);
    expect([where, found.ran, found.elements, found.wide]).toEqual([where, undefined, 0, false]);
    expect([where, /[\u202a-\u202e\u2066-\u2069\u0007\u001b\u200b]/.test(found.text + found.attributes)]).toEqual([where, false]);
    seen += found.text;
  }
  // The box that goes anywhere, a whole row, and the menu of a cell.
  await page.goto(`${server.url}/hunt?q=${query}`);
  await page.locator(".cell").first().waitFor();
  for (const act of [
    () => page.locator(".cell").nth(1).dblclick(),
    () => page.keyboard.press("Escape"),
    () => page.locator(".cell").nth(1).click({ button: "right" }),
    () => page.keyboard.press("Escape"),
    () => page.keyboard.press("Control+k"),
    () => page.keyboard.type("<img src=x"),
    () => page.locator(".jump-list li").first().waitFor({ timeout: 5000 }).catch(() => undefined),
  ]) {
    await act();
    expect(await page.evaluate(() => [(window as unknown as { __ran?: number }).__ran, document.querySelectorAll("#app img:not(.cm-widgetBuffer), #app script, #app [onerror]").length])).toEqual([undefined, 0]);
  }
  // Files that are taken away hold them as text too.
  const rooted = incidents.filter((one) => one.root_credential !== null).slice(0, 2);
  const files = [...rooted.map((one) => `/api/incidents/${one.incident_id}/case.html`), ...["report.html", "timeline.svg"].map((name) => `/api/lineage/${all[0]?.root}/${name}`)];
  for (const path of files) {
    const response = await fetch(server.url + path);
    const text = await response.text();
    expect([path, response.status, /<(?:img|script|iframe)|<svg\/|<b>A?$/i.test(text)]).toEqual([path, 200, false]);
  }
  // The attacks were on the pages, as text; those that turn the direction around were spelled out.
  for (const word of ["<img src=x onerror=window.__ran=1>", "</script><svg/onload=window.__ran=1>", "⟨202E⟩gnp.exe"]) expect(seen).toContain(word);
  // What does not exist is asked for on purpose.
  expect(wrong.filter((one) => !/status of 4\d\d/.test(one))).toEqual([]);
  await page.context().close();
});
