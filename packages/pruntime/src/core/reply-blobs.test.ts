import { blake2b256 } from "@pha/crypto";
import { StorageReceipt, TOPIC } from "@pha/protocol";
import { decode, equalBytes, toHex } from "@pha/scale";
import { expect, test } from "vitest";
import { COUNTER } from "../testing/fake-engine.ts";
import { counterOf, type LiveNetwork, liveNetwork, phaseOf } from "../testing/live-network.ts";

/** A reply of the largest size, one of the next smaller bucket, and a small one. */
const LARGE = { selector: COUNTER.echo, argument: 65_536 };
const MIDDLE = { selector: COUNTER.echo, argument: 3_000 };

function blobsOf({ pallets }: LiveNetwork): readonly { digest: Uint8Array; bytes: number }[] {
  return pallets.steps.flatMap(({ replies }) =>
    replies.flatMap(({ sealed }) => (sealed?.type === "Blob" ? [sealed.value] : [])),
  );
}

test("a reply above 1 KiB is a blob that all replicas make alike, and opens as others do", () => {
  const live = liveNetwork();
  const { client, network, workers, blobs } = live;
  const sent = [LARGE, MIDDLE, { argument: 3 }].map((options) => client.send(options));
  network.until(() => sent.every((one) => client.reply(one) !== "waiting"));
  expect(sent.map((one) => client.reply(one))).toMatchObject([
    { outcome: { type: "Ok", value: new Uint8Array(65_536).fill(5) } },
    { outcome: { type: "Ok", value: new Uint8Array(3_000).fill(5) } },
    { outcome: { type: "Ok" } },
  ]);
  const named = blobsOf(live);
  expect(named.map(({ bytes }) => bytes)).toEqual([48 + 262_144, 48 + 4_096]);
  for (const worker of workers) {
    const given = worker.recorded
      .flatMap(({ outputs }) => outputs)
      .flatMap((output) => (output.type === "blob" && output.kind === "Reply" ? [output] : []));
    expect(given.map(({ digest }) => toHex(digest))).toEqual(
      named.map(({ digest }) => toHex(digest)),
    );
    for (const { digest, content } of given) expect(blake2b256(content)).toEqual(digest);
    // What its host serves at once is the whole reply.
    const served = worker.replies.map(({ sealed }) => sealed && toHex(blake2b256(sealed)));
    expect(served.slice(0, 2)).toEqual(named.map(({ digest }) => toHex(digest)));
  }
  expect([...blobs.keys()].length).toBe(2);
});

test("its root is final only when it is kept; kept blobs of one turn have one receipt", () => {
  const { client, network, pallets, workers } = liveNetwork();
  const given: Uint8Array[][] = workers.map(() => []);
  for (const [i, worker] of workers.entries())
    worker.intercept = (output) => {
      if (output.type !== "blob") return undefined;
      given[i]!.push(output.digest);
      return [];
    };
  const sent = [LARGE, MIDDLE].map((options) => client.send(options));
  network.blocks(8);
  expect(pallets.votes.filter(({ commit }) => commit.block.number > 0).length).toBeGreaterThan(2);
  expect(sent.map((one) => client.reply(one))).toEqual(["waiting", "waiting"]);
  const [worker] = workers;
  const [digests] = given;
  expect(digests?.length).toBe(2);
  const receiptsFor = (kept: readonly Uint8Array[]) =>
    worker!.feed({ type: "blobs-kept", digests: kept }).flatMap((output) => {
      if (output.type !== "message") return [];
      const { destination, payload } = output.message.message;
      const receipt = decode(StorageReceipt, payload);
      return equalBytes(destination, TOPIC.storageReceipt) && receipt.ok ? [receipt.value] : [];
    });
  // Nothing is signed for what this boot did not make.
  expect(receiptsFor([new Uint8Array(32)])).toEqual([]);
  expect(receiptsFor(digests!)).toEqual([{ digests }]);
  expect(receiptsFor(digests!)).toEqual([]);
  network.blocks(2);
  expect(pallets.steps.at(-1)?.replies.length).toBe(2);
});

test("a state is restored and executed on where no blob of a reply is left", () => {
  const live = liveNetwork();
  const { client, network, workers, blobs, pallets } = live;
  client.send({ argument: 40 });
  const large = client.send(MIDDLE);
  network.until(() => client.reply(large) !== "waiting");
  blobs.clear();
  for (const worker of workers) worker.start(worker.sealed);
  network.until(() => workers.every((worker) => phaseOf(worker) === "serving"));
  const again = client.send(MIDDLE);
  client.send({ argument: 2 });
  network.until(() => client.reply(again) !== "waiting");
  network.blocks(3);
  expect(workers.map((worker) => counterOf(client, worker))).toEqual([42n, 42n, 42n]);
  expect(pallets.dissents).toEqual([]);
  expect(blobsOf(live).length).toBe(2);
});

test("a replica that starts again before the root is final makes the same blob", () => {
  const { client, network, workers, blobs, pallets } = liveNetwork();
  for (const worker of workers)
    worker.intercept = (output) => (output.type === "blob" ? [] : undefined);
  const sent = client.send(LARGE);
  network.blocks(4);
  expect([client.reply(sent), blobs.size]).toEqual(["waiting", 0]);
  for (const worker of workers) {
    worker.intercept = undefined;
    worker.start(worker.sealed);
  }
  network.until(() => client.reply(sent) !== "waiting");
  expect(client.reply(sent)).toMatchObject({ outcome: { type: "Ok" } });
  expect(pallets.dissents).toEqual([]);
});
