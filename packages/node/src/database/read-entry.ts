/** An entry of a database that may be damaged. */
import { type Codec, decode } from "@pha/scale";
import type { KeyValueStore } from "@pha/state";

/** `undefined` when it is missing or does not decode. */
export function readEntry<T>(
  store: KeyValueStore,
  key: Uint8Array,
  codec: Codec<T>,
): T | undefined {
  const stored = store.get(key);
  const decoded = stored && decode(codec, stored);
  return decoded?.ok ? decoded.value : undefined;
}
