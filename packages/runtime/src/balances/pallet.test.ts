import { addressOf, at, defineRuntime, memoryOverlay, signedBy } from "@pha/frame";
import { expect, test } from "vitest";
import { accounts, System, systemPort } from "../system/index.ts";
import { Balances } from "./index.ts";

const ALICE = new Uint8Array(32).fill(1);
const BOB = new Uint8Array(32).fill(2);
const ED = 1_000_000_000n;
const ZERO = { refTime: 0n, proofSize: 0n };
const perClass = {
  baseExtrinsic: ZERO,
  maxExtrinsic: undefined,
  maxTotal: undefined,
  reserved: undefined,
};

const runtime = defineRuntime({
  version: {
    specName: "test",
    implName: "test",
    authoringVersion: 1,
    specVersion: 1,
    implVersion: 1,
    transactionVersion: 1,
    stateVersion: 1,
  },
  pallets: [
    at(0, System, {
      blockWeights: {
        baseBlock: ZERO,
        maxBlock: ZERO,
        perClass: { normal: perClass, operational: perClass, mandatory: perClass },
      },
      blockLength: { max: { normal: 1, operational: 1, mandatory: 1 } },
      blockHashCount: 4096,
      ss58Prefix: 30,
      versionOfCode: () => undefined,
    }),
    at(5, Balances, { existentialDeposit: ED, dustTo: undefined, accounts }),
  ],
  system: systemPort,
  extensions: [],
});

function start() {
  const overlay = memoryOverlay();
  for (const [key, value] of runtime.genesis({
    System: { code: new Uint8Array() },
    Balances: [[ALICE, 10n * ED]],
  }))
    overlay.put(key, value);
  const env = runtime.env(overlay);
  return { env, system: env.of(System) };
}

test("a transfer moves funds and creates the receiver", () => {
  const { env, system } = start();
  const call = runtime.tx.Balances.transfer_keep_alive({ dest: addressOf(BOB), value: 3n * ED });
  expect(env.dispatch(call, signedBy(ALICE)).ok).toBe(true);
  expect(system.storage.Account.get(BOB).data.free).toBe(3n * ED);
  expect(system.storage.Account.get(ALICE).data.free).toBe(7n * ED);
});

test("a transfer that would remove the sender changes nothing", () => {
  const { env, system } = start();
  const call = runtime.tx.Balances.transfer_keep_alive({ dest: addressOf(BOB), value: 10n * ED });
  const outcome = env.dispatch(call, signedBy(ALICE));
  expect(outcome).toMatchObject({ ok: false, error: { type: "Token" } });
  expect(env.events).toHaveLength(0);
  expect(system.storage.Account.get(ALICE).data.free).toBe(10n * ED);
});
