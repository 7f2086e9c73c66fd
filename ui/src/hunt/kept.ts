/// Saved queries and the last ones that ran, in this browser.
const SAVED = "keyline.queries";
const RUN = "keyline.history";
const RUN_MAX = 40;
const LETTERS_MAX = 20_000;

export interface Kept {
  name: string;
  query: string;
}

export function kept(): Kept[] {
  return read<Kept>(SAVED).filter((one) => typeof one?.name === "string" && typeof one?.query === "string");
}

export function keep(name: string, query: string): void {
  write(SAVED, [...kept().filter((one) => one.name !== name), { name, query }].sort((a, b) => a.name.localeCompare(b.name)));
}

export function forget(name: string): void {
  write(SAVED, kept().filter((one) => one.name !== name));
}

export function noted(): string[] {
  return read<string>(RUN).filter((one) => typeof one === "string");
}

export function note(query: string): void {
  if (query.length > LETTERS_MAX) return;
  write(RUN, [query, ...noted().filter((one) => one !== query)].slice(0, RUN_MAX));
}

function read<T>(name: string): T[] {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(name) ?? "[]");
    return Array.isArray(value) ? (value as T[]) : [];
  } catch {
    return [];
  }
}

function write(name: string, value: unknown): void {
  try {
    localStorage.setItem(name, JSON.stringify(value));
  } catch {
    // The browser keeps no more: what is there stays.
  }
}
