import {
  createDealing,
  Dealing,
  DealingComplaint,
  dkgContext,
  makeComplaint,
  oneTimeKeypair,
} from "@pha/crypto";
import { type DkgMessage, GenerationEvent, TOPIC } from "@pha/protocol";
import { decode, encode, equalBytes } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { DEVELOPMENT_CLUSTER } from "../pha-genesis.ts";
import { DEVELOPMENT_PHA } from "../pha-pallets.ts";
import { PhalaPhatContracts } from "../phala-phat-contracts/index.ts";
import { System } from "../system/index.ts";
import {
  type PhaChain,
  registerCall,
  rejection,
  startPhaChain,
  testBoot,
} from "../testing/pha-chain.ts";
import {
  type ChangeBody,
  dkgCall,
  hear,
  keyRequestCall,
  releaseCall,
  releaseOf,
  runDkg,
  startKeyed,
  type TestSeat,
  testRequest,
  testSeat,
} from "../testing/pha-cluster.ts";
import { PhaGatekeepers } from "./index.ts";
import { WEIGHTS } from "./weights.ts";

const OPERATORS = ["//Operator", "//Operator//gatekeeper-1", "//Operator//worker-host"] as const;

function storageOf(chain: PhaChain) {
  return chain.runtime.env(chain.overlay).of(PhaGatekeepers).storage;
}

function started(chain: PhaChain): readonly GenerationEvent[] {
  return chain.messages().flatMap(({ destination, payload }) => {
    const event = decode(GenerationEvent, payload);
    return event.ok && equalBytes(destination, TOPIC.generation) ? [event.value] : [];
  });
}

/** Three operators, one gatekeeper each; messages travel in the operator's own extrinsics. */
function committee() {
  const chain = startPhaChain({ gatekeeperOperators: OPERATORS });
  chain.block();
  const boots = OPERATORS.map((_, i) => testBoot(100 + i, "Gatekeeper"));
  for (const [i, boot] of boots.entries()) {
    const uri = OPERATORS[i] ?? "";
    const call = registerCall(chain, boot, { operator: chain.account(uri) });
    expect(chain.send(call, uri).error).toBeUndefined();
  }
  return { chain, seats: boots.map(testSeat) };
}

function single() {
  const chain = startPhaChain();
  chain.block();
  const boot = testBoot(0, "Gatekeeper");
  chain.send(registerCall(chain, boot));
  return { chain, seat: testSeat(boot) };
}

describe("a run", () => {
  test("begins when every operator has a gatekeeper, and not before", () => {
    const chain = startPhaChain({ gatekeeperOperators: OPERATORS });
    chain.block();
    for (const [i, uri] of OPERATORS.entries()) {
      expect(storageOf(chain).Run.exists()).toBe(false);
      const operator = chain.account(uri);
      chain.send(registerCall(chain, testBoot(100 + i, "Gatekeeper"), { operator }), uri);
    }
    expect(storageOf(chain).Run.get()).toMatchObject({ run: 1n, generation: 1n, threshold: 2 });
    expect(started(chain)[0]?.type).toBe("RunStarted");
  });

  test("of three seats makes one root that any two can use", () => {
    const { chain, seats } = committee();
    const sent = runDkg(chain, seats);
    expect(sent.map((one) => rejection(chain, one))).toEqual(Array.from({ length: 9 }));
    expect(storageOf(chain).CurrentGeneration.get()).toBe(1n);
    expect(storageOf(chain).Generations.get(1n)).toMatchObject({ threshold: 2, generation: 1n });
    expect(seats.map(({ state }) => state.status)).toEqual(["active", "active", "active"]);
    for (const storage of [storageOf(chain)]) {
      expect(storage.Run.exists()).toBe(false);
      expect([...storage.RunDealings.keys()]).toEqual([]);
    }
  });

  test("has the block of its first confirmation weigh the adding up of all dealings", () => {
    const { chain, seats } = committee();
    const { storage } = chain.runtime.env(chain.overlay).of(System);
    const mandatory: bigint[] = [];
    for (let i = 0; i < 20 && storageOf(chain).CurrentGeneration.get() === 0n; i++) {
      const bodies = seats.map((seat) => [seat, hear(chain, seat, chain.messages())] as const);
      chain.sendAll(bodies.flatMap(([seat, all]) => all.map((body) => dkgCall(chain, seat, body))));
      if (storageOf(chain).RunOutcome.exists() || storageOf(chain).CurrentGeneration.get() > 0n)
        mandatory.push(storage.BlockWeight.get().mandatory.refTime);
    }
    const summed = WEIGHTS.aggregate_per_commitment.refTime * 3n * 2n;
    const [first = 0n] = mandatory;
    chain.block();
    const empty = storage.BlockWeight.get().mandatory.refTime;
    expect(first).toBeGreaterThanOrEqual(summed);
    expect(empty).toBeLessThan(summed);
  });

  test("convicts a dealer of a wrong share by one complaint and goes on without it", () => {
    const { chain, seats } = committee();
    const [cheat, victim] = seats;
    // A dealing that verifies, whose share for seat 1 is encrypted to a key that seat 1 does not have.
    const cheating: ChangeBody = (seat, body) =>
      seat === cheat && body.type === "Dealing"
        ? { type: "Dealing", value: encode(Dealing, wrongDealing(chain)) }
        : body;
    const sent = runDkg(chain, seats, cheating, 3 * (DEVELOPMENT_PHA.phaseBlocks + 1));
    const names = sent.flatMap(({ events }) => events.map(({ name }) => name));
    expect(names).toContain("SeatConvicted");
    expect(names).not.toContain("FalseComplaint");
    expect(storageOf(chain).CurrentGeneration.get()).toBe(1n);
    expect(cheat?.state.status).toBe("failed");
    expect(victim?.state.status).toBe("active");
    expect(storageOf(chain).Convicted.get(chain.account(OPERATORS[0]))).toMatchObject({
      run: 1n,
      misdeed: { type: "WrongShare" },
    });
  });

  test("does not believe a complaint without ground", () => {
    const { chain, seats } = committee();
    const [, complainer] = seats;
    let complained = false;
    const sent = runDkg(chain, seats, (seat, body) => {
      if (seat !== complainer || body.type !== "Confirm" || complained) return body;
      complained = true;
      return { type: "Complaint", value: encode(DealingComplaint, falseComplaint(seat)) };
    });
    const names = sent.flatMap(({ events }) => events.map(({ name }) => name));
    expect(names).toContain("FalseComplaint");
    expect(storageOf(chain).Run.get()).toMatchObject({ guilty: [] });
  });

  test("takes a dealing only when it verifies, and does without it", () => {
    const { chain, seats } = committee();
    const change: ChangeBody = (seat, body) => {
      if (body.type !== "Dealing" || seat !== seats[0]) return body;
      const value = body.value.slice();
      value[value.length - 1] = (value[value.length - 1] ?? 0) ^ 1;
      return { type: "Dealing", value };
    };
    const sent = runDkg(chain, seats, change, 3 * (DEVELOPMENT_PHA.phaseBlocks + 2));
    expect(sent.map((one) => rejection(chain, one))).toContain("BadDealing");
    expect(storageOf(chain).CurrentGeneration.get()).toBe(1n);
    expect(storageOf(chain).Convicted.get(chain.account(OPERATORS[0]))).toBeUndefined();
  });

  test("is given up when keys are missing, and begins again without the silent", () => {
    const { chain, seats } = committee();
    const [absent, ...present] = seats;
    hear(chain, absent!, chain.messages());
    runDkg(chain, present);
    for (let i = 0; i <= DEVELOPMENT_PHA.phaseBlocks && started(chain).length === 0; i++)
      chain.block();
    expect(started(chain).map(({ type }) => type)).toEqual(["RunFailed", "RunStarted"]);
    expect(storageOf(chain).Run.get()).toMatchObject({ run: 2n, threshold: 2 });
    expect(storageOf(chain).Run.get()?.seats).toHaveLength(2);
    runDkg(chain, present);
    expect(storageOf(chain).CurrentGeneration.get()).toBe(1n);
  });

  test("begins anew when a gatekeeper restarts in the middle", () => {
    const { chain } = single();
    const again = testBoot(0, "Gatekeeper", 1);
    chain.send(registerCall(chain, again));
    expect(started(chain).map(({ type }) => type)).toEqual(["RunFailed", "RunStarted"]);
    runDkg(chain, [testSeat(again)]);
    expect(storageOf(chain).CurrentGeneration.get()).toBe(1n);
  });
});

describe("a message of a run", () => {
  test("of somebody who holds no seat, of another run or out of turn is refused", () => {
    const { chain, seat } = single();
    const bodies = hear(chain, seat, chain.messages());
    const [key, dealing, confirm] = bodies;
    if (!key || !dealing || !confirm) throw new Error("one seat says three things at once");
    const stranger = testBoot(1);
    chain.send(registerCall(chain, stranger));
    const asStranger = dkgCall(chain, { ...seat, boot: stranger }, key);
    expect(rejection(chain, chain.send(asStranger))).toBe("NotSeat");
    const otherRun = dkgCall(chain, { ...seat, run: 9n }, key);
    expect(rejection(chain, chain.send(otherRun))).toBe("NoRun");
    expect(rejection(chain, chain.send(dkgCall(chain, seat, dealing)))).toBe("OutOfTurn");
    expect(rejection(chain, chain.send(dkgCall(chain, seat, key)))).toBeUndefined();
    expect(rejection(chain, chain.send(dkgCall(chain, seat, key)))).toBe("AlreadySpoken");
    expect(rejection(chain, chain.send(dkgCall(chain, seat, confirm)))).toBe("OutOfTurn");
    expect(rejection(chain, chain.send(dkgCall(chain, seat, dealing)))).toBeUndefined();
    const [root, transcriptHash] = [new Uint8Array(96), new Uint8Array(32)];
    const other: DkgMessage["body"] = { type: "Confirm", value: { root, transcriptHash } };
    expect(rejection(chain, chain.send(dkgCall(chain, seat, other)))).toBe("OtherTranscript");
    expect(rejection(chain, chain.send(dkgCall(chain, seat, confirm)))).toBeUndefined();
    expect(storageOf(chain).CurrentGeneration.get()).toBe(1n);
  });

  test("with a key that is no point is refused; a second key is equivocation", () => {
    const { chain, seat } = single();
    const [key] = hear(chain, seat, chain.messages());
    if (!key) throw new Error("a seat begins with its key");
    const bad: DkgMessage["body"] = { type: "Key", value: new Uint8Array(48).fill(255) };
    expect(rejection(chain, chain.send(dkgCall(chain, seat, bad)))).toBe("BadOneTimeKey");
    chain.send(dkgCall(chain, seat, key));
    const second = chain.send(dkgCall(chain, seat, bad));
    expect(second.events.map(({ name }) => name)).toContain("SeatEquivocated");
    expect(chain.messages()).toEqual([]);
  });
});

describe("a key", () => {
  const boot = testBoot(1);

  test("is requested by a replica's present boot for the present epoch only", () => {
    const { chain, workers } = startKeyed();
    const [worker] = workers;
    const attempt = (change: Parameters<typeof keyRequestCall>[2], from = worker) =>
      rejection(chain, chain.send(keyRequestCall(chain, testRequest(from), change)));
    expect(attempt({ epoch: 2n })).toBe("StaleEpoch");
    expect(attempt({ generation: 0n })).toBe("StaleEpoch");
    // Nothing is wrapped yet that a key could open.
    expect(attempt({ purpose: { type: "Wrap", value: undefined } })).toBe("StaleEpoch");
    expect(attempt({ cluster: new Uint8Array(32) })).toBe("UnknownCluster");
    expect(attempt({ boot: new Uint8Array(32) })).toBe("NotAssigned");
    expect(attempt({ transportKey: new Uint8Array(48) })).toBe("MalformedMessage");
    const fourth = testBoot(4);
    chain.send(registerCall(chain, fourth));
    expect(attempt({}, fourth)).toBe("NotAssigned");
    expect(chain.messages()).toEqual([]);
    expect(attempt({})).toBeUndefined();
    expect(chain.messages()).toHaveLength(1);
  });

  test("of the generation in the making is requested while its run goes on, for its first epoch", () => {
    const { chain } = single();
    const worker = testBoot(1);
    chain.send(registerCall(chain, worker));
    const attempt = (change: Parameters<typeof keyRequestCall>[2]) =>
      rejection(chain, chain.send(keyRequestCall(chain, testRequest(worker), change)));
    expect(attempt({ epoch: 2n })).toBe("StaleEpoch");
    expect(attempt({ generation: 2n })).toBe("StaleEpoch");
    expect(attempt({ generation: 0n, epoch: 0n })).toBe("StaleEpoch");
    expect(attempt({})).toBeUndefined();
    storageOf(chain).Run.kill();
    expect(attempt({})).toBe("StaleEpoch");
  });

  test("is released in public, for a replica, by who holds the seat", () => {
    const { chain, seat, workers } = startKeyed();
    const [worker, other] = workers;
    const request = testRequest(worker);
    const release = releaseOf(chain, seat, request);
    const attempt = (change: object, from = seat) =>
      rejection(chain, chain.send(releaseCall(chain, from, { ...release, ...change })));
    expect(attempt({ generation: 2n })).toBe("UnknownGeneration");
    expect(attempt({ epoch: 2n })).toBe("StaleEpoch");
    expect(attempt({ seat: 1 })).toBe("NotSeat");
    expect(attempt({ boot: boot.seed })).toBe("NotReplica");
    expect(attempt({}, { ...seat, boot: other })).toBe("NotSeat");
    expect(attempt({})).toBeUndefined();
    const purpose = { type: "Cluster", value: undefined } as const;
    const key = { purpose, boot: worker.boot, generation: 1n, epoch: 1n };
    expect(storageOf(chain).Releases.get(DEVELOPMENT_CLUSTER, key)).toEqual([
      { seat: 0, transportKey: release.transportKey, block: chain.number() },
    ]);
  });

  test("share that does not verify goes to nobody and stays as evidence", () => {
    const { chain, seat, workers } = startKeyed();
    const [worker, other] = workers;
    const release = releaseOf(chain, seat, testRequest(worker));
    const foreign = releaseOf(chain, seat, testRequest(other));
    const wrong = { ...release, c3: foreign.c3 };
    const sent = chain.send(releaseCall(chain, seat, wrong));
    expect(sent.events.map(({ name }) => name)).toContain("WrongKeyShare");
    expect(chain.messages()).toEqual([]);
    expect(storageOf(chain).WrongShares.get(0n)).toMatchObject({ seat: 0 });
  });
});

test("operators are named by root, each once", () => {
  const { chain } = single();
  const tx = chain.runtime.tx.PhaGatekeepers;
  const bob = chain.account("//Bob");
  expect(chain.send(tx.set_operators({ operators: [bob] }), "//Bob").error).toBe("BadOrigin");
  expect(chain.sudo(tx.set_operators({ operators: [bob, bob] })).error).toBe("RepeatedOperator");
  expect(chain.sudo(tx.set_operators({ operators: [bob] })).error).toBeUndefined();
  expect(storageOf(chain).Operators.get()).toEqual([bob]);
});

function keysOfRun(chain: PhaChain): readonly Uint8Array[] {
  return OPERATORS.map((_, seat) => storageOf(chain).RunKeys.get(seat) ?? new Uint8Array(48));
}

function wrongDealing(chain: PhaChain): Dealing {
  const keys = keysOfRun(chain);
  const { genesisHash } = chain;
  const recipients = keys.map((oneTimePublicKey, seat) => ({
    seat,
    oneTimePublicKey: seat === 1 ? oneTimeKeypair(new Uint8Array(32)).publicKey : oneTimePublicKey,
  }));
  const dealing = createDealing({
    context: dkgContext({ genesisHash, runId: 1n, generation: 1n, n: 3, t: 2 }, keys),
    seat: 0,
    n: 3,
    t: 2,
    polynomialSeed: new Uint8Array(32).fill(1),
    recipients,
    entropy: new Uint8Array(32).fill(2),
  });
  if (!dealing.ok) throw new Error("every key is a point");
  return dealing.value;
}

function falseComplaint({ state, seat }: TestSeat): DealingComplaint {
  if (state.status !== "running" || state.context === undefined) throw new Error("a run goes on");
  const known = state.dealings.get(0);
  if (!known) throw new Error("seat 0 has dealt");
  const complaint = makeComplaint({
    context: state.context,
    dealing: known.dealing,
    seat,
    oneTimeSecret: state.oneTimeSecret,
    entropy: new Uint8Array(32),
  });
  if (!complaint.ok) throw new Error("the dealing has points");
  return complaint.value;
}

test("a generation names the keys of every cluster", () => {
  const { chain } = startKeyed();
  const { Clusters } = chain.runtime.env(chain.overlay).of(PhalaPhatContracts).storage;
  expect(Clusters.get(DEVELOPMENT_CLUSTER)).toMatchObject({ generation: 1n, epoch: 1n });
});
