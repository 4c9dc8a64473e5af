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
  ["the modern methods", "//Dave", (url: string) => DedotClient.new(new WsProvider(url))],
  ["the legacy methods", "//Eve", (url: string) => LegacyClient.new(new WsProvider(url))],
])("dedot over %s", (name, staker, open) => {
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

  test("bonds, nominates, and is told which keys prove nothing", async () => {
    const client: any = await open(node.ws);
    const alice = keyring.addFromUri("//Alice");
    const sender = keyring.addFromUri(staker);
    const send = (tx: any) => tx.signAndSend(sender).untilFinalized();
    const [validator] = await client.query.session.validators();
    expect(validator.address(30)).toBe(alice.address);
    const { staking, session, utility } = client.tx;
    const amount = 500_000_000_000_000n;
    await send(
      utility.batchAll([
        staking.bond(amount, { type: "Staked" }).call,
        staking.nominate([alice.address]).call,
      ]),
    );
    const ledger = await client.query.staking.ledger(sender.address);
    expect(ledger).toMatchObject({ total: amount, active: amount });
    const nominations = await client.query.staking.nominators(sender.address);
    expect(nominations.targets.map((target: any) => target.address(30))).toEqual([alice.address]);
    const keys = { babe: `0x${"01".repeat(32)}`, grandpa: `0x${"02".repeat(32)}` };
    const { dispatchError } = await send(session.setKeys(keys, `0x${"00".repeat(128)}`));
    expect(client.registry.findErrorMeta(dispatchError)?.name).toBe("InvalidProof");
    await client.disconnect();
  });
});
