import { SnapshotVote, TOPIC } from "@pha/protocol";
import { decode } from "@pha/scale";
import { expect, test } from "vitest";
import { liveNetwork } from "../testing/live-network.ts";
import { createSnapshots } from "./snapshots.ts";

/** A replica's snapshots with a state of two chunks, and the names under which it voted. */
function open() {
  const live = liveNetwork({ workers: 1 });
  const votes: string[] = [];
  const snapshots = createSnapshots({
    cluster: new Uint8Array(32),
    outbox: {
      send(destination, payload) {
        expect(destination).toEqual(TOPIC.snapshot);
        const vote = decode(SnapshotVote, payload);
        if (!vote.ok) throw new Error("malformed");
        votes.push(`${vote.value.generation}/${vote.value.epoch}`);
        return { type: "log", event: "snapshot-made", block: 0 };
      },
    },
    desk: { give: () => ({ type: "log", event: "snapshot-made", block: 0 }) } as never,
  });
  const root = new Uint8Array(32).fill(1);
  const chunks = [new Uint8Array(4), new Uint8Array(5)];
  const state = {
    index: 1n,
    block: { number: 7, hash: new Uint8Array(32) },
    previousRoot: new Uint8Array(32),
    root,
    keyVersion: 1,
    snapshot: () => ({ next: () => chunks.shift() }),
  };
  const pump = (generation: bigint, epoch: bigint) =>
    snapshots.pump({ ...live.pallets.cluster, generation, epoch });
  return { snapshots, state: state as never, root, pump, votes };
}

test("a vote is sent when all is made and final, once under a name, and again under each later one", () => {
  const { snapshots, state, root, pump, votes } = open();
  snapshots.begin(state);
  pump(1n, 1n);
  expect(votes).toEqual([]);
  snapshots.rootFinal(root);
  for (let i = 0; i < 3; i++) pump(1n, 1n);
  expect(votes).toEqual(["1/1"]);
  for (let i = 0; i < 3; i++) pump(1n, 2n);
  pump(2n, 1n);
  expect(votes).toEqual(["1/1", "1/2", "2/1"]);
});

test("what is decided, and what begins anew, is not voted for again", () => {
  for (const end of ["decided", "reset"] as const) {
    const { snapshots, state, root, pump, votes } = open();
    snapshots.begin(state);
    snapshots.rootFinal(root);
    for (let i = 0; i < 3; i++) pump(1n, 1n);
    snapshots[end]();
    pump(1n, 2n);
    expect(votes).toEqual(["1/1"]);
  }
});
