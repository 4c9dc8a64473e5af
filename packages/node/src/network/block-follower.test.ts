import type { Justification } from "@pha/consensus";
import { answerRequest, type MisbehaviourCode } from "@pha/network";
import { type BlockData, decodeBlockResponse, encodeBlockResponse } from "@pha/network/wire";
import { fail, ok } from "@pha/scale";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { SILENT } from "../node-log.ts";
import { aDevChain, type DevChain, FIRST_SLOT, SLOT_MS } from "../testing/dev-chain.ts";
import {
  type BlockFollower,
  type BlockFollowerOptions,
  createBlockFollower,
} from "./block-follower.ts";
import { servedChain } from "./served-chain.ts";

const BLOCKS = 40;
let source: DevChain;
let follower: DevChain;
let reports: MisbehaviourCode[];
let following: BlockFollower;

beforeAll(async () => {
  source = aDevChain();
  for (let block = 0; block < BLOCKS; block++) await source.author();
});
beforeEach(() => {
  follower = aDevChain({ follows: true });
  reports = [];
});

type Ask = BlockFollowerOptions["ask"];
const honest: Ask = async (_peer, request) => {
  const answer = answerRequest(servedChain(source.chain), "sync", request);
  return answer.ok ? answer : fail({ code: "request/refused" });
};
const changing =
  (change: (blocks: BlockData[]) => BlockData[]): Ask =>
  async (peer, request) => {
    const answer = await honest(peer, request);
    const blocks = answer.ok ? decodeBlockResponse(answer.value) : answer;
    return blocks.ok
      ? ok(encodeBlockResponse(change([...blocks.value]), { namesEngines: true }))
      : fail({ code: "request/refused" });
  };

/** Follows what the peer named until there is nothing more to do. */
async function follow(
  ask: Ask,
  number = BLOCKS,
  options: Partial<BlockFollowerOptions> = {},
): Promise<void> {
  following = createBlockFollower({
    chain: follower.chain,
    log: SILENT,
    slotDurationMs: SLOT_MS,
    ready: () => Promise.resolve(),
    ask,
    report: (_peer, code) => reports.push(code),
    importJustification: (_justification: Justification) => undefined,
    onFailure: (error) => {
      throw error;
    },
    clock: () => (FIRST_SLOT + BLOCKS) * SLOT_MS,
    ...options,
  });
  following.heard("peer", { hash: source.chain.hashAt(number) ?? new Uint8Array(32), number });
  await following.idle();
}

describe("blocks of a peer", () => {
  test("are imported downwards when they are near, upwards when they are far", async () => {
    await follow(honest, 3);
    expect(follower.chain.best.number).toBe(3);
    await follow(honest);
    expect(follower.chain.best.hash).toEqual(source.chain.best.hash);
    expect(following.highest()).toBe(BLOCKS);
    expect(reports).toEqual([]);
  });

  test("that are known are not asked for again", async () => {
    await follow(honest, 2);
    let asked = 0;
    await follow(async (...args) => {
      asked++;
      return honest(...args);
    }, 2);
    expect(asked).toBe(0);
  });

  test("that never come cost the peer its reputation, and one request", async () => {
    let asked = 0;
    await follow(async () => {
      asked++;
      return fail({ code: "request/timed-out" });
    });
    expect([asked, reports]).toEqual([1, ["peer/no-answer"]]);
    await follow(async () => fail({ code: "request/refused" }));
    expect(reports).toHaveLength(1);
    expect(follower.chain.best.number).toBe(0);
  });

  test.each([
    ["no message", "peer/malformed-message", async () => ok(Uint8Array.of(1))],
    ["others", "peer/not-asked-for", changing((blocks) => blocks.slice(1))],
    [
      "with another body",
      "peer/bad-block",
      changing((blocks) => blocks.map((one) => ({ ...one, body: one.body.slice(1) }))),
    ],
    [
      "with nonsense for justification",
      "peer/bad-justification",
      changing((blocks) =>
        blocks.map((one) => ({
          ...one,
          justifications: [{ engine: "FRNK", justification: Uint8Array.of(1) }],
        })),
      ),
    ],
  ] as const)("that are %s are refused: %s", async (_what, code, ask) => {
    await follow(ask, 2);
    expect(reports[0]).toBe(code);
  });

  test("of the future are not imported, nor is their sender banned", async () => {
    await follow(honest, 2, { clock: () => FIRST_SLOT * SLOT_MS });
    expect(follower.chain.best.number).toBe(1);
    expect(reports).toEqual(["peer/bad-announce"]);
  });

  test("are not imported when the node stops", async () => {
    const ask: Ask = async (...args) => {
      void following.stop();
      return honest(...args);
    };
    await follow(ask);
    expect(follower.chain.best.number).toBe(0);
  });
});
