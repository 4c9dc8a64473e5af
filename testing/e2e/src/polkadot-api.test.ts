/** Unmodified third-party clients use the chain: they connect, read, subscribe, sign with sr25519 and see finality. */
import { ApiPromise, Keyring, WsProvider } from "@polkadot/api";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type NodeProcess, startNodeProcess } from "./start-node.ts";

let node: NodeProcess;
/** Untyped: the pallets are known at run time only. */
let api: any;
const keyring = new Keyring({ type: "sr25519", ss58Format: 30 });

beforeAll(async () => {
  node = await startNodeProcess();
  api = await ApiPromise.create({ provider: new WsProvider(node.ws) as any, noInitWarn: true });
});
afterAll(async () => {
  await api?.disconnect();
  await node?.stop();
});

describe("@polkadot/api", () => {
  test("connects and reads chain, constants and storage", async () => {
    expect(api.genesisHash.toHex()).toBe(node.genesisHash);
    expect(api.registry.chainSS58).toBe(30);
    expect(api.registry.chainTokens).toEqual(["PHA"]);
    expect(api.consts.balances.existentialDeposit.toString()).toBe("1000000000");
    const alice = keyring.addFromUri("//Alice");
    const account = await api.query.system.account(alice.address);
    expect(account.data.free.toBigInt()).toBe(100_000_000_000_000_000n);
    const entries = await api.query.system.account.entries();
    expect(entries.length).toBeGreaterThan(9);
  });

  test("follows new and finalized heads", async () => {
    const seen: number[] = [];
    await new Promise<void>((resolve) => {
      void api.rpc.chain.subscribeFinalizedHeads((header: any) => {
        seen.push(header.number.toNumber());
        if (seen.length >= 3) resolve();
      });
    });
    expect(seen[2]! - seen[0]!).toBe(2);
    const hash = await api.rpc.chain.getBlockHash(seen[2]!);
    const block = await api.rpc.chain.getBlock(hash);
    expect(block.block.header.number.toNumber()).toBe(seen[2]);
    expect(block.block.extrinsics[0].method.section).toBe("timestamp");
  });

  test("signs a transfer with sr25519 and sees it finalized", async () => {
    const alice = keyring.addFromUri("//Alice");
    const target = keyring.addFromUri("//NewTarget");
    const transfer = api.tx.balances.transferKeepAlive(target.address, 5_000_000_000_000n);
    const { partialFee } = await transfer.paymentInfo(alice.address);
    expect(partialFee.toBigInt()).toBeGreaterThan(0n);
    const events = await new Promise<string[]>((resolve, reject) => {
      transfer
        .signAndSend(alice, ({ status, events, dispatchError }: any) => {
          if (dispatchError) reject(new Error(dispatchError.toString()));
          if (status.isFinalized)
            resolve(events.map(({ event }: any) => `${event.section}.${event.method}`));
        })
        .catch(reject);
    });
    expect(events).toContain("balances.Transfer");
    expect(events).toContain("system.ExtrinsicSuccess");
    const account = await api.query.system.account(target.address);
    expect(account.data.free.toBigInt()).toBe(5_000_000_000_000n);
  });

  // `signAndSend` skips a status when the next one comes while it looks up the block of the first; this has no look-up.
  test("is told that a transaction is ready, in a block, final", async () => {
    const charlie = keyring.addFromUri("//Charlie");
    const signed = await api.tx.system.remark("0x01").signAsync(charlie);
    const statuses: string[] = [];
    await new Promise<void>((resolve, reject) => {
      api.rpc.author
        .submitAndWatchExtrinsic(signed, (status: any) => {
          statuses.push(status.type);
          if (status.isFinalized) resolve();
        })
        .catch(reject);
    });
    expect(statuses).toEqual(expect.arrayContaining(["Ready", "InBlock", "Finalized"]));
  });

  test("is told when a nonce is stale", async () => {
    const alice = keyring.addFromUri("//Alice");
    const remark = api.tx.system.remark("0x00");
    await expect(remark.signAndSend(alice, { nonce: 0 })).rejects.toThrow(
      /1010: Invalid Transaction: Stale/,
    );
  });

  test("signs payloads over 256 bytes", async () => {
    const bob = keyring.addFromUri("//Bob");
    const remark = api.tx.system.remark(`0x${"ab".repeat(300)}`);
    await new Promise<void>((resolve, reject) => {
      remark
        .signAndSend(bob, ({ status }: any) => {
          // The client skips a status when the next one comes while it looks up the block of the first.
          if (status.isInBlock || status.isFinalized) resolve();
        })
        .catch(reject);
    });
  });
});
