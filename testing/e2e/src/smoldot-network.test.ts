/**
 * Unmodified smoldot on a chain whose voters change: warp sync over the changes, changes while it follows, storage with
 * proofs, transactions through it by two libraries, restart, start from a checkpoint.
 */
import { type LightClientState, startFromGenesis, verifyWarpProof } from "@pha/consensus";
import { blake2b256, sr25519FromSeed, sr25519Sign } from "@pha/crypto";
import {
  ROTATING_EPOCH,
  type RotatingChain,
  servedChain,
  serveRpc,
  testPair,
} from "@pha/node/testing";
import { ReadProof, SyncBatch } from "@pha/protocol";
import { startPRuntime } from "@pha/pruntime/core";
import { decode, fromHex, toHex } from "@pha/scale";
import { connectWebSocket, type RpcTransport, startFollower } from "@pha/sdk";
import { ApiPromise, Keyring } from "@polkadot/api";
import { AccountId } from "@polkadot-api/substrate-bindings";
import { createClient } from "polkadot-api";
import { getPolkadotSigner } from "polkadot-api/signer";
import { getSmProvider } from "polkadot-api/sm-provider";
import { type Client, start } from "smoldot";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { type RotatingNetwork, startRotatingNetwork } from "./rotating-network.ts";
import { addChain, polkadotProvider, type SmoldotChain, until } from "./smoldot-chain.ts";
import { followHead } from "./smoldot-head.ts";

const SET_CHANGES = 10n;
const SLOT_MS = 1_000;
const MAX_WARP_BYTES = 1 << 20;
const NONE = new Uint8Array(0);

let network: RotatingNetwork;
let client: Client;
let light: SmoldotChain;

beforeAll(async () => {
  network = await startRotatingNetwork(SET_CHANGES);
  client = start({ logCallback: () => undefined });
  light = await addChain(client, network.spec());
});
afterAll(async () => {
  await client?.terminate();
  await network?.stop();
});

const head = (): number => network.node.chain.finalized.number;
const following = (chain = light): Promise<number> =>
  until(chain.finalized, (number) => number === head());

test("it warps over ten changes of the voters to the newest block", async () => {
  expect(head()).toBeGreaterThan(Number(SET_CHANGES) * ROTATING_EPOCH);
  await following();
  const { hash } = network.node.chain.finalized;
  expect(await light.call("chain_getFinalizedHead")).toBe(toHex(hash));
  expect(await light.call("chain_getBlockHash", 0)).toBe(toHex(network.node.chain.genesisHash));
});

test("it follows two more changes; the light clients of SDK and pRuntime agree with it on every final block", async () => {
  const { node } = network;
  const server = await serveRpc(node);
  const url = `ws://${server.host}:${server.port}`;
  const rpc = await connectWebSocket({ url, webSocket: WebSocket });
  const from = head();
  const { finalized: ofSmoldot } = await followHead(light, { runtimes: "ignored" });
  // Both begin at block 0, with all changes of the voters before them.
  const sdk = await startFollower(rpc, node.chain.genesisHash);
  const pruntime = await startFollowingPRuntime(rpc);
  expect(sdk.head.number).toBe(from);

  while (node.setId() < SET_CHANGES + 2n) await network.author();
  await until(
    () => ofSmoldot.length,
    (count) => count > head() - from,
  );
  await sdk.reach(head());
  await pruntime.reach(head());
  const ofNode = Array.from({ length: head() + 1 }, (_, number) => hashText(node, number));
  expect(ofSmoldot).toEqual(ofNode.slice(from));
  expect(ofNode.map((_, number) => hashOf(sdk.block(number)))).toEqual(ofNode);
  expect(pruntime.hashes).toEqual(ofNode);
  const warped = warpFromGenesis(node);
  expect(hashOf(warped.finalized)).toBe(ofNode.at(-1));
  expect(warped.set).toEqual(node.database.authoritySet());
  sdk.stop();
  rpc.close();
  await server.close();
});

test("it reads storage and calls the runtime with proofs of the peer", async () => {
  const { chain, keystore } = network.node;
  const prefix = "0x26aa394eea5630e07c48ae0c9558cef7b99d880ec681799c0cf30e8886371da9";
  const state = chain.stateOf(chain.finalized.header);
  const keys = await light.call<string[]>("state_getKeysPaged", prefix, 50, null);
  // smoldot gives them in an order of its own.
  expect(keys.toSorted()).toEqual(state.keys(fromHex(prefix), { limit: 50 }).map(toHex));
  for (const key of keys.slice(0, 4))
    expect(await light.call("state_getStorage", key)).toBe(toHex(state.get(fromHex(key)) ?? NONE));
  expect(await light.call("state_getStorage", `${prefix}00`)).toBeNull();
  const args = ["AccountNonceApi_account_nonce", toHex(keystore.babeKey)];
  // One `set_keys` in each session.
  const nonce = await light.call<string>("state_call", ...args);
  expect(fromHex(nonce)[0]).toBeGreaterThan(Number(SET_CHANGES));
});

test("@polkadot/api submits a transfer through it and sees it finalized", async () => {
  const provider = polkadotProvider(client, network.spec());
  await provider.connect();
  const api: any = await ApiPromise.create({ provider: provider as any, noInitWarn: true });
  const keyring = new Keyring({ type: "sr25519", ss58Format: 30 });
  const target = keyring.addFromUri("//Light");
  const signed = await api.tx.balances
    .transferKeepAlive(target.address, 5_000_000_000_000n)
    .signAsync(keyring.addFromUri("//Bob"));
  const statuses: string[] = [];
  // Every status that it is told: `signAndSend` skips one when the next comes while it looks up a block.
  const done = new Promise<void>((resolve, reject) => {
    api.rpc.author
      .submitAndWatchExtrinsic(signed, (status: any) => {
        statuses.push(status.type);
        if (status.isError) reject(new Error(`the transaction is ${status.type}`));
        if (status.isFinalized) resolve();
      })
      .catch(reject);
  });
  await whileAuthoring(done);
  expect(statuses).toEqual(expect.arrayContaining(["InBlock", "Finalized"]));
  const account = await api.query.system.account(target.address);
  expect(account.data.free.toBigInt()).toBe(5_000_000_000_000n);
  await api.disconnect();
});

test("polkadot-api submits one through it and sees it finalized", async () => {
  const papi = createClient(
    getSmProvider(() => client.addChain({ chainSpec: network.spec() }) as any),
  );
  const api: any = papi.getUnsafeApi();
  const target = AccountId(30).dec(sr25519FromSeed(new Uint8Array(32).fill(9)).publicKey);
  const transfer = api.tx.Balances.transfer_keep_alive({
    dest: { type: "Id", value: target },
    value: 7_000_000_000_000n,
  });
  const pair = testPair("//Charlie");
  const signer = getPolkadotSigner(pair.publicKey, "Sr25519", (bytes) => sr25519Sign(pair, bytes));
  const result: any = await whileAuthoring(transfer.signAndSubmit(signer));
  expect(result.ok).toBe(true);
  const names = result.events.map(({ type, value }: any) => `${type}.${value.type}`);
  expect(names).toEqual(expect.arrayContaining(["Balances.Transfer", "System.ExtrinsicSuccess"]));
  const account = await api.query.System.Account.getValue(target);
  expect(account.data.free).toBe(7_000_000_000_000n);
  papi.destroy();
});

test("it goes on when the node restarts, and from its own memory when it restarts itself", async () => {
  await following();
  const memory = await light.call<string>("chainHead_unstable_finalizedDatabase");
  const remembered = head();
  light.remove();
  await client.terminate();
  await network.restart();
  for (let block = 0; block < 3; block++) await network.author();
  client = start({ logCallback: () => undefined });
  light = await addChain(client, network.spec(), memory);
  expect(await light.finalized()).toBeGreaterThanOrEqual(remembered);
  await following();
});

test("it starts from a checkpoint, without the genesis state", async () => {
  const from = head();
  const spec = network.checkpointSpec();
  expect(spec.length).toBeLessThan(10_000);
  const other = start({ logCallback: () => undefined });
  const started = await addChain(other, spec);
  expect(await started.finalized()).toBe(from);
  while (network.node.setId() < SET_CHANGES + 3n) await network.author();
  await following(started);
  expect(await started.call("chain_getFinalizedHead")).toBe(
    toHex(network.node.chain.finalized.hash),
  );
  await other.terminate();
});

/** The same light client led by the node's warp proof alone: changes of the voters and the newest block. */
function warpFromGenesis({ chain, keystore }: RotatingChain): LightClientState {
  const proof = servedChain(chain).warpProof(chain.genesisHash, MAX_WARP_BYTES);
  const genesisHeader = chain.header(chain.genesisHash);
  if (!proof || !genesisHeader) throw new Error("block 0 is finalized");
  const authorities = [{ key: keystore.grandpaKey, weight: 1n }];
  const set = { setId: 0n, authorities };
  expect(proof.fragments.length).toBeLessThanOrEqual(Number(SET_CHANGES) + 3);
  const warped = verifyWarpProof(startFromGenesis({ genesisHeader, set }), proof);
  if (!warped.ok) throw new Error(warped.error.code);
  return warped.value.state;
}

/** pRuntime's core, fed with batches that end at every block; `hashes` are those it took for final, by number. */
async function startFollowingPRuntime(rpc: RpcTransport) {
  const ask = (method: string, ...params: unknown[]): Promise<any> => rpc.request(method, params);
  const { header, proof } = await ask("pha_genesis");
  const genesisProof = decode(ReadProof, fromHex(proof));
  if (!genesisProof.ok) throw new Error("the proof of block 0 is one");
  const started = startPRuntime({
    type: "start",
    role: { type: "Worker", value: undefined },
    operator: new Uint8Array(32),
    genesisHeader: fromHex(header),
    genesisProof: genesisProof.value,
    sealed: undefined,
    entropy: new Uint8Array(32).fill(1),
    version: 1,
  });
  if (!started.ok) throw new Error(started.error.code);
  const hashes = [toHex(blake2b256(fromHex(header)))];
  return {
    hashes,
    async reach(number: number) {
      while (hashes.length <= number) {
        const batch = decode(SyncBatch, fromHex(await ask("pha_syncBatch", hashes.length, 1)));
        if (!batch.ok) throw new Error("the node's batch is one");
        const outputs = started.value.runtime.step({ type: "batch", batch: batch.value });
        const synced = outputs.find((output) => output.type === "synced");
        expect(synced?.status.head.number).toBe(hashes.length);
        hashes.push(hashOf(synced?.status.head));
      }
    },
  };
}

function hashText({ chain }: RotatingChain, number: number): string {
  const hash = chain.hashAt(number);
  return hash ? toHex(hash) : "";
}

function hashOf(block: { readonly hash: Uint8Array } | undefined): string {
  return block ? toHex(block.hash) : "";
}

/** Makes a block every second until it is done. */
async function whileAuthoring<T>(done: Promise<T>): Promise<T> {
  let isDone = false;
  const end = (): void => {
    isDone = true;
  };
  done.then(end, end);
  while (!isDone) {
    await network.author();
    await new Promise((resolve) => setTimeout(resolve, SLOT_MS));
  }
  return done;
}
