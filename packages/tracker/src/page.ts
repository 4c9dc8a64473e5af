/** What a tracker reads of the page, and whether it may count at all: pure, so that it is tested without a browser. */
import type { Settings } from "./settings.ts";

export interface PageFacts {
  readonly host: string;
  readonly path: string;
  readonly search: string;
  readonly hash: string;
}

export interface Wishes {
  /** `navigator.doNotTrack`, or an older place of it. */
  readonly doNotTrack: unknown;
  /** `navigator.globalPrivacyControl`. */
  readonly globalPrivacyControl: unknown;
  /** `localStorage.w3a_ignore`. */
  readonly ignore: string | null;
}

/** Asked before each visit: a wish may change while a page is open. */
export function mayCount(
  settings: Pick<Settings, "localhost" | "domains">,
  host: string,
  wishes: Wishes,
): boolean {
  const { doNotTrack, globalPrivacyControl, ignore } = wishes;
  if (doNotTrack === "1" || doNotTrack === "yes" || doNotTrack === true) return false;
  if (globalPrivacyControl === true || globalPrivacyControl === "1") return false;
  if (ignore !== null && ignore !== "" && ignore !== "false" && ignore !== "0") return false;
  if (isLocal(host) && !settings.localhost) return false;
  return settings.domains.length === 0 || settings.domains.includes(host.toLowerCase());
}

/** This machine, or a file. */
function isLocal(host: string): boolean {
  return /^(|localhost|.*\.localhost|127(\.\d+){3}|\[::1\]|0\.0\.0\.0)$/i.test(host);
}

export function shownPath(
  { path, search, hash }: PageFacts,
  settings: Pick<Settings, "excludeSearch" | "excludeHash">,
): string {
  return `${path}${settings.excludeSearch ? "" : search}${settings.excludeHash ? "" : hash}`;
}

/** Empty when it is this host's own, or none. */
export function referrerHostOf(referrer: string, own: string): string {
  try {
    const { host } = new URL(referrer);
    return host === own ? "" : host;
  } catch {
    // No address: there is no referrer.
    return "";
  }
}
