/** Public test accounts, without what other phrases need: the list of words and the other schemes. */
import { fromHex } from "@pha/scale";
import { junctionsOf } from "./junctions.ts";
import { type Sr25519Pair, sr25519DeriveHard, sr25519FromSeed } from "./sr25519.ts";

/** Mini secret of `DEV_PHRASE`, 32 bytes; known to everyone. Nobody writes to it. */
export const DEV_SEED: Uint8Array = fromHex(
  "0xfac7959dbfe72f052e5a0c3c8d6530f202b02fd8f9f5ca3580ec8deb7797479e",
);

/** The pair of `//name`. */
export function developmentPair(name: string): Sr25519Pair {
  return junctionsOf(`//${name}`).reduce(
    (pair, { chainCode }) => sr25519DeriveHard(pair, chainCode),
    sr25519FromSeed(DEV_SEED),
  );
}
