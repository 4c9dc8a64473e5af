/** One authority authors, votes and finalizes with forks, epochs and set changes; a light client follows. */
import { blake2b256, ed25519Sign, sr25519Sign, vrfSignBabe } from "@pha/crypto";
import { concatBytes, encode, ok, u64 } from "@pha/scale";
import { expect, test } from "vitest";
import { anEpoch, aPair } from "../test/babe-author.ts";
import { aHeader, aVoter, refOf, scheduledChange, setOf } from "../test/chain-builder.ts";
import {
  type AuthoritySet,
  advance,
  babeAnnouncementOf,
  babeConsensusItem,
  babePreDigestItem,
  babePreDigestOf,
  babeSealItem,
  claimSlot,
  type EpochContext,
  encodeHeader,
  epochOfChild,
  ForkTree,
  followEpochs,
  type Header,
  headerHash,
  Justification,
  type LightClientBatch,
  sealPayload,
  startEpochs,
  startFromGenesis,
  startVoter,
  stepVoter,
  type VoterInput,
  verifyBabeHeader,
  voteTargetOn,
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
    signVrf: (vrfInput) => vrfSignBabe(pair, vrfInput),
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
  const tree = new ForkTree<Block>(refOf(genesisHeader));
  const started = startVoter({
    set: genesisSet,
    own: me.key,
    finalized: tree.root,
    record: undefined,
  });
  if (!started.ok) throw new Error(started.error.code);
  let voter = started.value;
  let base: Block | undefined;
  const batches: LightClientBatch[] = [];

  const insert = (parent: Block | undefined, header: Header): Block => {
    const block = importOn(parent, header);
    const { parentHash } = header;
    const inserted = tree.insert({ ...refOf(header), parentHash, primary: true, data: block });
    if (!inserted.ok) throw new Error(inserted.error.code);
    return block;
  };

  const finalizeAll = () => {
    for (;;) {
      const path = tree.pathTo(tree.best.hash);
      const target = voteTargetOn(
        path.map(({ hash, number, data }) => ({ hash, number, header: data.header })),
      );
      if (!target.ok || target.value === undefined) return;
      const queue: VoterInput[] = [{ type: "best-chain", target: target.value }];
      for (let input = queue.shift(); input; input = queue.shift()) {
        const step = stepVoter(voter, input);
        voter = step.state;
        for (const output of step.outputs)
          if (output.type === "sign") {
            const { kind, round, setId, payload } = output;
            const signature = ed25519Sign(me.seed, payload);
            queue.push({ type: "signed", kind, round, setId, signature });
          } else if (output.type === "finalize") {
            const done = tree.finalize(output.block.hash);
            if (!done.ok) throw new Error(done.error.code);
            base = done.value.finalized.at(-1)?.data;
            batches.push({
              headers: done.value.finalized.map(({ data }) => encodeHeader(data.header)),
              justification: encode(Justification, output.justification),
            });
          }
      }
    }
  };

  let slot = 1000n;
  for (let round = 0; round < 12; round++) {
    let tip = base;
    for (let i = 0; i <= round % 5; i++) {
      slot += round === 7 ? 30n : 1n;
      const parent = tip;
      tip = insert(parent, author(parent, slot, 0));
      if (round % 3 === 1) insert(parent, author(parent, slot, 1));
    }
    finalizeAll();
    expect(tree.size).toBe(0);
    expect(tree.root).toEqual(refOf(tip?.header ?? genesisHeader));
  }

  let state = startFromGenesis({ genesisHeader, set: genesisSet });
  const heights: number[] = [];
  for (const batch of batches) {
    const advanced = advance(state, batch);
    if (!advanced.ok) throw new Error(advanced.error.code);
    state = advanced.value.state;
    heights.push(...advanced.value.finalizedHeaders.map(({ number }) => number));
  }
  expect(heights).toEqual(heights.map((_, i) => i + 1));
  expect(state.finalized).toMatchObject(tree.root);
  expect(state.set).toEqual(voter.set);
  expect(state.set.setId).toBeGreaterThan(3n);
});
