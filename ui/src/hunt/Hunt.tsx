/// Questions in KQL. The query stands in the address; running it writes it there.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Failure, useAnswer } from "../api";
import { useHealth } from "../health";
import { useKeys } from "../keys";
import { useLook } from "../lineage/size";
import { Answered, Dialog } from "../parts/parts";
import { address, go, replace, scopeOf, usePlace } from "../route";
import { count, plural } from "../text";
import type { ColumnInfo, KqlDiagnostic, QueryDone, TableInfo } from "../wire.gen";
import { categories, rendered } from "./categories";
import { Bars, Chart, series } from "./Chart";
import { createEditor, type Editor } from "./editor";
import { append, type Cell, csv, jsonl, rule, text, timesketch } from "./filters";
import { ResultGrid } from "./Grid";
import { keep, kept, forget, note, noted } from "./kept";
import { save } from "../parts/files";
import { runQuery } from "./stream";
import "./hunt.css";

/// Rows that a run asks for at most; the server says when there were more.
const LIMIT = 100_000;

const FIRST = `CredentialEvents
| summarize Calls = count(), Failed = countif(isnotempty(ErrorCode)) by RootId, EventName
| sort by Calls desc`;

/// What to ask first, for whoever does not know the tables yet.
const BEGINNINGS: [string, string][] = [
  ["Which roots minted most", "Credential\n| summarize Credentials = count(), Calls = sum(EventCount), LastUsed = max(LastUsed) by RootId\n| sort by Credentials desc"],
  ["What failed, for whom", "CloudTrail\n| where isnotempty(ErrorCode)\n| summarize Calls = count() by ErrorCode, UserIdentityArn\n| sort by Calls desc"],
  ["Calls over time, by service", "CloudTrail\n| summarize Calls = count() by bin(TimeGenerated, 10m), EventSource\n| sort by TimeGenerated asc"],
  ["Which addresses are at work", "CloudTrail\n| summarize Calls = count(), Keys = dcount(UserIdentityAccessKeyId) by SourceIpAddress\n| top 15 by Calls\n| render barchart"],
  ["What was changed in IAM", "CloudTrail\n| where EventSource == \"iam.amazonaws.com\" and not(ReadOnly)\n| project TimeGenerated, EventName, UserIdentityArn, SourceIpAddress, ErrorCode\n| sort by TimeGenerated desc"],
];

interface Result {
  columns: ColumnInfo[];
  rows: Cell[][];
  done: QueryDone | null;
  errors: Partial<KqlDiagnostic>[];
  failed: string | null;
  running: boolean;
  stopped: boolean;
  limit: number;
  query: string;
}

const NOTHING: Result = { columns: [], rows: [], done: null, errors: [], failed: null, running: false, stopped: false, limit: LIMIT, query: "" };

export function HuntScreen() {
  const { query } = usePlace();
  const health = useHealth();
  const asked = query.get("q");
  const holder = useRef<HTMLDivElement>(null);
  const editor = useRef<Editor | null>(null);
  const running = useRef<AbortController | null>(null);
  const [result, setResult] = useState<Result>(NOTHING);
  const [version, setVersion] = useState(0);
  const [problems, setProblems] = useState<KqlDiagnostic[]>([]);
  const [opened, setOpened] = useState<number | null>(null);
  const [chart, setChart] = useState(true);
  const look = useLook();

  const run = (limit: number | null) => {
    const whole = editor.current?.text() ?? "";
    const text = editor.current?.chosen() ?? "";
    if (!text.trim()) return;
    running.current?.abort();
    const stop = new AbortController();
    running.current = stop;
    replace({ q: whole });
    note(whole);
    const rows: Cell[][] = [];
    let scheduled = false;
    const state: Result = { ...NOTHING, rows, running: true, limit: limit ?? LIMIT, query: text };
    setResult({ ...state });
    // Rows may come faster than they can be drawn: once a frame is enough.
    const show = () => {
      if (scheduled) return;
      scheduled = true;
      requestAnimationFrame(() => {
        scheduled = false;
        if (running.current !== stop) return;
        setResult({ ...state });
        setVersion((n) => n + 1);
      });
    };
    const end = () => {
      state.running = false;
      show();
    };
    runQuery(text, state.limit, scopeOf(new URLSearchParams(location.search)), stop.signal, {
      columns: (columns) => {
        state.columns = columns;
        show();
      },
      rows: (more) => {
        for (const row of more) rows.push(row);
        show();
      },
      done: (done) => {
        state.done = done;
      },
      errors: (errors) => {
        state.errors = errors;
      },
    }).then(end, (error: unknown) => {
      if (stop.signal.aborted) state.stopped = true;
      else state.failed = error instanceof Failure ? [error.message, error.hint].filter(Boolean).join(" ") : "The answer broke off.";
      end();
    });
  };
  const cancel = () => running.current?.abort();
  const runner = useRef(run);
  runner.current = run;

  useEffect(() => {
    if (!holder.current) return;
    const made = createEditor(holder.current, asked ?? FIRST, {
      onChange: () => undefined,
      onRun: (limit) => runner.current(limit),
      onChecked: setProblems,
    });
    editor.current = made;
    made.view.focus();
    return () => {
      running.current?.abort();
      made.close();
    };
  }, []);
  // What stands below is of the time that the header names: another time asks again.
  const scope = scopeOf(query);
  useEffect(() => {
    if (running.current) runner.current(result.limit);
  }, [scope.since, scope.until]);
  // An address with a query shows its rows, as soon as there are any to be had.
  const ready = health?.phase === "ready";
  useEffect(() => {
    if (ready && asked) runner.current(null);
  }, [ready]);
  useEffect(() => {
    const made = editor.current;
    if (made && asked !== null && asked !== made.text() && !running.current) made.setText(asked);
  }, [asked]);

  useKeys("Hunt", [
    { keys: "e", does: "to the editor", on: ["e"], run: () => editor.current?.view.focus() },
    { keys: "Esc", does: "cancel the query", on: ["Escape"], run: cancel },
  ], [
    { keys: "Shift ↵", does: "run" },
    { keys: "Alt Shift ↵", does: "the first 50 rows" },
    { keys: "Alt Shift F", does: "format" },
    { keys: "Alt F8", does: "next problem" },
    { keys: "Ctrl Space", does: "complete" },
    { keys: "Ctrl Shift Space", does: "the cell into the query, as a filter" },
    { keys: "↵", does: "the whole row" },
    { keys: "Esc", does: "leave the editor" },
  ]);
  const kind = rendered(result.query);
  const named = useMemo(() => (result.rows.length && !result.running ? categories(kind, result.columns, result.rows) : null), [result.columns, result.rows, result.running]);
  const plotted = useMemo(() => (result.rows.length && !result.running && !named && kind !== "table" ? series(result.columns, result.rows) : null), [result.columns, result.rows, result.running, named]);
  const withFilter = (step: string) => {
    const made = editor.current;
    if (!made) return;
    made.setText(append(made.text(), step));
    run(null);
  };
  const sketch = result.columns.some((column) => column.type === "datetime");
  return (
    <div class="hunt">
      <Side onText={(text) => { editor.current?.setText(text); editor.current?.view.focus(); }} onInsert={(word) => { const view = editor.current?.view; if (view) { view.dispatch(view.state.replaceSelection(word)); view.focus(); } }} current={() => editor.current?.text() ?? ""} />
      <div class="work">
        <div class="tools">
          <h1 class="unseen">Hunt</h1>
          {result.running ? (
            <button type="button" class="button" onClick={cancel}>Cancel</button>
          ) : (
            <button type="button" class="button primary" onClick={() => run(null)} title="Shift+Enter">Run</button>
          )}
          <button type="button" class="button" onClick={() => run(50)} title="Alt+Shift+Enter">Preview 50</button>
          <button type="button" class="button" onClick={() => editor.current?.format()} title="Alt+Shift+F">Format</button>
          <button type="button" class="button" title="A rule in Sentinel's YAML with this query, to be filled in" onClick={() => save("rule.yaml", "application/yaml", rule("New rule", editor.current?.text() ?? "", uuid()))}>Save as rule</button>
          <span class="push" />
          <Problems problems={problems} onGo={(one) => editor.current?.goTo(one.start, one.length)} />
        </div>
        <div class="editor" ref={holder} />
        <Outcome result={result} onGo={(start, length) => editor.current?.goTo(start, length)} onText={(text) => { editor.current?.setText(text); run(null); }} />
        {chart && named ? <Bars data={named} /> : null}
        {chart && plotted ? <Chart data={plotted} bars={kind === null || !/^(time|line|area)chart$/.test(kind)} look={look} /> : null}
        {result.columns.length ? <ResultGrid columns={result.columns} rows={result.rows} version={version} onFilter={withFilter} onOpen={setOpened} /> : <div class="result-grid empty" />}
        <div class="stats" role="status">
          {result.running ? <span>{plural(result.rows.length, "row")} …</span> : null}
          {result.done ? <span>{plural(result.done.rows, "row")} · {result.done.seconds.toFixed(2)} s{result.done.truncated ? ` · cut at ${count(result.limit)} rows: there are more` : ""}</span> : null}
          {result.stopped ? <span>cancelled after {plural(result.rows.length, "row")}</span> : null}
          <span class="push" />
          {plotted || named ? <button type="button" class="button plain" aria-pressed={chart} onClick={() => setChart(!chart)}>Chart</button> : null}
          {result.rows.length ? <><button type="button" class="button plain" onClick={() => save("rows.csv", "text/csv", csv(result.columns, result.rows))}>CSV</button><button type="button" class="button plain" onClick={() => save("rows.jsonl", "application/x-ndjson", jsonl(result.columns, result.rows))}>JSON</button>{sketch ? <button type="button" class="button plain" title="Events for Timesketch, a JSON document a line" onClick={() => save("timesketch.jsonl", "application/x-ndjson", timesketch(result.columns, result.rows) ?? "")}>Timesketch</button> : null}</> : null}
        </div>
      </div>
      {opened !== null ? <RowDialog columns={result.columns} row={result.rows[opened]} label={`Row ${count(opened + 1)} of ${count(result.rows.length)}`} onClose={() => setOpened(null)} /> : null}
    </div>
  );
}

/// By hand: the browser's own is there only on loopback and over TLS.
function uuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function Problems({ problems, onGo }: { problems: KqlDiagnostic[]; onGo: (one: KqlDiagnostic) => void }) {
  const first = problems.find((one) => one.severity !== "warning") ?? problems[0];
  if (!first) return <span class="muted small">no problem found</span>;
  return (
    <button type="button" class={`button plain problem ${first.severity}`} onClick={() => onGo(first)} title={[first.message, first.help].filter(Boolean).join("\n")}>
      {problems.length > 1 ? `${problems.length} problems · ` : ""}
      {first.code} line {first.line}: <span class="cut">{first.message}</span>
    </button>
  );
}

function Outcome({ result, onGo, onText }: { result: Result; onGo: (start: number, length: number) => void; onText: (text: string) => void }) {
  if (result.failed) return <div class="outcome-bad" role="alert">{result.failed}</div>;
  if (result.errors.length) {
    return (
      <ul class="outcome-bad" role="alert">
        {result.errors.slice(0, 8).map((one, at) => (
          <li key={at}>
            <button type="button" class="button plain" onClick={() => onGo(one.start ?? 0, one.length ?? 1)}>
              {one.code}{one.line ? ` line ${one.line}` : ""}
            </button>{" "}
            {one.message} {one.help ? <div class="muted">{one.help}</div> : null}
          </li>
        ))}
      </ul>
    );
  }
  if (result.done && result.rows.length === 0) return <div class="outcome-none muted">No row. Widen a filter, or look at a table with <code>| take 10</code>.</div>;
  if (!result.done && !result.running && !result.stopped) {
    return (
      <div class="outcome-none muted">
        <p>Ask the logs, and the credentials that came of them, in KQL: run what stands above with <kbd>Shift ↵</kbd>, or begin with one of these. In the rows, a right click or <kbd>Ctrl Shift Space</kbd> makes a filter of a cell.</p>
        <ul class="beginnings">
          {BEGINNINGS.map(([words, query]) => <li key={words}><button type="button" class="button" title={query} onClick={() => onText(query)}>{words}</button></li>)}
        </ul>
      </div>
    );
  }
  return null;
}

function RowDialog({ columns, row, label, onClose }: { columns: ColumnInfo[]; row: Cell[] | undefined; label: string; onClose: () => void }) {
  if (!row) return null;
  return (
    <Dialog onClose={onClose} label={label} wide headed>
      <dl class="whole">
        {columns.map((column, at) => {
          const value = row[at] ?? null;
          return value === null || value === "" ? null : (
            <div key={column.name}>
              <dt>{column.name}</dt>
              <dd class="mono pre">{pretty(value)}</dd>
            </div>
          );
        })}
      </dl>
    </Dialog>
  );
}

/// JSON is set out in lines; anything else stays as it is.
function pretty(value: Cell): string {
  const whole = text(value);
  if (!/^[[{]/.test(whole)) return whole;
  try {
    return JSON.stringify(JSON.parse(whole), null, 2);
  } catch {
    return whole;
  }
}

function Side({ onText, onInsert, current }: { onText: (text: string) => void; onInsert: (word: string) => void; current: () => string }) {
  const answer = useAnswer<TableInfo[]>("/api/tables");
  const [open, setOpen] = useState<string | null>(null);
  const [all, setAll] = useState(false);
  const [, again] = useState(0);
  const [name, setName] = useState("");
  return (
    <aside class="side" aria-label="Tables and queries">
      <h2 class="of-tables">Tables <span>columns</span></h2>
      <Answered answer={answer} what="tables">
        {(tables) => (
          <ul>
            {tables.filter((table) => all || !table.empty).map((table) => (
              <li key={table.name}>
                <button type="button" class="name" aria-expanded={open === table.name} onClick={() => setOpen(open === table.name ? null : table.name)}>
                  <span class="twist" aria-hidden="true">{open === table.name ? "▾" : "▸"}</span>
                  <span class={table.empty ? "cut muted" : "cut"}>{table.name}</span>
                  <span class="muted small">{table.columns.length}</span>
                </button>
                {open === table.name ? (
                  <ul class="fields">
                    <li><button type="button" class="name" onClick={() => onText(`${table.name}\n| take 50`)}><span class="cut">look at 50 rows</span></button></li>
                    {table.columns.map((column) => (
                      <li key={column.name}>
                        <button type="button" class="name" title={`Insert ${column.name}`} onClick={() => onInsert(column.name)}>
                          <span class="cut">{column.name}</span> <span class="muted small">{column.type}</span>
                        </button>
                      </li>
                    ))}
                  </ul>
                ) : null}
              </li>
            ))}
            <li><button type="button" class="name muted" onClick={() => setAll(!all)}>{all ? "only those with rows" : `${tables.filter((table) => table.empty).length} without rows`}</button></li>
          </ul>
        )}
      </Answered>
      <h2>Saved</h2>
      <form onSubmit={(event) => { event.preventDefault(); if (name.trim()) { keep(name.trim(), current()); setName(""); again((n) => n + 1); } }}>
        <input class="field" placeholder="Save this as …" aria-label="Name of the saved query" value={name} onInput={(event) => setName(event.currentTarget.value)} />
      </form>
      <ul>
        {kept().map((one) => (
          <li key={one.name} class="saved">
            <button type="button" class="name" title={one.query} onClick={() => onText(one.query)}><span class="cut">{one.name}</span></button>
            <button type="button" class="button plain" aria-label={`Forget ${one.name}`} onClick={() => { forget(one.name); again((n) => n + 1); }}>×</button>
          </li>
        ))}
      </ul>
      <h2>History</h2>
      {noted().length ? null : <p class="muted small">What you run stands here, in this browser alone.</p>}
      <ul>
        {noted().slice(0, 12).map((query) => (
          <li key={query}><button type="button" class="name mono" title={query} onClick={() => onText(query)}><span class="cut">{query.replace(/\s+/g, " ")}</span></button></li>
        ))}
      </ul>
      <h2>More queries</h2>
      <button type="button" class="name" onClick={() => go(address(["rules"]))}><span class="cut">those of the rules</span></button>
    </aside>
  );
}
