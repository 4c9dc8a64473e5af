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

const peer = (id: string, role: NetworkPeer["role"] = "full"): NetworkPeer => ({
  id,
  role,
  bestHash: sink,
  bestNumber: 0,
});
const turn = () => new Promise((resolve) => setImmediate(resolve));

beforeEach(() => {
  node = aDevChain();
  alice = createSigner(runtime, node.chain.genesisHash, "//Alice");
  sent = [];
  reports = [];
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
    expect(sent).toEqual([{ peer: "b", extrinsics: [extrinsic] }]);
    gossip.received("b", [extrinsic]);
    await turn();
    expect(reports).toEqual([]);
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
