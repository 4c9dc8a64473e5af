/**
 * One answer of a source of collateral, within bounds: of size, of time, of redirections, of attempts.
 *
 * **Trust**: the source may send anything, slowly or for ever. What counts of it, a chain decides by its vendor's signature.
 */
import { fail, ok, type Result } from "@pha/scale";

export interface FetchLimits {
  readonly maxBytes: number;
  /** Of one attempt, its redirections included. */
  readonly timeoutMs: number;
  readonly maxRedirects: number;
  readonly attempts: number;
  /** Before the second attempt; doubles. */
  readonly firstPauseMs: number;
}

export const FETCH_LIMITS: FetchLimits = {
  // Google's list is the longest answer.
  maxBytes: 4 << 20,
  timeoutMs: 20_000,
  maxRedirects: 2,
  attempts: 4,
  firstPauseMs: 1_000,
};

export interface SourceAnswer {
  readonly body: Uint8Array;
  header(name: string): string | undefined;
}

export type SourceFailure =
  | { readonly code: "keeper/unreachable"; readonly reason: string }
  | { readonly code: "keeper/http-status"; readonly status: number }
  | { readonly code: "keeper/answer-too-long"; readonly most: number }
  /** Too many, to another protocol, or to nowhere. */
  | { readonly code: "keeper/redirect-refused"; readonly location: string }
  | { readonly code: "keeper/malformed-answer"; readonly reason: string };

/** Another request than a plain `GET`. */
export interface SourceRequest {
  readonly method: "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Asks again what may pass: no connection, no time, a source that is busy or broken. */
export async function fetchBounded(
  url: string,
  limits: FetchLimits,
  signal: AbortSignal,
  request?: SourceRequest,
): Promise<Result<SourceAnswer, SourceFailure>> {
  let pauseMs = limits.firstPauseMs;
  for (let attempt = 1; ; attempt++) {
    const answer = await attemptOnce(url, limits, signal, request);
    if (answer.ok || attempt >= limits.attempts || signal.aborted || !mayPass(answer.error))
      return answer;
    await pause(pauseMs, signal);
    pauseMs *= 2;
  }
}

function mayPass(failure: SourceFailure): boolean {
  if (failure.code === "keeper/unreachable") return true;
  return failure.code === "keeper/http-status" && (failure.status === 429 || failure.status >= 500);
}

async function attemptOnce(
  url: string,
  { maxBytes, timeoutMs, maxRedirects }: FetchLimits,
  signal: AbortSignal,
  request: SourceRequest | undefined,
): Promise<Result<SourceAnswer, SourceFailure>> {
  const until = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  try {
    let at = new URL(url);
    for (let redirects = 0; ; redirects++) {
      const response = await fetch(at, { ...request, signal: until, redirect: "manual" });
      const location = response.headers.get("location");
      if (location !== null && response.status >= 300 && response.status < 400) {
        await response.body?.cancel();
        const next = URL.canParse(location, at) ? new URL(location, at) : undefined;
        if (redirects >= maxRedirects || next?.protocol !== at.protocol)
          return fail({ code: "keeper/redirect-refused", location: location.slice(0, 200) });
        at = next;
        continue;
      }
      if (response.status !== 200) {
        await response.body?.cancel();
        return fail({ code: "keeper/http-status", status: response.status });
      }
      const body = await readBody(response, maxBytes);
      if (body === undefined) return fail({ code: "keeper/answer-too-long", most: maxBytes });
      return ok({ body, header: (name) => response.headers.get(name) ?? undefined });
    }
  } catch (error) {
    return fail({ code: "keeper/unreachable", reason: causeOf(error) });
  }
}

async function readBody(response: Response, maxBytes: number): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body ?? []) {
    length += part.length;
    if (length > maxBytes) return undefined;
    parts.push(part);
  }
  return new Uint8Array(Buffer.concat(parts));
}

/** `fetch` hides why it failed behind "fetch failed". */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}
