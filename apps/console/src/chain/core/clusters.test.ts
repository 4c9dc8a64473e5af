import type { Client } from "@pha/sdk";
import { expect, test } from "vitest";
import { readCluster } from "./clusters.ts";

test("a cluster that the chain has not is said to be none", async () => {
  // All that is asked of a chain whose runtime has none of the items.
  const chain = { finality: { head: { number: 5 } }, metadata: { storage: () => undefined } };
  const client = { chain } as unknown as Client;
  await expect(readCluster(client, new Uint8Array(32))).rejects.toMatchObject({
    code: "cluster/unknown",
  });
});
