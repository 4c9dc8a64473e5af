import { bytes, decode, encode, struct, u32, utf8, vec } from "@pha/scale";
import { trieRoot } from "@pha/state";
import { describe, expect, test } from "vitest";
import { Babe } from "../babe/index.ts";
import { Grandpa } from "../grandpa/index.ts";
import { PHA } from "../parameters.ts";
import { Session } from "../session/index.ts";
import {
  babeKey,
  babeReport,
  findOwnerProof,
  grandpaReport,
  ownerProof,
  twoBlocks,
} from "../testing/equivocations.ts";
import { errorName, sessionKeysOf, startStakingChain } from "../testing/staking-chain.ts";
import { Historical, MembershipProof, ownerOfKey } from "./index.ts";

type World = ReturnType<typeof startStakingChain>;

/** Sessions of ten slots from slot 1000 on: a block in session `index`. */
const enterSession = (world: World, index: number) =>
  world.chain.block([], 1_000n + 10n * BigInt(index));
const historical = ({ chain }: World) => chain.runtime.env(chain.overlay).of(Historical);
const bob = babeKey("//Bob").publicKey;

/** Name of the error that a report as an extrinsic's call meets. */
function reporting(world: World) {
  const env = () => world.chain.runtime.env(world.chain.overlay);
  const { tx } = world;
  return {
    babe: (report: ReturnType<typeof babeReport>) =>
      errorName(world.as("//Ferdie", tx.Babe.report_equivocation(report)), env().of(Babe).errors),
    grandpa: (report: ReturnType<typeof grandpaReport>) =>
      errorName(
        world.as("//Ferdie", tx.Grandpa.report_equivocation(report)),
        env().of(Grandpa).errors,
      ),
  };
}

test("the root of a session is that of Substrate's trie over keys, positions and owners", () => {
  const world = startStakingChain();
  const { chain } = world;
  const validators = chain.runtime.env(chain.overlay).of(Session).storage.QueuedKeys.get();
  const entries = validators.flatMap(
    ([owner, { babe, grandpa }], i): [Uint8Array, Uint8Array][] => {
      const position = Uint8Array.of(i, 0, 0, 0);
      // A key is as long as its compact length, 0x80, says.
      return [
        [Uint8Array.of(...utf8("babe"), 0x80, ...babe), position],
        [Uint8Array.of(...utf8("gran"), 0x80, ...grandpa), position],
        [position, owner],
      ];
    },
  );
  expect(historical(world).storage.HistoricalSessions.get(0)).toEqual([trieRoot(entries, 0), 4]);
});

describe("an offence of a session past", () => {
  test("is proven by that session's state and slashed by the stake of that era", () => {
    const world = startStakingChain();
    const { tx, account, staking } = world;
    const eve = account("//Eve");
    world.as(
      "//Eve",
      tx.Staking.bond({ value: 4_000n * PHA, payee: { type: "Stash", value: undefined } }),
    );
    world.as("//Eve", tx.Staking.nominate({ targets: [world.address("//Bob")] }));
    // Era 1 has Eve behind Bob; in era 2 she is behind nobody.
    for (const session of [1, 2]) enterSession(world, session);
    expect(staking().storage.ActiveEra.get()?.index).toBe(1);
    const report = babeReport(world, "//Bob", 1_020n);
    const votes = grandpaReport(world, "//Bob");
    expect(report.keyOwnerProof.session).toBe(2);
    world.as("//Eve", tx.Staking.chill());
    // Bob signs with other keys from session 5 on.
    expect(
      world.as("//Bob", tx.Session.set_keys(sessionKeysOf("//Bob//new", account("//Bob")))),
    ).toBeUndefined();
    for (const session of [3, 4, 5]) enterSession(world, session);
    expect(staking().storage.ActiveEra.get()?.index).toBe(2);
    expect(staking().storage.ErasStakersOverview.get(2, account("//Bob"))?.nominatorCount).toBe(0);
    // The present state knows the old key no more, nor a slot of session 2.
    expect(findOwnerProof(world, "BabeApi", bob, 1_050n)).toBeUndefined();
    expect(findOwnerProof(world, "BabeApi", bob, 1_020n)).toBeUndefined();
    const at = reporting(world);
    expect(at.babe(report)).toBeUndefined();
    expect(at.babe(report)).toBe("DuplicateOffenceReport");
    const [slash] = staking().storage.UnappliedSlashes.get(3);
    const exposed = staking().storage.ErasStakersPaged.get([1, account("//Bob"), 0])?.others[0];
    expect(exposed?.who).toEqual(eve);
    // One of four: (3/4)² of the stake.
    expect(slash?.others).toEqual([[eve, ((exposed?.value ?? 0n) * 5_625n) / 10_000n]]);
    expect(at.grandpa(votes)).toBeUndefined();
    world.chain.runtime.tryState(world.chain.overlay);
  });

  test("is refused with its own error once it is older than the bonding duration", () => {
    const world = startStakingChain();
    enterSession(world, 1);
    const report = babeReport(world, "//Bob", 1_010n);
    const votes = grandpaReport(world, "//Bob");
    const at = reporting(world);
    // Bonds last three eras of two sessions: era 0 is out of reach in era 4.
    for (let session = 2; session <= 7; session++) enterSession(world, session);
    expect(world.staking().storage.ActiveEra.get()?.index).toBe(3);
    expect(at.babe({ ...report, equivocationProof: twoBlocks("//Charlie", 1_010n) })).toBe(
      "InvalidKeyOwnershipProof",
    );
    enterSession(world, 8);
    expect(at.babe(report)).toBe("OffenceTooOld");
    expect(at.grandpa(votes)).toBe("OffenceTooOld");
    expect([...world.staking().storage.UnappliedSlashes.entries()]).toEqual([]);
  });

  test("leaves nothing behind: roots, slots and sets are forgotten as sessions pass", () => {
    const world = startStakingChain();
    const { chain, account } = world;
    for (let session = 1; session <= 30; session++) {
      // Another voter's key each time, so that each session has a set of its own.
      const keys = sessionKeysOf(`//Bob//${session}`, account("//Bob"));
      expect(world.as("//Bob", world.tx.Session.set_keys(keys))).toBeUndefined();
      // As though the change before were 64 blocks ago.
      chain.runtime.env(chain.overlay).of(Grandpa).storage.LastChange.kill();
      enterSession(world, session);
    }
    const { storage } = historical(world);
    // (3 + 2) eras of two sessions, the present one and the next.
    expect([...storage.HistoricalSessions.entries()]).toHaveLength(11);
    expect([...storage.SessionSlots.entries()]).toHaveLength(10);
    const sets = chain.runtime.env(chain.overlay).of(Grandpa).storage;
    expect(sets.CurrentSetId.get()).toBeGreaterThan(12n);
    expect([...sets.SetIdSession.entries()]).toHaveLength(11);
  });
});

describe("a proof of ownership", () => {
  const world = startStakingChain();
  enterSession(world, 1);
  const proof = ownerProof(world, "BabeApi", bob, 1_010n);
  const owner = (change: Partial<MembershipProof>, key = bob) =>
    ownerOfKey({ env: world.chain.runtime.env(world.chain.overlay) }, "babe", key, {
      ...proof,
      ...change,
    });

  test("names the owner, and holds for its key, kind and session only", () => {
    expect(owner({})).toEqual(world.account("//Bob"));
    expect(owner({}, babeKey("//Alice").publicKey)).toBeUndefined();
    expect(owner({ session: 9 })).toBeUndefined();
    expect(owner({ validatorCount: 3 })).toBeUndefined();
    const ctx = { env: world.chain.runtime.env(world.chain.overlay) };
    expect(ownerOfKey(ctx, "grandpa", bob, proof)).toBeUndefined();
  });

  test("is refused with a node too few, too many, twice, changed, or of another key's", () => {
    const { trieNodes } = proof;
    trieNodes.forEach((node, i) => {
      expect(owner({ trieNodes: trieNodes.toSpliced(i, 1) })).toBeUndefined();
      expect(owner({ trieNodes: [...trieNodes, node] })).toBeUndefined();
      const changed = node.map((byte, at) => (at === node.length - 1 ? byte ^ 1 : byte));
      expect(owner({ trieNodes: trieNodes.with(i, changed) })).toBeUndefined();
    });
    expect(owner({ trieNodes: [] })).toBeUndefined();
    expect(owner({ trieNodes: [...trieNodes, Uint8Array.of(0)] })).toBeUndefined();
    const alices = ownerProof(world, "BabeApi", babeKey("//Alice").publicKey, 1_010n);
    expect(owner({ trieNodes: alices.trieNodes })).toBeUndefined();
  });

  test("is not even read with more or larger nodes than a session's trie has", () => {
    const Unbounded = struct({ session: u32, trieNodes: vec(bytes), validatorCount: u32 });
    const isRead = (trieNodes: readonly Uint8Array[]) =>
      decode(MembershipProof, encode(Unbounded, { ...proof, trieNodes })).ok;
    expect(isRead([new Uint8Array(1_024)])).toBe(true);
    expect(isRead([new Uint8Array(1_025)])).toBe(false);
    const nodes = Array.from({ length: 33 }, (_, i) => Uint8Array.of(i));
    expect(isRead(nodes.slice(1))).toBe(true);
    expect(isRead(nodes)).toBe(false);
  });
});
