import type { QueryRequest } from "@pha/protocol";
import { encode, option, PhaError, toHex, u64 } from "@pha/scale";
import { expect, test, vi } from "vitest";
import { devSigner } from "../chain/accounts.ts";
import { type Chain, openChain } from "../chain/chain.ts";
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
import { prepareCommand, sealAndSubmit } from "./command.ts";
import { getContract, queryResult, resultOf } from "./contract.ts";
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
      operator: filled(n),
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

test("a receipt of a query that opened nothing is refused, and its answer is not lost without one", async () => {
  const ref = { number: 1, hash: filled(1) };
  const said = {
    outcome: { type: "Ok", value: encode(u64, 5n) },
    fuelUsed: 1n,
    root: filled(3),
    stateBlock: ref,
    opened: undefined,
  } as const;
  const request: QueryRequest = {
    nonce: filled(5),
    at: ref,
    contract: CONTRACT,
    selector: filled(6).slice(0, 4),
    args: filled(7),
    fuelLimit: 1n,
    certificate: undefined,
  };
  const signed = { ...said, requestHash: filled(8), block: ref };
  const answer = {
    ...said,
    block: { ...ref, stateRoot: filled(2) },
    boot: filled(4),
    standing: "Live",
    freshness: { by: "light-client" },
    exchange: { request, answer: { answer: signed, signature: filled(9) } },
  } as const;
  const of = { address: CONTRACT, cluster: CLUSTER, returns: u64, answer, agreed: 1 };
  await expect(queryResult(client.chain, of, { receipt: true })).rejects.toMatchObject({
    code: "receipt/nothing-opened",
  });
  expect(await queryResult(client.chain, of, {})).toMatchObject({
    value: 5n,
    opened: [],
    receipt: undefined,
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
  ["command/reply-too-large", { type: "Failed", value: "command/reply-too-large" }, "again"],
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

/** A chain that takes no command sealed in an epoch before `accepts`, and has its key only after some blocks. */
function rekeyedChain(chain: Chain, accepts: bigint, blocks: number) {
  let passed = 0;
  const epochs: bigint[] = [];
  const fake: Chain = {
    ...chain,
    finality: {
      ...chain.finality,
      head: chain.finality.head,
      reach: async () => {
        passed += 1;
        return chain.finality.head;
      },
    },
    // Asked for the contract's sealing keys alone.
    read: async () => {
      const epoch = passed < blocks ? 1n : accepts;
      const key = { generation: 1n, epoch, key: filled(9), from: 0, until: undefined, signers: 1 };
      return [key] as never;
    },
    submit: async () => {
      const epoch = passed < blocks ? 1n : accepts;
      epochs.push(epoch);
      if (epoch === 2n) return { hash: filled(1), blockNumber: 7, blockHash: filled(2) };
      throw new PhaError("chain/dispatch-failed", "refused", {
        facts: { error: "PhalaPhatContracts.StaleSealingKey" },
      });
    },
  };
  return { fake, epochs, passed: () => passed };
}

test("a command whose key is no longer accepted is sealed anew once the chain has another one", async () => {
  const { fake, epochs, passed } = rekeyedChain(client.chain, 2n, 4);
  const ids: string[] = [];
  const { sealed, included } = await sealAndSubmit(fake, command(10), {}, ({ commandId }) =>
    ids.push(toHex(commandId)),
  );
  expect(epochs).toEqual([1n, 2n]);
  expect(passed()).toBe(4);
  expect(included.blockNumber).toBe(7);
  expect(sealed.sealingKey.epoch).toBe(2n);
  expect(new Set(ids).size).toBe(2);
});

test("it is given up when no key is ever taken, when none comes, and when something else is refused", async () => {
  const refused = {
    code: "chain/dispatch-failed",
    facts: { error: "PhalaPhatContracts.StaleSealingKey" },
  };
  const never = rekeyedChain(client.chain, 3n, 0);
  await expect(sealAndSubmit(never.fake, command(10), { timeoutMs: 30 })).rejects.toMatchObject(
    refused,
  );
  expect(never.epochs).toEqual([3n]);
  const alternating = rekeyedChain(client.chain, 3n, 0);
  let epoch = 3n;
  const read = async () => {
    epoch += 1n;
    return [
      { generation: 1n, epoch, key: filled(9), from: 0, until: undefined, signers: 1 },
    ] as never;
  };
  await expect(sealAndSubmit({ ...alternating.fake, read }, command(10), {})).rejects.toMatchObject(
    refused,
  );
  expect(alternating.epochs).toHaveLength(3);
  const other = new PhaError("chain/dispatch-failed", "closed", {
    facts: { error: "PhalaPhatContracts.ContractClosed" },
  });
  const closed = { ...client.chain, submit: async () => Promise.reject(other) };
  const keys = rekeyedChain(client.chain, 2n, 0).fake.read;
  await expect(sealAndSubmit({ ...closed, read: keys }, command(10), {})).rejects.toBe(other);
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
