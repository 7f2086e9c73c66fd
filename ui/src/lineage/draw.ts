/// The lanes on a canvas: validity as bars, use as columns in them, marks, and threads from parent to
/// child. Each sign has a shape or a pattern of its own, so that the picture reads without colour.
import { short } from "../text";
import type { LaneMark, LaneRow } from "../wire.gen";
import { type Axis, above, BAR_HALF, BAR_MIDDLE, ROW, type Tick, x } from "./layout";

export interface Colours {
  paper: string;
  panel: string;
  ink: string;
  muted: string;
  line: string;
  alarm: string;
  accent: string;
  accentTint: string;
  hover: string;
  strong: string[];
  light: string[];
  /// The font of the numbers beside marks.
  font: string;
}

const TINTS = 6;
const patterns = new Map<string, CanvasPattern | null>();

export function colours(): Colours {
  patterns.clear();
  const style = getComputedStyle(document.documentElement);
  const of = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const tints = Array.from({ length: TINTS }, (_, at) => at);
  return {
    paper: of("paper"),
    panel: of("panel"),
    ink: of("ink"),
    muted: of("muted"),
    line: of("line"),
    alarm: of("alarm"),
    accent: of("accent"),
    accentTint: of("accent-tint"),
    hover: of("hover"),
    strong: tints.map((at) => of(`a${at}`)),
    light: tints.map((at) => of(`a${at}t`)),
    font: `600 9px ${getComputedStyle(document.body).fontFamily}`,
  };
}

export interface Scene {
  rows: LaneRow[];
  axis: Axis;
  ticks: Tick[];
  scrollTop: number;
  height: number;
  asOf: number;
  hovered: number;
  chosen: ReadonlySet<number>;
  kin: ReadonlySet<number>;
  /// Where there are several accounts, each has a letter besides its colour.
  accounts: number;
  /// Rows and time that are selected or being selected.
  area: { first: number; last: number; from: number | null; to: number | null } | null;
}

/// Makes the canvas as sharp as the screen; returns its context in CSS pixels.
export function prepare(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D | null {
  const ratio = window.devicePixelRatio || 1;
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const context = canvas.getContext("2d");
  context?.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
}

export function drawLanes(context: CanvasRenderingContext2D, scene: Scene, colour: Colours): void {
  const { rows, axis, scrollTop, height } = scene;
  const width = axis.width;
  context.clearRect(0, 0, width, height);
  const first = Math.max(0, Math.floor(scrollTop / ROW) - 1);
  const end = Math.min(rows.length, Math.ceil((scrollTop + height) / ROW) + 1);
  for (let at = first; at < end; at += 1) {
    const fill = scene.chosen.has(at) ? colour.accentTint : at === scene.hovered ? colour.hover : scene.kin.has(at) ? colour.panel : null;
    if (fill) {
      context.fillStyle = fill;
      context.fillRect(0, at * ROW - scrollTop, width, ROW);
    }
  }
  context.strokeStyle = colour.line;
  context.lineWidth = 1;
  context.beginPath();
  for (const tick of scene.ticks) {
    const at = Math.round(tick.x) + 0.5;
    context.moveTo(at, 0);
    context.lineTo(at, height);
  }
  context.stroke();
  const now = x(axis, scene.asOf);
  if (now < width) {
    context.globalAlpha = 0.05;
    context.fillStyle = colour.ink;
    context.fillRect(Math.max(0, now), 0, width, height);
    context.globalAlpha = 1;
  }
  // A thread may cross the window though both of its ends are outside.
  for (let at = first; at < rows.length; at += 1) {
    const row = rows[at];
    if (row && row.thread !== null) thread(context, scene, colour, at, row.thread, end);
  }
  for (let at = first; at < end; at += 1) {
    const row = rows[at];
    if (row) bars(context, scene, colour, row, at * ROW - scrollTop);
  }
  if (now >= 0 && now <= width) {
    context.strokeStyle = colour.ink;
    context.lineWidth = 1.5;
    context.setLineDash([5, 3]);
    line(context, Math.round(now) + 0.5, 0, Math.round(now) + 0.5, height);
    context.setLineDash([]);
  }
  if (scene.accounts > 1) {
    for (let at = first; at < end; at += 1) {
      const row = rows[at];
      if (row) letter(context, axis, colour, row, at * ROW - scrollTop);
    }
  }
  // Marks last: nothing covers them.
  for (let at = first; at < end; at += 1) {
    const row = rows[at];
    if (row) marks(context, axis, colour, row, at * ROW - scrollTop);
  }
  area(context, scene, colour);
}

function thread(context: CanvasRenderingContext2D, scene: Scene, colour: Colours, at: number, minted: number, end: number): void {
  const parent = above(scene.rows, at);
  if (parent < 0 || parent >= end) return;
  const place = Math.round(x(scene.axis, minted)) + 0.5;
  if (place < -1 || place > scene.axis.width + 1) return;
  const from = parent * ROW - scene.scrollTop + BAR_MIDDLE + BAR_HALF;
  const to = at * ROW - scene.scrollTop + BAR_MIDDLE - BAR_HALF;
  context.strokeStyle = colour.muted;
  context.globalAlpha = 0.75;
  context.lineWidth = 1;
  if (scene.rows[at]?.doubt) context.setLineDash([1.5, 2.5]);
  line(context, place, Math.max(from, -4), place, Math.min(to, scene.height + 4));
  context.setLineDash([]);
  context.globalAlpha = 1;
}

function bars(context: CanvasRenderingContext2D, scene: Scene, colour: Colours, row: LaneRow, top: number): void {
  const { axis } = scene;
  const tint = Math.min(row.account, TINTS - 1);
  const strong = colour.strong[tint] ?? colour.ink;
  const middle = top + BAR_MIDDLE;
  for (const bar of row.bars) {
    const left = Math.max(-4, x(axis, bar.from));
    const right = Math.min(axis.width + 4, x(axis, bar.to));
    if (right < 0 || left > axis.width) continue;
    const wide = Math.max(2.5, right - left);
    if (bar.known === "surely") {
      context.fillStyle = colour.light[tint] ?? colour.panel;
      context.fillRect(left, middle - BAR_HALF, wide, BAR_HALF * 2);
    }
    if (bar.holds === "outliving") {
      const hatch = pattern(context, "hatch", colour.alarm);
      if (hatch) {
        context.fillStyle = hatch;
        context.fillRect(left, middle - BAR_HALF, wide, BAR_HALF * 2);
      }
    }
    context.strokeStyle = strong;
    context.lineWidth = 1;
    context.setLineDash(bar.known === "at-most" ? [4, 3] : []);
    context.strokeRect(Math.round(left) + 0.5, middle - BAR_HALF + 0.5, Math.max(2, Math.round(wide) - 1), BAR_HALF * 2 - 1);
    context.setLineDash([]);
  }
  const bottom = middle + BAR_HALF;
  const failing = pattern(context, "failed", colour.ink);
  for (const [from, length, height, part] of row.uses) {
    const left = x(axis, from);
    const right = x(axis, from + length);
    if (right < 0 || left > axis.width) continue;
    const wide = Math.max(2.5, right - left);
    const full = BAR_HALF * 2;
    const failed = (full * part) / 1000;
    const good = Math.max(0, (full * height) / 1000 - failed);
    context.fillStyle = strong;
    context.fillRect(left, bottom - good, wide, good);
    if (failed > 0 && failing) {
      context.fillStyle = colour.paper;
      context.fillRect(left, bottom - good - failed, wide, failed);
      context.fillStyle = failing;
      context.fillRect(left, bottom - good - failed, wide, failed);
      context.strokeStyle = colour.ink;
      context.lineWidth = 0.6;
      context.strokeRect(left, bottom - good - failed, wide, failed);
    }
  }
  context.fillStyle = strong;
  if (row.goes_on && row.bars.some((bar) => x(axis, bar.to) >= axis.width - 1)) {
    arrow(context, axis.width - 1, middle, -6);
  }
  if (row.came_before && row.bars.some((bar) => x(axis, bar.from) <= 1)) {
    arrow(context, 1, middle, 6);
  }
}

/// The letter of an account, as its legend has it too.
export function letterOf(account: number): string {
  return account < TINTS - 1 ? String.fromCharCode(65 + account) : "…";
}

/// Behind the end of the bar, or before the arrow that says that it goes on.
function letter(context: CanvasRenderingContext2D, axis: Axis, colour: Colours, row: LaneRow, top: number): void {
  const bar = row.bars.findLast((one) => x(axis, one.from) < axis.width && x(axis, one.to) > 0);
  if (!bar) return;
  const end = x(axis, bar.to);
  const place = end > axis.width - 18 ? axis.width - 20 : end + 8;
  context.font = colour.font;
  context.lineWidth = 3;
  context.strokeStyle = colour.paper;
  context.fillStyle = colour.strong[Math.min(row.account, TINTS - 1)] ?? colour.ink;
  context.strokeText(letterOf(row.account), place, top + BAR_MIDDLE + 3.5);
  context.fillText(letterOf(row.account), place, top + BAR_MIDDLE + 3.5);
}

function arrow(context: CanvasRenderingContext2D, tip: number, middle: number, back: number): void {
  context.beginPath();
  context.moveTo(tip, middle);
  context.lineTo(tip + back, middle - 5);
  context.lineTo(tip + back, middle + 5);
  context.closePath();
  context.fill();
}

function marks(context: CanvasRenderingContext2D, axis: Axis, colour: Colours, row: LaneRow, top: number): void {
  for (const mark of row.marks) {
    const place = x(axis, mark.at);
    if (place < -6 || place > axis.width + 6) continue;
    drawMark(context, mark, place, top, colour);
  }
}

/// Alerts stand above the bar, what it mints below, what happens to it on it.
export function drawMark(context: CanvasRenderingContext2D, mark: Pick<LaneMark, "kind" | "number">, place: number, top: number, colour: Colours): void {
  const middle = top + BAR_MIDDLE;
  let text = top + 9;
  context.lineCap = "round";
  switch (mark.kind) {
    case "alert":
      shape(context, [[place, top + 0.5], [place + 5, top + 6], [place, top + 11.5], [place - 5, top + 6]], colour.alarm, colour.paper);
      break;
    case "mints":
      shape(context, [[place, middle + 4], [place + 4.5, middle + 11.5], [place - 4.5, middle + 11.5]], colour.ink, colour.paper);
      text = middle + 12;
      break;
    case "off":
      for (const [style, width] of [[colour.paper, 5], [colour.ink, 2.4]] as const) {
        context.strokeStyle = style;
        context.lineWidth = width;
        line(context, place - 4, middle - 4, place + 4, middle + 4);
        line(context, place + 4, middle - 4, place - 4, middle + 4);
      }
      text = middle - 4;
      break;
    case "on":
      circle(context, place, middle, 4, colour.paper);
      context.strokeStyle = colour.ink;
      context.lineWidth = 2;
      context.stroke();
      text = middle - 4;
      break;
    case "used-after-revocation":
      circle(context, place, middle, 7, colour.alarm);
      context.strokeStyle = colour.paper;
      context.lineWidth = 1.8;
      line(context, place, middle - 4, place, middle + 0.5);
      line(context, place, middle + 3.7, place, middle + 3.8);
      text = middle - 4;
      break;
  }
  context.lineCap = "butt";
  if (mark.number > 1) {
    context.font = colour.font;
    context.lineWidth = 3;
    context.strokeStyle = colour.paper;
    context.fillStyle = colour.ink;
    context.strokeText(short(mark.number), place + 6.5, text);
    context.fillText(short(mark.number), place + 6.5, text);
  }
}

function area(context: CanvasRenderingContext2D, scene: Scene, colour: Colours): void {
  if (!scene.area || scene.area.from === null || scene.area.to === null) return;
  const left = x(scene.axis, scene.area.from);
  const right = x(scene.axis, scene.area.to);
  const top = Math.min(scene.area.first, scene.area.last) * ROW - scene.scrollTop;
  const bottom = (Math.max(scene.area.first, scene.area.last) + 1) * ROW - scene.scrollTop;
  context.globalAlpha = 0.07;
  context.fillStyle = colour.accent;
  context.fillRect(left, top, right - left, bottom - top);
  context.globalAlpha = 1;
  context.strokeStyle = colour.accent;
  context.lineWidth = 1.5;
  context.strokeRect(left, top + 0.75, right - left, bottom - top - 1.5);
}

function shape(context: CanvasRenderingContext2D, points: [number, number][], fill: string, edge: string): void {
  context.beginPath();
  for (const [px, py] of points) context.lineTo(px, py);
  context.closePath();
  context.fillStyle = fill;
  context.fill();
  context.strokeStyle = edge;
  context.lineWidth = 1;
  context.stroke();
}

function circle(context: CanvasRenderingContext2D, cx: number, cy: number, radius: number, fill: string): void {
  context.beginPath();
  context.arc(cx, cy, radius, 0, Math.PI * 2);
  context.fillStyle = fill;
  context.fill();
}

function line(context: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number): void {
  context.beginPath();
  context.moveTo(x1, y1);
  context.lineTo(x2, y2);
  context.stroke();
}

/// Hatching: slanted lines for what outlives its parent, the other way round for failed calls.
export function pattern(context: CanvasRenderingContext2D, kind: "hatch" | "failed", colour: string): CanvasPattern | null {
  const known = patterns.get(kind + colour);
  if (known !== undefined) return known;
  const tile = document.createElement("canvas");
  const size = kind === "hatch" ? 12 : 8;
  tile.width = size;
  tile.height = size;
  const inner = tile.getContext("2d");
  if (!inner) return null;
  inner.strokeStyle = colour;
  inner.lineWidth = kind === "hatch" ? 3 : 1.8;
  for (const shift of [-size, 0, size]) {
    inner.beginPath();
    if (kind === "hatch") {
      inner.moveTo(shift, size);
      inner.lineTo(shift + size, 0);
    } else {
      inner.moveTo(shift, 0);
      inner.lineTo(shift + size, size);
    }
    inner.stroke();
  }
  const made = context.createPattern(tile, "repeat");
  // The tile is drawn at twice its size, to be sharp on fine screens.
  made?.setTransform(new DOMMatrix().scale(0.5));
  patterns.set(kind + colour, made);
  return made;
}
