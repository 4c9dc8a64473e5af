import { STORAGE } from "@pha/protocol";
import { encode, PhaError, toHex, u32 } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { type FakeChain, fakeChain, filled, type Pair, VOTERS } from "../testing/fake-chain.ts";
import { devSigner } from "./accounts.ts";
import { type Chain, openChain } from "./chain.ts";
import { signExtrinsic } from "./extrinsic.ts";

const alice = devSigner("Alice");
const honest = fakeChain();
const refusal = async (node: FakeChain, genesis?: Uint8Array) =>
  openChain(node.rpc, genesis).then(
    () => "opened",
    (error: unknown) => error,
  );

describe("a node that lies about its genesis or finality is refused", () => {
  const genesis = (change: object) => ({
    pha_genesis: async () => ({
      ...((await honest.rpc.request("pha_genesis", [])) as object),
      ...change,
    }),
  });
  const voters = (value: Uint8Array): readonly Pair[] => [[VOTERS[0], value]];

  test.each<readonly [reason: string, node: FakeChain]>([
    ["genesis/malformed", fakeChain([VOTERS], { pha_genesis: () => null })],
    ["genesis/malformed", fakeChain([VOTERS], { pha_genesis: () => ({}) })],
    ["genesis/malformed", fakeChain([VOTERS], genesis({ header: "0x0" }))],
    ["genesis/malformed", fakeChain([VOTERS], genesis({ header: "0x00" }))],
    ["genesis/malformed", fakeChain([VOTERS], genesis({ proof: "0xff" }))],
    ["genesis/no-authorities", fakeChain([VOTERS], genesis({ proof: "0x00" }))],
    ["genesis/no-authorities", fakeChain([[filled(5), filled(5)]])],
    ["genesis/no-authorities", fakeChain(voters(Uint8Array.of(255)))],
    ["batch/malformed", fakeChain([VOTERS], { pha_finality: () => "0x00" })],
    ["batch/malformed", fakeChain([VOTERS], { pha_finality: () => 7 })],
  ])("%s: %#", async (reason, node) => {
    expect(await refusal(node)).toMatchObject({ code: "light/refused", facts: { reason } });
  });

  test("and one of another network, whatever it proves", async () => {
    expect(await refusal(honest, filled(9))).toMatchObject({
      code: "chain/other-network",
      facts: { expected: toHex(filled(9)) },
    });
  });

  test.each([[null], ["0x"], ["0x6d65746163"]])("and one whose metadata is %j", async (answer) => {
    const node = fakeChain([VOTERS], { state_getMetadata: () => answer });
    expect(await refusal(node)).toMatchObject({ code: "chain/bad-metadata" });
  });
});

describe("an extrinsic", () => {
  test("whose nonce another tab took first is signed anew with the next one; not for ever", async () => {
    const taken = new Set([4, 5]);
    let next = 4;
    let sent = 0;
    const node = fakeChain([VOTERS], {
      system_accountNextIndex: () => next,
      author_submitExtrinsic: () => {
        sent++;
        if (!taken.has(next)) return toHex(filled(1));
        next++;
        throw new PhaError("rpc/refused", "priority is too low", {
          facts: { rpcCode: 1014 },
          hint: "-",
        });
      },
    });
    const chain = await openChain(node.rpc);
    const call = chain.call("System", "remark", { remark: new Uint8Array(0) });
    await chain.submit(alice, call, { until: "submitted" });
    expect([sent, next]).toEqual([3, 6]);
    for (let nonce = 6; nonce < 20; nonce++) taken.add(nonce);
    await expect(chain.submit(alice, call, { until: "submitted" })).rejects.toMatchObject({
      facts: { rpcCode: 1014 },
    });
    expect(sent).toBe(7);
  });

  test("of an account that cannot pay is refused in words that say so; other refusals stay", async () => {
    const refusedWith = async (reason: string): Promise<unknown> => {
      const node = fakeChain([VOTERS], {
        author_submitExtrinsic: () => {
          throw new PhaError("rpc/refused", `the extrinsic is not valid: ${reason}`, {
            facts: { rpcCode: 1010 },
            hint: "-",
          });
        },
      });
      const chain = await openChain(node.rpc);
      const call = chain.call("System", "remark", { remark: new Uint8Array(0) });
      return chain.submit(alice, call, { until: "submitted" }).catch((error: unknown) => error);
    };
    expect(await refusedWith("Payment")).toMatchObject({
      code: "chain/cannot-pay",
      facts: { address: alice.address },
    });
    expect(await refusedWith("Stale")).toMatchObject({ code: "rpc/refused" });
  });

  test("of a call that the chain does not have is not made", async () => {
    const chain = await openChain(honest.rpc);
    expect(() => chain.call("Balances", "print_money", {})).toThrow(
      expect.objectContaining({
        code: "chain/unknown-call",
        facts: { pallet: "Balances", call: "print_money" },
      }),
    );
    chain.close();
    expect(honest.isClosed()).toBe(true);
  });

  test("of a chain with an extension that nobody here knows is not signed", async () => {
    const { metadata, genesisHash } = await openChain(fakeChain().rpc);
    const [first] = metadata.signedExtensions;
    if (first === undefined) throw new Error("the chain has extensions");
    const signedExtensions = [...metadata.signedExtensions, { ...first, identifier: "CheckVibes" }];
    const context = {
      metadata: { ...metadata, signedExtensions },
      genesisHash,
      specVersion: 1,
      transactionVersion: 1,
    };
    await expect(
      signExtrinsic(context, alice, Uint8Array.of(0, 0), { nonce: 0 }),
    ).rejects.toMatchObject({
      code: "chain/unknown-extension",
      facts: { extension: "CheckVibes" },
    });
  });

  const remark = (chain: Chain) => chain.call("System", "remark", { remark: filled(1) });

  test("that nobody includes in time is given up, and may still be included", async () => {
    const chain = await openChain(fakeChain().rpc);
    await expect(chain.submit(alice, remark(chain), { timeoutMs: 5 })).rejects.toMatchObject({
      code: "chain/not-finalized",
      facts: { timeoutMs: 5 },
      hint: expect.stringContaining("may still be included"),
    });
  });

  test.each([
    ["invalid", "invalid"],
    ["dropped", "dropped"],
    ["usurped", { usurped: "0x01" }],
  ])("that the pool reports %s is gone", async (status, message) => {
    const node = fakeChain();
    const chain = await openChain(node.rpc);
    const submitted = expect(chain.submit(alice, remark(chain))).rejects.toMatchObject({
      code: "chain/extrinsic-gone",
      facts: { status },
    });
    // Signing and subscribing take some turns; what comes again is passed over.
    const telling = setInterval(() => node.notify("author_submitAndWatchExtrinsic", message), 1);
    await submitted;
    clearInterval(telling);
  });

  test.each<readonly [name: string, error: unknown]>([
    ["Balances.InsufficientBalance", { type: "Module", value: { index: 5, error: 2 } }],
    ["BadOrigin", { type: "BadOrigin", value: undefined }],
  ])("that the chain refused says why: %s", async (_name, given) => {
    let extrinsic = "";
    const block = toHex(filled(40));
    const node: FakeChain = fakeChain([VOTERS], {
      chain_getBlock: () => ({ block: { extrinsics: [extrinsic], header: { number: "0x1" } } }),
      state_getStorage: () => events,
    });
    const chain = await openChain(node.rpc);
    const failed = moduleError(chain, given);
    const events = toHex(
      encode(chain.metadata.events, [
        {
          phase: { type: "ApplyExtrinsic", value: 0 },
          event: { type: "System", value: { type: "ExtrinsicFailed", value: failed.fields } },
          topics: [],
        },
      ]),
    );
    const subscribe = node.rpc.subscribe.bind(node.rpc);
    Object.assign(node.rpc, {
      subscribe: async (...args: Parameters<typeof subscribe>) => {
        [extrinsic] = args[1] as [string];
        const stop = await subscribe(...args);
        setImmediate(() => node.notify("author_submitAndWatchExtrinsic", { finalized: block }));
        return stop;
      },
    });
    await expect(chain.submit(alice, remark(chain))).rejects.toMatchObject({
      code: "chain/dispatch-failed",
      facts: { error: failed.name },
    });
  });

  test.each<readonly [what: string, block: unknown, events: unknown]>([
    ["no block", null, "0x00"],
    ["a block without it", { block: { extrinsics: [], header: { number: "0x1" } } }, "0x00"],
    ["no number", { block: { extrinsics: ["it"], header: {} } }, "0x00"],
    ["no events", { block: { extrinsics: ["it"], header: { number: "0x1" } } }, null],
    ["other events", { block: { extrinsics: ["it"], header: { number: "0x1" } } }, "0x04ff"],
  ])("whose block the node shows as %s is not taken for a success", async (_, block, events) => {
    let extrinsic = "";
    const hash = toHex(filled(40));
    const node = fakeChain([VOTERS], {
      chain_getBlock: () => JSON.parse(JSON.stringify(block).replace('"it"', `"${extrinsic}"`)),
      state_getStorage: () => events,
    });
    const chain = await openChain(node.rpc);
    const subscribe = node.rpc.subscribe.bind(node.rpc);
    Object.assign(node.rpc, {
      subscribe: async (...args: Parameters<typeof subscribe>) => {
        [extrinsic] = args[1] as [string];
        const stop = await subscribe(...args);
        setImmediate(() => node.notify("author_submitAndWatchExtrinsic", { finalized: hash }));
        return stop;
      },
    });
    await expect(chain.submit(alice, remark(chain))).rejects.toMatchObject({
      code: "chain/no-outcome",
      facts: { block: hash },
    });
  });

  /** Fields of `System.ExtrinsicFailed`, by the names in metadata. */
  function moduleError(chain: Chain, given: unknown) {
    const { type, value } = given as { type: string; value: { index: number; error: number } };
    const index = chain.metadata.pallets.find(({ name }) => name === "Balances")?.index ?? 0;
    const known = type === "Module" ? chain.metadata.errorOf(index, value.error) : undefined;
    const error =
      type === "Module"
        ? { type, value: { index, error: Uint8Array.of(value.error, 0, 0, 0) } }
        : { type, value: undefined };
    return {
      name: known?.name ?? type,
      fields: {
        dispatch_error: error,
        dispatch_info: {
          weight: { ref_time: 1n, proof_size: 0n },
          class: { type: "Normal", value: undefined },
          pays_fee: { type: "Yes", value: undefined },
        },
      },
    };
  }
});

test("a proof that shows nothing under the verified root is refused", async () => {
  const chain = await openChain(
    fakeChain([VOTERS], { state_getReadProof: () => ({ proof: ["0x00"] }) }).rpc,
  );
  await expect(chain.read(STORAGE.now)).rejects.toMatchObject({
    code: "chain/bad-proof",
    facts: { block: 0 },
  });
});

test("several values come with few proofs, in the order they were asked for, those that are not there too", async () => {
  let proofs = 0;
  const keyOf = (n: number): Uint8Array =>
    filled(1)
      .fill(n % 256, 2)
      .fill(n >> 8, 1, 2);
  const numbers = Array.from({ length: 300 }, (_, n) => n);
  const node = fakeChain([VOTERS, ...numbers.map((n): Pair => [keyOf(n), encode(u32, n)])]);
  const chain = await openChain({
    ...node.rpc,
    request(method, params, how) {
      if (method === "state_getReadProof") proofs++;
      return node.rpc.request(method, params, how);
    },
  });
  const asked = [...numbers, 400, 401].map((n) => ({ key: keyOf(n), value: u32 }));
  expect(await chain.readAll(asked)).toEqual([...numbers, undefined, undefined]);
  expect(proofs).toBe(3);
});

test("a proven value that does not decode is an error, not an absence", async () => {
  const node = fakeChain([VOTERS, [STORAGE.now.key, Uint8Array.of(1)]]);
  const chain = await openChain(node.rpc);
  await expect(chain.read(STORAGE.now)).rejects.toMatchObject({
    code: "chain/unreadable-value",
    facts: { key: toHex(STORAGE.now.key) },
  });
});

test.each([
  ["0x0102"],
  [7],
])("a balance that is %j is an error, none at all is zero", async (stored) => {
  const chain = await openChain(fakeChain([VOTERS], { state_getStorage: () => stored }).rpc);
  await expect(chain.balance(alice.publicKey)).rejects.toMatchObject({
    code: "chain/unreadable-value",
  });
  const empty = await openChain(fakeChain([VOTERS], { state_getStorage: () => null }).rpc);
  expect(await empty.balance(alice.publicKey)).toBe(0n);
});
