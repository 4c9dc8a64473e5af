import { type Cluster, STORAGE } from "@pha/protocol";
import { encode, toHex } from "@pha/scale";
import { expect, test, vi } from "vitest";
import { SILENT } from "../log.ts";
import { type ClusterState, createClusterWatch, WATCH_BLOCKS } from "./cluster-watch.ts";

const CLUSTER = new Uint8Array(32).fill(7);
const HASH = new Uint8Array(32);

const recordIn = (state: ClusterState): Cluster => ({
  owner: HASH,
  class: { type: "Open", value: undefined },
  crossVendor: false,
  replication: 3,
  replicas: [],
  generation: 1n,
  epoch: 1n,
  formers: [],
  status: { type: state, value: undefined },
  createdAt: { number: 0, hash: HASH },
  fuelPerBlock: 1n,
  panel: undefined,
});

/** A watch over a node whose record of the cluster a test writes. */
function watching(clusters = [CLUSTER]) {
  const storage = new Map<string, Uint8Array>();
  const warn = vi.fn();
  const debug = vi.fn();
  let reads = 0;
  let isDown = false;
  const watch = createClusterWatch({
    node: {
      storage: async (keys) => {
        reads += 1;
        if (isDown) throw new Error("no node");
        return keys.map((key) => storage.get(toHex(key)));
      },
    },
    log: { ...SILENT, warn, debug },
    clusters: () => clusters,
  });
  let number = 0;
  return {
    watch,
    warn,
    debug,
    reads: () => reads,
    fail: (down: boolean) => {
      isDown = down;
    },
    put: (state: ClusterState) =>
      storage.set(
        toHex(STORAGE.cluster.key(CLUSTER)),
        encode(STORAGE.cluster.value, recordIn(state)),
      ),
    async pass(blocks = WATCH_BLOCKS) {
      for (let i = 0; i < blocks; i++) {
        watch.onHead({ number: ++number, hash: HASH });
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}

test("tells in which state a cluster is, and warns once when it takes no commands", async () => {
  const { watch, warn, put, pass } = watching();
  expect(watch.stateOf(CLUSTER)).toBeUndefined();
  put("Live");
  await pass();
  expect(watch.stateOf(CLUSTER)).toBe("Live");
  expect(warn).not.toHaveBeenCalled();
  for (const state of ["Late", "Disputed", "Halted"] as const) {
    warn.mockClear();
    put(state);
    await pass(2 * WATCH_BLOCKS);
    expect(watch.stateOf(CLUSTER)).toBe(state);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]?.[0]).toMatchObject({ state, cluster: toHex(CLUSTER) });
  }
});

test("reads once in a while, nothing without clusters, and goes on after a node that failed", async () => {
  const { watch, debug, put, pass, reads, fail } = watching();
  put("Live");
  await pass(3 * WATCH_BLOCKS);
  expect(reads()).toBe(3);
  fail(true);
  await pass();
  expect(debug).toHaveBeenCalledTimes(1);
  expect(watch.stateOf(CLUSTER)).toBe("Live");
  fail(false);
  put("Halted");
  await pass();
  expect(watch.stateOf(CLUSTER)).toBe("Halted");
  const idle = watching([]);
  await idle.pass(2 * WATCH_BLOCKS);
  expect(idle.reads()).toBe(0);
});
