/**
 * What @polkadot/api derives of staking and sessions from storage by its names and shapes: unmodified, on a chain whose
 * eras are four seconds, with a validator that is nominated.
 */
import { developmentChain, openKeystore, type RunningNode, startNode } from "@pha/node";
import { ApiPromise, Keyring, WsProvider } from "@polkadot/api";
import { afterAll, beforeAll, expect, test } from "vitest";

const SLOT_MS = 200;
const keyring = new Keyring({ type: "sr25519", ss58Format: 30 });
const alice = keyring.addFromUri("//Alice");
const bob = keyring.addFromUri("//Bob");
const BOND = 10_000n * 10n ** 12n;
const NOMINATED = 5_000n * 10n ** 12n;
const ALL = {
  withClaimedRewardsEras: true,
  withController: true,
  withDestination: true,
  withExposure: true,
  withExposureMeta: true,
  withLedger: true,
  withNominations: true,
  withPrefs: true,
};

let node: RunningNode;
/** Untyped: the pallets are known at run time only. */
let api: any;
/** The first era whose election surely came after the nomination, however slow the machine is. */
let era = 0;

beforeAll(async () => {
  const { spec, runtime } = developmentChain({
    parameters: {
      slotDurationMs: BigInt(SLOT_MS),
      epochLength: 10n,
      staking: { sessionsPerEra: 2, bondingDuration: 3, slashDeferDuration: 1, historyDepth: 8 },
    },
  });
  node = await startNode({
    spec,
    runtime,
    keystore: openKeystore("//Alice"),
    rpcPort: 0,
    slotDurationMs: SLOT_MS,
    onFailure: (error) => {
      throw error;
    },
  });
  api = await ApiPromise.create({ provider: new WsProvider(node.rpc.ws) as any, noInitWarn: true });
});
afterAll(async () => {
  await api?.disconnect();
  await node?.stop();
});

/** Resolves when the call is in a block. */
function send(call: any, signer: typeof alice): Promise<void> {
  return new Promise((resolve, reject) => {
    call
      .signAndSend(signer, ({ status, dispatchError }: any) => {
        if (dispatchError) reject(new Error(dispatchError.toString()));
        // The client skips a status when the next one comes while it looks up the block of the first.
        else if (status.isInBlock || status.isFinalized) resolve();
        else if (status.isError) reject(new Error(`the transaction is ${status.type}`));
      })
      .catch(reject);
  });
}

async function activeEra(atLeast: number): Promise<void> {
  for (;;) {
    const { activeEra: active } = await api.derive.session.indexes();
    if (active.toNumber() >= atLeast) return;
    await new Promise((resolve) => setTimeout(resolve, SLOT_MS));
  }
}

test("derive.session: where session and era stand", async () => {
  const info = await api.derive.session.info();
  expect(info.isEpoch).toBe(true);
  expect([info.sessionLength, info.sessionsPerEra, info.eraLength].map(Number)).toEqual([
    10, 2, 20,
  ]);
  const progress = await api.derive.session.progress();
  expect(Number(progress.sessionProgress)).toBeLessThan(10);
  expect(Number(progress.eraProgress)).toBeLessThanOrEqual(20);
  expect(Number(await api.derive.session.eraLength())).toBe(20);
  expect(Number(await api.derive.session.eraProgress())).toBeLessThanOrEqual(20);
  expect(Number(await api.derive.session.sessionProgress())).toBeLessThan(10);
});

test("derive.staking: validators, ledgers, keys and preferences of accounts", async () => {
  await send(api.tx.staking.bond(NOMINATED, "Staked"), bob);
  await send(api.tx.staking.nominate([alice.address]), bob);
  era = (await api.derive.session.indexes()).activeEra.toNumber() + 2;
  const overview = await api.derive.staking.overview();
  expect(overview.validators.map(String)).toEqual([alice.address]);
  expect(Number(overview.validatorCount)).toBe(1);
  const { validators, nextElected } = await api.derive.staking.validators();
  expect([...validators, ...nextElected].map(String)).toEqual([alice.address, alice.address]);
  expect((await api.derive.staking.stashes()).map(String)).toEqual([alice.address]);
  expect((await api.derive.staking.waitingInfo()).waiting).toEqual([]);

  const account = await api.derive.staking.account(alice.address);
  expect(account.stakingLedger.active.toBigInt()).toBe(BOND);
  expect(account.sessionIds.map(String)[0]).toBe(
    `0x${Buffer.from(alice.publicKey).toString("hex")}`,
  );
  expect(account.nextSessionIds.length).toBe(2);
  expect(account.rewardDestination.isStaked).toBe(true);
  const nominator = await api.derive.staking.query(bob.address, ALL);
  expect(nominator.nominators.map(String)).toEqual([alice.address]);
  expect(nominator.stakingLedger.total.toBigInt()).toBe(NOMINATED);
  await send(api.tx.staking.unbond(NOMINATED / 5n), bob);
  const [unbonding] = (await api.derive.staking.account(bob.address)).unlocking ?? [];
  expect(unbonding.value.toBigInt()).toBe(NOMINATED / 5n);
  await send(api.tx.staking.rebond(NOMINATED / 5n), bob);
});

test("derive.staking: who is elected with whose stake, what an era paid, and what is claimed", async () => {
  await activeEra(era + 1);
  const elected = await api.derive.staking.electedInfo(ALL);
  expect(elected.nextElected.map(String)).toEqual([alice.address]);
  const [info] = elected.info;
  const total = info.exposureMeta.unwrap().total.toBigInt();
  expect(total).toBeGreaterThan(BOND + NOMINATED - 1_000n);
  expect(info.exposurePaged.unwrap().others.map(({ who }: any) => String(who))).toEqual([
    bob.address,
  ]);
  const { validators, nominators } = await api.derive.staking.eraExposure(era);
  expect(Object.keys(validators)).toEqual([alice.address]);
  expect(Object.keys(nominators)).toEqual([bob.address]);
  expect(Number((await api.derive.staking.currentPoints()).total)).toBeGreaterThanOrEqual(0);
  const rewards = await api.derive.staking.erasRewards();
  expect(rewards.some(({ eraReward }: any) => eraReward.toBigInt() > 0n)).toBe(true);

  const ofEra = async (who: string) =>
    (await api.derive.staking.stakerRewards(who, false)).find(
      (one: any) => one.era.toNumber() === era,
    );
  const pending = await ofEra(alice.address);
  expect(pending.isValidator).toBe(true);
  expect(pending.validators[alice.address].total.toBigInt()).toBeGreaterThan(0n);
  const nominating = await ofEra(bob.address);
  expect(nominating.nominating.map(({ validatorId }: any) => validatorId)).toEqual([alice.address]);
  expect(nominating.validators[alice.address].value.toBigInt()).toBeGreaterThan(0n);
  const before = (await api.derive.staking.account(bob.address)).stakingLedger.active.toBigInt();
  await send(api.tx.staking.payoutStakers(alice.address, era), bob);
  const after = (await api.derive.staking.account(bob.address)).stakingLedger.active.toBigInt();
  expect(after).toBeGreaterThan(before);
  const claimed = (await api.derive.staking.query(alice.address, ALL)).claimedRewardsEras;
  expect(claimed.map(Number)).toContain(era);
}, 60_000);

test("derive.balances: what is bonded is not free to move", async () => {
  const all = await api.derive.balances.all(bob.address);
  expect(all.reservedBalance.toBigInt()).toBeGreaterThanOrEqual(NOMINATED);
  expect(all.transferable?.toBigInt() ?? all.availableBalance.toBigInt()).toBeLessThan(
    all.freeBalance.toBigInt() + NOMINATED,
  );
});
