/** The pinned engine binary as it runs: metered. */
import { PhaError, toHex } from "@pha/scale";
import { instrument } from "../wasm/instrument.ts";
import { ENGINE_HASH, STACK_LIMITS } from "./layout.ts";

/**
 * @param sha256 the machine's own: an engine process loads no cryptography
 * @throws PhaError `engine/unknown-binary`
 */
export function instrumentEngine(
  original: Uint8Array,
  sha256: (bytes: Uint8Array) => Uint8Array,
): Uint8Array {
  const hash = toHex(sha256(original)).slice(2);
  if (hash !== ENGINE_HASH)
    throw new PhaError("engine/unknown-binary", "the installed QuickJS is not the pinned one", {
      facts: { hash, pinned: ENGINE_HASH },
      hint: "Install dependencies from the lockfile: npm ci.",
    });
  return instrument(original, STACK_LIMITS);
}
