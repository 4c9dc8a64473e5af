import { PhaError } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { openChainDatabase } from "../database/chain-database.ts";
import { SILENT } from "../node-log.ts";
import type { Keystore, OwnVote } from "../signer/keystore.ts";
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

describe("a vote that the signer", () => {
  /** A chain whose voter asks a signer that answers as told, until it is told nothing more. */
  function withSigner(refusals: string[]) {
    const node = aDevChain({ follows: true });
    const asked: OwnVote[] = [];
    const lines: object[] = [];
    const keystore: Keystore = {
      ...node.keystore,
      vote: (key, vote) => {
        asked.push(vote);
        const code = refusals.shift();
        return code === undefined
          ? node.keystore.vote(key, vote)
          : Promise.reject(new PhaError(code, "no signature", { hint: "none" }));
      },
    };
    const voter = startGrandpa({
      chain: node.chain,
      database: node.database,
      keystore,
      log: { ...SILENT, error: (facts) => lines.push(facts), warn: (facts) => lines.push(facts) },
      askAgainMs: 0,
      onFailure: (error) => {
        throw error;
      },
    });
    return { ...node, asked, lines, voter };
  }

  test("took with it when it ended is asked for again, the same one", async () => {
    const { chain, author, asked, lines, voter } = withSigner(["signer/ended", "signer/ended"]);
    await author();
    while (chain.finalized.number < 1) await new Promise((resolve) => setTimeout(resolve, 1));
    const [first, second, third] = asked;
    expect([second, third]).toEqual([first, first]);
    expect(lines).toMatchObject([{ code: "signer/ended" }, { code: "signer/ended" }]);
    voter.stop();
  });

  test("refuses for good is given up, and said", async () => {
    const { chain, author, asked, lines, voter } = withSigner(["signer/equivocation"]);
    await author();
    await author();
    expect(asked.length).toBe(1);
    expect(chain.finalized.number).toBe(0);
    expect(lines).toMatchObject([{ code: "signer/equivocation", kind: "prevote", round: 1 }]);
    voter.stop();
  });
});

test("a genesis without GRANDPA authorities is no genesis of this chain", () => {
  const { spec } = aDevChain().development;
  expect(() => genesisAuthoritySet({ ...spec, genesis: [] })).toThrow(
    expect.objectContaining({ code: "chain-spec/no-voters" }),
  );
});
