/** Sample data of the playground's states: SYNTHETIC, of no network. */

import type { BuildProblem } from "@pha/contract/build/artefact";
import { lockAway } from "../chain/vault.ts";
import {
  type Deployment,
  type PlaygroundState,
  type TriedCall,
  UNTOUCHED,
} from "../features/build/playground.ts";
import type { Built, TrialOutcome } from "../playground/protocol.ts";
import { SAMPLE_CONTRACTS, SAMPLE_PROBLEM } from "./sample-data.ts";

const hex = (byte: string): string => `0x${byte.repeat(32)}`;
const HOSTILE = "<img src=x onerror=alert(1)> stays text. ".repeat(3);

function builtOf(index: number): Built | undefined {
  const artefact = SAMPLE_CONTRACTS[index]?.artefact;
  return artefact && { artefact, bytes: new Uint8Array(17_123), codeHash: hex("1b") };
}

export const SAMPLE_FRESH: PlaygroundState = {
  ...UNTOUCHED,
  template: "counter",
  source: "export const a = 1;\n",
  check: "checking",
};

function tried(id: number, outcome: TrialOutcome): TriedCall {
  const args = lockAway('{"n":"5"}');
  const result = outcome.status === "ok" ? lockAway("5") : undefined;
  const common = {
    kind: "command",
    method: "add",
    caller: "Bob",
    fuelLimit: 200_000_000n,
  } as const;
  const logged = id === 1 ? ["added 5", HOSTILE].map(lockAway) : [];
  return { id, ...common, args, result, logged, outcome };
}

const COST = { fuelUsed: 1_234_567n, writes: 2, writtenBytes: 74, opened: 0, logged: [] };

function deployment(part: Partial<Deployment>): Deployment {
  return {
    id: 1,
    name: "counter",
    account: "Alice",
    genesis: "",
    steps: [],
    state: "running",
    problem: undefined,
    ...part,
  };
}

function wrongAt(
  kind: "type-error" | "not-loaded",
  line: number,
  message: string,
  text: string,
): BuildProblem {
  return { code: `build/${kind}`, file: "contract.ts", line, column: line, message, text };
}

const address = new Uint8Array(32).fill(7);
const STEPS: Deployment["steps"] = [
  { stage: "uploading", bytes: 17_123 },
  { stage: "code", codeHash: address, isNew: true },
  { stage: "instantiated", address, blockNumber: 1234 },
  { stage: "keys", published: 1, replicas: 3 },
];

/** By name; each shows all parts of the page in one of its states. */
export const SAMPLE_PLAYGROUNDS: Readonly<Record<string, PlaygroundState>> = {
  fresh: SAMPLE_FRESH,
  wrong: {
    ...SAMPLE_FRESH,
    isLoaded: true,
    isKept: false,
    check: "wrong",
    problems: [
      wrongAt(
        "type-error",
        1,
        `Type 'string' is not assignable to type 'bigint'. ${HOSTILE}`,
        HOSTILE,
      ),
      wrongAt("not-loaded", 0, "assertion failed: a contract's name is kebab-case", ""),
    ],
    build: "failed",
  },
  failed: {
    ...SAMPLE_FRESH,
    check: "failed",
    compilerProblem: SAMPLE_PROBLEM,
    build: "failed",
    buildProblem: SAMPLE_PROBLEM,
    built: builtOf(1),
    trial: "failed",
    trialProblem: SAMPLE_PROBLEM,
    deployments: [deployment({ steps: STEPS, state: "failed", problem: SAMPLE_PROBLEM })],
  },
  busy: {
    ...SAMPLE_FRESH,
    build: "building",
    trial: "starting",
    built: builtOf(0),
    builtOf: "of before",
    deployments: [deployment({ steps: STEPS })],
  },
  there: {
    ...SAMPLE_FRESH,
    isLoaded: true,
    check: "clean",
    build: "done",
    built: builtOf(0),
    builtOf: SAMPLE_FRESH.source,
    trial: "ready",
    tried: [
      tried(1, { ...COST, status: "ok", value: "" }),
      tried(2, { ...COST, status: "failed", code: "counter/overflow" }),
      tried(3, { ...COST, fuelUsed: 200_000_000n, status: "trapped", reason: "fuel" }),
    ],
    deployments: [
      deployment({ steps: [...STEPS, { stage: "keyed" }, { stage: "serving" }], state: "done" }),
    ],
  },
};
