/// All credentials in groups: by root, by MFA device, by source identity, by address, by session name …, with the
/// number in each that still works.
import { useState } from "preact/hooks";
import { useAnswer } from "../api";
import { Files } from "../parts/files";
import { Answered, Notice } from "../parts/parts";
import { address, replace, usePlace } from "../route";
import { isWhole, useScope } from "../scope";
import { count, plural } from "../text";
import type { CredentialGroup, CredentialGroups } from "../wire.gen";
import { COLUMNS, CredentialTable } from "./Table";
import "./credentials.css";

const GROUPS: [string, string][] = [
  ["root", "Root"],
  ["mfa", "MFA device"],
  ["source-identity", "Source identity"],
  ["address", "Address"],
  ["session-name", "Session name"],
  ["role", "Role"],
  ["kind", "Kind"],
];

const NONE: Record<string, string> = { mfa: "an MFA device", "source-identity": "a source identity", "session-name": "a session name", role: "a role", address: "an address" };

export function CredentialsScreen() {
  const { query } = usePlace();
  const group = query.get("group") ?? "root";
  const q = query.get("q");
  const scope = useScope();
  const answer = useAnswer<CredentialGroups>(address(["api", "credentials"], { group, q, alive: query.get("alive"), production: query.get("production"), ...scope }));
  const data = answer.data;
  const filtered = Boolean(q || query.get("alive") || query.get("production"));
  const flag = (name: string, text: string) => {
    const on = query.get(name) === "1";
    return (
      <button type="button" class="button" aria-pressed={on} onClick={() => replace({ [name]: on ? null : 1 })}>
        {text}
      </button>
    );
  };
  return (
    <div class="screen">
      <div class="head">
        <div class="grow">
          <h1>{data?.total ? `${count(data.alive)} of ${plural(data.total, "credential")} still work` : data ? "No credentials" : "Credentials"}</h1>
          <p class="muted">{isWhole(scope) ? "Everything that could act in these logs" : "Whoever was at work in this time"}, by what it has in common.</p>
        </div>
        {data ? <Files name="credentials" rows={data.groups.flatMap((one) => one.credentials.map((row) => ({ group: one.label, ...row })))} columns={["group", ...COLUMNS]} /> : null}
        <input class="field" type="search" placeholder="Key, role, name, address" aria-label="Search credentials" value={q ?? ""} onInput={(event) => replace({ q: event.currentTarget.value })} />
        {flag("alive", "Still works")}
        {flag("production", "Production")}
      </div>
      <div class="tabs" role="group" aria-label="Group by">
        <span class="muted small">by</span>
        {GROUPS.map(([name, text]) => (
          <button key={name} type="button" class="button plain" aria-pressed={group === name} onClick={() => replace({ group: name, open: null })}>
            {text}
          </button>
        ))}
      </div>
      <div class="scroll">
        <Answered answer={answer} what="credentials">
          {(data) =>
            data.groups.length === 0 && !filtered && group === "root" ? (
              <Notice title={isWhole(scope) ? "These logs name no credential" : "No credential was at work in this time"}>
                {isWhole(scope) ? <p>Whoever acts in AWS does so by one. Look under <a href="/hunt">Hunt</a> whether there are events at all.</p> : <button type="button" class="button" onClick={() => replace({ since: null, until: null })}>Show all of the time</button>}
              </Notice>
            ) : data.groups.length === 0 ? (
              <Notice title={filtered ? "No credential fits" : `No credential in these logs has ${NONE[group] ?? "that"}`}>
                <p>{q ? "A search looks at whole and shortened keys, names, roles and addresses." : "Group them by something else."}</p>
                <button type="button" class="button" onClick={() => replace({ group: null, q: null, alive: null, production: null })}>Show all, by root</button>
              </Notice>
            ) : (
              <Groups data={data} />
            )
          }
        </Answered>
      </div>
    </div>
  );
}

function Groups({ data }: { data: CredentialGroups }) {
  const most = Math.max(1, ...data.groups.map((group) => group.total));
  return (
    <>
      <ul class="groups">
        {data.groups.map((group, at) => (
          <Group key={group.key} group={group} by={data.group} most={most} first={at === 0} />
        ))}
      </ul>
      {data.groups_left_out ? <p class="muted">{plural(data.groups_left_out, "smaller group")} more; search to see them.</p> : null}
    </>
  );
}

function Group({ group, by, most, first }: { group: CredentialGroup; by: string; most: number; first: boolean }) {
  const [open, set] = useState(first);
  return (
    <li>
      <div class="group">
        <button type="button" class="line" aria-expanded={open} onClick={() => set(!open)}>
          <span class="twist" aria-hidden="true">{open ? "▾" : "▸"}</span>
          <span class="cut label" title={group.label}>{group.label.replace(/^cr-[a-z2-7]{16} (?=.)/, "")}</span>
          <Share group={group} most={most} />
          <span class="alive">
            <b class={group.alive ? "" : "muted"}>{count(group.alive)}</b> <span class="muted">of {count(group.total)} {group.alive === 1 ? "works" : "work"}</span>
          </span>
          <span class="muted small">{group.production ? `${plural(group.production, "credential")} in production` : ""}</span>
        </button>
        {by === "root" ? <a class="button plain" href={address(["lineage", group.key])}>Timeline</a> : null}
      </div>
      {open ? (
        <div class="inside">
          <CredentialTable rows={group.credentials} tree={by === "root"} />
          {group.more ? <p class="muted small">{plural(group.more, "credential")} more{by === "root" ? "; the timeline has them all" : ""}.</p> : null}
        </div>
      ) : null}
    </li>
  );
}

/// How large a group is, and the part of it that still works.
function Share({ group, most }: { group: CredentialGroup; most: number }) {
  const wide = 120;
  const scale = (value: number) => (value ? Math.max(3, Math.sqrt(value / most) * wide) : 0);
  const all = scale(group.total);
  return (
    <svg class="share" width={wide} height="10" aria-hidden="true">
      <rect class="all" width={all} height="10" rx="1.5" />
      <rect class="alive" width={group.total ? (group.alive / group.total) * all : 0} height="10" rx="1.5" />
    </svg>
  );
}
