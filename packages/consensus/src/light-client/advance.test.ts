import { concatBytes, decode, encode } from "@pha/scale";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  aChain,
  aHeader,
  justify,
  refOf,
  scheduledChange,
  setOf,
  type Voter,
  voters,
} from "../../test/chain-builder.ts";
import { grandpaDigestItem } from "../grandpa/digest.ts";
import { Justification } from "../grandpa/justification.ts";
import { encodeHeader, type Header, headerHash } from "../header.ts";
import { advance, type LightClientBatch, MAX_BATCH_HEADERS } from "./advance.ts";
import { LightClientCheckpoint, type LightClientState, startFromGenesis } from "./state.ts";

const genesisHeader = aHeader();
const old = voters(4);
const young = voters(3, 50);
const start = startFromGenesis({ genesisHeader, set: setOf(old) });

function batch(
  headers: readonly Header[],
  by: readonly Voter[] = old,
  setId = 0n,
): LightClientBatch {
  return {
    headers: headers.map(encodeHeader),
    justification: encode(Justification, justify(refOf(headers.at(-1)!), by, { setId })),
  };
}

function codeOf(state: LightClientState, input: LightClientBatch): string {
  const result = advance(state, input);
  return result.ok ? "ok" : result.error.code;
}

describe("a batch", () => {
  const chain = aChain(genesisHeader, 8);

  test("moves the finalized head and returns every header with its hash", () => {
    const result = advance(start, batch(chain));
    if (!result.ok) throw new Error(result.error.code);
    const { state, finalizedHeaders } = result.value;
    expect(state.finalized).toEqual({ ...refOf(chain[7]!), stateRoot: chain[7]!.stateRoot });
    expect(state.set).toEqual(start.set);
    expect(finalizedHeaders.map(({ hash }) => hash)).toEqual(chain.map(headerHash));
    expect(finalizedHeaders.map(({ header }) => header)).toEqual(chain);
  });

  test("must not be empty, too long, gapped, reordered or repeated", () => {
    expect(codeOf(start, { ...batch(chain), headers: [] })).toBe("light/empty-batch");
    const header = encodeHeader(chain[0]!);
    const headers = new Array<Uint8Array>(MAX_BATCH_HEADERS + 1).fill(header);
    expect(codeOf(start, { ...batch(chain), headers })).toBe("light/batch-too-long");
    expect(codeOf(start, batch(chain.slice(1)))).toBe("light/gap");
    expect(codeOf(start, batch(chain.toSpliced(3, 1)))).toBe("light/gap");
    expect(codeOf(start, batch(chain.toReversed()))).toBe("light/gap");
    expect(codeOf(start, batch([chain[0]!, chain[0]!]))).toBe("light/gap");
  });

  test("must be on the finalized head and on itself", () => {
    const fork = aChain(genesisHeader, 8, { salt: 9 });
    expect(codeOf(start, batch([...chain.slice(0, 4), ...fork.slice(4)]))).toBe(
      "light/wrong-parent",
    );
    const other = aChain(aHeader({ stateRoot: chain[0]!.stateRoot }), 2);
    expect(codeOf(start, batch(other))).toBe("light/wrong-parent");
    const moved = advance(start, batch(chain.slice(0, 4)));
    if (!moved.ok) throw new Error(moved.error.code);
    expect(codeOf(moved.value.state, batch(fork.slice(4)))).toBe("light/wrong-parent");
    expect(codeOf(moved.value.state, batch(chain.slice(0, 4)))).toBe("light/gap");
    expect(codeOf(moved.value.state, batch(chain.slice(4)))).toBe("ok");
  });

  test("must be justified at its last header by enough of the current set", () => {
    const headers = chain.map(encodeHeader);
    const justificationOf = (index: number, by: readonly Voter[], setId = 0n) =>
      encode(Justification, justify(refOf(chain[index]!), by, { setId }));
    const check = (justification: Uint8Array) => codeOf(start, { headers, justification });
    expect(check(justificationOf(7, old.slice(1)))).toBe("ok");
    expect(check(justificationOf(6, old))).toBe("justification/wrong-target");
    expect(check(justificationOf(7, old.slice(2)))).toBe("justification/too-few-votes");
    expect(check(justificationOf(7, young))).toBe("justification/unknown-authority");
    expect(check(justificationOf(7, old, 1n))).toBe("justification/bad-signature");
    expect(check(concatBytes(justificationOf(7, old), Uint8Array.of(0)))).toBe(
      "light/bad-justification",
    );
    expect(check(new Uint8Array(9 << 20))).toBe("light/justification-too-long");
  });

  test("with any byte of any header changed is refused", () => {
    const good = batch(chain.slice(0, 3));
    fc.assert(
      fc.property(fc.nat(2), fc.nat(97), fc.integer({ min: 1, max: 255 }), (index, at, change) => {
        const headers = good.headers.map((header) => header.slice());
        headers[index]![at]! ^= change;
        expect(codeOf(start, { ...good, headers })).not.toBe("ok");
      }),
    );
  });
});

describe("a set change", () => {
  const change = scheduledChange(young);
  const chain = aChain(genesisHeader, 9, {
    digestAt: (number) => (number === 5 ? [change] : []),
  });
  const toChange = batch(chain.slice(0, 5));
  const changed = advance(start, toChange);
  if (!changed.ok) throw new Error(changed.error.code);
  const { state } = changed.value;

  test("is finalized by the old set and hands over to the new one", () => {
    expect(state.set).toEqual(setOf(young, 1n));
    expect(codeOf(state, batch(chain.slice(5), young, 1n))).toBe("ok");
    expect(codeOf(start, batch(chain.slice(0, 5), young, 1n))).toBe(
      "justification/unknown-authority",
    );
  });

  test("cannot be passed inside a batch, whoever signs", () => {
    expect(codeOf(start, batch(chain))).toBe("light/passed-set-change");
    expect(codeOf(start, batch(chain, young, 1n))).toBe("light/passed-set-change");
  });

  test("is the end of the old set and of the old set id", () => {
    expect(codeOf(state, batch(chain.slice(5), old))).toBe("justification/unknown-authority");
    expect(codeOf(state, batch(chain.slice(5), old, 1n))).toBe("justification/unknown-authority");
    expect(codeOf(state, batch(chain.slice(5), young, 0n))).toBe("justification/bad-signature");
    expect(codeOf(state, batch(chain.slice(5), young, 2n))).toBe("justification/bad-signature");
  });

  test("state does not change when the caller reuses its buffers", () => {
    const expected = encode(LightClientCheckpoint, state);
    for (const header of toChange.headers) header.fill(0xff);
    expect(encode(LightClientCheckpoint, state)).toEqual(expected);
  });

  test("that is forced, delayed, empty, repeated or malformed is refused", () => {
    const authorities = [{ key: young[0]!.key, weight: 1n }];
    const withItems = (...items: Header["digest"]) =>
      codeOf(start, batch(aChain(genesisHeader, 2, { digestAt: (n) => (n === 2 ? items : []) })));
    const forced = grandpaDigestItem({
      type: "ForcedChange",
      value: { authorities, delay: 0, medianLastFinalized: 0 },
    });
    expect(withItems(forced)).toBe("light/forced-change");
    expect(withItems(change, forced)).toBe("light/forced-change");
    expect(withItems(scheduledChange(young, 1))).toBe("light/delayed-change");
    expect(withItems(scheduledChange([]))).toBe("light/empty-set");
    expect(withItems(change, change)).toBe("light/bad-digest");
    const data = Uint8Array.of(1, 4);
    expect(withItems({ type: "Consensus", value: { engine: "FRNK", data } })).toBe(
      "light/bad-digest",
    );
    expect(withItems({ type: "Consensus", value: { engine: "BEEF", data } })).toBe("ok");
    expect(withItems({ type: "PreRuntime", value: { engine: "FRNK", data } })).toBe("ok");
    expect(withItems(grandpaDigestItem({ type: "OnDisabled", value: 1n }))).toBe("ok");
  });
});

describe("a checkpoint", () => {
  test("round-trips and refuses other versions", () => {
    const encoded = encode(LightClientCheckpoint, start);
    expect(decode(LightClientCheckpoint, encoded)).toEqual({ ok: true, value: start });
    encoded[0] = 2;
    expect(decode(LightClientCheckpoint, encoded).ok).toBe(false);
  });
});
