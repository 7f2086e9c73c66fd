/// Credentials as rows: of a tree with its shape, or of a list.
import { Alarms, KeyLink, State } from "../parts/parts";
import { count, short } from "../text";
import { exact, span, timed, useZone } from "../time";
import type { CredentialRow } from "../wire.gen";
import "./credentials.css";

/// What a file of credentials holds.
export const COLUMNS = ["name", "key", "id", "kind", "what", "account_id", "root", "works", "state", "until", "issued_at", "first_used", "last_used", "calls", "errors", "alerts", "alarms", "production", "mfa", "session_name", "source_identity", "source_ips"] as const;

/// Levels that are set in; deeper ones stand where the last one does.
const LEVELS = 10;

export function CredentialTable({ rows, tree = false }: { rows: CredentialRow[]; tree?: boolean }) {
  useZone();
  const top = Math.min(...rows.map((row) => row.depth));
  return (
    <table class="table credentials">
      <thead>
        <tr>
          <th>credential</th>
          <th>what</th>
          <th>state</th>
          <th class="number" title="calls, and in brackets how many of them failed">calls (failed)</th>
          <th>used</th>
          <th>from</th>
          <th>remarks</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.id}>
            <td style={tree ? { paddingLeft: `${8 + Math.min(LEVELS, row.depth - top) * 16}px` } : undefined}>
              <KeyLink id={row.id} name={row.name} whole={row.key} />
            </td>
            <td><div class="cut" title={row.what}>{row.what}</div></td>
            <td><State works={row.works} text={timed(row.state)} /></td>
            <td class="number" title={count(row.calls)}>
              {short(row.calls)}
              {row.errors ? <span class="alarm" title={`${count(row.errors)} failed`}> ({short(row.errors)})</span> : null}
            </td>
            <td class="muted"><Used row={row} /></td>
            <td class="muted"><div class="cut" title={row.source_ips.join(", ")}>{row.source_ips[0] ?? "–"}{row.source_ips.length > 1 ? ` +${row.source_ips.length - 1}` : ""}</div></td>
            <td><div class="cut remarks">{row.production ? <span class="tag">production</span> : null}<Alarms alarms={row.alarms.map(brief)} /></div></td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/// The state stands two columns before: what is left to say is why it is remarkable.
const brief = (alarm: string) => alarm.replace(/^works although its /, "");

/// From the first call to the last.
function Used({ row }: { row: CredentialRow }) {
  useZone();
  if (!row.first_used) return <>not used</>;
  return <span title={`${exact(row.first_used)} to ${exact(row.last_used)}`}>{span(row.first_used, row.last_used)}</span>;
}
