/**
 * `@substrate/api-sidecar` and transactions made by txwrapper, both unmodified, against a running node.
 *
 * Some two hundred packages, among them older versions of `@polkadot/api`, are installed from the registry for these
 * tests alone; so they are part of `npm run test:long`.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isLong, until } from "./start-devnet.ts";
import { type NodeProcess, startNodeProcess } from "./start-node.ts";

const PACKAGES = {
  "@substrate/api-sidecar": "18.0.0",
  "@substrate/txwrapper-core": "7.5.3",
  "@substrate/txwrapper-polkadot": "7.5.3",
};
const AMOUNT = "1234567890123";

let folder: string;
let node: NodeProcess;
let sidecar: ChildProcess;
let url: string;
/** As the packages see them, which are no dependencies of ours: without types here. */
let txwrapper: any;
let polkadot: any;
let alice: any;
let bob: any;

describe.runIf(isLong)("api-sidecar", { timeout: 120_000 }, () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "pha-e2e-sidecar-"));
    writeFileSync(join(folder, "package.json"), JSON.stringify({ dependencies: PACKAGES }));
    execFileSync("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund"], {
      cwd: folder,
      stdio: "ignore",
    });
    const load = createRequire(join(folder, "package.json"));
    txwrapper = load("@substrate/txwrapper-core");
    polkadot = load("@substrate/txwrapper-polkadot");
    await load("@polkadot/util-crypto").cryptoWaitReady();
    const keyring = new (load("@polkadot/api").Keyring)({ type: "sr25519", ss58Format: 30 });
    [alice, bob] = [keyring.addFromUri("//Alice"), keyring.addFromUri("//Sidecar")];
    node = await startNodeProcess();
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    sidecar = spawn(join(folder, "node_modules", ".bin", "substrate-api-sidecar"), {
      cwd: folder,
      env: { ...process.env, SAS_SUBSTRATE_URL: node.ws, SAS_EXPRESS_PORT: `${port}` },
      stdio: "ignore",
    });
    await until("the sidecar answers", () =>
      get("/node/version").then(
        () => true,
        () => false,
      ),
    );
  }, 600_000);

  afterAll(async () => {
    sidecar?.kill();
    await node?.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  test("knows node, runtime, accounts, pallets and staking", async () => {
    expect(await get("/node/version")).toMatchObject({ clientImplName: "pha-node" });
    expect(await get("/runtime/spec")).toMatchObject({ specName: "pha" });
    const balance = await get(`/accounts/${alice.address}/balance-info`);
    expect(BigInt(balance.free)).toBeGreaterThan(0n);
    expect(await get(`/accounts/${alice.address}/staking-info`)).toMatchObject({
      controller: alice.address,
    });
    expect(await get("/pallets/staking/progress")).toMatchObject({ forceEra: "NotForcing" });
    const errors = await get("/pallets/balances/errors");
    expect(errors.items.map(({ name }: { name: string }) => name)).toContain("InsufficientBalance");
    const block = await get("/blocks/1");
    expect(block).toMatchObject({ number: "1", finalized: true, authorId: alice.address });
  });

  test("takes a transfer that txwrapper made offline, and finds it in a final block", async () => {
    const tx = await offlineTransfer();
    const fee = await post("/transaction/fee-estimate", { tx });
    expect(BigInt(fee.partialFee)).toBeGreaterThan(0n);
    const dry = await post("/transaction/dry-run", { tx });
    expect(dry.dryRunResult).toMatchObject({ resultType: "DispatchOutcome" });
    const { hash } = await post("/transaction", { tx });
    expect(hash).toBe(txwrapper.construct.txHash(tx));
    let found: any;
    await until("the transfer is in a final block", async () => {
      const { number } = await get("/blocks/head/header");
      for (let at = 1; at <= Number(number) && !found; at++) {
        const block = await get(`/blocks/${at}`);
        found = block.extrinsics.find((extrinsic: any) => extrinsic.hash === hash);
      }
      return found !== undefined;
    });
    expect(found).toMatchObject({
      method: { pallet: "balances", method: "transferKeepAlive" },
      args: { dest: { id: bob.address }, value: AMOUNT },
      success: true,
      paysFee: true,
    });
    const withdrawn = found.events.find(({ method }: any) => method.method === "Withdraw");
    expect(withdrawn.data[1]).toBe(fee.partialFee);
    expect(await get(`/accounts/${bob.address}/balance-info`)).toMatchObject({ free: AMOUNT });
    expect(await post("/transaction", { tx })).toMatchObject({
      code: 400,
      cause: expect.stringContaining("1010"),
    });
  });
});

/** Made from what the sidecar tells, without a connection to the node. */
async function offlineTransfer(): Promise<string> {
  const material = await get("/transaction/material?metadata=scale");
  const { nonce } = await get(`/accounts/${alice.address}/balance-info`);
  const metadataRpc = material.metadata;
  const registry = txwrapper.getRegistryBase({
    chainProperties: { ss58Format: 30, tokenDecimals: 12, tokenSymbol: "PHA" },
    specTypes: {},
    metadataRpc,
  });
  const unsigned = polkadot.methods.balances.transferKeepAlive(
    { dest: { id: bob.address }, value: AMOUNT },
    {
      address: alice.address,
      blockHash: material.at.hash,
      blockNumber: Number(material.at.height),
      eraPeriod: 64,
      genesisHash: material.genesisHash,
      metadataRpc,
      nonce: Number(nonce),
      specVersion: Number(material.specVersion),
      tip: 0,
      transactionVersion: Number(material.txVersion),
    },
    { metadataRpc, registry },
  );
  const payload = txwrapper.construct.signingPayload(unsigned, { registry });
  const { signature } = registry
    .createType("ExtrinsicPayload", payload, { version: 4 })
    .sign(alice);
  return txwrapper.construct.signedTx(unsigned, signature, { metadataRpc, registry });
}

async function get(path: string): Promise<any> {
  const response = await fetch(url + path);
  return response.json();
}

async function post(path: string, body: object): Promise<any> {
  const response = await fetch(url + path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return response.json();
}

/** The sidecar does not tell which port it took, so it is given one that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== "object" || address === null) throw new Error("a server has a port");
  return address.port;
}
