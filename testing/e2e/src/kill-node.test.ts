/**
 * The node is killed with SIGKILL under load, again and again: it starts, its state agrees with its headers, and no
 * block that an outside observer saw finalized is lost.
 *
 * A few rounds here; 50 with PHA_LONG.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { developmentChain } from "@pha/node";
import { createSigner, testPair } from "@pha/node/testing";
import { developmentPreset } from "@pha/runtime";
import { fromHex, toHex } from "@pha/scale";
import { trieRoot } from "@pha/state";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { type NodeProcess, rpc, startNodeProcess } from "./start-node.ts";

const ROUNDS = process.env["PHA_LONG"] ? 50 : 4;
const SENDERS = ["//Alice", "//Bob", "//Charlie", "//Dave", "//Eve"];

/** Everything an observer saw finalized, by height. */
type Seen = Map<number, string>;

/** Records finalized heads until the connection breaks. */
function observe(url: string, seen: Seen): WebSocket {
  const socket = new WebSocket(url);
  const asked = new Map<number, number>();
  let id = 10;
  socket.on("error", () => {});
  socket.on("open", () => {
    socket.send('{"jsonrpc":"2.0","id":1,"method":"chain_subscribeFinalizedHeads","params":[]}');
  });
  socket.on("message", (data) => {
    const message = JSON.parse(data.toString());
    const header = message.params?.result;
    if (header) {
      const number = Number(header.number);
      asked.set(++id, number);
      socket.send(
        `{"jsonrpc":"2.0","id":${id},"method":"chain_getBlockHash","params":[${number}]}`,
      );
    }
    const number = asked.get(message.id);
    if (number !== undefined && typeof message.result === "string")
      seen.set(number, message.result);
  });
  return socket;
}

/** Sends transfers until told to stop; refusals are part of the game. */
function load(node: NodeProcess): { sent(): number; stop(): Promise<number> } {
  const { runtime } = developmentPreset();
  const genesisHash = fromHex(node.genesisHash);
  const signers = SENDERS.map((uri) => createSigner(runtime, genesisHash, uri));
  const target = testPair("//Ferdie").publicKey;
  let isStopped = false;
  let sent = 0;
  const send = async (signer: (typeof signers)[number]): Promise<void> => {
    const key = storageKeyOfAccount(signer.account);
    const stored = await rpc<string | null>(node.http, "state_getStorage", key);
    let nonce = stored ? new DataView(fromHex(stored).buffer).getUint32(0, true) : 0;
    while (!isStopped) {
      const extrinsic = toHex(signer.transfer(target, 1_000_000_000n, nonce++));
      await rpc(node.http, "author_submitExtrinsic", extrinsic).then(
        () => sent++,
        () => {},
      );
    }
  };
  const all = Promise.all(signers.map((signer) => send(signer).catch(() => {})));
  return {
    sent: () => sent,
    stop: async () => {
      isStopped = true;
      await all;
      return sent;
    },
  };
}

function storageKeyOfAccount(account: Uint8Array): string {
  const [found] = developmentChain().spec.genesis.filter(([key]) =>
    toHex(key).endsWith(toHex(account).slice(2)),
  );
  if (!found) throw new Error("the account is not in genesis");
  return toHex(found[0]);
}

/** Root of all pairs the node serves at a block. */
async function servedRoot(node: NodeProcess, hash: string): Promise<string> {
  const keys: string[] = [];
  for (;;) {
    const page = await rpc<string[]>(
      node.http,
      "state_getKeysPaged",
      "0x",
      1_000,
      keys.at(-1) ?? null,
      hash,
    );
    keys.push(...page);
    if (page.length < 1_000) break;
  }
  const entries: [Uint8Array, Uint8Array][] = [];
  for (let at = 0; at < keys.length; at += 1_000) {
    const [{ changes }] = await rpc<[{ changes: [string, string][] }]>(
      node.http,
      "state_queryStorageAt",
      keys.slice(at, at + 1_000),
      hash,
    );
    for (const [key, value] of changes) entries.push([fromHex(key), fromHex(value)]);
  }
  return toHex(trieRoot(entries, 1));
}

/** Transfers that the node has taken before it is killed. */
const LOAD_PER_ROUND = 20;

test(`loses nothing that was finalized over ${ROUNDS} kills under load`, {
  timeout: ROUNDS * 30_000,
}, async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "pha-kill-"));
  const seen: Seen = new Map();
  let sent = 0;
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const node = await startNodeProcess({ dataDir });
      for (const [number, hash] of seen)
        expect(await rpc(node.http, "chain_getBlockHash", number)).toBe(hash);
      const best = await rpc<string>(node.http, "chain_getBlockHash");
      const header = await rpc<{ stateRoot: string; number: string }>(
        node.http,
        "chain_getHeader",
        best,
      );
      expect(await servedRoot(node, best)).toBe(header.stateRoot);

      const before = Math.max(0, ...seen.keys());
      const observer = observe(node.ws, seen);
      const traffic = load(node);
      // The kill falls into real traffic however slow the machine is.
      while (Math.max(0, ...seen.keys()) < before + 2 || traffic.sent() <= LOAD_PER_ROUND)
        await new Promise((resolve) => setTimeout(resolve, 20));
      // Somewhere else in the slot each time.
      await new Promise((resolve) => setTimeout(resolve, (round * 379) % 1_000));
      await node.kill();
      sent += await traffic.stop();
      observer.terminate();
    }
    expect(seen.size).toBeGreaterThan(ROUNDS);
    expect(sent).toBeGreaterThan(ROUNDS * LOAD_PER_ROUND);
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
});
