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
import { PHASE } from "../pha-gatekeepers/types.ts";
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
/** Why an extrinsic stays in the pool: the block is full, or one before it waits. */
const WAITS: readonly string[] = ["ExhaustsResources", "Future"];

interface Actor {
  readonly uri: string;
  readonly number: number;
  readonly fault: Fault | undefined;
  seat: TestSeat;
  starts: number;
  /** Run in which it complained without ground. */
  complained: bigint;
}

/** A message of a gatekeeper, sent by its operator. */
interface Word {
  readonly uri: string;
  readonly call: Call;
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
  /** Fewest seats of a run. */
  minSeats = 1,
): CommitteeWorld {
  const uris = URIS.slice(0, faults.length);
  const chain = startPhaChain(
    { gatekeeperOperators: uris },
    { phaseBlocks: PHASE_BLOCKS, minSeats },
  );
  chain.block();
  const actors = uris.map(
    (uri, i): Actor => ({
      uri,
      number: 100 + i,
      fault: faults[i],
      seat: newSeat(100 + i, 0),
      starts: 0,
      complained: 0n,
    }),
  );
  let pool: Word[] = [];
  const restartAt = actors.map(() => 1 + Math.floor(random() * 6));
  let steps = 0;

  const storage = () => chain.runtime.env(chain.overlay).of(PhaGatekeepers).storage;

  function register(actor: Actor): void {
    const { uri, seat } = actor;
    pool.push(...words());
    const sent = chain.send(registerCall(chain, seat.boot, { operator: chain.account(uri) }), uri);
    assert(sent.error === undefined, `registers: ${sent.error}`);
  }

  /** What everyone says to the newest block. */
  function words(): readonly Word[] {
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
      return [...complaints(actor), ...bodies.flatMap((body) => said(actor, body))].map((body) => ({
        uri: actor.uri,
        call: dkgCall(chain, seat, body),
      }));
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
      case "equivocates":
        return body.type === "Key"
          ? [body, { type: "Key", value: oneTimeKeypair(new Uint8Array(32).fill(5)).publicKey }]
          : [body];
      default:
        return [body];
    }
  }

  function isHonest(identity: Uint8Array): boolean {
    return actors.some(
      ({ fault, seat }) =>
        fault === undefined && equalBytes(seat.boot.identity.publicKey, identity),
    );
  }

  function wrongDealing({ state, seat, identities }: TestSeat): Uint8Array {
    assert(state.status === "running" && state.context !== undefined, "a dealer knows all keys");
    const { run, keys, context } = state;
    const other = oneTimeKeypair(new Uint8Array(32).fill(9)).publicKey;
    // One that will say so: nobody else can prove it.
    const victim = identities.findIndex((identity, one) => one !== seat && isHonest(identity));
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

  /** Without ground, once in a run, while complaints are taken. */
  function complaints(actor: Actor): readonly DkgMessage["body"][] {
    const run = storage().Run.get();
    const isDue =
      actor.fault === "false-complaint" &&
      run?.phase === PHASE.complain &&
      run.run === actor.seat.run &&
      run.generation > 1n &&
      actor.complained !== run.run;
    if (!isDue) return [];
    actor.complained = run.run;
    return [falseComplaint(actor.seat)];
  }

  function falseComplaint({ state, seat, identities }: TestSeat): DkgMessage["body"] {
    assert(state.status === "running" && state.context !== undefined, "it has heard dealings");
    const known = [...state.dealings.values()].find(
      ({ dealing, share }) => share && isHonest(identities[dealing.dealer] ?? new Uint8Array(32)),
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

  /** What does not fit the block stays in the pool, in its order. */
  function makeBlock(): void {
    const nonces = new Map<string, number>();
    const extrinsics = pool.map(({ uri, call }) => {
      const nonce = nonces.get(uri) ?? chain.nonceOf(uri);
      nonces.set(uri, nonce + 1);
      return chain.sign(uri, call, { nonce });
    });
    const { outcomes } = chain.block(extrinsics);
    pool = pool.filter((_, i) => {
      const outcome = outcomes[i];
      return outcome?.ok === false && WAITS.includes(String(outcome.error.value.type));
    });
  }

  function restart(actor: Actor): void {
    actor.starts += 1;
    const before = actor.seat;
    actor.seat = newSeat(actor.number, actor.starts);
    // The old boot has heard the newest block; what it says comes too late.
    actor.seat.run = before.run;
    register(actor);
  }

  const world: CommitteeWorld = {
    chain,
    actors,
    step() {
      steps += 1;
      const isOn = storage().Run.exists() && storage().CurrentGeneration.get() > 0n;
      const due = actors.find(
        ({ fault, starts }, i) =>
          fault === "clones" ||
          (fault === "restarts-once" && starts === 0 && steps >= (restartAt[i] ?? 0)),
      );
      if (isOn && due) restart(due);
      pool.push(...words());
      makeBlock();
    },
    generation: () => storage().CurrentGeneration.get(),
    convicted: () => uris.filter((uri) => storage().Convicted.has(chain.account(uri))),
  };
  for (const actor of actors) register(actor);
  return world;
}

function newSeat(number: number, start: number): TestSeat {
  return testSeat(testBoot(number, "Gatekeeper", start));
}
