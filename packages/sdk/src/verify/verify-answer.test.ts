import { PhaError } from "@pha/scale";
import { describe, expect, test } from "vitest";
import type { Client } from "../client.ts";
import { ANSWER_REFUSALS } from "../contracts/query.ts";
import { filled } from "../testing/fake-chain.ts";
import { branch, leaf, reportOf } from "./trust-tree.ts";
import { ANSWER_LINKS, verifyAnswer } from "./verify-answer.ts";

const simulated = { teeClass: "simulated" };

/** A client whose contract is as trusted as given, and whose replicas refuse with this code. */
function clientOf(code: string, trusted = true, allowsSimulated = true): Client {
  const report = reportOf(
    branch("trust", "", [leaf("contract", trusted, "", trusted ? simulated : {})]),
  );
  const refuse = () => Promise.reject(new PhaError(code, "the reason", { hint: "ask another" }));
  // What `verifyAnswer` and the handle use before they ask.
  return {
    verify: () => Promise.resolve(report),
    clusterOf: refuse,
    chain: { finality: {} },
    allowsSimulated,
  } as unknown as Client;
}

const unit = { enc: () => undefined };
const input = {
  contract: filled(1),
  entries: { value: { kind: "query", args: unit, returns: unit } },
  method: "value",
  args: undefined,
} as never;

test("every code with which an answer is refused has one link", () => {
  expect(ANSWER_LINKS.flatMap(({ refusals }) => refusals).toSorted()).toEqual(
    [...ANSWER_REFUSALS].toSorted(),
  );
});

test.each(ANSWER_REFUSALS)("%s breaks its link, after those that held", async (code) => {
  const { ok, broken, verdicts, answer } = await verifyAnswer(clientOf(code), input);
  const at = ANSWER_LINKS.findIndex(({ refusals }) => refusals.includes(code));
  expect({ ok, answer }).toEqual({ ok: false, answer: undefined });
  expect(broken).toMatchObject({ link: `answer/${ANSWER_LINKS[at]?.link}`, facts: { code } });
  expect(verdicts.map(({ link }) => link)).toEqual([
    "contract",
    ...ANSWER_LINKS.slice(0, at + 1).map(({ link }) => `answer/${link}`),
  ]);
});

test("where finality is a node's word no link says that it was verified", async () => {
  const client = clientOf("answer/lease-over");
  const alone = { finality: { leaseAlone: { nowMs: () => 0 } } } as unknown as Client["chain"];
  const says = async (of: Client) =>
    (await verifyAnswer(of, input)).verdicts.find(({ link }) => link === "answer/finalized")?.says;
  expect(await says(client)).toContain("this program verified");
  expect(await says({ ...client, chain: alone })).toContain("NOT VERIFIED");
});

describe("nobody is asked", () => {
  test("when the contract is not trusted", async () => {
    const { broken, answer } = await verifyAnswer(clientOf("never/asked", false), input);
    expect({ link: broken?.link, answer }).toEqual({ link: "contract", answer: undefined });
  });

  test("in a simulated TEE that was not allowed", async () => {
    const client = clientOf("never/asked", true, false);
    const { ok, simulated: isSimulated, answer } = await verifyAnswer(client, input);
    expect({ ok, isSimulated, answer }).toEqual({
      ok: true,
      isSimulated: true,
      answer: undefined,
    });
  });
});

test("what is no matter of trust is thrown", async () => {
  await expect(verifyAnswer(clientOf("worker/none-reachable"), input)).rejects.toMatchObject({
    code: "worker/none-reachable",
  });
});
