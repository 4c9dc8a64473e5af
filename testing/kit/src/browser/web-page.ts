/** Serves one page from loopback under a strict content security policy, as a careful site would. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface WebPage {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Scripts from this origin only, no `eval`; `wasm-unsafe-eval` is what WebAssembly needs and allows nothing else.
 * Connections to loopback, where the devnet of the test is.
 */
export const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "connect-src 'self' http://127.0.0.1:* ws://127.0.0.1:*",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join("; ");

const PAGE = `<!doctype html>
<meta charset="utf-8">
<title>Pha</title>
<script type="module" src="/app.js"></script>
<p id="answer"></p>
`;

/** @param files more files by path, such as `/devnet.json` */
export async function servePage(
  script: string,
  files: Readonly<Record<string, string>> = {},
): Promise<WebPage> {
  const content: Readonly<Record<string, string>> = { ...files, "/": PAGE, "/app.js": script };
  const server = createServer(({ url = "/" }, response) => {
    const text = Object.hasOwn(content, url) ? content[url] : undefined;
    response.writeHead(text === undefined ? 404 : 200, {
      "content-type": typeOf(url),
      "content-security-policy": POLICY,
      "x-content-type-options": "nosniff",
      "cache-control": "no-store",
    });
    response.end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function typeOf(path: string): string {
  if (path.endsWith(".js")) return "text/javascript; charset=utf-8";
  return path.endsWith(".json") ? "application/json" : "text/html; charset=utf-8";
}
