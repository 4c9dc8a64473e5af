/** Sample data of the gallery: SYNTHETIC, of no network. */
import type { Verdict } from "@pha/sdk";
import type { Activity } from "../chain/activity.ts";
import type { AccountReading } from "../chain/core/account-record.ts";
import type { BlockReading } from "../chain/core/blocks.ts";
import type { ReadContract } from "../chain/core/contracts.ts";
import type { LogReading } from "../chain/core/logs.ts";
import type { SubjectReading } from "../chain/core/verify-subject.ts";
import type { Problem } from "../chain/problem.ts";
import type { BlockSummary } from "../chain/recent-blocks.ts";
import type { SealedFacts } from "../chain/sealed.ts";
import { lockAway } from "../chain/vault.ts";

const filled = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const hex = (byte: string): string => `0x${byte.repeat(32)}`;

export const SAMPLE_PROBLEM: Problem = {
  code: "worker/unreachable",
  message: "no worker answers at http://127.0.0.1:8000",
  hint: "Try another replica of the cluster, or look whether the worker host runs.",
  facts: { url: "http://127.0.0.1:8000" },
};

const unit = { struct: [] } as const;

export const SAMPLE_CONTRACTS: readonly ReadContract[] = [1, 2].map((n) => ({
  address: filled(n),
  record: {
    cluster: filled(9),
    codeHash: filled(10 + n),
    owner: filled(20),
    createdAt: n - 1,
    open: n === 1,
  },
  artefact: {
    format: "pha/contract/1",
    name: n === 1 ? "counter" : "a-contract-whose-name-is-as-long-as-a-name-may-be",
    version: "0.1.0",
    docs:
      n === 1
        ? "One private counter for each account."
        : "<img src=x onerror=alert(1)> stays text. ".repeat(3),
    engine: "javascript/1",
    state: [
      {
        name: "counts",
        kind: "secret-map",
        docs: "Counter of each account.",
        key: { fixed: 32 },
        value: "u64",
      },
    ],
    commands: {
      add: {
        selector: "0x4b050ea9",
        docs: "Adds.",
        args: { struct: [["n", "u64"]] },
        returns: "u64",
      },
    },
    queries: {
      value: { selector: "0xd6307990", docs: "The caller's own.", args: unit, returns: "u64" },
    },
    errors: [],
    disclosures: {},
    code: "",
    hashes: { code: hex("11"), abi: hex("12") },
  },
  entries: {},
  log: n === 1 ? undefined : "What was refused, and why.",
}));

const LOGGED = [
  "opened",
  "<img src=x onerror=alert(1)> stays text. ".repeat(5),
  "\u202eturned \u0007 and rung",
  "x".repeat(256),
];
export const SAMPLE_LOG: LogReading = {
  rows: LOGGED.map((text, i) => ({
    number: BigInt(34 + i),
    block: 1230 + i,
    at: 1_780_000_000_000 + i * 1_000,
    text,
    lostBefore: i === 0 ? 33n : 0n,
  })),
  stateBlock: 1234,
};

export const SAMPLE_VERDICTS: readonly Verdict[] = [
  {
    link: "genesis",
    ok: true,
    says: "The network is named by its genesis hash.",
    facts: { genesis: hex("4e") },
  },
  {
    link: "finality",
    ok: true,
    says: "This program checked GRANDPA finality from block 0 to this block itself.",
    facts: { block: 1234, hash: hex("ab") },
  },
  {
    link: "replica/registered",
    ok: true,
    says: "The replica's boot is the one registered on chain.",
    facts: { identity: hex("07") },
  },
  {
    link: "replica/evidence",
    ok: true,
    says: "SIMULATED evidence: it verifies, and it protects nothing.",
    facts: { teeClass: "simulated", svn: 1, debug: false },
  },
  {
    link: "replica/measurement",
    ok: false,
    says: "The program that runs is not allowed.",
    facts: { measurement: hex("0d") },
  },
  {
    link: "a-link-this-console-does-not-know",
    ok: true,
    says: "A later network may have more.",
    facts: {},
  },
];

const reading: SubjectReading = {
  kind: "contract",
  id: hex("01"),
  name: "counter",
  verdicts: SAMPLE_VERDICTS.filter(({ ok }) => ok),
  ok: true,
  simulated: true,
  isLinkable: true,
  block: 1234,
};

export const SAMPLE_READINGS: readonly SubjectReading[] = [
  reading,
  { ...reading, id: hex("02"), verdicts: SAMPLE_VERDICTS, ok: false },
  { ...reading, id: hex("03"), kind: "worker", name: undefined, simulated: false },
];

/** Blocks a second apart, the seventh with commands in it. */
export const SAMPLE_BLOCKS: readonly BlockSummary[] = Array.from({ length: 24 }, (_, i) => ({
  number: 1234 - i,
  hash: filled(i),
  at: 1_700_000_000_000 - i * 1000,
  extrinsics: 2 + (i % 3),
  signed: i % 3,
  commands: i % 7 === 6 ? 1 : 0,
  bytes: 400 + 90 * (i % 5),
}));

export const SAMPLE_SEALED: SealedFacts = {
  bytes: 337,
  hash: hex("c4"),
  begins: `0x01${"5b9e07d2".repeat(22)}`,
  isWhole: false,
};

const activity: Activity = {
  id: -1,
  kind: "command",
  account: "Alice",
  address: "45R2pfjQUW2s9PQRHU48HQKLKHVMaDja7N3wpBtmF28UYDs2",
  contractName: "counter",
  contract: hex("01"),
  genesis: hex("4e"),
  method: lockAway("add"),
  args: lockAway('{"n":"5"}'),
  reproduce: lockAway('npx --no pha call counter add \'{"n":"5"}\' --from alice'),
  result: lockAway("5"),
  refusal: undefined,
  waitsFor: undefined,
  isRenewed: false,
  problem: undefined,
  state: "done",
  stage: "final",
  times: { sealed: 40, "in-block": 1200, executed: 1400, final: 2300 },
  began: 1_700_000_000_000,
  sealed: SAMPLE_SEALED,
  commandId: hex("1d"),
  blockNumber: 1228,
  fuelUsed: 1_250_000n,
  boot: hex("08"),
};

export const SAMPLE_ACTIVITIES: readonly Activity[] = [
  activity,
  {
    ...activity,
    id: -2,
    state: "running",
    stage: "in-block",
    times: { sealed: 40, "in-block": 1200 },
    result: undefined,
  },
  {
    ...activity,
    id: -3,
    state: "failed",
    stage: "sealed",
    times: { sealed: 40 },
    result: undefined,
    problem: SAMPLE_PROBLEM,
    blockNumber: undefined,
  },
  {
    ...activity,
    id: -4,
    kind: "query",
    state: "failed",
    stage: "sealing",
    result: undefined,
    refusal: lockAway("the contract refused: counter/not-the-owner"),
    sealed: undefined,
  },
];

export const SAMPLE_WAITING: readonly Activity[] = [
  {
    ...activity,
    id: -5,
    state: "running",
    stage: "sealed",
    times: { sealed: 40 },
    result: undefined,
    reproduce: undefined,
    waitsFor: { id: "sample", name: "Sample wallet" },
  },
  {
    ...activity,
    id: -6,
    kind: "query",
    state: "running",
    stage: "sealing",
    result: undefined,
    reproduce: undefined,
    sealed: undefined,
    waitsFor: { id: "sample", name: "Sample wallet" },
    isRenewed: true,
  },
];

export const SAMPLE_ACCOUNT: AccountReading = {
  publicKey: filled(1),
  address: "45R2pfjQUW2s9PQRHU48HQKLKHVMaDja7N3wpBtmF28UYDs2",
  exists: true,
  nonce: 12,
  free: 9_999_123_400_000_000n,
  reserved: 0n,
  frozen: 10n ** 12n,
  block: 1234,
};

export const SAMPLE_BLOCK: BlockReading = {
  body: {
    number: 1234,
    hash: filled(30),
    parentHash: filled(31),
    stateRoot: filled(32),
    extrinsicsRoot: filled(33),
    digest: [],
    at: 1_700_000_000_000,
    extrinsics: [
      {
        bytes: filled(34),
        hash: filled(35),
        decoded: {
          signature: { signer: filled(1), extensions: {} },
          pallet: "PhalaPhatContracts",
          call: "push_command",
          args: { contract: filled(1), sealed: filled(36) },
        },
      },
      { bytes: filled(37), hash: filled(38), decoded: undefined },
    ],
  },
  events: [
    { extrinsic: 0, pallet: "System", name: "ExtrinsicSuccess", fields: {} },
    { extrinsic: undefined, pallet: "System", name: "CodeUpdated", fields: undefined },
  ],
};
