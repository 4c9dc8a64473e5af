import { DigestItem, type Header, headerHash } from "@pha/consensus";
import { encode, toHex } from "@pha/scale";
import { expect, test } from "vitest";
import { connectLight, type LightProgress } from "./connect-light.ts";
import { loadSmoldot, type SmoldotClient } from "./smoldot.ts";

const filled = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const GENESIS = filled(9);
const chainSpec = "{}";

/** Blocks 0 to 6, one on the other. */
const headers: Header[] = [];
for (let number = 0; number <= 6; number++)
  headers.push({
    parentHash: number === 0 ? filled(0) : headerHash(headers[number - 1]!),
    number,
    stateRoot: filled(number),
    extrinsicsRoot: filled(1),
    digest: [{ type: "Seal", value: { engine: "BABE", data: filled(number) } }],
  });
const hashOf = (number: number): string => toHex(headerHash(headers[number]!));
const jsonOf = ({ parentHash, number, stateRoot, extrinsicsRoot, digest }: Header) => ({
  parentHash: toHex(parentHash),
  number: `0x${number.toString(16)}`,
  stateRoot: toHex(stateRoot),
  extrinsicsRoot: toHex(extrinsicsRoot),
  digest: { logs: digest.map((item) => toHex(encode(DigestItem, item))) },
});

type Answers = Readonly<Record<string, (params: readonly any[]) => unknown>>;

/** A client whose chain answers by a table, and says what else a test wants said. */
function aSmoldot(answers: Answers = {}) {
  const queue: string[] = [];
  let wake: () => void = () => {};
  let isRemoved = false;
  const say = (message: object): void => {
    queue.push(JSON.stringify({ jsonrpc: "2.0", ...message }));
    wake();
  };
  const honest: Answers = {
    chainSpec_v1_genesisHash: () => toHex(GENESIS),
    system_health: () => ({ isSyncing: false, peers: 1 }),
    chain_getFinalizedHead: () => hashOf(2),
    chain_getHeader: ([hash]) =>
      jsonOf(headers.find((header) => toHex(headerHash(header)) === hash)!),
    chain_subscribeFinalizedHeads: () => "heads",
    state_getStorage: ([key]) => (key === "0x01" ? "0x0102" : null),
    chainHead_unstable_finalizedDatabase: () => "kept",
    ...answers,
  };
  const given: object[] = [];
  const client: SmoldotClient = {
    async addChain(options) {
      given.push(options);
      return {
        sendJsonRpc(text) {
          const { id, method, params } = JSON.parse(text);
          say({ id, result: honest[method]?.(params) ?? null });
        },
        async nextJsonRpcResponse() {
          while (queue.length === 0 && !isRemoved)
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          if (isRemoved) throw new Error("destroyed");
          return queue.shift() ?? "";
        },
        remove() {
          isRemoved = true;
          wake();
        },
      };
    },
    terminate: async () => undefined,
  };
  const finalize = (number: number): void =>
    say({ params: { subscription: "heads", result: jsonOf(headers[number]!) } });
  return { client, given, finalize, isRemoved: () => isRemoved };
}

test("finality is followed block by block, those that were passed over looked up by their hashes", async () => {
  const { client, given, finalize } = aSmoldot();
  const light = await connectLight({ chainSpec, smoldot: client, database: "earlier" });
  expect(given).toEqual([{ chainSpec, databaseContent: "earlier" }]);
  const finality = await light.follow(GENESIS);
  expect(finality.head.number).toBe(2);
  expect(finality.trusted).toBe(0);
  finalize(6);
  await finality.reach(6);
  for (const number of [2, 3, 4, 5, 6])
    expect(toHex(finality.block(number)?.hash ?? GENESIS)).toBe(hashOf(number));
  // A head again, or an older one, is no news.
  finalize(6);
  finalize(4);
  expect(await light.read(Uint8Array.of(1), finality.head)).toEqual(Uint8Array.of(1, 2));
  expect(await light.read(Uint8Array.of(2), finality.head)).toBeUndefined();
  expect(finality.head.number).toBe(6);
  expect(await light.database()).toBe("kept");
  light.rpc.close();
});

test("while it syncs, the number of peers is told whenever it changes", async () => {
  let looks = 0;
  const { client } = aSmoldot({
    system_health: () => ({ isSyncing: looks < 4, peers: [0, 0, 2, 2][looks++] ?? 3 }),
  });
  const told: LightProgress[] = [];
  const onProgress = (one: LightProgress): void => void told.push(one);
  const light = await connectLight({ chainSpec, smoldot: client, onProgress });
  await light.follow(GENESIS);
  expect(told).toEqual([{ peers: 0 }, { peers: 2 }, { peers: 3 }]);
  light.rpc.close();
});

test("when it is closed or ends by itself, who waits is told", async () => {
  const { client, isRemoved } = aSmoldot();
  const light = await connectLight({ chainSpec, smoldot: client });
  const finality = await light.follow();
  const waiting = expect(finality.reach(100)).rejects.toMatchObject({ code: "smoldot/ended" });
  light.rpc.close();
  await waiting;
  expect(isRemoved()).toBe(true);
});

test.each<readonly [code: string, answers: Answers]>([
  ["smoldot/not-synced", { system_health: () => ({ isSyncing: true, peers: 0 }) }],
  // Synced, and yet at the block it began with.
  ["smoldot/not-synced", { chain_getFinalizedHead: () => hashOf(0) }],
  ["smoldot/unexpected-answer", { chainSpec_v1_genesisHash: () => 7 }],
  ["smoldot/unexpected-answer", { chain_getHeader: () => null }],
  [
    "smoldot/unexpected-answer",
    { chain_getHeader: () => ({ number: "0x1", digest: { logs: ["0xff"] } }) },
  ],
  ["chain/other-network", { chainSpec_v1_genesisHash: () => toHex(filled(1)) }],
])("%s: %#", async (code, answers) => {
  const light = await connectLight({ chainSpec, smoldot: aSmoldot(answers).client, syncMs: 1 });
  await expect(light.follow(GENESIS)).rejects.toMatchObject({ code });
  light.rpc.close();
});

test("a value in another form is refused", async () => {
  const { client } = aSmoldot({ state_getStorage: () => 7 });
  const light = await connectLight({ chainSpec, smoldot: client });
  const { head } = await light.follow();
  await expect(light.read(Uint8Array.of(1), head)).rejects.toMatchObject({
    code: "smoldot/unexpected-answer",
  });
  light.rpc.close();
});

test("a chain spec that is none is refused, whoever finds out", async () => {
  const { client } = aSmoldot();
  const refusing = { ...client, addChain: () => Promise.reject(new Error("no field `name`")) };
  for (const options of [
    { chainSpec: "{", smoldot: client },
    { chainSpec: '{"lightSyncState":{"finalizedBlockHeader":"0x"}}', smoldot: client },
    { chainSpec, smoldot: refusing },
  ])
    await expect(connectLight(options)).rejects.toMatchObject({ code: "smoldot/bad-chain-spec" });
});

test("without the package it says how to get it", async () => {
  const missing = () => Promise.reject(new Error("Cannot find package 'smoldot'"));
  await expect(loadSmoldot(missing)).rejects.toMatchObject({
    code: "smoldot/not-installed",
    hint: expect.stringContaining("npm install smoldot@3.4.1"),
  });
});
