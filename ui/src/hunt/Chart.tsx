/// Rows as a picture. Over time: the numbers of a column where the query made some, else how many rows there are; one line
/// for each value of a column with few of them. By name, where the query ends with `render` of bars or a pie: bars on one
/// scale, with the share of each, which is what a pie would say worse.
import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { count, visible } from "../text";
import { clock, day, startOfDay, useZone } from "../time";
import type { ColumnInfo } from "../wire.gen";
import { type Categories, isNumber } from "./categories";
import type { Cell } from "./filters";

const HEIGHT = 130;
const LINES_MAX = 6;
const BINS = 120;
/// How each line is dashed, so that they are told apart without colour.
const DASHES: number[][] = [[], [7, 3], [2, 2], [9, 3, 2, 3], [14, 4], [1, 4]];

export interface Series {
  times: number[];
  lines: { name: string; values: (number | null)[] }[];
}

export function Bars({ data }: { data: Categories }) {
  const most = Math.max(0, ...data.bars.map((one) => one.value));
  return (
    <figure class="chart bars" aria-label={`${data.value} by ${data.name}`}>
      <ul>
        {data.bars.map((one) => (
          <li key={one.name}>
            <span class="cut" title={one.name}>{one.name || "(empty)"}</span>
            <span class="track" aria-hidden="true"><span class="fill" style={{ width: `${most > 0 ? Math.max(0, (one.value / most) * 100) : 0}%` }} /></span>
            <span class="number">{Number.isInteger(one.value) ? count(one.value) : one.value.toPrecision(4)}{data.sum > 0 ? <span class="muted small"> {((one.value / data.sum) * 100).toFixed(1)} %</span> : null}</span>
          </li>
        ))}
      </ul>
      {data.more ? <p class="muted small">and {data.more} more in the rows</p> : null}
    </figure>
  );
}

/// What can be drawn of rows; null where no column is a time.
export function series(columns: ColumnInfo[], rows: Cell[][]): Series | null {
  const time = columns.findIndex((column) => column.type === "datetime");
  if (time < 0 || rows.length < 2) return null;
  const value = columns.findIndex(isNumber);
  const at = rows.map((row) => Date.parse(String(row[time])) / 1000);
  if (value < 0 || columns.length > 6) return counted(at);
  const by = columns.findIndex((column, index) => index !== time && column.type === "string");
  const sums = new Map<string, Map<number, number>>();
  rows.forEach((row, index) => {
    const when = at[index];
    const number = Number(row[value]);
    if (when === undefined || !Number.isFinite(when) || !Number.isFinite(number)) return;
    const name = by < 0 ? (columns[value]?.name ?? "") : String(row[by] ?? "");
    const line = sums.get(name) ?? new Map<number, number>();
    sums.set(name, line);
    line.set(when, (line.get(when) ?? 0) + number);
  });
  const total = (line: Map<number, number>) => [...line.values()].reduce((sum, one) => sum + one, 0);
  const largest = [...sums.entries()].sort((a, b) => total(b[1]) - total(a[1])).slice(0, LINES_MAX);
  const times = [...new Set(largest.flatMap(([, line]) => [...line.keys()]))].sort((a, b) => a - b);
  if (times.length < 2) return null;
  return { times, lines: largest.map(([name, line]) => ({ name, values: times.map((when) => line.get(when) ?? 0) })) };
}

function counted(at: number[]): Series | null {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const when of at) {
    if (!Number.isFinite(when)) continue;
    low = Math.min(low, when);
    high = Math.max(high, when);
  }
  if (!(high > low)) return null;
  const step = (high - low) / BINS;
  const values = new Array<number>(BINS).fill(0);
  for (const when of at) {
    if (!Number.isFinite(when)) continue;
    const bin = Math.min(BINS - 1, Math.floor((when - low) / step));
    values[bin] = (values[bin] ?? 0) + 1;
  }
  return { times: values.map((_, bin) => low + bin * step), lines: [{ name: "rows", values }] };
}

export function Chart({ data, bars, look }: { data: Series; bars: boolean; look: number }) {
  const parent = useRef<HTMLDivElement>(null);
  const drawn = useRef<uPlot | null>(null);
  const [hidden, setHidden] = useState<number[]>([]);
  const [zone] = useZone();
  useEffect(() => {
    const element = parent.current;
    if (!element) return;
    const style = getComputedStyle(document.documentElement);
    const of = (name: string) => style.getPropertyValue(`--${name}`).trim();
    const [start = 0, next = 0] = data.times;
    const paint = data.lines.length === 1 && bars ? uPlot.paths.bars?.({ size: [0.7, 24], align: 1 }) : undefined;
    const axis = { stroke: of("muted"), grid: { stroke: of("line"), width: 1 }, ticks: { show: false }, font: `11px ${getComputedStyle(document.body).fontFamily}` };
    const plot = new uPlot(
      {
        width: element.clientWidth,
        height: HEIGHT,
        cursor: { points: { size: 5 } },
        legend: { show: false },
        tzDate: (seconds) => (zone === "utc" ? uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC") : new Date(seconds * 1000)),
        // A bar stands right of its instant: the last has its room too.
        scales: { x: { range: (_plot, low, high) => [low, paint ? high + (next - start) : high] }, y: { range: (_plot, _low, high) => [0, Math.max(1, high) * 1.05] } },
        axes: [{ ...axis, size: 26, values: (_plot, splits) => splits.map((at) => (startOfDay(at * 1000) === at * 1000 ? day(at * 1000) : clock(at * 1000))) }, { ...axis, size: 46 }],
        series: [
          { label: "time" },
          ...data.lines.map((line, at) => ({
            label: visible(line.name).slice(0, 60) || "(empty)",
            stroke: of(`a${at}`),
            fill: paint ? of(`a${at}t`) : undefined,
            dash: paint ? undefined : DASHES[at % DASHES.length],
            width: 1.5,
            paths: paint,
            points: { show: data.times.length < 60 && !paint, size: 4 },
          })),
        ],
      },
      [data.times, ...data.lines.map((line) => (paint ? line.values.map((value) => value || null) : line.values))],
      element,
    );
    const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    drawn.current = plot;
    setHidden([]);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [data, bars, look, zone]);
  const turn = (at: number) => {
    const shown = hidden.includes(at);
    drawn.current?.setSeries(at + 1, { show: shown });
    setHidden(shown ? hidden.filter((one) => one !== at) : [...hidden, at]);
  };
  return (
    <div class="chart">
      <div ref={parent} role="img" aria-label={`Chart over time: ${data.lines.map((line) => line.name).join(", ")}`} />
      {data.lines.length > 1 ? (
        <div class="lines" role="group" aria-label="Lines of the chart">
          {data.lines.map((line, at) => (
            <button key={line.name} type="button" aria-pressed={!hidden.includes(at)} onClick={() => turn(at)}>
              <svg width="26" height="6" aria-hidden="true"><line x1="0" y1="3" x2="26" y2="3" stroke={`var(--a${at})`} stroke-width="2" stroke-dasharray={DASHES[at % DASHES.length]?.join(" ")} /></svg>
              {visible(line.name).slice(0, 60) || "(empty)"}
            </button>
          ))}
        </div>
      ) : null}
    </div>
  );
}
