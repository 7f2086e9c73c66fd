/// From a cell to a filter, and from rows to files. Pure text.
import type { ColumnInfo } from "../wire.gen";

export type Cell = string | number | boolean | null | object;

/// `| where Column == value`, or its opposite.
export function filter(column: ColumnInfo, value: Cell, keep: boolean): string {
  const name = /^[A-Za-z_]\w*$/.test(column.name) ? column.name : `['${column.name.replace(/[\\']/g, "\\$&")}']`;
  const equal = keep ? "==" : "!=";
  if (value === null) return `| where ${keep ? "isnull" : "isnotnull"}(${name})`;
  switch (column.type) {
    case "string":
      return value === "" ? `| where ${keep ? "isempty" : "isnotempty"}(${name})` : `| where ${name} ${equal} ${quoted(String(value))}`;
    case "datetime":
      return `| where ${name} ${equal} datetime(${String(value)})`;
    case "timespan":
      return `| where ${name} ${equal} time(${String(value)})`;
    case "guid":
      return `| where ${name} ${equal} guid(${String(value)})`;
    case "dynamic":
      return `| where tostring(${name}) ${equal} ${quoted(text(value))}`;
    default:
      return `| where ${name} ${equal} ${String(value)}`;
  }
}

/// A string of KQL. Everything that is not plain is written by its number, so that nothing ends it early.
export function quoted(value: string): string {
  return `"${value.replace(/["\\]|[^\x20-\x7e\u00a0-\uffff]|[\u0080-\u009f\u2028-\u202e\u2066-\u2069]/gu, (found) => {
    if (found === '"' || found === "\\") return `\\${found}`;
    return [...found].flatMap((one) => Array.from({ length: one.length }, (_, at) => `\\u${one.charCodeAt(at).toString(16).padStart(4, "0")}`)).join("");
  })}"`;
}

/// Puts a step at the end of a query, before what only shows it.
export function append(query: string, step: string): string {
  const lines = query.trimEnd().replace(/;\s*$/, "").split("\n");
  const last = lines.at(-1)?.trim() ?? "";
  if (/^\|\s*render\b/.test(last)) lines.splice(-1, 0, step);
  else lines.push(step);
  return lines.join("\n");
}

/// A cell as it is shown.
export function text(value: Cell): string {
  if (value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/// Comma-separated, as RFC 4180. A cell that a spreadsheet would run as a formula gets an apostrophe before it.
export function csv(columns: ColumnInfo[], rows: Cell[][]): string {
  const cell = (value: Cell) => {
    let shown = text(value);
    if (typeof value === "string" && /^[=+\-@\t\r]/.test(shown)) shown = `'${shown}`;
    return /[",\r\n]/.test(shown) ? `"${shown.replace(/"/g, '""')}"` : shown;
  };
  return [columns.map((column) => cell(column.name)), ...rows.map((row) => row.map(cell))].map((row) => row.join(",")).join("\r\n");
}

/// Rows as events of Timesketch, a JSON document a line; null where no column is a time.
export function timesketch(columns: ColumnInfo[], rows: Cell[][]): string | null {
  const time = columns.find((column) => column.type === "datetime")?.name;
  if (time === undefined) return null;
  const named = ["EventName", "Title", "AlertName", "RuleName"].find((name) => columns.some((column) => column.name === name));
  const lines = rows.map((row) => {
    const fields = Object.fromEntries(columns.map((column, at) => [column.name, row[at] ?? null]));
    const message = named ? String(fields[named] ?? "") : columns.filter((column) => column.name !== time).slice(0, 4).map((column) => text(fields[column.name] ?? null)).join(" ");
    return fields[time] === null ? null : JSON.stringify({ message: message || "event", datetime: fields[time], timestamp_desc: time, ...fields });
  });
  return lines.filter((line) => line !== null).join("\n");
}

/// A query as a scheduled rule in Sentinel's YAML, to be filled in. The text of the query cannot leave its block: every
/// line of it is set in.
export function rule(name: string, query: string, id: string): string {
  const block = query.replace(/\r\n?|[\u0085\u2028\u2029]/g, "\n").split("\n").map((line) => `  ${line}`.trimEnd()).join("\n");
  return `id: ${id}
name: ${JSON.stringify(name)}
description: |
  What it finds, and what to do then.
severity: Medium
kind: Scheduled
queryFrequency: 1h
queryPeriod: 1d
triggerOperator: gt
triggerThreshold: 0
eventGroupingSettings:
  aggregationKind: AlertPerResult
tactics: []
relevantTechniques: []
query: |
${block}
entityMappings: []
version: 1.0.0
`;
}

/// A JSON document a line.
export function jsonl(columns: ColumnInfo[], rows: Cell[][]): string {
  return rows.map((row) => JSON.stringify(Object.fromEntries(columns.map((column, at) => [column.name, row[at] ?? null])))).join("\n");
}
