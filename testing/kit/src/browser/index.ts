/** For scenarios and benches: pages in Chromium, and the servers they speak to. */
export {
  type FoundChromium,
  findChromium,
  launchChromium,
  type OpenPage,
  openPage,
} from "./chromium.ts";
export { type RpcServer, serveRpc } from "./serve-rpc.ts";
export { type InPage, trustInPages } from "./trust-in-pages.ts";
export type { TrustInput, TrustOutcome } from "./trust-page.ts";
export { servePage, type WebPage } from "./web-page.ts";
