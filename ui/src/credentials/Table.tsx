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
          <th class="number">calls</th>
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
              {row.errors ? <span class="alarm small"> {short(row.errors)}✕</span> : null}
            </td>
            <td class="muted"><Used row={row} /></td>
            <td class="muted"><div class="cut" title={row.source_ips.join(", ")}>{row.source_ips[0] ?? "–"}{row.source_ips.length > 1 ? ` +${row.source_ips.length - 1}` : ""}</div></td>
            <td><div class="cut remarks">{row.production ? <span class="tag">production</span> : null}<Alarms alarms={row.alarms} /></div></td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/// From the first call to the last.
function Used({ row }: { row: CredentialRow }) {
  useZone();
  if (!row.first_used) return <>not used</>;
  return <span title={`${exact(row.first_used)} to ${exact(row.last_used)}`}>{span(row.first_used, row.last_used)}</span>;
}
