/// The whole time in one strip, and the part of it that the lanes show: to be drawn, moved and resized by
/// pointer or by keys.
import { useEffect, useRef } from "preact/hooks";
import { exact } from "../time";
import { colours, prepare } from "./draw";
import { type Axis, panned, type Span, time, x } from "./layout";
import { useDrag } from "./pointer";

const HEIGHT = 34;
/// The part of the span by which a key moves an edge.
const STEP = 0.02;

export function Overview({ values, natural, span, width, look, onSpan }: { values: number[]; natural: Span; span: Span; width: number; look: number; onSpan: (span: Span) => void }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const axis: Axis = { ...natural, width };
  useEffect(() => {
    const context = canvas.current && prepare(canvas.current, width, HEIGHT);
    if (!context) return;
    const colour = colours();
    context.clearRect(0, 0, width, HEIGHT);
    const most = Math.max(1, ...values);
    const step = width / Math.max(1, values.length);
    context.fillStyle = colour.muted;
    values.forEach((value, at) => {
      if (value <= 0) return;
      const height = Math.max(2, Math.sqrt(value / most) * (HEIGHT - 6));
      context.fillRect(at * step, HEIGHT - height, Math.max(1.5, step - 0.7), height);
    });
  }, [values, width, look]);
  const left = Math.max(0, Math.min(width, x(axis, span.from)));
  const right = Math.max(0, Math.min(width, x(axis, span.to)));
  const drag = useDrag((start, now, data: "new" | "move" | "from" | "to", before: Span) => {
    const [a, b] = [time(axis, start.x), time(axis, now.x)];
    const least = (natural.to - natural.from) * 0.002;
    if (data === "new" && Math.abs(now.x - start.x) > 4) onSpan({ from: Math.min(a, b), to: Math.max(a, b) });
    else if (data === "move") onSpan({ from: before.from + b - a, to: before.to + b - a });
    else if (data === "from") onSpan({ from: Math.min(before.from + b - a, before.to - least), to: before.to });
    else if (data === "to") onSpan({ from: before.from, to: Math.max(before.to + b - a, before.from + least) });
  });
  const key = (event: KeyboardEvent, edge: "from" | "to" | "both") => {
    const by = (natural.to - natural.from) * STEP * (event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0);
    if (by === 0) return;
    event.preventDefault();
    event.stopPropagation();
    if (edge === "both") onSpan(panned(span, by / (span.to - span.from), natural));
    else if (edge === "from") onSpan({ from: Math.min(span.from + by, span.to - 1000), to: span.to });
    else onSpan({ from: span.from, to: Math.max(span.to + by, span.from + 1000) });
  };
  const slider = (edge: "from" | "to", place: number, label: string) => (
    <div
      class="handle"
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-valuemin={natural.from}
      aria-valuemax={natural.to}
      aria-valuenow={Math.round(span[edge])}
      aria-valuetext={exact(span[edge])}
      style={{ left: `${place}px` }}
      onPointerDown={(event) => drag(event, edge, span)}
      onKeyDown={(event) => key(event, edge)}
    />
  );
  return (
    <div class="overview" style={{ width: `${width}px`, height: `${HEIGHT}px` }} onPointerDown={(event) => drag(event, "new", span)} onDblClick={() => onSpan(natural)} title="Drag to choose a part of the time; double-click for all of it">
      <canvas ref={canvas} aria-hidden="true" />
      <div class="veil" style={{ left: "0px", width: `${left}px` }} />
      <div class="veil" style={{ left: `${right}px`, width: `${width - right}px` }} />
      <div class="brush" style={{ left: `${left}px`, width: `${Math.max(2, right - left)}px` }} onPointerDown={(event) => drag(event, event.shiftKey || (span.from <= natural.from && span.to >= natural.to) ? "new" : "move", span)} />
      {slider("from", left, "Beginning of what is shown")}
      {slider("to", right, "End of what is shown")}
    </div>
  );
}
