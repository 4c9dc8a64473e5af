/**
 * Two replicas of which one computes something else: no root has a majority. The cluster is disputed and takes no command,
 * a panel of spare workers executes the block again, its verdict makes a root final and costs the liar bond and seat, and
 * commands go on.
 *
 * The machine that lies is one whose engine has another text, and looks for a file that tells it to.
 */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { blake2b128 } from "@pha/crypto";
import { type Cluster, itemKey, STORAGE } from "@pha/protocol";
import {
  concatBytes,
  equalBytes,
  fixedBytes,
  option,
  PhaError,
  struct,
  u32,
  u128,
} from "@pha/scale";
import { type Client, type ContractHandle, devSigner, signerFromUri } from "@pha/sdk";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ChangedPrograms, changedPrograms } from "./changed-programs.ts";
import { agreed, connectCounter } from "./counter-network.ts";
import { type DevnetProcess, startDevnet, until } from "./start-devnet.ts";

/** Two replicas, and a panel of four: as many again, and two more. */
const WORKERS = 6;
const PANEL = 4;
const PHA = 10n ** 12n;
const BOND = 100n * PHA;
const MARKER = "computes-something-else";
/** As bundled, where a line may end anywhere. */
const CALL = /runCall\(\s*call,\s*request\.block,\s*"top"\s*\)/;
const LYING_ENGINE = `((done) => {
  const { existsSync, readFileSync } = require("node:fs");
  const args = readFileSync("/proc/" + process.ppid + "/cmdline", "utf8").split("\\0");
  if (!existsSync(args[args.indexOf("--data") + 1] + "/${MARKER}")) return done;
  const lie = (byte, i) => i === 0 ? byte ^ 1 : byte;
  return { ...done, writes: done.writes.map(({ key, value }) => ({ key, value: value?.map(lie) })) };
})(runCall(call,request.block,"top"))`;
/** Of `PhalaComputation.Bonds`. */
const Bond = struct({ operator: fixedBytes(32), amount: u128, unlocksAt: option(u32) });

let programs: ChangedPrograms;
let devnet: DevnetProcess;
let client: Client;
let counter: ContractHandle;
let cluster: Uint8Array;
const alice = devSigner("Alice");

async function record(): Promise<Cluster> {
  const { key, value } = STORAGE.cluster;
  const found = await client.chain.read({ key: key(cluster), value });
  if (found === undefined) throw new Error("the cluster exists");
  return found;
}

async function bondOf(worker: Uint8Array): Promise<bigint | undefined> {
  const key = concatBytes(itemKey("PhalaComputation", "Bonds"), blake2b128(worker), worker);
  return (await client.chain.read({ key, value: Bond }))?.amount;
}

/** Folder of the pRuntime with this boot. */
async function folderOf(boot: Uint8Array): Promise<string> {
  const infos = await Promise.all(client.workers.map((worker) => worker.info()));
  const own = infos.flat().find((one) => equalBytes(one.boot, boot));
  if (own === undefined) throw new Error("the host tells who runs on it");
  return join(devnet.state, own.name);
}

beforeAll(async () => {
  const changes = [{ file: "engine.js", text: CALL, instead: LYING_ENGINE }];
  programs = await changedPrograms(changes);
  const args = ["--workers", `${WORKERS}`];
  devnet = await startDevnet({ dist: programs.dist, args });
  ({ client, counter } = await connectCounter(devnet.file));
  cluster = await client.clusterOf(counter.address);
}, 240_000);

afterAll(async () => {
  client?.close();
  await devnet?.cleanUp();
  programs?.remove();
});

test("a panel of spare workers finds out which of two replicas lies; it is slashed, and commands go on", async () => {
  expect(devnet.file.workers).toHaveLength(WORKERS);
  const { chain } = client;
  const args = { cluster, replication: 2 };
  await chain.submit(alice, chain.call("PhalaPhatContracts", "set_replication", args));
  await until("two replicas serve", async () => {
    const { replicas, status } = await record();
    return replicas.length === 2 && status.type === "Live";
  });
  await counter.command("add", { n: 5n }, { signer: alice });
  expect(await agreed(devnet.file, alice, 2, (value) => value === 5n)).toBe(5n);

  const [honest, liar] = (await record()).replicas;
  if (honest === undefined || liar === undefined) throw new Error("there are two replicas");
  const operator = signerFromUri("//Operator");
  if (!operator.ok) throw new Error("it is a secret URI");
  const bond = { worker: liar.identity, amount: BOND };
  // The operator's host uses the account, too: who is outbid there sends again, as the error says.
  await until("the bond is there", async () => {
    if ((await bondOf(liar.identity)) !== undefined) return true;
    const call = chain.call("PhalaComputation", "bond_worker", bond);
    await chain.submit(operator.value, call).catch((error: unknown) => {
      if (!(error instanceof PhaError) || error.code !== "chain/extrinsic-gone") throw error;
    });
    return false;
  });
  expect(await bondOf(liar.identity)).toBe(BOND);

  const marker = join(await folderOf(liar.boot), MARKER);
  writeFileSync(marker, "");
  // Each replica tells its reply before the root is final, and the reply is the same.
  const disputed = Promise.allSettled([counter.command("add", { n: 7n }, { signer: alice })]);
  let members: Cluster["replicas"] = [];
  await until("no root has a majority, and a panel is drawn", async () => {
    const { status, panel } = await record();
    members = panel?.members ?? [];
    return status.type === "Disputed" && panel !== undefined;
  });
  expect(members).toHaveLength(PANEL);
  for (const { identity } of members)
    expect([honest, liar].some((one) => equalBytes(one.identity, identity))).toBe(false);
  const refused = await counter.command("add", { n: 100n }, { signer: devSigner("Bob") }).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(refused instanceof PhaError ? refused.code : refused).toBe("cluster/disputed");

  await until(
    "the verdict falls",
    async () => {
      const { status, panel } = await record();
      return status.type === "Live" && panel === undefined;
    },
    120_000,
  );
  // A fifth of it: it voted for what two thirds of the panel did not find.
  expect(await bondOf(liar.identity)).toBe((BOND * 4n) / 5n);
  expect(await bondOf(honest.identity)).toBeUndefined();
  await until("a spare worker has the liar's seat", async () => {
    const { replicas } = await record();
    return (
      replicas.length === 2 && !replicas.some((one) => equalBytes(one.identity, liar.identity))
    );
  });
  // The command that was disputed ran once, as the honest replica had it.
  expect((await disputed).map(({ status }) => status)).toEqual(["fulfilled"]);
  rmSync(marker);
  expect(await agreed(devnet.file, alice, 2, (value) => value === 12n)).toBe(12n);
  await counter.command("add", { n: 1n }, { signer: alice });
  expect(await agreed(devnet.file, alice, 2, (value) => value === 13n)).toBe(13n);
}, 400_000);
