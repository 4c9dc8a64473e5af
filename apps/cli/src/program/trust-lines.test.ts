import { PhaError } from "@pha/scale";
import type { TrustNode } from "@pha/sdk";
import { describe, expect, test } from "vitest";
import { endWithVectors, resultOf } from "../commands/verify-vectors.ts";
import type { Output } from "./output.ts";
import { endWithTrust, type TrustEnding, trustLines } from "./trust-lines.ts";
import { identityOf } from "./worker-name.ts";

const leaf = (link: string, ok: boolean, facts = {}): TrustNode => ({
  link,
  ok,
  says: `it says ${link}.`,
  facts,
  parts: [],
});

const AMBER = "\x1b[33m";
const GREEN = "\x1b[32m";

function treeOf(...leaves: readonly TrustNode[]): TrustNode {
  const ok = leaves.every((one) => one.ok);
  const group: TrustNode = { link: "group", ok, says: "a group.", facts: {}, parts: leaves };
  return { link: "trust", ok, says: "", facts: {}, parts: [group] };
}

const good = leaf("good", true, { key: `0x${"ab".repeat(32)}`, empty: "" });
const simulated = leaf("evidence", true, { teeClass: "simulated" });
const bad = leaf("bad", false);

function endOf(
  leaves: readonly TrustNode[],
  allowSimulated: boolean,
  more: Partial<TrustEnding> = {},
) {
  const printed: { document: object; lines: readonly string[] }[] = [];
  const output = {
    result: (document: object, lines: readonly string[]) => printed.push({ document, lines }),
  } as unknown as Output;
  const tree = treeOf(...leaves);
  const report = {
    tree,
    verdicts: leaves,
    ok: tree.ok,
    broken: leaves.find(({ ok }) => !ok),
    simulated: leaves.includes(simulated),
  };
  let code: unknown;
  try {
    endWithTrust(output, report, { allowSimulated, hint: "stop using it", ...more });
  } catch (error) {
    ({ code } = error as { readonly code: string });
  }
  return { code, document: printed[0]?.document, last: printed[0]?.lines.at(-1) };
}

describe("the tree on a terminal", () => {
  test("has a line per link, indented below its group, and the facts of leaves", () => {
    expect(trustLines(treeOf(good, bad), { colour: false })).toEqual([
      "✗ group                    a group.",
      "✓   good                   it says good.",
      `${" ".repeat(27)}key 0xabababababababab…`,
      "✗   bad                    it says bad.",
    ]);
  });

  test("is amber where a TEE is simulated, up to the top, and never green", () => {
    const lines = trustLines(treeOf(good, simulated), { colour: true });
    expect(lines[0]?.startsWith(`${AMBER}!\x1b[0m group`)).toBe(true);
    const of = (link: string) => lines.find((line) => line.includes(link)) ?? "";
    expect(of("evidence").startsWith(`${AMBER}!`)).toBe(true);
    expect(of("good").startsWith(`${GREEN}✓`)).toBe(true);
    const [, red = ""] = trustLines(treeOf(bad), { colour: true });
    expect(red.startsWith("\x1b[31m✗")).toBe(true);
  });
});

describe("the end", () => {
  test("is silent when everything holds", () => {
    expect(endOf([good], false)).toMatchObject({
      code: undefined,
      document: { ok: true, simulated: false },
      last: "✓ Every link was checked by this program.",
    });
  });

  test("names the leaf that does not hold", () => {
    expect(endOf([good, bad, simulated], true)).toMatchObject({
      code: "verify/not-trusted",
      document: { ok: false, broken: { link: "bad" } },
      last: expect.stringContaining("Trust ends at bad"),
    });
  });

  test("ends with the code that a link has of its own", () => {
    const errorOf: TrustEnding["errorOf"] = ({ link }) =>
      link === "bad" ? new PhaError("verify/source-not-allowed", "none", {}) : undefined;
    expect(endOf([good, bad], true, { errorOf })).toMatchObject({
      code: "verify/source-not-allowed",
      document: { broken: { link: "bad" } },
    });
    expect(endOf([leaf("other", false)], true, { errorOf }).code).toBe("verify/not-trusted");
  });

  test("is an error on simulated TEEs unless they are allowed, and says so either way", () => {
    expect(endOf([simulated], false)).toMatchObject({
      code: "verify/simulated",
      last: expect.stringContaining("! SIMULATED"),
    });
    expect(endOf([simulated], true)).toMatchObject({
      code: undefined,
      last: expect.stringContaining("! SIMULATED"),
    });
  });
});

describe("a worker", () => {
  const identity = new Uint8Array(32).fill(7);
  const network = {
    client: {
      workers: [
        { info: () => Promise.reject(new Error("it is down")) },
        { info: () => Promise.resolve([{ name: "worker-1", identity }]) },
      ],
    },
  } as never;

  test("is an identity, or a name of a host in reach", async () => {
    expect(await identityOf(network, "worker-1")).toEqual(identity);
    expect(await identityOf(network, `0x${"07".repeat(32)}`)).toEqual(identity);
    for (const text of ["", "0x07", "worker-9"])
      await expect(identityOf(network, text)).rejects.toMatchObject({
        code: "usage/bad-worker",
        hint: expect.stringContaining("worker-1"),
      });
  });
});

test("vectors that fail end with an error that counts them", () => {
  const failed = { passed: 3, failed: 1, skipped: 0, failures: ["FAIL  b: why"] };
  const end = (result: typeof failed) => () => endWithVectors(result);
  expect(end(failed)).toThrow(
    expect.objectContaining({ code: "verify/vectors-failed", facts: { passed: 3, failed: 1 } }),
  );
  expect(end({ ...failed, passed: 0, failed: 0 })).toThrow(
    expect.objectContaining({ code: "verify/vectors-failed" }),
  );
  expect(end({ ...failed, failed: 0 })).not.toThrow();
});

test("a runner of vectors that says nothing has passed nothing", () => {
  expect(resultOf([])).toEqual({ passed: 0, failed: 1, skipped: 0, failures: [] });
  expect(resultOf(["pass  a", "FAIL  b: why", "1 passed, 1 failed, 2 skipped"])).toEqual({
    passed: 1,
    failed: 1,
    skipped: 2,
    failures: ["FAIL  b: why"],
  });
});
