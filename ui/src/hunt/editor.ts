/// The editor: CodeMirror with our compiler behind it. It asks for diagnostics when nobody typed for half a second,
/// one question at a time, and drops answers about text that has changed since.
import { autocompletion, type Completion, type CompletionContext, type CompletionResult, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { EditorState, StateEffect, StateField } from "@codemirror/state";
import { Decoration, type DecorationSet, drawSelection, EditorView, highlightActiveLine, highlightSpecialChars, hoverTooltip, keymap, lineNumbers, placeholder } from "@codemirror/view";
import { ask } from "../api";
import { visible } from "../text";
import type { KqlChecked, KqlCompletion, KqlDiagnostic, KqlHover } from "../wire.gen";
import { spans } from "./tokenizer";

/// Milliseconds without a key until the text is checked.
const QUIET = 500;

/// Colours, anew whenever the text changes: queries are short.
const coloured = StateField.define<DecorationSet>({
  create: (state) => colours(state.doc.toString()),
  update: (value, transaction) => (transaction.docChanged ? colours(transaction.newDoc.toString()) : value),
  provide: (field) => EditorView.decorations.from(field),
});

function colours(text: string): DecorationSet {
  return Decoration.set(spans(text).map(({ from, to, kind }) => Decoration.mark({ class: `k-${kind}` }).range(from, to)));
}

const found = StateEffect.define<KqlDiagnostic[]>();

/// The diagnostics and where they stand now; they move with the text.
const marks = StateField.define<{ list: KqlDiagnostic[]; set: DecorationSet }>({
  create: () => ({ list: [], set: Decoration.none }),
  update(value, transaction) {
    let next = transaction.docChanged ? { list: value.list, set: value.set.map(transaction.changes) } : value;
    for (const effect of transaction.effects) {
      if (!effect.is(found)) continue;
      const length = transaction.state.doc.length;
      const ranges = effect.value
        .map((one) => {
          const from = Math.max(0, Math.min(one.start, length));
          const to = Math.max(from, Math.min(one.start + Math.max(1, one.length), length));
          return { one, from: from === to ? Math.max(0, from - 1) : from, to };
        })
        .filter(({ from, to }) => from < to)
        .map(({ one, from, to }) => Decoration.mark({ class: `k-mark k-${one.severity}`, diagnostic: one }).range(from, to));
      next = { list: effect.value, set: Decoration.set(ranges, true) };
    }
    return next;
  },
  provide: (field) => EditorView.decorations.from(field, (value) => value.set),
});

export interface Editor {
  view: EditorView;
  text(): string;
  /// The selection, or everything.
  chosen(): string;
  setText(text: string): void;
  format(): void;
  nextProblem(): void;
  goTo(offset: number, length: number): void;
  close(): void;
}

export interface Hooks {
  onChange(text: string): void;
  onRun(limit: number | null): void;
  onChecked(diagnostics: KqlDiagnostic[]): void;
}

export function createEditor(parent: HTMLElement, text: string, hooks: Hooks): Editor {
  const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? "";
  let timer: ReturnType<typeof setTimeout> | undefined;
  let inFlight: AbortController | null = null;
  let again = false;
  const check = () => {
    if (inFlight) {
      again = true;
      return;
    }
    const asked = view.state.doc;
    const tell = (diagnostics: KqlDiagnostic[]) => {
      if (view.state.doc !== asked) return;
      view.dispatch({ effects: found.of(diagnostics) });
      hooks.onChecked(diagnostics);
    };
    if (asked.toString().trim() === "") {
      tell([]);
      return;
    }
    inFlight = new AbortController();
    ask<KqlChecked>("/api/kql/check", inFlight.signal, { query: asked.toString() })
      .then((answer) => tell(answer.diagnostics), () => undefined)
      .finally(() => {
        inFlight = null;
        if (again) {
          again = false;
          check();
        }
      });
  };
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      extensions: [
        nonce && nonce !== "__KEYLINE_NONCE__" ? EditorView.cspNonce.of(nonce) : [],
        lineNumbers(),
        highlightActiveLine(),
        highlightSpecialChars({ render: (code) => sign(String.fromCodePoint(code)), addSpecialChars: /[\u202a-\u202e\u2060-\u206f\u200e\u200f]/ }),
        history(),
        drawSelection(),
        coloured,
        marks,
        placeholder("CloudTrail\n| where EventName == \"GetSessionToken\"\n| summarize count() by UserIdentityArn"),
        autocompletion({ override: [complete], icons: false, activateOnTypingDelay: 60 }),
        hoverTooltip(hover),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ "aria-label": "KQL query", spellcheck: "false" }),
        EditorView.updateListener.of((update) => {
          if (!update.docChanged) return;
          hooks.onChange(update.state.doc.toString());
          clearTimeout(timer);
          timer = setTimeout(check, QUIET);
        }),
        keymap.of([
          { key: "Shift-Enter", run: () => (hooks.onRun(null), true) },
          { key: "Alt-Shift-Enter", run: () => (hooks.onRun(50), true) },
          { key: "Shift-Alt-f", run: () => (format(), true) },
          { key: "Alt-F8", run: () => (nextProblem(), true) },
          // Who moves by keys must be able to leave: Escape, then Tab goes on to what follows.
          { key: "Escape", run: (of) => (of.contentDOM.blur(), true) },
          ...completionKeymap,
          ...historyKeymap,
          ...defaultKeymap,
          indentWithTab,
        ]),
      ],
    }),
  });
  const format = () => {
    const before = view.state.doc;
    ask<{ query: string }>("/api/kql/format", new AbortController().signal, { query: before.toString() }).then(
      (answer) => {
        if (view.state.doc === before && answer.query !== before.toString()) {
          view.dispatch({ changes: { from: 0, to: before.length, insert: answer.query } });
        }
      },
      () => undefined,
    );
  };
  const goTo = (offset: number, length: number) => {
    const end = view.state.doc.length;
    const from = Math.min(offset, end);
    view.dispatch({ selection: { anchor: from, head: Math.min(from + length, end) }, scrollIntoView: true });
    view.focus();
  };
  const nextProblem = () => {
    const { list } = view.state.field(marks);
    const after = view.state.selection.main.from;
    const next = list.find((one) => one.start > after) ?? list[0];
    if (next) goTo(next.start, next.length);
  };
  if (text.trim()) timer = setTimeout(check, 0);
  return {
    view,
    text: () => view.state.doc.toString(),
    chosen: () => {
      const { from, to } = view.state.selection.main;
      const part = view.state.sliceDoc(from, to);
      return part.trim().length > 8 ? part : view.state.doc.toString();
    },
    setText: (next) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: next }, selection: { anchor: next.length } }),
    format,
    nextProblem,
    goTo,
    close: () => {
      clearTimeout(timer);
      inFlight?.abort();
      view.destroy();
    },
  };
}

function sign(character: string): HTMLElement {
  const span = document.createElement("span");
  span.className = "k-unseen";
  span.textContent = visible(character);
  return span;
}

async function complete(context: CompletionContext): Promise<CompletionResult | null> {
  const before = context.matchBefore(/[\w$-]+|\|\s*|\.\s*|\(\s*|,\s*/);
  if (!before && !context.explicit) return null;
  const stop = new AbortController();
  context.addEventListener("abort", () => stop.abort());
  try {
    const answer = await ask<KqlCompletion>("/api/kql/complete", stop.signal, { query: context.state.doc.toString(), offset: context.pos });
    if (answer.items.length === 0) return null;
    return {
      from: answer.from,
      options: answer.items.map((item, at): Completion => ({ label: item.label, type: item.kind, boost: -Math.min(99, at / 20), ...(item.detail ? { detail: item.detail } : { detail: item.kind }) })),
      validFor: /^[\w$-]*$/,
    };
  } catch {
    return null;
  }
}

/// What the compiler says about a place: first what is wrong there, then what it is.
async function hover(view: EditorView, at: number) {
  const wrong: KqlDiagnostic[] = [];
  view.state.field(marks).set.between(at, at, (_from, _to, mark) => void wrong.push(mark.spec.diagnostic as KqlDiagnostic));
  const about = await ask<KqlHover | null>("/api/kql/hover", new AbortController().signal, { query: view.state.doc.toString(), offset: at }).catch(() => null);
  if (!about && wrong.length === 0) return null;
  const dom = document.createElement("div");
  dom.className = "k-tip";
  for (const one of wrong) line(dom, `${one.code} ${one.message}${one.help ? `\n${one.help}` : ""}`, `k-says ${one.severity}`);
  if (about) line(dom, about.text, "k-about");
  const length = view.state.doc.length;
  return { pos: Math.min(about?.start ?? at, length), end: Math.min(about ? about.start + about.length : at + 1, length), above: true, create: () => ({ dom }) };
}

function line(parent: HTMLElement, text: string, name: string): void {
  const element = document.createElement("div");
  element.className = name;
  element.textContent = visible(text);
  parent.append(element);
}
