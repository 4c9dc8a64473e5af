/** Root puts a runtime with a new pallet on a running node; unmodified @polkadot/api and smoldot go on and use it. */
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { twox64, twox128 } from "@pha/crypto";
import { createNextRuntime, createSigner } from "@pha/node/testing";
import { joinArtefact, runtimeCode, transitionSections } from "@pha/runtime";
import { boundedBytes, concatBytes, encode, fromHex, toHex, utf8 } from "@pha/scale";
import { ApiPromise, Keyring, WsProvider } from "@polkadot/api";
import { type Client, start } from "smoldot";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { addChain, type SmoldotChain, until } from "./smoldot-chain.ts";
import { followHead, type SmoldotHead } from "./smoldot-head.ts";
import { type NodeProcess, rpc, startNodeProcess } from "./start-node.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..");
let node: NodeProcess;
/** Untyped: the pallets are known at run time only. */
let api: any;
let client: Client;
let light: SmoldotChain;
/** What smoldot took for final and ran, from before the upgrade on. */
let head: SmoldotHead;
const alice = new Keyring({ type: "sr25519", ss58Format: 30 }).addFromUri("//Alice");

beforeAll(async () => {
  node = await startNodeProcess({ network: { listen: ["/ip4/127.0.0.1/tcp/0/ws"] } });
  client = start({ logCallback: () => undefined });
  light = await addChain(
    client,
    JSON.stringify(await rpc(node.http, "sync_state_genSyncSpec", true)),
  );
  head = await followHead(light);
  api = await ApiPromise.create({ provider: new WsProvider(node.ws) as any, noInitWarn: true });
});
afterAll(async () => {
  await client?.terminate();
  await api?.disconnect();
  await node?.stop();
});

/**
 * Events of the block that has the call, once it is final. Read at that block: while the library takes new metadata, the
 * events that it adds to a status may be decoded with those of another runtime.
 */
async function finalized(call: any): Promise<readonly string[]> {
  const hash = await new Promise((resolve, reject) => {
    call
      .signAndSend(alice, ({ status, dispatchError }: any) => {
        if (dispatchError) reject(new Error(dispatchError.toString()));
        if (status.isFinalized) resolve(status.asFinalized);
      })
      .catch(reject);
  });
  const events = await (await api.at(hash)).query.system.events();
  return events.map(({ event }: any) => `${event.section}.${event.method}`);
}

async function artefact(): Promise<Uint8Array> {
  const build = await import(pathToFileURL(join(root, "bin", "bundle.mjs")).href);
  const entry = join(root, "packages/node/src/testing/next-runtime.ts");
  const script: Uint8Array = await build.bundleRuntime({ root, entry });
  return joinArtefact(runtimeCode(createNextRuntime({}), transitionSections(script)), script);
}

/** Events of a follow until the runtime changes. */
function newRuntimes(): { readonly told: Promise<any>; close(): void } {
  const socket = new WebSocket(node.ws);
  const told = new Promise<any>((resolve) => {
    socket.on("open", () =>
      socket.send('{"jsonrpc":"2.0","id":1,"method":"chainHead_v1_follow","params":[true]}'),
    );
    socket.on("message", (data) => {
      const event = JSON.parse(String(data)).params?.result;
      if (event?.event === "newBlock" && event.newRuntime) resolve(event.newRuntime);
    });
  });
  return { told, close: () => socket.close() };
}

test("a new pallet arrives while clients are connected", async () => {
  expect(api.tx.greetings).toBeUndefined();
  const follow = newRuntimes();
  const before = api.runtimeVersion.specVersion.toNumber();
  const version = new Promise<number>((resolve) => {
    void api.rpc.state.subscribeRuntimeVersion((seen: any) => {
      if (seen.specVersion.toNumber() > before) resolve(seen.specVersion.toNumber());
    });
  });
  const code = `0x${Buffer.from(await artefact()).toString("hex")}`;
  const events = await finalized(api.tx.sudo.sudo(api.tx.system.setCode(code)));
  expect(events).toContain("system.CodeUpdated");
  expect(await version).toBe(before + 1);
  expect(await follow.told).toMatchObject({ type: "valid", spec: { specVersion: before + 1 } });
  follow.close();

  // The library takes the new metadata by itself.
  const deadline = Date.now() + 30_000;
  while (api.tx.greetings === undefined && Date.now() < deadline) await api.rpc.chain.getHeader();
  const words = `0x${Buffer.from(utf8("good day")).toString("hex")}`;
  expect(await finalized(api.tx.greetings.greet(words))).toContain("greetings.Greeted");
  expect((await api.query.greetings.said(alice.address)).unwrap().toHex()).toBe(words);
  expect((await api.rpc.state.getRuntimeVersion()).specVersion.toNumber()).toBe(before + 1);
  const old = await api.rpc.state.getRuntimeVersion(await api.rpc.chain.getBlockHash(1));
  expect(old.specVersion.toNumber()).toBe(before);
  await finalized(api.tx.balances.transferKeepAlive(alice.address, 1n));
});

test("smoldot followed over it: the new version, values of the new pallet with proofs, its call submitted", async () => {
  const genesis = fromHex(node.genesisHash);
  const signer = createSigner(createNextRuntime({}), genesis, "//Bob");
  const words = utf8("from afar");
  const greet = { pallet: "Greetings", name: "greet", args: { words } };
  const hash = await light.submit(signer.sign(greet, 0));
  await until(
    () => head.finalized,
    (hashes) => hashes.includes(hash),
  );
  const before = api.runtimeVersion.specVersion.toNumber() - 1;
  expect(head.versions).toEqual([before, before + 1]);
  const said = concatBytes(twox128(utf8("Greetings")), twox128(utf8("Said")));
  const saidBy = (account: Uint8Array): string =>
    toHex(concatBytes(said, twox64(account), account));
  for (const [account, said] of [
    [alice.addressRaw, "good day"],
    [signer.account, "from afar"],
  ] as const) {
    const value = await head.storage(hash, saidBy(account));
    expect(value).toBe(toHex(encode(boundedBytes(64), utf8(said))));
  }
  expect((await api.query.greetings.said(signer.account)).unwrap().toHex()).toBe(toHex(words));
  const first = Number(
    (await rpc<{ number: string }>(node.http, "chain_getHeader", head.finalized[0])).number,
  );
  const numbers = head.finalized.map((_, i) => first + i);
  expect(head.finalized).toEqual(await rpc(node.http, "chain_getBlockHash", numbers));
  // It was there before the block with the artefact.
  expect(await rpc(node.http, "state_getRuntimeVersion", head.finalized[0])).toMatchObject({
    specVersion: before,
  });
});
