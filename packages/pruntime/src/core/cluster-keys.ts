/** What a replica publishes when it holds an epoch's key: equal bytes on every replica, so that the chain can count. */
import { blake2bKeyed, ibeEncrypt, x25519PublicKey } from "@pha/crypto";
import { AuditOpening, ClusterKeys, DOMAIN, keyIdentity, sealOpening } from "@pha/protocol";
import { assert, compareBytes, concatBytes, encode, equalBytes, u64 } from "@pha/scale";
import type { ContractFacts } from "./cluster-facts.ts";
import type { EpochContext, SealingSecrets } from "./execution.ts";
import { type StateKeyRing, versionsOf } from "./state-keys.ts";

/** Payload of topic `^pha/cluster/keys`. */
export function clusterKeys(input: {
  readonly cluster: Uint8Array;
  readonly epoch: EpochContext;
  readonly sealing: SealingSecrets;
  readonly ring: StateKeyRing;
  /** Public signing key of the cluster. */
  readonly signingKey: Uint8Array;
  readonly contracts: readonly Uint8Array[];
  /** Root of the generation under which the state key is wrapped. */
  readonly rootPublicKey: Uint8Array;
}): Uint8Array {
  const { cluster, epoch, sealing, ring, contracts } = input;
  const { genesisHash, generation } = epoch;
  const name = { genesisHash, generation, cluster, epoch: epoch.epoch };
  const { rootPublicKey } = input;
  const wrapped = wrapStateKeys({ ring, rootPublicKey, ...name });
  const sealingKeys = contracts
    .map((contract) => ({ contract, key: x25519PublicKey(sealing.of(contract)) }))
    .sort((a, b) => compareBytes(a.contract, b.contract));
  return encode(ClusterKeys, {
    cluster,
    generation,
    epoch: epoch.epoch,
    signingKey: input.signingKey,
    sealingKeys,
    versions: versionsOf(ring),
    wrappedStateKey: wrapped,
  });
}

/** The state keys under their name: the same bytes on every replica that holds them. */
export function wrapStateKeys(input: {
  readonly ring: StateKeyRing;
  readonly rootPublicKey: Uint8Array;
  readonly genesisHash: Uint8Array;
  readonly generation: bigint;
  readonly cluster: Uint8Array;
  readonly epoch: bigint;
}): Uint8Array {
  const { ring, rootPublicKey, genesisHash, generation, cluster, epoch } = input;
  const purpose = { type: "Wrap", value: undefined } as const;
  const wrapped = ibeEncrypt({
    rootPublicKey,
    identity: keyIdentity({ genesisHash, purpose, generation, cluster, epoch }),
    seed32: blake2bKeyed(
      ring.bytes,
      concatBytes(DOMAIN.wrap, encode(u64, generation), encode(u64, epoch)),
      32,
    ),
    message: ring.bytes,
  });
  assert(wrapped.ok, "the root on chain is a point of its group");
  return wrapped.value;
}

/**
 * Payload of topic `^pha/cluster/audit`: the keys of this name for the auditor whom all contracts of the cluster declare.
 *
 * @returns nothing unless every contract declares the same key
 */
export function auditOpening(input: {
  readonly cluster: Uint8Array;
  readonly epoch: EpochContext;
  readonly ring: StateKeyRing;
  readonly contracts: readonly Pick<ContractFacts, "auditKey">[];
}): Uint8Array | undefined {
  const { cluster, epoch, ring, contracts } = input;
  const auditKey = contracts[0]?.auditKey;
  if (auditKey === undefined) return undefined;
  if (!contracts.every((one) => one.auditKey && equalBytes(one.auditKey, auditKey)))
    return undefined;
  const { genesisHash, generation, vetKey } = epoch;
  const { newest, bytes: stateKeys } = ring;
  const name = { cluster, generation, epoch: epoch.epoch, version: newest, auditKey };
  const opening = sealOpening(genesisHash, name, { vetKey, newest, stateKeys });
  return opening && encode(AuditOpening, opening);
}
