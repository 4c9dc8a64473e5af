/** `dedot`, unmodified: connects over the modern and the legacy JSON-RPC, reads, signs and sees finality. */
import { Keyring } from "@polkadot/api";
import { DedotClient, LegacyClient, WsProvider } from "dedot";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type NodeProcess, startNodeProcess } from "./start-node.ts";

let node: NodeProcess;
const keyring = new Keyring({ type: "sr25519", ss58Format: 30 });

beforeAll(async () => {
  node = await startNodeProcess();
});
afterAll(async () => {
  await node?.stop();
});

describe.each([
  ["the modern methods", (url: string) => DedotClient.new(new WsProvider(url))],
  ["the legacy methods", (url: string) => LegacyClient.new(new WsProvider(url))],
])("dedot over %s", (name, open) => {
  test("reads, and sees a transfer finalized", async () => {
    const client: any = await open(node.ws);
    expect(client.genesisHash).toBe(node.genesisHash);
    expect(client.consts.balances.existentialDeposit).toBe(1_000_000_000n);
    const sender = keyring.addFromUri("//Charlie");
    const target = keyring.addFromUri(`//Dedot ${name}`);
    const { data } = await client.query.system.account(sender.address);
    expect(data.free).toBeGreaterThan(0n);
    const result = await client.tx.balances
      .transferKeepAlive(target.address, 3_000_000_000_000n)
      .signAndSend(sender)
      .untilFinalized();
    const names = result.events.map(
      ({ event }: any) => `${event.pallet}.${event.palletEvent.name}`,
    );
    expect(names).toContain("Balances.Transfer");
    const account = await client.query.system.account(target.address);
    expect(account.data.free).toBe(3_000_000_000_000n);
    await client.disconnect();
  });
});
