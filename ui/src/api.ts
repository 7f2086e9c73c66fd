/// Questions to the server. One that is no longer of interest is cancelled; an answer that is replaced
/// stays in place until the new one is there, so that nothing jumps.
import { useEffect, useRef, useState } from "preact/hooks";

export class Failure extends Error {
  constructor(
    message: string,
    readonly hint: string | null,
    readonly status: number,
  ) {
    super(message);
  }
}

export interface Answer<T> {
  data: T | null;
  error: Failure | null;
  /// A question is under way.
  loading: boolean;
}

/// While the server reads its data it is asked again when it says that it is ready, or after this many milliseconds.
const AGAIN = 5000;
/// The event of the window that says so.
export const READY = "keyline:ready";
/// The event of the window that says that answers may be others by now.
export const NEWS = "keyline:news";
/// Milliseconds between two askings because of news: a watch may find something every second.
const NEWS_EVERY = 2000;

export async function ask<T>(url: string, signal: AbortSignal, body?: unknown): Promise<T> {
  const response = await send(url, signal, body);
  return (await response.json()) as T;
}

/// The response, if it is one of success.
export async function send(url: string, signal: AbortSignal, body?: unknown): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, {
      signal,
      ...(body === undefined
        ? {}
        : {
            method: "POST",
            headers: { "content-type": "application/json", "x-keyline": "1" },
            body: JSON.stringify(body),
          }),
    });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new Failure("The server does not answer.", "Is `keyline serve` still running?", 0);
  }
  if (!response.ok) throw await failure(response);
  return response;
}

async function failure(response: Response): Promise<Failure> {
  const kind = response.headers.get("content-type") ?? "";
  if (kind.includes("json")) {
    const body = (await response.json().catch(() => null)) as {
      error?: { message?: string; hint?: string | null };
    } | null;
    if (body?.error?.message) {
      return new Failure(body.error.message, body.error.hint ?? null, response.status);
    }
  }
  return new Failure(`The server answered ${response.status}.`, null, response.status);
}

/// The answer to a question, asked anew when it changes, and when there are news if it is `live`. `null` asks nothing.
export function useAnswer<T>(url: string | null, body?: unknown, live = body === undefined): Answer<T> {
  const key = url === null ? null : url + (body === undefined ? "" : JSON.stringify(body));
  const [answer, set] = useState<Answer<T>>({ data: null, error: null, loading: key !== null });
  const asked = useRef<string | null>(null);
  useEffect(() => {
    asked.current = key;
    if (url === null) {
      set({ data: null, error: null, loading: false });
      return;
    }
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let busy = false;
    let begun = 0;
    let again = false;
    const attempt = () => {
      [busy, begun, again] = [true, Date.now(), false];
      clearTimeout(timer);
      removeEventListener(READY, attempt);
      set((before) => ({ ...before, loading: true }));
      ask<T>(url, stop.signal, body).then(
        (data) => {
          if (stop.signal.aborted) return;
          set({ data, error: null, loading: false });
          busy = false;
          if (again) news();
        },
        (error: unknown) => {
          if (stop.signal.aborted) return;
          busy = false;
          const failed =
            error instanceof Failure ? error : new Failure("The answer cannot be read.", null, 0);
          set((before) => ({
            // What was there stays while the server reads, or is away for a moment.
            data: failed.status === 503 || failed.status === 0 ? before.data : null,
            error: failed,
            loading: failed.status === 503,
          }));
          if (failed.status !== 503) return;
          timer = setTimeout(attempt, AGAIN);
          addEventListener(READY, attempt);
        },
      );
    };
    const news = () => {
      again = true;
      if (busy) return;
      clearTimeout(timer);
      timer = setTimeout(attempt, Math.max(0, begun + NEWS_EVERY - Date.now()));
    };
    attempt();
    if (live) addEventListener(NEWS, news);
    return () => {
      stop.abort();
      clearTimeout(timer);
      removeEventListener(NEWS, news);
      removeEventListener(READY, attempt);
    };
    // The key holds the address and the body.
  }, [key]);
  return answer;
}
