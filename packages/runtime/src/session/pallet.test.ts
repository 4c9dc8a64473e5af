import { announcedChangesOf, babeAnnouncementOf } from "@pha/consensus";
import { encode, toHex, u64 } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { authorOf, Babe } from "../babe/index.ts";
import { Grandpa } from "../grandpa/index.ts";
import { PHA } from "../parameters.ts";
import { errorName, sessionKeysOf, startStakingChain } from "../testing/staking-chain.ts";
import { copyOf, headerOf } from "../testing/test-chain.ts";
import { TIMESTAMP_INHERENT } from "../timestamp/index.ts";
import { disableValidator, isDisabled, Session, validators } from "./index.ts";

const session = (world: ReturnType<typeof startStakingChain>) =>
  world.chain.runtime.env(world.chain.overlay).of(Session);

/** Bonds, sets keys and stands for election. */
function joins(world: ReturnType<typeof startStakingChain>, uri: string, bond: bigint): void {
  const { tx } = world;
  const payee = { type: "Staked", value: undefined } as const;
  const prefs = { commission: 0n, blocked: false };
  const keys = sessionKeysOf(`${uri}//session`, world.account(uri));
  for (const call of [
    tx.Staking.bond({ value: bond, payee }),
    tx.Session.set_keys(keys),
    tx.Staking.validate({ prefs }),
  ])
    expect(world.as(uri, call)).toBeUndefined();
}

describe("session keys", () => {
  test("are taken with a proof of each key, and from nobody else", () => {
    const world = startStakingChain();
    const { tx, account } = world;
    const { errors } = session(world);
    const fail = (uri: string, call: Parameters<typeof world.as>[1]) =>
      errorName(world.as(uri, call), errors);
    const good = sessionKeysOf("//Eve//1", account("//Eve"));
    expect(fail("//Ferdie", tx.Session.set_keys(good))).toBe("InvalidProof");
    const short = { ...good, proof: good.proof.subarray(1) };
    expect(fail("//Eve", tx.Session.set_keys(short))).toBe("InvalidProof");
    const swapped = { ...good, keys: { babe: good.keys.grandpa, grandpa: good.keys.babe } };
    expect(fail("//Eve", tx.Session.set_keys(swapped))).toBe("InvalidProof");
    expect(fail("//Eve", tx.Session.set_keys(good))).toBeUndefined();
    const taken = sessionKeysOf("//Eve//1", account("//Ferdie"));
    expect(fail("//Ferdie", tx.Session.set_keys(taken))).toBe("DuplicatedKey");
    expect(fail("//Eve", tx.Session.set_keys(good))).toBeUndefined();
    world.chain.runtime.tryState(world.chain.overlay);
  });

  test("are free again when they are purged or replaced", () => {
    const world = startStakingChain();
    const { tx, account } = world;
    const first = sessionKeysOf("//Eve//1", account("//Eve"));
    const second = sessionKeysOf("//Eve//2", account("//Eve"));
    expect(errorName(world.as("//Eve", tx.Session.purge_keys()), session(world).errors)).toBe(
      "NoKeys",
    );
    for (const call of [tx.Session.set_keys(first), tx.Session.set_keys(second)])
      expect(world.as("//Eve", call)).toBeUndefined();
    const others = sessionKeysOf("//Eve//1", account("//Ferdie"));
    expect(world.as("//Ferdie", tx.Session.set_keys(others))).toBeUndefined();
    expect(world.as("//Eve", tx.Session.purge_keys())).toBeUndefined();
    expect([...session(world).storage.KeyOwner.entries()].length).toBe(2 * 5);
    world.chain.runtime.tryState(world.chain.overlay);
  });
});

test("a validator with more stake takes a seat: sessions, BABE and GRANDPA follow, in thousands of blocks", () => {
  const world = startStakingChain();
  const { chain } = world;
  joins(world, "//Eve", 50_000n * PHA);
  const eve = toHex(world.account("//Eve"));
  const changes: number[] = [];
  const grandpa = () => chain.runtime.env(chain.overlay).of(Grandpa);
  let announcedFor: string | undefined;
  for (let i = 1; i < 2_200; i++) {
    const ctx = { env: chain.runtime.env(chain.overlay) };
    const count = ctx.env.of(Babe).storage.Authorities.get().length;
    const author = validators(ctx)[i % count];
    const { header } = chain.block([], 1_000n + BigInt(i), i % count);
    const babe = babeAnnouncementOf(header);
    const next = babe.ok ? babe.value.nextEpoch?.authorities : undefined;
    const env = chain.runtime.env(chain.overlay);
    if (next) {
      expect(next).toEqual(env.of(Babe).storage.NextAuthorities.get());
      announcedFor ??= next.some(
        ({ key }) =>
          toHex(key) === toHex(sessionKeysOf("//Eve//session", world.account("//Eve")).keys.babe),
      )
        ? String(i)
        : undefined;
    }
    const present = validators({ env });
    const authorities = env.of(Babe).storage.Authorities.get();
    expect(present.length).toBe(authorities.length);
    if (!next && author) expect(authorOf({ env })).toEqual(author);
    const scheduled = announcedChangesOf(header);
    expect(scheduled.ok).toBe(true);
    if (scheduled.ok && scheduled.value.scheduled) {
      expect(scheduled.value.scheduled.delay).toBe(0);
      expect(scheduled.value.scheduled.authorities).toEqual(grandpa().storage.Authorities.get());
      changes.push(header.number);
    }
  }
  expect(announcedFor).toBeDefined();
  expect(validators({ env: chain.runtime.env(chain.overlay) }).map(toHex)).toContain(eve);
  expect(validators({ env: chain.runtime.env(chain.overlay) }).length).toBe(4);
  // Sessions end every 10 blocks, the set of voters changed a few times: never twice within 64 blocks.
  expect(changes.length).toBeGreaterThan(0);
  expect(changes.length).toBeLessThan(5);
  changes.forEach((number, i) => {
    if (i > 0) expect(number - (changes[i - 1] ?? 0)).toBeGreaterThanOrEqual(64);
  });
  expect(grandpa().storage.CurrentSetId.get()).toBe(BigInt(changes.length));
  chain.runtime.tryState(chain.overlay);
});

test("keys that change every session make no two changes of voters within 64 blocks", () => {
  const world = startStakingChain();
  const { chain, tx, account } = world;
  const changes: number[] = [];
  for (let i = 1; i < 400; i++) {
    if (i % 7 === 0)
      expect(
        world.as("//Bob", tx.Session.set_keys(sessionKeysOf(`//Bob//${i}`, account("//Bob")))),
      ).toBeUndefined();
    const { header } = chain.block([], 1_000n + BigInt(i));
    const scheduled = announcedChangesOf(header);
    if (scheduled.ok && scheduled.value.scheduled) changes.push(header.number);
  }
  expect(changes.length).toBeGreaterThan(3);
  changes.forEach((number, i) => {
    if (i > 0) expect(number - (changes[i - 1] ?? 0)).toBeGreaterThanOrEqual(64);
  });
});

test("epochs without blocks are skipped: one session follows for the first that has one", () => {
  const world = startStakingChain();
  const { chain } = world;
  chain.block([], 1_011n);
  const before = session(world).storage.CurrentIndex.get();
  chain.block([], 1_095n);
  expect(session(world).storage.CurrentIndex.get()).toBe(before + 1);
  const babe = chain.runtime.env(chain.overlay).of(Babe);
  expect(babe.storage.EpochIndex.get()).toBe(9n);
});

test("at most a third of the validators is disabled, until the session ends", () => {
  const world = startStakingChain();
  const ctx = session(world);
  disableValidator(ctx, world.account("//Bob"));
  disableValidator(ctx, world.account("//Bob"));
  disableValidator(ctx, world.account("//Charlie"));
  disableValidator(ctx, world.account("//Ferdie"));
  expect(ctx.storage.DisabledValidators.get()).toHaveLength(1);
  expect(isDisabled(ctx, 1)).toBe(true);
  world.nextSession();
  expect(isDisabled(ctx, 1)).toBe(false);
});

test("who has no keys gets no seat, and without anybody who has some the present ones stay", () => {
  const world = startStakingChain();
  for (const uri of ["//Alice", "//Bob", "//Charlie", "//Dave"])
    expect(world.as(uri, world.tx.Session.purge_keys())).toBeUndefined();
  for (let i = 0; i < 8; i++) expect(world.nextSession()).toHaveLength(4);
});

test("a block of a disabled validator is refused, until the session ends", () => {
  const world = startStakingChain();
  const { chain } = world;
  const block = (author: number) => () => chain.block([], undefined, author);
  expect(block(1)).not.toThrow();
  disableValidator(session(world), world.account("//Bob"));
  const before = copyOf(chain.overlay);
  const number = chain.number() + 1;
  const slot = 1_000n + BigInt(number);
  const bob = headerOf(chain.hash(), number, slot, 1);
  chain.runtime.initializeBlock(before, bob);
  const clock = new Map([[TIMESTAMP_INHERENT, encode(u64, slot * 1_000n)]]);
  const [inherent = new Uint8Array()] = chain.runtime.inherentExtrinsics(before, clock);
  const applied = chain.runtime.applyExtrinsic(before, inherent);
  expect(applied.ok ? "taken" : applied.error.value.type).toBe("BadMandatory");
  expect(block(2)).not.toThrow();
  world.nextSession();
  expect(block(1)).not.toThrow();
});
