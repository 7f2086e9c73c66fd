/// Text of logs is written by strangers. Preact puts it into text nodes, so that it is never markup;
/// what remains are characters that are not seen or that turn the reading direction around. Here they
/// become visible, once for all elements: see `guard`.
import { options, type VNode } from "preact";

/// Control characters but tab and newline, bidirectional controls, zero-width characters, line
/// separators, tags and lone surrogates.
const UNSEEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/gu;

/// The text with unseen characters spelled out, `⟨202E⟩`.
export function visible(text: string): string {
  UNSEEN.lastIndex = 0;
  if (!UNSEEN.test(text)) return text;
  return text.replace(
    UNSEEN,
    (found) => `⟨${(found.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}⟩`,
  );
}

const SPOKEN = ["title", "aria-label", "placeholder", "aria-description"] as const;

/// Makes every text of every element visible before it is drawn. No screen can forget it.
export function guard(): void {
  const before = options.vnode;
  options.vnode = (vnode: VNode) => {
    if (typeof vnode.type === "string") {
      const props = vnode.props as Record<string, unknown>;
      props.children = shown(props.children);
      for (const name of SPOKEN) {
        const value = props[name];
        if (typeof value === "string") props[name] = visible(value);
      }
    }
    before?.(vnode);
  };
}

function shown(children: unknown): unknown {
  if (typeof children === "string") return visible(children);
  if (Array.isArray(children)) {
    for (let at = 0; at < children.length; at += 1) {
      const child = children[at];
      if (typeof child === "string" || Array.isArray(child)) children[at] = shown(child);
    }
  }
  return children;
}

/// `1,204`.
export function count(value: number): string {
  return value.toLocaleString("en-US");
}

/// `9.1k`, for where there is no room.
export function short(value: number): string {
  if (value < 1000) return String(value);
  if (value < 9_950) return `${(value / 1000).toFixed(1)}k`;
  if (value < 999_500) return `${Math.round(value / 1000)}k`;
  if (value < 9_950_000) return `${(value / 1_000_000).toFixed(1)}M`;
  return `${Math.round(value / 1_000_000)}M`;
}

/// `1 call`, `2 calls`.
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/// An access key id, as AWS gives them out.
export const ACCESS_KEY = /\bA[KS]IA[A-Z2-7]{16}\b/;
