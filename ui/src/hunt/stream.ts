/// The answer to a query as it comes: a JSON document a line.
import { Failure, send } from "../api";
import type { Scope } from "../route";
import type { ColumnInfo, KqlDiagnostic, QueryDone } from "../wire.gen";
import type { Cell } from "./filters";

export interface Listener {
  columns(columns: ColumnInfo[]): void;
  rows(rows: Cell[][]): void;
  done(done: QueryDone): void;
  errors(errors: Partial<KqlDiagnostic>[]): void;
}

export async function runQuery(query: string, limit: number, scope: Scope, signal: AbortSignal, listener: Listener): Promise<void> {
  const response = await send("/api/query", signal, { query, limit, since: scope.since ?? undefined, until: scope.until ?? undefined });
  if (!response.body) throw new Failure("The answer has no body.", null, 0);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    rest += value ?? "";
    let from = 0;
    for (let end = rest.indexOf("\n"); end >= 0; end = rest.indexOf("\n", from)) {
      take(rest.slice(from, end), listener);
      from = end + 1;
    }
    rest = rest.slice(from);
    if (done) break;
  }
  take(rest, listener);
}

export function take(line: string, listener: Listener): void {
  if (line.trim() === "") return;
  const message = JSON.parse(line) as { columns?: ColumnInfo[]; rows?: Cell[][]; done?: QueryDone; errors?: Partial<KqlDiagnostic>[] };
  if (message.columns) listener.columns(message.columns);
  if (message.rows) listener.rows(message.rows);
  if (message.done) listener.done(message.done);
  if (message.errors) listener.errors(message.errors);
}
