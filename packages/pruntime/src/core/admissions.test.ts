/** A gatekeeper's own record of what may get keys: what a captured chain cannot hurry. */
import { type Demands, DemandsCodec } from "@pha/attestation";
import { AdmissionEvent, type ReleaseRules, STORAGE, TOPIC } from "@pha/protocol";
import { decode, encode, utf8 } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { phaseOf } from "../testing/live-network.ts";
import { MEASUREMENT, type ScriptedHost } from "../testing/scripted-host.ts";
import {
  createScriptedNetwork,
  type NetworkOptions,
  SIMULATED_POLICY,
} from "../testing/scripted-network.ts";
import {
  AdmissionRecord,
  createAdmissions,
  MAX_DENIED,
  MAX_ENDORSED,
  MAX_MEASUREMENTS,
  MAX_POLICIES,
} from "./admissions.ts";
import type { FinalizedBlock } from "./block.ts";
import { SealedContent } from "./sealed-store.ts";

const DELAY = 10;
const NEXT = new Uint8Array(32).fill(2);
const policyOf = (minSvn: number, change: Partial<Demands> = {}): Demands => ({
  ...SIMULATED_POLICY,
  lines: [{ line: "simulated", minSvn, worstConfidence: { worker: 128, gatekeeper: 128 } }],
  ...change,
});
const RULES: ReleaseRules = {
  looseningDelay: DELAY,
  measurements: [MEASUREMENT],
  policy: encode(DemandsCodec, policyOf(5)),
};

/** A record, and blocks with declarations for it. */
function open(rules: ReleaseRules | undefined = RULES) {
  let number = 0;
  const admissions = createAdmissions(rules, undefined, 0);
  const block = (payloads: readonly Uint8Array[], topic: Uint8Array = TOPIC.admission) => {
    number += 1;
    const made: FinalizedBlock = {
      ref: { number, hash: new Uint8Array(32) },
      stateRoot: new Uint8Array(32),
      parentHash: new Uint8Array(32),
      timestampMs: 0n,
      messages: payloads.map((payload) => ({
        sender: { type: "Pallet", value: utf8("PhaAttestation") },
        destination: topic,
        payload,
      })),
    };
    return admissions.take(made);
  };
  return {
    admissions,
    block,
    /** Declares in the next block. */
    declare: (...events: readonly AdmissionEvent[]) =>
      block(events.map((event) => encode(AdmissionEvent, event))),
    pass: (blocks: number) => {
      for (let i = 0; i < blocks; i++) block([]);
    },
    policy: (policy: Demands): AdmissionEvent => ({
      type: "PolicyDeclared",
      value: { policy: encode(DemandsCodec, policy) },
    }),
    floors: () => admissions.policies?.map(({ lines }) => lines[0]?.minSvn),
  };
}

const added: AdmissionEvent = { type: "MeasurementAdded", value: { measurement: NEXT } };
const removed: AdmissionEvent = { type: "MeasurementRemoved", value: { measurement: NEXT } };

describe("a measurement", () => {
  test("of genesis counts from the first block", () => {
    const { admissions, pass } = open();
    expect(admissions.counts(MEASUREMENT)).toBe(true);
    pass(1);
    expect(admissions.counts(MEASUREMENT)).toBe(true);
  });

  test("that is added counts so many blocks later, and not one before", () => {
    const { admissions, declare, pass } = open();
    declare(added);
    pass(DELAY - 1);
    expect(admissions.counts(NEXT)).toBe(false);
    pass(1);
    expect(admissions.counts(NEXT)).toBe(true);
  });

  test("that is removed counts no more, and waits again when it is added again", () => {
    const { admissions, declare, pass } = open();
    declare(added);
    pass(DELAY);
    declare(removed, added);
    expect(admissions.counts(NEXT)).toBe(false);
    pass(DELAY - 1);
    expect(admissions.counts(NEXT)).toBe(false);
    pass(1);
    expect(admissions.counts(NEXT)).toBe(true);
  });

  test("that is named again waits no longer, nor shorter", () => {
    const { admissions, declare, pass } = open();
    declare(added);
    pass(DELAY - 2);
    declare(added);
    pass(1);
    expect(admissions.counts(NEXT)).toBe(true);
  });

  test("beyond the bound is not allowed, and takes no other's place", () => {
    const { admissions, declare, pass } = open();
    for (let i = 0; i < MAX_MEASUREMENTS; i++) {
      const measurement = new Uint8Array(32).fill(7);
      new DataView(measurement.buffer).setUint32(0, i);
      declare({ type: "MeasurementAdded", value: { measurement } });
    }
    expect(declare(added)).toMatchObject([{ type: "log", event: "admission-full" }]);
    pass(DELAY);
    expect(admissions.counts(NEXT)).toBe(false);
    expect(admissions.counts(MEASUREMENT)).toBe(true);
  });

  test("of a chain whose genesis names nothing waits as long as on public chains", () => {
    const { admissions, declare, pass } = open(undefined as ReleaseRules | undefined);
    const bare = createAdmissions(undefined, undefined, 0);
    expect(bare.counts(MEASUREMENT)).toBe(false);
    expect(bare.policies).toBeUndefined();
    declare(added);
    pass(DELAY);
    expect(admissions.counts(MEASUREMENT)).toBe(true);
  });
});

describe("a policy", () => {
  test("that tightens binds at once, alone; a looser one beside the one before, until the delay is over", () => {
    const { declare, policy, floors, pass } = open();
    declare(policy(policyOf(7)));
    expect(floors()).toEqual([7]);
    declare(policy(policyOf(3)));
    expect(floors()).toEqual([7, 3]);
    pass(DELAY - 1);
    expect(floors()).toEqual([7, 3]);
    pass(1);
    expect(floors()).toEqual([3]);
  });

  test("that is taken back leaves the strictest ones of the time behind", () => {
    const { declare, policy, floors, pass } = open();
    declare(policy(policyOf(1)));
    declare(policy(policyOf(5)));
    expect(floors()).toEqual([5, 5]);
    declare(policy(policyOf(1)));
    pass(DELAY - 1);
    expect(Math.max(...(floors() ?? []).map(Number))).toBe(5);
    pass(1);
    expect(floors()).toEqual([1]);
  });

  test("too many at once close all releases until the oldest would not bind any more", () => {
    const { declare, policy, admissions, floors, pass } = open();
    for (let i = 0; i < MAX_POLICIES; i++) declare(policy(policyOf(4, { graceMs: BigInt(i) })));
    expect(admissions.policies).toBeUndefined();
    pass(DELAY - 1);
    expect(admissions.policies).toBeUndefined();
    pass(1);
    expect(floors()).toEqual([4]);
  });

  test("that cannot be read allows nothing, until one follows that can, and the delay is over", () => {
    const { declare, policy, admissions, floors, pass } = open();
    declare({ type: "PolicyDeclared", value: { policy: Uint8Array.of(0xff) } });
    expect(admissions.policies).toBeUndefined();
    declare(policy(policyOf(6)));
    pass(DELAY - 1);
    expect(admissions.policies).toBeUndefined();
    pass(1);
    expect(floors()).toEqual([6]);
  });
});

test("a denial counts at once, and is forgotten so many blocks after its end was announced", () => {
  const { admissions, declare, pass } = open();
  const platformId = new Uint8Array(32).fill(8);
  declare({ type: "PlatformDenied", value: { platformId } });
  expect(admissions.isDenied(platformId)).toBe(true);
  declare({ type: "ReadmissionAnnounced", value: { platformId } });
  pass(DELAY - 1);
  expect(admissions.isDenied(platformId)).toBe(true);
  pass(1);
  expect(admissions.isDenied(platformId)).toBe(false);
  // Denied again in between, the announcement is void.
  declare({ type: "PlatformDenied", value: { platformId } });
  declare({ type: "ReadmissionAnnounced", value: { platformId } });
  declare({ type: "PlatformDenied", value: { platformId } });
  pass(2 * DELAY);
  expect(admissions.isDenied(platformId)).toBe(true);
});

test("denials beyond the bound take no older one's place", () => {
  const { admissions, declare } = open();
  const idOf = (i: number) => {
    const platformId = new Uint8Array(32);
    new DataView(platformId.buffer).setUint32(0, i);
    return platformId;
  };
  const outputs = declare(
    ...Array.from(
      { length: MAX_DENIED + 1 },
      (_, i): AdmissionEvent => ({ type: "PlatformDenied", value: { platformId: idOf(i) } }),
    ),
  );
  expect(outputs).toEqual([{ type: "log", event: "admission-full", block: 1 }]);
  expect(admissions.isDenied(idOf(0))).toBe(true);
  expect(admissions.isDenied(idOf(MAX_DENIED))).toBe(false);
});

test("a least version counts at once when it is raised, and after the delay when it is lowered", () => {
  const { admissions, declare, pass } = open();
  const version = (packed: number): AdmissionEvent => ({
    type: "MinimumVersion",
    value: { version: packed },
  });
  declare(version(0x300));
  expect(admissions.leastVersion).toBe(0x300);
  declare(version(0x100));
  expect(admissions.leastVersion).toBe(0x300);
  declare(version(0x200));
  pass(DELAY - 2);
  expect(admissions.leastVersion).toBe(0x300);
  pass(1);
  // What it was lowered from in between does not come back.
  expect(admissions.leastVersion).toBe(0x200);
});

describe("code of the chain", () => {
  const CODE = new Uint8Array(32).fill(4);
  const authorized = (codeHash = CODE): AdmissionEvent => ({
    type: "CodeAuthorized",
    value: { codeHash },
  });
  const replaced = (codeHash = CODE): AdmissionEvent => ({
    type: "CodeReplaced",
    value: { codeHash },
  });

  test("that nobody announced closes all releases for the delay", () => {
    const { admissions, declare, pass } = open();
    declare(replaced());
    expect(admissions.policies).toBeUndefined();
    pass(DELAY - 1);
    expect(admissions.policies).toBeUndefined();
    pass(1);
    expect(admissions.policies).toHaveLength(1);
  });

  test("that was announced long enough ago closes nothing, once", () => {
    const { admissions, declare, pass } = open();
    declare(authorized());
    pass(DELAY);
    declare(replaced());
    expect(admissions.policies).toHaveLength(1);
    declare(replaced());
    expect(admissions.policies).toBeUndefined();
  });

  test("that was announced a block too late, or after which another was, closes all as well", () => {
    const early = open();
    early.declare(authorized());
    early.pass(DELAY - 2);
    early.declare(replaced());
    expect(early.admissions.policies).toBeUndefined();
    const { admissions, declare, pass } = open();
    declare(authorized());
    declare(authorized(NEXT));
    pass(DELAY);
    declare(replaced());
    expect(admissions.policies).toBeUndefined();
    pass(DELAY);
    // What was announced still may follow.
    declare(replaced(NEXT));
    expect(admissions.policies).toHaveLength(1);
  });

  test("opens nothing that is closed for longer", () => {
    const { admissions, block, declare, policy, pass } = open();
    block([Uint8Array.of(99)]);
    declare(replaced());
    for (let i = 0; i < MAX_POLICIES; i++) declare(policy(policyOf(4, { graceMs: BigInt(i) })));
    pass(2 * DELAY);
    expect(admissions.policies).toBeUndefined();
  });
});

describe("an endorsement", () => {
  const platformId = new Uint8Array(32).fill(6);
  const endorsed: AdmissionEvent = { type: "PlatformEndorsed", value: { platformId } };
  const withdrawn: AdmissionEvent = { type: "EndorsementWithdrawn", value: { platformId } };

  test("counts after the delay, its end at once; made again it waits again", () => {
    const { admissions, declare, pass } = open();
    declare(endorsed);
    pass(DELAY - 1);
    expect(admissions.isEndorsed(platformId)).toBe(false);
    pass(1);
    expect(admissions.isEndorsed(platformId)).toBe(true);
    declare(withdrawn);
    expect(admissions.isEndorsed(platformId)).toBe(false);
    declare(endorsed, endorsed);
    pass(DELAY);
    expect(admissions.isEndorsed(platformId)).toBe(true);
  });

  test("beyond the bound counts not, and takes no other's place", () => {
    const { admissions, declare, pass } = open();
    const idOf = (i: number) => {
      const id = new Uint8Array(32);
      new DataView(id.buffer).setUint32(0, i);
      return id;
    };
    const outputs = declare(
      ...Array.from(
        { length: MAX_ENDORSED + 1 },
        (_, i): AdmissionEvent => ({ type: "PlatformEndorsed", value: { platformId: idOf(i) } }),
      ),
    );
    expect(outputs).toEqual([{ type: "log", event: "admission-full", block: 1 }]);
    pass(DELAY);
    expect(admissions.isEndorsed(idOf(0))).toBe(true);
    expect(admissions.isEndorsed(idOf(MAX_ENDORSED))).toBe(false);
  });
});

test("a declaration that this version cannot read closes all releases, and says so; other topics say nothing", () => {
  const { admissions, block } = open();
  expect(block([Uint8Array.of(99)], TOPIC.cluster)).toEqual([]);
  expect(admissions.policies).toBeDefined();
  expect(block([Uint8Array.of(99)])).toEqual([
    { type: "log", event: "admission-unreadable", block: 2 },
  ]);
  expect(admissions.policies).toBeUndefined();
});

test("a record goes through its encoding and on from there", () => {
  const { admissions, declare, policy, pass } = open();
  declare(added, policy(policyOf(1)));
  const bytes = encode(AdmissionRecord, admissions.record);
  const read = decode(AdmissionRecord, bytes);
  if (!read.ok) throw new Error("malformed");
  const again = createAdmissions(RULES, read.value, 1);
  pass(DELAY);
  expect(admissions.counts(NEXT)).toBe(true);
  expect(again.counts(NEXT)).toBe(false);
  expect(again.policies?.map(({ lines }) => lines[0]?.minSvn)).toEqual([5, 1]);
});

describe("gatekeepers", () => {
  /** One worker whose program is another than those of genesis, which the chain's state allows at once. */
  function capturedChain(options: NetworkOptions = { looseningDelay: 40 }) {
    const network = createScriptedNetwork({ workers: 1, ...options });
    const [gatekeeper] = network.gatekeepers;
    const [worker] = network.workers;
    if (gatekeeper === undefined || worker === undefined) throw new Error("it has both");
    worker.platform.measurement = NEXT;
    network.chain.put(STORAGE.measurement.key(NEXT), encode(STORAGE.measurement.value, 0));
    return { network, gatekeeper, worker };
  }
  const reasons = ({ logs }: ScriptedHost) => [
    ...new Set(logs.map(({ event }) => event).filter((event) => event.startsWith("release/"))),
  ];

  test("give no key to a program that a captured chain lists at once, declared or not", () => {
    const silent = capturedChain();
    silent.network.blocks(20);
    expect(reasons(silent.gatekeeper)).toEqual(["release/measurement-too-new"]);
    const { network, gatekeeper, worker } = capturedChain();
    network.declare(added);
    network.blocks(38);
    expect(phaseOf(worker)).toBe("waiting-for-key");
    expect(reasons(gatekeeper)).toEqual(["release/measurement-too-new"]);
    // The attack's success: with no delay to wait the same chain gets the key.
    const hasty = capturedChain({ looseningDelay: 0 });
    hasty.network.declare(added);
    hasty.network.until(() => phaseOf(hasty.worker) === "serving", 38);
  });

  test("give it the key when the delay is over, also over a restart with a sealed store", () => {
    const { network, gatekeeper, worker } = capturedChain();
    network.declare(added);
    network.blocks(20);
    gatekeeper.start(gatekeeper.sealed);
    network.blocks(15);
    expect(phaseOf(worker)).toBe("waiting-for-key");
    // The worker asks again and again; each try names a head of its own.
    worker.start(worker.sealed);
    network.until(() => phaseOf(worker) === "serving", 80);
    expect(network.chain.head.number).toBeGreaterThanOrEqual(41);
  });

  test("that are started with an old sealed store read the declarations again", () => {
    const { network, gatekeeper, worker } = capturedChain({ looseningDelay: 0 });
    network.blocks(12);
    // With its share, and before anything was declared.
    const early = gatekeeper.sealed;
    expect(gatekeeper.status?.generations).toEqual([1n]);
    network.declare(added);
    network.declare(removed);
    network.blocks(2);
    gatekeeper.start(early);
    worker.start(worker.sealed);
    network.blocks(20);
    expect(reasons(gatekeeper)).toContain("release/measurement-too-new");
    expect(phaseOf(worker)).not.toBe("serving");
  });

  test("give none to a version below the least, nor while all releases are closed", () => {
    const old = createScriptedNetwork({ workers: 1 });
    old.declare({ type: "MinimumVersion", value: { version: 0x101 } });
    old.blocks(15);
    expect(reasons(old.gatekeepers[0] as ScriptedHost)).toEqual(["release/old-version"]);
    const closed = createScriptedNetwork({ workers: 1 });
    closed.declare({ type: "PolicyDeclared", value: { policy: Uint8Array.of(0xff) } });
    closed.blocks(15);
    expect(reasons(closed.gatekeepers[0] as ScriptedHost)).toEqual(["release/closed"]);
  });

  test("hold to a denial that a captured chain forgets", () => {
    const { network, gatekeeper, worker } = capturedChain({ looseningDelay: 40 });
    worker.platform.measurement = MEASUREMENT;
    const { platformId } = worker.platform;
    network.declare({ type: "PlatformDenied", value: { platformId } });
    network.blocks(15);
    expect(reasons(gatekeeper)).toEqual(["release/platform-denied"]);
  });

  test("give none on the word of code that nobody announced, for the delay", () => {
    const replaced: AdmissionEvent = { type: "CodeReplaced", value: { codeHash: NEXT } };
    const network = createScriptedNetwork({ workers: 1, looseningDelay: 40 });
    network.declare(replaced);
    network.blocks(38);
    const [gatekeeper, worker] = [network.gatekeepers[0], network.workers[0]] as [
      ScriptedHost,
      ScriptedHost,
    ];
    expect(reasons(gatekeeper)).toEqual(["release/closed"]);
    worker.start(worker.sealed);
    network.until(() => phaseOf(worker) === "serving", 80);
    // The attack's success: with no delay to wait, what the new code says counts at once.
    const hasty = createScriptedNetwork({ workers: 1, looseningDelay: 0 });
    hasty.declare(replaced);
    hasty.until(() => phaseOf(hasty.workers[0] as ScriptedHost) === "serving", 38);
  });

  test("give the key of a cluster of proven places to no platform that is endorsed too lately, or by the state alone", () => {
    const network = createScriptedNetwork({ workers: 1, looseningDelay: 40, endorsed: true });
    const [gatekeeper, worker] = [network.gatekeepers[0], network.workers[0]] as [
      ScriptedHost,
      ScriptedHost,
    ];
    network.blocks(15);
    expect(reasons(gatekeeper)).toEqual(["release/not-endorsed"]);
    const { platformId } = worker.platform;
    network.declare({ type: "PlatformEndorsed", value: { platformId } });
    network.blocks(35);
    worker.start(worker.sealed);
    expect(phaseOf(worker)).not.toBe("serving");
    network.until(() => phaseOf(worker) === "serving", 80);
    expect(network.chain.head.number).toBeGreaterThanOrEqual(56);
  });

  test("keep the record in the sealed store as of its checkpoint, workers keep none", () => {
    const { network, gatekeeper, worker } = capturedChain();
    network.declare(added);
    network.blocks(70);
    const contentOf = ({ sealed }: ScriptedHost) => {
      const content = sealed && decode(SealedContent, sealed);
      if (!content?.ok) throw new Error("it seals");
      return content.value;
    };
    const { admissions, checkpoint } = contentOf(gatekeeper);
    expect(checkpoint.finalized.number).toBeGreaterThan(1);
    expect(admissions?.measurements).toContainEqual({ measurement: NEXT, from: 41 });
    expect(contentOf(worker).admissions).toBeUndefined();
  });
});
