/// Dragging: where it began, where it is, and what was dragged as it was then.
import { useRef } from "preact/hooks";

export interface Point {
  x: number;
  y: number;
}

/// Points are relative to the element `[data-drag]` around what was pressed, or to the parent.
export function useDrag<Kind, Before>(
  onMove: (start: Point, now: Point, kind: Kind, before: Before) => void,
  onEnd?: (moved: boolean, kind: Kind) => void,
): (event: PointerEvent, kind: Kind, before: Before) => void {
  const latest = useRef({ onMove, onEnd });
  latest.current = { onMove, onEnd };
  return (event, kind, before) => {
    if (event.button !== 0) return;
    event.stopPropagation();
    const target = event.currentTarget as HTMLElement;
    const frame = (target.closest(".overview, .axis") ?? target) as HTMLElement;
    const box = frame.getBoundingClientRect();
    const point = (of: PointerEvent): Point => ({ x: of.clientX - box.left, y: of.clientY - box.top });
    const start = point(event);
    let moved = false;
    const move = (next: PointerEvent) => {
      moved ||= Math.abs(next.clientX - event.clientX) + Math.abs(next.clientY - event.clientY) > 3;
      latest.current.onMove(start, point(next), kind, before);
    };
    const end = () => {
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", end);
      removeEventListener("pointercancel", end);
      latest.current.onEnd?.(moved, kind);
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", end);
    addEventListener("pointercancel", end);
  };
}
