/** `system_*`: who this node is and how it is. */
import { ss58Decode } from "@pha/crypto";
import { concatBytes, decode, encode, u32 } from "@pha/scale";
import { toHex } from "../../hex.ts";
import type { MethodGroup } from "../method.ts";
import { callRuntime, type NodeContext } from "../node-context.ts";
import { stringParam } from "../params.ts";
import { invalidParams } from "../rpc-errors.ts";

export function systemMethods(context: NodeContext): MethodGroup {
  const { chain, spec, pool, network } = context;
  return {
    system_name: () => context.nodeName,
    system_version: () => context.nodeVersion,
    system_chain: () => spec.name,
    system_chainType: () => spec.chainType,
    system_properties: () => spec.properties,
    system_health: () => ({
      peers: network?.peers().length ?? 0,
      isSyncing: network?.isSyncing() ?? false,
      shouldHavePeers: network !== undefined && spec.chainType !== "Development",
    }),
    system_nodeRoles: () => [context.isAuthority ? "Authority" : "Full"],
    system_peers: () =>
      (network?.peers() ?? []).map(({ id, role, bestHash, bestNumber }) => ({
        peerId: id,
        roles: role.toUpperCase(),
        bestHash: toHex(bestHash),
        bestNumber,
      })),
    system_localPeerId: () => network?.peerId ?? "",
    system_localListenAddresses: () => network?.listenAddresses() ?? [],
    system_syncState: () => ({
      startingBlock: 0,
      currentBlock: chain.best.number,
      highestBlock: network?.highestBlock() ?? chain.best.number,
    }),
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
  };
}

function accountOf(address: string): Uint8Array {
  const decoded = ss58Decode(address);
  if (!decoded.ok) throw invalidParams(`account is not an SS58 address (${decoded.error.reason})`);
  return decoded.value.publicKey;
}
