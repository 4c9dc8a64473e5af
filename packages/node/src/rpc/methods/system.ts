/** `system_*`: who this node is and how it is. */
import { ss58Decode } from "@pha/crypto";
import { concatBytes, decode, encode, PhaError, u32 } from "@pha/scale";
import type { ImportedBlock } from "../../chain/chain.ts";
import { beginBlock } from "../../chain/execute-block.ts";
import { toHex } from "../../hex.ts";
import type { MethodGroup } from "../method.ts";
import { blockAt, callRuntime, type NodeContext } from "../node-context.ts";
import { hexParam, optionalHashParam, stringParam } from "../params.ts";
import { invalidParams } from "../rpc-errors.ts";

export function systemMethods(context: NodeContext): MethodGroup {
  const { chain, spec, pool, network } = context;
  return {
    /** Name of the program. */
    system_name: () => context.nodeName,
    /** Version of the program. */
    system_version: () => context.nodeVersion,
    /** Name of the chain. */
    system_chain: () => spec.name,
    /** Type of the chain: `Development`, `Local` or `Live`. */
    system_chainType: () => spec.chainType,
    /** Token symbol, decimals and address format. */
    system_properties: () => spec.properties,
    /** Number of peers, whether blocks are missing, whether there should be peers. */
    system_health: () => ({
      peers: network?.peers().length ?? 0,
      isSyncing: network?.isSyncing() ?? false,
      shouldHavePeers: network !== undefined && spec.chainType !== "Development",
    }),
    /** `Authority` or `Full`, in a list. */
    system_nodeRoles: () => [context.isAuthority ? "Authority" : "Full"],
    /** Connected peers with role and best block. */
    system_peers: () =>
      (network?.peers() ?? []).map(({ id, role, bestHash, bestNumber }) => ({
        peerId: id,
        roles: role.toUpperCase(),
        bestHash: toHex(bestHash),
        bestNumber,
      })),
    /** Peer id of this node; empty without a network. */
    system_localPeerId: () => network?.peerId ?? "",
    /** Multiaddrs at which this node listens. */
    system_localListenAddresses: () => network?.listenAddresses() ?? [],
    /** Present block, and the highest that anybody named. */
    system_syncState: () => ({
      startingBlock: 0,
      currentBlock: chain.best.number,
      highestBlock: network?.highestBlock() ?? chain.best.number,
    }),
    /** Nonce of the account's next extrinsic, those of the pool counted. */
    system_accountNextIndex: ({ params }) => {
      const account = accountOf(stringParam(params, 0, "account"));
      const state = callRuntime(
        context,
        chain.best.header,
        "AccountNonceApi_account_nonce",
        account,
      );
      const nonce = decode(u32, state);
      let next = nonce.ok ? nonce.value : 0;
      // Tag of a signed extrinsic: account and nonce.
      while (pool.provides(concatBytes(account, encode(u32, next)))) next++;
      return next;
    },
    /**
     * How an extrinsic would end in the next block, SCALE `ApplyExtrinsicResult` in hex; nothing is kept.
     */
    system_dryRun: ({ params }) => {
      const extrinsic = hexParam(params, 0, "extrinsic");
      const block = blockAt(context, optionalHashParam(params, 1, "at"));
      return toHex(dryRun(context, block, extrinsic));
    },
  };
}

/** How an extrinsic would end in a block after the given one, as `BlockBuilder_apply_extrinsic` tells it; nothing is kept. */
function dryRun(
  { chain, runtime }: NodeContext,
  { hash, header }: ImportedBlock,
  extrinsic: Uint8Array,
): Uint8Array {
  // Without a digest: nobody has claimed the slot of this block.
  const start = { parentHash: hash, number: header.number + 1, digest: [] };
  const next = beginBlock(runtime, chain.stateOf(header), start);
  const ended = next.ask("BlockBuilder_apply_extrinsic", extrinsic);
  if (ended.ok) return ended.value;
  throw new PhaError("extrinsic/malformed", "the extrinsic does not decode", {
    facts: { reason: ended.error.code },
    hint: "send a whole signed extrinsic, its length prefix included",
  });
}

function accountOf(address: string): Uint8Array {
  const decoded = ss58Decode(address);
  if (!decoded.ok) throw invalidParams(`account is not an SS58 address (${decoded.error.reason})`);
  return decoded.value.publicKey;
}
