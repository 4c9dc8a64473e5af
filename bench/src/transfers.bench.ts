/** Transfers through one validator: a node process of its own, pre-signed load, against signature verification alone. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sr25519FromSeed, sr25519Sign, sr25519Verify } from "@pha/crypto";
import { createSigner, testPair } from "@pha/node/testing";
import { developmentPreset } from "@pha/runtime";
import { fromHex, toHex } from "@pha/scale";
import { connectWebSocket } from "@pha/sdk";
import { WebSocket } from "ws";
import type { Bench } from "./bench.ts";

const TRANSFERS = 12_000;
const SENDERS = ["//Alice", "//Bob", "//Charlie", "//Dave", "//Eve", "//Ferdie"];
const WINDOW = 256;

export const transfers: Bench = {
  id: "chain/transfers",
  async run() {
    const folder = mkdtempSync(join(tmpdir(), "pha-bench-"));
    const root = process.env["PHA_ROOT"] ?? process.cwd();
    const configFile = join(folder, "node.json");
    writeFileSync(
      configFile,
      JSON.stringify({
        chain: "dev",
        authority: "//Alice",
        rpcPort: 0,
        dataDir: join(folder, "db"),
        logLevel: "error",
      }),
    );
    const node = spawn(process.execPath, [join(root, "dist", "node.js"), "--config", configFile], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const line = await new Promise<string>((resolve) =>
      node.stdout.once("data", (chunk: Buffer) => resolve(chunk.toString())),
    );
    const ready = JSON.parse(line);
    try {
      const rpc = await connectWebSocket({ url: ready.rpc.ws, webSocket: WebSocket });
      const load = presign(fromHex(ready.genesisHash));
      const began = performance.now();
      let next = 0;
      const send = async (): Promise<void> => {
        while (next < load.length) {
          const extrinsic = load[next++];
          for (;;) {
            try {
              await rpc.request("author_submitExtrinsic", [extrinsic], { timeoutMs: 120_000 });
              break;
            } catch (error) {
              if (!/1016|full|immediately/i.test(String(error))) throw error;
              await new Promise((resolve) => setTimeout(resolve, 20));
            }
          }
        }
      };
      await Promise.all(Array.from({ length: WINDOW }, send));
      const done = Math.floor(TRANSFERS / SENDERS.length) * SENDERS.length;
      for (;;) {
        const nonces = await Promise.all(
          SENDERS.map(async (uri) =>
            Number(
              await rpc
                .request("state_call", [
                  "AccountNonceApi_account_nonce",
                  toHex(testPair(uri).publicKey),
                ])
                .then(nonceOf),
            ),
          ),
        );
        if (nonces.reduce((a, b) => a + b, 0) >= done) break;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      const seconds = (performance.now() - began) / 1000;
      rpc.close();
      return [
        {
          id: "chain/transfers",
          value: done / seconds,
          unit: "/s",
          better: "larger",
          against: { name: "signature verification alone", value: verificationsPerSecond() },
          samples: done,
          floor: 1_000,
          goal: 3_000,
          note: "from the first submission until the last is in a block",
        },
      ];
    } finally {
      const ended = new Promise((resolve) => node.once("exit", resolve));
      node.kill("SIGTERM");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

function nonceOf(answer: unknown): number {
  const bytes = fromHex(String(answer));
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
}

function presign(genesisHash: Uint8Array): readonly string[] {
  const { runtime } = developmentPreset();
  const sink = testPair("//Sink").publicKey;
  const signers = SENDERS.map((uri) => createSigner(runtime, genesisHash, uri));
  return Array.from({ length: Math.floor(TRANSFERS / SENDERS.length) }, (_, nonce) =>
    signers.map((signer) => toHex(signer.transfer(sink, 10_000_000_000n, nonce))),
  ).flat();
}

function verificationsPerSecond(): number {
  const pair = sr25519FromSeed(new Uint8Array(32).fill(3));
  const message = new Uint8Array(150);
  const signature = sr25519Sign(pair, message);
  const began = performance.now();
  for (let i = 0; i < 2_000; i++) sr25519Verify(pair.publicKey, message, signature);
  return 2_000 / ((performance.now() - began) / 1000);
}
