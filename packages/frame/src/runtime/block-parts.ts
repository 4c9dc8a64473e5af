/** Comparison of digests. */
import { encode, equalBytes } from "@pha/scale";
import { Digest, type DigestLog } from "./header.ts";

/** Whether a received digest is the one made here; its seals are not the runtime's. */
export function isSameDigest(made: readonly DigestLog[], received: readonly DigestLog[]): boolean {
  const unsealed = received.filter((item) => item.type !== "Seal");
  return equalBytes(encode(Digest, made), encode(Digest, unsealed));
}
