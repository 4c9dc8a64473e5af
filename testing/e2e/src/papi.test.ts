/** `polkadot-api` (PAPI), unmodified, over the modern JSON-RPC: connects, reads, signs and sees finality. */
import { pairFromUri, sr25519FromSeed, sr25519Sign } from "@pha/crypto";
import { Binary, createClient } from "polkadot-api";
import { getPolkadotSigner } from "polkadot-api/signer";
import { getWsProvider } from "polkadot-api/ws";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { type NodeProcess, startNodeProcess } from "./start-node.ts";

let node: NodeProcess;
let client: ReturnType<typeof createClient>;

beforeAll(async () => {
  node = await startNodeProcess();
  client = createClient(getWsProvider(node.ws, { websocketClass: WebSocket as any }));
});
afterAll(async () => {
  client?.destroy();
  await node?.stop();
});

function pairOf(uri: string) {
  const pair = pairFromUri(uri, "sr25519");
  if (!pair.ok) throw new Error(pair.error.reason);
  return pair.value;
}

function signerOf(uri: string) {
  const pair = pairOf(uri);
  return getPolkadotSigner(pair.publicKey, "Sr25519", (bytes) => sr25519Sign(pair, bytes));
}

describe("polkadot-api", () => {
  test("knows the chain and follows finalized blocks", async () => {
    const spec = await client.getChainSpecData();
    expect(spec.genesisHash).toBe(node.genesisHash);
    expect(spec.properties).toMatchObject({ ss58Format: 30, tokenSymbol: "PHA" });
    const first = await client.getFinalizedBlock();
    await new Promise<void>((resolve) => {
      const watch = client.finalizedBlock$.subscribe((block) => {
        if (block.number < first.number + 2) return;
        setTimeout(() => watch.unsubscribe());
        resolve();
      });
    });
  });

  test("signs a transfer and sees it finalized", async () => {
    const api: any = client.getUnsafeApi();
    const target = sr25519FromSeed(new Uint8Array(32).fill(9)).publicKey;
    const { AccountId } = await import("@polkadot-api/substrate-bindings");
    const address = AccountId(30).dec(target);
    const transfer = api.tx.Balances.transfer_keep_alive({
      dest: { type: "Id", value: address },
      value: 7_000_000_000_000n,
    });
    const result = await transfer.signAndSubmit(signerOf("//Bob"));
    expect(result.ok).toBe(true);
    const names = result.events.map(({ type, value }: any) => `${type}.${value.type}`);
    expect(names).toContain("Balances.Transfer");
    expect(names).toContain("System.ExtrinsicSuccess");
    const account = await api.query.System.Account.getValue(address);
    expect(account.data.free).toBe(7_000_000_000_000n);
  });

  test("reads all entries of a map", async () => {
    const api: any = client.getUnsafeApi();
    const entries = await api.query.System.Account.getEntries();
    expect(entries.length).toBeGreaterThan(9);
  });

  test("hears why a transaction is refused", async () => {
    const api: any = client.getUnsafeApi();
    const remark = api.tx.System.remark({ remark: Binary.fromText("hello") });
    await expect(remark.signAndSubmit(signerOf("//Nobody"))).rejects.toThrow();
  });
});
