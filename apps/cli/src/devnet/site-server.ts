/**
 * The sample site of a devnet, on a loopback port of its own: a page whose visits the analytics contract counts.
 *
 * **Bounds**: the files there were at the start. **Trust**: any page may ask; `Host` must name this machine. Its policy of
 * content is as strict as the console's, and connects to the collector alone.
 */
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { isOwnHost, listen } from "./console-server.ts";

export interface SiteServer {
  readonly url: string;
  stop(): Promise<void>;
}

export interface SiteServerOptions {
  readonly dist: string;
  /** First port to try; 0 takes any. */
  readonly port: number;
  /** Contract id in hex. */
  readonly site: string;
  readonly collector: string;
  /** The contract's key for visits in hex; asked when the page is. */
  readonly key: () => Promise<string>;
}

/** File → where it lies in the build, and its type. */
const FILES = [
  ["/index.html", "site/index.html", "text/html; charset=utf-8"],
  ["/site.js", "site/site.js", "text/javascript; charset=utf-8"],
  ["/style.css", "site/style.css", "text/css; charset=utf-8"],
  ["/w.js", "tracker/w.js", "text/javascript; charset=utf-8"],
  ["/w-x25519.js", "tracker/w-x25519.js", "text/javascript; charset=utf-8"],
] as const;

export function sitePolicy(collector: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src data:",
    `connect-src ${collector}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join("; ");
}

/** Nothing where the build has no such site. */
export async function startSiteServer(options: SiteServerOptions): Promise<SiteServer | undefined> {
  const files = new Map<string, { readonly bytes: Buffer; readonly type: string }>();
  for (const [path, place, type] of FILES) {
    const bytes = await readFile(join(options.dist, place)).catch(() => undefined);
    if (bytes === undefined) return undefined;
    files.set(path, { bytes, type });
  }
  const headers = {
    "content-security-policy": sitePolicy(options.collector),
    "x-content-type-options": "nosniff",
    "referrer-policy": "strict-origin-when-cross-origin",
    "cache-control": "no-store",
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refuse = (status: number, text: string): void => {
      response.writeHead(status, { ...headers, "content-type": "text/plain; charset=utf-8" });
      response.end(text);
    };
    if (!isOwnHost(request.headers.host)) {
      refuse(421, "This address is for this machine.\n");
      return;
    }
    if (request.method !== "GET" && request.method !== "HEAD") {
      refuse(405, "GET only.\n");
      return;
    }
    const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
    // Pages of the site have no extension: the one document is all of them.
    const file = files.get(extname(path) === "" ? "/index.html" : path);
    if (file === undefined) {
      refuse(404, "No such file.\n");
      return;
    }
    const bytes = file.type.startsWith("text/html") ? await filledIn(file.bytes) : file.bytes;
    response.writeHead(200, { ...headers, "content-type": file.type });
    response.end(request.method === "HEAD" ? undefined : bytes);
  }

  /** Until the contract answers there is no key, and the page counts nothing. */
  async function filledIn(page: Buffer): Promise<string> {
    const key = await options.key().catch(() => "");
    return page
      .toString()
      .replace("{{site}}", options.site)
      .replace("{{key}}", key)
      .replace("{{collector}}", options.collector);
  }

  const server = createServer(
    { requestTimeout: 10_000, maxHeaderSize: 16_384 },
    (request, response) => {
      answer(request, response).catch(() => response.destroy());
    },
  );
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
