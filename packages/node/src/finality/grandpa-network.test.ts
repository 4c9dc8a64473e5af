import type { BlockRef, Justification as JustificationType } from "@pha/consensus";
import { decodeGossipMessage, Justification } from "@pha/consensus";
import { decode } from "@pha/scale";
import { afterEach, expect, test } from "vitest";
import { inherentDataAt } from "../chain/inherent-data.ts";
import { aDevChain, type DevChain, FIRST_SLOT, SLOT_MS } from "../testing/dev-chain.ts";
import type { GrandpaNetwork, GrandpaPeerHandler } from "./grandpa-network.ts";

/** One end of a wire: keeps what is sent, hands over what the test gives it. */
class Wire implements GrandpaNetwork {
  handler: GrandpaPeerHandler | undefined;
  readonly sent: { readonly peer: string; readonly bytes: Uint8Array }[] = [];
  readonly reports: string[] = [];
  readonly wanted: BlockRef[] = [];

  attach(handler: GrandpaPeerHandler): () => void {
    this.handler = handler;
    return () => {
      this.handler = undefined;
    };
  }

  send(peer: string, bytes: Uint8Array): void {
    this.sent.push({ peer, bytes });
  }

  report(peer: string, code: string, consequence: string): void {
    this.reports.push(`${peer} ${code} ${consequence}`);
  }

  wantBlock(block: BlockRef): void {
    this.wanted.push(block);
  }

  sentTypes(): readonly string[] {
    return this.sent.map(({ bytes }) => {
      const message = decodeGossipMessage(bytes);
      return message.ok ? message.value.type : message.error.code;
    });
  }
}

const started: DevChain[] = [];

function aNode(network: Wire, follows = false): DevChain {
  const node = aDevChain({ network, follows });
  started.push(node);
  return node;
}

afterEach(() => {
  for (const node of started.splice(0)) node.grandpa.stop();
});

/** Gives the follower the author's newest block. */
function relayBlock(from: DevChain, to: DevChain): void {
  const { header, body } = from.blocks().at(-1)!;
  const slot = FIRST_SLOT + header.number;
  const imported = to.chain.importBlock(header, body, {
    nowSlot: BigInt(slot),
    inherentData: inherentDataAt(slot * SLOT_MS),
  });
  if (!imported.ok) throw new Error(imported.error.code);
}

test("a follower finalizes by the votes and commits that the voter's gossip sends", async () => {
  const here = new Wire();
  const there = new Wire();
  const voter = aNode(here);
  const follower = aNode(there, true);
  here.handler?.connected("follower");
  there.handler?.connected("voter");
  const deliver = (): void => {
    for (let more = true; more; ) {
      const out = here.sent.splice(0);
      const back = there.sent.splice(0);
      for (const { bytes } of out) there.handler?.message("voter", bytes);
      for (const { bytes } of back) here.handler?.message("follower", bytes);
      more = out.length + back.length > 0;
    }
  };
  deliver();
  await voter.author();
  expect(voter.chain.finalized.number).toBe(1);
  deliver();
  expect(follower.chain.finalized.number).toBe(0);
  expect(there.wanted.map(({ number }) => number)).toEqual([1]);
  relayBlock(voter, follower);
  await new Promise((resolve) => setImmediate(resolve));
  expect(follower.chain.finalized).toMatchObject({ number: 1, hash: voter.chain.finalized.hash });
  expect(here.reports).toEqual([]);
  expect(there.reports).toEqual([]);
});

test("a justification from sync finalizes an imported block", async () => {
  const voter = aNode(new Wire());
  const follower = aNode(new Wire(), true);
  await voter.author();
  relayBlock(voter, follower);
  const stored = decode(Justification, voter.chain.justification(voter.chain.finalized.hash)!);
  if (!stored.ok) throw new Error("the justification is stored");
  const forged: JustificationType = { ...stored.value, round: 9n };
  follower.grandpa.importJustification(forged);
  expect(follower.chain.finalized.number).toBe(0);
  follower.grandpa.importJustification(stored.value);
  expect(follower.chain.finalized.number).toBe(1);
});

test("nonsense is reported to the network, and a stopped service is silent", () => {
  const wire = new Wire();
  const node = aNode(wire);
  wire.handler?.connected("peer");
  expect(wire.sentTypes()).toEqual(["Neighbour"]);
  wire.handler?.message("peer", Uint8Array.of(77));
  expect(wire.reports).toEqual(["peer gossip/malformed hostile"]);
  wire.handler?.disconnected("peer");
  node.grandpa.stop();
  expect(wire.handler).toBeUndefined();
});
