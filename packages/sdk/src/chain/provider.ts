/** Where a client has its chain from: the SDK's own light client over a node's RPC, or another that verifies for it. */
import { PhaError, parseHex, toHex } from "@pha/scale";
import { verifyProof } from "@pha/state";
import type { RpcTransport } from "../rpc/transport.ts";
import { type FinalityFollower, startFollower } from "./follower.ts";
import type { VerifiedBlock } from "./verified-heads.ts";

/** A source of the chain that verifies what it gives. */
export interface ChainProvider {
  readonly rpc: RpcTransport;
  /** Follows verified finality. @param expectedGenesis refuses another network */
  follow(expectedGenesis?: Uint8Array): Promise<FinalityFollower>;
  /** Value at a verified block, itself verified; `undefined` when it is shown not to be there. */
  read(key: Uint8Array, at: VerifiedBlock): Promise<Uint8Array | undefined>;
  /** The same of several keys, in their order; absent: they are read one by one. */
  readAll?(
    keys: readonly Uint8Array[],
    at: VerifiedBlock,
  ): Promise<readonly (Uint8Array | undefined)[]>;
}

/** Keys that one proof is asked for. */
const KEYS_PER_PROOF = 128;

/** A node that is not trusted: it gives proofs, and they are checked here. */
export function nodeProvider(rpc: RpcTransport): ChainProvider {
  async function readProven(
    keys: readonly Uint8Array[],
    at: VerifiedBlock,
  ): Promise<readonly (Uint8Array | undefined)[]> {
    const answer = await rpc.request("state_getReadProof", [
      keys.map((key) => toHex(key)),
      toHex(at.hash),
    ]);
    // Untrusted: every entry is parsed as hex and then verified under a finalized root.
    const { proof } = answer as { readonly proof?: readonly string[] };
    const nodes = (proof ?? []).flatMap((node) => {
      const parsed = parseHex(node);
      return parsed.ok ? [parsed.value] : [];
    });
    const view = verifyProof({ root: at.stateRoot, proof: nodes });
    return keys.map((key) => {
      const found = view.ok ? view.value.get(key) : view;
      if (found.ok) return found.value;
      throw new PhaError("chain/bad-proof", "the node's storage proof is wrong", {
        facts: { block: at.number },
        hint: "Do not use this node; connect to another one of the same network.",
      });
    });
  }

  return {
    rpc,
    follow: (expectedGenesis) => startFollower(rpc, expectedGenesis),
    async read(key, at) {
      const [value] = await readProven([key], at);
      return value;
    },
    async readAll(keys, at) {
      const found: (Uint8Array | undefined)[] = [];
      for (let from = 0; from < keys.length; from += KEYS_PER_PROOF)
        found.push(...(await readProven(keys.slice(from, from + KEYS_PER_PROOF), at)));
      return found;
    },
  };
}
