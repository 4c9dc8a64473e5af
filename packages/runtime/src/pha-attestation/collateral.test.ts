import { ATTESTATION_STORAGE } from "@pha/attestation";
import {
  amdCrlItem,
  collateralItems,
  DAY,
  intelTextItems,
  isoTime,
  type ListInput,
  NOW,
  pckCrlItem,
  rootCrlItem,
  TEST_ROOTS,
  tcbInfo,
} from "@pha/attestation/testing";
import type { CollateralItem, CollateralSlot } from "@pha/protocol";
import { describe, expect, test } from "vitest";
import type { PhaParameters } from "../parameters.ts";
import { PhalaRegistry } from "../phala-registry/index.ts";
import { startPhaChain } from "../testing/pha-chain.ts";
import { MAX_SIGNED } from "./declaration.ts";
import { PhaAttestation } from "./index.ts";

function start(pha: Partial<PhaParameters> = {}) {
  const chain = startPhaChain({}, { roots: TEST_ROOTS, ...pha }, NOW);
  chain.block();
  const storage = () => chain.runtime.env(chain.overlay).of(PhaAttestation).storage;
  const { submit_collateral, drop_collateral, change_entry } = chain.runtime.tx.PhaAttestation;
  return {
    chain,
    storage,
    submit: (item: CollateralItem) => chain.send(submit_collateral({ item }), "//Bob"),
    drop: (slot: CollateralSlot) => chain.send(drop_collateral({ slot }), "//Bob"),
    change: (change: Parameters<typeof change_entry>[0]["change"]) =>
      chain.sudo(change_entry({ change })),
    change_entry,
  };
}

const ROOT_SLOT: CollateralSlot = { type: "IntelRootCrl", value: undefined };
const newer: ListInput = { thisUpdate: NOW - DAY, nextUpdate: NOW + 40n * DAY };

describe("collateral", () => {
  test("of every kind is taken from anybody, free, and tells its slot, times and evaluation", () => {
    const { storage, submit } = start();
    for (const item of collateralItems()) {
      const sent = submit(item);
      expect(sent.error, item.type).toBeUndefined();
      const updated = sent.events.find(({ name }) => name === "CollateralUpdated");
      expect(updated?.fields).toMatchObject({ slot: { type: item.type } });
      const paid = sent.events.find(({ name }) => name === "ExtrinsicSuccess");
      expect(paid?.fields).toMatchObject({ dispatchInfo: { paysFee: false } });
    }
    expect(storage().CollateralCounts.get()).toEqual({ signed: 7, entries: 0 });
    const fmspc = Uint8Array.of(0, 0xa0, 0x67, 0x11, 0, 0);
    const stored = storage().Collateral.get({ type: "IntelTcbInfo", value: { tee: "sgx", fmspc } });
    expect(stored).toMatchObject({ issuedAtMs: NOW - 5n * DAY, number: 16 });
  });

  test("never gives way to what is as old or older", () => {
    const { storage, submit } = start();
    submit(rootCrlItem());
    expect(submit(rootCrlItem()).error).toBe("CollateralNotNewer");
    const older = { thisUpdate: NOW - 11n * DAY, nextUpdate: NOW + 90n * DAY };
    expect(submit(rootCrlItem(older)).error).toBe("CollateralNotNewer");
    expect(submit(rootCrlItem(newer)).error).toBeUndefined();
    expect(storage().Collateral.get(ROOT_SLOT)?.issuedAtMs).toBe(NOW - DAY);
    const text = (days: bigint, tcbEvaluationDataNumber: number) =>
      intelTextItems("sgx", {
        tcbInfo: tcbInfo("sgx", {
          issueDate: isoTime(NOW - days * DAY),
          nextUpdate: isoTime(NOW + 20n * DAY),
          tcbEvaluationDataNumber,
        }),
      })[0];
    expect(submit(text(4n, 17)).error).toBeUndefined();
    // The slower channel's later text would undo a recovery.
    expect(submit(text(3n, 16)).error).toBe("CollateralNotNewer");
    expect(submit(text(3n, 17)).error).toBeUndefined();
  });

  test.each([
    ["of another root", {}, collateralItems()[0], "CollateralNotSigned"],
    [
      "that is no list",
      { roots: TEST_ROOTS },
      { ...rootCrlItem(), value: Uint8Array.of(1) },
      "MalformedCollateral",
    ],
    [
      "that has ended",
      { roots: TEST_ROOTS },
      rootCrlItem({ nextUpdate: NOW - DAY }),
      "CollateralNotCurrent",
    ],
    [
      "that is to come",
      { roots: TEST_ROOTS },
      rootCrlItem({ thisUpdate: NOW + DAY }),
      "CollateralNotCurrent",
    ],
    ["before the root's list", { roots: TEST_ROOTS }, pckCrlItem(), "NoRootCrl"],
    [
      "that nobody signs",
      { roots: TEST_ROOTS },
      { type: "AndroidListedAt", value: NOW },
      "UnsignedCollateral",
    ],
  ] as const)("%s is refused, and paid for", (_, pha, item, error) => {
    const chain = startPhaChain({}, pha, NOW);
    chain.block();
    const call = chain.runtime.tx.PhaAttestation.submit_collateral({
      item: item as CollateralItem,
    });
    const sent = chain.send(call, "//Bob");
    expect(sent.error).toBe(error);
    const failed = sent.events.find(({ name }) => name === "ExtrinsicFailed");
    expect(failed?.fields).toMatchObject({ dispatchInfo: { paysFee: true } });
  });

  test("that is hardly newer is taken and paid for: vendors sign the same anew all the time", () => {
    const { submit } = start();
    const half = 12n * 3_600_000n;
    const paid = (thisUpdate: bigint) => {
      const sent = submit(rootCrlItem({ thisUpdate, nextUpdate: NOW + 40n * DAY }));
      expect(sent.error).toBeUndefined();
      const success = sent.events.find(({ name }) => name === "ExtrinsicSuccess");
      return (success?.fields["dispatchInfo"] as { paysFee: boolean }).paysFee;
    };
    const first = NOW - 5n * DAY;
    expect([paid(first), paid(first + 1_000n), paid(first + 1_000n + half)]).toEqual([
      false,
      true,
      false,
    ]);
  });

  test("of a revoked signer is refused", () => {
    const { submit } = start();
    submit(rootCrlItem({ revoked: [3] }));
    expect(submit(intelTextItems("sgx")[0]).error).toBe("SignerRevoked");
    expect(submit(pckCrlItem()).error).toBeUndefined();
  });

  test("has so many slots and no more", () => {
    const { storage, submit } = start();
    submit(rootCrlItem());
    storage().CollateralCounts.put({ signed: MAX_SIGNED, entries: 0 });
    expect(submit(amdCrlItem()).error).toBe("TooMuchCollateral");
    // What has a slot keeps it.
    expect(submit(rootCrlItem(newer)).error).toBeUndefined();
  });

  test("that nobody renewed goes long after its end, and not before", () => {
    const { chain, storage, submit, drop } = start();
    submit(rootCrlItem());
    submit(amdCrlItem(newer));
    expect(drop(ROOT_SLOT).error).toBe("CollateralInUse");
    chain.skip(100n * DAY - 10_000n);
    expect(drop(ROOT_SLOT).error).toBe("CollateralInUse");
    chain.skip(10_000n);
    const sent = drop(ROOT_SLOT);
    expect(sent.events.map(({ name }) => name)).toContain("CollateralDropped");
    expect(drop(ROOT_SLOT).error).toBe("UnknownCollateral");
    expect(drop({ type: "AmdCrl", value: "Milan" }).error).toBe("CollateralInUse");
    expect(storage().CollateralCounts.get()).toEqual({ signed: 1, entries: 0 });
  });
});

test("whoever reads the chain's state with proofs finds policy and collateral where the pallet puts them", () => {
  const { chain, storage } = start();
  const { policy, collateral } = ATTESTATION_STORAGE;
  expect(storage().Policy.key).toEqual(policy.key);
  expect(PhaAttestation.storage.Policy.value.shape).toEqual(policy.value.shape);
  expect(PhaAttestation.storage.Collateral.value.shape).toEqual(collateral.value.shape);
  const fmspc = new Uint8Array(6).fill(7);
  for (const slot of [ROOT_SLOT, { type: "IntelTcbInfo", value: { tee: "tdx", fmspc } }] as const)
    expect(storage().Collateral.keyOf(slot)).toEqual(collateral.key(slot));
  const { signer, endorsed, grade } = ATTESTATION_STORAGE;
  const id = new Uint8Array(32).fill(3);
  expect(storage().Signers.keyOf(id)).toEqual(signer.key(id));
  expect(PhaAttestation.storage.Signers.value.shape).toEqual(signer.value.shape);
  expect(storage().Endorsed.keyOf(id)).toEqual(endorsed.key(id));
  expect(PhaAttestation.storage.Endorsed.value.shape).toEqual(endorsed.value.shape);
  const registry = chain.runtime.env(chain.overlay).of(PhalaRegistry).storage;
  expect(registry.Grades.keyOf(id)).toEqual(grade.key(id));
  expect(PhalaRegistry.storage.Grades.value.shape).toEqual(grade.value.shape);
});

describe("entries", () => {
  const phone = { serial: Uint8Array.of(0x50, 0x14), status: "REVOKED" } as const;
  const platform = {
    instanceId: new Uint8Array(33).fill(1),
    implementationId: new Uint8Array(32).fill(2),
    curve: "P-256",
    publicKey: new Uint8Array(64).fill(3),
  } as const;
  const phoneSlot: CollateralSlot = { type: "AndroidStatus", value: phone.serial };
  const put = (value: CollateralItem) => ({ type: "Put", value }) as const;
  const remove = (value: CollateralSlot) => ({ type: "Remove", value }) as const;

  test("are governance's", () => {
    const { chain, change, change_entry } = start();
    const call = change_entry({ change: put({ type: "AndroidStatus", value: phone }) });
    expect(chain.send(call, "//Bob").error).toBe("BadOrigin");
    expect(change(put(rootCrlItem())).error).toBe("SignedCollateral");
    expect(change(remove(ROOT_SLOT)).error).toBe("SignedCollateral");
  });

  test("that tighten count at once; a listed phone, and the time of the list", () => {
    const { storage, change, chain } = start({ looseningDelay: 5 });
    expect(change(put({ type: "AndroidStatus", value: phone })).error).toBeUndefined();
    expect(storage().Collateral.get(phoneSlot)?.item.value).toEqual(phone);
    const time = (value: bigint) => change(put({ type: "AndroidListedAt", value })).error;
    expect(time(chain.nowMs() + 60_000n)).toBe("CollateralNotCurrent");
    expect(time(NOW)).toBeUndefined();
    expect(time(NOW)).toBe("CollateralNotNewer");
    expect(time(NOW + 1n)).toBeUndefined();
    expect(storage().CollateralCounts.get()).toEqual({ signed: 0, entries: 2 });
  });

  test("that loosen count after the delay, by a second call", () => {
    const { storage, change, chain } = start({ looseningDelay: 5 });
    change(put({ type: "AndroidStatus", value: phone }));
    for (const loosening of [remove(phoneSlot), put({ type: "ArmPlatformKey", value: platform })]) {
      const announced = change(loosening);
      expect(announced.events.map(({ name }) => name)).toContain("EntryAnnounced");
      expect(change(loosening).error).toBe("TooEarly");
      for (let i = 0; i < 5; i++) chain.block();
      expect(change(loosening).events.map(({ name }) => name)).toContain("EntryChanged");
    }
    expect(storage().Collateral.get(phoneSlot)).toBeUndefined();
    expect(change(remove({ type: "ArmPlatformKey", value: platform })).error).toBeUndefined();
    expect(storage().CollateralCounts.get()).toEqual({ signed: 0, entries: 0 });
  });

  test("that could never be found, or that are not there, are refused", () => {
    const { change } = start();
    const padded = { ...phone, serial: Uint8Array.of(0, 0x50) };
    expect(change(put({ type: "AndroidStatus", value: padded })).error).toBe("MalformedCollateral");
    const short = { ...platform, publicKey: new Uint8Array(96) };
    expect(change(put({ type: "ArmPlatformKey", value: short })).error).toBe("MalformedCollateral");
    expect(change(remove(phoneSlot)).error).toBe("UnknownCollateral");
  });
});
