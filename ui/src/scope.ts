/// The one time that all screens are about: what of a screen lies in it, and how it is changed.
import { replace, type Scope, scopeOf, usePlace } from "./route";

export function useScope(): Scope {
  return scopeOf(usePlace().query);
}

export function setScope({ since, until }: Scope): void {
  // What was zoomed to and selected belongs to the time before.
  replace({ since, until, from: null, to: null, sel: null });
}

export function isWhole(scope: Scope): boolean {
  return scope.since === null && scope.until === null;
}

/// Whether a stretch of time has a part in the scope.
export function touches(scope: Scope, first: string | null, last: string | null): boolean {
  const from = Date.parse(first ?? "");
  const to = Date.parse(last ?? first ?? "");
  if (Number.isNaN(from) || Number.isNaN(to)) return true;
  return (scope.since === null || to >= scope.since) && (scope.until === null || from <= scope.until);
}
