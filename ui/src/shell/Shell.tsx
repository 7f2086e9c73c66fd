/// What stands around every screen: where one can go, what is shown, and how the server is.
import { useEffect, useState } from "preact/hooks";
import { CredentialScreen } from "../credentials/Credential";
import { CredentialsScreen } from "../credentials/Credentials";
import { HealthContext, useHealthStream } from "../health";
import { IncidentScreen } from "../incidents/Incident";
import { IncidentsScreen } from "../incidents/Incidents";
import { explained, useKeys } from "../keys";
import { MeContext, useAskedMe, useMe } from "../me";
import { LineageScreen } from "../lineage/Lineage";
import { lazy } from "../parts/lazy";
import { Dialog, Notice } from "../parts/parts";
import { go, type Place, usePlace } from "../route";
import { RuleScreen, RulesScreen } from "../rules/Rules";
import { applyTheme, nextTheme, theme } from "../theme";
import { useZone } from "../time";
import type { Health } from "../wire.gen";
import { HealthBar } from "./HealthBar";
import { Jump } from "./Jump";
import { News } from "./News";
import { ScopeTime } from "./ScopeTime";
import "./shell.css";

const HuntScreen = lazy(() => import("../hunt/Hunt").then((module) => module.HuntScreen), "the editor");
const ContainScreen = lazy(() => import("../contain/Contain").then((module) => module.ContainScreen), "the plan");
const AuditScreen = lazy(() => import("../audit/Audit").then((module) => module.AuditScreen), "the audit log");

export const SCREENS = [
  { name: "Incidents", to: "/incidents", key: "1" },
  { name: "Credentials", to: "/credentials", key: "2" },
  { name: "Hunt", to: "/hunt", key: "3" },
  { name: "Rules", to: "/rules", key: "4" },
  { name: "Containment", to: "/contain", key: "5" },
];

/// Which screen of the header a place belongs to.
const UNDER: Record<string, string> = { lineage: "/incidents", audit: "/contain" };

export function Shell() {
  const place = usePlace();
  const health = useHealthStream();
  const me = useAskedMe();
  const [open, setOpen] = useState<"jump" | "keys" | null>(null);
  useEffect(() => {
    const listener = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        setOpen((now) => (now === "jump" ? null : "jump"));
      }
    };
    addEventListener("keydown", listener);
    return () => removeEventListener("keydown", listener);
  }, []);
  useKeys(
    "Everywhere",
    [
      ...SCREENS.map((screen) => ({ keys: screen.key, does: screen.name, on: [screen.key], run: () => go(screen.to) })),
      { keys: "/", does: "jump to a credential, an incident or a screen", on: ["/"], run: () => setOpen("jump") },
      { keys: "?", does: "these keys", on: ["?"], run: () => setOpen("keys") },
    ],
    [{ keys: "Ctrl K", does: "jump, from anywhere" }],
  );
  return (
    <HealthContext.Provider value={health}>
      <MeContext.Provider value={me}>
      <div class="shell">
        <a class="skip" href="#main" onClick={(event) => { event.preventDefault(); document.getElementById("main")?.focus(); }}>
          To the content
        </a>
        <Header place={place} health={health} onJump={() => setOpen("jump")} onKeys={() => setOpen("keys")} />
        <main id="main" tabIndex={-1}>
          <Screen place={place} health={health} />
        </main>
        <HealthBar health={health} me={me} />
        <News health={health} />
        {open === "jump" ? <Jump onClose={() => setOpen(null)} /> : null}
        {open === "keys" ? <Keys onClose={() => setOpen(null)} /> : null}
      </div>
      </MeContext.Provider>
    </HealthContext.Provider>
  );
}

function Screen({ place, health }: { place: Place; health: Health | null }) {
  const [first, second] = place.path;
  useEffect(() => {
    document.title = second ? `${second} – Keyline` : `${(first ?? "incidents").replace(/^./, (letter) => letter.toUpperCase())} – Keyline`;
  }, [first, second]);
  if (health?.phase === "failed") {
    return (
      <Notice title="The logs could not be read" alarm>
        <p class="pre">{health.detail}</p>
        <p>Mend that and start the command again; this page comes back by itself.</p>
      </Notice>
    );
  }
  switch (first) {
    case undefined:
    case "incidents":
      return second ? <IncidentScreen key={second} id={second} /> : <IncidentsScreen />;
    case "lineage":
      return second ? <LineageScreen key={second} id={second} /> : <IncidentsScreen />;
    case "credentials":
      return second ? <CredentialScreen key={second} id={second} /> : <CredentialsScreen />;
    case "hunt":
      return <HuntScreen />;
    case "rules":
      return second ? <RuleScreen key={second} id={second} /> : <RulesScreen />;
    case "contain":
      return <ContainScreen />;
    case "audit":
      return <AuditScreen />;
    default:
      return (
        <Notice title="There is no such page">
          <p>
            Start at <a href="/incidents">Incidents</a>, or press <kbd>Ctrl K</kbd>.
          </p>
        </Notice>
      );
  }
}

/// The server forgets nothing; this browser forgets its token.
function leave(): void {
  fetch("/sign-out", { method: "POST", headers: { "x-keyline": "1" } }).then(() => location.assign("/sign-in"), () => undefined);
}

function Header({ place, health, onJump, onKeys }: { place: Place; health: Health | null; onJump: () => void; onKeys: () => void }) {
  const [zone, toggleZone] = useZone();
  const me = useMe();
  const [look, setLook] = useState(theme());
  const first = `/${place.path[0] ?? "incidents"}`;
  const current = UNDER[place.path[0] ?? ""] ?? first;
  const turn = () => {
    const next = nextTheme();
    applyTheme(next);
    setLook(next);
  };
  const looks = { system: "Auto", light: "Light", dark: "Dark" }[look];
  return (
    <header class="bar">
      <a class="wordmark" href="/incidents">
        <svg viewBox="0 0 18 14" width="18" height="14" aria-hidden="true">
          <path d="M1 2.5h16M4 2.5v9M4 7h8M8.5 11.5H17" />
        </svg>
        Keyline
      </a>
      <nav aria-label="Screens">
        {SCREENS.map((screen) => (
          <a key={screen.to} href={screen.to} aria-current={screen.to === current ? "page" : undefined}>
            {screen.name}
          </a>
        ))}
      </nav>
      <ScopeTime health={health} />
      {me?.signed_in ? (
        <span class="who muted" title={`Signed in as ${me.name}, ${me.role}`}>
          <b class="cut">{me.name}</b> <span class="small">{me.role}</span>
          <button type="button" class="button plain" onClick={leave}>Sign out</button>
        </span>
      ) : null}
      <button type="button" class="button plain" onClick={toggleZone} title="Times in UTC or as on this computer">
        {zone === "utc" ? "UTC" : "Local"}
      </button>
      <button type="button" class="button plain" onClick={turn} title="Light, dark, or as the system has it" aria-label={`Colours: ${looks}`}>
        <span aria-hidden="true">◐</span> {looks}
      </button>
      <button type="button" class="button jumper" onClick={onJump}>
        Jump to… <kbd>Ctrl K</kbd>
      </button>
      <button type="button" class="button plain" onClick={onKeys} aria-label="Keys" title="Keys">
        ?
      </button>
    </header>
  );
}

function Keys({ onClose }: { onClose: () => void }) {
  return (
    <Dialog onClose={onClose} label="Keys" wide headed>
      <div class="keys">
        {explained().map(([title, docs]) => (
          <section key={title}>
            <h2>{title}</h2>
            <dl>
              {docs.map((doc) => (
                <div key={doc.keys}>
                  <dt>
                    <kbd>{doc.keys}</kbd>
                  </dt>
                  <dd>{doc.does}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
