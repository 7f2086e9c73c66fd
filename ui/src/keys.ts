/// The keys of a screen. A screen lists them once; the same list answers them and explains them.
import { useEffect } from "preact/hooks";

export interface KeyDoc {
  /// As it is shown: `w`, `Shift ↵`.
  keys: string;
  does: string;
}

export interface KeyBinding extends KeyDoc {
  /// `event.key` values that it answers to.
  on: string[];
  run: (event: KeyboardEvent) => void;
}

const shown = new Map<string, KeyDoc[]>();

/// What the screen in front answers to, for the page of keys.
export function explained(): [string, KeyDoc[]][] {
  return [...shown.entries()].filter(([, docs]) => docs.length > 0);
}

/// Single letters, when nobody is typing and no dialogue is open.
export function useKeys(title: string, bindings: KeyBinding[], docs: KeyDoc[] = []): void {
  useEffect(() => {
    shown.set(title, [...bindings, ...docs]);
    const listener = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
      const binding = bindings.find((one) => one.on.includes(event.key));
      if (!binding) return;
      event.preventDefault();
      binding.run(event);
    };
    addEventListener("keydown", listener);
    return () => {
      removeEventListener("keydown", listener);
      shown.delete(title);
    };
  });
}

export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}
