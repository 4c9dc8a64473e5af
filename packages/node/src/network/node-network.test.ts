/** Two nodes with their networks in one process: when an authority holds its blocks back. */
import { afterEach, expect, test } from "vitest";
import { SILENT } from "../node-log.ts";
import { aDevChain, type DevChain, FIRST_SLOT, SLOT_MS } from "../testing/dev-chain.ts";
import { type NodeNetwork, type NodeNetworkOptions, startNodeNetwork } from "./node-network.ts";

const BLOCKS = 30;
const networks: NodeNetwork[] = [];
afterEach(async () => {
  for (const network of networks.splice(0)) await network.stop();
});

async function join(
  node: DevChain,
  options: Pick<NodeNetworkOptions, "seed"> & Partial<NodeNetworkOptions>,
): Promise<NodeNetwork> {
  const network = await startNodeNetwork({
    ...node,
    log: SILENT,
    isAuthority: true,
    slotDurationMs: SLOT_MS,
    ready: () => node.store.ready(),
    listen: ["/ip4/127.0.0.1/tcp/0"],
    bootNodes: [],
    reserved: [],
    reservedOnly: false,
    agent: "pha",
    clock: () => (FIRST_SLOT + BLOCKS) * SLOT_MS,
    onFailure: (error) => {
      throw error;
    },
    ...options,
  });
  networks.push(network);
  return network;
}

async function until(fits: () => boolean): Promise<void> {
  while (!fits()) await new Promise((resolve) => setTimeout(resolve, 10));
}

test("an authority that is behind holds its blocks back until it has what its peer has; one that is alone does not", async () => {
  const source = aDevChain();
  for (let block = 0; block < BLOCKS; block++) await source.author();
  const ahead = await join(source, { seed: new Uint8Array(32).fill(1) });
  // It knows no address: there is nobody to wait for.
  expect(ahead.holdsAuthoring()).toBe(false);

  let begin = (): void => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const late = aDevChain({ follows: true });
  const behind = await join(late, {
    seed: new Uint8Array(32).fill(2),
    bootNodes: ahead.listenAddresses(),
    // Nothing is imported before.
    ready: () => begun,
  });
  expect(behind.holdsAuthoring()).toBe(true);
  await until(() => behind.highestBlock() === BLOCKS);
  expect(late.chain.best.number).toBe(0);
  expect(behind.holdsAuthoring()).toBe(true);
  begin();
  await until(() => late.chain.best.number === BLOCKS);
  expect(behind.holdsAuthoring()).toBe(false);
  expect(ahead.holdsAuthoring()).toBe(false);
});
