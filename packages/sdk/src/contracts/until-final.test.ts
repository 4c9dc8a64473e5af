import { expect, test } from "vitest";
import type { Chain } from "../chain/chain.ts";
import { untilFinal } from "./until-final.ts";

const cluster = new Uint8Array(32);

function chainWithRoots(numbers: readonly number[]): Pick<Chain, "read"> {
  let at = 0;
  const read = async () => {
    const number = numbers[Math.min(at++, numbers.length - 1)];
    return { block: { number, hash: cluster }, root: cluster, index: 1n };
  };
  return { read: read as unknown as Chain["read"] };
}

test("waits for the root of the command's block or a later one", async () => {
  await expect(untilFinal(chainWithRoots([3, 4, 6]), cluster, 5)).resolves.toBeUndefined();
});

test("says so when the majority does not vote in time", async () => {
  await expect(untilFinal(chainWithRoots([3]), cluster, 5, 60)).rejects.toMatchObject({
    code: "command/not-final",
  });
});
