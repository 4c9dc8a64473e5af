/**
 * HTTP of a collector: takes sealed visits from pages, serves the tracker, says how it stands.
 *
 * It sees ciphertext of three lengths, the time, and the sender's address, which goes with the visit; it keeps neither after,
 * and writes no log. **Bounds**: those of the queue; bodies of one visit; headers and requests in time. **Trust**: any page
 * of an allowed origin, and any program, may send; a visit is a claim.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { isPhaError, PhaError, toHex } from "@pha/scale";
import type { Bringing } from "./bring-visits.ts";
import { MAX_BOX_BYTES, type VisitQueue } from "./visit-queue.ts";

export interface CollectorServerOptions {
  /** Contract id. */
  readonly site: Uint8Array;
  /** Address of the account that brings. */
  readonly account: string;
  readonly queue: VisitQueue;
  readonly bringing: Bringing;
  /** Origins of pages that may send; `*` for all. Asked at each request. */
  readonly origins: () => readonly string[];
  /** The last address that a proxy in front adds counts as the sender's. */
  readonly behindProxy: boolean;
  /** Files of the tracker by name. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly now: () => number;
}

const VISITS = "/v1/visits/";

export function createCollectorServer(options: CollectorServerOptions): Server {
  const { site, account, queue, bringing, files } = options;
  const ownPath = `${VISITS}${toHex(site)}`;

  async function answer(request: IncomingMessage): Promise<Answer> {
    const { method = "GET", url = "/" } = request;
    const path = url.split("?", 1)[0] ?? "/";
    if (method === "OPTIONS") return { status: 204, body: undefined };
    if (path.startsWith(VISITS)) {
      if (method !== "POST") throw refusal("collector/bad-method", { method });
      if (path !== ownPath) throw refusal("collector/other-site", { site: path.slice(-66) });
      const box = await bodyOf(request);
      queue.add(box, senderOf(request, options.behindProxy), options.now());
      bringing.wake();
      return { status: 202, body: { waiting: queue.length } };
    }
    if (method !== "GET" && method !== "HEAD") throw refusal("collector/bad-method", { method });
    if (path === "/healthz") return { status: 200, body: { ok: true } };
    if (path === "/v1/site") {
      const { problem = null, ...state } = bringing.state;
      const body = { site: toHex(site), account, waiting: queue.length, ...state, problem };
      return { status: 200, body };
    }
    const file = files.get(path.slice(1));
    if (file !== undefined) return { status: 200, body: file };
    throw refusal("collector/not-found", {});
  }

  /** Allowed origins learn so; whoever says none is no page. */
  function originHeaders({ origin }: IncomingMessage["headers"]): Record<string, string> {
    if (origin === undefined) return {};
    const origins = options.origins();
    const isForAll = origins.includes("*");
    const isAllowed = isForAll || origins.includes(origin);
    if (!isAllowed) throw refusal("collector/other-origin", { origin });
    return {
      "access-control-allow-origin": isForAll ? "*" : origin,
      "access-control-allow-methods": "GET, POST",
      "access-control-max-age": "600",
      vary: "origin",
    };
  }

  function send(response: ServerResponse, { status, body, headers }: Answer): void {
    const isFile = body instanceof Uint8Array;
    const type = isFile ? "text/javascript; charset=utf-8" : "application/json";
    response.writeHead(status, {
      ...HEADERS,
      ...headers,
      ...(body !== undefined && { "content-type": type }),
      "cache-control": isFile ? "public, max-age=3600" : "no-store",
    });
    response.end(isFile || body === undefined ? body : JSON.stringify(body));
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let headers: Record<string, string> = {};
    try {
      headers = originHeaders(request.headers);
      const given = await answer(request);
      send(response, { ...given, headers: { ...headers, ...given.headers } });
    } catch (error) {
      if (!isPhaError(error)) {
        // The request ended in the middle: there is nobody to tell.
        response.destroy();
        return;
      }
      const { code, message, hint, facts } = error;
      const status = STATUS[code] ?? 400;
      send(response, {
        status,
        body: { code, message, hint, facts },
        headers: { ...headers, ...(status === 429 && { "retry-after": "1" }), connection: "close" },
      });
    }
  }

  return createServer(
    { requestTimeout: 10_000, headersTimeout: 10_000, maxHeaderSize: 16_384 },
    (request, response) => void handle(request, response),
  );
}

interface Answer {
  readonly status: number;
  readonly body: object | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/** @throws PhaError `collector/no-port` */
export function listenOn(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause) =>
      reject(
        new PhaError("collector/no-port", `nothing can listen on port ${port} of ${host}`, {
          cause,
          facts: { host, port },
          hint: "Give another port with --port; 0 takes any.",
        }),
      ),
    );
    server.listen(port, host, resolve);
  });
}

const HEADERS = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  // Pages of other origins load the tracker.
  "cross-origin-resource-policy": "cross-origin",
};

const STATUS: Readonly<Record<string, number>> = {
  "collector/bad-method": 405,
  "collector/other-site": 404,
  "collector/not-found": 404,
  "collector/too-large": 413,
  "collector/too-many": 429,
  "collector/other-origin": 403,
  "collector/full": 503,
};

const REFUSALS = {
  "collector/bad-method": {
    message: "this address takes another method",
    hint: "POST visits; GET everything else.",
  },
  "collector/other-site": {
    message: "this collector is for another site",
    hint: "Compare data-site of the tracker with GET /v1/site.",
  },
  "collector/not-found": {
    message: "there is nothing at this address",
    hint: "Look at docs/how-to/analytics.md for the addresses of a collector.",
  },
  "collector/other-origin": {
    message: "pages of this origin may not send here",
    hint: "Start the collector with --origin of this page's site.",
  },
  "collector/too-large": {
    message: "this is longer than any visit",
    hint: "Send what the tracker seals, one visit at a time.",
  },
} as const;

function refusal(
  code: keyof typeof REFUSALS,
  facts: Readonly<Record<string, string | number>>,
): PhaError {
  const { message, hint } = REFUSALS[code];
  return new PhaError(code, message, { facts, hint });
}

async function bodyOf(request: IncomingMessage): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request) {
    // Without an encoding a request gives buffers.
    const buffer = part as Buffer;
    bytes += buffer.length;
    if (bytes > MAX_BOX_BYTES) throw refusal("collector/too-large", { most: MAX_BOX_BYTES });
    parts.push(buffer);
  }
  return Uint8Array.from(Buffer.concat(parts));
}

const MAX_ADDRESS = 64;

/** As the connection has it, or as the proxy in front wrote it last. */
function senderOf({ headers, socket }: IncomingMessage, behindProxy: boolean): string {
  const forwarded = behindProxy ? String(headers["x-forwarded-for"] ?? "").split(",") : [];
  const address = forwarded.at(-1)?.trim() || (socket.remoteAddress ?? "");
  return address.replace(/^::ffff:/, "").slice(0, MAX_ADDRESS);
}
