/**
 * The state transition comes to the same roots on another engine: without a just-in-time compiler, in an odd time zone and
 * language, and on whatever Node `PHA_OTHER_NODE` names.
 *
 * `--jitless` has no WebAssembly, in which the hashes and signatures are: a run here writes down each question to them with
 * its answer, and the child answers from that. A question that was not asked here is a deviation and ends it.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { encodeHeader } from "@pha/consensus";
import { primitives } from "@pha/crypto";
import { developmentPreset } from "@pha/runtime";
import { toHex } from "@pha/scale";
import { createOverlay } from "@pha/state";
import { beforeAll, expect, test } from "vitest";
import { bundledRuntime } from "../testing/bundled-runtime.ts";
import { aDevChain, SLOT_MS } from "../testing/dev-chain.ts";
import { randomExtrinsics, seededNumbers } from "../testing/random-extrinsics.ts";
import type { RecordedRun } from "../testing/replay-blocks.ts";

const BLOCKS = 50;
const { runtime } = developmentPreset();

/** Runs in the child as well: it uses nothing of this file. */
function replayWith(
  script: string,
  run: RecordedRun,
  answer: (name: string, args: readonly unknown[]) => unknown,
): readonly string[] {
  const backend = new Proxy(
    {},
    {
      get:
        (_target, name) =>
        (...args: unknown[]) =>
          answer(String(name), args),
    },
  );
  const module: { exports: { replay?: (run: RecordedRun) => readonly string[] } } = { exports: {} };
  // The bundle is a script for a function with these parameters.
  new Function("phaHost", "module", "exports", script)({ backend }, module, module.exports);
  const { replay } = module.exports;
  if (replay === undefined) throw new Error("the bundle exports it");
  return replay(run);
}

/** JSON with byte strings and big integers. Runs in the child as well. */
function toText(value: unknown): string {
  return JSON.stringify(value, (_key, one) => {
    if (one instanceof Uint8Array) return { hex: Buffer.from(one).toString("hex") };
    return typeof one === "bigint" ? { big: String(one) } : one;
  });
}

function fromText(text: string): any {
  return JSON.parse(text, (_key, one) => {
    if (one === null || typeof one !== "object") return one;
    if (typeof one.hex === "string") return new Uint8Array(Buffer.from(one.hex, "hex"));
    return typeof one.big === "string" ? BigInt(one.big) : one;
  });
}

const CHILD = `
  const replayWith = ${replayWith}; const toText = ${toText}; const fromText = ${fromText};
  const { script, run, answers } = fromText(require("node:fs").readFileSync(0, "utf8"));
  const known = new Map(answers);
  const roots = replayWith(script, run, (name, args) => {
    const answer = known.get(toText([name, args]));
    if (answer === undefined) throw new Error("a question to " + name + " that was not asked before");
    return fromText(answer)[0] ?? undefined;
  });
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  console.log(JSON.stringify({ roots, zone, wasm: typeof WebAssembly, version: process.version }));
`;

let expected: readonly string[];
let input: string;

beforeAll(async () => {
  const node = aDevChain();
  const below = seededNumbers(5);
  const { next } = randomExtrinsics(runtime, below);
  const nonceOf = (account: Uint8Array): number => {
    const state = createOverlay(node.chain.stateOf(node.chain.best.header));
    const nonce = runtime.runtimeApi(state, "AccountNonceApi_account_nonce", account);
    return nonce.ok ? (nonce.value[0] ?? 0) : 0;
  };
  while (node.chain.best.number < BLOCKS) {
    for (let i = 0; i < 10; i++)
      try {
        const { number } = node.chain.best;
        const { genesisHash } = node.chain;
        const hashAt = (height: number) => node.chain.hashAt(height);
        node.pool.submit(next({ number: number + 1, genesisHash, hashAt, nonceOf }));
      } catch {
        // Some are wrong on purpose.
      }
    await node.author();
  }
  const blocks = node.blocks();
  expect(blocks.flatMap(({ body }) => body).length).toBeGreaterThan(BLOCKS + 40);
  expected = [
    toHex(node.chain.header(node.chain.genesisHash)?.stateRoot ?? new Uint8Array(0)),
    ...blocks.map(({ header }) => toHex(header.stateRoot)),
  ];
  const run: RecordedRun = {
    genesis: node.development.spec.genesis,
    blocks: blocks.map(({ header, body }) => ({ header: encodeHeader(header), body })),
    slotMs: SLOT_MS,
  };
  const entry = join(import.meta.dirname, "..", "testing", "replay-blocks.ts");
  const script = new TextDecoder().decode(await bundledRuntime(entry));
  const answers = new Map<string, string>();
  const table = new Map<string, unknown>(Object.entries(primitives));
  const roots = replayWith(script, run, (name, args) => {
    const primitive = table.get(name);
    if (typeof primitive !== "function") throw new Error(`there is a primitive ${name}`);
    const question = toText([name, args]);
    const answer: unknown = primitive(...args);
    answers.set(question, toText([answer]));
    return answer;
  });
  expect(roots).toEqual(expected);
  input = toText({ script, run, answers: [...answers] });
});

interface Said {
  readonly roots: readonly string[];
  readonly zone: string;
  readonly wasm: string;
  readonly version: string;
}

function child(node: string, flags: readonly string[], text: string) {
  return spawnSync(node, [...flags, "-e", CHILD], {
    input: text,
    encoding: "utf8",
    maxBuffer: 1 << 24,
    env: { TZ: "Pacific/Chatham", LANG: "tr_TR.UTF-8", LC_ALL: "tr_TR.UTF-8" },
  });
}

test("without a just-in-time compiler, in another time zone and language", () => {
  const { stdout, stderr } = child(process.execPath, ["--jitless"], input);
  expect(stdout, stderr).not.toBe("");
  const said: Said = JSON.parse(stdout);
  expect(said).toMatchObject({ zone: "Pacific/Chatham", wasm: "undefined" });
  expect(said.roots).toEqual(expected);
});

test("and a state that differs in one entry is seen", () => {
  const changed = fromText(input);
  changed.run.genesis = changed.run.genesis.slice(1);
  const { status, stderr } = child(process.execPath, ["--jitless"], toText(changed));
  expect(status).not.toBe(0);
  expect(stderr).toContain("that was not asked before");
});

const other = process.env["PHA_OTHER_NODE"];
test.runIf(other)("on the Node that PHA_OTHER_NODE names", () => {
  const { stdout, stderr } = child(other ?? "", [], input);
  expect(stdout, stderr).not.toBe("");
  const said: Said = JSON.parse(stdout);
  expect(said.version).not.toBe(process.version);
  expect(said.roots).toEqual(expected);
});
