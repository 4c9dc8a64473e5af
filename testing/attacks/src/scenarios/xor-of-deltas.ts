/** A divergent replica, or a clone on a fork, seals another delta of the same block; somebody XORs both. */
import { clusterRoot, deriveStateKeys, type StateWrite, sealDelta } from "@pha/protocol";
import { utf8 } from "@pha/scale";
import type { Attack } from "../attack.ts";

const filled = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);

export const attack: Attack = {
  name: "XOR of two replicas' deltas",
  rule: "the iv is a MAC over the plaintext too: two plaintexts never share a keystream (protocol §5)",
  weaknesses: [
    {
      file: "packages/crypto/src/siv.ts",
      text: "return backend.hmacSha256(keys.macKey, data).slice(0, SIV_OVERHEAD_BYTES);",
      // As a counter of blocks would be: what both replicas have in common, without what they found.
      instead:
        "return backend.hmacSha256(keys.macKey, context.subarray(0, context.length - 32)).slice(0, SIV_OVERHEAD_BYTES);",
    },
  ],
  attempt() {
    const place = { genesisHash: filled(1), cluster: filled(2) };
    const keys = deriveStateKeys(filled(3), { ...place, version: 0 });
    const at = { ...place, blockHash: filled(4), previousRoot: filled(5) };
    const sealed = (value: string): Uint8Array => {
      const write: StateWrite = { contract: filled(6), key: utf8("bid"), value: utf8(value) };
      const newRoot = clusterRoot(at, utf8(value));
      const made = sealDelta(keys, { ...at, keyVersion: 0, newRoot }, [write]);
      if (!made.ok) throw new Error("a small delta has a bucket");
      return made.value.subarray(16);
    };
    const [honest, divergent] = [sealed("bid of 1000 PHA"), sealed("bid of 7777 PHA")];
    const differing = honest.filter((byte, i) => byte !== divergent[i]).length;
    // With one keystream all but four digits cancel out.
    return differing <= 4
      ? { succeeded: true, says: `the XOR shows where the plaintexts differ: ${differing} bytes` }
      : { succeeded: false, says: "the XOR is noise from end to end" };
  },
};
