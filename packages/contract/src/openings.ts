/** What one query opens: the keys of stored entries, each once, within bounds. For the hosts of contracts. */
import { toHex } from "@pha/scale";

/** Most entries that one query opens. */
export const MAX_OPENED_FIELDS = 16;
/** Most bytes of their keys and values together. */
export const MAX_OPENED_BYTES = 96 << 10;

export interface Openings {
  /** Code of a failure that ends the call, or nothing. */
  open(key: Uint8Array): string | undefined;
  /** In the order in which they were opened. */
  readonly keys: readonly Uint8Array[];
}

export function createOpenings(
  kind: "instantiate" | "command" | "query",
  get: (key: Uint8Array) => Uint8Array | undefined,
): Openings {
  const opened = new Map<string, Uint8Array>();
  let bytes = 0;
  return {
    open(key) {
      if (kind !== "query") return "contract/command-opens";
      const name = toHex(key);
      if (opened.has(name)) return undefined;
      const value = get(key);
      if (value === undefined) return "contract/nothing-to-open";
      bytes += key.length + value.length;
      if (opened.size === MAX_OPENED_FIELDS || bytes > MAX_OPENED_BYTES)
        return "contract/too-many-openings";
      opened.set(name, key);
      return undefined;
    },
    get keys() {
      return [...opened.values()];
    },
  };
}
