/** Finality without sockets: a justification of many authorities, and fifty simulated validators far from each other. */
import {
  type Header,
  headerHash,
  signedPrecommitPayload,
  verifyJustification,
} from "@pha/consensus";
import { ed25519FromSeed, ed25519Sign, ed25519Verify } from "@pha/crypto";
import { finalityDelays } from "@pha/testing-kit/finality-delay";
import { type Bench, median } from "./bench.ts";

const AUTHORITIES = 100;
const ROUNDS = 30;
const VALIDATORS = 50;
const ONE_WAY_MS = 25;
const SLOTS = 6;
/** Votes of two steps and the block itself have to cross the network. */
const CROSSINGS = 3;

const justification: Bench = {
  id: "consensus/justification-100",
  async run() {
    const pairs = Array.from({ length: AUTHORITIES }, (_, i) =>
      ed25519FromSeed(new Uint8Array(32).fill(i + 1)),
    );
    const filled = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
    const header: Header = {
      parentHash: filled(1),
      number: 7,
      stateRoot: filled(2),
      extrinsicsRoot: filled(3),
      digest: [],
    };
    const target = { hash: headerHash(header), number: header.number };
    const place = { round: 5n, setId: 3n };
    const payload = signedPrecommitPayload({ ...place, ...target });
    const precommits = pairs.map(({ publicKey, seed }) => ({
      target,
      signature: ed25519Sign(seed, payload),
      authority: publicKey,
    }));
    const set = {
      setId: place.setId,
      authorities: pairs.map(({ publicKey }) => ({ key: publicKey, weight: 1n })),
    };
    const input = {
      justification: { round: place.round, target, precommits, votesAncestries: [] },
      set,
      target,
    };
    const times: number[] = [];
    for (let i = 0; i < ROUNDS; i++) {
      const began = performance.now();
      const verified = verifyJustification(input);
      times.push(performance.now() - began);
      if (!verified.ok) throw new Error(verified.error.code);
    }
    const alone: number[] = [];
    for (let i = 0; i < ROUNDS; i++) {
      const began = performance.now();
      for (const { authority, signature } of precommits)
        if (!ed25519Verify(authority, payload, signature)) throw new Error("a signature is right");
      alone.push(performance.now() - began);
    }
    return [
      {
        id: "consensus/justification-100",
        value: median(times),
        unit: "ms",
        better: "smaller",
        against: { name: "its signatures alone", value: median(alone) },
        samples: ROUNDS,
        floor: 40,
        goal: 15,
        note: `${AUTHORITIES} precommits, all for one block`,
      },
    ];
  },
};

const simulated: Bench = {
  id: "consensus/finality-50",
  async run() {
    const delays = finalityDelays({ validators: VALIDATORS, oneWayMs: ONE_WAY_MS, slots: SLOTS });
    return [
      {
        id: "consensus/finality-50",
        value: median(delays),
        unit: "slots",
        better: "smaller",
        against: {
          name: "one block and two steps of votes on their way",
          value: (CROSSINGS * ONE_WAY_MS) / 1_000,
        },
        samples: delays.length,
        floor: 2,
        goal: 1,
        note: `${VALIDATORS} validators, round trips of ${2 * ONE_WAY_MS} ms, each connected with each, virtual time; each block at each validator`,
      },
    ];
  },
};

export const finality: readonly Bench[] = [justification, simulated];
