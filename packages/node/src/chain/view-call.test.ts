import { developmentPreset } from "@pha/runtime";
import { concatBytes, encode, toHex, u32 } from "@pha/scale";
import { createOverlay, type Trie } from "@pha/state";
import { describe, expect, test } from "vitest";
import { aDevChain, type DevChain } from "../testing/dev-chain.ts";
import { randomExtrinsics, seededNumbers } from "../testing/random-extrinsics.ts";
import { createSigner, testPair } from "../testing/signer.ts";
import { callView, keysOfCall } from "./view-call.ts";

const { runtime } = developmentPreset();
const CODE_KEY = new TextEncoder().encode(":code");
const NOTHING = new Uint8Array(0);
const WITHOUT_ARGUMENTS = [
  "Core_version",
  "Metadata_metadata",
  "Metadata_metadata_versions",
  "BabeApi_configuration",
  "BabeApi_current_epoch",
  "BabeApi_current_epoch_start",
  "BabeApi_next_epoch",
  "GrandpaApi_grandpa_authorities",
  "GrandpaApi_current_set_id",
];

/** What the runtime and the Wasm at `:code` of the same state say; `trap` for a question without an answer. */
function both(state: Trie, entry: string, args: Uint8Array): { native: string; view: string } {
  const native = runtime.runtimeApi(createOverlay(state), entry, args);
  const code = state.get(CODE_KEY) ?? NOTHING;
  const view = callView({ code, get: (key) => state.get(key), entry, args });
  return {
    native: native.ok ? toHex(native.value) : "trap",
    view: view.ok
      ? toHex(view.value.answer)
      : view.error.code === "view/trapped"
        ? "trap"
        : view.error.code,
  };
}

function expectSame(state: Trie, entry: string, args: Uint8Array = NOTHING): string {
  const { native, view } = both(state, entry, args);
  if (native !== view) throw new Error(`${entry}(${toHex(args)}): ${native} here, ${view} in Wasm`);
  return native;
}

/** @returns what both say of the validity of each extrinsic */
function expectAllSame(
  node: DevChain,
  extrinsics: readonly Uint8Array[],
  accounts: readonly Uint8Array[],
): readonly string[] {
  const { header, hash } = node.chain.best;
  const state = node.chain.stateOf(header);
  for (const entry of WITHOUT_ARGUMENTS) expectSame(state, entry);
  for (const account of accounts) expectSame(state, "AccountNonceApi_account_nonce", account);
  return extrinsics.map((extrinsic) => {
    const query = concatBytes(extrinsic, encode(u32, extrinsic.length));
    expectSame(state, "TransactionPaymentApi_query_info", query);
    expectSame(state, "TransactionPaymentApi_query_fee_details", query);
    const args = concatBytes(Uint8Array.of(2), extrinsic, hash);
    return expectSame(state, "TaggedTransactionQueue_validate_transaction", args);
  });
}

const viewOf = (node: DevChain) => ({
  number: node.chain.best.number + 1,
  genesisHash: node.chain.genesisHash,
  hashAt: (number: number) => node.chain.hashAt(number),
  nonceOf: (account: Uint8Array) => {
    const answer = runtime.runtimeApi(
      createOverlay(node.chain.stateOf(node.chain.best.header)),
      "AccountNonceApi_account_nonce",
      account,
    );
    return answer.ok ? new DataView(Uint8Array.from(answer.value).buffer).getUint32(0, true) : 0;
  },
});

describe("the Wasm at :code answers as the runtime does, byte for byte", () => {
  test("on genesis", () => {
    const node = aDevChain();
    const { next, accounts } = randomExtrinsics(runtime, seededNumbers(1));
    const extrinsics = Array.from({ length: 60 }, () => next(viewOf(node)));
    expectAllSame(node, extrinsics, accounts());
  });

  test("on 50 random blocks", async () => {
    const node = aDevChain();
    const below = seededNumbers(2);
    const { next, accounts } = randomExtrinsics(runtime, below);
    const seen = new Map<string, number>();
    const alice = createSigner(runtime, node.chain.genesisHash, "//Alice");
    const [, , , ed25519, ecdsa] = accounts();
    for (const [nonce, account] of [ed25519!, ecdsa!].entries())
      node.pool.submit(alice.transfer(account, 10n ** 15n, nonce));
    await node.author();
    for (let block = 0; block < 50; block++) {
      const extrinsics = Array.from({ length: 6 }, () => next(viewOf(node)));
      const verdicts = expectAllSame(node, extrinsics, accounts());
      for (const [index, extrinsic] of extrinsics.entries()) {
        const verdict = verdicts[index]?.startsWith("0x00") ? "valid" : `${verdicts[index]}`;
        seen.set(verdict, (seen.get(verdict) ?? 0) + 1);
        if (verdict !== "valid") continue;
        try {
          node.pool.submit(extrinsic);
        } catch {
          // Another one with its nonce pays more; that is the pool's business, not validity's.
        }
      }
      await node.author();
    }
    expect(node.chain.best.number).toBe(51);
    // Every way to be right or wrong came up.
    expect(seen.get("valid")).toBeGreaterThan(40);
    expect([...seen.keys()].sort()).toEqual([
      "0x010001",
      "0x010003",
      "0x010004",
      "0x010005",
      "0x010006",
      "0x010009",
      "0x010100",
      "valid",
    ]);
  });

  test("on extrinsics that were cut, prolonged or changed", () => {
    const node = aDevChain();
    const below = seededNumbers(3);
    const { next } = randomExtrinsics(runtime, below);
    const verdicts = new Set<string>();
    for (let round = 0; round < 400; round++) {
      const extrinsic = next(viewOf(node));
      const content = extrinsic.slice(extrinsic.length > 68 && extrinsic[0]! % 4 === 1 ? 2 : 1);
      const kind = below(4);
      if (kind < 3) content[below(kind === 0 ? 3 : content.length)]! ^= 1 << below(8);
      const cut = kind === 3 ? content.slice(0, below(content.length)) : content;
      const changed = concatBytes(encode(u32, cut.length * 4 + 2).slice(0, 4), cut);
      const prefixed =
        cut.length < 64
          ? concatBytes(Uint8Array.of(cut.length * 4), cut)
          : cut.length < 16_384
            ? concatBytes(Uint8Array.of(((cut.length & 63) << 2) | 1, cut.length >> 6), cut)
            : changed;
      const state = node.chain.stateOf(node.chain.best.header);
      const args = concatBytes(Uint8Array.of(2), prefixed, node.chain.best.hash);
      const { native, view } = both(state, "TaggedTransactionQueue_validate_transaction", args);
      verdicts.add(native.slice(0, 8));
      // The one thing the view leaves to the node: calls with rules or weights of their own.
      if (view !== "trap") expect(`${round} ${view}`).toBe(`${round} ${native}`);
      expectSame(state, "TransactionPaymentApi_query_info", concatBytes(prefixed, encode(u32, 7)));
    }
    expect(verdicts.size).toBeGreaterThan(4);
  }, 120_000);

  test("on arguments that are none", () => {
    const node = aDevChain();
    const state = node.chain.stateOf(node.chain.best.header);
    for (const entry of WITHOUT_ARGUMENTS) expectSame(state, entry, Uint8Array.of(0));
    for (const [entry, args] of [
      ["AccountNonceApi_account_nonce", new Uint8Array(31)],
      ["AccountNonceApi_account_nonce", new Uint8Array(33)],
      ["Metadata_metadata_at_version", new Uint8Array(3)],
      ["TransactionPaymentApi_query_info", NOTHING],
      ["TransactionPaymentApi_query_info", Uint8Array.of(4, 0)],
      ["TransactionPaymentApi_query_length_to_fee", new Uint8Array(5)],
      ["TransactionPaymentApi_query_weight_to_fee", Uint8Array.of(0)],
      ["TaggedTransactionQueue_validate_transaction", NOTHING],
      ["TaggedTransactionQueue_validate_transaction", new Uint8Array(33)],
      ["TaggedTransactionQueue_validate_transaction", Uint8Array.of(3, ...new Uint8Array(33))],
    ] as const) {
      const { native, view } = both(state, entry, args);
      expect([entry, native, view]).toEqual([entry, "trap", "trap"]);
    }
  });

  test("on versions of metadata and on prices", () => {
    const node = aDevChain();
    const state = node.chain.stateOf(node.chain.best.header);
    for (const version of [0, 13, 14, 15, 16, 0xffff_ffff])
      expectSame(state, "Metadata_metadata_at_version", encode(u32, version));
    for (const length of [0, 1, 145, 0xffff_ffff])
      expectSame(state, "TransactionPaymentApi_query_length_to_fee", encode(u32, length));
    for (const weight of [
      "0x0000",
      "0xfc00",
      "0x0104feffffff",
      "0x0f00c0dea1b1c2d304",
      "0x0300000040fd03",
    ])
      expectSame(
        state,
        "TransactionPaymentApi_query_weight_to_fee",
        Uint8Array.from(Buffer.from(weight.slice(2), "hex")),
      );
  });
});

describe("keys that a call reads", () => {
  test("are those of a proof from which the same answer follows", () => {
    const node = aDevChain();
    const { header, hash } = node.chain.best;
    const state = node.chain.stateOf(header);
    const code = state.get(CODE_KEY) ?? NOTHING;
    const alice = createSigner(runtime, node.chain.genesisHash, "//Alice");
    const transfer = alice.transfer(testPair("//Bob").publicKey, 5n, 3);
    const cases: [string, Uint8Array, number][] = [
      ["Core_version", NOTHING, 0],
      ["BabeApi_configuration", NOTHING, 2],
      ["BabeApi_next_epoch", NOTHING, 1],
      ["AccountNonceApi_account_nonce", alice.account, 1],
      [
        "TaggedTransactionQueue_validate_transaction",
        concatBytes(Uint8Array.of(2), transfer, hash),
        2,
      ],
    ];
    for (const [entry, args, count] of cases) {
      const get = (key: Uint8Array) => state.get(key);
      const keys = keysOfCall({ code, get, entry, args });
      expect([entry, keys.length]).toEqual([entry, count]);
      const known = new Map(keys.map((key) => [toHex(key), state.get(key)]));
      const again = callView({ code, get: (key) => known.get(toHex(key)), entry, args });
      expect(again.ok && toHex(again.value.answer)).toBe(both(state, entry, args).view);
    }
  });

  test("are those read before a trap, too", () => {
    const node = aDevChain();
    const state = node.chain.stateOf(node.chain.best.header);
    const code = state.get(CODE_KEY) ?? NOTHING;
    // A state without epochs: the answer is none, and the proof must say so.
    const call = { code, get: () => undefined, entry: "BabeApi_next_epoch", args: NOTHING };
    expect(callView(call)).toMatchObject({ error: { code: "view/trapped" } });
    expect(keysOfCall(call)).toHaveLength(1);
  });

  test("are none of a module that is none, and of an entry there is not", () => {
    const get = () => undefined;
    const bad = { code: Uint8Array.of(0, 97, 115, 109), get, entry: "Core_version", args: NOTHING };
    expect(callView(bad)).toMatchObject({ error: { code: "view/bad-module" } });
    expect(keysOfCall(bad)).toEqual([]);
    const code = aDevChain().development.spec.genesis.find(
      ([key]) => toHex(key) === toHex(CODE_KEY),
    )![1];
    expect(callView({ code, get, entry: "Core_execute_block", args: NOTHING })).toMatchObject({
      error: { code: "view/unknown-entry" },
    });
  });
});
