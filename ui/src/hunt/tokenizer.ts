/// Colours for KQL: what a piece of text looks like, never what it means; that the server's compiler says. Reads a
/// line from a place and returns the kind of what stands there.

export type Kind = "comment" | "string" | "number" | "operator" | "keyword" | "function" | "pipe" | "punctuation" | "name";

/// A line and a place in it.
class Stream {
  at = 0;
  constructor(private readonly line: string) {}

  /// What stands here, taken; patterns begin with `^`.
  match(pattern: RegExp): string | null {
    const found = pattern.exec(this.line.slice(this.at))?.[0];
    if (!found) return null;
    this.at += found.length;
    return found;
  }

  looksAt(pattern: RegExp): boolean {
    return pattern.test(this.line.slice(this.at));
  }

  next(): void {
    this.at += 1;
  }

  get ended(): boolean {
    return this.at >= this.line.length;
  }
}

export interface Span {
  from: number;
  to: number;
  kind: Kind;
}

/// Longer texts have no colours.
const LETTERS_MAX = 200_000;

/// All of a text that has a colour.
export function spans(text: string): Span[] {
  const found: Span[] = [];
  if (text.length > LETTERS_MAX) return found;
  const state = start();
  let offset = 0;
  for (const line of text.split("\n")) {
    const stream = new Stream(line);
    while (!stream.ended) {
      const from = stream.at;
      const kind = token(stream, state);
      if (kind && kind !== "name" && kind !== "punctuation") found.push({ from: offset + from, to: offset + stream.at, kind });
    }
    offset += line.length + 1;
  }
  return found;
}

interface State {
  /// Within a string of three backticks or tildes: its end.
  within: string | null;
  /// The next word names an operator.
  afterPipe: boolean;
}

const start = (): State => ({ within: null, afterPipe: true });

const KEYWORDS = new Set(
  "and asc between by contains contains_cs contextual_datatable desc endswith endswith_cs false first from has has_all has_any has_cs hasprefix hasprefix_cs hassuffix hassuffix_cs hint in inner innerunique kind last leftanti leftouter leftsemi let like matches of on or regex rightanti rightouter rightsemi set startswith startswith_cs step string true typeof where with long int real bool boolean datetime timespan dynamic guid decimal null fullouter not nulls default".split(" "),
);

const NUMBER = /^(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?:microseconds?|milliseconds?|seconds?|minutes?|hours?|days?|ticks?|ms|[dhms])?)\b/;
const WORD = /^[A-Za-z_$][\w$]*/;
/// The operators whose names have a hyphen: elsewhere it is a minus.
const HYPHENED = /^(?:mv-expand|mv-apply|make-series|project-away|project-keep|project-rename|project-reorder|sample-distinct|top-nested|top-hitters|parse-where|parse-kv|graph-match|graph-to-table|graph-shortest-paths|make-graph)\b/;

function token(stream: Stream, state: State): Kind | null {
  if (state.within) {
    const end = state.within;
    while (!stream.ended) {
      if (stream.match(end === "```" ? /^```/ : /^~~~/)) {
        state.within = null;
        return "string";
      }
      stream.next();
    }
    return "string";
  }
  if (stream.match(/^\s+/)) return null;
  if (stream.match(/^\/\/.*/)) return "comment";
  if (stream.match(/^[hH]?(?:```)/)) {
    state.within = "```";
    return "string";
  }
  if (stream.match(/^[hH]?(?:~~~)/)) {
    state.within = "~~~";
    return "string";
  }
  if (stream.match(/^[hH]?@(?:"(?:[^"]|"")*"?|'(?:[^']|'')*'?)/) || stream.match(/^[hH]?(?:"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?)/)) {
    state.afterPipe = false;
    return "string";
  }
  if (stream.match(NUMBER)) {
    state.afterPipe = false;
    return "number";
  }
  if (stream.match(/^\|/)) {
    state.afterPipe = true;
    return "pipe";
  }
  if (state.afterPipe && stream.match(HYPHENED)) {
    state.afterPipe = false;
    return "operator";
  }
  const text = stream.match(WORD);
  if (text) {
    if (state.afterPipe) {
      state.afterPipe = false;
      return text === "let" || text === "set" ? "keyword" : OPERATORS.has(text) ? "operator" : callOr(stream, "name");
    }
    if (KEYWORDS.has(text)) return "keyword";
    return callOr(stream, "name");
  }
  if (stream.match(/^[=!<>~+\-*/%]+|^\.\./)) return "punctuation";
  if (stream.match(/^;/)) {
    state.afterPipe = true;
    return "punctuation";
  }
  // What begins within brackets may be a query again.
  if (stream.match(/^\(/)) {
    state.afterPipe = true;
    return "punctuation";
  }
  stream.next();
  state.afterPipe = false;
  return "punctuation";
}

function callOr(stream: Stream, otherwise: Kind): Kind {
  return stream.looksAt(/^\s*\(/) ? "function" : otherwise;
}

const OPERATORS = new Set(
  "as consume count datatable distinct evaluate extend externaldata facet find fork getschema invoke join limit lookup mv-expand mv-apply make-series order parse partition print project project-away project-keep project-rename project-reorder range reduce render sample sample-distinct scan search serialize sort summarize take top top-nested top-hitters union where filter mvexpand parse-where parse-kv graph-match make-graph".split(" "),
);
