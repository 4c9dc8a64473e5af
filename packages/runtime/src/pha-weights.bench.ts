/**
 * Measurement behind the weight tables of Pha's own pallets: `npx vitest bench --project unit packages/runtime`.
 *
 * As in `weights.bench.ts`: each row dispatches one call in its dearest case and rolls it back. Time is the processor's: on a
 * shared machine the clock says more about its other work.
 */
import {
  isSimulatedLine,
  PLATFORM_ATTRIBUTES,
  PRODUCT_LINES,
  verifyWithCollateral,
} from "@pha/attestation";
import {
  amdCrlItem,
  DAY,
  ENVELOPES,
  INSTANCE_ID,
  intelTextItems,
  NOW,
  PLATFORM_KEY,
  pckCrlItem,
  platformLevel,
  rootCrlItem,
  TEST_ROOTS,
  tcbInfo,
} from "@pha/attestation/testing";
import { blake2b256 } from "@pha/crypto";
import { type Call, type Origin, ROOT, signedBy } from "@pha/frame";
import {
  AuditOpening,
  type CollateralItem,
  MAX_FORMERS,
  MAX_ON_CHAIN_DELTA_BYTES,
  MAX_OPENINGS,
  MAX_REPLY_BLOBS,
  MAX_SEALED_BYTES,
  type ProgramVersion,
  type Reply,
  registrationReportData,
  SignedCommit,
  SnapshotVote,
  StorageReceipt,
  TOPIC,
} from "@pha/protocol";
import { encode, utf8 } from "@pha/scale";
import { createOverlay } from "@pha/state";
import { bench, describe } from "vitest";
import { PhaAttestation, type Policy } from "./pha-attestation/index.ts";
import { PRUNED_PER_BLOCK } from "./pha-contract-state/declaration.ts";
import { PhaContractState } from "./pha-contract-state/index.ts";
import { prune } from "./pha-contract-state/snapshots.ts";
import { PhaGatekeepers } from "./pha-gatekeepers/index.ts";
import { DEVELOPMENT_CLUSTER, DEVELOPMENT_POLICY } from "./pha-genesis.ts";
import { PhalaComputation } from "./phala-computation/index.ts";
import { maintainSeats } from "./phala-phat-contracts/assignment.ts";
import { PhalaPhatContracts } from "./phala-phat-contracts/index.ts";
import type { PhalaRegistryContext } from "./phala-registry/declaration.ts";
import { PhalaRegistry } from "./phala-registry/index.ts";
import { sweep, wake } from "./phala-registry/sweep.ts";
import {
  COUNTER,
  COUNTER_ID,
  heartbeatCall,
  MEASUREMENT,
  messageCall,
  type PhaChain,
  registerCall,
  registrationOf,
  sampleArtefact,
  startPhaChain,
  testBoot,
} from "./testing/pha-chain.ts";
import {
  clusterKeysCall,
  commitCall,
  dkgCall,
  EPOCH,
  hear,
  keyRequestCall,
  releaseCall,
  releaseOf,
  runDkg,
  signedCommit,
  startKeyed,
  startLive,
  testCommand,
  testRequest,
  testSeat,
  testStep,
} from "./testing/pha-cluster.ts";
import { copyOf, headerOf } from "./testing/test-chain.ts";

/** Milliseconds of processor time of this process, all its threads. */
function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

const OPTIONS = { time: 300, warmupTime: 100, now: processorMs };
const DEAR = { time: 600, warmupTime: 0, iterations: 5, now: processorMs };

/** The next block of a chain, begun. */
function envOn(chain: PhaChain) {
  const state = copyOf(chain.overlay);
  const overlay = createOverlay({
    get: (key) => state.get(key),
    nextKey: (key) => {
      for (const next of state.keys(new Uint8Array()))
        if (Buffer.compare(next, key) > 0) return next;
      return undefined;
    },
  });
  chain.runtime.initializeBlock(
    overlay,
    headerOf(chain.hash(), chain.number() + 1, chain.nowMs() / 1_000n + 1n),
  );
  return { overlay, env: chain.runtime.env(overlay) };
}

/** Rows on the next block of a chain. */
function rowsOn(chain: PhaChain) {
  const { overlay, env } = envOn(chain);
  return (name: string, origin: Origin, call: Call, options = OPTIONS): void => {
    overlay.begin();
    const outcome = env.dispatch(call, origin);
    overlay.rollback();
    if (!outcome.ok) throw new Error(`${name} fails: ${chain.errorName(outcome.error)}`);
    bench(
      name,
      () => {
        overlay.begin();
        env.dispatch(call, origin);
        overlay.rollback();
        env.events.length = 0;
      },
      options,
    );
  };
}

const topic = utf8("app/topic");

describe("PhalaMq and PhalaRegistry", () => {
  const chain = startPhaChain();
  chain.block();
  const boot = testBoot(1);
  chain.send(registerCall(chain, boot));
  const row = rowsOn(chain);
  const operator = signedBy(chain.account("//Operator"));
  const bob = signedBy(chain.account("//Bob"));
  const { tx } = chain.runtime;
  const again = () => {
    boot.sequence = 0n;
    return boot;
  };
  row("sync_offchain_message, heartbeat", operator, heartbeatCall(chain, again()));
  row(
    "sync_offchain_message, 1 KiB that its pallet refuses",
    operator,
    messageCall(chain, again(), TOPIC.heartbeat, new Uint8Array(1024)),
  );
  row(
    "sync_offchain_message, 256 KiB that its pallet refuses",
    operator,
    messageCall(chain, again(), TOPIC.heartbeat, new Uint8Array(262144)),
  );
  const message = (bytes: number) => ({ destination: topic, payload: new Uint8Array(bytes) });
  row("push_message, 0", bob, tx.PhalaMq.push_message(message(0)));
  row("push_message, 64 KiB", bob, tx.PhalaMq.push_message(message(65536)));
  row("force_push_pallet_message", ROOT, tx.PhalaMq.force_push_pallet_message(message(0)));
  row("register_worker_v2, new", operator, registerCall(chain, testBoot(2)));
  row("register_worker_v2, next boot", operator, registerCall(chain, testBoot(1, "Worker", 1)));
});

describe("PhalaRegistry, the look at all workers", () => {
  const rows = (name: string, workers: number, change: (ctx: PhalaRegistryContext) => void) => {
    const chain = startPhaChain();
    chain.block();
    for (let i = 1; i <= workers; i++) chain.send(registerCall(chain, testBoot(i)));
    const { env, overlay } = envOn(chain);
    const ctx = env.of(PhalaRegistry);
    change(ctx);
    bench(
      name,
      () => {
        overlay.begin();
        sweep(ctx);
        overlay.rollback();
        env.events.length = 0;
      },
      OPTIONS,
    );
  };
  rows("block between two passes", 1, () => undefined);
  rows("block that looks at 64 workers", 64, (ctx) => wake(ctx));
  rows("block that looks at one and verifies it", 1, (ctx) => {
    const [identity] = [...ctx.storage.Grades.keys()];
    const grade = identity && ctx.storage.Grades.get(identity);
    if (grade) ctx.storage.Grades.put(identity, { ...grade, revision: 0, confidence: 1 });
    ctx.env.of(PhaAttestation).storage.Revision.put(1);
  });
  rows("block that suspends one with a seat", 1, (ctx) => {
    const { storage } = ctx.env.of(PhaAttestation);
    storage.Measurements.remove(MEASUREMENT);
    storage.Revision.put(1);
  });
});

describe("PhalaRegistry, calls of root", () => {
  const chain = startPhaChain();
  chain.block();
  const row = rowsOn(chain);
  const tx = chain.runtime.tx.PhalaRegistry;
  const version: ProgramVersion = [0, 2, 0];
  const raise = tx.set_minimum_pruntime_version({ version, grace: 100 });
  row("set_minimum_pruntime_version", ROOT, raise);
  row("freeze_admissions", ROOT, tx.freeze_admissions());
  const frozen = startPhaChain();
  frozen.block();
  frozen.sudo(tx.freeze_admissions());
  rowsOn(frozen)("resume_admissions", ROOT, tx.resume_admissions());
});

describe("PhaAttestation", () => {
  const chain = startPhaChain();
  chain.block();
  const row = rowsOn(chain);
  const tx = chain.runtime.tx.PhaAttestation;
  const measurement = new Uint8Array(32).fill(4);
  row("add_measurement", ROOT, tx.add_measurement({ measurement }));
  row("remove_measurement", ROOT, tx.remove_measurement({ measurement: MEASUREMENT }));
  row("deny_platform", ROOT, tx.deny_platform({ platformId: measurement }));
  const policy = largestPolicy();
  row("set_policy, the largest", ROOT, tx.set_policy({ policy }));
  row("endorse_platform", ROOT, tx.endorse_platform({ platformId: measurement }));
  row("add_signer", ROOT, tx.add_signer({ signer: measurement, minProgramSvn: 1 }));
  const known = startPhaChain();
  known.block();
  known.sudo(tx.add_signer({ signer: measurement, minProgramSvn: 1 }));
  known.sudo(tx.deny_platform({ platformId: measurement }));
  known.sudo(tx.endorse_platform({ platformId: measurement }));
  const rowKnown = rowsOn(known);
  rowKnown("withdraw_endorsement", ROOT, tx.withdraw_endorsement({ platformId: measurement }));
  rowKnown("remove_signer", ROOT, tx.remove_signer({ signer: measurement }));
  rowKnown("readmit_platform", ROOT, tx.readmit_platform({ platformId: measurement }));
  const { storage } = known.runtime.env(known.overlay).of(PhaAttestation);
  storage.PendingPolicy.put({ policy, since: 1_000_000 });
  bench("block, the largest policy pending", () => void storage.PendingPolicy.get(), OPTIONS);
});

/** Entries of a list that is as long as a chain takes it. */
const LONG = 840;

describe("PhaAttestation, collateral", () => {
  const chain = startPhaChain({}, { roots: TEST_ROOTS }, NOW);
  chain.block();
  const { submit_collateral, drop_collateral, change_entry } = chain.runtime.tx.PhaAttestation;
  const bob = signedBy(chain.account("//Bob"));
  chain.send(submit_collateral({ item: rootCrlItem() }), "//Bob");
  const longList = Array.from({ length: LONG }, (_, i) => i + 100);
  const longText = tcbInfo("sgx", {
    tcbLevels: Array.from({ length: 40 }, (_, i) =>
      platformLevel(i, "UpToDate", ["INTEL-SA-00615"]),
    ),
  });
  const row = rowsOn(chain);
  const submit = (item: CollateralItem) => submit_collateral({ item });
  row("submit_collateral, the longest list", bob, submit(pckCrlItem({ revoked: longList })));
  const [text] = intelTextItems("sgx", { tcbInfo: longText });
  row("submit_collateral, a long text", bob, submit(text));
  const amd = amdCrlItem({ revoked: longList });
  row("submit_collateral, the longest list of AMD", bob, submit(amd));
  const serial = new Uint8Array(20).fill(1);
  const change = {
    type: "Put",
    value: { type: "AndroidStatus", value: { serial, status: "REVOKED" } },
  } as const;
  row("change_entry", ROOT, change_entry({ change }));
  chain.send(submit(amd), "//Bob");
  chain.skip(200n * DAY);
  chain.block();
  const rowLater = rowsOn(chain);
  rowLater("drop_collateral", bob, drop_collateral({ slot: { type: "AmdCrl", value: "Milan" } }));
});

/** The one that a platform of the tests stands on comes last. */
function longLevels() {
  const of = (svn: number) => platformLevel(svn, "UpToDate", ["INTEL-SA-00615"]);
  return [...Array.from({ length: 30 }, () => of(99)), of(5)];
}

describe("PhalaRegistry, evidence of each kind with the longest collateral", () => {
  const chain = startPhaChain({}, { roots: TEST_ROOTS }, NOW);
  chain.block();
  const tx = chain.runtime.tx.PhaAttestation;
  const longList = { revoked: Array.from({ length: LONG }, (_, i) => i + 100) };
  const texts = (["sgx", "tdx"] as const).flatMap((tee) =>
    intelTextItems(tee, { tcbInfo: tcbInfo(tee, { tcbLevels: longLevels() }) }),
  );
  const items = [rootCrlItem(longList), pckCrlItem(longList), ...texts, amdCrlItem(longList)];
  for (const item of items) {
    const { error } = chain.send(tx.submit_collateral({ item }), "//Bob");
    if (error) throw new Error(error);
  }
  chain.sudo(tx.set_policy({ policy: everyVendor() }));
  const arm = {
    instanceId: INSTANCE_ID,
    implementationId: new Uint8Array(32).fill(4),
    ...PLATFORM_KEY,
  };
  for (const value of [
    { type: "ArmPlatformKey", value: arm },
    { type: "AndroidListedAt", value: chain.nowMs() },
  ] as const)
    chain.sudo(tx.change_entry({ change: { type: "Put", value } }));
  const boot = testBoot(1);
  const registration = registrationOf(chain, boot);
  const operator = signedBy(chain.account("//Operator"));
  const { storage } = chain.runtime.env(chain.overlay).of(PhaAttestation);
  for (const [kind, envelopeOf] of Object.entries(ENVELOPES)) {
    const evidence = envelopeOf(registrationReportData(registration), chain.nowMs());
    const verified = verifyWithCollateral({
      bytes: evidence,
      roots: TEST_ROOTS,
      view: (slot) => storage.Collateral.get(slot)?.item,
      lines: everyVendor().lines,
      amdLevels: [],
      simulatedRoot: undefined,
      now: chain.nowMs(),
      expectedReportData: registrationReportData(registration),
    });
    if (!verified.ok) throw new Error(`${kind}: ${verified.error.code}`);
    storage.Measurements.put(verified.value.measurement, 0);
    const call = chain.runtime.tx.PhalaRegistry.register_worker_v2({ registration, evidence });
    rowsOn(chain)(`register_worker_v2, ${kind}`, operator, call, DEAR);
  }
});

function everyVendor(): Policy {
  return {
    ...DEVELOPMENT_POLICY,
    lines: PRODUCT_LINES.map((line) => {
      const worst = isSimulatedLine(line) ? 128 : 5;
      return { line, minSvn: 0, worstConfidence: { worker: worst, gatekeeper: 0 } };
    }),
    toleratedAttributes: PLATFORM_ATTRIBUTES.filter((one) => one !== "debug"),
  };
}

/** As long as its bounds allow, and sound. */
function largestPolicy(): Policy {
  const level = { confidence: 5, tcb: { fmc: 1, bootloader: 1, tee: 1, snp: 1, microcode: 1 } };
  const lines = PRODUCT_LINES.map((line) => {
    const worst = isSimulatedLine(line) ? 128 : 5;
    return { line, minSvn: 1, worstConfidence: { worker: worst, gatekeeper: worst } };
  });
  return {
    ...DEVELOPMENT_POLICY,
    lines,
    toleratedAttributes: [...PLATFORM_ATTRIBUTES],
    refusedAdvisories: Array.from({ length: 128 }, (_, i) => `${i}`.padStart(32, "INTEL-SA-")),
    amdLevels: Array.from({ length: 32 }, () => ({ ...level, line: "Milan" as const })),
  };
}

/** 31 operators with a gatekeeper and a conviction each, but for the first, and a generation to follow. */
function fullCommittee() {
  const chain = startPhaChain();
  chain.block();
  const { storage } = chain.runtime.env(chain.overlay).of(PhaGatekeepers);
  const named = Array.from({ length: 31 }, (_, i) => new Uint8Array(32).fill(100 + i));
  const others = named.map((operator) => operator.map((byte) => byte ^ 255));
  storage.Operators.put(named);
  storage.CurrentGeneration.put(1n);
  for (const operator of named)
    storage.Members.put(operator, { identity: operator, boot: operator });
  return { chain, others };
}

/** Seven generations of which six are retired by the last vote of a cluster. */
function handingOver() {
  const { chain, workers, keys, seat } = startLive();
  const { storage } = chain.runtime.env(chain.overlay).of(PhaGatekeepers);
  const record = storage.Generations.get(1n);
  if (record === undefined) throw new Error("the first generation is active");
  chain.sudo(chain.runtime.tx.PhaGatekeepers.new_generation());
  runDkg(chain, [seat]);
  for (let generation = 2n; generation < 7n; generation++)
    storage.Generations.put(generation, { ...record, generation });
  storage.CurrentGeneration.put(7n);
  const next = { ...keys.keys, generation: 2n, wrappedStateKey: new Uint8Array(144) };
  const [first, second] = workers;
  chain.send(clusterKeysCall(chain, first, next));
  return { chain, call: clusterKeysCall(chain, second, next) };
}

describe("PhaGatekeepers", () => {
  const chain = startPhaChain();
  chain.block();
  const boot = testBoot(0, "Gatekeeper");
  chain.send(registerCall(chain, boot));
  const seat = testSeat(boot);
  const [key, dealing, confirm] = hear(chain, seat, chain.messages());
  if (!key || !dealing || !confirm) throw new Error("one seat says three things");
  const operator = signedBy(chain.account("//Operator"));
  const operators = Array.from({ length: 31 }, (_, i) => new Uint8Array(32).fill(i));
  const { set_operators } = chain.runtime.tx.PhaGatekeepers;
  rowsOn(chain)("set_operators, 31", ROOT, set_operators({ operators }));
  rowsOn(chain)("dkg, key of the only seat", operator, dkgCall(chain, seat, key));
  const { chain: full, others } = fullCommittee();
  const tx = full.runtime.tx.PhaGatekeepers;
  rowsOn(full)("set_operators, 31 that replace 31", ROOT, tx.set_operators({ operators: others }));
  rowsOn(full)("new_generation, 31 seats", ROOT, tx.new_generation());
  boot.sequence = 0n;
  chain.send(dkgCall(chain, seat, key));
  rowsOn(chain)("dkg, dealing of the only seat", operator, dkgCall(chain, seat, dealing), DEAR);
  boot.sequence = 1n;
  chain.send(dkgCall(chain, seat, dealing));
  rowsOn(chain)("dkg, confirmation that activates", operator, dkgCall(chain, seat, confirm), DEAR);
});

describe("keys of a cluster", () => {
  const { chain, seat, workers, keys } = startKeyed();
  const [worker, other] = workers;
  chain.send(clusterKeysCall(chain, other, keys.keys));
  const row = rowsOn(chain);
  const operator = signedBy(chain.account("//Operator"));
  const request = testRequest(worker);
  row("key request", operator, keyRequestCall(chain, request));
  worker.sequence = 0n;
  const release = releaseOf(chain, seat, request);
  row("key release", operator, releaseCall(chain, seat, release), DEAR);
  row("cluster keys that become active", operator, clusterKeysCall(chain, worker, keys.keys));
  const live = startLive().chain;
  const { rotate_state_key } = live.runtime.tx.PhalaPhatContracts;
  rowsOn(live)("rotate_state_key", ROOT, rotate_state_key({ cluster: DEVELOPMENT_CLUSTER }));
  const handover = handingOver();
  rowsOn(handover.chain)("cluster keys that retire six generations", operator, handover.call);
});

describe("an opening for an auditor", () => {
  const { chain, workers } = startLive();
  const [first, second] = workers;
  const { AuditKeys, AuditOpenings } = chain.runtime
    .env(chain.overlay)
    .of(PhalaPhatContracts).storage;
  const auditKey = new Uint8Array(32).fill(9);
  const opening: AuditOpening = {
    ...{ cluster: DEVELOPMENT_CLUSTER, ...EPOCH, version: 0, auditKey },
    sealed: new Uint8Array(32 + 48 + 4 + 1 + 64 + 16),
  };
  AuditKeys.put(DEVELOPMENT_CLUSTER, auditKey);
  const formers = Array.from({ length: MAX_FORMERS }, () => EPOCH);
  const older = (i: number) => ({ opening: { ...opening, epoch: BigInt(100 + i) }, formers });
  AuditOpenings.put(
    DEVELOPMENT_CLUSTER,
    Array.from({ length: MAX_OPENINGS }, (_, i) => older(i)),
  );
  const voteOf = (boot: typeof first) =>
    messageCall(chain, boot, TOPIC.audit, encode(AuditOpening, opening));
  chain.send(voteOf(first));
  const operator = signedBy(chain.account("//Operator"));
  rowsOn(chain)("opening that a majority made, the list full", operator, voteOf(second));
});

describe("PhalaPhatContracts", () => {
  const { chain } = startLive();
  const row = rowsOn(chain);
  const alice = signedBy(chain.account("//Alice"));
  const tx = chain.runtime.tx.PhalaPhatContracts;
  const owner = chain.account("//Bob");
  row("push_command, 256 B bucket", alice, tx.push_command(testCommand(chain, 1)));
  row("push_command, 600 B of 1 KiB bucket", alice, tx.push_command(testCommand(chain, 1, 1024)));
  const large = { ...testCommand(chain, 1), sealed: new Uint8Array(MAX_SEALED_BYTES).fill(1) };
  row("push_command, 256 KiB bucket", alice, tx.push_command(large));
  const artefact = sampleArtefact("other");
  row("upload_code, small", alice, tx.upload_code({ artefact }));
  const text = new TextDecoder().decode(sampleArtefact("large", 400_000));
  row("upload_code, 400 KB", alice, tx.upload_code({ artefact: utf8(text) }));
  const codeHash = blake2b256(COUNTER.artefact);
  const make = { cluster: DEVELOPMENT_CLUSTER, codeHash, salt: utf8("bench") };
  row("instantiate", alice, tx.instantiate(make));
  row("set_open", alice, tx.set_open({ contract: COUNTER_ID, open: false }));
  row("transfer_ownership", alice, tx.transfer_ownership({ contract: COUNTER_ID, owner }));
  const clusterClass = { type: "Open", value: undefined } as const;
  const added = { owner, clusterClass, replication: 3, fuelPerBlock: 1n, crossVendor: false };
  row("add_cluster", ROOT, tx.add_cluster(added));
  const full = crowdedChain();
  const worker = testBoot(1).identity.publicKey;
  const operator = signedBy(full.account("//Operator"));
  const rowFull = rowsOn(full);
  const { drain_worker, set_replication } = full.runtime.tx.PhalaPhatContracts;
  rowFull("drain_worker", operator, drain_worker({ worker, draining: true }));
  const cluster = DEVELOPMENT_CLUSTER;
  const itsOwner = signedBy(full.account("//Alice"));
  rowFull("set_replication, two leave", itsOwner, set_replication({ cluster, replication: 1 }));
  const contracts = full.runtime.env(full.overlay).of(PhalaPhatContracts);
  bench(
    "block, a draw among 512 and a drained replica that is replaced",
    () => {
      full.overlay.begin();
      contracts.storage.Draining.put(worker, 1);
      contracts.storage.Vacant.put([cluster]);
      maintainSeats(contracts);
      full.overlay.rollback();
    },
    OPTIONS,
  );
});

/** 512 candidates, all leased, and a cluster with a free seat beside the first one. */
function crowdedChain(): PhaChain {
  const { chain } = startLive();
  chain.send(registerCall(chain, testBoot(4)));
  const env = chain.runtime.env(chain.overlay);
  const { Candidates } = env.of(PhalaPhatContracts).storage;
  const [one] = Candidates.get();
  if (one === undefined) throw new Error("the fourth worker waits");
  const others = Array.from({ length: 511 }, (_, i) => {
    const identity = blake2b256(utf8(`candidate ${i}`));
    return { ...one, identity, platform: identity };
  });
  Candidates.put([...others, one]);
  return chain;
}

describe("PhalaComputation", () => {
  const chain = startPhaChain();
  chain.block();
  const worker = testBoot(1).identity.publicKey;
  chain.send(registerCall(chain, testBoot(1)));
  const operator = signedBy(chain.account("//Operator"));
  const tx = chain.runtime.tx.PhalaComputation;
  const bond = tx.bond_worker({ worker, amount: 10n ** 15n });
  rowsOn(chain)("bond_worker", operator, bond);
  chain.send(bond);
  chain.runtime.env(chain.overlay).of(PhalaPhatContracts).storage.ClusterOf.remove(worker);
  rowsOn(chain)("unbond_worker", operator, tx.unbond_worker({ worker }));
  const { Bonds } = chain.runtime.env(chain.overlay).of(PhalaComputation).storage;
  const held = Bonds.get(worker);
  if (held === undefined) throw new Error("the worker is bonded");
  Bonds.put(worker, { ...held, unlocksAt: 1 });
  rowsOn(chain)("withdraw_bond", operator, tx.withdraw_bond({ worker }));
});

describe("PhaContractState", () => {
  const { chain, workers, keys, creation } = startLive();
  const [first, second] = workers;
  chain.send(chain.runtime.tx.PhalaPhatContracts.push_command(testCommand(chain, 1)), "//Alice");
  const step = testStep(chain, keys.vetKey, chain.head(), creation.newRoot);
  chain.block();
  const operator = signedBy(chain.account("//Operator"));
  const vote = (boot: typeof first, carries: boolean, of = step) =>
    commitCall(chain, boot, signedCommit(chain, boot, keys.signing, of, { carries }));
  rowsOn(chain)("commit, first vote", operator, vote(first, false));
  first.sequence -= 1n;
  chain.send(vote(first, false));
  rowsOn(chain)("commit, final, delta of 1 KiB", operator, vote(second, true));
  const large = { ...step, delta: new Uint8Array(MAX_ON_CHAIN_DELTA_BYTES) };
  const bytes = encode(
    SignedCommit,
    signedCommit(chain, second, keys.signing, large, { carries: true }),
  );
  second.sequence -= 1n;
  rowsOn(chain)(
    `commit, first vote, delta of ${bytes.length >> 10} KiB`,
    operator,
    vote(second, true, large),
  );
});

/** As many replies in blobs as a commit may name. */
const NAMED: readonly Reply[] = Array.from({ length: MAX_REPLY_BLOBS }, (_, i) => {
  const digest = blake2b256(utf8(`reply ${i}`));
  const sealed = { type: "Blob", value: { digest, bytes: 48 + 4_096 } } as const;
  return { contract: COUNTER_ID, commandId: digest, sealed };
});

describe(`PhaContractState, a commit of ${MAX_REPLY_BLOBS} replies in blobs`, () => {
  const { chain, workers, keys, creation } = startLive();
  const [first, second, third] = workers;
  chain.send(chain.runtime.tx.PhalaPhatContracts.push_command(testCommand(chain, 1)), "//Alice");
  const { vetKey, signing } = keys;
  const step = testStep(chain, vetKey, chain.head(), creation.newRoot, "honest", NAMED);
  chain.block();
  const operator = signedBy(chain.account("//Operator"));
  const vote = (boot: typeof first) =>
    commitCall(chain, boot, signedCommit(chain, boot, signing, step, { carries: boot === first }));
  rowsOn(chain)("commit, first vote", operator, vote(first));
  first.sequence -= 1n;
  chain.send(vote(first));
  chain.send(vote(second));
  rowsOn(chain)("commit, the third vote, none of them kept", operator, vote(third));
  const digests = NAMED.map(({ commandId }) => commandId);
  const receipt = messageCall(
    chain,
    second,
    TOPIC.storageReceipt,
    encode(StorageReceipt, { digests }),
  );
  rowsOn(chain)("storage receipt that makes it final", operator, receipt);
  second.sequence -= 1n;
  chain.send(receipt);
  const env = chain.runtime.env(chain.overlay).of(PhaContractState);
  env.storage.Pruning.put([{ cluster: DEVELOPMENT_CLUSTER, until: 1n, from: 0 }]);
  bench(
    "prune, its step",
    () => {
      chain.overlay.begin();
      prune(env);
      chain.overlay.rollback();
    },
    OPTIONS,
  );
});

describe("PhaContractState, blobs", () => {
  const { chain, workers, creation } = startLive();
  const [first, second] = workers;
  const operator = signedBy(chain.account("//Operator"));
  const { block, previousRoot, newRoot: root } = creation;
  const digest = blake2b256(utf8("manifest"));
  const manifest = { digest, bytes: 33 };
  const snapshot = { index: 0n, block, previousRoot, root, keyVersion: 0, manifest, chunks: 1 };
  const vote = { cluster: DEVELOPMENT_CLUSTER, ...EPOCH, snapshot };
  const voteOf = (boot: typeof first) =>
    messageCall(chain, boot, TOPIC.snapshot, encode(SnapshotVote, vote));
  chain.send(voteOf(first));
  rowsOn(chain)("snapshot vote that announces", operator, voteOf(second));
  second.sequence -= 1n;
  chain.send(voteOf(second));
  const receipt = messageCall(
    chain,
    first,
    TOPIC.storageReceipt,
    encode(StorageReceipt, { digests: [digest] }),
  );
  rowsOn(chain)("storage receipt that makes a snapshot final", operator, receipt);
  const { storage } = chain.runtime.env(chain.overlay).of(PhaContractState);
  const one = storage.Steps.get([DEVELOPMENT_CLUSTER, 0n]);
  if (one === undefined) throw new Error("the creation is final");
  const blob = { digest, bytes: 262_160 };
  const step = { ...one, delta: { type: "Blob", value: blob } as const };
  const held = { cluster: DEVELOPMENT_CLUSTER, isManifest: false, references: 99, receipts: [] };
  storage.Blobs.put(digest, { ...held, bytes: blob.bytes });
  for (let index = 0n; index < PRUNED_PER_BLOCK; index++)
    storage.Steps.put([DEVELOPMENT_CLUSTER, index], step);
  const until = BigInt(2 * PRUNED_PER_BLOCK);
  storage.Pruning.put([{ cluster: DEVELOPMENT_CLUSTER, until, from: 0 }]);
  const env = chain.runtime.env(chain.overlay).of(PhaContractState);
  bench(
    `prune, ${PRUNED_PER_BLOCK} steps with blobs`,
    () => {
      chain.overlay.begin();
      prune(env);
      chain.overlay.rollback();
    },
    OPTIONS,
  );
});
