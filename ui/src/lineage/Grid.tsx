/// Tree and lanes. Rows that are seen are elements of a treegrid; everything that has a place in time is drawn on
/// one canvas behind them.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { address, go } from "../route";
import { short } from "../text";
import { clock, day, exact, lasting, startOfDay, timed, useZone } from "../time";
import type { Lanes, LaneRow } from "../wire.gen";
import { type Colours, drawLanes, prepare } from "./draw";
import type { Cells } from "./Lineage";
import { type Area, above, guides, INDENT, kin, panned, ROW, type Span, seen, ticks, time, x, zoomed } from "./layout";
import { useDrag } from "./pointer";

interface Props {
  lanes: Lanes;
  rows: LaneRow[];
  folded: ReadonlySet<string>;
  span: Span;
  natural: Span;
  cells: Cells;
  asOf: number;
  area: Area | null;
  focus: string | null;
  colour: Colours;
  onSpan: (span: Span) => void;
  onAsOf: (at: number) => void;
  onPointer: (at: number | null) => void;
  onFold: (folded: Set<string>) => void;
  onFocus: (id: string | null) => void;
  onSelect: (first: string, last: string, from: number | null, to: number | null) => void;
}

interface Selecting {
  first: number;
  last: number;
  from: number;
  to: number;
}

/// Pixels around a mark that are it.
const NEAR = 7;

export function Grid(props: Props) {
  const { lanes, rows, folded, span, natural, cells, asOf, area, colour } = props;
  const [zone] = useZone();
  const scroller = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  // The row that the focus is on its way to.
  const coming = useRef<number | null>(null);
  // The row from which keys choose several.
  const anchor = useRef<number | null>(null);
  const [isFocused, setFocused] = useState(false);
  const [view, setView] = useState({ top: 0, height: 0 });
  const [hovered, setHovered] = useState(-1);
  const [tip, setTip] = useState<{ left: number; top: number; lines: string[] } | null>(null);
  const [selecting, setSelecting] = useState<Selecting | null>(null);
  const axis = { ...span, width: cells.lanes };
  const marks = ticks(axis, zone === "utc");
  const lanesLeft = cells.tree + cells.calls;
  const focused = Math.max(0, rows.findIndex((row) => row.id !== null && row.id === props.focus));

  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const measure = () => setView({ top: element.scrollTop, height: element.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const one = hovered >= 0 ? rows[hovered] : isFocused ? rows[focused] : undefined;
  const relatives = one ? kin(rows, one) : null;
  const chosen = new Set<number>();
  if (area) rows.forEach((row, at) => row.id !== null && area.ids.includes(row.id) && chosen.add(at));
  const places = [...chosen];
  const drawn = selecting ?? (area && places.length ? { first: places[0] ?? 0, last: places.at(-1) ?? 0, from: area.from, to: area.to } : null);

  useLayoutEffect(() => {
    const context = canvas.current && view.height > 0 ? prepare(canvas.current, cells.lanes, view.height) : null;
    if (!context) return;
    const related = new Set<number>();
    if (relatives) rows.forEach((row, at) => relatives.has(row) && related.add(at));
    drawLanes(context, { rows, axis, ticks: marks, scrollTop: view.top, height: view.height, asOf, hovered, chosen: selecting ? new Set() : chosen, kin: related, area: drawn, accounts: lanes.accounts.length }, colour);
  });

  // Zooming with the wheel must stop the page from doing it, which only a listener that is not passive can.
  const now = useRef({ span, cells });
  now.current = { span, cells };
  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const wheel = (event: WheelEvent) => {
      const { span, cells } = now.current;
      const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        const at = event.clientX - element.getBoundingClientRect().left - lanesLeft;
        props.onSpan(zoomed(span, Math.exp(Math.max(-60, Math.min(60, event.deltaY)) / 200), time({ ...span, width: cells.lanes }, at), natural));
      } else if (Math.abs(sideways) > Math.abs(event.shiftKey ? 0 : event.deltaY)) {
        event.preventDefault();
        props.onSpan(panned(span, sideways / cells.lanes, natural));
      }
    };
    element.addEventListener("wheel", wheel, { passive: false });
    return () => element.removeEventListener("wheel", wheel);
  });

  const rowAt = (clientY: number) => {
    const element = scroller.current;
    if (!element) return -1;
    const at = Math.floor((clientY - element.getBoundingClientRect().top + element.scrollTop) / ROW);
    return at >= 0 && at < rows.length ? at : -1;
  };
  const laneX = (clientX: number) => clientX - (scroller.current?.getBoundingClientRect().left ?? 0) - lanesLeft;

  const hover = (event: PointerEvent) => {
    const at = rowAt(event.clientY);
    const px = laneX(event.clientX);
    setHovered(at);
    const inside = px >= 0 && px <= cells.lanes;
    props.onPointer(inside ? time(axis, px) : null);
    const row = rows[at];
    setTip(inside && row && !selecting ? { left: event.clientX, top: event.clientY, lines: describe(row, px, axis) } : null);
  };
  const leave = () => {
    setHovered(-1);
    setTip(null);
    props.onPointer(null);
  };
  const press = (event: PointerEvent) => {
    const px = laneX(event.clientX);
    const first = rowAt(event.clientY);
    const row = rows[first];
    if (event.button !== 0 || px < 0 || px > cells.lanes || !row) return;
    const limit = (value: number) => Math.max(0, Math.min(cells.lanes, value));
    let area: Selecting | null = null;
    const move = (next: PointerEvent) => {
      const end = limit(laneX(next.clientX));
      if (Math.abs(end - px) < 4 && !area) return;
      const under = rowAt(next.clientY);
      area = { first, last: under < 0 ? first : under, from: time(axis, Math.min(px, end)), to: time(axis, Math.max(px, end)) };
      setSelecting(area);
      setTip(null);
    };
    const end = () => {
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", end);
      setSelecting(null);
      if (!area) {
        if (row.id) props.onSelect(row.id, row.id, null, null);
        return;
      }
      const low = named(rows, Math.min(area.first, area.last), 1);
      const high = named(rows, Math.max(area.first, area.last), -1);
      if (low && high) props.onSelect(low, high, area.from, area.to);
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", end);
  };

  const focusRow = (at: number) => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, at))];
    const element = scroller.current;
    if (!row || !element) return;
    const place = rows.indexOf(row);
    if (place * ROW < element.scrollTop) element.scrollTop = place * ROW;
    else if ((place + 1) * ROW > element.scrollTop + element.clientHeight) element.scrollTop = (place + 1) * ROW - element.clientHeight;
    setView({ top: element.scrollTop, height: element.clientHeight });
    props.onFocus(row.id);
    coming.current = place;
    setTimeout(() => {
      if (coming.current !== place) return;
      coming.current = null;
      element.querySelector<HTMLElement>(`[data-row="${place}"]`)?.focus({ preventScroll: true });
    });
  };
  const key = (event: KeyboardEvent, from: number) => {
    // A key that is held down comes again before the row that it goes to is drawn.
    const at = coming.current ?? from;
    const row = rows[at];
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.shiftKey && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      anchor.current ??= at;
      const to = Math.max(0, Math.min(rows.length - 1, at + (event.key === "ArrowDown" ? 1 : -1)));
      const low = named(rows, Math.min(anchor.current, to), 1);
      const high = named(rows, Math.max(anchor.current, to), -1);
      if (low && high) props.onSelect(low, high, area?.from ?? null, area?.to ?? null);
      focusRow(to);
      event.preventDefault();
      return;
    }
    if (event.key !== "Shift") anchor.current = null;
    const isFolded = row.id !== null && folded.has(row.id);
    const fold = (on: boolean) => {
      if (row.id === null) return;
      const next = new Set(folded);
      if (on) next.add(row.id);
      else next.delete(row.id);
      props.onFold(next);
    };
    switch (event.key) {
      case "ArrowDown": focusRow(at + 1); break;
      case "ArrowUp": focusRow(at - 1); break;
      case "Home": focusRow(0); break;
      case "End": focusRow(rows.length - 1); break;
      case "PageDown": focusRow(at + Math.floor(view.height / ROW)); break;
      case "PageUp": focusRow(at - Math.floor(view.height / ROW)); break;
      case "ArrowRight":
        if (row.has_branches && isFolded) fold(false);
        else if (row.has_branches) focusRow(at + 1);
        break;
      case "ArrowLeft":
        if (row.has_branches && !isFolded) fold(true);
        else focusRow(Math.max(0, above(rows, at)));
        break;
      case " ":
        if (row.id) props.onSelect(row.id, row.id, null, null);
        break;
      case "Enter":
        if (row.id) go(address(["credentials", row.id]));
        break;
      default: return;
    }
    event.preventDefault();
  };

  const [first, end] = seen(view.top, view.height, rows.length);
  const template = `${cells.tree}px ${cells.calls}px ${cells.lanes}px ${cells.state}px`;
  const nowX = x(axis, asOf);
  const drag = useDrag((_start, point) => props.onAsOf(time(axis, Math.max(0, Math.min(cells.lanes, point.x)))));
  return (
    <div class="lanes">
      <div class="axis-row" style={{ gridTemplateColumns: template }}>
        <span class="muted small">credential</span>
        <span class="muted small number" title="calls, and in brackets how many of them failed">calls (failed)</span>
        <div class="axis">
          {marks.filter((tick) => tick.x >= 16 && tick.x <= cells.lanes - 16).map((tick) => (
            <span key={tick.at} class={isDay(tick.at) ? "tick day" : "tick"} style={{ left: `${tick.x}px` }}>
              {isDay(tick.at) ? day(tick.at) : clock(tick.at, span.to - span.from < 600_000)}
            </span>
          ))}
          {nowX >= 0 && nowX <= cells.lanes ? (
            <div
              class="now"
              role="slider"
              tabIndex={0}
              aria-label="The instant that is asked about"
              aria-valuemin={natural.from}
              aria-valuemax={natural.to}
              aria-valuenow={Math.round(asOf)}
              aria-valuetext={exact(asOf)}
              style={{ left: `${nowX}px` }}
              title={`as of ${exact(asOf)}; drag to ask about another instant`}
              onPointerDown={(event) => drag(event, null, null)}
              onKeyDown={(event) => {
                const by = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0;
                if (!by) return;
                event.preventDefault();
                props.onAsOf(asOf + (by * (span.to - span.from)) / 100);
              }}
            />
          ) : null}
        </div>
        <span class="muted small state-cell">as of {clock(asOf)}</span>
      </div>
      <div
        class="rows"
        ref={scroller}
        role="treegrid"
        aria-label={lanes.title}
        aria-rowcount={rows.length}
        onScroll={(event) => setView({ top: event.currentTarget.scrollTop, height: event.currentTarget.clientHeight })}
        onPointerMove={hover}
        onPointerLeave={leave}
        onPointerDown={press}
      >
        <div class="sheet" role="presentation" style={{ height: `${rows.length * ROW}px` }}>
          <canvas ref={canvas} style={{ marginLeft: `${lanesLeft}px` }} aria-hidden="true" />
          {rows.slice(first, end).map((row, index) => {
            const at = first + index;
            const common = relatives?.get(row);
            const isFolded = row.id !== null && folded.has(row.id);
            return (
              <div
                key={row.id ?? `folded-${at}`}
                class={`row${at === hovered ? " hovered" : ""}${chosen.has(at) ? " chosen" : ""}${common ? " kin" : ""}`}
                role="row"
                aria-level={row.level + 1}
                aria-rowindex={at + 1}
                aria-selected={chosen.has(at)}
                aria-expanded={row.has_branches ? !isFolded : undefined}
                data-row={at}
                tabIndex={at === focused ? 0 : -1}
                style={{ top: `${at * ROW}px`, gridTemplateColumns: template }}
                onKeyDown={(event) => key(event, at)}
                onFocus={(event) => setFocused(event.currentTarget.matches(":focus-visible"))}
                onBlur={() => setFocused(false)}
              >
                <div class="tree" role="gridcell" onClick={() => row.id && props.onSelect(row.id, row.id, null, null)}>
                  {guides(row).map((guide, column) => (
                    <span key={column} class={`guide ${guide}`} style={{ width: `${INDENT}px` }} aria-hidden="true" />
                  ))}
                  {row.has_branches ? (
                    <button
                      type="button"
                      class="twist"
                      tabIndex={-1}
                      aria-label={isFolded ? "Unfold" : "Fold"}
                      onClick={(event) => {
                        event.stopPropagation();
                        const next = new Set(folded);
                        if (row.id === null) return;
                        if (isFolded) next.delete(row.id);
                        else next.add(row.id);
                        props.onFold(next);
                      }}
                    >
                      {isFolded ? "▸" : "▾"}
                    </button>
                  ) : (
                    <span class="twist" aria-hidden="true" />
                  )}
                  {row.id ? (
                    <a class={row.works ? "key" : "key ended"} href={address(["credentials", row.id])} title={row.key ?? row.name} tabIndex={-1} onClick={(event) => event.stopPropagation()}>
                      {row.name}
                    </a>
                  ) : null}
                  <span class="what cut" title={row.what}>{row.what}</span>
                  {common ? <span class="common small muted cut">same {common.join(", ")}</span> : null}
                </div>
                <div class="number calls" role="gridcell">
                  {short(row.calls)}
                  {row.errors ? <span class="alarm" title={`${row.errors} failed`}>({short(row.errors)})</span> : null}
                </div>
                <div role="gridcell" class="lane" aria-label={spoken(row)} />
                <div class="state-cell cut" role="gridcell" title={[timed(row.state), ...row.alarms].join(" · ")}>
                  {row.usable ? <span class={row.works ? "dot full" : "dot"} aria-hidden="true" /> : null}
                  <span class={row.works ? "works" : "muted"}>{timed(row.state)}</span>
                  {row.alarms.some(isRemark) ? <span class="alarm small cut">{row.alarms.filter(isRemark).map(brief).join(" · ")}</span> : null}
                </div>
              </div>
            );
          })}
        </div>
      </div>
      {tip ? (
        <div class="tip" role="presentation" style={{ left: `${Math.min(tip.left + 14, innerWidth - 300)}px`, top: `${tip.top + 18}px` }}>
          {tip.lines.map((line, at) => (
            <div key={at}>{line}</div>
          ))}
        </div>
      ) : null}
    </div>
  );
}

/// Alerts are marks on the lane; the words beside it are for what no mark says.
function isRemark(alarm: string): boolean {
  return !/^\d+ alerts?$/.test(alarm);
}

/// The state stands before it: `still valid until 23:10`, `parent is off`.
function brief(alarm: string): string {
  return alarm.replace(/^works although (its )?/, "");
}

function isDay(at: number): boolean {
  return startOfDay(at) === at;
}

/// The nearest row with a credential, from a place on.
function named(rows: LaneRow[], from: number, step: 1 | -1): string | null {
  for (let at = from; at >= 0 && at < rows.length; at += step) {
    const id = rows[at]?.id;
    if (id) return id;
  }
  return null;
}

const MARKS = {
  alert: ["alert", "alerts"],
  mints: ["mints a credential", "credentials minted"],
  off: ["switched off or revoked", "times switched off or revoked"],
  on: ["switched on again", "times switched on"],
  "used-after-revocation": ["used after it was revoked", "uses after it was revoked"],
} as const;

/// What stands at a place of a lane.
function describe(row: LaneRow, px: number, axis: { from: number; to: number; width: number }): string[] {
  const at = time(axis, px);
  const lines = [exact(at)];
  for (const mark of row.marks) {
    if (Math.abs(x(axis, mark.at) - px) > NEAR) continue;
    const [single, several] = MARKS[mark.kind];
    lines.push(mark.number > 1 ? `${mark.number} ${several}` : `${single}, ${clock(mark.at, true)}`);
  }
  const bar = row.bars.find((one) => at >= one.from && at <= one.to);
  if (bar) {
    const valid = bar.holds === "outliving" ? "valid although something above it is off" : bar.known === "at-most" ? "valid at the most" : "valid";
    lines.push(`${valid}, ${lasting(bar.to - at)} to its end`);
  } else {
    lines.push("not valid");
  }
  const use = row.uses.find(([from, length]) => px >= x(axis, from) - 2 && px <= Math.max(x(axis, from + length), x(axis, from) + 2.5) + 2);
  if (use) lines.push(use[3] > 0 ? "used; some calls failed" : "used");
  return lines;
}

/// A lane in words, for who does not see it.
function spoken(row: LaneRow): string {
  const first = row.bars[0];
  const last = row.bars.at(-1);
  const parts = first && last ? [`valid ${exact(first.from)} to ${exact(last.to)}`] : [];
  if (row.bars.some((bar) => bar.holds === "outliving")) parts.push("outlives what it came from");
  for (const mark of row.marks) parts.push(`${mark.number} ${MARKS[mark.kind][mark.number > 1 ? 1 : 0]} at ${exact(mark.at)}`);
  return parts.join("; ");
}
