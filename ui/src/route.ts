/// Where we are: the address of the page is the state of the screen. A screen reads its part of the
/// query string and writes it back; `replace` for what changes while one looks, `go` for a new place.
import { options, type VNode } from "preact";
import { useEffect, useState } from "preact/hooks";

export interface Place {
  /// The parts of the path, decoded: `["lineage", "cr-…"]`.
  path: string[];
  query: URLSearchParams;
}

const listeners = new Set<() => void>();

export function here(): Place {
  return {
    path: location.pathname.split("/").filter(Boolean).map(decoded),
    query: new URLSearchParams(location.search),
  };
}

export function usePlace(): Place {
  const [place, set] = useState(here);
  useEffect(() => {
    const listener = () => set(here());
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }, []);
  return place;
}

export function go(to: string): void {
  history.pushState(null, "", scoped(to));
  scrollTo(0, 0);
  tell();
}

/// Changes parts of the query string; null takes one out.
export function replace(changes: Record<string, string | number | null>): void {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === "") query.delete(name);
    else query.set(name, String(value));
  }
  const text = query.toString();
  history.replaceState(null, "", text ? `${location.pathname}?${text}` : location.pathname);
  tell();
}

/// An address from a path and a query; whatever is put in is encoded.
export function address(path: string[], query: Record<string, string | number | null> = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== "") search.set(name, String(value));
  }
  const text = search.toString();
  return `/${path.map(encodeURIComponent).join("/")}${text ? `?${text}` : ""}`;
}

/// The one time that all screens are about: `since` and `until` in the address, in milliseconds.
export interface Scope {
  since: number | null;
  until: number | null;
}

export function scopeOf(query: URLSearchParams): Scope {
  const number = (name: string) => {
    const text = query.get(name);
    return text && Number.isFinite(Number(text)) ? Number(text) : null;
  };
  return { since: number("since"), until: number("until") };
}

/// An address within the page, with the scope of where we are unless it names one.
export function scoped(href: string, search = location.search): string {
  if (!/^\/(?!\/|api\/|sign-)/.test(href)) return href;
  const scope = scopeOf(new URLSearchParams(search));
  // Of whatever origin: only what comes behind it is used.
  const url = new URL(href, "http://here");
  if (url.searchParams.has("since") || url.searchParams.has("until")) return href;
  for (const [name, at] of Object.entries(scope)) if (at !== null) url.searchParams.set(name, String(at));
  return url.pathname + url.search;
}

/// Every link keeps the scope, whoever makes it: an element's address is completed before it is drawn.
export function keepScope(): void {
  const before = options.vnode;
  options.vnode = (vnode: VNode) => {
    const props = vnode.props as Record<string, unknown>;
    if (vnode.type === "a" && typeof props.href === "string") props.href = scoped(props.href);
    before?.(vnode);
  };
}

/// Links within the page are followed without loading it anew. Call once.
export function followLinks(): void {
  addEventListener("popstate", tell);
  addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element | null)?.closest?.("a");
    if (!link || link.target || link.hasAttribute("download")) return;
    if (link.origin !== location.origin || link.pathname.startsWith("/api/")) return;
    event.preventDefault();
    go(link.pathname + link.search);
  });
}

function tell(): void {
  for (const listener of listeners) listener();
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
