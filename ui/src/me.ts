/// Who looks, and what they may do. The server decides; the page only does not offer what it would refuse.
import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import { ask } from "./api";
import type { Me } from "./wire.gen";

export type Role = "viewer" | "analyst" | "responder" | "approver";
const ORDER: Role[] = ["viewer", "analyst", "responder", "approver"];

export const MeContext = createContext<Me | null>(null);

export function useMe(): Me | null {
  return useContext(MeContext);
}

/// Whether somebody has a role, or one that includes it.
export function may(me: Me | null, role: Role): boolean {
  return me !== null && ORDER.indexOf(me.role as Role) >= ORDER.indexOf(role);
}

/// `an analyst`.
export function called(me: Me | null): string {
  return me ? `${/^[aeiou]/.test(me.role) ? "an" : "a"} ${me.role}` : "not known";
}

export function useAskedMe(): Me | null {
  const [me, set] = useState<Me | null>(null);
  useEffect(() => {
    const stop = new AbortController();
    ask<Me>("/api/me", stop.signal).then(set, () => undefined);
    return () => stop.abort();
  }, []);
  return me;
}
