import { DemandsCodec, UNSET_DEMANDS } from "@pha/attestation";
import { amdCrlItem, DAY } from "@pha/attestation/testing";
import { CollateralItem, itemKey } from "@pha/protocol";
import { developmentPreset } from "@pha/runtime";
import { encode, toHex } from "@pha/scale";
import { decodeMetadata } from "@pha/sdk";
import { afterEach, expect, test } from "vitest";
import { startWorkerHost, type WorkerHost } from "../service.ts";
import { fakeNode } from "../testing/fake-node.ts";
import { fakePRuntime } from "../testing/fake-pruntime.ts";
import { PUBLIC_SERVICES } from "./sources.ts";
import { type FakeServices, startFakeServices, vendorAnswer } from "./testing/fake-services.ts";

const decoded = decodeMetadata(developmentPreset().runtime.metadata(14));
if (!decoded.ok) throw new Error(decoded.error.code);
const metadata = decoded.value;
const CONFIG = {
  nodeUrl: "ws://127.0.0.1:1",
  httpPort: 0,
  operatorUri: "//Operator",
  pruntimes: [{ name: "worker-1", role: "worker", dataDir: ".", platformFile: undefined }],
  pruntimeProgram: "pruntime.js",
} as const;

let services: FakeServices | undefined;
let host: WorkerHost | undefined;

afterEach(async () => {
  await host?.stop();
  await services?.close();
});

async function start(chainType: string, more: object) {
  const context = { ...(await fakeNode().client.signingContext()), metadata };
  const node = fakeNode({
    signingContext: async () => context,
    chainType: async () => chainType,
    nextNonce: async () => 0,
  });
  const lines = [
    { line: "amd-milan-vcek", minSvn: 0, worstConfidence: { worker: 5, gatekeeper: 0 } },
  ] as const;
  const policy = encode(DemandsCodec, { ...UNSET_DEMANDS, lines });
  node.storage.set(toHex(itemKey("PhaAttestation", "Policy")), policy);
  const pruntime = fakePRuntime();
  const options = { node: node.client, openLink: pruntime.open, keeperFirstMs: 0 };
  const starting = startWorkerHost({ ...CONFIG, ...more }, options);
  await until(() => pruntime.starts.length > 0);
  pruntime.starts[0]?.ready(0);
  host = await starting;
  return node;
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 1_000; i++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error("it did not happen");
}

const metricsOf = async (): Promise<string> => (await fetch(`${host?.url}/metrics`)).text();

test("a host with a keeper signs and submits what is newer, and counts it", async () => {
  const now = BigInt(Math.floor(Date.now() / 1_000)) * 1_000n;
  const list = amdCrlItem({ thisUpdate: now - DAY, nextUpdate: now + 30n * DAY });
  services = await startFakeServices((path) => vendorAnswer([list], path));
  const collateral = { services: services.services, families: [], everyMs: 60_000 };
  const node = await start("Development", { collateral });
  await until(async () => (await metricsOf()).includes("pha_keeper_fetches_total{"));
  const text = await metricsOf();
  expect(text).toContain('pha_keeper_fetches_total{source="amd-crl",outcome="answered"} 1');
  expect(text).toContain(
    'pha_keeper_fetches_total{source="amd-chain",outcome="keeper/http-status"} 1',
  );
  const bytes = toHex(encode(CollateralItem, list)).slice(2);
  await until(() => node.submitted.some((sent) => toHex(sent).includes(bytes)));
  expect(await metricsOf()).toContain('pha_keeper_items_total{item="AmdCrl"} 1');
});

test("a host of a development chain has none unless it is configured", async () => {
  await start("Development", {});
  expect(await metricsOf()).not.toContain("pha_keeper_unlisted_phones ");
});

test("a host of a live chain has one, and `false` switches it off", async () => {
  await start("Live", { collateral: false });
  expect(await metricsOf()).not.toContain("pha_keeper_unlisted_phones ");
  expect(Object.values(PUBLIC_SERVICES).every((url) => url.startsWith("https://"))).toBe(true);
});
