/// Rows of a result, as many as there are: only those that are seen are elements, and only the columns that are seen.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { address, go } from "../route";
import { ACCESS_KEY } from "../text";
import { useZone } from "../time";
import type { ColumnInfo } from "../wire.gen";
import { type Cell, filter, text } from "./filters";

const ROW = 24;
const HEAD = 28;
/// Pixels around the words of a cell, and the widths that a column may have.
const AROUND = 20;
const NARROW = 64;
const WIDE = 380;
/// Rows by which the widths are chosen.
const MEASURED = 150;
/// Letters of a cell that are drawn; the whole is in the row's details.
const DRAWN = 300;

interface Menu {
  left: number;
  top: number;
  row: number;
  column: number;
}

export function ResultGrid({ columns, rows, version, onFilter, onOpen }: { columns: ColumnInfo[]; rows: Cell[][]; version: number; onFilter: (step: string) => void; onOpen: (row: number) => void }) {
  const [zone] = useZone();
  const scroller = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, left: 0, height: 0, width: 0 });
  const [at, setAt] = useState({ row: 0, column: 0 });
  const [menu, setMenu] = useState<Menu | null>(null);
  const measured = Math.min(rows.length, MEASURED);
  const widths = useMemo(
    () => {
      const wide = ruler();
      return columns.map((column, index) => {
        // Of the column's name, in bold.
        let most = wide(column.name) * 1.08;
        for (let row = 0; row < measured; row += 1) most = Math.max(most, wide(shown(rows[row]?.[index] ?? null, column, "utc")));
        return Math.round(Math.min(WIDE, Math.max(NARROW, most + AROUND)));
      });
    },
    [columns, measured],
  );
  const lefts = useMemo(() => {
    let sum = 0;
    return widths.map((width) => {
      sum += width;
      return sum - width;
    });
  }, [widths]);
  const total = (lefts.at(-1) ?? 0) + (widths.at(-1) ?? 0);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const measure = () => setView({ top: element.scrollTop, left: element.scrollLeft, height: element.clientHeight, width: element.clientWidth });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    if (scroller.current) scroller.current.scrollTop = 0;
    setAt({ row: 0, column: 0 });
  }, [columns]);
  useEffect(() => {
    if (!menu) return;
    const close = (event: Event) => {
      if (event instanceof KeyboardEvent && event.key !== "Escape") return;
      if (event.type === "pointerdown" && (event.target as Element).closest?.(".cell-menu")) return;
      setMenu(null);
    };
    addEventListener("pointerdown", close);
    addEventListener("keydown", close);
    return () => {
      removeEventListener("pointerdown", close);
      removeEventListener("keydown", close);
    };
  }, [menu]);
  const first = Math.max(0, Math.floor(view.top / ROW) - 4);
  const end = Math.min(rows.length, Math.ceil((view.top + view.height) / ROW) + 4);
  const seen = columns.map((_, index) => index).filter((index) => (lefts[index] ?? 0) + (widths[index] ?? 0) >= view.left - 100 && (lefts[index] ?? 0) <= view.left + view.width + 100);
  const move = (row: number, column: number) => {
    const next = { row: Math.max(0, Math.min(rows.length - 1, row)), column: Math.max(0, Math.min(columns.length - 1, column)) };
    setAt(next);
    const element = scroller.current;
    if (!element) return;
    const top = next.row * ROW;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + ROW + HEAD > element.scrollTop + element.clientHeight) element.scrollTop = top + ROW + HEAD - element.clientHeight;
    const left = lefts[next.column] ?? 0;
    const right = left + (widths[next.column] ?? 0);
    if (left < element.scrollLeft) element.scrollLeft = left;
    else if (right > element.scrollLeft + element.clientWidth) element.scrollLeft = right - element.clientWidth;
  };
  const cell = (row: number, column: number): [ColumnInfo, Cell] | null => {
    const info = columns[column];
    const values = rows[row];
    return info && values ? [info, values[column] ?? null] : null;
  };
  const apply = (row: number, column: number, keep: boolean) => {
    const found = cell(row, column);
    if (found) onFilter(filter(found[0], found[1], keep));
    setMenu(null);
  };
  const key = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor(view.height / ROW) - 2);
    if (event.ctrlKey && event.shiftKey && event.code === "Space") apply(at.row, at.column, true);
    else if (event.ctrlKey && event.key === "c" && !getSelection()?.toString()) {
      const found = cell(at.row, at.column);
      if (found) void navigator.clipboard?.writeText(text(found[1]));
    } else if (event.ctrlKey || event.metaKey || event.altKey) return;
    else if (event.key === "ArrowDown") move(at.row + 1, at.column);
    else if (event.key === "ArrowUp") move(at.row - 1, at.column);
    else if (event.key === "ArrowLeft") move(at.row, at.column - 1);
    else if (event.key === "ArrowRight") move(at.row, at.column + 1);
    else if (event.key === "PageDown") move(at.row + page, at.column);
    else if (event.key === "PageUp") move(at.row - page, at.column);
    else if (event.key === "Home") move(0, at.column);
    else if (event.key === "End") move(rows.length - 1, at.column);
    else if (event.key === "Enter") onOpen(at.row);
    else if (event.key === "ContextMenu" || (event.shiftKey && event.key === "F10")) {
      const box = scroller.current?.querySelector(".cell.here")?.getBoundingClientRect();
      if (box) setMenu({ left: box.left, top: box.bottom, ...at });
    } else return;
    event.preventDefault();
  };
  return (
    <div
      class="result-grid"
      ref={scroller}
      role="grid"
      tabIndex={0}
      aria-label="Rows"
      aria-rowcount={rows.length + 1}
      aria-colcount={columns.length}
      aria-activedescendant={rows.length ? `cell-${at.row}-${at.column}` : undefined}
      data-version={version}
      onScroll={(event) => setView({ top: event.currentTarget.scrollTop, left: event.currentTarget.scrollLeft, height: event.currentTarget.clientHeight, width: event.currentTarget.clientWidth })}
      onKeyDown={key}
      onContextMenu={(event) => {
        const element = (event.target as Element).closest<HTMLElement>(".cell");
        if (!element) return;
        event.preventDefault();
        const [row, column] = [Number(element.dataset.row), Number(element.dataset.column)];
        setAt({ row, column });
        setMenu({ left: event.clientX, top: event.clientY, row, column });
      }}
      onClick={(event) => {
        const element = (event.target as Element).closest<HTMLElement>(".cell");
        if (element) setAt({ row: Number(element.dataset.row), column: Number(element.dataset.column) });
      }}
      onDblClick={(event) => {
        const element = (event.target as Element).closest<HTMLElement>(".cell");
        if (element) onOpen(Number(element.dataset.row));
      }}
    >
      <div class="grid-sheet" role="presentation" style={{ width: `${total}px`, height: `${HEAD + rows.length * ROW}px` }}>
        <div class="grid-head" role="row" aria-rowindex={1}>
          {seen.map((index) => (
            <div key={index} role="columnheader" aria-colindex={index + 1} class={`cut ${numeric(columns[index]) ? "number" : ""}`} style={{ left: `${lefts[index]}px`, width: `${widths[index]}px` }} title={`${columns[index]?.name}: ${columns[index]?.type}`}>
              {columns[index]?.name}
            </div>
          ))}
        </div>
        {rows.slice(first, end).map((values, offset) => {
          const row = first + offset;
          return (
            <div key={row} class="grid-row" role="row" aria-rowindex={row + 2} style={{ top: `${HEAD + row * ROW}px` }}>
              {seen.map((index) => {
                const column = columns[index];
                const value = values[index] ?? null;
                const here = at.row === row && at.column === index;
                return (
                  <div key={index} id={`cell-${row}-${index}`} role="gridcell" aria-colindex={index + 1} aria-selected={here} data-row={row} data-column={index} class={`cell cut${here ? " here" : ""}${numeric(column) ? " number" : ""}${value === null ? " null" : ""}`} style={{ left: `${lefts[index]}px`, width: `${widths[index]}px` }}>
                    {column ? shown(value, column, zone) : ""}
                  </div>
                );
              })}
            </div>
          );
        })}
      </div>
      {menu ? <CellMenu menu={menu} value={cell(menu.row, menu.column)?.[1] ?? null} onKeep={() => apply(menu.row, menu.column, true)} onDrop={() => apply(menu.row, menu.column, false)} onOpen={() => { setMenu(null); onOpen(menu.row); }} onClose={() => setMenu(null)} /> : null}
    </div>
  );
}

function CellMenu({ menu, value, onKeep, onDrop, onOpen, onClose }: { menu: Menu; value: Cell; onKeep: () => void; onDrop: () => void; onOpen: () => void; onClose: () => void }) {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    ref.current?.querySelector<HTMLElement>("button")?.focus();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  const name = /^cr-[a-z2-7]{16}$/.exec(text(value))?.[0] ?? ACCESS_KEY.exec(text(value))?.[0];
  const step = (event: KeyboardEvent) => {
    const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    const all = [...(ref.current?.querySelectorAll<HTMLElement>("button") ?? [])];
    all[(all.indexOf(document.activeElement as HTMLElement) + by + all.length) % all.length]?.focus();
  };
  return (
    <div class="cell-menu" ref={ref} role="menu" style={{ left: `${Math.min(menu.left, innerWidth - 250)}px`, top: `${Math.min(menu.top, innerHeight - 170)}px` }} onKeyDown={step}>
      <button type="button" role="menuitem" onClick={onKeep}>Keep only these <kbd>Ctrl ⇧ Space</kbd></button>
      <button type="button" role="menuitem" onClick={onDrop}>Drop these</button>
      {name ? <button type="button" role="menuitem" onClick={() => go(address(["lineage", name]))}>Lineage of {name}</button> : null}
      <button type="button" role="menuitem" onClick={() => { void navigator.clipboard?.writeText(text(value)); onClose(); }}>Copy</button>
      <button type="button" role="menuitem" onClick={onOpen}>The whole row <kbd>↵</kbd></button>
    </div>
  );
}

function numeric(column: ColumnInfo | undefined): boolean {
  return column !== undefined && /^(long|int|real|decimal)$/.test(column.type);
}

/// A cell as text of one line.
/// How wide a text is in a cell.
function ruler(): (text: string) => number {
  const context = document.createElement("canvas").getContext("2d");
  if (!context) return (text) => text.length * 7;
  context.font = `12px ${getComputedStyle(document.body).fontFamily}`;
  return (text) => context.measureText(text.slice(0, 80)).width;
}

export function shown(value: Cell, column: ColumnInfo, zone: "utc" | "local"): string {
  if (value === null) return "";
  if (column.type === "datetime" && typeof value === "string") {
    if (zone === "utc") return value.replace("T", " ").replace("Z", "");
    const date = new Date(value);
    const two = (n: number) => String(n).padStart(2, "0");
    return Number.isNaN(date.getTime()) ? value : `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  }
  const whole = text(value);
  return whole.length > DRAWN ? `${whole.slice(0, DRAWN)}…` : whole;
}
