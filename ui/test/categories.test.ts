import { expect, it } from "vitest";
import { categories, rendered } from "../src/hunt/categories";
import { tabled } from "../src/parts/files";

it("a query says at its end how it wants to be shown", () => {
  for (const [query, kind] of [
    ["T | render timechart", "timechart"],
    ["T | summarize count() by A\n| render PieChart with (title = 'by A')", "piechart"],
    ["T | render table\n", "table"],
    ["T | where A == 'render piechart'", null],
    ["T | render barchart | take 1", null],
  ] as const) {
    expect([query, rendered(query)]).toEqual([query, kind]);
  }
});

it("bars are sums by name, in the order of the rows; the rest is counted", () => {
  const columns = [{ name: "Name", type: "string" }, { name: "Calls", type: "long" }];
  const rows = [["b", 3], ["a", 5], ["b", 1], [null, null]];
  expect(categories("barchart", columns, rows)).toEqual({ name: "Name", value: "Calls", bars: [{ name: "b", value: 4 }, { name: "a", value: 5 }, { name: "", value: 0 }], more: 0, sum: 9 });
  expect(categories("timechart", columns, rows)).toBeNull();
  expect(categories("barchart", columns.slice(0, 1), [["a"]])).toBeNull();
  const many = Array.from({ length: 40 }, (_, at) => [`n${at}`, 1]);
  expect(categories("piechart", columns, many)?.more).toBe(16);
});

it("documents become a table: lists as JSON, and nothing that a spreadsheet would run", () => {
  const rows = [{ name: "=1+1", tags: ["a", "b"], count: -2, none: null }];
  expect(tabled(rows, ["name", "tags", "count", "none", "missing"])).toBe('name,tags,count,none,missing\r\n\'=1+1,"[""a"",""b""]",-2,,');
});
