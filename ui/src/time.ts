/// Instants as text, in UTC or in the reader's own time. The choice is a preference of the browser, not
/// part of what a link shows.
import { useEffect, useState } from "preact/hooks";

export type Zone = "utc" | "local";

const KEPT = "keyline.zone";
const listeners = new Set<() => void>();
let zone: Zone = localStorage.getItem(KEPT) === "local" ? "local" : "utc";

export function useZone(): [Zone, () => void] {
  const [, again] = useState(0);
  useEffect(() => {
    const listener = () => again((n) => n + 1);
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }, []);
  return [zone, toggle];
}

function toggle(): void {
  zone = zone === "utc" ? "local" : "utc";
  localStorage.setItem(KEPT, zone);
  for (const listener of listeners) listener();
}

interface Parts {
  year: number;
  month: number;
  day: number;
  clock: string;
  seconds: string;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function parts(at: number): Parts {
  const date = new Date(at);
  const two = (value: number) => String(value).padStart(2, "0");
  return zone === "utc"
    ? {
        year: date.getUTCFullYear(),
        month: date.getUTCMonth(),
        day: date.getUTCDate(),
        clock: `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`,
        seconds: two(date.getUTCSeconds()),
      }
    : {
        year: date.getFullYear(),
        month: date.getMonth(),
        day: date.getDate(),
        clock: `${two(date.getHours())}:${two(date.getMinutes())}`,
        seconds: two(date.getSeconds()),
      };
}

export function millis(time: string | number | null | undefined): number | null {
  if (time === null || time === undefined) return null;
  const at = typeof time === "number" ? time : Date.parse(time);
  return Number.isFinite(at) ? at : null;
}

/// The year of the instant that everything is asked about; times of other years say theirs.
let year = new Date().getUTCFullYear();
let asOf: number | null = null;

export function setYear(time: string | null): void {
  const at = millis(time);
  asOf = at;
  if (at !== null) year = new Date(at).getUTCFullYear();
}

function dated(at: number): string {
  const of = parts(at);
  return of.year === year ? `${of.day} ${MONTHS[of.month]}` : `${of.day} ${MONTHS[of.month]} ${of.year}`;
}

/// `14 Oct 15:50`.
export function moment(time: string | number | null | undefined): string {
  const at = millis(time);
  if (at === null) return "–";
  return `${dated(at)} ${parts(at).clock}`;
}

/// `14 Oct 2026 15:50:21 UTC`.
export function exact(time: string | number | null | undefined): string {
  const at = millis(time);
  if (at === null) return "unknown";
  const { day, month, year, clock, seconds } = parts(at);
  return `${day} ${MONTHS[month]} ${year} ${clock}:${seconds} ${zoneName()}`;
}

export function zoneName(): string {
  return zone === "utc" ? "UTC" : "local";
}

export function clock(at: number, seconds = false): string {
  const of = parts(at);
  return seconds ? `${of.clock}:${of.seconds}` : of.clock;
}

export function day(at: number): string {
  return dated(at);
}

export function startOfDay(at: number): number {
  const date = new Date(at);
  if (zone === "utc") return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate());
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

/// `14 Oct 11:03 – 15:50`, the day named once where it is one.
export function span(from: string | number | null, to: string | number | null): string {
  const [a, b] = [millis(from), millis(to)];
  if (a === null || b === null) return moment(a ?? b);
  if (moment(a) === moment(b)) return moment(a);
  return day(a) === day(b) ? `${moment(a)} – ${clock(b)}` : `${moment(a)} – ${moment(b)}`;
}

/// An instant as a field for date and time takes it, in the reader's time, and back.
export function toField(at: number | null): string {
  if (at === null) return "";
  const of = parts(at);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${of.year}-${two(of.month + 1)}-${two(of.day)}T${of.clock}`;
}

export function fromField(text: string): number | null {
  return text ? millis(zone === "utc" ? `${text}Z` : text) : null;
}

/// The instants of a text of the server in the reader's time: the clock alone on the day of the instant that everything
/// is asked about.
export function timed(text: string): string {
  return text.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, (found) => {
    const at = Date.parse(found);
    return asOf !== null && startOfDay(at) === startOfDay(asOf) ? clock(at) : moment(at);
  });
}

/// `36 min`, `4 h 10 min`, `3 d 2 h`.
export function lasting(length: number): string {
  const seconds = Math.round(Math.abs(length) / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  const days = Math.floor(hours / 24);
  return hours % 24 ? `${days} d ${hours % 24} h` : `${days} d`;
}
