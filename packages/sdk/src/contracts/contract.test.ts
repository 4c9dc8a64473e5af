import { option, u64 } from "@pha/scale";
import { expect, test, vi } from "vitest";
import { devSigner } from "../chain/accounts.ts";
import { openChain } from "../chain/chain.ts";
import type { Client } from "../client.ts";
import { connectWebSocket } from "../rpc/web-socket.ts";
import {
  CLUSTER,
  CONTRACT,
  fakeChain,
  filled,
  type Pair,
  pairsOf,
  sealingKeyEntry,
  trustedState,
} from "../testing/fake-chain.ts";
import { prepareCommand } from "./command.ts";
import { getContract, resultOf } from "./contract.ts";
import { openQuerySession } from "./query-session.ts";

const entries = {
  add: { kind: "command", args: u64, returns: u64 },
  value: { kind: "query", args: option(u64), returns: u64 },
} as const;

/** A client with two replicas in reach, neither of which answers. */
const client = {
  chain: await openChain(fakeChain().rpc),
  clusterOf: async () => CLUSTER,
  replicasOf: async () =>
    [1, 2].map((n) => ({
      worker: { url: `http://${n}`, query: () => Promise.reject(new Error("silent")) },
      boot: { identity: filled(n), boot: filled(n), bootEncryption: filled(9) },
    })),
} as unknown as Client;
const contract = getContract(client, { address: CONTRACT, entries });
const signer = devSigner("Alice");

test.each([
  ["add", "It has: value."],
  ["nothing", "It has: value."],
])("a query %s that the contract does not have is refused with those it has", async (name, hint) => {
  await expect(contract.query(name, undefined)).rejects.toMatchObject({
    code: "abi/unknown-method",
    facts: { method: name },
    hint,
  });
});

test("a command that is a query is refused with the commands there are", async () => {
  await expect(contract.command("value", undefined, { signer })).rejects.toMatchObject({
    code: "abi/unknown-method",
    hint: "It has: add.",
  });
});

test("an answer on which replicas do not agree is none", async () => {
  await expect(contract.query("value", undefined, { agree: 2 })).rejects.toMatchObject({
    code: "answer/no-agreement",
    facts: { agree: 2, answers: 0, different: 0 },
  });
});

test.each([
  ["contract/other-abi", { type: "Ok", value: Uint8Array.of(1) }, "ABI"],
  ["contract/failed", { type: "Failed", value: "counter/overflow" }, "own"],
  ["contract/trapped", { type: "Trapped", value: "fuel" }, "more fuel"],
  ["contract/trapped", { type: "Trapped", value: "stack" }, "overran a limit"],
] as const)("%s: %j", (code, outcome, hint) => {
  expect(() => resultOf(outcome, u64)).toThrow(
    expect.objectContaining({ code, hint: expect.stringContaining(hint) }),
  );
});

const command = (length: number) => ({
  contract: CONTRACT,
  cluster: CLUSTER,
  selector: new Uint8Array(4),
  args: new Uint8Array(length),
  fuelLimit: 1n,
  signer,
});
const withSealingKey = async (sealingKey: Pair | undefined) =>
  openChain(fakeChain(pairsOf({ ...trustedState(), sealingKey })).rpc);

test("a command is sealed to the key that the chain proves", async () => {
  const chain = await withSealingKey(sealingKeyEntry());
  expect((await prepareCommand(chain, command(10))).sealingKey.key).toEqual(filled(9));
});

test.each([
  ["has no", undefined],
  ["has only a future", sealingKeyEntry({ from: 100 })],
  ["has only a former", sealingKeyEntry({ until: 0 })],
])("a contract that %s sealing key takes no command", async (_, sealingKey) => {
  const chain = await withSealingKey(sealingKey);
  await expect(prepareCommand(chain, command(10))).rejects.toMatchObject({
    code: "contract/no-sealing-key",
  });
});

test("arguments that fit into no command are refused before anything is sent", async () => {
  const chain = await withSealingKey(sealingKeyEntry());
  await expect(prepareCommand(chain, command(300_000))).rejects.toMatchObject({
    code: "command/too-long",
    facts: { mostBytes: 262_080 },
  });
});

test("a platform without WebSocket is told how to get one", async () => {
  vi.stubGlobal("WebSocket", undefined);
  const refused = { code: "rpc/no-websocket", hint: expect.stringContaining("ws") };
  await expect(connectWebSocket({ url: "ws://node" })).rejects.toMatchObject(refused);
  await expect(openQuerySession(client, { address: CONTRACT, entries })).rejects.toMatchObject(
    refused,
  );
  vi.unstubAllGlobals();
});
