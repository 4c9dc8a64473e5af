/**
 * A committee of gatekeepers with faults on a test chain: real cores in every seat, the real pallet between them.
 *
 * Same seed, same world: what goes wrong where and when is drawn from it.
 */
import {
  createDealing,
  Dealing,
  DealingComplaint,
  makeComplaint,
  oneTimeKeypair,
} from "@pha/crypto";
import type { Call } from "@pha/frame";
import { DkgMessage, TOPIC } from "@pha/protocol";
import { assert, decode, encode, equalBytes } from "@pha/scale";
import { PhaGatekeepers } from "../pha-gatekeepers/index.ts";
import { type PhaChain, registerCall, startPhaChain, testBoot } from "./pha-chain.ts";
import { dkgCall, hear, type TestSeat, testSeat } from "./pha-cluster.ts";

/** What can be wrong with a seat. */
export const FAULTS = [
  "silent",
  "stops-after-key",
  "stops-after-dealing",
  "bad-dealing",
  "wrong-share",
  "false-complaint",
  "equivocates",
  "restarts-once",
  "clones",
  /** Honest, but the chain never gets its complaints and confirmations. */
  "censored",
] as const;
export type Fault = (typeof FAULTS)[number];

/** Faults that the chain must have proven, and whom nothing else may convict. */
export const PROVABLE: readonly Fault[] = ["wrong-share", "false-complaint", "equivocates"];

const URIS = [
  "//Operator",
  "//Alice",
  "//Bob",
  "//Charlie",
  "//Dave",
  "//Eve",
  "//Ferdie",
] as const;
const PHASE_BLOCKS = 4;

interface Actor {
  readonly uri: string;
  readonly number: number;
  readonly fault: Fault | undefined;
  seat: TestSeat;
  starts: number;
}

export interface CommitteeWorld {
  readonly chain: PhaChain;
  readonly actors: readonly Actor[];
  /** One block, or two when a gatekeeper registers. */
  step(): void;
  generation(): bigint;
  /** Names of the operators that the chain convicted. */
  convicted(): readonly string[];
}

export function createCommitteeWorld(
  faults: readonly (Fault | undefined)[],
  random: () => number,
): CommitteeWorld {
  const uris = URIS.slice(0, faults.length);
  const chain = startPhaChain({ gatekeeperOperators: uris }, { phaseBlocks: PHASE_BLOCKS });
  chain.block();
  const actors = uris.map(
    (uri, i): Actor => ({
      uri,
      number: 100 + i,
      fault: faults[i],
      seat: newSeat(100 + i, 0),
      starts: 0,
    }),
  );
  const restartAt = actors.map(() => 1 + Math.floor(random() * 6));
  let steps = 0;

  const storage = () => chain.runtime.env(chain.overlay).of(PhaGatekeepers).storage;

  function register(actor: Actor): readonly Call[] {
    const { uri, seat } = actor;
    const before = words();
    const sent = chain.send(registerCall(chain, seat.boot, { operator: chain.account(uri) }), uri);
    assert(sent.error === undefined, `registers: ${sent.error}`);
    return before;
  }

  /** What everyone says to the newest block. */
  function words(): readonly Call[] {
    const messages = chain.messages();
    return actors.flatMap((actor) => {
      const { seat } = actor;
      const bodies = messages.flatMap((message) => {
        if (equalBytes(message.destination, TOPIC.dkg)) {
          const dkg = decode(DkgMessage, message.payload);
          if (!dkg.ok || dkg.value.run !== seat.run) return [];
        }
        return hear(chain, seat, [message]);
      });
      return bodies.flatMap((body) => said(actor, body)).map((body) => dkgCall(chain, seat, body));
    });
  }

  function said(actor: Actor, body: DkgMessage["body"]): readonly DkgMessage["body"][] {
    const { fault, seat } = actor;
    // The first generation is made by everybody: faults begin with the second.
    if (storage().CurrentGeneration.get() === 0n) return [body];
    switch (fault) {
      case "silent":
        return [];
      case "stops-after-key":
        return body.type === "Key" ? [body] : [];
      case "stops-after-dealing":
        return body.type === "Key" || body.type === "Dealing" ? [body] : [];
      case "censored":
        return body.type === "Key" || body.type === "Dealing" ? [body] : [];
      case "bad-dealing": {
        if (body.type !== "Dealing") return [body];
        const value = body.value.slice();
        value[value.length - 1] = (value[value.length - 1] ?? 0) ^ 1;
        return [{ type: "Dealing", value }];
      }
      case "wrong-share":
        return body.type === "Dealing" ? [{ type: "Dealing", value: wrongDealing(seat) }] : [body];
      case "false-complaint":
        return body.type === "Confirm" ? [falseComplaint(seat), body] : [body];
      case "equivocates":
        return body.type === "Key"
          ? [body, { type: "Key", value: oneTimeKeypair(new Uint8Array(32).fill(5)).publicKey }]
          : [body];
      default:
        return [body];
    }
  }

  function wrongDealing({ state, seat }: TestSeat): Uint8Array {
    assert(state.status === "running" && state.context !== undefined, "a dealer knows all keys");
    const { run, keys, context } = state;
    const other = oneTimeKeypair(new Uint8Array(32).fill(9)).publicKey;
    const victim = (seat + 1) % run.n;
    const recipients = Array.from({ length: run.n }, (_, one) => ({
      seat: one,
      oneTimePublicKey: one === victim ? other : (keys.get(one) ?? other),
    }));
    const seeds = {
      polynomialSeed: new Uint8Array(32).fill(seat + 1),
      entropy: new Uint8Array(32).fill(seat + 77),
    };
    const dealing = createDealing({ context, seat, n: run.n, t: run.t, recipients, ...seeds });
    assert(dealing.ok, "every key is a point");
    return encode(Dealing, dealing.value);
  }

  function falseComplaint({ state, seat }: TestSeat): DkgMessage["body"] {
    assert(state.status === "running" && state.context !== undefined, "it has confirmed");
    const known = [...state.dealings.values()].find(
      ({ dealing, share }) => dealing.dealer !== seat && share,
    );
    assert(known, "another seat has dealt well");
    const { context, oneTimeSecret } = state;
    const entropy = new Uint8Array(32);
    const complaint = makeComplaint({
      context,
      dealing: known.dealing,
      seat,
      oneTimeSecret,
      entropy,
    });
    assert(complaint.ok, "the dealing has points");
    return { type: "Complaint", value: encode(DealingComplaint, complaint.value) };
  }

  function restart(actor: Actor): readonly Call[] {
    actor.starts += 1;
    const before = actor.seat;
    actor.seat = newSeat(actor.number, actor.starts);
    // The old boot has heard the newest block; what it says comes too late.
    actor.seat.run = before.run;
    return register(actor);
  }

  const world: CommitteeWorld = {
    chain,
    actors,
    step() {
      steps += 1;
      let calls: readonly Call[] | undefined;
      if (storage().Run.exists() && storage().CurrentGeneration.get() > 0n)
        for (const [i, actor] of actors.entries()) {
          const isDue =
            actor.fault === "clones" ||
            (actor.fault === "restarts-once" && actor.starts === 0 && steps >= (restartAt[i] ?? 0));
          if (!isDue || calls !== undefined) continue;
          calls = restart(actor);
        }
      chain.sendAll([...(calls ?? []), ...words()]);
    },
    generation: () => storage().CurrentGeneration.get(),
    convicted: () => uris.filter((uri) => storage().Convicted.has(chain.account(uri))),
  };
  for (const actor of actors) chain.sendAll(register(actor));
  return world;
}

function newSeat(number: number, start: number): TestSeat {
  return testSeat(testBoot(number, "Gatekeeper", start));
}
