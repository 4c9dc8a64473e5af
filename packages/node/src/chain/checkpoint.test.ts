import { babeAnnouncementOf } from "@pha/consensus";
import { toHex } from "@pha/scale";
import { expect, test } from "vitest";
import { developmentChain } from "../preset-chain.ts";
import { aDevChain } from "../testing/dev-chain.ts";
import { connect, serve } from "../testing/rpc-client.ts";
import { checkpointOf } from "./checkpoint.ts";

test("a node gives its chain spec with a checkpoint as soon as there is one", async () => {
  const parameters = { slotDurationMs: 1_000n, epochLength: 6n };
  const development = developmentChain({ parameters });
  const node = aDevChain({ development });
  const server = await serve(node);
  const client = await connect(server);
  const spec = () => client.call<Record<string, unknown>>("sync_state_genSyncSpec", true);

  await node.author();
  expect(checkpointOf(node.chain, development.runtime)).toMatchObject({
    error: { code: "checkpoint/too-early" },
  });
  expect(Object.keys(await spec())).not.toContain("lightSyncState");

  while (node.chain.best.number < 8) await node.author();
  const announcing = babeAnnouncementOf(node.blocks()[6]!.header);
  expect(announcing.ok && announcing.value.nextEpoch).toBeDefined();
  const { lightSyncState, genesis } = await spec();
  expect(lightSyncState).toMatchObject({ babeFinalizedBlockWeight: 0 });
  const checkpoint = checkpointOf(node.chain, development.runtime);
  if (!checkpoint.ok) throw new Error(checkpoint.error.code);
  for (const [name, bytes] of Object.entries(checkpoint.value))
    expect(lightSyncState).toHaveProperty(name, toHex(bytes));
  expect(genesis).toHaveProperty("raw");
  client.close();
  await server.close();
});
