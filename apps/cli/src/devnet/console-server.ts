/**
 * Serves the console's bundle from loopback, `/pha.json`, which tells it of this network, and the devnet's faults.
 *
 * **Bounds**: the files there were at the start, by their names; nothing of a request becomes a path on disk. **Trust**:
 * any page may ask; `Host` must name this machine, so that no other name may be bound to it.
 */
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { CONTROL_PATH, type Control } from "./control.ts";
import { freePort } from "./free-port.ts";

/** What a page of the console learns of the network that serves it. */
export interface ServedNetwork {
  readonly name: string;
  /** WebSocket address of the node; absent: the page follows the chain with its light client. */
  readonly node?: string;
  /** Path of the chain specification that its light client begins with. */
  readonly chainSpec?: string;
  readonly workers: readonly string[];
  /** Genesis hash in hex. */
  readonly genesis: string;
  /** Development accounts may be used, simulated TEEs are talked to. */
  readonly development: boolean;
}

/** Where the page finds what its light client begins with. */
export const CHAIN_SPEC_PATH = "/chain-spec.json";

export interface ConsoleServer {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Scripts, styles and pictures of this origin, no inline ones and no `eval`; WebAssembly for hashes and for the light client,
 * both out of scripts of this origin: it runs nothing that a script could not. Connections go wherever the person names a
 * node or a worker host, and to the peers that a chain specification names.
 */
export const CONSOLE_POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self' http: https: ws: wss:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join("; ");

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
  ".json": "application/json",
};

interface ServedFile {
  readonly path: string;
  readonly type: string;
  readonly bytes: number;
  /** Size of the compressed file beside it. */
  readonly gzipBytes: number | undefined;
}

/**
 * @param folder of the bundle; `undefined` comes back where there is none, as in builds of single programs
 * @param options networks and chain specification are asked at each request: a page may be open before the network is there
 */
export async function startConsoleServer(options: {
  readonly folder: string;
  /** First port to try; 0 takes any. */
  readonly port: number;
  readonly networks: () => readonly ServedNetwork[];
  /** As the node has it; `undefined` while there is none. */
  readonly chainSpec: () => Promise<unknown>;
  readonly control: Control;
  /** Of the devnet's own collector and sample site. */
  readonly analytics: () => object | undefined;
}): Promise<ConsoleServer | undefined> {
  const files = await filesOf(options.folder);
  const page = files.get("/index.html");
  if (page === undefined) return undefined;

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const headers = { ...HEADERS, "cache-control": "no-store" };
    const refuse = (status: number, text: string): void => {
      response.writeHead(status, { ...headers, "content-type": "text/plain; charset=utf-8" });
      response.end(text);
    };
    if (!isOwnHost(request.headers.host)) {
      refuse(421, "This address is for this machine.\n");
      return;
    }
    const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
    if (path === CONTROL_PATH && (request.method === "GET" || request.method === "POST")) {
      options.control.answer(request).then(
        ({ status, body }) => {
          response.writeHead(status, { ...headers, "content-type": TYPES[".json"] });
          response.end(JSON.stringify(body));
        },
        // The request ended in the middle, or the machine refused: there is nothing to tell.
        () => response.destroy(),
      );
      return;
    }
    if (request.method !== "GET" && request.method !== "HEAD") {
      refuse(405, "GET only.\n");
      return;
    }
    if (path === "/pha.json") {
      response.writeHead(200, { ...headers, "content-type": TYPES[".json"] });
      const networks = options.networks();
      const { token } = options.control;
      const analytics = options.analytics();
      response.end(JSON.stringify({ networks, faults: { token }, analytics }));
      return;
    }
    if (path === CHAIN_SPEC_PATH) {
      options.chainSpec().then(
        (spec) => {
          if (spec === undefined) return refuse(503, "The network is not ready yet.\n");
          response.writeHead(200, { ...headers, "content-type": TYPES[".json"] });
          response.end(JSON.stringify(spec));
        },
        // The node is away; its name for what went wrong is for whoever runs it.
        () => refuse(503, "The node does not answer.\n"),
      );
      return;
    }
    // Pages of the console have no extension: the one document decides what they show.
    const file = files.get(path) ?? (extname(path) === "" ? page : undefined);
    if (file === undefined) {
      refuse(404, "No such file.\n");
      return;
    }
    const zipped = file.gzipBytes !== undefined && /\bgzip\b/.test(accepted(request));
    response.writeHead(200, {
      ...headers,
      "content-type": file.type,
      "content-length": zipped ? file.gzipBytes : file.bytes,
      vary: "accept-encoding",
      ...(zipped && { "content-encoding": "gzip" }),
      // Names of assets have the hash of their content in them.
      ...(path.startsWith("/assets/") && {
        "cache-control": "public, max-age=31536000, immutable",
      }),
    });
    if (request.method === "HEAD") {
      response.end();
      return;
    }
    createReadStream(zipped ? `${file.path}.gz` : file.path)
      .once("error", () => response.destroy())
      .pipe(response);
  }

  const server = createServer({ requestTimeout: 10_000, maxHeaderSize: 16_384 }, answer);
  await listen(server, options.port);
  // A listening TCP server has an address of this form.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Between finding a free port and taking it somebody else may take it: then the next one. */
export async function listen(server: Server, wanted: number): Promise<void> {
  for (let tries = 0; ; tries++) {
    const port = await freePort(wanted);
    const error = await new Promise<Error | undefined>((resolve) => {
      server.once("error", resolve);
      server.listen(port, "127.0.0.1", () => {
        server.off("error", resolve);
        resolve(undefined);
      });
    });
    if (error === undefined) return;
    if (tries >= 10) throw error;
  }
}

const HEADERS = {
  "content-security-policy": CONSOLE_POLICY,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
};

function accepted({ headers }: IncomingMessage): string {
  return String(headers["accept-encoding"] ?? "");
}

export function isOwnHost(host: string | undefined): boolean {
  return /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/.test(host ?? "");
}

async function filesOf(folder: string): Promise<ReadonlyMap<string, ServedFile>> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const files = new Map<string, ServedFile>();
  for (const name of names) {
    const type = TYPES[extname(name)];
    if (type === undefined) continue;
    const path = join(folder, name);
    const { size } = await stat(path);
    const gzip = await stat(`${path}.gz`).catch(() => undefined);
    files.set(`/${name}`, { path, type, bytes: size, gzipBytes: gzip?.size });
  }
  return files;
}
