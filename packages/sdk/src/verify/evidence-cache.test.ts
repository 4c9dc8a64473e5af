import { TEST_ROOTS } from "@pha/attestation/testing";
import { STORAGE } from "@pha/protocol";
import { encode } from "@pha/scale";
import { describe, expect, test, vi } from "vitest";
import { openChain } from "../chain/chain.ts";
import { fakeChain, type Pair } from "../testing/fake-chain.ts";
import { NOW_MS, vendorState } from "../testing/vendor-state.ts";
import { createEvidenceCache, type EvidenceCache, MAX_AGE_MS } from "./evidence-cache.ts";
import { verifyWorker } from "./verify-worker.ts";

const { entries, workers } = vendorState(["IntelSgxDcap"]);
const [worker] = workers;
if (worker === undefined) throw new Error("there is one");
const { identity } = worker.registration;

async function verify(
  cache: EvidenceCache,
  change: Readonly<Record<string, Pair | undefined>> = {},
) {
  const changed = new Map<string, Pair | undefined>([...entries, ...Object.entries(change)]);
  const pairs = [...changed.values()].filter((pair) => pair !== undefined);
  const chain = await openChain(fakeChain(pairs).rpc);
  return (await verifyWorker(chain, identity, { roots: TEST_ROOTS, cache })).broken?.link;
}

const at = (nowMs: bigint) => ({
  now: [STORAGE.now.key, encode(STORAGE.now.value, nowMs)] as Pair,
});

/** A cache, and how often it was filled: as often as evidence was verified. */
function watched() {
  const cache = createEvidenceCache();
  return { cache, put: vi.spyOn(cache, "put") };
}

describe("evidence that was verified", () => {
  test("is not verified again for a while, at the same collateral", async () => {
    const { cache, put } = watched();
    for (const nowMs of [NOW_MS, NOW_MS + 1n, NOW_MS + MAX_AGE_MS])
      expect(await verify(cache, at(nowMs))).toBeUndefined();
    expect(put).toHaveBeenCalledTimes(1);
    expect(await verify(cache, at(NOW_MS + MAX_AGE_MS + 1n))).toBeUndefined();
    expect(put).toHaveBeenCalledTimes(2);
  });

  test("is verified again for other bytes, and at collateral that went", async () => {
    const { cache } = watched();
    expect(await verify(cache)).toBeUndefined();
    const changed = worker.evidence.slice();
    changed[200] = (changed[200] ?? 0) ^ 1;
    const pair: Pair = [STORAGE.evidence.key(identity), encode(STORAGE.evidence.value, changed)];
    expect(await verify(cache, { "evidence IntelSgxDcap": pair })).toBe("worker/evidence");
    expect(await verify(cache, { "collateral IntelPckCrl": undefined })).toBe("worker/evidence");
    const registration = { ...worker.registration, operator: new Uint8Array(32) };
    const other: Pair = [
      STORAGE.boot.key(identity),
      encode(STORAGE.boot.value, {
        registration,
        registeredAt: { number: 0, hash: new Uint8Array(32) },
      }),
    ];
    expect(await verify(cache, { "boot IntelSgxDcap": other })).toBe("worker/evidence");
    expect(await verify(cache)).toBeUndefined();
  });

  test("is not remembered when it was refused, nor past the end of what it hangs on", async () => {
    const { cache, put } = watched();
    expect(await verify(cache, { "collateral IntelPckCrl": undefined })).toBe("worker/evidence");
    expect(put).not.toHaveBeenCalled();
    const { result } = worker;
    const { validUntilMs } = result;
    if (validUntilMs === undefined) throw new Error("Intel's collateral ends");
    cache.put("one", validUntilMs - 1n, result);
    expect(cache.get("one", validUntilMs)).toBe(result);
    expect(cache.get("one", validUntilMs + 1n)).toBeUndefined();
    expect(cache.get("one", validUntilMs)).toBeUndefined();
    // A chain whose time went back is another one.
    cache.put("one", NOW_MS, result);
    expect(cache.get("one", NOW_MS - 1n)).toBeUndefined();
  });

  test("is 256 pieces at most, the least recently used goes", () => {
    const cache = createEvidenceCache();
    for (let i = 0; i < 256; i++) cache.put(String(i), NOW_MS, worker.result);
    cache.get("0", NOW_MS);
    cache.put("256", NOW_MS, worker.result);
    expect(cache.get("0", NOW_MS)).toBe(worker.result);
    expect(cache.get("1", NOW_MS)).toBeUndefined();
  });
});
