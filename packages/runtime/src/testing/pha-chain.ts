/** A development chain with the confidential part, and pRuntimes that speak with real keys, for tests. */
import { deriveSimulatedRoot, makeSimulatedEvidence } from "@pha/attestation";
import {
  blake2b256,
  ed25519PublicKey,
  ed25519Sign,
  type Sr25519Pair,
  sr25519FromSeed,
  x25519PublicKey,
} from "@pha/crypto";
import type { Call, DispatchError, DispatchResult, RuntimeEvent } from "@pha/frame";
import {
  type BlockRef,
  Heartbeat,
  type Message,
  type MessageOrigin,
  type Registration,
  registrationReportData,
  type SignedMessage,
  signedMessageBytes,
  TOPIC,
  type WorkerRole,
} from "@pha/protocol";
import { assert, encode, toHex, utf8 } from "@pha/scale";
import { DEVELOPMENT, type PhaParameters } from "../parameters.ts";
import {
  type DevelopmentClusterOptions,
  type DevelopmentContract,
  developmentContractId,
} from "../pha-genesis.ts";
import { DEVELOPMENT_PHA } from "../pha-pallets.ts";
import { PhalaMq } from "../phala-mq/index.ts";
import { developmentPreset, sr25519Account } from "../presets.ts";
import { System } from "../system/index.ts";
import { branchOf, startTestChain, type TestChain } from "./test-chain.ts";

export const ROOT_SEED = new Uint8Array(32).fill(9);
export const MEASUREMENT = new Uint8Array(32).fill(1);
export const OPERATOR = "//Operator";

/** An artefact that passes validation at upload. */
export function sampleArtefact(name: string, codeBytes = 0, auditKey?: Uint8Array): Uint8Array {
  const described = {
    format: "pha/contract/1",
    name,
    version: "0.1.0",
    docs: "A contract for tests.",
    engine: "javascript/1",
    state: [],
    commands: {},
    queries: {},
    errors: [],
    disclosures: {},
  } as const;
  const audit = auditKey ? [toHex(auditKey)] : [];
  const code = `// nothing${" ".repeat(codeBytes)}`;
  const hash = (text: string) => toHex(blake2b256(utf8(text)));
  // The ABI's fields in the order of the artefact; all its tables are empty here.
  const hashes = {
    code: hash(code),
    abi: hash(JSON.stringify([...Object.values(described).map(listOf), ...audit])),
  };
  return utf8(
    JSON.stringify({ ...described, ...(auditKey && { audit: toHex(auditKey) }), code, hashes }),
  );
}

/** A table as the hash covers it: a list. */
function listOf(field: unknown): unknown {
  return typeof field === "string" ? field : [];
}

export const COUNTER: DevelopmentContract = {
  name: "counter",
  artefact: sampleArtefact("counter"),
};
export const COUNTER_ID = developmentContractId(sr25519Account("//Alice"), COUNTER);

export interface Sent {
  readonly ok: boolean;
  /** Name of the pallet's error, or of the kind of error. */
  readonly error: string | undefined;
  readonly events: readonly RuntimeEvent[];
}

export interface PhaChain extends TestChain {
  /** Makes a block of one extrinsic per call, all of one account. */
  send(call: Call, uri?: string): Sent;
  sendAll(calls: readonly Call[], uri?: string): readonly Sent[];
  sudo(call: Call): Sent;
  /** Outbound messages of the newest block. */
  messages(): readonly Message[];
  head(): BlockRef;
  /** Events of the newest block by name. */
  events(name: string): readonly RuntimeEvent[];
  errorName(error: DispatchError): string;
}

export const DEVNET: DevelopmentClusterOptions = {
  simulatedRoot: deriveSimulatedRoot(ROOT_SEED),
  measurement: MEASUREMENT,
  contracts: [COUNTER],
};

export function startPhaChain(
  options: Partial<DevelopmentClusterOptions> = {},
  pha: Partial<PhaParameters> = {},
  firstMs?: bigint,
): PhaChain {
  return phaChainOf(
    startTestChain(
      developmentPreset({
        parameters: { ...DEVELOPMENT, pha: { ...DEVELOPMENT_PHA, ...pha } },
        devnet: { ...DEVNET, ...options },
      }),
      firstMs,
    ),
  );
}

export function phaBranchOf(chain: PhaChain): PhaChain {
  return phaChainOf(branchOf(chain));
}

export function phaChainOf(chain: TestChain): PhaChain {
  const { runtime, overlay } = chain;

  const errorName = (error: DispatchError): string => {
    if (error.type !== "Module") return error.type;
    const entry = runtime.tables.byIndex[error.value.index];
    const found = Object.entries(entry?.pallet.errors ?? {}).find(
      ([, { index }]) => index === error.value.error[0],
    );
    return found?.[0] ?? "unknown";
  };
  const readEvents = () => {
    const { key } = runtime.env(overlay).of(System).storage.Events;
    const read = runtime.decodeEvents(overlay.get(key) ?? Uint8Array.of(0));
    assert(read.ok, "events decode");
    return read.value;
  };
  const sendAll = (calls: readonly Call[], uri = OPERATOR): readonly Sent[] => {
    const nonce = chain.nonceOf(uri);
    const signed = calls.map((call, i) => chain.sign(uri, call, { nonce: nonce + i }));
    const { outcomes } = chain.block(signed);
    const records = readEvents();
    let index = 1; // the timestamp is extrinsic 0
    return outcomes.map((outcome) => {
      if (!outcome.ok)
        return { ok: false, error: `Invalid.${String(outcome.error.value.type)}`, events: [] };
      const events = records.filter(({ phase }) => phase === index).map(({ event }) => event);
      index += 1;
      const { error } = outcome.value;
      return { ok: error === undefined, error: error && errorName(error), events };
    });
  };
  const send = (call: Call, uri?: string): Sent => {
    const [sent] = sendAll([call], uri);
    assert(sent, "one call has one outcome");
    return sent;
  };
  return {
    ...chain,
    send,
    sendAll,
    sudo(call) {
      const sent = send(runtime.tx.Sudo.sudo({ call }), "//Alice");
      const done = sent.events.find(({ name }) => name === "Sudid")?.fields["sudoResult"];
      const result = done as DispatchResult | undefined;
      return result?.ok === false ? { ...sent, ok: false, error: errorName(result.error) } : sent;
    },
    messages: () => runtime.env(overlay).of(PhalaMq).storage.OutboundMessages.get(),
    head: () => ({ number: chain.number(), hash: chain.hash() }),
    events: (name) =>
      readEvents()
        .map(({ event }) => event)
        .filter((event) => event.name === name),
    errorName,
  };
}

export interface TestBoot {
  readonly identity: Sr25519Pair;
  readonly seed: Uint8Array;
  /** ed25519 public key. */
  readonly boot: Uint8Array;
  readonly encryptionSecret: Uint8Array;
  readonly platformId: Uint8Array;
  readonly role: WorkerRole["type"];
  /** Next sequence. */
  sequence: bigint;
  /** Block that it signed a vote on last, and the trace it promised. */
  voted?: { readonly block: number; readonly trace: Uint8Array };
}

/** A pRuntime by number; another `start` is a new boot of the same identity. */
export function testBoot(
  number: number,
  role: WorkerRole["type"] = "Worker",
  start = 0,
  platform = number,
): TestBoot {
  const seed = (what: string) => blake2b256(utf8(`${what} ${number} ${start}`));
  const bootSeed = seed("boot");
  return {
    identity: sr25519FromSeed(blake2b256(utf8(`identity ${number}`))),
    seed: bootSeed,
    boot: ed25519PublicKey(bootSeed),
    encryptionSecret: seed("encryption"),
    platformId: blake2b256(utf8(`platform ${platform}`)),
    role,
    sequence: 0n,
  };
}

export function registrationOf(
  chain: PhaChain,
  boot: TestBoot,
  change: Partial<Registration> = {},
): Registration {
  return {
    genesisHash: chain.genesisHash,
    identity: boot.identity.publicKey,
    boot: boot.boot,
    bootEncryption: x25519PublicKey(boot.encryptionSecret),
    operator: chain.account(OPERATOR),
    role: { type: boot.role, value: undefined },
    version: 0x00000100,
    features: 0,
    at: chain.head(),
    ...change,
  };
}

export interface EvidenceChange {
  readonly rootSeed?: Uint8Array;
  readonly measurement?: Uint8Array;
  readonly issuedAtMs?: bigint;
  readonly debug?: boolean;
  readonly reportData?: Uint8Array;
}

export function evidenceFor(
  chain: PhaChain,
  boot: TestBoot,
  registration: Registration,
  change: EvidenceChange = {},
): Uint8Array {
  return makeSimulatedEvidence({
    rootSeed: ROOT_SEED,
    measurement: MEASUREMENT,
    platformId: boot.platformId,
    reportData: registrationReportData(registration),
    issuedAtMs: chain.nowMs(),
    ...change,
  });
}

export function registerCall(
  chain: PhaChain,
  boot: TestBoot,
  change: Partial<Registration> = {},
  evidenceChange: EvidenceChange = {},
): Call {
  const registration = registrationOf(chain, boot, change);
  const evidence = evidenceFor(chain, boot, registration, evidenceChange);
  return chain.runtime.tx.PhalaRegistry.register_worker_v2({ registration, evidence });
}

/** The boot's next message. */
export function nextMessage(
  boot: TestBoot,
  destination: Uint8Array,
  payload: Uint8Array,
): SignedMessage {
  const sender: MessageOrigin = { type: "Worker", value: boot.identity.publicKey };
  const message = { sender, destination, payload };
  const { sequence } = boot;
  boot.sequence += 1n;
  const signature = ed25519Sign(boot.seed, signedMessageBytes(message, boot.boot, sequence));
  return { message, boot: boot.boot, sequence, signature };
}

export function messageCall(
  chain: PhaChain,
  boot: TestBoot,
  destination: Uint8Array,
  payload: Uint8Array,
): Call {
  const signedMessage = nextMessage(boot, destination, payload);
  return chain.runtime.tx.PhalaMq.sync_offchain_message({ signedMessage });
}

export function heartbeatCall(chain: PhaChain, boot: TestBoot, head = chain.head()): Call {
  const nonce = new Uint8Array(32).fill(5);
  return messageCall(chain, boot, TOPIC.heartbeat, encode(Heartbeat, { nonce, head }));
}

/** Error with which a pallet rejected the message of this extrinsic; `undefined` when it took effect. */
export function rejection(chain: PhaChain, sent: Sent): string | undefined {
  const rejected = sent.events.find(({ name }) => name === "MessageRejected");
  return rejected && chain.errorName(rejected.fields["error"] as DispatchError);
}
