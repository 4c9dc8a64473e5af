import { ReadProof, StateStep } from "@pha/protocol";
import { decode, encode, vec } from "@pha/scale";
import { describe, expect, it } from "vitest";
import { SILENT } from "../log.ts";
import { fakeNode } from "../testing/fake-node.ts";
import { createReads, type ReadAnswer, type ReadRequest } from "./reads.ts";

const NO_BLOBS = { get: async () => undefined };
const FAST = { deadlineMs: 60, pauseMs: 1 };
const READ: ReadRequest = {
  type: "Read",
  value: { block: { number: 1, hash: new Uint8Array(32) }, keys: [Uint8Array.of(1)] },
};

function answered(
  reads: ReturnType<typeof createReads>,
  request: ReadRequest,
): Promise<ReadAnswer> {
  return new Promise((resolve) => reads.take(request, resolve));
}

describe("reads", () => {
  it("answers with the node's proof, after retries if need be", async () => {
    let calls = 0;
    const node = fakeNode({
      readProof: async () => {
        calls += 1;
        if (calls < 3) throw new Error("busy");
        return [Uint8Array.of(9, 9)];
      },
    });
    const answer = await answered(
      createReads({ node: node.client, blobs: NO_BLOBS }, SILENT, FAST),
      READ,
    );
    expect(answer).toMatchObject({ type: "Proof", isFound: true });
    expect(answer.body[0]).toBe(1);
    expect(decode(ReadProof, answer.body.subarray(1))).toEqual({
      ok: true,
      value: [Uint8Array.of(9, 9)],
    });
  });

  it("answers with nothing when the deadline is over", async () => {
    const node = fakeNode({ readProof: () => Promise.reject(new Error("gone")) });
    const answer = await answered(
      createReads({ node: node.client, blobs: NO_BLOBS }, SILENT, FAST),
      READ,
    );
    expect(answer).toEqual({ type: "Proof", isFound: false, body: Uint8Array.of(0) });
  });

  it("gives at most as many steps as a frame holds", async () => {
    const step: StateStep = {
      block: { number: 1, hash: new Uint8Array(32) },
      generation: 1n,
      epoch: 1n,
      keyVersion: 0,
      previousRoot: new Uint8Array(32),
      newRoot: new Uint8Array(32),
      delta: { type: "OnChain", value: new Uint8Array(64 << 10) },
      replies: [
        {
          contract: new Uint8Array(32),
          commandId: new Uint8Array(32),
          sealed: { type: "OnChain" as const, value: new Uint8Array(1 << 10) },
        },
      ].flatMap((reply) => Array.from({ length: 192 }, () => reply)),
    };
    const all = encode(
      vec(StateStep, 256),
      Array.from({ length: 70 }, () => step),
    );
    const node = fakeNode({ clusterSteps: async () => all });
    const answer = await answered(
      createReads({ node: node.client, blobs: NO_BLOBS }, SILENT, FAST),
      {
        type: "ReadSteps",
        value: { cluster: new Uint8Array(32), fromIndex: 0n },
      },
    );
    expect(answer.body.length).toBeLessThan(13 << 20);
    const steps = decode(vec(StateStep, 64), answer.body);
    expect(steps.ok && steps.value.length).toBe(45);
  });

  it("bounds what waits", async () => {
    const node = fakeNode({ readProof: () => new Promise(() => undefined) });
    const reads = createReads({ node: node.client, blobs: NO_BLOBS }, SILENT, {
      maxOutstanding: 2,
      maxRunning: 1,
    });
    const refused: ReadAnswer[] = [];
    for (let i = 0; i < 5; i++) reads.take(READ, (answer) => refused.push(answer));
    expect(refused).toHaveLength(2);
    reads.stop();
  });
});
