import {
  babePreDigestOf,
  type EquivocationProof,
  type Header,
  signedVotePayload,
} from "@pha/consensus";
import { ed25519Sign, pairFromUri, twox128 } from "@pha/crypto";
import { concatBytes, utf8 } from "@pha/scale";
import { createOverlay } from "@pha/state";
import { expect, test } from "vitest";
import type { NodeLog } from "../node-log.ts";
import type { NodeChain } from "../open-chain.ts";
import type { Keystore } from "../signer/keystore.ts";
import { aDevChain, type DevChain, FIRST_SLOT } from "../testing/dev-chain.ts";
import { aRotatingChain } from "../testing/rotating-chain.ts";
import { createSigner, testPair } from "../testing/signer.ts";
import { startEquivocationReporter } from "./equivocation-reporter.ts";

const sink = testPair("//Sink").publicKey;

/** A reporter on a chain, and what it logged. */
function reporting(node: DevChain, keystore?: Keystore) {
  const lines: string[] = [];
  const keep = (_facts: unknown, text?: string) => void lines.push(String(text));
  const log: NodeLog = { debug: keep, info: keep, warn: keep, error: keep } as never;
  const { chain, pool } = node;
  const { runtime } = node.development;
  return { lines, ...startEquivocationReporter({ chain, runtime, pool, keystore, log }) };
}

/** Another block of the same author in a slot: a second process with the same keys made it. */
async function otherBlock(slot: number, development?: NodeChain): Promise<Header> {
  const twin = aDevChain({ follows: true, ...(development ? { development } : {}) });
  const alice = createSigner(twin.development.runtime as never, twin.chain.genesisHash, "//Alice");
  twin.pool.submit(alice.transfer(sink, 10_000_000_000n, 0));
  await twin.author(slot);
  return twin.chain.best.header;
}

/** Offences that the chain has punished. */
function offences(node: DevChain): number {
  const overlay = createOverlay(node.chain.stateOf(node.chain.best.header));
  const prefix = concatBytes(twox128(utf8("Offences")), twox128(utf8("Reports")));
  return [...overlay.keys(prefix)].length;
}

test("an author's second block is reported, from an announce alone, and punished once", async () => {
  const node = aDevChain();
  const { announced, lines, stop } = reporting(node);
  const second = await otherBlock(FIRST_SLOT);
  await node.author(FIRST_SLOT);
  const slots = [second, node.chain.best.header].map((header) => {
    const claim = babePreDigestOf(header);
    return claim.ok && claim.value.value.slot;
  });
  expect(slots).toEqual([BigInt(FIRST_SLOT), BigInt(FIRST_SLOT)]);
  announced(second);
  expect(lines).toEqual(["an equivocation is reported to the chain"]);
  await node.author();
  expect(offences(node)).toBe(1);
  announced(second);
  await node.author();
  expect(offences(node)).toBe(1);
  stop();
});

const pair = pairFromUri("//Alice", "ed25519");
function twoVotes(round: bigint): EquivocationProof {
  if (!pair.ok) throw new Error("Alice has a key");
  const { seed, publicKey } = pair.value;
  const vote = (salt: number) => {
    const target = { hash: new Uint8Array(32).fill(salt), number: 7 };
    const payload = signedVotePayload("prevote", { ...target, round, setId: 0n });
    return { target, signature: ed25519Sign(seed, payload) };
  };
  return {
    setId: 0n,
    round,
    kind: "prevote",
    authority: publicKey,
    first: vote(1),
    second: vote(2),
  };
}

test("a voter's second vote is reported and punished; a report of what is known is no news", async () => {
  const node = aDevChain();
  const { voted, lines } = reporting(node);
  await node.author();
  voted(twoVotes(4n));
  await node.author();
  expect(offences(node)).toBe(1);
  voted(twoVotes(4n));
  expect(lines).toEqual([
    "an equivocation is reported to the chain",
    "an equivocation is not news to the chain",
  ]);
  await node.author();
  expect(offences(node)).toBe(1);
});

test("what is seen only in later sessions, when the keys are others, is reported and punished", async () => {
  const node = aRotatingChain(3);
  const { announced, voted, lines, stop } = reporting(node);
  await node.author(FIRST_SLOT);
  await node.authorUntilSet(1n);
  // The session in which the set changed, and the next.
  voted(twoVotes(4n));
  for (let i = 0; i < 3; i++) await node.author();
  voted(twoVotes(5n));
  announced(await otherBlock(FIRST_SLOT, node.development));
  expect(lines).toEqual(Array(3).fill("an equivocation is reported to the chain"));
  await node.author();
  expect(offences(node)).toBe(3);
  stop();
});

test("with the own keys it is logged as a second process, and not reported", async () => {
  const node = aDevChain();
  const { announced, voted, lines } = reporting(node, node.keystore);
  await node.author(FIRST_SLOT);
  announced(await otherBlock(FIRST_SLOT));
  voted(twoVotes(4n));
  const warning = "this validator's keys are used by another process too: stop one of them";
  expect(lines).toEqual([warning, warning]);
  expect(node.pool.size.readyCount).toBe(0);
});

test("a key of nobody cannot be reported", async () => {
  const node = aDevChain();
  const { voted, lines } = reporting(node);
  await node.author();
  voted({ ...twoVotes(4n), authority: new Uint8Array(32).fill(9) });
  expect(lines).toEqual([
    "an equivocation cannot be reported: no state here says whose the key was",
  ]);
});
