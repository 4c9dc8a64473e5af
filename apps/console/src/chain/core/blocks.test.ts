import type { Client } from "@pha/sdk";
import { expect, test } from "vitest";
import { fetchBlockAt } from "./blocks.ts";

test("a block that this client did not verify is not shown, and why is said", async () => {
  const finality = { head: { number: 5000 }, block: () => undefined };
  // All that is asked before a block is there.
  const client = { chain: { finality } } as unknown as Client;
  await expect(fetchBlockAt(client, 5001)).rejects.toMatchObject({ code: "chain/not-reached" });
  await expect(fetchBlockAt(client, 3)).rejects.toMatchObject({ code: "chain/not-kept" });
});
