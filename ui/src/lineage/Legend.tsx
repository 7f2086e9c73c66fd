/// What the signs mean, drawn by the code that draws the lanes.
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { Lanes, LaneRow } from "../wire.gen";
import { type Colours, colours, drawLanes, letterOf, prepare } from "./draw";

const WIDE = 26;

interface Sign {
  words: string;
  when: (rows: LaneRow[]) => boolean;
  row: Partial<LaneRow>;
}

const bar = (known: "surely" | "at-most", holds: "duly" | "outliving") => [{ from: 1, to: WIDE - 1, known, holds }];
const mark = (kind: LaneRow["marks"][number]["kind"]) => [{ at: WIDE / 2, kind, number: 1 }];
const has = (kind: string) => (rows: LaneRow[]) => rows.some((row) => row.marks.some((one) => one.kind === kind));

const SIGNS: Sign[] = [
  { words: "valid", when: () => true, row: { bars: bar("surely", "duly") } },
  { words: "valid although something above it is off", when: (rows) => rows.some((row) => row.bars.some((one) => one.holds === "outliving")), row: { bars: bar("surely", "outliving") } },
  { words: "valid at the most", when: (rows) => rows.some((row) => row.bars.some((one) => one.known === "at-most")), row: { bars: bar("at-most", "duly") } },
  { words: "used", when: () => true, row: { bars: bar("surely", "duly"), uses: [[8, 10, 800, 0]] } },
  { words: "calls failed", when: (rows) => rows.some((row) => row.uses.some((one) => one[3] > 0)), row: { bars: bar("surely", "duly"), uses: [[8, 10, 1000, 700]] } },
  { words: "alert", when: has("alert"), row: { marks: mark("alert") } },
  { words: "mints", when: has("mints"), row: { marks: mark("mints") } },
  { words: "off", when: has("off"), row: { marks: mark("off") } },
  { words: "on again", when: has("on"), row: { marks: mark("on") } },
  { words: "used after it was revoked", when: has("used-after-revocation"), row: { marks: mark("used-after-revocation") } },
];

export function Legend({ lanes, look }: { lanes: Lanes; look: number }) {
  // Asked for once: it costs a look at every style, and the patterns that are drawn with.
  const colour = useMemo(colours, [look]);
  return (
    <div class="legend">
      {SIGNS.filter((sign) => sign.when(lanes.rows)).map((sign) => (
        <span key={sign.words}>
          <Sample sign={sign} colour={colour} look={look} />
          {sign.words}
        </span>
      ))}
      <span class="push" />
      {lanes.accounts.slice(0, 6).map((account, at) => (
        <span key={account}>
          <span class={`swatch t${at}`} aria-hidden="true">{lanes.accounts.length > 1 ? letterOf(at) : ""}</span>
          {account}
        </span>
      ))}
    </div>
  );
}

function Sample({ sign, colour, look }: { sign: Sign; colour: Colours; look: number }) {
  const ref = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = ref.current && prepare(ref.current, WIDE, 26);
    if (!context) return;
    const row = { bars: [], uses: [], marks: [], account: 0, thread: null, level: 0, ...sign.row } as unknown as LaneRow;
    // In a row an alert stands high and what is minted low; here both stand in the middle.
    const kind = row.marks[0]?.kind;
    context.translate(0, kind === "alert" ? 7 : kind === "mints" ? -8 : 0);
    const axis = { from: 0, to: WIDE, width: WIDE };
    drawLanes(context, { rows: [row], axis, ticks: [], scrollTop: 0, height: 40, asOf: WIDE * 2, hovered: -1, chosen: new Set(), kin: new Set(), area: null, accounts: 1 }, colour);
  }, [sign, look]);
  return <canvas ref={ref} aria-hidden="true" />;
}
