/**
 * What peers say to unmodified smoldot, wrong in one bit: each lie is refused with its reason, and what was believed
 * before stays. All peers have the same chain; each has a smoldot of its own, which follows it until the lie.
 */
import {
  BABE_ENGINE,
  type Commit,
  type DigestItem,
  type Header,
  sealPayload,
  type WarpProof,
} from "@pha/consensus";
import type { NetworkChain } from "@pha/network";
import { aRotatingChain, type RotatingChain } from "@pha/node/testing";
import { type Client, start } from "smoldot";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commitOf, type LyingNode, startLyingNode } from "./lying-node.ts";
import { addChain, type SmoldotChain, until } from "./smoldot-chain.ts";

interface Victim {
  readonly client: Client;
  readonly liar: LyingNode;
  readonly light: SmoldotChain;
  log(): string;
}

const ACCOUNTS = "0x26aa394eea5630e07c48ae0c9558cef7b99d880ec681799c0cf30e8886371da9";
const victims: Victim[] = [];
let node: RotatingChain;

beforeAll(async () => {
  node = aRotatingChain();
  // One change of the voters, so that the warp sync has something to prove.
  await node.authorUntilSet(1n);
});
afterAll(async () => {
  for (const { client, liar } of victims) {
    await client.terminate();
    await liar.stop();
  }
});

async function aVictim(lie?: (chain: NetworkChain) => Partial<NetworkChain>): Promise<Victim> {
  const liar = await startLyingNode(node, lie);
  const lines: string[] = [];
  const client = start({
    maxLogLevel: 4,
    logCallback: (_level, _target, text) => lines.push(text),
  });
  const light = await addChain(client, liar.spec);
  const victim = { client, liar, light, log: () => lines.join("\n") };
  victims.push(victim);
  return victim;
}

const head = (): number => node.chain.finalized.number;
const atHead = ({ light }: Victim) => until(light.finalized, (number) => number === head());
const hears = ({ log }: Victim, words: string) => until(log, (text) => text.includes(words));

const flipped = (bytes: Uint8Array): Uint8Array =>
  bytes.map((byte, index) => (index === bytes.length - 1 ? byte ^ 1 : byte));

describe("of the next block", () => {
  const lies = ["seal", "VRF proof", "commit"] as const;
  let of: Readonly<Record<(typeof lies)[number], Victim>>;
  let before: number;

  beforeAll(async () => {
    const [seal, vrf, commit] = await Promise.all(lies.map(() => aVictim()));
    if (!seal || !vrf || !commit) throw new Error("each lie has its victim");
    of = { seal, "VRF proof": vrf, commit };
    await Promise.all(victims.map(atHead));
    await node.author();
    // The truth first: they follow this peer.
    for (const { liar } of victims) {
      liar.announce(node.chain.best.header);
      liar.commit(commitOf(node, node.chain.best));
    }
    await Promise.all(victims.map(atHead));
    before = head();
    await node.author();
    const { header } = node.chain.best;
    seal.liar.announce(withSeal(header, flipped));
    vrf.liar.announce(withVrfProof(header, flipped));
    commit.liar.announce(header);
    commit.liar.commit(withSignature(commitOf(node, node.chain.best), flipped));
  });

  test("a seal", async () => {
    await hears(of.seal, "BadSignature");
    expect(await of.seal.light.best()).toBe(before);
    expect(await of.seal.light.finalized()).toBe(before);
  });

  test("the proof of a slot, under a good seal", async () => {
    await hears(of["VRF proof"], "BadVrfProof");
    expect(await of["VRF proof"].light.best()).toBe(before);
    expect(await of["VRF proof"].light.finalized()).toBe(before);
  });

  test("a signature of the commit of a good block", async () => {
    await hears(of.commit, "BadSignature");
    expect(await of.commit.light.best()).toBe(before + 1);
    expect(await of.commit.light.finalized()).toBe(before);
  });
});

test("a signature in the warp proof: the sync does not end", async () => {
  const victim = await aVictim((honest) => ({
    warpProof(begin, maxBytes) {
      const proof = honest.warpProof(begin, maxBytes);
      return proof && withFragmentSignature(proof, flipped);
    },
  }));
  await hears(victim, "Failed to verify warp sync fragment");
  await hears(victim, "reason=user-ban, user_reason=bad-warp-sync-fragment");
  await hears(victim, "BadSignature");
  // What it says when a sync has ended.
  expect(victim.log()).not.toContain("Finalized block runtime ready");
});

test("a node in the proof of a read and of a call: an error, and no false value", async () => {
  let isLying = false;
  const change = (proof: readonly Uint8Array[] | undefined) =>
    isLying ? proof?.map(flipped) : proof;
  const { light } = await aVictim((honest) => ({
    readProof: (block, keys) => change(honest.readProof(block, keys)),
    callProof: (block, method, data) => change(honest.callProof(block, method, data)),
  }));
  await until(light.finalized, (number) => number === head());
  const [first = "", second = ""] = await light.call<string[]>(
    "state_getKeysPaged",
    ACCOUNTS,
    5,
    null,
  );
  expect(await light.call("state_getStorage", first)).toMatch(/^0x/);
  const nonce = ["state_call", "AccountNonceApi_account_nonce", `0x${"00".repeat(32)}`] as const;
  expect(await light.call(...nonce)).toBe("0x00000000");
  isLying = true;
  await expect(light.call("state_getStorage", second)).rejects.toThrow();
  await expect(light.call(...nonce)).rejects.toThrow();
  expect(await light.finalized()).toBe(head());
});

function withSeal(header: Header, change: (bytes: Uint8Array) => Uint8Array): Header {
  return { ...header, digest: header.digest.map((item) => changed(item, "Seal", change)) };
}

/** The proof is the end of the claim; the author seals the header anew. */
function withVrfProof(header: Header, change: (bytes: Uint8Array) => Uint8Array): Header {
  const digest = header.digest.map((item) => changed(item, "PreRuntime", change));
  const seal = node.keystore.signSeal(sealPayload({ ...header, digest }));
  return { ...header, digest: digest.map((item) => changed(item, "Seal", () => seal)) };
}

function changed(
  item: DigestItem,
  type: "Seal" | "PreRuntime",
  change: (bytes: Uint8Array) => Uint8Array,
): DigestItem {
  if (item.type !== type || item.value.engine !== BABE_ENGINE) return item;
  return { type, value: { engine: BABE_ENGINE, data: change(item.value.data) } };
}

function withSignature(commit: Commit, change: (bytes: Uint8Array) => Uint8Array): Commit {
  const signatures = commit.signatures.map(({ signature, authority }) => ({
    signature: change(signature),
    authority,
  }));
  return { ...commit, signatures };
}

function withFragmentSignature(
  proof: WarpProof,
  change: (bytes: Uint8Array) => Uint8Array,
): WarpProof {
  const fragments = proof.fragments.map(({ header, justification }) => ({
    header,
    justification: {
      ...justification,
      precommits: justification.precommits.map((one) => ({
        ...one,
        signature: change(one.signature),
      })),
    },
  }));
  return { ...proof, fragments };
}
