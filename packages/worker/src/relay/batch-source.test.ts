import { SyncBatch } from "@pha/protocol";
import { encode } from "@pha/scale";
import { describe, expect, it } from "vitest";
import { createBatchSource } from "./batch-source.ts";

function batch(blocks: number): Uint8Array {
  return encode(SyncBatch, {
    headers: Array.from({ length: blocks }, () => new Uint8Array(8)),
    justification: new Uint8Array(4),
    proofs: Array.from({ length: blocks }, () => []),
  });
}

describe("batch source", () => {
  it("fetches once for all who are at the same height", async () => {
    const asked: number[] = [];
    const source = createBatchSource(async (from) => {
      asked.push(from);
      return batch(3);
    });
    const got = await Promise.all([source.get(5), source.get(5), source.get(5)]);
    expect(got.map((one) => one?.to)).toEqual([7, 7, 7]);
    await source.get(5);
    expect(asked).toEqual([5]);
    source.forget(5);
    await source.get(5);
    expect(asked).toEqual([5, 5]);
  });

  it("keeps a bounded number of batches", async () => {
    const asked: number[] = [];
    const source = createBatchSource(async (from) => {
      asked.push(from);
      return batch(1);
    });
    for (let from = 1; from <= 40; from++) await source.get(from);
    await source.get(40);
    await source.get(1);
    expect(asked).toHaveLength(41);
  });

  it("refuses what is not a batch and asks again next time", async () => {
    const answers = [Uint8Array.of(1, 2, 3), batch(1)];
    const source = createBatchSource(async () => answers.shift());
    await expect(source.get(1)).rejects.toMatchObject({ code: "worker/unexpected-answer" });
    expect((await source.get(1))?.to).toBe(1);
  });
});
