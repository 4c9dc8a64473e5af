/** Where a client has its chain from: the SDK's own light client over a node's RPC, or another that verifies for it. */
import { PhaError, parseHex, toHex } from "@pha/scale";
import { verifyProof } from "@pha/state";
import type { RpcTransport } from "../rpc/transport.ts";
import { type FinalityFollower, startFollower } from "./follower.ts";
import type { VerifiedBlock } from "./verified-heads.ts";

export interface ChainProvider {
  readonly rpc: RpcTransport;
  /** Follows verified finality. @param expectedGenesis refuses another network */
  follow(expectedGenesis?: Uint8Array): Promise<FinalityFollower>;
  /** Value at a verified block, itself verified; `undefined` when it is shown not to be there. */
  read(key: Uint8Array, at: VerifiedBlock): Promise<Uint8Array | undefined>;
}

/** A node that is not trusted: it gives proofs, and they are checked here. */
export function nodeProvider(rpc: RpcTransport): ChainProvider {
  return {
    rpc,
    follow: (expectedGenesis) => startFollower(rpc, expectedGenesis),
    async read(key, at) {
      const answer = await rpc.request("state_getReadProof", [[toHex(key)], toHex(at.hash)]);
      // Untrusted: every entry is parsed as hex and then verified under a finalized root.
      const { proof } = answer as { readonly proof?: readonly string[] };
      const nodes = (proof ?? []).flatMap((node) => {
        const parsed = parseHex(node);
        return parsed.ok ? [parsed.value] : [];
      });
      const view = verifyProof({ root: at.stateRoot, proof: nodes });
      const found = view.ok ? view.value.get(key) : view;
      if (!found.ok)
        throw new PhaError("chain/bad-proof", "the node's storage proof is wrong", {
          facts: { block: at.number },
          hint: "Do not use this node; connect to another one of the same network.",
        });
      return found.value;
    },
  };
}
