/// From cells to filters and files.
import { describe, expect, it } from "vitest";
import { append, type Cell, csv, filter, jsonl, quoted, rule, timesketch } from "../src/hunt/filters";
import { take } from "../src/hunt/stream";

describe("filter", () => {
  const check = (name: string, type: string, value: Cell, keep: boolean, expected: string) => expect(filter({ name, type }, value, keep)).toBe(expected);

  it("has a literal of the column's type", () => {
    check("A", "string", "x", true, '| where A == "x"');
    check("A", "string", "", false, "| where isnotempty(A)");
    check("A", "long", 5, false, "| where A != 5");
    check("A", "bool", true, true, "| where A == true");
    check("A", "datetime", "2026-10-14T11:00:00Z", true, "| where A == datetime(2026-10-14T11:00:00Z)");
    check("A", "dynamic", { a: 1 }, true, '| where tostring(A) == "{\\"a\\":1}"');
    check("A", "real", null, true, "| where isnull(A)");
    check("a b'c", "long", 1, true, "| where ['a b\\'c'] == 1");
  });

  it("lets no text end its string", () => {
    expect(quoted('" | take 1 //')).toBe('"\\" | take 1 //"');
    expect(quoted("a\nb\\")).toBe('"a\\u000ab\\\\"');
    expect(quoted("\u202eabc😀")).toBe('"\\u202eabc\\ud83d\\ude00"');
  });

  it("stands at the end, before what shows the rows", () => {
    expect(append("T\n| take 5\n", "| where a")).toBe("T\n| take 5\n| where a");
    expect(append("T\n| render timechart", "| where a")).toBe("T\n| where a\n| render timechart");
    expect(append("T;", "| where a")).toBe("T\n| where a");
  });
});

describe("files", () => {
  const columns = [{ name: "A", type: "string" }, { name: "B", type: "long" }];

  it("csv quotes, and lets no spreadsheet run a cell", () => {
    expect(csv(columns, [["a,\"b\"", 1], ["=1+1", -2], [null, null]])).toBe('A,B\r\n"a,""b""",1\r\n\'=1+1,-2\r\n,');
  });

  it("json has a row a line", () => {
    expect(jsonl(columns, [["a", 1], ["b", null]])).toBe('{"A":"a","B":1}\n{"A":"b","B":null}');
  });
});

it("a rule holds its query, whatever stands in it", () => {
  const text = rule('a "name"', "T\n\n| where a == 'x'\nid: evil\u2028severity: High", "0");
  expect(text).toContain('name: "a \\"name\\""\n');
  expect(text).toContain("query: |\n  T\n\n  | where a == 'x'\n  id: evil\n  severity: High\nentityMappings");
});

it("events for Timesketch have a time, a message and all fields", () => {
  const columns = [{ name: "At", type: "datetime" }, { name: "EventName", type: "string" }];
  expect(timesketch(columns, [["2026-10-14T11:00:00Z", "GetObject"], [null, "x"]])).toBe('{"message":"GetObject","datetime":"2026-10-14T11:00:00Z","timestamp_desc":"At","At":"2026-10-14T11:00:00Z","EventName":"GetObject"}');
  expect(timesketch([columns[1]!], [["x"]])).toBeNull();
});

it("lines of an answer are told apart by what they hold", () => {
  const seen: string[] = [];
  const listener = {
    columns: () => seen.push("columns"),
    rows: (rows: Cell[][]) => seen.push(`rows ${rows.length}`),
    done: () => seen.push("done"),
    errors: () => seen.push("errors"),
  };
  for (const line of ['{"columns":[]}', '{"rows":[[1],[2]]}', "", '{"done":{"rows":2,"seconds":1,"truncated":false}}', '{"errors":[]}']) take(line, listener);
  expect(seen).toEqual(["columns", "rows 2", "done", "errors"]);
});
