/// Light, dark, or as the system has it.
export type Theme = "system" | "light" | "dark";

const KEPT = "keyline.theme";

export function theme(): Theme {
  const kept = localStorage.getItem(KEPT);
  return kept === "light" || kept === "dark" ? kept : "system";
}

const dark = () => matchMedia("(prefers-color-scheme: dark)");

/// Puts the colours on: the page always says which they are, so that the style sheet has each of them once.
export function applyTheme(next: Theme = theme()): void {
  if (next === "system") localStorage.removeItem(KEPT);
  else localStorage.setItem(KEPT, next);
  const system = dark().matches ? "dark" : "light";
  document.documentElement.dataset.theme = next === "system" ? system : next;
  dispatchEvent(new Event("keyline:theme"));
}

/// Goes on with the system's colours when those change.
export function followSystem(): void {
  dark().addEventListener("change", () => applyTheme());
}

export function nextTheme(): Theme {
  const order: Theme[] = ["system", "light", "dark"];
  return order[(order.indexOf(theme()) + 1) % order.length] ?? "system";
}
