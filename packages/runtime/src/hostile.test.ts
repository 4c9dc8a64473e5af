import { addressOf, encodeExtrinsic, memoryOverlay, NONE, ROOT, signedBy } from "@pha/frame";
import { concatBytes, decode, encode, u64 } from "@pha/scale";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sampleBytes } from "./testing/sample-bytes.ts";
import { copyOf, headerOf, startTestChain } from "./testing/test-chain.ts";
import { TIMESTAMP_INHERENT } from "./timestamp/index.ts";

const chain = startTestChain();
chain.block();
const { runtime, overlay } = chain;
const hash = chain.hash();
const nothing = runtime.tx.System.remark({ remark: new Uint8Array(3) });

describe("hostile bytes", () => {
  test("as transactions are refused and leave no trace", () => {
    const before = overlay.entries();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const framed = encodeExtrinsic(bytes);
        for (const one of [bytes, framed]) {
          expect(runtime.validateTransaction(overlay, "External", one, hash).ok).toBe(false);
          expect(runtime.applyExtrinsic(overlay, one).ok).toBe(false);
        }
      }),
      { numRuns: 300 },
    );
    expect(overlay.entries()).toEqual(before);
  });

  test("as arguments of calls are decided, whoever calls", () => {
    const calls = runtime.tables.pallets.flatMap((entry) =>
      [...entry.callsByName.values()].map(({ declaration }) =>
        concatBytes(
          Uint8Array.of(entry.index, declaration.index),
          sampleBytes(declaration.args.shape),
        ),
      ),
    );
    const env = runtime.env(overlay);
    const before = overlay.entries();
    let dispatched = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...calls),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 12 }),
        fc.constantFrom(signedBy(chain.account("//Alice")), ROOT, NONE),
        (sample, changes, origin) => {
          const bytes = Uint8Array.from(sample);
          for (const [at, byte] of changes) bytes[2 + (at % (bytes.length - 2 || 1))] = byte;
          const call = decode(runtime.format.call, bytes);
          if (!call.ok) return;
          dispatched++;
          expect(env.infoOf(call.value).weight.refTime).toBeGreaterThanOrEqual(0n);
          overlay.begin();
          expect(typeof env.dispatch(call.value, origin).ok).toBe("boolean");
          overlay.rollback();
        },
      ),
      { numRuns: 3_000 },
    );
    expect(dispatched).toBeGreaterThan(500);
    expect(overlay.entries()).toEqual(before);
  });

  test("as arguments of runtime APIs end the question, not the process", () => {
    const names = Object.entries(runtime.apis).flatMap(([api, { methods }]) =>
      Object.keys(methods).map((method) => `${api}_${method}`),
    );
    expect(names.length).toBeGreaterThan(20);
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.uint8Array({ maxLength: 200 }), (name, args) => {
        const state = copyOf(overlay);
        expect(typeof runtime.runtimeApi(state, name, args).ok).toBe("boolean");
      }),
      { numRuns: 300 },
    );
    // A header of block 0, which has no parent.
    const header = concatBytes(new Uint8Array(97), Uint8Array.of(0));
    const state = memoryOverlay();
    expect(runtime.runtimeApi(state, "Core_initialize_block", header).ok).toBe(false);
  });
});

describe("hostile blocks", () => {
  const timestamp = (slot: bigint) => {
    const state = copyOf(overlay);
    runtime.initializeBlock(state, headerOf(hash, 2, slot));
    const clock = encode(u64, slot * 1_000n);
    return runtime.inherentExtrinsics(state, new Map([[TIMESTAMP_INHERENT, clock]]));
  };

  test("of another number are refused", () => {
    for (const number of [0, 1, 3, 4_000_000_000])
      expect(
        runtime.executeBlock(copyOf(overlay), headerOf(hash, number, 1_001n), []),
      ).toMatchObject({ error: { code: "block/wrong-number", expected: 2 } });
  });

  test("whose time is not in their slot, or whose slot cannot be, are refused", () => {
    for (const slot of [1_002n, (1n << 64n) - 1n]) {
      const state = copyOf(overlay);
      runtime.initializeBlock(state, headerOf(hash, 2, slot));
      const [inherent] = timestamp(1_001n);
      if (!inherent) throw new Error("the time is an inherent");
      expect(runtime.applyExtrinsic(state, inherent)).toMatchObject({
        error: { value: { type: "BadMandatory" } },
      });
    }
  });

  test("too far ahead of our clock are objected to", () => {
    const [inherent] = timestamp(1_001n);
    if (!inherent) throw new Error("the time is an inherent");
    const objections = (clock: bigint) =>
      runtime.checkInherents(
        copyOf(overlay),
        [inherent],
        new Map([[TIMESTAMP_INHERENT, encode(u64, clock)]]),
      );
    expect(objections(1_001_000n)).toEqual([]);
    expect(objections(900_000n)).toHaveLength(1);
  });
});

test("a batch of everything a block may hold pays for itself", () => {
  const own = startTestChain();
  own.block();
  const calls = Array.from({ length: 1_000 }, () =>
    own.runtime.tx.Utility.batch({ calls: [nothing, nothing] }),
  );
  const batch = own.runtime.tx.Utility.force_batch({ calls });
  const single = own.runtime.env(own.overlay).infoOf(nothing).weight.refTime;
  const whole = own.runtime.env(own.overlay).infoOf(batch).weight.refTime;
  expect(whole).toBeGreaterThan(2_000n * single);
  const { outcomes } = own.block([own.sign("//Alice", batch)]);
  expect(outcomes[0]).toMatchObject({ ok: true, value: { error: undefined } });
  expect(addressOf(own.account("//Alice")).type).toBe("Id");
});
