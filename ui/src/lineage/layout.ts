/// The arithmetic of the timeline: time to pixels and back, ticks, which rows are seen, what is folded,
/// who has something in common. In: numbers. Out: numbers. Nothing here draws.
import { scaleTime, scaleUtc } from "d3-scale";
import type { LaneRow } from "../wire.gen";

export const ROW = 26;
/// From the top of a row to the middle of its bar, and half of the bar's height.
export const BAR_MIDDLE = 13;
export const BAR_HALF = 6;
/// Pixels that a level of the tree is further in, and the levels that are drawn.
export const INDENT = 15;
export const LEVELS_DRAWN = 14;
/// The shortest span that one can zoom to, in milliseconds.
const SPAN_MIN = 1_000;
/// How far beyond everything one can zoom out.
const BEYOND = 4;
/// Pixels between ticks.
const TICKS_APART = 84;

export interface Span {
  from: number;
  to: number;
}

export interface Axis extends Span {
  width: number;
}

export function x(axis: Axis, at: number): number {
  return ((at - axis.from) / (axis.to - axis.from)) * axis.width;
}

export function time(axis: Axis, pixels: number): number {
  return axis.from + (pixels / axis.width) * (axis.to - axis.from);
}

/// The span `factor` times as long, with the instant `around` at the same place.
export function zoomed(span: Span, factor: number, around: number, natural: Span): Span {
  const length = span.to - span.from;
  const most = (natural.to - natural.from) * BEYOND;
  const next = Math.min(Math.max(length * factor, SPAN_MIN), Math.max(most, SPAN_MIN));
  const share = length > 0 ? (around - span.from) / length : 0.5;
  const from = around - share * next;
  return kept({ from, to: from + next }, natural);
}

/// The span moved by a part of its own length.
export function panned(span: Span, part: number, natural: Span): Span {
  const by = (span.to - span.from) * part;
  return kept({ from: span.from + by, to: span.to + by }, natural);
}

/// Not so far away that nothing is left to see.
function kept(span: Span, natural: Span): Span {
  const length = span.to - span.from;
  const edge = length * 0.9;
  const from = Math.min(Math.max(span.from, natural.from - edge), natural.to - length + edge);
  return { from, to: from + length };
}

export interface Tick {
  at: number;
  x: number;
}

export function ticks(axis: Axis, utc: boolean): Tick[] {
  if (axis.width <= 0 || axis.to <= axis.from) return [];
  const scale = (utc ? scaleUtc() : scaleTime()).domain([axis.from, axis.to]);
  const wanted = Math.max(2, Math.floor(axis.width / TICKS_APART));
  return scale.ticks(wanted).map((date) => ({ at: date.getTime(), x: x(axis, date.getTime()) }));
}

/// The rows that are seen in a window of rows, with a few around them.
export function seen(scrollTop: number, height: number, rows: number, spare = 6): [number, number] {
  const first = Math.max(0, Math.floor(scrollTop / ROW) - spare);
  const end = Math.min(rows, Math.ceil((scrollTop + height) / ROW) + spare);
  return [Math.min(first, end), end];
}

/// The rows without what is below the folded ones.
export function unfolded(rows: LaneRow[], folded: ReadonlySet<string>): LaneRow[] {
  if (folded.size === 0) return rows;
  const shown: LaneRow[] = [];
  let below = Number.POSITIVE_INFINITY;
  for (const row of rows) {
    if (row.level > below) continue;
    below = row.id !== null && folded.has(row.id) ? row.level : Number.POSITIVE_INFINITY;
    shown.push(row);
  }
  return shown;
}

export type Guide = "line" | "none" | "branch" | "end";

/// What stands in each column of the tree before the name.
export function guides(row: LaneRow): Guide[] {
  const level = Math.min(row.level, LEVELS_DRAWN);
  const columns: Guide[] = [];
  for (let at = 1; at < level; at += 1) columns.push((row.guides >>> at) & 1 ? "line" : "none");
  if (level > 0) columns.push(row.last ? "end" : "branch");
  return columns;
}

/// The row above that a row hangs from; -1 for none.
export function above(rows: LaneRow[], at: number): number {
  const level = rows[at]?.level ?? 0;
  for (let other = at - 1; other >= 0; other -= 1) {
    if ((rows[other]?.level ?? 0) < level) return other;
  }
  return -1;
}

/// What each other row has in common with one: addresses, programs, an MFA device, a session name.
export function kin(rows: LaneRow[], one: LaneRow): Map<LaneRow, string[]> {
  const found = new Map<LaneRow, string[]>();
  const addresses = new Set(one.addresses);
  const agents = new Set(one.agents);
  for (const row of rows) {
    if (row === one) continue;
    const common: string[] = [];
    if (row.addresses.some((address) => addresses.has(address))) common.push("address");
    if (row.agents.some((agent) => agents.has(agent))) common.push("agent");
    if (one.mfa !== null && row.mfa === one.mfa) common.push("MFA device");
    if (one.session_name !== null && row.session_name === one.session_name) common.push("session name");
    if (common.length > 0) found.set(row, common);
  }
  return found;
}

/// Something selected: rows and a stretch of time; no time means all of it.
export interface Area {
  ids: string[];
  from: number | null;
  to: number | null;
}

/// `cr-a~cr-b@from-to`: the rows from one to another, as they stand.
export function writeArea(first: string, last: string, from: number | null, to: number | null): string {
  const rows = first === last ? first : `${first}~${last}`;
  return from === null || to === null ? rows : `${rows}@${Math.round(from)}-${Math.round(to)}`;
}

export function readArea(text: string | null, rows: LaneRow[]): Area | null {
  if (!text) return null;
  const [names = "", times] = text.split("@");
  const [first, last = first] = names.split("~");
  const a = rows.findIndex((row) => row.id === first);
  const b = rows.findIndex((row) => row.id === last);
  if (a < 0 || b < 0) return null;
  const ids = rows.slice(Math.min(a, b), Math.max(a, b) + 1).flatMap((row) => row.id ?? []);
  const match = /^(\d+)-(\d+)$/.exec(times ?? "");
  if (!match) return { ids, from: null, to: null };
  const [from, to] = [Number(match[1]), Number(match[2])];
  return from < to ? { ids, from, to } : { ids, from: null, to: null };
}
