/**
 * Gatekeepers, workers, their hosts, users and the chain in one process, under faults that a seed draws.
 *
 * The runtime, the pRuntimes and the client's cryptography are the real ones; BLS12-381 is a model (`model-bls.ts`), the
 * engine of contracts a counter, and blocks are final as they come. After every block the invariants of the design are
 * looked at: nothing secret leaves a TEE, every command runs once and in order, roots are those of honest execution,
 * answers are right and fresh, keys go to assigned boots alone. Then everything heals, and what the chain took must
 * have happened; then every worker is lost, and fresh ones must come to the same state.
 */
import { deriveSimulatedRoot } from "@pha/attestation";
import { encodeHeader } from "@pha/consensus";
import { blake2b256, Dealing, DealingComplaint } from "@pha/crypto";
import type { Call } from "@pha/frame";
import { DkgMessage, KeyRelease, keyHolders, type Message, STORAGE, TOPIC } from "@pha/protocol";
import type { Output } from "@pha/pruntime/core";
import { MEASUREMENT, ROOT_SEED } from "@pha/pruntime/testing";
import {
  DEVELOPMENT,
  DEVELOPMENT_CLUSTER,
  DEVELOPMENT_PHA,
  developmentContractId,
  PhaGatekeepers,
  sr25519Account,
  thresholdOf,
} from "@pha/runtime";
import { sampleArtefact } from "@pha/runtime/testing";
import { decode, encode, equalBytes, u32 } from "@pha/scale";
import { seededRandom } from "../seeded-random.ts";
import { createRuntimeChain } from "./runtime-chain.ts";
import { createSimHost, type SimHost } from "./sim-host.ts";
import { createSimUser, USER } from "./sim-user.ts";
import { createTaint, MARK_BYTES } from "./taint.ts";

export interface ConfidentialResult {
  /** What went wrong, at which block. */
  readonly violation: string | undefined;
  readonly blocks: number;
  readonly generations: number;
  readonly commands: number;
  readonly replies: number;
  /** Of the replies those that were blobs. */
  readonly blobs: number;
  readonly answers: number;
  /** How often each fault happened. */
  readonly faults: Readonly<Record<Fault, number>>;
  readonly secrets: number;
}

export const FAULTS = [
  "crash",
  "old-store",
  "mute",
  "frozen",
  "clone",
  "dissent",
  "fork",
  "false-proof",
  "generation",
  "all-workers",
] as const;
export type Fault = (typeof FAULTS)[number];

/** Planted weaknesses, to show that they are found. */
export type PlantedBug = "leaks-plaintext" | "leaks-share" | "wrong-majority";

const GATEKEEPERS = ["//Operator", "//Alice", "//Charlie"];
const WORKERS = ["//Dave", "//Eve", "//Ferdie", "//Operator//worker-host"];
const REPLICATION = 3;
const FAULTY_BLOCKS = 50;
const HEAL_BLOCKS = 120;
const SLOT_MS = 1_000;

const parameters = {
  ...DEVELOPMENT,
  pha: { ...DEVELOPMENT_PHA, phaseBlocks: 5, sealingGrace: 8, absentMs: 15_000n },
};

/** Too many gatekeepers are lost for good: nobody gets a key any more. */
export interface ConfidentialOptions {
  readonly beyondBound?: boolean;
  readonly bug?: PlantedBug;
}

export function simulateConfidential(
  seed: number,
  { beyondBound = false, bug }: ConfidentialOptions = {},
): ConfidentialResult {
  const random = seededRandom(seed);
  const mark = blake2b256(encode(u32, seed)).slice(0, MARK_BYTES);
  const counter = { name: "counter", artefact: sampleArtefact("counter") };
  const contract = developmentContractId(sr25519Account("//Alice"), counter);
  const chain = createRuntimeChain(parameters, {
    simulatedRoot: deriveSimulatedRoot(ROOT_SEED),
    measurement: MEASUREMENT,
    contracts: [counter],
    workers: REPLICATION,
    gatekeeperOperators: GATEKEEPERS,
    sealedShares: random.chance(0.5),
  });
  let isFaulty = false;
  const faultRate = (): number => (isFaulty ? 0.15 : 0);
  const named = (role: "Gatekeeper" | "Worker", uris: readonly string[]) =>
    uris.map((uri, i) =>
      createSimHost({ name: `${seed} ${role} ${i}`, role, uri, chain, random, faultRate }),
    );
  const gatekeepers = named("Gatekeeper", GATEKEEPERS);
  const workers = named("Worker", WORKERS);
  const clones: SimHost[] = [];
  const hosts = (): readonly SimHost[] => [...gatekeepers, ...workers, ...clones];
  const user = createSimUser(chain, contract, { random, mark });
  const taint = createTaint(mark);
  const faults = Object.fromEntries(FAULTS.map((fault) => [fault, 0])) as Record<Fault, number>;
  const looked = new Map<SimHost, number>();
  const leaks: (readonly [SimHost, Uint8Array])[] = [];
  const planned: (readonly [block: number, run: () => void])[] = [];
  let nowMs = 0;
  let violation: string | undefined;

  const number = (): number => chain.head.number;
  const gatekeeperState = () => chain.env().of(PhaGatekeepers).storage;
  const clusterRecord = () => {
    const stored = chain.get(STORAGE.cluster.key(DEVELOPMENT_CLUSTER));
    const record = stored && decode(STORAGE.cluster.value, stored);
    return record?.ok ? record.value : undefined;
  };
  const isLive = (): boolean => clusterRecord()?.status.type === "Live";
  const fail = (what: string): void => {
    violation ??= `block ${number()}: ${what}`;
  };
  const later = (blocks: number, run: () => void): void => {
    planned.push([number() + blocks, run]);
  };

  /** A key share may leave a gatekeeper for a boot that the cluster has assigned, or that re-executes a block of it. */
  function checkRelease({ host }: SimHost, payload: Uint8Array): void {
    const release = decode(KeyRelease, payload);
    if (!release.ok) {
      fail("a release does not decode");
      return;
    }
    const at = host.status?.head.number ?? 0;
    for (let block = at; block >= Math.max(0, at - 1); block--) {
      const stored = chain.get(STORAGE.cluster.key(release.value.cluster), block);
      const cluster = stored && decode(STORAGE.cluster.value, stored);
      const holders = cluster?.ok ? keyHolders(cluster.value) : [];
      if (holders.some(({ boot }) => equalBytes(boot, release.value.boot))) return;
    }
    fail("a key share was released to a boot that is not assigned");
  }

  /** Responses of the proofs in dealings and complaints are public, and checked by products with them. */
  function publishProofs({ destination, payload }: Message): void {
    if (!equalBytes(destination, TOPIC.dkg)) return;
    const message = decode(DkgMessage, payload);
    if (!message.ok) return;
    const { body } = message.value;
    if (body.type === "Dealing") {
      const dealing = decode(Dealing, body.value);
      if (!dealing.ok) return;
      taint.publish(dealing.value.constantResponse);
      taint.publish(dealing.value.ephemeralResponse);
    }
    if (body.type === "Complaint") {
      const complaint = decode(DealingComplaint, body.value);
      if (complaint.ok) taint.publish(complaint.value.response);
    }
  }

  /** Looks through what left the TEEs since the last block. */
  function checkOutputs(): void {
    for (const [machine, bytes] of leaks.splice(0)) {
      const found = taint.find(bytes);
      if (found) fail(`${found} left ${machine.host.name}`);
    }
    const fresh = hosts().map((machine) => {
      const { recorded } = machine.host;
      const from = Math.min(looked.get(machine) ?? 0, recorded.length);
      looked.set(machine, recorded.length);
      return { machine, outputs: recorded.slice(from).flatMap(({ outputs }) => outputs) };
    });
    for (const { outputs } of fresh)
      for (const output of outputs)
        if (output.type === "message") publishProofs(output.message.message);
    for (const { machine, outputs } of fresh)
      for (const output of outputs) {
        // These stay inside: the shell seals the one, the engine is a part of the TEE.
        if (output.type === "seal" || output.type === "engine") continue;
        const found = taint.find(output);
        if (found) fail(`${found} left ${machine.host.name} as ${output.type}`);
        if (output.type !== "message") continue;
        const { destination, payload } = output.message.message;
        if (equalBytes(destination, TOPIC.keyRelease)) checkRelease(machine, payload);
      }
  }

  function step(userCalls: boolean): void {
    for (const [i, [block, run]] of [...planned.entries()].reverse())
      if (block <= number()) {
        planned.splice(i, 1);
        run();
      }
    for (const machine of hosts()) {
      if (machine.startsAt === undefined || machine.startsAt > number()) continue;
      machine.startsAt = undefined;
      machine.start(machine.stores.at(-1));
      looked.set(machine, 0);
    }
    const submitting = hosts().map((machine) => ({ machine, calls: machine.submissions() }));
    const calls = submitting.flatMap(({ machine, calls: own }) =>
      own.map((call): [string, Call] => [machine.uri, call]),
    );
    const commands = userCalls ? user.commands() : [];
    const all = [...calls, ...commands.map((call): [string, Call] => [USER, call])];
    const before = chain.extrinsics.length;
    const outcomes = chain.block(all);
    let heard = 0;
    for (const { machine, calls: own } of submitting) {
      machine.heard(outcomes.slice(heard, heard + own.length));
      heard += own.length;
    }
    if (userCalls) user.heard(outcomes.slice(calls.length));
    if (taint.find(chain.extrinsics.slice(before))) fail("the chain holds what is secret");
    nowMs += SLOT_MS;
    for (const machine of hosts()) {
      machine.host.feed({ type: "tick", monotonicMs: nowMs });
      machine.sync(random.chance(faultRate()) ? random.between(0, 1) : undefined);
    }
    checkOutputs();
    const wrong = user.followFinal();
    if (wrong) fail(wrong);
    const asked = random.pick([...workers, ...clones]);
    const isWrong = asked.host.running ? user.ask(asked.host) : undefined;
    if (isWrong) fail(isWrong);
    checkOutputs();
  }

  /** A block of a fork, final by nobody: the light client must not move. */
  function offerFork(machine: SimHost): void {
    const { status } = machine.host;
    if (status === undefined || status.head.number >= number()) return;
    const honest = chain.batch(status.head.number + 1, 1);
    if (honest === undefined) return;
    const header = { ...chain.header(status.head.number + 1), stateRoot: blake2b256(mark) };
    machine.host.feed({
      type: "batch",
      batch: {
        headers: [encodeHeader(header)],
        proofs: honest.proofs,
        justification: chain.justify(header, { byStranger: true }),
      },
    });
    if (machine.host.status?.head.number !== status.head.number) fail("a fork was followed");
    faults.fork++;
  }

  /**
   * Whether a gatekeeper may lose its shares: of every generation that something hangs on, a threshold of holders is
   * left. One more, and what nobody else holds is lost: see `beyondBound`.
   */
  function maySpare(machine: SimHost): boolean {
    if (machine.host.role === "Worker") return true;
    const { CurrentGeneration, OldestGeneration } = gatekeeperState();
    const others = gatekeepers.filter((one) => one !== machine && one.host.running);
    for (let named = OldestGeneration.get(); named <= CurrentGeneration.get(); named++) {
      const holders = others.filter(({ host }) => host.status?.generations.includes(named));
      if (holders.length < thresholdOf(GATEKEEPERS.length)) return false;
    }
    return true;
  }

  function injectFault(): void {
    const fault = random.pick(FAULTS);
    const running = hosts().filter(({ host }) => host.running);
    if (running.length === 0) return;
    const machine = random.pick(running);
    const { host } = machine;
    if ((fault === "crash" || fault === "old-store") && !maySpare(machine)) return;
    const pause = random.between(1, 12);
    switch (fault) {
      case "crash":
        machine.stop();
        machine.startsAt = number() + pause;
        break;
      case "old-store": {
        // One of those it has had, or none.
        const store = machine.stores[random.between(-1, machine.stores.length - 1)];
        machine.stop();
        machine.start(store);
        looked.set(machine, 0);
        break;
      }
      case "mute":
        machine.isMute = true;
        later(pause, () => {
          machine.isMute = false;
        });
        break;
      case "frozen":
        machine.isFrozen = true;
        later(pause, () => {
          machine.isFrozen = false;
        });
        break;
      case "clone": {
        const store = machine.stores.at(-1);
        if (store === undefined || clones.length > 0 || host.role !== "Worker") return;
        const clone = createSimHost({
          name: `${host.name} clone`,
          role: host.role,
          uri: machine.uri,
          chain,
          random,
          faultRate,
        });
        clone.host.platform = host.platform;
        clone.start(store);
        clones.push(clone);
        later(pause, () => {
          clone.stop();
          clones.length = 0;
          looked.delete(clone);
          // Its original was displaced and comes back as a new boot.
          machine.stop();
          machine.startsAt = number();
        });
        break;
      }
      case "dissent": {
        const others = workers.filter((one) => one !== machine && one.host.engine.dissent);
        if (host.role !== "Worker" || others.length > 0) return;
        host.engine.dissent = true;
        later(pause, () => {
          host.engine.dissent = false;
          machine.stop();
          machine.startsAt = number();
        });
        break;
      }
      case "fork":
        machine.isFrozen = true;
        later(2, () => {
          offerFork(machine);
          machine.isFrozen = false;
        });
        return;
      case "false-proof": {
        host.intercept = (output) =>
          output.type === "read"
            ? [
                {
                  type: "proof",
                  id: output.id,
                  proof: chain.proof(chain.ref(Math.max(0, output.block.number - 1)), output.keys),
                },
              ]
            : undefined;
        later(2, () => {
          host.intercept = undefined;
        });
        break;
      }
      case "generation": {
        const call = chain.runtime.tx.PhaGatekeepers.new_generation();
        later(1, () => chain.block([["//Alice", chain.runtime.tx.Sudo.sudo({ call })]]));
        break;
      }
      case "all-workers":
        for (const worker of workers) {
          worker.stop();
          worker.startsAt = number() + pause;
        }
        break;
    }
    faults[fault]++;
  }

  function until(condition: () => boolean, most: number, what: string, userCalls = false): void {
    for (let i = 0; i < most && !condition() && violation === undefined; i++) step(userCalls);
    if (!condition()) fail(`${what} within ${most} blocks`);
  }

  if (bug) plant(bug);
  for (const machine of hosts()) {
    machine.start(undefined);
    looked.set(machine, 0);
  }
  until(isLive, 40, "the cluster does not serve");
  isFaulty = true;
  for (let i = 0; i < FAULTY_BLOCKS && violation === undefined; i++) {
    if (random.chance(0.2)) injectFault();
    step(true);
  }
  isFaulty = false;
  for (const [, run] of planned.splice(0)) run();
  if (beyondBound) loseGatekeepers();
  else healAndLoseWorkers();

  function loseGatekeepers(): void {
    // Two of three, for good, and the third where it is a generation's only seat; with the workers go the keys they had.
    const { CurrentGeneration, Generations } = gatekeeperState();
    const isAlone = Generations.get(CurrentGeneration.get())?.threshold === 1;
    for (const machine of isAlone ? gatekeepers : gatekeepers.slice(0, 2)) {
      machine.stop();
      machine.startsAt = undefined;
    }
    for (const machine of [...workers, ...clones]) {
      machine.stop();
      machine.start(machine.stores.at(-1));
      looked.set(machine, 0);
    }
    const before = user.answers;
    for (let i = 0; i < 30 && violation === undefined; i++) step(true);
    if (user.answers > before) fail("a worker answers without a key");
  }

  function healAndLoseWorkers(): void {
    const isWell = (): boolean => isLive() && user.open === 0;
    for (const machine of hosts()) if (!machine.host.running) machine.startsAt ??= number();
    until(isWell, HEAL_BLOCKS, "what the chain took is not done after everything is well again");
    if (violation !== undefined) return;
    for (const worker of workers) {
      worker.stop();
      worker.start(undefined);
      looked.set(worker, 0);
    }
    const before = user.answers;
    until(
      () => isWell() && user.answers > before,
      HEAL_BLOCKS,
      "fresh workers do not come to the state of those that were lost",
    );
  }

  function plant(planted: PlantedBug): void {
    if (planted === "wrong-majority")
      for (const { host } of workers.slice(1)) host.engine.dissent = true;
    /** What should have stayed inside comes out as a line of the log. */
    const leak = (machine: SimHost, subject: (output: Output) => Uint8Array | undefined): void => {
      machine.host.intercept = (output) => {
        const leaked = subject(output);
        if (leaked !== undefined) leaks.push([machine, leaked]);
        return undefined;
      };
    };
    if (planted === "leaks-plaintext")
      for (const worker of workers)
        leak(worker, (output) =>
          output.type === "engine" && output.request.type === "run"
            ? output.request.calls[0]?.args
            : undefined,
        );
    if (planted === "leaks-share")
      for (const gatekeeper of gatekeepers)
        leak(gatekeeper, (output) => (output.type === "seal" ? output.content : undefined));
  }

  return {
    violation,
    blocks: number(),
    generations: Number(gatekeeperState().CurrentGeneration.get()),
    commands: user.accepted,
    replies: user.replies,
    blobs: user.blobs,
    answers: user.answers,
    faults,
    secrets: taint.secrets,
  };
}
