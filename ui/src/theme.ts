/// Light, dark, or as the system has it.
export type Theme = "system" | "light" | "dark";

const KEPT = "keyline.theme";

export function theme(): Theme {
  const kept = localStorage.getItem(KEPT);
  return kept === "light" || kept === "dark" ? kept : "system";
}

export function applyTheme(next: Theme = theme()): void {
  if (next === "system") {
    localStorage.removeItem(KEPT);
    delete document.documentElement.dataset.theme;
  } else {
    localStorage.setItem(KEPT, next);
    document.documentElement.dataset.theme = next;
  }
  dispatchEvent(new Event("keyline:theme"));
}

export function nextTheme(): Theme {
  const order: Theme[] = ["system", "light", "dark"];
  return order[(order.indexOf(theme()) + 1) % order.length] ?? "system";
}
