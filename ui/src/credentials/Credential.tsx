/// One credential: where it came from and how sure that is, whether it works, what it did, from where, what it minted.
import { useAnswer } from "../api";
import { ALERT_COLUMNS, Alerts } from "../incidents/Incident";
import { Files } from "../parts/files";
import { useKeys } from "../keys";
import { Answered, Command, Copy, KeyLink, State, Tallies } from "../parts/parts";
import { address, go } from "../route";
import { plural } from "../text";
import { useScope } from "../scope";
import { exact, moment, span, timed, useZone } from "../time";
import type { Activity, CredentialPage } from "../wire.gen";
import { Events } from "./Events";
import { COLUMNS, CredentialTable } from "./Table";
import "./credentials.css";

export function CredentialScreen({ id }: { id: string }) {
  const answer = useAnswer<CredentialPage>(address(["api", "credentials", id]));
  return (
    <div class="screen">
      <Answered answer={answer} what="the credential">{(page) => <Page page={page} />}</Answered>
    </div>
  );
}

function Page({ page }: { page: CredentialPage }) {
  useZone();
  const { row, credential } = page;
  const scope = useScope();
  const activity = useAnswer<Activity>("/api/activity", { credentials: [row.id], ...(scope.since === null ? {} : { from: scope.since }), ...(scope.until === null ? {} : { to: scope.until }) }, true);
  const timeline = address(["lineage", row.root], { row: row.id, sel: row.id });
  const contain = address(["contain"], { target: row.id });
  useKeys("Credential", [
    { keys: "l", does: "its timeline", on: ["l"], run: () => go(timeline) },
    { keys: "c", does: "plan its containment", on: ["c"], run: () => go(contain) },
  ]);
  const data = activity.data;
  const parent = page.path.at(-2);
  return (
    <>
      <div class="head">
        <div class="grow">
          <h1 class="title"><span class="mono">{row.key ?? row.name}</span> {row.key ? <Copy text={row.key} /> : null}</h1>
          <p class="cut"><State works={row.works} text={timed(row.state)} /> <span class="muted">· {row.what} · {row.kind}</span> {row.alarms.length ? <span class="alarm">· {row.alarms.join(" · ")}</span> : null}</p>
        </div>
        <a class="button" href={timeline}>Timeline</a>
        {data ? <a class="button" href={address(["hunt"], { q: data.kql })}>Its events in Hunt</a> : null}
        <a class="button primary" href={contain}>Contain</a>
      </div>
      <div class="scroll">
        <dl class="sheet-facts">
          <div><dt>came from</dt><dd>
            <ol class="path">{page.path.map((one) => <li key={one.id}>{one.id === row.id ? <b class="mono">{one.name}</b> : <KeyLink id={one.id} name={one.name} whole={one.key} />} <span class="muted small">{one.what}</span></li>)}</ol>
          </dd></div>
          <div><dt>{parent ? "how sure" : "its parent"}</dt><dd>{page.sureness}<div class="muted small">{timed(page.because)}</div></dd></div>
          <div><dt>principal</dt><dd class="mono">{credential.principal_arn ?? "–"}</dd></div>
          <div><dt>issued</dt><dd>{exact(credential.issued_at)}{credential.issuing_api ? ` by ${credential.issuing_api}` : ""}</dd></div>
          <div><dt>ends</dt><dd>{credential.expires_at ? exact(credential.expires_at) : row.until && !row.works ? exact(row.until) : "not by itself"}</dd></div>
          <div><dt>session</dt><dd>{row.session_name ?? "–"}{row.source_identity ? ` · source identity ${row.source_identity}` : ""}</dd></div>
          <div><dt>MFA</dt><dd>{row.mfa ?? (credential.mfa.authenticated === false ? "no" : credential.mfa.authenticated ? "yes" : "not said")}</dd></div>
          <div><dt>used in</dt><dd>{credential.used_in_accounts.join(", ") || "–"}</dd></div>
          {credential.changes.length ? <div><dt>changes</dt><dd>{credential.changes.map((change) => <div key={change.event_id + change.effect}>{change.effect} <span class="muted">{exact(change.at)} by {change.by}</span></div>)}</dd></div> : null}
        </dl>
        <section class="section">
          <h2>What it did <span class="muted">{data ? `${plural(data.calls, "call")}${data.errors ? `, ${data.errors} failed (hatched)` : ""}${data.calls ? `, ${span(data.from, data.to)}` : ""}` : ""}</span></h2>
          <Histogram activity={data} />
          <div class="tally-columns">
            <Tallies title="What" rows={data?.actions ?? []} most={10} empty={data ? "none" : " "} />
            <Tallies title="From where" rows={data?.addresses ?? []} most={10} empty={data ? "none" : " "} />
            <Tallies title="With" rows={data?.agents ?? []} most={10} empty={data ? "none" : " "} />
            <Tallies title="On what" rows={data?.resources ?? []} most={10} empty={data ? "none" : " "} />
            <Tallies title="Failed with" rows={data?.error_codes ?? []} most={10} empty={data ? "nothing failed" : " "} />
          </div>
        </section>
        {/* What stands below what it did comes when that has its height, so that nothing jumps. */}
        {data || activity.error ? <>
        {data && data.calls ? <FirstSeen activity={data} /> : null}
        <section class="section">
          <h2>What it minted <span class="muted">{plural(page.children.length, "credential")}</span> <Files name="minted" rows={page.children} columns={COLUMNS} /></h2>
          {page.children.length ? <CredentialTable rows={page.children} /> : <p class="muted">Nothing that these logs show.</p>}
        </section>
        {page.siblings.length ? <section class="section"><h2>Siblings <span class="muted">minted by the same parent</span> <Files name="siblings" rows={page.siblings} columns={COLUMNS} /></h2><CredentialTable rows={page.siblings} /></section> : null}
        <section class="section"><h2>Alerts <Files name="alerts" rows={page.alerts} columns={ALERT_COLUMNS} /></h2><Alerts alerts={page.alerts} /></section>
        {data && data.calls ? <Events kql={data.kql} calls={data.calls} scope={scope} /> : null}
        <section class="section"><h2>Next</h2>{page.commands.map((command) => <Command key={command} text={command} />)}</section>
        </> : null}
      </div>
    </>
  );
}

/// When each address, program and action was first seen: what is new stands last.
function FirstSeen({ activity }: { activity: Activity }) {
  const all = [
    ...activity.addresses.map((one) => ({ kind: "address", ...one })),
    ...activity.agents.map((one) => ({ kind: "program", ...one })),
    ...activity.regions.map((one) => ({ kind: "region", ...one })),
  ].sort((a, b) => a.first - b.first);
  return (
    <section class="section">
      <h2>First seen <span class="muted">of this credential, in order</span></h2>
      <ul class="first">
        {all.slice(0, 12).map((one) => (
          <li key={one.kind + one.name}><time title={exact(one.first)}>{moment(one.first)}</time> <span class="muted">{one.kind}</span> <span class="cut" title={one.name}>{one.name}</span></li>
        ))}
      </ul>
    </section>
  );
}

function Histogram({ activity }: { activity: Activity | null }) {
  const bins = activity?.bins;
  const [wide, high] = [1000, 44];
  if (!bins || bins.calls.length === 0) return <div class="histogram" />;
  const most = Math.max(1, ...bins.calls);
  const step = wide / bins.calls.length;
  const height = (value: number) => (value > 0 ? Math.max(2, (value / most) * (high - 2)) : 0);
  const end = bins.from + bins.step * bins.calls.length;
  return (
    <figure class="histogram">
      <svg viewBox={`0 0 ${wide} ${high}`} preserveAspectRatio="none" role="img" aria-label={`Calls by time, ${span(bins.from, end)}; at most ${most} at once`}>
        {/* Hatched, so that failed calls are told from the others without colour. */}
        <defs><pattern id="failed-calls" width="5" height="5" patternUnits="userSpaceOnUse"><rect width="5" height="5" /><path d="M-1 6 6 -1M-1 1 1 -1M4 6 6 4" /></pattern></defs>
        {bins.calls.map((value, at) => (value > 0 ? <rect key={at} x={at * step} width={Math.max(1.2, step - 0.6)} y={high - height(value)} height={height(value)} /> : null))}
        {bins.errors.map((value, at) => (value > 0 ? <rect key={at} class="failed" x={at * step} width={Math.max(1.2, step - 0.6)} y={high - height(value)} height={height(value)} /> : null))}
      </svg>
      <figcaption class="muted small"><span>{moment(bins.from)}</span><span>{moment(end)}</span></figcaption>
    </figure>
  );
}
