import {
  type DkgMessage,
  emptySeats,
  type Generation,
  GenerationEvent,
  TOPIC,
} from "@pha/protocol";
import { decode, equalBytes } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { DEVELOPMENT_CLUSTER } from "../pha-genesis.ts";
import { DEVELOPMENT_PHA } from "../pha-pallets.ts";
import { PhalaPhatContracts } from "../phala-phat-contracts/index.ts";
import {
  type PhaChain,
  registerCall,
  rejection,
  startPhaChain,
  testBoot,
} from "../testing/pha-chain.ts";
import {
  clusterKeysCall,
  dkgCall,
  hear,
  keyRequestCall,
  releaseCall,
  releaseOf,
  runDkg,
  startKeyed,
  startLive,
  type TestSeat,
  testRequest,
  testSeat,
  wordsOf,
} from "../testing/pha-cluster.ts";
import { MAX_UNRETIRED } from "./declaration.ts";
import { PhaGatekeepers } from "./index.ts";

const OPERATORS = ["//Operator", "//Alice", "//Bob"] as const;
const PHASE = DEVELOPMENT_PHA.phaseBlocks;

function storageOf(chain: PhaChain) {
  return chain.runtime.env(chain.overlay).of(PhaGatekeepers).storage;
}

function told(chain: PhaChain): readonly GenerationEvent[] {
  return chain.messages().flatMap(({ destination, payload }) => {
    const event = decode(GenerationEvent, payload);
    return event.ok && equalBytes(destination, TOPIC.generation) ? [event.value] : [];
  });
}

function register(chain: PhaChain, uri: string, number: number, start = 0): TestSeat {
  const boot = testBoot(number, "Gatekeeper", start);
  const sent = chain.send(registerCall(chain, boot, { operator: chain.account(uri) }), uri);
  expect(sent.error).toBeUndefined();
  return testSeat(boot);
}

/** A chain of three gatekeepers, whose first generation is active. */
function committee(options: Parameters<typeof startPhaChain>[0] = {}, parameters = {}) {
  const chain = startPhaChain({ gatekeeperOperators: OPERATORS, ...options }, parameters);
  chain.block();
  const seats = OPERATORS.map((uri, i) => register(chain, uri, 100 + i));
  runDkg(chain, seats);
  expect(storageOf(chain).CurrentGeneration.get()).toBe(1n);
  return { chain, seats };
}

const names = (sent: readonly { readonly events: readonly { readonly name: string }[] }[]) =>
  sent.flatMap(({ events }) => events.map(({ name }) => name));

/** Blocks until a run begins. */
function untilRun(chain: PhaChain, most = 2 * PHASE): void {
  for (let i = 0; i < most && !storageOf(chain).Run.exists(); i++) chain.block();
}

const newGeneration = (chain: PhaChain) => chain.runtime.tx.PhaGatekeepers.new_generation();
const setOperators = (chain: PhaChain, uris: readonly string[]) =>
  chain.runtime.tx.PhaGatekeepers.set_operators({ operators: uris.map(chain.account) });

describe("a next generation", () => {
  test("is asked for by root, once there is one, and once at a time", () => {
    const early = startPhaChain({ gatekeeperOperators: OPERATORS });
    early.block();
    expect(early.sudo(newGeneration(early)).error).toBe("NoGeneration");
    const { chain } = committee();
    expect(chain.send(newGeneration(chain), "//Bob").error).toBe("BadOrigin");
    expect(chain.sudo(newGeneration(chain)).error).toBeUndefined();
    expect(storageOf(chain).Run.get()).toMatchObject({ run: 2n, generation: 2n, threshold: 2 });
    expect(chain.sudo(newGeneration(chain)).error).toBe("UnderWay");
  });

  test("has a root of its own; where no key hangs on the former, that is retired at once", () => {
    const { chain, seats } = committee();
    const first = storageOf(chain).Generations.get(1n);
    chain.sudo(newGeneration(chain));
    runDkg(chain, seats);
    const { CurrentGeneration, OldestGeneration, Generations } = storageOf(chain);
    expect(CurrentGeneration.get()).toBe(2n);
    expect(OldestGeneration.get()).toBe(2n);
    expect(Generations.get(1n)).toBeUndefined();
    expect(Generations.get(2n)?.root).not.toEqual(first?.root);
  });

  test("follows when the term is over", () => {
    const { chain, seats } = committee({}, { termBlocks: 12 });
    const since = storageOf(chain).ActiveSince.get();
    while (chain.number() < since + 11) chain.block();
    expect(storageOf(chain).Wanted.exists()).toBe(false);
    chain.block();
    expect(chain.events("GenerationWanted")).toHaveLength(1);
    untilRun(chain);
    runDkg(chain, seats);
    expect(storageOf(chain).CurrentGeneration.get()).toBe(2n);
  });

  test("generation 0 is retired by the first, which holds nothing of it", () => {
    const { chain } = committee();
    expect(storageOf(chain).OldestGeneration.get()).toBe(1n);
    expect(storageOf(chain).Generations.get(0n)).toBeUndefined();
  });
});

describe("a changed list of operators", () => {
  test("makes the next generation, as soon as the newcomer is there", () => {
    const { chain, seats } = committee();
    expect(
      chain.sudo(setOperators(chain, ["//Operator", "//Alice", "//Charlie"])).error,
    ).toBeUndefined();
    expect(chain.events("GenerationWanted")).toHaveLength(1);
    expect(storageOf(chain).Run.exists()).toBe(false);
    expect(storageOf(chain).Members.get(chain.account("//Bob"))).toBeUndefined();
    const newcomer = register(chain, "//Charlie", 110);
    expect(storageOf(chain).Run.get()?.seats).toHaveLength(3);
    runDkg(chain, [seats[0]!, seats[1]!, newcomer]);
    const { seats: holders } = storageOf(chain).Generations.get(2n) ?? { seats: [] };
    const identities = [seats[0]!, seats[1]!, newcomer].map(({ boot }) => boot.identity.publicKey);
    expect(holders.map(({ identity }) => identity)).toEqual(identities);
  });

  test("does without a newcomer that never comes, after a while", () => {
    const { chain } = committee();
    chain.sudo(setOperators(chain, ["//Operator", "//Alice", "//Charlie"]));
    const { latest } = storageOf(chain).Wanted.get() ?? { latest: 0 };
    while (chain.number() < latest - 1) chain.block();
    expect(storageOf(chain).Run.exists()).toBe(false);
    chain.block();
    expect(storageOf(chain).Run.get()?.seats).toHaveLength(2);
  });

  test("while a run goes on is followed by another run; the same list is by none", () => {
    const { chain, seats } = committee();
    chain.sudo(setOperators(chain, ["//Bob", "//Operator", "//Alice"]));
    expect(storageOf(chain).Wanted.exists()).toBe(false);
    chain.sudo(newGeneration(chain));
    const keys = wordsOf(chain, seats);
    chain.sudo(setOperators(chain, ["//Operator", "//Alice"]));
    expect(storageOf(chain).Run.get()?.seats).toHaveLength(3);
    chain.sendAll(keys);
    runDkg(chain, seats);
    expect(storageOf(chain).Generations.get(2n)?.seats).toHaveLength(3);
    untilRun(chain);
    expect(storageOf(chain).Run.get()?.seats).toHaveLength(2);
    runDkg(chain, seats.slice(0, 2));
    expect(storageOf(chain).Generations.get(3n)?.seats).toHaveLength(2);
  });
});

describe("a gatekeeper that restarts", () => {
  test("has lost a share that lived in memory: the next generation begins", () => {
    const { chain, seats } = committee({ sealedShares: false });
    const again = register(chain, OPERATORS[1], 101, 1);
    expect(storageOf(chain).Run.get()).toMatchObject({ generation: 2n });
    runDkg(chain, [seats[0]!, again, seats[2]!]);
    expect(storageOf(chain).CurrentGeneration.get()).toBe(2n);
  });

  test("has kept a sealed share: nothing begins", () => {
    const { chain } = committee();
    register(chain, OPERATORS[1], 101, 1);
    expect(storageOf(chain).Run.exists()).toBe(false);
    expect(storageOf(chain).Wanted.exists()).toBe(false);
  });

  test("again and again in a run, as two clones that displace each other, is left out of it in the end", () => {
    const { chain, seats } = committee();
    chain.sudo(newGeneration(chain));
    const failures: number[] = [];
    for (let start = 1; start <= 3; start++) {
      expect(storageOf(chain).Run.get()?.seats).toHaveLength(3);
      register(chain, OPERATORS[2], 102, start);
      failures.push(
        ...chain.events("OperatorAbsent").map(({ fields }) => Number(fields["failures"])),
      );
    }
    expect(failures).toEqual([1, 2, 3]);
    expect(storageOf(chain).Run.get()).toMatchObject({ run: 5n, threshold: 2 });
    expect(storageOf(chain).Run.get()?.seats).toHaveLength(2);
    // Both others hear of the newest run only.
    const sent = runDkg(chain, [seats[0]!, seats[1]!]);
    expect(names(sent)).toContain("GenerationActivated");
    expect(storageOf(chain).Absent.get()).toEqual([]);
  });
});

describe("silent gatekeepers", () => {
  test("beyond the bound make no generation; the old one stays, and it is tried again", () => {
    const { chain, seats } = committee({}, { minSeats: 2 });
    const first = storageOf(chain).Generations.get(1n);
    chain.sudo(newGeneration(chain));
    const seen = new Set<string>();
    for (let i = 0; i < 3 * PHASE; i++) {
      const heard = chain.messages();
      chain.sendAll(hear(chain, seats[0]!, heard).map((body) => dkgCall(chain, seats[0]!, body)));
      for (const name of ["RunFailed", "RunPostponed", "OperatorAbsent"])
        if (chain.events(name).length > 0) seen.add(name);
    }
    expect([...seen].sort()).toEqual(["OperatorAbsent", "RunFailed", "RunPostponed"]);
    expect(storageOf(chain).CurrentGeneration.get()).toBe(1n);
    expect(storageOf(chain).Generations.get(1n)).toEqual(first);
    // They speak again: the generation is made.
    for (let i = 0; i < 3 * PHASE && storageOf(chain).CurrentGeneration.get() === 1n; i++)
      runDkg(chain, seats, undefined, 1);
    expect(storageOf(chain).CurrentGeneration.get()).toBe(2n);
  });
});

describe("where a number of seats is demanded", () => {
  /** Steps until the generation is made, with only these seats speaking. */
  function until2(chain: PhaChain, speaking: readonly TestSeat[]): void {
    for (let i = 0; i < 6 * PHASE && storageOf(chain).CurrentGeneration.get() === 1n; i++)
      runDkg(chain, speaking, undefined, 1);
  }

  test("a silent one cannot keep the next generation from being made: its seat stays empty", () => {
    const { chain, seats } = committee({}, { minSeats: 3 });
    chain.sudo(newGeneration(chain));
    until2(chain, seats.slice(0, 2));
    expect(storageOf(chain).CurrentGeneration.get()).toBe(2n);
    const record = storageOf(chain).Generations.get(2n);
    expect(record).toMatchObject({ threshold: 2 });
    expect(record?.seats).toHaveLength(3);
    expect(emptySeats(record?.seats ?? [])).toEqual([2]);
    expect(record?.sharePublicKeys).toHaveLength(3);
    // It comes back: the next generation is made with it.
    storageOf(chain).SealedShares.put(false);
    const back = register(chain, OPERATORS[2], 102, 1);
    expect(storageOf(chain).Run.get()?.seats).toHaveLength(3);
    runDkg(chain, [seats[0]!, seats[1]!, back]);
    expect(emptySeats(storageOf(chain).Generations.get(3n)?.seats ?? [])).toEqual([]);
  });

  test("nor can one that was convicted, or one that restarts in every run", () => {
    const { chain, seats } = committee({}, { minSeats: 3 });
    chain.sudo(newGeneration(chain));
    const second: DkgMessage["body"] = { type: "Key", value: new Uint8Array(48) };
    chain.sendAll([...wordsOf(chain, seats), dkgCall(chain, seats[2]!, second)]);
    runDkg(chain, seats);
    chain.sudo(newGeneration(chain));
    const { latest } = storageOf(chain).Wanted.get() ?? { latest: 0 };
    while (chain.number() <= latest) chain.block();
    expect(emptySeats(storageOf(chain).Run.get()?.seats ?? [])).toEqual([2]);
    const other = committee({}, { minSeats: 3 });
    other.chain.sudo(newGeneration(other.chain));
    for (let start = 1; start <= 3; start++) register(other.chain, OPERATORS[2], 102, start);
    expect(emptySeats(storageOf(other.chain).Run.get()?.seats ?? [])).toEqual([2]);
    until2(other.chain, other.seats.slice(0, 2));
    expect(storageOf(other.chain).CurrentGeneration.get()).toBe(2n);
  });

  test("fewer than make a key of so many make none", () => {
    const { chain, seats } = committee({}, { minSeats: 3 });
    chain.sudo(newGeneration(chain));
    until2(chain, seats.slice(0, 1));
    expect(storageOf(chain).CurrentGeneration.get()).toBe(1n);
  });

  test("the first generation waits for all", () => {
    const chain = startPhaChain({ gatekeeperOperators: OPERATORS }, { minSeats: 3 });
    chain.block();
    for (const i of [0, 1]) register(chain, OPERATORS[i]!, 100 + i);
    for (let i = 0; i < 3 * PHASE; i++) chain.block();
    expect(storageOf(chain).Run.exists()).toBe(false);
  });
});

describe("handover", () => {
  /** A cluster that serves, and a second generation made by the same gatekeeper. */
  function second() {
    const { chain, seat, workers, keys } = startLive();
    expect(chain.sudo(newGeneration(chain)).error).toBeUndefined();
    runDkg(chain, [seat]);
    expect(storageOf(chain).CurrentGeneration.get()).toBe(2n);
    const wrappedStateKey = keys.keys.wrappedStateKey.map((byte) => byte ^ 1);
    const next = { ...keys.keys, generation: 2n, epoch: 1n, wrappedStateKey };
    return { chain, seat, workers, next };
  }
  const recordOf = (chain: PhaChain): Generation | undefined =>
    storageOf(chain).Generations.get(1n);

  test("retires nothing before a majority of the replicas wrapped the state key anew", () => {
    const { chain, workers, next } = second();
    expect(storageOf(chain).Handover.get()).toMatchObject({ generation: 2n, pending: 1 });
    expect(recordOf(chain)).toBeDefined();
    const [one, two] = workers;
    chain.send(clusterKeysCall(chain, one, next));
    expect(storageOf(chain).Handover.get()?.pending).toBe(1);
    const other = { ...next, wrappedStateKey: next.wrappedStateKey.map((byte) => byte ^ 2) };
    chain.send(clusterKeysCall(chain, two, other));
    expect(storageOf(chain).Handover.get()?.pending).toBe(1);
    expect(recordOf(chain)).toBeDefined();
    const sent = chain.send(clusterKeysCall(chain, two, next));
    expect(names([sent])).toEqual(
      expect.arrayContaining(["ClusterKeysAgreed", "ClusterHandedOver"]),
    );
    expect(storageOf(chain).Handover.exists()).toBe(false);
    // Commands may still be sealed to the former key: see formers.test.ts of PhalaPhatContracts.
    for (let i = 0; i <= DEVELOPMENT_PHA.sealingGrace; i++) {
      expect(recordOf(chain)).toBeDefined();
      chain.block();
    }
    expect(chain.events("GenerationRetired")).toHaveLength(1);
    expect(told(chain)).toEqual([{ type: "Retired", value: { generation: 1n } }]);
    expect(storageOf(chain).OldestGeneration.get()).toBe(2n);
    expect(recordOf(chain)).toBeUndefined();
  });

  test("the key that opens the wrap is asked for under the wrap's name", () => {
    const { chain, workers, next } = second();
    const [one, two] = workers;
    const attempt = (change: Parameters<typeof keyRequestCall>[2]) =>
      rejection(chain, chain.send(keyRequestCall(chain, testRequest(one), change)));
    const purpose = { type: "Wrap", value: undefined } as const;
    expect(attempt({ generation: 1n, purpose })).toBeUndefined();
    expect(attempt({ generation: 2n, purpose })).toBe("StaleEpoch");
    chain.sendAll([one, two].map((boot) => clusterKeysCall(chain, boot, next)));
    expect(attempt({ generation: 1n, purpose })).toBe("StaleEpoch");
    expect(attempt({ generation: 2n, purpose })).toBeUndefined();
  });

  test("that is late holds up terms, not the loss of gatekeepers, and generations up to a bound", () => {
    const { chain, seat } = second();
    for (let generation = 3n; generation <= BigInt(MAX_UNRETIRED); generation++) {
      expect(chain.sudo(newGeneration(chain)).error).toBeUndefined();
      runDkg(chain, [seat]);
      expect(storageOf(chain).CurrentGeneration.get()).toBe(generation);
    }
    expect(storageOf(chain).OldestGeneration.get()).toBe(1n);
    expect(chain.sudo(newGeneration(chain)).error).toBe("TooManyGenerations");
    const { Clusters } = chain.runtime.env(chain.overlay).of(PhalaPhatContracts).storage;
    expect(Clusters.get(DEVELOPMENT_CLUSTER)).toMatchObject({
      generation: BigInt(MAX_UNRETIRED),
      epoch: 1n,
    });
  });
});

describe("a cluster whose replicas do not come back", () => {
  const giveUp = (chain: PhaChain, cluster = DEVELOPMENT_CLUSTER) =>
    chain.runtime.tx.PhaGatekeepers.give_up_cluster({ cluster });
  const phat = (chain: PhaChain) => chain.runtime.env(chain.overlay).of(PhalaPhatContracts).storage;

  function waiting() {
    const live = startLive();
    const { chain, seat } = live;
    expect(chain.sudo(giveUp(chain)).error).toBe("NoHandover");
    chain.sudo(newGeneration(chain));
    runDkg(chain, [seat]);
    return live;
  }

  test("holds up retirement until root gives up on it, which it may after a while; a new generation is not a new wait", () => {
    const { chain, seat } = waiting();
    expect(chain.send(giveUp(chain), "//Bob").error).toBe("BadOrigin");
    expect(chain.sudo(giveUp(chain)).error).toBe("TooEarly");
    const { since } = storageOf(chain).Handover.get()!;
    chain.sudo(newGeneration(chain));
    runDkg(chain, [seat]);
    expect(storageOf(chain).Handover.get()).toEqual({ generation: 3n, pending: 1, since });
    while (chain.number() < since + DEVELOPMENT_PHA.giveUpBlocks - 2) chain.block();
    expect(chain.sudo(giveUp(chain)).error).toBe("TooEarly");
    expect(chain.sudo(giveUp(chain, new Uint8Array(32))).error).toBe("UnknownCluster");
    expect(storageOf(chain).OldestGeneration.get()).toBe(1n);
    const sent = chain.sudo(giveUp(chain));
    expect(names([sent])).toEqual(expect.arrayContaining(["ClusterGivenUp", "GenerationRetired"]));
    expect(told(chain)).toEqual([{ type: "Retired", value: { generation: 2n } }]);
    expect(storageOf(chain).OldestGeneration.get()).toBe(3n);
    expect(storageOf(chain).Handover.exists()).toBe(false);
    // What only a retired generation opens is not waited for, and commands sealed to it are taken no more.
    expect(phat(chain).Clusters.get(DEVELOPMENT_CLUSTER)).toMatchObject({ epoch: 2n, formers: [] });
    expect(phat(chain).GivenUp.get(DEVELOPMENT_CLUSTER)).toMatchObject({ generation: 1n });
    expect(chain.sudo(giveUp(chain)).error).toBe("NoHandover");
  });

  test("is not waited for by later generations either, and returns when its key is wrapped after all", () => {
    const { chain, seat, workers, keys } = waiting();
    for (let i = 0; i < DEVELOPMENT_PHA.giveUpBlocks; i++) chain.block();
    expect(chain.sudo(giveUp(chain)).error).toBeUndefined();
    chain.sudo(newGeneration(chain));
    runDkg(chain, [seat]);
    expect(storageOf(chain).Handover.exists()).toBe(false);
    expect(storageOf(chain).OldestGeneration.get()).toBe(3n);
    const wrappedStateKey = keys.keys.wrappedStateKey.map((byte) => byte ^ 1);
    const next = { ...keys.keys, generation: 3n, epoch: 1n, wrappedStateKey };
    const sent = chain.sendAll(workers.map((boot) => clusterKeysCall(chain, boot, next)));
    expect(names(sent)).toContain("ClusterReturned");
    expect(names(sent)).not.toContain("ClusterHandedOver");
    expect(phat(chain).GivenUp.get(DEVELOPMENT_CLUSTER)).toBeUndefined();
    // From now on it is waited for again.
    chain.sudo(newGeneration(chain));
    runDkg(chain, [seat]);
    expect(storageOf(chain).Handover.get()?.pending).toBe(1);
  });

  test("is given up only while it is waited for", () => {
    const { chain, workers, keys } = waiting();
    const other = chain.runtime.tx.PhalaPhatContracts.add_cluster({
      owner: chain.account("//Alice"),
      clusterClass: { type: "Open", value: undefined },
      replication: 1,
      fuelPerBlock: 1n,
      crossVendor: false,
    });
    expect(chain.sudo(other).error).toBeUndefined();
    const second = phat(chain).ClusterList.get()[1]!;
    for (let i = 0; i < DEVELOPMENT_PHA.giveUpBlocks; i++) chain.block();
    expect(chain.sudo(giveUp(chain, second)).error).toBe("NotWaitedFor");
    const wrappedStateKey = keys.keys.wrappedStateKey.map((byte) => byte ^ 1);
    const next = { ...keys.keys, generation: 2n, epoch: 1n, wrappedStateKey };
    chain.sendAll(workers.map((boot) => clusterKeysCall(chain, boot, next)));
    expect(chain.sudo(giveUp(chain)).error).toBe("NoHandover");
  });
});

describe("what the chain saw proven", () => {
  test("keeps an operator out of later runs, until it is named anew", () => {
    const { chain, seats } = committee();
    chain.sudo(newGeneration(chain));
    const [, , cheat] = seats;
    const second: DkgMessage["body"] = { type: "Key", value: new Uint8Array(48) };
    const sent = chain.sendAll([...wordsOf(chain, seats), dkgCall(chain, cheat!, second)]);
    expect(names(sent)).toEqual(expect.arrayContaining(["SeatEquivocated", "OperatorConvicted"]));
    runDkg(chain, seats);
    expect(storageOf(chain).CurrentGeneration.get()).toBe(2n);
    chain.sudo(newGeneration(chain));
    expect(storageOf(chain).Run.get()?.seats).toHaveLength(2);
    chain.sudo(setOperators(chain, ["//Operator", "//Alice"]));
    expect(storageOf(chain).Convicted.get(chain.account("//Bob"))).toBeUndefined();
  });

  test("a wrong share of a key convicts the gatekeeper that signed it", () => {
    const { chain, seat, workers } = startKeyed();
    const [worker, other] = workers;
    const release = releaseOf(chain, seat, testRequest(worker));
    const { c3 } = releaseOf(chain, seat, testRequest(other));
    chain.send(releaseCall(chain, seat, { ...release, c3 }));
    expect(storageOf(chain).Convicted.get(chain.account("//Operator"))).toMatchObject({
      misdeed: { type: "WrongRelease" },
      run: 1n,
    });
  });
});
