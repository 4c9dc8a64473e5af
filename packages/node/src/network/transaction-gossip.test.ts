import type { MisbehaviourCode, NetworkPeer } from "@pha/network";
import { developmentPreset } from "@pha/runtime";
import { beforeEach, describe, expect, test } from "vitest";
import { extrinsicId } from "../pool/pool-service.ts";
import { aDevChain, type DevChain } from "../testing/dev-chain.ts";
import { createSigner, type TestSigner, testPair } from "../testing/signer.ts";
import { startTransactionGossip, type TransactionGossip } from "./transaction-gossip.ts";

const { runtime } = developmentPreset();
const sink = testPair("//Sink").publicKey;
const VALUE = 10_000_000_000n;
let node: DevChain;
let alice: TestSigner;
let gossip: TransactionGossip;
let sent: { peer: string; extrinsics: readonly Uint8Array[] }[];
let reports: MisbehaviourCode[];
/** What waits for its time. */
let timers: Set<() => void>;

const peer = (id: string, role: NetworkPeer["role"] = "full"): NetworkPeer => ({
  id,
  role,
  bestHash: sink,
  bestNumber: 0,
});
const turn = () => new Promise((resolve) => setImmediate(resolve));
/** Until everything that waits has had its time. */
const laterOn = () => {
  for (const run of timers) {
    timers.delete(run);
    run();
  }
};

beforeEach(() => {
  node = aDevChain();
  alice = createSigner(runtime, node.chain.genesisHash, "//Alice");
  sent = [];
  reports = [];
  timers = new Set();
  gossip = startTransactionGossip({
    pool: node.pool,
    network: {
      peers: () => [peer("a"), peer("b"), peer("light", "light")],
      sendTransactions: (id, extrinsics) => sent.push({ peer: id, extrinsics }) > 0,
      report: (_peer, code) => reports.push(code),
    },
    onFailure: (error) => {
      throw error;
    },
    later: (run, ms) => {
      if (ms === 0) setImmediate(run);
      else timers.add(run);
      return () => timers.delete(run);
    },
  });
});

describe("transactions", () => {
  test("of the pool go to full nodes, those of one turn together and each once", async () => {
    const extrinsics = [0, 1].map((nonce) => alice.transfer(sink, VALUE, nonce));
    for (const extrinsic of extrinsics) node.pool.submit(extrinsic);
    await turn();
    expect(sent).toEqual([
      { peer: "a", extrinsics },
      { peer: "b", extrinsics },
    ]);
    await node.author();
    await turn();
    expect(sent).toHaveLength(2);
  });

  test("of a peer go into the pool and to the others", async () => {
    const extrinsic = alice.transfer(sink, VALUE, 0);
    gossip.received("a", [extrinsic]);
    await turn();
    await turn();
    expect(node.pool.bytesOf(extrinsicId(extrinsic))).toEqual(extrinsic);
    expect(sent).toEqual([]);
    laterOn();
    expect(sent).toEqual([{ peer: "b", extrinsics: [extrinsic] }]);
    gossip.received("b", [extrinsic]);
    await turn();
    expect(reports).toEqual([]);
  });

  test("of a peer do not go to those who have shown them meanwhile, nor when a block has them", async () => {
    const [first, second] = [0, 1].map((nonce) => alice.transfer(sink, VALUE, nonce));
    gossip.received("a", [first!]);
    await turn();
    gossip.received("b", [first!]);
    laterOn();
    expect(sent).toEqual([]);
    gossip.received("a", [second!]);
    await turn();
    await node.author();
    laterOn();
    expect(sent).toEqual([]);
    expect(reports).toEqual([]);
  });

  test("that begin here leave at once after a quiet time, else together", async () => {
    const extrinsics = [0, 1, 2, 3].map((nonce) => alice.transfer(sink, VALUE, nonce));
    const submit = (nonce: number) => node.pool.submit(extrinsics[nonce]!);
    const toA = () => sent.filter((one) => one.peer === "a").map((one) => one.extrinsics);
    submit(0);
    await turn();
    submit(1);
    submit(2);
    await turn();
    expect(toA()).toEqual([extrinsics.slice(0, 1)]);
    laterOn();
    expect(toA()).toEqual([extrinsics.slice(0, 1), extrinsics.slice(1, 3)]);
    // Twice: the second time nothing has come.
    laterOn();
    laterOn();
    submit(3);
    await turn();
    expect(toA()).toHaveLength(3);
  });

  test("that are forged or no extrinsics are reported, stale ones are not", async () => {
    const forged = alice.transfer(sink, VALUE, 0);
    forged[60] = (forged[60] ?? 0) ^ 1;
    gossip.received("a", [forged, Uint8Array.of(8, 1, 2)]);
    await turn();
    expect(reports).toEqual(["peer/bad-transaction", "peer/bad-transaction"]);
    node.pool.submit(alice.transfer(sink, VALUE, 0));
    await node.author();
    gossip.received("a", [alice.transfer(sink, 2n * VALUE, 0)]);
    await turn();
    expect(reports).toHaveLength(2);
  });

  test("are no longer passed on when it stops", async () => {
    gossip.stop();
    node.pool.submit(alice.transfer(sink, VALUE, 0));
    await turn();
    expect(sent).toEqual([]);
  });
});
