/** What a site's owner says of its tracker, as attributes of the script or as an object. */
import type { Bytes } from "./seal-visit.ts";

export interface Settings {
  /** Contract id, 32 bytes. */
  readonly site: Bytes;
  /** The contract's key for visits, 32 bytes. */
  readonly workerKey: Bytes;
  /** Address of the collector, without a slash at its end. */
  readonly collector: string;
  /** Hosts of which visits are counted; empty: every one. */
  readonly domains: readonly string[];
  /** Counts on this machine too. */
  readonly localhost: boolean;
  /** Counts page views by itself. */
  readonly auto: boolean;
  /** A change of the fragment is a page view. */
  readonly hash: boolean;
  readonly excludeSearch: boolean;
  readonly excludeHash: boolean;
  /** Loads X25519 where the browser has none. */
  readonly fallback: boolean;
  /** Name of a function of the page that may change a visit, or refuse it. */
  readonly beforeSend: string;
}

/**
 * Settings by names of attributes without `data-`, as in `data-worker-key`. Nothing where the site, the key or the collector
 * is missing or malformed: then there is no tracker.
 *
 * @param origin of the script: the collector unless another is named
 */
export function readSettings(
  attributes: Readonly<Record<string, string | undefined>>,
  origin: string,
): Settings | undefined {
  const site = bytesOf(attributes["site"]);
  const workerKey = bytesOf(attributes["worker-key"]);
  const collector = (attributes["collector"] ?? origin).replace(/\/+$/, "");
  if (!site || !workerKey || !/^https?:\/\/[^/?#\s]+(\/[^?#\s]*)?$/.test(collector))
    return undefined;
  const isOn = (name: string): boolean => {
    const value = attributes[name];
    return value !== undefined && value !== "false" && value !== "off";
  };
  return {
    site,
    workerKey,
    collector,
    domains: (attributes["domains"] ?? "")
      .toLowerCase()
      .split(/[\s,]+/)
      .filter((domain) => domain !== ""),
    localhost: isOn("localhost"),
    auto: attributes["auto"] !== "false",
    hash: isOn("hash"),
    excludeSearch: isOn("exclude-search"),
    excludeHash: isOn("exclude-hash"),
    fallback: attributes["fallback"] !== "off",
    beforeSend: attributes["before-send"] ?? "",
  };
}

/** 32 bytes of hex, with or without `0x`. */
export function bytesOf(text: unknown): Bytes | undefined {
  const match = typeof text === "string" ? /^(?:0x)?([0-9a-f]{64})$/i.exec(text) : null;
  const pairs = match?.[1]?.match(/../g);
  return pairs ? Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16)) : undefined;
}
