/**
 * Many workers of several vendors on one chain: registered and graded anew within a day's blocks, in state that does not
 * grow. 2,500 with `PHA_LONG=1`, as many as the original test network had.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { amdCrlItem, DAY, envelope, makeNitro, NOW, snpEnvelope } from "@pha/attestation/testing";
import { expect, test } from "vitest";
import { startVendorChain, vendorCall, vendorMeasurement } from "../testing/vendor-chain.node.ts";

const WORKERS = process.env["PHA_LONG"] === "1" ? 2_500 : 60;
/** Blocks of three seconds. */
const DAY_BLOCKS = 28_800;

setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");

/** Of what is still referred to. */
function heapBytes(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

function evidenceOf(number: number) {
  const id = new Uint8Array(64);
  new DataView(id.buffer).setUint32(0, number);
  const snp = (reportData: Uint8Array) => snpEnvelope({ reportData, hardwareId: id });
  const nitro = (reportData: Uint8Array, timestampMs: bigint) =>
    envelope(
      "AwsNitro",
      makeNitro({
        fields: { module_id: `i-${number}-enc0`, user_data: reportData },
        timestampMs,
        leaf: { notBefore: NOW - DAY, notAfter: NOW + 3n * DAY },
      }).document,
    );
  return number % 5 === 0
    ? ({ kind: "AwsNitro", over: nitro } as const)
    : ({ kind: "AmdSevSnp", over: snp } as const);
}

test(`${WORKERS} workers register and are graded anew, so many in a block`, () => {
  const { chain, tx, storage } = startVendorChain();
  for (const kind of ["AmdSevSnp", "AwsNitro"] as const)
    chain.sudo(tx.add_measurement({ measurement: vendorMeasurement(chain, kind) }));

  const first = chain.number();
  // Five a block: four of AMD's and one of Nitro's, within the shares of both.
  for (let next = 1; next <= WORKERS; next += 5) {
    const calls = Array.from({ length: 5 }, (_, i) => {
      const { kind, over } = evidenceOf(next + i);
      return vendorCall(chain, kind, next + i, over).call;
    });
    for (const { error } of chain.sendAll(calls)) expect(error).toBeUndefined();
  }
  const registered = chain.number() - first;
  expect(storage().RosterSize.get()).toBe(WORKERS);
  expect(registered).toBeLessThan(DAY_BLOCKS);

  // A newer list of AMD's: nobody is on it, and all are looked at.
  const settle = (): number => {
    const before = chain.number();
    do chain.block();
    while (storage().Sweep.get().at !== 0);
    return chain.number() - before;
  };
  settle();
  const pallet = storage().Grades.prefix.slice(0, 16);
  const sizeOf = () => [...chain.overlay.keys(pallet)].length;
  const item = amdCrlItem({ thisUpdate: NOW - DAY, nextUpdate: NOW + 40n * DAY });
  expect(chain.send(tx.submit_collateral({ item }), "//Bob").error).toBeUndefined();
  const regraded = settle();
  const size = sizeOf();
  expect(storage().Sweep.get().revision).toBeGreaterThan(0);
  expect(regraded).toBeGreaterThan(WORKERS / 8);
  expect(regraded).toBeLessThan(DAY_BLOCKS);
  for (const [, { revision }] of storage().Grades.entries())
    expect(revision).toBe(storage().Sweep.get().revision);

  // And once more, in the same space and memory, with one of them revoked.
  const heap = heapBytes();
  const [, grade] = [...storage().Grades.entries()][0] ?? [];
  chain.sudo(tx.remove_measurement({ measurement: grade?.measurement ?? new Uint8Array(32) }));
  settle();
  const lost = [...storage().Suspended.entries()].length;
  expect([WORKERS / 5, (4 * WORKERS) / 5]).toContain(lost);
  expect(sizeOf()).toBeLessThanOrEqual(size + lost);
  // What a grading leaves behind would show at every further one.
  expect(heapBytes()).toBeLessThan(1.1 * heap + (16 << 20));
  process.stdout.write(
    `${WORKERS} workers: registered in ${registered} blocks, graded anew in ${regraded}\n`,
  );
}, 600_000);
