/**
 * A block writes, or answers, more than the chain carries: that is a blob, which the operators' nodes keep before the root is
 * final. All workers are killed and start again from nothing but the chain and that blob.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cidText, STORAGE } from "@pha/protocol";
import { parseHex } from "@pha/scale";
import { type Client, createClient } from "@pha/sdk";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { type DevnetProcess, isAlive, startDevnet, until } from "./start-devnet.ts";

const folder = mkdtempSync(join(tmpdir(), "pha-e2e-large-"));
let devnet: DevnetProcess;
let address: string;
let client: Client;

/** Keeps two values of 40,000 bytes at once, and tells how much it keeps. */
const SOURCE = `import { combine, defineContract, secretMap } from "@pha/contract";
import { boundedBytes, u8, u32 } from "@pha/scale";

export const Store = defineContract("store", {
  docs: "Keeps large values.",
  state: { values: secretMap(u8, boundedBytes(65_536), "What is kept.") },
}).implement(({ command, query }) => ({
  fill: command({ docs: "Keeps two large values.", args: { with: u8 }, returns: u32 }, ({ state }, args) => {
    for (const at of [0, 1]) state.values.put(at, new Uint8Array(40_000).fill(args.with + at));
    return 80_000;
  }),
  page: command({ docs: "Gives a long reply.", args: { of: u8 }, returns: boundedBytes(65_536) }, (_, args) =>
    new Uint8Array(3_000).fill(args.of),
  ),
  kept: query({ docs: "The last byte of each value.", args: {}, returns: u32 }, ({ state }) =>
    combine([state.values.get(0), state.values.get(1)], (a, b) => (a?.at(-1) ?? 0) * 256 + (b?.at(-1) ?? 0)),
  ),
}));
`;

beforeAll(async () => {
  devnet = await startDevnet({ folder });
  const entry = join(folder, "store.ts");
  writeFileSync(entry, SOURCE);
  const built = await devnet.pha("build", entry, "--out", folder, "--json");
  expect(built.code, built.stderr).toBe(0);
  const { file } = built.json() as { file: string };
  const deployed = await devnet.pha("deploy", file, "--json");
  expect(deployed.code, deployed.stderr).toBe(0);
  address = String(deployed.json()["address"]);
  client = await createClient({
    node: { url: devnet.file.rpc.ws, webSocket: WebSocket },
    workers: devnet.file.workers.map(({ url }) => url),
    allowSimulated: true,
  });
});

afterAll(async () => {
  client?.close();
  await devnet?.cleanUp();
  rmSync(folder, { recursive: true, force: true });
});

/** What the contract keeps, as one replica answers it. */
async function kept(): Promise<unknown> {
  const asked = await devnet.pha("query", address, "kept", "--json");
  return asked.code === 0 ? Number(asked.json()["result"]) : asked.stderr;
}

test("a delta above 64 KiB becomes final as a blob that the node keeps", async () => {
  const called = await devnet.pha("call", address, "fill", '{"with": 7}', "--json");
  expect(called.code, called.stderr).toBe(0);
  const { chain } = client;
  const contract = parseHex(address);
  if (!contract.ok) throw new Error("no address");
  const { value } = STORAGE.contract;
  const record = await chain.read({ key: STORAGE.contract.key(contract.value), value });
  const cluster = record!.cluster;
  const blobs = async () => {
    const { root, step } = STORAGE;
    const final = await chain.read({ key: root.key(cluster), value: root.value });
    const found: { readonly digest: Uint8Array; readonly bytes: number }[] = [];
    for (let index = 0n; index <= (final?.index ?? -1n); index++) {
      const one = await chain.read({ key: step.key(cluster, index), value: step.value });
      if (one?.delta.type === "Blob") found.push(one.delta.value);
    }
    return found;
  };
  await until("the step is final", async () => (await blobs()).length > 0);
  const [blob] = await blobs();
  // 256 KiB of padded writes, and the initial vector.
  expect(blob!.bytes).toBe((256 << 10) + 16);
  const content = await chain.rpc.request("pha_getBlob", [cidText(blob!.digest)]);
  expect(String(content).length).toBe(2 + 2 * blob!.bytes);
  const { value: item } = STORAGE.blob;
  const known = await chain.read({ key: STORAGE.blob.key(blob!.digest), value: item });
  expect(known?.receipts).toHaveLength(1);
  const audited = await devnet.pha("audit", "steps", address, "--json");
  expect(audited.json(), audited.stderr).toMatchObject({ blobs: 1 });
  expect(await kept()).toBe(7 * 256 + 8);
});

test("a reply above 1 KiB is a blob that the node keeps; a receipt opens it without a network", async () => {
  const file = join(folder, "page.receipt");
  const called = await devnet.pha(
    "call",
    address,
    "page",
    '{"of": 9}',
    "--receipt",
    file,
    "--json",
  );
  expect(called.code, called.stderr).toBe(0);
  const page = "09".repeat(3_000);
  expect(called.json()).toMatchObject({ result: `0x${page}` });
  const audited = await devnet.pha("audit", "steps", address, "--json");
  expect(audited.json(), audited.stderr).toMatchObject({ replyBlobs: 1 });
  const shown = await devnet.pha("receipt", file, "--json");
  expect(shown.code, shown.stderr).toBe(0);
  // SCALE bytes: the length, four times it and one, in two bytes.
  expect(shown.json()).toMatchObject({ outcome: "ok", value: `0xe12e${page}` });
});

test("all workers start again from it", async () => {
  const dead = devnet
    .processes()
    .filter(({ command }) => /pruntime\.js --data \S*worker-[123] /.test(command))
    .map(({ pid }) => pid);
  expect(dead).toHaveLength(3);
  for (const pid of dead) process.kill(pid, "SIGKILL");
  await until("they serve again", async () => (await kept()) === 7 * 256 + 8, 90_000);
  expect(dead.filter(isAlive)).toEqual([]);
});
