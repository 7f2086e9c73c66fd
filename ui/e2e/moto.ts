/// An emulator of AWS for the tests: the one that `AWS_ENDPOINT_URL` names, or `moto_server` of PyPI, found by
/// `KEYLINE_MOTO`, on the path, or where the tests of containment install it. Without one, null.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer as createRelay, request } from "node:http";
import { createServer } from "node:net";
import { join } from "node:path";
import { target } from "./house";

/// Whoever asks, where nobody in particular does.
const NOBODY = "AKIAIOSFODNN7EXAMPLE";

export class Moto {
  constructor(
    readonly endpoint: string,
    private readonly child: ChildProcess | null,
  ) {}

  stop(): void {
    this.child?.kill();
  }

  /// A call of IAM by its query protocol, as whoever has an access key.
  iam(key: string, action: string, params: Record<string, string>): Promise<string> {
    return this.send(key, "iam", { Action: action, Version: "2010-05-08", ...params });
  }

  /// An access key in an account.
  async enter(account: string): Promise<string> {
    const answer = await this.send(NOBODY, "sts", { Action: "AssumeRole", Version: "2011-06-15", RoleArn: `arn:aws:iam::${account}:role/setup`, RoleSessionName: "setup" });
    return between(answer, "<AccessKeyId>", "<");
  }

  private async send(key: string, service: string, form: Record<string, string>): Promise<string> {
    const scope = `${key}/20260101/us-east-1/${service}/aws4_request`;
    const response = await fetch(`${this.endpoint}/`, {
      method: "POST",
      headers: { authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`, "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams(form).toString(),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${form.Action}: ${text}`);
    return text;
  }
}

/// What passes every request on to AWS's emulator, after as long as is said at that time: a run can be stopped in its midst.
export class Relay {
  delay = 0;

  private constructor(
    readonly endpoint: string,
    private readonly close: () => void,
  ) {}

  static begin(to: string): Promise<Relay> {
    let relay: Relay | null = null;
    const server = createRelay((asked, answer) => {
      const pass = () => {
        const further = request(to + asked.url, { method: asked.method, headers: asked.headers }, (got) => {
          answer.writeHead(got.statusCode ?? 502, got.headers);
          got.pipe(answer);
        });
        further.on("error", () => answer.destroy());
        asked.pipe(further);
      };
      setTimeout(pass, relay?.delay ?? 0);
    });
    return new Promise((begun) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address();
        const port = typeof address === "object" && address ? address.port : 0;
        relay = new Relay(`http://127.0.0.1:${port}`, () => {
          server.closeAllConnections();
          server.close();
        });
        begun(relay);
      });
    });
  }

  stop(): void {
    this.close();
  }
}

export function between(text: string, start: string, end: string): string {
  return text.split(start)[1]?.split(end)[0] ?? "";
}

export async function emulator(): Promise<Moto | null> {
  if (process.env.AWS_ENDPOINT_URL) return new Moto(process.env.AWS_ENDPOINT_URL, null);
  const program = [process.env.KEYLINE_MOTO, "moto_server", join(target, "tmp", "moto", "bin", "moto_server")].find((name) => name && works(name));
  if (!program) return null;
  const port = await free();
  const child = spawn(program, ["-H", "127.0.0.1", "-p", String(port)], { env: { ...process.env, MOTO_IAM_LOAD_MANAGED_POLICIES: "true" }, stdio: "ignore" });
  const endpoint = `http://127.0.0.1:${port}`;
  for (;;) {
    const answer = await fetch(`${endpoint}/moto-api/`).catch(() => null);
    if (answer) return new Moto(endpoint, child);
    if (child.exitCode !== null) throw new Error(`moto_server ended with ${child.exitCode}`);
    await new Promise((after) => setTimeout(after, 100));
  }
}

function works(program: string): boolean {
  return (existsSync(program) || !program.includes("/")) && spawnSync(program, ["--help"], { stdio: "ignore" }).status === 0;
}

function free(): Promise<number> {
  return new Promise((found) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => found(typeof address === "object" && address ? address.port : 0));
    });
  });
}
