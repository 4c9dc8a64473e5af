import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { toHex } from "@pha/scale";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createClient } from "./client.ts";
import {
  CLUSTER,
  CONTRACT,
  clusterRecord,
  fakeChain,
  filled,
  pairsOf,
  REPLICA,
  type TrustedState,
  trustedState,
} from "./testing/fake-chain.ts";

/** A worker host that runs the replica, or one that says so. */
let host: Server;
let url: string;
let bootEncryption = REPLICA.bootEncryption;
beforeAll(async () => {
  host = createServer((_request, response) => {
    const { identity, boot } = REPLICA;
    const own = {
      identity: toHex(identity),
      boot: toHex(boot),
      bootEncryption: toHex(bootEncryption),
    };
    response.end(
      JSON.stringify({ boots: [{ ...own, role: "worker", provider: "simulated", name: "one" }] }),
    );
  });
  await new Promise<void>((resolve) => host.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(host.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => host.close(resolve)));

const clientOf = (change: Partial<TrustedState> = {}, allowSimulated = true) =>
  createClient({
    node: fakeChain(pairsOf({ ...trustedState(), ...change })).rpc,
    workers: [url],
    allowSimulated,
  });

test("replicas whose whole chain of trust holds are given", async () => {
  const client = await clientOf();
  expect(await client.clusterOf(CONTRACT)).toEqual(CLUSTER);
  const found = await client.replicasOf(CONTRACT, CLUSTER);
  expect(found.map(({ boot }) => boot.boot)).toEqual([REPLICA.boot]);
});

test("a contract that the chain does not prove is unknown", async () => {
  const client = await clientOf();
  await expect(client.clusterOf(filled(99))).rejects.toMatchObject({
    code: "contract/unknown",
    facts: { contract: toHex(filled(99)) },
  });
});

test("simulated replicas need the word", async () => {
  const client = await clientOf({}, false);
  await expect(client.replicasOf(CONTRACT, CLUSTER)).rejects.toMatchObject({
    code: "verify/simulated",
  });
});

test.each<readonly [link: string, change: Partial<TrustedState>]>([
  ["replica/registered", { evidence: undefined }],
  ["replica/evidence", { simulatedRoot: undefined }],
  ["replica/measurement", { measurement: undefined }],
  ["contract", { contract: undefined }],
])("nothing is sealed to a replica where the chain of trust breaks: %s", async (link, change) => {
  const client = await clientOf(change);
  await expect(client.replicasOf(CONTRACT, CLUSTER)).rejects.toMatchObject({
    code: "verify/not-trusted",
    facts: { link },
  });
});

test("a replica that was displaced is not given, and stands in no other's way", async () => {
  const [key] = trustedState().cluster ?? [filled(0)];
  const displaced = filled(55);
  const client = await clientOf({ cluster: [key, clusterRecord({ displaced })] });
  const found = await client.replicasOf(CONTRACT, CLUSTER);
  expect(found.map(({ boot }) => boot.boot)).toEqual([REPLICA.boot]);
  const { ok, verdicts } = await client.verify(CONTRACT);
  expect(ok).toBe(false);
  expect(
    verdicts.find(({ ok: holds, link }) => !holds && link.startsWith("replica/")),
  ).toMatchObject({
    link: "replica/registered",
    facts: { boot: toHex(displaced), displaced: true },
  });
});

test("a host that gives a key of its own, or a boot that is no replica, is not in reach", async () => {
  bootEncryption = filled(77);
  const lying = await clientOf();
  await expect(lying.replicasOf(CONTRACT, CLUSTER)).rejects.toMatchObject({
    code: "worker/none-reachable",
    facts: { replicas: 1, workers: 1 },
  });
  bootEncryption = REPLICA.bootEncryption;
  const [key] = trustedState().cluster ?? [filled(0)];
  const other = await clientOf({ cluster: [key, clusterRecord({ boot: filled(55) })] });
  await expect(other.replicasOf(CONTRACT, CLUSTER)).rejects.toMatchObject({
    code: "worker/none-reachable",
  });
});
