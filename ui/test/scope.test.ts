/// The time of all screens: what lies in it, and links that keep it.
import { expect, it } from "vitest";
import { scoped, scopeOf } from "../src/route";
import { touches } from "../src/scope";

it("a stretch of time has a part in the scope, or not", () => {
  const at = (text: string) => Date.parse(`2026-10-14T${text}:00Z`);
  const iso = (text: string) => `2026-10-14T${text}:00Z`;
  for (const [since, until, first, last, expected] of [
    ["11:00", "12:00", "10:00", "11:00", true],
    ["11:00", "12:00", "10:00", "10:59", false],
    ["11:00", "12:00", "12:00", "13:00", true],
    ["11:00", "12:00", "12:01", "13:00", false],
    ["11:00", "12:00", "10:00", "13:00", true],
    [null, "12:00", "12:01", "13:00", false],
    ["11:00", null, "10:00", null, false],
    [null, null, "10:00", null, true],
  ] as const) {
    const scope = { since: since && at(since), until: until && at(until) };
    expect([since, until, first, last, touches(scope, iso(first), last && iso(last))]).toEqual([since, until, first, last, expected]);
  }
});

it("a link within the page keeps it, unless it names one or leads elsewhere", () => {
  for (const [href, expected] of [
    ["/rules", "/rules?since=1&until=2"],
    ["/hunt?q=a%26b", "/hunt?q=a%26b&since=1&until=2"],
    ["/lineage/cr-1?since=5", "/lineage/cr-1?since=5"],
    ["/api/incidents", "/api/incidents"],
    ["//evil.example/", "//evil.example/"],
    ["https://evil.example/", "https://evil.example/"],
    ["javascript:alert(1)", "javascript:alert(1)"],
    ["#main", "#main"],
  ]) {
    expect(scoped(href ?? "", "?since=1&until=2&q=x")).toBe(expected);
  }
  expect(scopeOf(new URLSearchParams("since=x&until="))).toEqual({ since: null, until: null });
});
