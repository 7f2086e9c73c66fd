/// What a query that ends in `render` of bars or a pie shows. Pure.
import type { ColumnInfo } from "../wire.gen";
import { type Cell, text } from "./filters";

/// How a query wants to be shown: the kind of its `render`, at its end.
export function rendered(query: string): string | null {
  return /\|\s*render\s+(\w+)[^|]*$/.exec(query.trim())?.[1]?.toLowerCase() ?? null;
}

export interface Categories {
  name: string;
  value: string;
  bars: { name: string; value: number }[];
  more: number;
  sum: number;
}

/// Bars that are drawn; the rows have them all.
const BARS_MAX = 24;
const BY_NAME = ["barchart", "columnchart", "piechart", "stackedbarchart", "treemap"];

/// Bars by name; null where the query asks for none, or no column is a number.
export function categories(kind: string | null, columns: ColumnInfo[], rows: Cell[][]): Categories | null {
  if (kind === null || !BY_NAME.includes(kind)) return null;
  const value = columns.findIndex((column) => isNumber(column));
  const name = columns.findIndex((column, at) => at !== value && column.type !== "datetime");
  if (value < 0 || columns.some((column) => column.type === "datetime" && kind === "columnchart")) return null;
  const sums = new Map<string, number>();
  for (const row of rows) {
    const number = Number(row[value]);
    if (!Number.isFinite(number)) continue;
    const key = name < 0 ? (columns[value]?.name ?? "") : text(row[name] ?? null);
    sums.set(key, (sums.get(key) ?? 0) + number);
  }
  const all = [...sums].map(([name, value]) => ({ name, value }));
  return { name: columns[name]?.name ?? "", value: columns[value]?.name ?? "", bars: all.slice(0, BARS_MAX), more: Math.max(0, all.length - BARS_MAX), sum: all.reduce((sum, one) => sum + one.value, 0) };
}

/// Whether a column is a number.
export function isNumber(column: ColumnInfo): boolean {
  return /^(long|int|real|decimal)$/.test(column.type);
}
