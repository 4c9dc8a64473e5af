/**
 * Intel's quote of a trust domain on a machine whose guests have no quoting service: Azure's metadata service makes one of a
 * local report. It is asked when a pRuntime asks, and never else.
 *
 * **Bounds**: those of `fetchBounded`, without redirections, one request at a time; `MAX_KEPT` quotes for `KEPT_MS`, because
 * everybody may challenge a worker; after a failure nothing is asked for `AGAIN_MS`. **Trust**: neither pRuntime's report nor
 * the service's answer: pRuntime compares the quote with its report, and who takes evidence looks at Intel's signature.
 *
 * @see Azure guest tooling "get_td_quote"
 */
import { MAX_TD_QUOTE_BYTES } from "@pha/protocol";
import { fail, ok, type Result, toHex, utf8ToText } from "@pha/scale";
import type { WorkerLog } from "../log.ts";
import {
  FETCH_LIMITS,
  type FetchLimits,
  fetchBounded,
  type SourceFailure,
} from "./fetch-bounded.ts";

/** Link-local: the machine's own. */
export const AZURE_TD_QUOTE_URL = "http://169.254.169.254/acc/tdquote";

const MAX_KEPT = 16;
const KEPT_MS = 600_000;
const AGAIN_MS = 10_000;
/** A quote in base64url, and the JSON around it. */
const MAX_ANSWER_BYTES = 16 << 10;
const BASE64URL = /^[A-Za-z0-9_-]+={0,2}$/;

export interface TdQuotes {
  /** @param localReport 1024 bytes @returns `undefined` when there is none to be had now */
  get(localReport: Uint8Array): Promise<Uint8Array | undefined>;
  stop(): void;
}

export interface TdQuotesOptions {
  /** @default AZURE_TD_QUOTE_URL */
  readonly url?: string | undefined;
  readonly log: WorkerLog;
  readonly limits?: FetchLimits;
  /** @default performance.now */
  readonly nowMs?: () => number;
}

interface Kept {
  readonly quote: Uint8Array;
  readonly atMs: number;
}

export function createTdQuotes(options: TdQuotesOptions): TdQuotes {
  const { url = AZURE_TD_QUOTE_URL, log, nowMs = () => performance.now() } = options;
  const given = options.limits ?? FETCH_LIMITS;
  const limits = { ...given, maxBytes: MAX_ANSWER_BYTES, maxRedirects: 0 };
  const stopping = new AbortController();
  const kept = new Map<string, Kept>();
  let failedAtMs = Number.NEGATIVE_INFINITY;
  let asking: Promise<unknown> = Promise.resolve();

  async function fetched(localReport: Uint8Array): Promise<Uint8Array | undefined> {
    const name = toHex(localReport);
    const known = kept.get(name);
    if (known !== undefined && nowMs() - known.atMs < KEPT_MS) return known.quote;
    if (nowMs() - failedAtMs < AGAIN_MS) return undefined;
    const report = Buffer.from(localReport).toString("base64url");
    const answer = await fetchBounded(url, limits, stopping.signal, {
      method: "POST",
      headers: {
        // Without it the service takes the request for a forwarded one.
        Metadata: "true",
        "Content-Type": "application/json",
        Accept: "application/json",
      },
      body: JSON.stringify({ report }),
    });
    const quote = answer.ok ? readTdQuoteAnswer(answer.value.body) : answer;
    if (quote.ok) {
      log.info({ url, bytes: quote.value.length }, "the machine's metadata service gave a quote");
      keep(name, quote.value);
      return quote.value;
    }
    failedAtMs = nowMs();
    log.warn({ url, ...quote.error }, "the machine's metadata service gave no quote");
    return undefined;
  }

  function keep(name: string, quote: Uint8Array): void {
    kept.delete(name);
    kept.set(name, { quote, atMs: nowMs() });
    for (const oldest of kept.keys()) {
      if (kept.size <= MAX_KEPT) break;
      kept.delete(oldest);
    }
  }

  return {
    get(localReport) {
      if (stopping.signal.aborted) return Promise.resolve(undefined);
      const answer = asking.then(() => fetched(localReport));
      asking = answer.catch(() => undefined);
      return answer;
    },
    stop: () => stopping.abort(),
  };
}

/** `{"quote": base64url}`; other members are not looked at. */
export function readTdQuoteAnswer(body: Uint8Array): Result<Uint8Array, SourceFailure> {
  const malformed = (reason: string) => fail({ code: "keeper/malformed-answer", reason } as const);
  const text = utf8ToText(body);
  if (text === undefined) return malformed("no UTF-8");
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // no JSON
    return malformed("no JSON");
  }
  const quote =
    typeof json === "object" && json !== null && "quote" in json ? json.quote : undefined;
  if (typeof quote !== "string" || !BASE64URL.test(quote))
    return malformed("no quote in base64url");
  const bytes = new Uint8Array(Buffer.from(quote, "base64url"));
  return bytes.length > MAX_TD_QUOTE_BYTES
    ? fail({ code: "keeper/answer-too-long", most: MAX_TD_QUOTE_BYTES })
    : ok(bytes);
}
