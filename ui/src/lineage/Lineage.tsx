/// The timeline of a credential's tree. The address holds the span (`from`, `to`), the instant that is asked
/// about (`t`), what is selected (`sel`), the row that has the focus (`row`) and what is folded (`fold`).
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { useAnswer } from "../api";
import { useKeys } from "../keys";
import { Answered, Copy } from "../parts/parts";
import { address, go, replace, usePlace } from "../route";
import { useScope } from "../scope";
import { plural } from "../text";
import { moment, useZone } from "../time";
import type { Lanes } from "../wire.gen";
import { colours } from "./draw";
import { Grid } from "./Grid";
import { Legend } from "./Legend";
import { panned, readArea, type Span, unfolded, writeArea, zoomed } from "./layout";
import { Overview } from "./Overview";
import { Panel } from "./Panel";
import { useLook, useWidth } from "./size";
import "./lineage.css";

/// While one zooms or moves, the server and the address wait until nobody moved for this long.
const SETTLED = 160;

export function LineageScreen({ id }: { id: string }) {
  const { query } = usePlace();
  const number = (name: string) => {
    const text = query.get(name);
    const value = text === null ? Number.NaN : Number(text);
    return Number.isFinite(value) ? value : null;
  };
  const scope = useScope();
  const whole = number("from") === null || number("to") === null;
  const [from, to] = whole && scope.since !== null && scope.until !== null ? [scope.since, scope.until] : [number("from"), number("to")];
  const asOf = number("t");
  const [ref, width] = useWidth<HTMLDivElement>();
  const px = Math.max(200, Math.round(width / 50) * 50);
  const path = ["api", "lineage", id, "lanes"];
  const url = width > 0 ? address(path, { from, to, as_of: asOf, px, all: query.get("all") }) : null;
  const answer = useAnswer<Lanes>(url);
  return (
    <div class="screen lineage" ref={ref}>
      <Answered answer={answer} what="the timeline">
        {(lanes) => <Timeline id={id} lanes={lanes} loading={answer.loading} asked={from !== null && to !== null && from < to ? { from, to } : null} />}
      </Answered>
    </div>
  );
}

function Timeline({ id, lanes, loading, asked }: { id: string; lanes: Lanes; loading: boolean; asked: Span | null }) {
  const { query } = usePlace();
  const [zone] = useZone();
  const look = useLook();
  const natural = { from: lanes.natural_from, to: lanes.natural_to };
  const [span, setSpan] = useState<Span>(asked ?? natural);
  const [asOf, setAsOf] = useState(lanes.as_of);
  const settle = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => setAsOf(lanes.as_of), [lanes.as_of]);
  useEffect(() => () => clearTimeout(settle.current), []);
  // What is put off together: whoever asks about another instant and zooms at once means both.
  const waiting = useRef<Record<string, number | null>>({});
  const later = (changes: Record<string, number | null>) => {
    Object.assign(waiting.current, changes);
    clearTimeout(settle.current);
    settle.current = setTimeout(() => {
      const changes = waiting.current;
      waiting.current = {};
      replace(changes);
    }, SETTLED);
  };
  const show = (next: Span) => {
    setSpan(next);
    const all = Math.abs(next.from - natural.from) < 1 && Math.abs(next.to - natural.to) < 1;
    later({ from: all ? null : Math.round(next.from), to: all ? null : Math.round(next.to) });
  };
  const ask = (at: number | null) => {
    if (at === null) {
      delete waiting.current.t;
      setAsOf(lanes.as_of);
      replace({ t: null });
      return;
    }
    setAsOf(at);
    later({ t: Math.round(at) });
  };
  const folded = useMemo(() => new Set((query.get("fold") ?? "").split(",").filter(Boolean)), [query.get("fold")]);
  const rows = useMemo(() => unfolded(lanes.rows, folded), [lanes.rows, folded]);
  const area = readArea(query.get("sel"), rows);
  const pointer = useRef<number | null>(null);
  const around = () => pointer.current ?? (span.from + span.to) / 2;
  const chooseShown = () => {
    const ids = area?.ids ?? rows.flatMap((row) => row.id ?? []);
    const [first, last] = [ids[0], ids.at(-1)];
    if (first && last) replace({ sel: writeArea(first, last, span.from, span.to) });
  };
  useKeys("Timeline", [
    { keys: "w", does: "zoom in", on: ["w", "+"], run: () => show(zoomed(span, 1 / 1.4, around(), natural)) },
    { keys: "s", does: "zoom out", on: ["s", "-"], run: () => show(zoomed(span, 1.4, around(), natural)) },
    { keys: "a", does: "to earlier", on: ["a"], run: () => show(panned(span, -0.15, natural)) },
    { keys: "d", does: "to later", on: ["d"], run: () => show(panned(span, 0.15, natural)) },
    { keys: "f", does: "show everything", on: ["f", "0"], run: () => show(natural) },
    { keys: "x", does: "select the time that is shown, of the rows that are selected or of all", on: ["x"], run: chooseShown },
    { keys: "z", does: "zoom to the selection", on: ["z"], run: () => area?.from && area.to && show({ from: area.from, to: area.to }) },
    { keys: "t", does: "ask about the instant under the pointer, or the middle", on: ["t"], run: () => ask(around()) },
    { keys: "T", does: "ask about the end of the logs again", on: ["T"], run: () => ask(null) },
    { keys: "[", does: "the instant earlier", on: ["["], run: () => ask(asOf - (span.to - span.from) / 100) },
    { keys: "]", does: "the instant later", on: ["]"], run: () => ask(asOf + (span.to - span.from) / 100) },
    { keys: "c", does: "plan the containment", on: ["c"], run: () => go(address(["contain"], { target: lanes.root })) },
    { keys: "Esc", does: "select nothing", on: ["Escape"], run: () => replace({ sel: null }) },
  ], [
    { keys: "↑ ↓", does: "row by row; Home, End" },
    { keys: "← →", does: "fold and unfold" },
    { keys: "Space", does: "select the row" },
    { keys: "Shift ↑ ↓", does: "select several rows" },
    { keys: "↵", does: "open the credential" },
    { keys: "Ctrl wheel", does: "zoom around the pointer" },
    { keys: "drag", does: "select rows and time" },
  ]);
  const [gridRef, gridWidth] = useWidth<HTMLDivElement>();
  const cells = columns(gridWidth);
  // What does not move is not looked at again in each frame of moving.
  const legend = useMemo(() => <Legend lanes={lanes} look={look} />, [lanes, look]);
  const panel = useMemo(() => <Panel area={area} rows={rows} onClear={() => replace({ sel: null })} />, [query.get("sel"), rows, zone]);
  // The instant stands in the line below.
  const headline = lanes.headline.replace(/ at \d{4}-\d\d-\d\d \d\d:\d\d UTC/, "").replace(/^./, (letter) => letter.toUpperCase());
  const pending = asOf !== lanes.as_of;
  return (
    <>
      <div class="head">
        <div class="grow">
          <h1 class="cut">{headline}</h1>
          <p class="muted cut">
            {lanes.title} · as of <time>{moment(lanes.as_of)}</time>
            {query.get("t") ? (
              <button type="button" class="button plain inline" onClick={() => ask(null)}>
                back to the end of the logs
              </button>
            ) : null}
            <span class={loading || pending ? "busy on" : "busy"} aria-hidden="true">
              …
            </span>
          </p>
        </div>
        <a class="button" href={address(["api", "lineage", id, "timeline.svg"])} download>SVG</a>
        <a class="button" href={address(["api", "lineage", id, "report.html"])} download>Report</a>
        <a class="button" href={address(["api", "lineage", id, "tree.txt"])} download>Text</a>
        <Copy text={location.href} label="Copy link" />
        <a class="button primary" href={address(["contain"], { target: lanes.root })}>Contain</a>
      </div>
      <div class="timeline" ref={gridRef}>
        {gridWidth > 0 ? (
          <>
            <div class="over">
              <span class="muted small" style={{ width: `${cells.tree + cells.calls}px` }}>
                {plural(lanes.rows.length, "row")}{lanes.left_out ? `; ${lanes.left_out}` : ""}
              </span>
              <Overview values={lanes.overview} natural={natural} span={span} width={cells.lanes} look={look} onSpan={show} />
              <span class="zoom" style={{ width: `${cells.state}px` }}>
                <button type="button" class="button plain" aria-label="Zoom in" title="w" onClick={() => show(zoomed(span, 1 / 1.6, (span.from + span.to) / 2, natural))}>+</button>
                <button type="button" class="button plain" aria-label="Zoom out" title="s" onClick={() => show(zoomed(span, 1.6, (span.from + span.to) / 2, natural))}>−</button>
                <button type="button" class="button plain" title="f" onClick={() => show(natural)}>All</button>
              </span>
            </div>
            <Grid
              lanes={lanes}
              rows={rows}
              folded={folded}
              span={span}
              natural={natural}
              cells={cells}
              asOf={asOf}
              area={area}
              focus={query.get("row")}
              colour={useMemo(colours, [look])}
              onSpan={show}
              onAsOf={ask}
              onPointer={(at) => {
                pointer.current = at;
              }}
              onFold={(next) => replace({ fold: [...next].join(",") || null })}
              onFocus={(row) => replace({ row })}
              onSelect={(a, b, start, end) => replace({ sel: writeArea(a, b, start, end), row: a })}
            />
            {legend}
          </>
        ) : null}
      </div>
      {panel}
    </>
  );
}

export interface Cells {
  tree: number;
  calls: number;
  lanes: number;
  state: number;
}

/// The widths of the columns: lanes take what is left, and never less than half a screen.
export function columns(width: number): Cells {
  const tree = Math.round(Math.min(430, Math.max(280, width * 0.27)));
  const state = Math.round(Math.min(340, Math.max(264, width * 0.205)));
  const calls = 84;
  return { tree, calls, state, lanes: Math.max(320, width - tree - state - calls) };
}
