import { KeyRelease, KeyRequest, type Registration, STORAGE, TOPIC } from "@pha/protocol";
import { decode, encode, equalBytes, toHex } from "@pha/scale";
import { expect, test } from "vitest";
import { type LiveNetwork, liveNetwork, phaseOf } from "../testing/live-network.ts";
import { CLUSTER } from "../testing/scripted-cluster.ts";
import { MEASUREMENT, type ScriptedHost } from "../testing/scripted-host.ts";
import { createScriptedNetwork, type ScriptedNetwork } from "../testing/scripted-network.ts";
import type { LogEvent } from "./index.ts";
import { SealedContent } from "./sealed-store.ts";

/** Releases that this gatekeeper sent, since it started. */
function released({ recorded }: ScriptedHost): number {
  let count = 0;
  for (const { outputs } of recorded)
    for (const output of outputs)
      if (
        output.type === "message" &&
        equalBytes(output.message.message.destination, TOPIC.keyRelease)
      )
        count += 1;
  return count;
}

/** A worker that asks although something about it is wrong; why it got nothing. */
function refusalOf(spoil: (network: ScriptedNetwork, worker: ScriptedHost) => void): string[] {
  const network = createScriptedNetwork({ workers: 1 });
  const [gatekeeper] = network.gatekeepers;
  const [worker] = network.workers;
  spoil(network, worker!);
  network.blocks(15);
  expect(released(gatekeeper!)).toBe(0);
  expect(phaseOf(worker!)).not.toBe("serving");
  return refusals(gatekeeper!);
}

/** Reasons for which a gatekeeper refused, each once. */
function refusals({ logs }: ScriptedHost): LogEvent[] {
  const events = logs.map(({ event }) => event).filter((event) => event.startsWith("release/"));
  return [...new Set(events)];
}

/** Changes what the chain holds under a key at every block, whatever the pallets write. */
function always(network: ScriptedNetwork, change: () => void): void {
  const { addBlock } = network.chain;
  Object.assign(network.chain, {
    addBlock: (...args: Parameters<typeof addBlock>) => {
      change();
      return addBlock(...args);
    },
  });
}

test("a measurement that is not allowed, or not yet, gets no key", () => {
  expect(refusalOf((_, worker) => (worker.platform.measurement = new Uint8Array(32)))).toEqual([
    "release/measurement-not-allowed",
  ]);
  expect(
    refusalOf(({ chain }) =>
      chain.put(STORAGE.measurement.key(MEASUREMENT), encode(STORAGE.measurement.value, 1000)),
    ),
  ).toEqual(["release/measurement-not-allowed"]);
});

test("a denied platform gets no key, even when the denial does not decode", () => {
  const denied = (value: Uint8Array) =>
    refusalOf(({ chain }, worker) =>
      chain.put(STORAGE.deniedPlatform.key(worker.platform.platformId), value),
    );
  expect(denied(encode(STORAGE.deniedPlatform.value, 1))).toEqual(["release/platform-denied"]);
  expect(denied(new Uint8Array(9))).toEqual(["release/platform-denied"]);
});

test("evidence of a debug platform, below the floor, of another root or missing gets no key", () => {
  expect(refusalOf((_, worker) => (worker.platform.debug = true))).toEqual(["release/below-floor"]);
  expect(refusalOf((_, worker) => (worker.platform.svn = 0))).toEqual(["release/below-floor"]);
  expect(
    refusalOf(({ chain }) => chain.put(STORAGE.simulatedRoot.key, new Uint8Array(32))),
  ).toEqual(["release/evidence-refused"]);
  expect(refusalOf(({ chain }) => chain.put(STORAGE.simulatedRoot.key, undefined))).toEqual([
    "release/evidence-refused",
  ]);
  expect(
    refusalOf((network, worker) =>
      always(network, () => network.chain.put(STORAGE.evidence.key(worker.identity), undefined)),
    ),
  ).toEqual(["release/not-registered"]);
});

test("evidence of another boot, identity or role gets no key", () => {
  const withRecord = (change: (registration: Registration) => Registration) =>
    refusalOf((network, worker) =>
      always(network, () => {
        const key = STORAGE.boot.key(worker.identity);
        const bytes = network.chain.get(key);
        const record = bytes && decode(STORAGE.boot.value, bytes);
        if (record?.ok)
          network.chain.put(
            key,
            encode(STORAGE.boot.value, {
              ...record.value,
              registration: change(record.value.registration),
            }),
          );
      }),
    );
  const other = new Uint8Array(32).fill(5);
  expect(withRecord((one) => ({ ...one, boot: other }))).toEqual(["release/displaced"]);
  expect(withRecord((one) => ({ ...one, identity: other }))).toEqual([
    "release/other-registration",
  ]);
  expect(withRecord((one) => ({ ...one, genesisHash: other }))).toEqual([
    "release/other-registration",
  ]);
  expect(withRecord((one) => ({ ...one, version: 7 }))).toEqual(["release/evidence-refused"]);
  expect(withRecord((one) => ({ ...one, role: { type: "Gatekeeper", value: undefined } }))).toEqual(
    ["release/other-registration"],
  );
});

test("a worker that the chain does not know, or that holds no seat, gets no key", () => {
  expect(
    refusalOf((network, worker) =>
      always(network, () => network.chain.put(STORAGE.boot.key(worker.identity), undefined)),
    ),
  ).toEqual(["release/not-registered"]);
  expect(
    refusalOf((network) =>
      always(network, () => {
        const cluster = { ...network.pallets.cluster, replicas: [] };
        network.chain.put(STORAGE.cluster.key(CLUSTER), encode(STORAGE.cluster.value, cluster));
      }),
    ),
  ).toEqual(["release/not-assigned"]);
  expect(
    refusalOf((network) =>
      always(network, () => network.chain.put(STORAGE.cluster.key(CLUSTER), undefined)),
    ),
  ).toEqual(["release/not-assigned"]);
});

test("a request for another epoch, or a generation whose share is not held, gets no key", () => {
  const withCluster = (epoch: bigint, generation: bigint) =>
    refusalOf((network) =>
      always(network, () => {
        const cluster = { ...network.pallets.cluster, epoch, generation };
        network.chain.put(STORAGE.cluster.key(CLUSTER), encode(STORAGE.cluster.value, cluster));
      }),
    );
  expect(withCluster(2n, 1n)).toEqual(["release/other-epoch"]);
  expect(withCluster(1n, 2n)).toEqual(["release/other-epoch"]);
});

/** A request as a seated worker may forge it: for whatever cluster, epoch, boot and key it likes. */
function forgedRequest(
  change: (request: KeyRequest) => KeyRequest,
  spoil: (live: LiveNetwork) => void = () => undefined,
) {
  const live = liveNetwork({ workers: 1 });
  spoil(live);
  const [gatekeeper] = live.gatekeepers;
  const [worker] = live.workers;
  const before = released(gatekeeper!);
  const asked = worker!.recorded
    .flatMap(({ outputs }) => outputs)
    .find(
      (output) =>
        output.type === "message" &&
        equalBytes(output.message.message.destination, TOPIC.keyRequest),
    );
  if (asked?.type !== "message") throw new Error("the worker asked");
  const request = decode(KeyRequest, asked.message.message.payload);
  if (!request.ok) throw new Error("malformed");
  live.chain.push({ ...asked.message.message, payload: encode(KeyRequest, change(request.value)) });
  live.network.blocks(10);
  return { releases: released(gatekeeper!) - before, gatekeeper: gatekeeper! };
}

test("an old boot, another epoch, an unknown generation and a bad transport key get nothing", () => {
  const zero = new Uint8Array(48);
  expect(forgedRequest((one) => one).releases).toBe(1);
  expect(forgedRequest((one) => ({ ...one, boot: new Uint8Array(32) })).releases).toBe(0);
  expect(forgedRequest((one) => ({ ...one, epoch: 2n })).releases).toBe(0);
  expect(forgedRequest((one) => ({ ...one, epoch: 0n })).releases).toBe(0);
  expect(forgedRequest((one) => ({ ...one, generation: 2n })).releases).toBe(0);
  expect(forgedRequest((one) => ({ ...one, cluster: new Uint8Array(32) })).releases).toBe(0);
  expect(
    forgedRequest((one) => ({ ...one, transportKey: one.transportKey.map((b) => b ^ 1) })).releases,
  ).toBe(0);
  const { releases, gatekeeper } = forgedRequest((one) => ({ ...one, transportKey: zero }));
  expect(releases).toBe(0);
  expect(refusals(gatekeeper)).toEqual(["release/bad-transport-key"]);
});

test("a worker that names a head of another chain, of the future or of long ago gets nothing", () => {
  const other = forgedRequest((one) => ({
    ...one,
    head: { ...one.head, hash: new Uint8Array(32) },
  }));
  expect(other.releases).toBe(0);
  expect(refusals(other.gatekeeper)).toEqual(["release/other-head"]);
  const future = forgedRequest((one) => ({ ...one, head: { ...one.head, number: 100 } }));
  expect(refusals(future.gatekeeper)).toEqual(["release/other-head"]);
});

test("a gatekeeper without a share of the cluster's generation releases nothing", () => {
  const { releases, gatekeeper } = forgedRequest(
    (one) => ({ ...one, generation: 2n }),
    ({ network, pallets }) =>
      always(network, () => {
        const cluster = { ...pallets.cluster, generation: 2n };
        network.chain.put(STORAGE.cluster.key(CLUSTER), encode(STORAGE.cluster.value, cluster));
      }),
  );
  expect(releases).toBe(0);
  expect(refusals(gatekeeper)).toEqual(["release/no-generation"]);
});

test("a key is asked for while its root is being made, and released in the block after it is active", () => {
  const network = createScriptedNetwork({ workers: 2 });
  network.until(() => network.pallets.generation !== undefined);
  const active = network.chain.head.number;
  for (const worker of network.workers) {
    expect(worker.logged("key-requested")).toBe(1);
    expect(worker.logs.find(({ event }) => event === "key-requested")?.block).toBeLessThan(active);
  }
  // Asked and answered, but a worker cannot have it before its release is final.
  expect(network.workers.map(phaseOf)).not.toContain("serving");
  network.blocks();
  for (const worker of network.workers) expect(worker.logged("key-received")).toBe(1);
  expect(released(network.gatekeepers[0]!)).toBe(2);
});

test("what opens the wrap is released under the wrap's own name only, and never as another purpose", () => {
  const wrap = { type: "Wrap", value: undefined } as const;
  expect(forgedRequest((one) => ({ ...one, purpose: wrap })).releases).toBe(1);
  expect(forgedRequest((one) => ({ ...one, purpose: wrap, epoch: 2n })).releases).toBe(0);
  expect(forgedRequest((one) => ({ ...one, purpose: wrap, generation: 2n })).releases).toBe(0);
  const other = { ...wrap, cluster: new Uint8Array(32) };
  expect(forgedRequest((one) => ({ ...one, ...other, purpose: wrap })).releases).toBe(0);
});

test("after a change of epoch the former epoch's key is released to nobody", () => {
  const live = liveNetwork({ workers: 1 });
  const [gatekeeper] = live.gatekeepers;
  const [worker] = live.workers;
  const asked = worker!.recorded
    .flatMap(({ outputs }) => outputs)
    .find(
      (output) =>
        output.type === "message" &&
        equalBytes(output.message.message.destination, TOPIC.keyRequest),
    );
  if (asked?.type !== "message") throw new Error("the worker asked");
  live.pallets.newEpoch();
  live.network.blocks(8);
  const before = released(gatekeeper!);
  live.chain.push(asked.message.message);
  live.network.blocks(6);
  expect(released(gatekeeper!)).toBe(before);
  expect(gatekeeper!.logged("release/other-epoch")).toBe(1);
});

test("a request for an announced generation gets nothing of the present one", () => {
  expect(forgedRequest((one) => ({ ...one, generation: 2n, epoch: 1n })).releases).toBe(0);
});

test("a frozen gatekeeper releases nothing until a nonce of its own is final again", () => {
  const network = createScriptedNetwork({ workers: 1 });
  const [gatekeeper] = network.gatekeepers;
  network.workers[0]!.syncing = false;
  network.until(() => gatekeeper!.status?.generations.length === 1);
  // Blocks go on, but none of its heartbeats reaches the chain.
  network.lose = (from, topic) => from === gatekeeper && equalBytes(topic, TOPIC.heartbeat);
  network.blocks(20);
  network.workers[0]!.syncing = true;
  network.lose = undefined;
  gatekeeper!.messages.length = 0;
  network.blocks(20);
  expect(released(gatekeeper!)).toBe(0);
});

test("a gatekeeper whose lease ran out by its own clock releases nothing, whatever the chain says", () => {
  const network = createScriptedNetwork({ workers: 1 });
  const [gatekeeper] = network.gatekeepers;
  const [worker] = network.workers;
  worker!.syncing = false;
  network.until(() => gatekeeper!.status?.generations.length === 1);
  network.blocks(5);
  // Frozen and thawed: a minute passes inside, no block.
  gatekeeper!.syncing = false;
  worker!.syncing = true;
  network.blocks(10);
  gatekeeper!.feed({ type: "tick", monotonicMs: network.nowMs + 60_000 });
  const held = gatekeeper!.messages.splice(0);
  const batch = network.chain.batch(gatekeeper!.status!.head.number + 1)!;
  gatekeeper!.feed({ type: "batch", batch });
  expect(released(gatekeeper!)).toBe(0);
  gatekeeper!.messages.unshift(...held);
  expect(gatekeeper!.logged("share-released")).toBe(0);
});

test("a gatekeeper that restarts with sealed shares keeps releasing", () => {
  const live = liveNetwork();
  const { network, gatekeepers, workers } = live;
  const gatekeeper = gatekeepers[0]!;
  network.blocks(40);
  gatekeeper.start(gatekeeper.sealed);
  network.blocks(4);
  expect(gatekeeper.status?.generations).toEqual([1n]);
  // Requests of before the restart are not answered again.
  expect(released(gatekeeper)).toBe(0);
  const worker = workers[0]!;
  worker.start(worker.sealed);
  network.until(() => phaseOf(worker) === "serving");
  expect(released(gatekeeper)).toBe(1);
});

/** Shares that the gatekeeper's newest sealed content holds. */
function sealedShares({ sealed }: ScriptedHost): number {
  const content = sealed && decode(SealedContent, sealed);
  if (!content?.ok) throw new Error("a gatekeeper seals");
  return content.value.shares.length;
}

test("without the preset no share reaches the sealed store, at no time", () => {
  const allowed = liveNetwork();
  expect(sealedShares(allowed.gatekeepers[0]!)).toBe(1);
  const { network, gatekeepers, workers } = liveNetwork({ sealedShares: false });
  const gatekeeper = gatekeepers[0]!;
  expect(gatekeeper.status?.generations).toEqual([1n]);
  // Checkpoints seal again and again.
  network.blocks(130);
  const sealings = gatekeeper.recorded.flatMap(({ outputs }) =>
    outputs.flatMap((output) => (output.type === "seal" ? [output.content] : [])),
  );
  expect(sealings.length).toBeGreaterThan(2);
  for (const sealed of sealings) expect(sealedShares({ ...gatekeeper, sealed })).toBe(0);
  // It releases from memory as long as it runs.
  workers[0]!.start(workers[0]!.sealed);
  network.until(() => phaseOf(workers[0]!) === "serving");
});

test("without the preset a gatekeeper that restarts has no share, says so and releases nothing", () => {
  const { network, gatekeepers, workers } = liveNetwork({ sealedShares: false });
  const gatekeeper = gatekeepers[0]!;
  gatekeeper.start(gatekeeper.sealed);
  network.blocks(10);
  expect(gatekeeper.status?.generations).toEqual([]);
  expect(gatekeeper.logged("share-missing")).toBe(1);
  workers[0]!.start(workers[0]!.sealed);
  network.blocks(30);
  expect(phaseOf(workers[0]!)).toBe("waiting-for-key");
  expect(released(gatekeeper)).toBe(0);
});

test("without the preset a share that a host brings in an older store is not taken", () => {
  const { network, gatekeepers } = liveNetwork({ sealedShares: false });
  const gatekeeper = gatekeepers[0]!;
  const content = decode(SealedContent, gatekeeper.sealed!);
  if (!content.ok) throw new Error("malformed");
  const shares = [{ generation: 1n, seat: 0, share: new Uint8Array(32).fill(1) }];
  gatekeeper.start(encode(SealedContent, { ...content.value, shares }));
  network.blocks(5);
  expect(gatekeeper.status?.generations).toEqual([]);
});

test("a gatekeeper with its share says nothing of a missing one", () => {
  const { gatekeepers } = liveNetwork();
  expect(gatekeepers[0]!.logged("share-missing")).toBe(0);
});

test("a gatekeeper that lost its store has no share and releases nothing", () => {
  const { network, gatekeepers, workers } = liveNetwork();
  gatekeepers[0]!.start();
  workers[0]!.start(workers[0]!.sealed);
  network.blocks(30);
  expect(gatekeepers[0]!.status?.generations).toEqual([]);
  expect(phaseOf(workers[0]!)).toBe("waiting-for-key");
});

test("eight requests that are refused do not keep the ninth waiting", () => {
  const live = liveNetwork({ workers: 1 });
  const [gatekeeper] = live.gatekeepers;
  const [worker] = live.workers;
  const asked = worker!.recorded
    .flatMap(({ outputs }) => outputs)
    .find(
      (output) =>
        output.type === "message" &&
        equalBytes(output.message.message.destination, TOPIC.keyRequest),
    );
  if (asked?.type !== "message") throw new Error("the worker asked");
  const request = decode(KeyRequest, asked.message.message.payload);
  if (!request.ok) throw new Error("malformed");
  const before = released(gatekeeper!);
  for (let i = 0; i < 20; i++) {
    const boot = new Uint8Array(32).fill(i);
    live.chain.push({
      ...asked.message.message,
      payload: encode(KeyRequest, { ...request.value, boot }),
    });
  }
  live.network.blocks();
  live.chain.push(asked.message.message);
  live.network.blocks(6);
  expect(released(gatekeeper!) - before).toBe(1);
});

test("of five gatekeepers with threshold three any three release, two do not", () => {
  const network = createScriptedNetwork({ gatekeepers: 5, threshold: 3, workers: 1 });
  const [worker] = network.workers;
  worker!.stop();
  network.until(() => network.pallets.generation !== undefined, 20);
  expect(new Set(network.gatekeepers.map(({ status }) => status?.generations.join())).size).toBe(1);
  for (const silent of network.gatekeepers.slice(0, 3)) silent.stop();
  worker!.start();
  network.blocks(12);
  expect(phaseOf(worker!)).toBe("waiting-for-key");
  expect(network.gatekeepers.slice(3).map(released)).toEqual([1, 1]);
  network.gatekeepers[0]!.start(network.gatekeepers[0]!.sealed);
  network.until(() => phaseOf(worker!) === "serving", 40);
});

test("a wrong share is refused and its seat named, a stranger's is not counted, and the others suffice", () => {
  const network = createScriptedNetwork({ gatekeepers: 5, threshold: 3, workers: 1 });
  const [worker] = network.workers;
  worker!.syncing = false;
  network.until(() => network.pallets.generation !== undefined, 20);
  const { seats } = network.pallets.generation!;
  const liar = network.gatekeepers.find(({ identity }) =>
    equalBytes(identity, seats[1]!.identity),
  )!;
  const stranger = network.gatekeepers.find(({ identity }) =>
    equalBytes(identity, seats[0]!.identity),
  )!;
  const push = network.chain.push.bind(network.chain);
  Object.assign(network.chain, {
    push(message: Parameters<typeof push>[0]) {
      if (!equalBytes(message.destination, TOPIC.keyRelease)) return push(message);
      const release = decode(KeyRelease, message.payload);
      if (!release.ok || message.sender.type !== "Worker") throw new Error("malformed");
      const { value } = release;
      // Seat 1 sends the share of nobody; seat 0 first speaks in the name of seats 2 and 3.
      if (equalBytes(message.sender.value, liar.identity))
        push({ ...message, payload: encode(KeyRelease, { ...value, c3: value.c1 }) });
      else if (equalBytes(message.sender.value, stranger.identity))
        for (const seat of [2, 3, 9, 0])
          push({ ...message, payload: encode(KeyRelease, { ...value, seat }) });
      else push(message);
    },
  });
  worker!.syncing = true;
  network.until(() => phaseOf(worker!) === "serving", 20);
  const named = worker!.logs.filter(({ event }) => event === "key-refused");
  expect(named.map(({ subject }) => subject && toHex(subject))).toEqual(["0x01"]);
});
