/**
 * A development chain whose one voter takes a new key in every session: the GRANDPA set changes every 65 blocks. Slots come
 * when the test says so, and real time plays no part: a thousand blocks are made in seconds.
 *
 * The keys change as an operator changes them, by `Session.set_keys` with a proof; two sessions later they vote.
 */
import { type AuthoritySet, babeAnnouncementOf, ownershipStatement } from "@pha/consensus";
import { developmentPreset } from "@pha/runtime";
import { assert, concatBytes, toHex } from "@pha/scale";
import type { GrandpaNetwork } from "../finality/grandpa-network.ts";
import { developmentChain } from "../preset-chain.ts";
import { openKeystore, type SingleKeystore } from "../signer/secret-keys.ts";
import { aDevChain, type DevChain } from "./dev-chain.ts";
import { createSigner } from "./signer.ts";

/** Slots of an epoch, one more than the least distance of two changes of the set. */
export const ROTATING_EPOCH = 65;
const AUTHORITY = "//Alice";

export interface RotatingChain extends DevChain {
  /** Changes of the set so far, finalized. */
  setId(): bigint;
  /** Makes blocks until the set has changed so often. */
  authorUntilSet(setId: bigint): Promise<void>;
  /** The voter is heard in this network from now on. */
  joinNetwork(network: GrandpaNetwork): void;
}

/** @param epochLength slots of a session; in shorter ones keys change without a change of the set */
export function aRotatingChain(epochLength = ROTATING_EPOCH): RotatingChain {
  const parameters = { slotDurationMs: 1_000n, epochLength: BigInt(epochLength) };
  const node = aDevChain({ development: developmentChain({ parameters }) });
  const signer = createSigner(
    developmentPreset({ parameters }).runtime,
    node.chain.genesisHash,
    AUTHORITY,
  );
  const voters = new Map<string, SingleKeystore>([
    [toHex(node.keystore.grandpaKey), node.keystore],
  ]);
  let set: AuthoritySet = node.database.authoritySet();
  let network: GrandpaNetwork | undefined;
  let nonce = 0;

  const startVoter = (): void => {
    const [voter] = set.authorities;
    const keystore = voter && voters.get(toHex(voter.key));
    assert(keystore, "every voter's key was made here");
    node.restartVoter({ keystore, ...(network ? { network } : {}) });
  };
  const submitNewKey = (): void => {
    const keystore = openKeystore(`${AUTHORITY}//voter//${nonce}`);
    voters.set(toHex(keystore.grandpaKey), keystore);
    const statement = ownershipStatement(signer.account);
    const args = {
      keys: { babe: node.keystore.babeKey, grandpa: keystore.grandpaKey },
      proof: concatBytes(node.keystore.signSeal(statement), keystore.signVote(statement)),
    };
    node.pool.submit(signer.sign({ pallet: "Session", name: "set_keys", args }, nonce++));
  };
  const author: DevChain["author"] = async (slot) => {
    await node.author(slot);
    const announced = babeAnnouncementOf(node.chain.best.header);
    if (announced.ok && announced.value.nextEpoch) submitNewKey();
    const after = node.database.authoritySet();
    if (after.setId === set.setId) return;
    set = after;
    startVoter();
  };
  return {
    ...node,
    get grandpa() {
      return node.grandpa;
    },
    author,
    setId: () => set.setId,
    async authorUntilSet(setId) {
      while (set.setId < setId) await author();
    },
    joinNetwork(joined) {
      network = joined;
      startVoter();
    },
  };
}
