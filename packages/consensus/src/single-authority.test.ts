/** One authority authors, votes and finalizes with forks, epochs and set changes; a light client follows. */
import { blake2b256, sr25519Sign, vrfDrawBabe } from "@pha/crypto";
import { concatBytes, encode, ok, u64 } from "@pha/scale";
import { expect, test } from "vitest";
import { anEpoch, aPair } from "../test/babe-author.ts";
import { aHeader, aVoter, refOf, scheduledChange, setOf } from "../test/chain-builder.ts";
import { VoterHarness } from "../test/voter-harness.ts";
import {
  type AuthoritySet,
  advance,
  babeAnnouncementOf,
  babeConsensusItem,
  babePreDigestItem,
  babePreDigestOf,
  babeSealItem,
  bytesKey,
  claimSlot,
  type EpochContext,
  encodeHeader,
  epochOfChild,
  followEpochs,
  type Header,
  headerHash,
  Justification,
  sealPayload,
  startEpochs,
  startFromGenesis,
  verifyBabeHeader,
} from "./index.ts";

const pair = aPair(1);
const me = aVoter(1);
const authorities = [{ key: pair.publicKey, weight: 1n }];
const genesisHeader = aHeader();
const genesisSet: AuthoritySet = setOf([me]);

interface Block {
  readonly header: Header;
  readonly epochs: EpochContext;
}

function announcementOf(epoch: bigint) {
  const randomness = blake2b256(encode(u64, epoch));
  return babeConsensusItem({ type: "NextEpochData", value: { authorities, randomness } });
}

/** Authors a block on a parent; in the first block of each epoch the voters' set changes as well. */
function author(parent: Block | undefined, slot: bigint, salt: number): Header {
  const epoch = parent
    ? epochOfChild(parent.epochs, slot)
    : ok(anEpoch({ index: 0n, startSlot: slot, duration: 12n, authorities }));
  if (!epoch.ok) throw new Error(epoch.error.code);
  const claim = claimSlot({
    slot,
    epoch: epoch.value,
    authorityIndex: 0,
    drawVrf: (vrfInput) => vrfDrawBabe(pair, vrfInput),
  });
  if (claim === undefined) throw new Error("no claim");
  const isFirst = parent === undefined || epoch.value !== parent.epochs.current;
  const parentHeader = parent?.header ?? genesisHeader;
  const header = aHeader({
    parentHash: headerHash(parentHeader),
    number: parentHeader.number + 1,
    stateRoot: blake2b256(concatBytes(encode(u64, slot), Uint8Array.of(salt))),
    digest: [
      babePreDigestItem(claim.preDigest),
      ...(isFirst ? [announcementOf(epoch.value.index + 1n)] : []),
      ...(isFirst && parent ? [scheduledChange([me])] : []),
    ],
  });
  const seal = babeSealItem(sr25519Sign(pair, sealPayload(header)));
  return { ...header, digest: [...header.digest, seal] };
}

/** Verifies a header as an importing node does. */
function importOn(parent: Block | undefined, header: Header): Block {
  const preDigest = babePreDigestOf(header);
  if (!preDigest.ok) throw new Error(preDigest.error.code);
  const { slot } = preDigest.value.value;
  const announcement = babeAnnouncementOf(header);
  if (!announcement.ok) throw new Error(announcement.error.code);
  const epochs = parent
    ? followEpochs(parent.epochs, slot, announcement.value)
    : startEpochs(
        anEpoch({ index: 0n, startSlot: slot, duration: 12n, authorities }),
        announcement.value,
      );
  if (!epochs.ok) throw new Error(epochs.error.code);
  const verified = verifyBabeHeader({ header, epoch: epochs.value.current });
  if (!verified.ok) throw new Error(verified.error.code);
  return { header, epochs: epochs.value };
}

test("a light client follows a single authority over forks, skipped epochs and set changes", () => {
  const voter = new VoterHarness({ set: genesisSet, voter: me, genesis: genesisHeader });
  const blocks = new Map<string, Block>();

  const insert = (parent: Block | undefined, header: Header): Block => {
    const block = importOn(parent, header);
    voter.insert(header);
    blocks.set(bytesKey(headerHash(header)), block);
    return block;
  };

  let slot = 1000n;
  for (let round = 0; round < 12; round++) {
    let tip = blocks.get(bytesKey(voter.tree.root.hash));
    for (let i = 0; i <= round % 5; i++) {
      slot += round === 7 ? 30n : 1n;
      const parent = tip;
      tip = insert(parent, author(parent, slot, 0));
      if (round % 3 === 1) insert(parent, author(parent, slot, 1));
    }
    voter.step({ type: "chain" });
    expect(voter.tree.size).toBe(0);
    expect(voter.tree.root).toEqual(refOf(tip?.header ?? genesisHeader));
  }

  let state = startFromGenesis({ genesisHeader, set: genesisSet });
  const heights: number[] = [];
  for (const { headers, justification } of voter.finalizations) {
    const advanced = advance(state, {
      headers: headers.map(encodeHeader),
      justification: encode(Justification, justification),
    });
    if (!advanced.ok) throw new Error(advanced.error.code);
    state = advanced.value.state;
    heights.push(...advanced.value.finalizedHeaders.map(({ number }) => number));
  }
  expect(heights).toEqual(heights.map((_, i) => i + 1));
  expect(state.finalized).toMatchObject(voter.tree.root);
  expect(state.set).toEqual(voter.core.set);
  expect(state.set.setId).toBeGreaterThan(3n);
});
