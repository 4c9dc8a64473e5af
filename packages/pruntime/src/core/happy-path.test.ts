import { encode, u64 } from "@pha/scale";
import { expect, test } from "vitest";
import { createClient } from "../testing/scripted-client.ts";
import { createScriptedNetwork } from "../testing/scripted-network.ts";

test("from genesis to a verified answer: registration, DKG, key release, creation, command, reply, query", () => {
  const network = createScriptedNetwork();
  const client = createClient(network);
  const { pallets, workers } = network;
  network.until(() => pallets.cluster.status.type === "Live");
  const sent = client.send({ argument: 5 });
  network.until(() => client.reply(sent) !== "waiting");
  expect(client.reply(sent)).toEqual({
    outcome: { type: "Ok", value: encode(u64, 5n) },
    fuelUsed: 1002n,
  });
  network.blocks(3);
  for (const worker of workers) {
    const asked = client.ask(worker);
    if (asked.type !== "answer") throw new Error(JSON.stringify(asked));
    expect(asked.answer.outcome).toEqual({ type: "Ok", value: encode(u64, 5n) });
    expect(asked.answer.root).toEqual(pallets.root?.root);
    expect(client.proven(worker, asked.answer)).toEqual({ ok: true, value: undefined });
  }
  expect(pallets.rejected).toEqual([]);
  expect(pallets.dissents).toEqual([]);
});
