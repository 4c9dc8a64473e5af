import { type DkgMessage, type GenerationEvent, type Seat, TOPIC } from "@pha/protocol";
import { equalBytes } from "@pha/scale";
import { expect, test } from "vitest";
import { createScriptedNetwork, type ScriptedNetwork } from "../testing/scripted-network.ts";
import { createDkgParticipant } from "./dkg-participant.ts";
import { createEntropy } from "./entropy.ts";
import type { Output } from "./inputs.ts";
import { createKeys } from "./keys.ts";
import { createOutbox } from "./outbox.ts";

const fill = (byte: number, length = 32): Uint8Array => new Uint8Array(length).fill(byte);

function aParticipant(byte: number) {
  const entropy = createEntropy(fill(byte));
  const keys = createKeys(fill(byte), entropy);
  let sealed = 0;
  const participant = createDkgParticipant({
    genesisHash: fill(1),
    keys,
    entropy,
    outbox: createOutbox(keys),
    shares: [],
    seal: () => {
      sealed += 1;
      return [{ type: "seal", content: new Uint8Array(0) }];
    },
  });
  const seat: Seat = { identity: keys.identity.publicKey, boot: keys.boot.publicKey };
  return { participant, seat, sealed: () => sealed };
}

function runStarted(run: bigint, seats: Seat[], threshold: number): GenerationEvent {
  return { type: "RunStarted", value: { run, generation: run, threshold, seats } };
}

const said = (outputs: readonly Output[]) =>
  outputs.filter(({ type }) => type === "message").length;

test("a participant without a seat, or with another boot in it, says nothing", () => {
  const { participant, seat } = aParticipant(2);
  expect(participant.event(runStarted(1n, [], 1), 1)).toEqual([]);
  const other = { ...seat, boot: fill(9) };
  expect(participant.event(runStarted(2n, [other], 1), 1)).toEqual([]);
  expect(said(participant.event(runStarted(3n, [seat], 1), 1))).toBe(3);
});

test("nobody is waited for in an empty seat: the one gatekeeper there deals at once, with a key of two seats", () => {
  const { participant, seat } = aParticipant(2);
  const nobody = { identity: fill(0), boot: fill(0) };
  // Its key and its dealing; the transcript is confirmed with them.
  expect(said(participant.event(runStarted(1n, [nobody, seat], 1), 1))).toBe(3);
});

test("messages of another run, or from another than the seat's holder, are not counted", () => {
  const one = aParticipant(2);
  const two = aParticipant(3);
  const seats = [one.seat, two.seat];
  expect(said(one.participant.event(runStarted(4n, seats, 2), 1))).toBe(1);
  const key = two.participant.event(runStarted(4n, seats, 2), 1)[1];
  if (key?.type !== "message") throw new Error("the seat publishes its key");
  const body: DkgMessage["body"] = {
    type: "Key",
    value: key.message.message.payload.slice(10, 58),
  };
  const message: DkgMessage = { run: 4n, seat: 1, body };
  const { participant } = one;
  expect(participant.message(two.seat.identity, { ...message, run: 3n })).toEqual([]);
  expect(participant.message(one.seat.identity, message)).toEqual([]);
  expect(participant.message(fill(8), message)).toEqual([]);
  expect(participant.message(two.seat.identity, { ...message, seat: 7 })).toEqual([]);
  // The key of the seat's holder completes the keys: the dealing follows.
  expect(said(participant.message(two.seat.identity, message))).toBe(1);
});

test("a run that fails leaves nothing, and the next one is a new run", () => {
  const { participant, seat, sealed } = aParticipant(2);
  participant.event(runStarted(1n, [seat, { identity: fill(1), boot: fill(1) }], 2), 1);
  participant.event({ type: "RunFailed", value: { run: 1n, guilty: [1] } }, 2);
  expect(participant.shares).toEqual([]);
  expect(sealed()).toBe(0);
  expect(said(participant.event(runStarted(2n, [seat], 1), 3))).toBe(3);
});

function activatedTwice(): ScriptedNetwork {
  const network = createScriptedNetwork({ gatekeepers: 3, threshold: 2, workers: 1 });
  network.workers[0]?.stop();
  network.until(() => network.pallets.generation?.generation === 1n);
  network.pallets.startRun();
  network.until(() => network.pallets.generation?.generation === 2n);
  network.blocks(2);
  return network;
}

test("a second generation has a share and a root of its own; where nothing hangs on the first, its shares go at once", () => {
  const network = activatedTwice();
  for (const gatekeeper of network.gatekeepers) {
    expect(gatekeeper.logged("generation-active")).toBe(2);
    expect(gatekeeper.logged("shares-erased")).toBe(1);
    expect(gatekeeper.status?.generations).toEqual([2n]);
  }
});

test("a gatekeeper that restarts in the middle of a run keeps silent in it", () => {
  const network = createScriptedNetwork({ gatekeepers: 3, threshold: 2, workers: 1 });
  const [first] = network.gatekeepers;
  network.until(() => (first?.logged("dkg-started") ?? 0) > 0);
  first?.start(first.sealed);
  network.blocks(6);
  const spoke = first?.recorded
    .flatMap(({ outputs }) => outputs)
    .filter(
      (output) =>
        output.type === "message" && equalBytes(output.message.message.destination, TOPIC.dkg),
    );
  expect(spoke).toEqual([]);
  expect(network.pallets.generation).toBe(undefined);
});

test("a share is sealed before it is confirmed, and a run that then fails takes it back", () => {
  const { participant, seat } = aParticipant(2);
  const kinds: string[] = [];
  const keptAt = (): string => participant.kept.map(({ generation }) => generation).join();
  for (const { type } of participant.event(runStarted(1n, [seat], 1), 1)) kinds.push(type);
  expect(kinds).toEqual(["log", "message", "message", "seal", "message"]);
  expect(participant.shares).toEqual([]);
  expect(keptAt()).toBe("1");
  participant.event({ type: "RunFailed", value: { run: 1n, guilty: [] } }, 2);
  expect(keptAt()).toBe("");
});

test("a gatekeeper that is killed after it confirmed has its share when the generation is active", () => {
  const network = createScriptedNetwork({ gatekeepers: 1, threshold: 1, workers: 1 });
  const [gatekeeper] = network.gatekeepers;
  const hasConfirmed = () => (gatekeeper?.logged("dkg-started") ?? 0) > 0;
  network.until(hasConfirmed);
  expect(network.pallets.generation).toBe(undefined);
  // All that the next start finds: the chain takes the confirmation, its sender is gone.
  const { sealed } = gatekeeper ?? {};
  network.until(() => network.pallets.generation !== undefined);
  gatekeeper?.start(sealed);
  network.blocks(2);
  expect(gatekeeper?.status?.generations).toEqual([network.pallets.generation?.generation]);
});
