import { expect, test } from "vitest";
import { openChainDatabase } from "../database/chain-database.ts";
import { SILENT } from "../node-log.ts";
import { aDevChain } from "../testing/dev-chain.ts";
import { genesisAuthoritySet } from "./genesis-authorities.ts";
import { startGrandpa } from "./grandpa-service.ts";

test("votes of a later voter set than the database's stop the node: it could equivocate", async () => {
  const { chain, store, keystore } = aDevChain();
  const database = openChainDatabase(store, { genesisHash: chain.genesisHash });
  database.putVoterRecord({ setId: 3n, round: 1n, own: [], previous: undefined });
  const start = () =>
    startGrandpa({ chain, database, keystore, log: SILENT, onFailure: () => undefined });
  expect(start).toThrow(
    expect.objectContaining({
      code: "grandpa/record-ahead",
      facts: { recordSetId: 3n, setId: 0n },
    }),
  );
});

test("a genesis without GRANDPA authorities is no genesis of this chain", () => {
  const { spec } = aDevChain().development;
  expect(() => genesisAuthoritySet({ ...spec, genesis: [] })).toThrow(
    expect.objectContaining({ code: "chain-spec/no-voters" }),
  );
});
